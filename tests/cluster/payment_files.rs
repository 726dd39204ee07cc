//! Files of payments as people have them: what they say is what is replayed.

use std::path::Path;

use serde_json::Value;

use crate::support::{Output, ROOT, clearing_in};

const HEADER: &str = "ID,date,time,value,from,to\n";

/// Replays a file of `tests/cases/files` in a folder of its own.
async fn replay_case(folder: &Path, name: &str, more: &[&str]) -> Output {
    let cases = format!("{ROOT}/tests/cases/files");
    let more = more.iter().map(|one| {
        if one.ends_with(".toml") { format!("{cases}/{one}") } else { (*one).to_owned() }
    });
    let given = [
        "replay".to_owned(),
        format!("{cases}/{name}"),
        "--out".to_owned(),
        "out".to_owned(),
        "--force".to_owned(),
    ];
    clearing_in(folder, given.into_iter().chain(more)).await
}

/// Replays rows in one process.
async fn replay_rows(folder: &Path, rows: &str, more: &[&str]) -> Output {
    std::fs::write(folder.join("rows.csv"), rows).unwrap();
    let given = [&["replay", "rows.csv", "--in-process", "--csv", "--out", "out", "--force"], more]
        .concat();
    clearing_in(folder, given).await
}

fn summary(folder: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join("out/summary.json")).unwrap())
        .unwrap()
}

/// The sum of net positions of an operator, in fen.
fn net(summary: &Value, code: &str) -> i64 {
    let operators = summary["operators"].as_array().unwrap();
    let operator = operators.iter().find(|operator| operator["code"] == code);
    operator.map_or(0, |operator| {
        operator["net_fen"].as_array().unwrap().iter().filter_map(Value::as_i64).sum()
    })
}

/// Columns of a table, row by row.
fn table(folder: &Path, name: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join("out").join(name)).unwrap();
    let header = reader.headers().unwrap().clone();
    let place = |name: &&str| header.iter().position(|column| column == *name).unwrap();
    let places: Vec<_> = columns.iter().map(place).collect();
    let cells =
        |row: csv::StringRecord| places.iter().map(|place| row[*place].to_owned()).collect();
    reader.records().map(|row| cells(row.unwrap())).collect()
}

#[tokio::test]
async fn columns_go_by_the_names_in_the_header() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["ok.csv", "swapped.csv"] {
        replay_case(directory.path(), name, &["--in-process"]).await.succeeded();
        let summary = summary(directory.path());
        assert_eq!(["A", "B", "C"].map(|code| net(&summary, code)), [-8000, 2500, 5500], "{name}");
    }
    replay_case(directory.path(), "badhdr8.csv", &["--in-process", "--csv"]).await.succeeded();
    let wallets = table(directory.path(), "wallets.csv", &["operator", "balance_fen"]);
    assert_eq!(wallets, [["A", "0"], ["B", "6000"]]);
    for (name, sentence) in [
        ("amountcol.csv", "line 1: column \"fee\" is unknown; did you mean \"value\"?"),
        ("hdr8prio.csv", "line 1: column \"status\" is unknown; the columns are ID, date, time, "),
    ] {
        replay_case(directory.path(), name, &["--in-process"]).await.failed(2, sentence);
    }
}

#[tokio::test]
async fn lines_are_counted_alike_however_they_end() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["badline_lf.csv", "badline_crlf.csv"] {
        let sentence = ", line 3: value: amount \"x\" is not a decimal number of yuan";
        replay_case(directory.path(), name, &["--in-process"]).await.failed(2, sentence);
    }
}

#[tokio::test]
async fn payments_of_one_time_go_in_the_order_of_the_file_whatever_the_seed() {
    let directory = tempfile::tempdir().unwrap();
    let states = || table(directory.path(), "payments.csv", &["reference", "state"]);
    let mut digests = Vec::new();
    for seed in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        let more = ["--config", "dep_gross.toml", "--seed", seed, "--in-process", "--csv"];
        replay_case(directory.path(), "tie.csv", &more).await.succeeded();
        assert_eq!(states(), [["T1", "COMPLETED"], ["T2", "RETURNED"]], "seed {seed}");
        digests.push(std::fs::read_to_string(directory.path().join("out/digest")).unwrap());
    }
    replay_case(directory.path(), "tie.csv", &["--config", "dep_gross.toml", "--seed", "9"])
        .await
        .succeeded();
    digests.push(std::fs::read_to_string(directory.path().join("out/digest")).unwrap());
    digests.dedup();
    assert_eq!(digests.len(), 1);
    clearing_in(directory.path(), ["audit", "--data-dir", "out/cluster"]).await.succeeded();
}

