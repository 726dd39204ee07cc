//! Ledger files: locked while they are used, refused untouched when they are not what they should
//! be.

use std::fs;
use std::path::{Path, PathBuf};

use clearing_cluster::audit::audit;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{
    Output, Running, TestCluster, assert_audit, clearing, eventually, member, operators, order,
};

/// Runs a member's process on its own on a folder of a cluster that does not run.
async fn serve(folder: &Path, name: &str, config: &Path) -> Output {
    let data_dir = folder.join(name);
    let (data_dir, config) = (data_dir.to_str().unwrap(), config.to_str().unwrap());
    let files = ["--data-dir", data_dir, "--config", config];
    match name {
        "central-bank" => clearing(["central-bank"].into_iter().chain(files)).await,
        code => {
            clearing(
                ["operator", "--code", code, "--central-bank", "http://127.0.0.1:9"]
                    .into_iter()
                    .chain(files),
            )
            .await
        }
    }
}

#[tokio::test]
async fn a_second_process_on_a_folder_in_use_is_refused() {
    let cluster = TestCluster::start(operators(1)).await;
    let folder = cluster.folder().clone();
    for name in ["central-bank", "ICBC"] {
        serve(folder.root(), name, &folder.config()).await.failed(3, "another process serves from");
    }
    let up =
        clearing(["up", "--operators", "1", "--data-dir", folder.root().to_str().unwrap()]).await;
    up.failed(3, "a cluster runs in");
    // The processes that were there are not disturbed.
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("1").await, icbc.open("").await);
    assert_eq!(icbc.pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    cluster.finish().await;
}

/// A stopped cluster of one operator that has paid.
async fn stopped() -> TempDir {
    let cluster = TestCluster::start(operators(1)).await;
    let icbc = cluster.operator("ICBC");
    let (payer, payee) = (icbc.open("100").await, icbc.open("").await);
    icbc.pay(order(&payer, &payee, "1")).await;
    cluster.stop().await
}

fn ledger(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).join("ledger.db")
}

/// A file changed in some way is refused with a sentence and stays as it is.
async fn refused(folder: &Path, name: &str, sentence: &str, change: impl FnOnce(&Path)) {
    let (path, config) = (ledger(folder, name), folder.join("config.toml"));
    let whole = fs::read(&path).unwrap();
    change(&path);
    let before = fs::read(&path).unwrap();
    let output = serve(folder, name, &config).await;
    output.failed(2, sentence);
    assert!(output.stderr.contains(path.to_str().unwrap()), "{output:?} names the file");
    assert_eq!(fs::read(&path).unwrap(), before, "{name} changed a file it refused");
    fs::write(&path, whole).unwrap();
}

fn sql(path: &Path, statements: &str) {
    Connection::open(path).unwrap().execute_batch(statements).unwrap();
}

#[tokio::test]
async fn a_truncated_foreign_or_newer_ledger_is_refused_untouched() {
    let directory = stopped().await;
    let folder = directory.path();
    for (name, other) in [("central-bank", "ICBC"), ("ICBC", "central-bank")] {
        refused(folder, name, "it has 0 bytes", |path| fs::write(path, b"").unwrap()).await;
        refused(folder, name, "it has 50 bytes", |path| fs::write(path, [b'x'; 50]).unwrap()).await;
        refused(folder, name, "it is no SQLite database", |path| {
            fs::write(path, "hello\n".repeat(1000)).unwrap()
        })
        .await;
        let truncate = |path: &Path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        };
        refused(folder, name, "it is truncated", truncate).await;
        let foreign = |path: &Path| {
            fs::remove_file(path).unwrap();
            sql(path, "CREATE TABLE songs (title TEXT)");
        };
        refused(folder, name, "it is a database of application 0x0", foreign).await;
        let others = |path: &Path| assert!(fs::copy(ledger(folder, other), path).unwrap() > 0);
        refused(folder, name, "it is a database of application 0x6563", others).await;
        refused(folder, name, "has ledger schema 99", |path| sql(path, "PRAGMA user_version = 99"))
            .await;
        refused(folder, name, "has ledger schema 0", |path| sql(path, "PRAGMA user_version = 0"))
            .await;
    }
    assert_audit(folder);
}

#[tokio::test]
async fn a_ledger_with_a_row_missing_is_refused_with_the_row() {
    let directory = stopped().await;
    let folder = directory.path();
    // The rest of the configuration may change, but is not written into a ledger that is refused.
    let config = fs::read_to_string(folder.join("config.toml")).unwrap();
    assert!(config.contains("queue_capacity = 16384"), "{config}");
    fs::write(
        folder.join("config.toml"),
        config.replace("queue_capacity = 16384", "queue_capacity = 4096"),
    )
    .unwrap();
    let missing = |path: &Path| sql(path, "DELETE FROM wallet_events WHERE row = 1");
    refused(folder, "ICBC", "does not hold a whole ledger: row", missing).await;
    refused(folder, "ICBC", "does not hold a whole ledger", |path| {
        sql(path, "DELETE FROM wallets")
    })
    .await;
    let missing = |path: &Path| sql(path, "DELETE FROM operations WHERE row = 1");
    refused(folder, "central-bank", "does not hold a whole ledger", missing).await;
    assert_audit(folder);
}

