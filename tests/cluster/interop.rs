//! Clients of other people, who know the cluster by reflection only: `buf curl` and Python.

use std::path::{Path, PathBuf};

use clearing_cluster::cluster::variables;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{ROOT, TestCluster, clearing_in, member, operators, request_id};

/// A program that tests/interop/install.sh has put beside the build.
pub(crate) fn installed(program: &str) -> PathBuf {
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("interop").join(program);
    assert!(path.exists(), "{} is missing: scripts/test.sh installs it", path.display());
    path
}

/// How `buf` ended: what it printed on success, its error on failure.
async fn buf(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(installed("node_modules/.bin/buf"))
        .args(arguments)
        .env("BUF_CACHE_DIR", installed("."))
        .current_dir(ROOT)
        .output()
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

const CURL: [&str; 4] = ["curl", "--protocol", "grpc", "--http2-prior-knowledge"];

/// Calls a method of a process with a request in JSON.
async fn call(
    cluster: &TestCluster,
    name: &str,
    method: &str,
    request: Value,
) -> Result<Value, Value> {
    let address = cluster.folder().addresses().unwrap()[&member(name)];
    let (request, url) = (request.to_string(), format!("http://{address}/clearing.v1.{method}"));
    let answer = buf(&[&CURL[..], &["--data", &request, &url]].concat()).await;
    let read = |text: String| {
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    answer.map(read).map_err(read)
}

fn person() -> Value {
    let holder = json!({"phone_number": "13912345678", "identity_document": "110101199003074477"});
    json!({"kind": "WALLET_KIND_PERSONAL", "wallet_class": 3, "holder": holder})
}

#[tokio::test]
async fn buf_curl_lists_the_services_of_every_process() {
    let mut cluster = TestCluster::start(operators(2)).await;
    for process in cluster.processes().members() {
        let url = format!("http://{}", cluster.processes().address(process).unwrap());
        let listed = buf(&[&CURL[..], &["--list-services", &url]].concat()).await.unwrap();
        let own = if process == member("central-bank") { "Clearing" } else { "Payment" };
        let expected = [
            &format!("clearing.v1.{own}Service"),
            "clearing.v1.NodeService",
            "grpc.health.v1.Health",
        ];
        assert!(
            expected.iter().all(|service| listed.lines().any(|line| line == *service)),
            "{listed}"
        );
        let methods = buf(&[&CURL[..], &["--list-methods", &url]].concat()).await.unwrap();
        assert!(methods.lines().any(|line| line == "clearing.v1.NodeService/GetNode"), "{methods}");
    }
    cluster.finish().await;
}

#[tokio::test]
async fn buf_curl_shows_why_a_request_was_refused() {
    let cluster = TestCluster::start(operators(2)).await;
    let wallet = call(&cluster, "ICBC", "WalletService/OpenWallet", person()).await.unwrap();
    let number = &wallet["wallet"]["walletNumber"];
    let request = json!({"request_id": request_id(), "wallet_number": number, "amount": "1.005"});
    let refused = call(&cluster, "ICBC", "WalletService/ExchangeOut", request).await.unwrap_err();
    assert_eq!(refused["code"], "invalid_argument");
    assert_eq!(
        refused["message"],
        "amount: amount 1.005 has more than two decimals (AMOUNT_SCALE)"
    );
    let kinds: Vec<_> =
        refused["details"].as_array().unwrap().iter().map(|detail| &detail["type"]).collect();
    assert_eq!(kinds, ["google.rpc.ErrorInfo", "google.rpc.BadRequest"]);
    let unknown =
        call(&cluster, "ABC", "WalletService/GetWallet", json!({"wallet_number": number}))
            .await
            .unwrap_err();
    assert_eq!(unknown["code"], "not_found");
    assert!(unknown["message"].as_str().unwrap().contains(number.as_str().unwrap()), "{unknown}");
    cluster.finish().await;
}

#[tokio::test]
async fn buf_curl_opens_tops_up_pays_and_reads_balances_and_positions() {
    let cluster = TestCluster::start(operators(2)).await;
    let open =
        async |code| call(&cluster, code, "WalletService/OpenWallet", person()).await.unwrap();
    let (payer, payee) = (open("ICBC").await, open("ABC").await);
    let (payer, payee) = (&payer["wallet"]["walletNumber"], &payee["wallet"]["walletNumber"]);
    let exchange = json!({"request_id": request_id(), "wallet_number": payer, "amount": "100"});
    let topped_up = call(&cluster, "ICBC", "WalletService/ExchangeOut", exchange).await.unwrap();
    assert_eq!(topped_up["wallet"]["balance"], "100.00");
    let order = json!({
        "request_id": request_id(), "payer_wallet": payer, "payee_wallet": payee, "amount": "12.30", "remark": "茶"
    });
    let paid = call(&cluster, "ICBC", "PaymentService/CreatePayment", json!({ "payment": order }))
        .await
        .unwrap();
    assert_eq!(
        (&paid["payment"]["state"], &paid["payment"]["remark"]),
        (&json!("STATE_COMPLETED"), &json!("茶"))
    );
    for (code, number, balance) in [("ICBC", payer, "87.70"), ("ABC", payee, "12.30")] {
        let read =
            call(&cluster, code, "WalletService/GetWallet", json!({"wallet_number": number}))
                .await
                .unwrap();
        assert_eq!(read["wallet"]["balance"], balance);
    }
    let positions =
        call(&cluster, "central-bank", "ClearingService/ListPositions", json!({})).await.unwrap();
    let nets =
        positions["positions"].as_array().unwrap().iter().map(|position| &position["netPosition"]);
    assert_eq!(nets.collect::<Vec<_>>(), ["12.30", "-12.30"]);
    cluster.finish().await;
}

#[tokio::test]
async fn the_interface_passes_the_lints_of_buf() {
    assert_eq!(buf(&["lint", "proto"]).await, Ok(String::new()));
}

/// Runs a Python program of tests/interop inside a cluster and gives what it prints.
async fn python(cluster: &mut TestCluster, program: &str) -> String {
    let output = Command::new(installed("python/bin/python"))
        .arg(format!("{ROOT}/tests/interop/{program}"))
        .envs(variables(&cluster.processes().addresses()))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_python_client_of_20_lines_pays() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let printed = python(&mut cluster, "client.py").await;
    assert!(
        printed.contains("amount: \"12.30\"") && printed.contains("state: STATE_COMPLETED"),
        "{printed}"
    );
    let text = std::fs::read_to_string(format!("{ROOT}/tests/interop/client.py")).unwrap();
    assert!(text.lines().filter(|line| !line.is_empty()).count() <= 20);
    cluster.finish().await;
}

#[tokio::test]
async fn python_reads_services_details_streams_and_positions_by_reflection_alone() {
    let mut cluster = TestCluster::start(operators(2)).await;
    assert_eq!(python(&mut cluster, "session.py").await, "every check passed\n");
    cluster.finish().await;
}

#[tokio::test]
async fn pandas_reads_the_table_of_a_sweep_as_the_documents_show() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = "name = 'small'\n[base]\nname = 'flow'\n[base.workload.random_flow]\npayments_per_pair = 20\n\
                 value_mean = '10.00'\n[grid]\n'cluster.cycles_per_day' = [1, 4]\n'cluster.operator_count' = [2, 3]\n";
    std::fs::write(folder.path().join("small.toml"), sweep).unwrap();
    clearing_in(folder.path(), ["sweep", "small.toml", "--out", "sweep"]).await.succeeded();
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/sweeps.md")).unwrap();
    let snippet =
        page.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let python = Command::new(installed("python/bin/python"))
        .args(["-c", snippet])
        .current_dir(folder.path())
        .output()
        .await
        .unwrap();
    let printed = String::from_utf8(python.stdout).unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    assert!(
        printed.contains("cycle_netting_ratio") && printed.contains("square_root_law"),
        "{printed}"
    );
    let figures = std::fs::read_to_string(folder.path().join("sweep/figures.html")).unwrap();
    assert!(
        figures.contains("<h2>Netting ratio</h2>") && !figures.contains("src=\"http"),
        "the figures are drawn"
    );
}