#[tokio::test]
async fn the_cluster_of_a_configuration_holds_for_operators_of_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let more = ["--config", "deposit_unl.toml", "--in-process", "--csv"];
    replay_case(directory.path(), "res150.csv", &more).await.succeeded();
    assert_eq!(
        table(directory.path(), "payments.csv", &["state", "reason"]),
        [["RETURNED", "END_OF_DAY"]]
    );
    let reserves = table(directory.path(), "accounts.csv", &["operator", "reserves_fen"]);
    assert_eq!(reserves, [["A", "10000"], ["B", "10000"]]);
    let config = format!("{ROOT}/tests/cases/files/dep_gross.toml");
    let stranger = format!("{HEADER}p1,2024-02-29,09:00,1,A,B\np2,2024-02-29,09:00,1,A,Zed\n");
    let refused = replay_rows(directory.path(), &stranger, &["--config", &config]).await;
    refused.failed(2, "rows.csv, line 3: to: \"Zed\" is not in the roster of the configuration");
}

#[tokio::test]
async fn identifiers_are_mapped_to_operators_and_shown_in_results() {
    let directory = tempfile::tempdir().unwrap();
    replay_case(directory.path(), "bic11.csv", &["--in-process", "--csv"]).await.succeeded();
    let between =
        table(directory.path(), "payments.csv", &["payer_operator", "payee_operator", "state"]);
    assert_eq!(between, [["DEUTDEFFXXX", "BNPAFRPP", "COMPLETED"]]);
    let rows = format!(
        "{HEADER}p1,2024-02-29,09:05,5.00,中国银行,BANK_A\np2,2024-02-29,09:06,5.00,Bank of the North,BANK_A\n"
    );
    let ran = replay_rows(directory.path(), &rows, &[]).await;
    ran.succeeded();
    for name in ["中国银行", "BANK_A", "Bank of the North"] {
        assert!(ran.stdout.contains(name), "{}", ran.stdout);
        assert!(summary(directory.path())["indicators"]["operators"].to_string().contains(name));
        assert!(
            std::fs::read_to_string(directory.path().join("out/report.html"))
                .unwrap()
                .contains(name)
        );
        for file in ["accounts.csv", "wallets.csv", "positions.csv"] {
            assert!(
                table(directory.path(), file, &["operator"]).iter().any(|row| row[0] == name),
                "{file}"
            );
        }
    }
    // The configuration it wrote says which code each has, and gives the same run again.
    let again = ["run", "out/config.toml", "--in-process", "--out", "again"];
    clearing_in(directory.path(), again).await.succeeded();
    let digest = |folder: &str| {
        std::fs::read_to_string(directory.path().join(folder).join("digest")).unwrap()
    };
    assert_eq!(digest("again"), digest("out"));
}

#[tokio::test]
async fn moments_are_read_as_iso_8601_has_them_and_as_clocks_in_shanghai_were() {
    let directory = tempfile::tempdir().unwrap();
    for (name, expected) in
        [("iso.csv", "2024-02-29T01:05:00.000Z"), ("dst1988.csv", "1988-07-01T00:00:00.000Z")]
    {
        replay_case(directory.path(), name, &["--in-process", "--csv"]).await.succeeded();
        assert_eq!(
            table(directory.path(), "payments.csv", &["submitted_at"]),
            [[expected]],
            "{name}"
        );
    }
    // Days of 23 and of 25 hours, and an hour that came twice.
    let rows = "ID,datetime,value,from,to\na,1988-04-16T09:00,1,A,B\nb,1988-04-17T23:30,1,A,B\nc,1988-04-18T00:30,1,B,A\n";
    replay_rows(directory.path(), rows, &[]).await.succeeded();
    let rows = "ID,datetime,value,from,to\na,1988-09-11T01:30,1,A,B\nb,1988-09-11T01:30+08:00,1,A,B\nc,1988-09-12T00:30,1,B,A\n";
    replay_rows(directory.path(), rows, &[]).await.succeeded();
    let expected =
        [["1988-09-10T16:30:00.000Z"], ["1988-09-10T17:30:00.000Z"], ["1988-09-11T16:30:00.000Z"]];
    assert_eq!(table(directory.path(), "payments.csv", &["submitted_at"]), expected);
}

#[tokio::test]
async fn microseconds_order_the_payments_of_different_payers() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("gross.toml"),
        "[cluster]\nregime=\"deposit\"\nsettlement=\"gross\"\nreserves=\"50\"\n",
    )
    .unwrap();
    // There is cover for one of them.
    let rows = "ID,datetime,value,from,to\nlate,2024-02-29T09:00:00.000002,50,A,B\nearly,2024-02-29T09:00:00.000001,50,A,B\n";
    replay_rows(directory.path(), rows, &["--config", "gross.toml"]).await.succeeded();
    let states = table(directory.path(), "payments.csv", &["reference", "state"]);
    assert_eq!(states, [["early", "COMPLETED"], ["late", "RETURNED"]]);
}