#[tokio::test]
async fn a_ledger_of_another_configuration_is_refused_with_what_differs() {
    let directory = stopped().await;
    let folder = directory.path();
    let other = folder.join("other.toml");
    for (lines, sentence) in [
        (
            "operator_count = 1\nregime = 'deposit'",
            "it has regime cash, the configuration regime deposit",
        ),
        (
            "operator_count = 1\nlimits = '2020-pilot'",
            "it has limits 2021, the configuration limits 2020-pilot",
        ),
        (
            "operator_count = 1\nhaircut_permille = 1",
            "it has haircut 0, the configuration haircut 1",
        ),
        ("operator_count = 1\ncredit = 5", "the configuration credit ICBC:5.00"),
        ("operator_count = 2", "the configuration operators ABC:003 ICBC:002"),
    ] {
        fs::write(&other, format!("[cluster]\n{lines}\n")).unwrap();
        for name in ["central-bank", "ICBC"] {
            let before = fs::read(ledger(folder, name)).unwrap();
            serve(folder, name, &other).await.failed(2, sentence);
            assert_eq!(fs::read(ledger(folder, name)).unwrap(), before);
        }
    }
    assert_audit(folder);
}

#[tokio::test]
async fn an_operator_on_anothers_folder_is_refused() {
    let directory = TestCluster::start(operators(2)).await.stop().await;
    let folder = directory.path();
    fs::copy(ledger(folder, "ABC"), ledger(folder, "ICBC")).unwrap();
    let output = serve(folder, "ICBC", &folder.join("config.toml")).await;
    output.failed(2, "it has operator ABC, the configuration operator ICBC");
}

#[tokio::test]
async fn a_running_cluster_audits_clean_under_load() {
    let cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (one, other) = (icbc.open("1000").await, abc.open("1000").await);
    let root = cluster.folder().root().to_owned();
    let auditing = tokio::task::spawn_blocking(move || (0..5).for_each(|_| assert_audit(&root)));
    while !auditing.is_finished() {
        let there = icbc.pay_batch((0..50).map(|_| order(&one, &other, "0.01")).collect());
        let back = abc.pay_batch((0..50).map(|_| order(&other, &one, "0.01")).collect());
        let (there, back) = tokio::join!(there, back);
        assert_eq!((there.unwrap().len(), back.unwrap().len()), (50, 50));
    }
    auditing.await.unwrap();
    cluster.finish().await;
}

#[tokio::test]
async fn files_left_by_a_kill_audit_clean_as_they_are() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let (icbc, abc) = (cluster.operator("ICBC"), cluster.operator("ABC"));
    let (payer, payee) = (icbc.open("100").await, abc.open("").await);
    for _ in 0..20 {
        icbc.pay_within(order(&payer, &payee, "1"), 0).await.unwrap();
    }
    for member in cluster.processes().members() {
        cluster.processes().kill(member).await.unwrap();
    }
    let root = cluster.folder().root().to_owned();
    let log = ledger(&root, "ICBC").with_extension("db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0, "the kill left nothing in the log");
    assert_audit(&root);
    for name in ["central-bank", "ICBC", "ABC"] {
        cluster.processes().restart(member(name)).await.unwrap();
    }
    eventually("everything arrives", async || (abc.balance(&payee).await == "20.00").then_some(()))
        .await;
    cluster.finish().await;
}

/// The folder of a cluster whose one member has an older ledger than the others know of: it was
/// paid since.
async fn folder_with_an_old(name: &str) -> TempDir {
    let cluster = TestCluster::start(operators(2)).await;
    let (payer, payee) =
        (cluster.operator("ICBC").open("100").await, cluster.operator("ABC").open("").await);
    let directory = cluster.stop().await;
    let copy = fs::read(ledger(directory.path(), name)).unwrap();
    let cluster = TestCluster::start_in(directory, operators(2)).await;
    cluster.operator("ICBC").pay(order(&payer, &payee, "1")).await;
    let directory = cluster.stop().await;
    fs::write(ledger(directory.path(), name), copy).unwrap();
    directory
}

/// Starts the central bank of a folder and operator ICBC by themselves.
async fn start_two(folder: &Path) -> (Running, Running) {
    let files = |name: &str| {
        [folder.join(name), folder.join("config.toml")].map(|path| path.display().to_string())
    };
    let [data_dir, config] = files("central-bank");
    let arguments = ["central-bank", "--data-dir", &data_dir, "--config", &config];
    let mut central_bank = Running::start(folder, arguments);
    let url = central_bank.line("ready").await.replace("ready address=", "http://");
    let [data_dir, config] = files("ICBC");
    let arguments = [
        "operator",
        "--code",
        "ICBC",
        "--central-bank",
        &url,
        "--data-dir",
        &data_dir,
        "--config",
        &config,
    ];
    (central_bank, Running::start(folder, arguments))
}

#[tokio::test]
async fn an_operator_restored_from_an_old_copy_stops_and_says_what_it_lacks() {
    let directory = folder_with_an_old("ICBC").await;
    let (central_bank, operator) = start_two(directory.path()).await;
    operator.end().await.failed(3, "the ledger of operator ICBC ends at batch");
    assert_eq!(central_bank.signal("TERM").await, Some(0));
}

#[tokio::test]
async fn a_folder_that_holds_no_cluster_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    assert!(audit(directory.path()).is_err());
    clearing(["audit", "--data-dir", path]).await.failed(2, "holds no cluster");
    clearing(["status", "--data-dir", path]).await.failed(2, "holds no cluster");
    clearing(["down", "--data-dir", path]).await.failed(2, "holds no cluster");
}