#[tokio::test]
async fn priority_decides_who_goes_first_in_a_queue_and_on_processes_alike() {
    let directory = tempfile::tempdir().unwrap();
    let config = "[cluster]\nregime=\"deposit\"\nsettlement=\"gross-queue\"\nreserves=\"100\"\ncap=\"unlimited\"\ncycles_per_day=1\n";
    std::fs::write(directory.path().join("queue.toml"), config).unwrap();
    let header = "ID,date,time,value,from,to,priority\n";
    let day = "2024-02-29";
    let rows = format!(
        "{header}big,{day},09:00,150,A,B,normal\nnext,{day},09:10,80,A,B,\nfirst,{day},09:10,80,A,B,2\nlast,{day},09:11,20,A,B,urgent\n"
    );
    let settled = || {
        let rows = table(directory.path(), "payments.csv", &["reference", "state"]);
        let done = rows.into_iter().filter(|row| row[1] == "COMPLETED").map(|row| row[0].clone());
        done.collect::<Vec<_>>()
    };
    replay_rows(directory.path(), &rows, &["--config", "queue.toml"]).await.succeeded();
    assert_eq!(settled(), ["first", "last"]);
    let digest = || std::fs::read_to_string(directory.path().join("out/digest")).unwrap();
    let in_process = digest();
    let processes = ["replay", "rows.csv", "--config", "queue.toml", "--out", "out", "--force"];
    clearing_in(directory.path(), processes).await.succeeded();
    assert_eq!(digest(), in_process);
    clearing_in(directory.path(), ["audit", "--data-dir", "out/cluster"]).await.succeeded();
    let plain = rows.replace(",2\n", ",\n").replace(",urgent\n", ",\n");
    replay_rows(directory.path(), &plain, &["--config", "queue.toml"]).await.succeeded();
    assert_eq!(settled(), Vec::<String>::new());
    let without = replay_rows(directory.path(), &rows, &[]).await;
    without.succeeded();
    assert!(without.stderr.contains("priority has no effect"), "{without:?}");
}

#[tokio::test]
async fn rounding_is_told_and_refused_unless_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let rows = format!(
        "{HEADER}p1,2024-02-29,9:00,1.005,A,B\np2,2024-02-29,9:01,2.004,A,B\np3,2024-02-29,9:02,x,A,B\n"
    );
    let refused = replay_rows(directory.path(), &rows, &[]).await;
    refused
        .failed(2, "line 2: value: amount 1.005 has more than two decimals; --round rounds it; 2 more rows are wrong");
    let rounded = replay_rows(directory.path(), &rows, &["--round", "--skip-bad-rows"]).await;
    rounded.succeeded();
    let told =
        "clearing: values rounded to two decimals: 2; in sum 0.001 yuan more than in the file";
    assert!(rounded.stderr.lines().any(|line| line == told), "{rounded:?}");
    assert_eq!(table(directory.path(), "payments.csv", &["amount_fen"]), [["101"], ["200"]]);
    clearing_in(directory.path(), ["run", "out/config.toml", "--in-process", "--out", "again"])
        .await
        .succeeded();
    let measured = clearing_in(directory.path(), ["indicators", "rows.csv", "--round"]).await;
    measured.failed(2, "line 4: value: amount \"x\" is not a decimal number of yuan");
}

#[tokio::test]
async fn five_hundred_participants_run_in_one_process_and_fifty_on_processes() {
    let directory = tempfile::tempdir().unwrap();
    let row = |number: u32| {
        format!("p{number},2024-02-29,09:00,5,BANK {number},BANK {}\n", (number + 1) % 500)
    };
    let rows: String = (0..500).map(row).collect();
    replay_rows(directory.path(), &format!("{HEADER}{rows}"), &[]).await.succeeded();
    let summary = summary(directory.path());
    assert_eq!(summary["operators"].as_array().unwrap().len(), 500);
    assert_eq!(summary["totals"]["completed"], 500);
    let page = std::fs::read_to_string(directory.path().join("out/report.html")).unwrap();
    assert!(page.contains("Charts draw the 50 of 500 operators that pay and receive most"));
    let processes = clearing_in(directory.path(), ["replay", "rows.csv", "--out", "none"]).await;
    processes
        .failed(2, "cluster.operators: 500 are more than the 50 that run as processes; up to 500 run in one process");
    assert!(!directory.path().join("none").exists());
    let more = format!("{HEADER}{rows}q,2024-02-29,09:00,5,A,B\n");
    replay_rows(directory.path(), &more, &[])
        .await
        .failed(2, "rows.csv names 502 participants, more than 500");
    std::fs::write(directory.path().join("some.csv"), (0..80).map(row).collect::<String>())
        .unwrap();
    let measured = clearing_in(directory.path(), ["indicators", "some.csv", "--levels", "1"]).await;
    measured.succeeded();
    assert!(measured.stdout.contains("\"BANK 80\": \"5\""), "{}", measured.stdout);
}
