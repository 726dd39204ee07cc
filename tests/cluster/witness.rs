//! Files that were put back, cut off or went on by themselves are found: by the process and by the
//! audit.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clearing_cluster::audit::audit;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::support::{
    Operator, Running, TestCluster, assert_audit, clearing, eventually, member, operators,
};

fn ledger(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).join("ledger.db")
}

fn asked(path: &Path, sql: &str) -> u64 {
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Waits until the other side keeps a witness of every row that a member has appended so far.
async fn until_told(folder: &Path, name: &str) {
    let rows =
        "SELECT min(batch) FROM batches WHERE last_row = (SELECT max(last_row) FROM batches)";
    let appended = asked(&ledger(folder, name), rows);
    let seen_by_operator = "SELECT central_bank_batch FROM state".to_owned();
    let seen_of = |code: &str| format!("SELECT batch_seen FROM accounts WHERE code = '{code}'");
    // A file of the central bank is doubted when both operators know better.
    let keepers = match name {
        "central-bank" => vec![("ICBC", seen_by_operator.clone()), ("ABC", seen_by_operator)],
        code => vec![("central-bank", seen_of(code))],
    };
    for (keeper, sql) in keepers {
        eventually(&format!("{keeper} has seen batch {appended} of {name}"), async || {
            (asked(&ledger(folder, keeper), &sql) >= appended).then_some(())
        })
        .await;
    }
}

/// A stopped cluster, and two wallets of ICBC.
async fn stopped() -> (TempDir, [String; 2]) {
    let cluster = TestCluster::start(operators(2)).await;
    let icbc = cluster.operator("ICBC");
    let wallets = [icbc.open("100").await, icbc.open("").await];
    (cluster.stop().await, wallets)
}

/// Starts the cluster of a folder again, pays inside ICBC, and waits until the central bank keeps a
/// witness of it.
async fn paid_on_us(directory: TempDir, [payer, payee]: &[String; 2]) -> TestCluster {
    let cluster = TestCluster::start_in(directory, operators(2)).await;
    assert_eq!(cluster.operator("ICBC").pay_to_end(payer, payee, "1").await, "COMPLETED");
    until_told(cluster.folder().root(), "ICBC").await;
    cluster
}

fn broken(folder: &Path) -> Vec<String> {
    let broken = audit(folder).unwrap().into_iter().filter(|line| !line.ok);
    broken.map(|line| format!("{}: {}", line.name, line.detail)).collect()
}

/// The process of an operator by itself, told where the central bank is.
fn serve(folder: &Path, code: &str, central_bank: &str) -> Running {
    let [data_dir, config] =
        [folder.join(code), folder.join("config.toml")].map(|path| path.display().to_string());
    let arguments = [
        "operator",
        "--code",
        code,
        "--central-bank",
        central_bank,
        "--data-dir",
        &data_dir,
        "--config",
        &config,
    ];
    Running::start(folder, arguments)
}

async fn serve_central_bank(folder: &Path) -> (Running, String) {
    let files = [folder.join("central-bank"), folder.join("config.toml")]
        .map(|path| path.display().to_string());
    let arguments = ["central-bank", "--data-dir", &files[0], "--config", &files[1]];
    let mut central_bank = Running::start(folder, arguments);
    let url = central_bank.line("ready").await.replace("ready address=", "http://");
    (central_bank, url)
}

/// The audit and the process of ICBC both refuse its file with a sentence each.
async fn icbc_is_refused(folder: &Path, audited: &str, said: &str) {
    let found = broken(folder);
    assert!(found.iter().any(|line| line.contains(audited)), "{audited}: {found:?}");
    let (central_bank, url) = serve_central_bank(folder).await;
    serve(folder, "ICBC", &url).end().await.failed(3, said);
    assert_eq!(central_bank.signal("TERM").await, Some(0));
}

#[tokio::test]
async fn an_older_file_that_lost_an_acknowledged_on_us_payment_is_refused() {
    let (directory, wallets) = stopped().await;
    let older = fs::read(ledger(directory.path(), "ICBC")).unwrap();
    let directory = paid_on_us(directory, &wallets).await.stop().await;
    fs::write(ledger(directory.path(), "ICBC"), older).unwrap();
    let behind = "ICBC ends at batch";
    icbc_is_refused(directory.path(), behind, "the ledger of operator ICBC ends at batch").await;
}

#[tokio::test]
async fn a_flipped_bit_in_the_log_that_drops_an_acknowledged_on_us_payment_is_found() {
    let (directory, [payer, payee]) = stopped().await;
    let mut cluster = TestCluster::start_in(directory, operators(2)).await;
    let folder = cluster.folder().root().to_owned();
    let log = ledger(&folder, "ICBC").with_extension("db-wal");
    until_told(&folder, "ICBC").await;
    let before = fs::metadata(&log).unwrap().len();
    assert_eq!(cluster.operator("ICBC").pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    until_told(&folder, "ICBC").await;
    for name in ["ICBC", "ABC", "central-bank"] {
        cluster.processes().kill(member(name)).await.unwrap();
    }
    let mut bytes = fs::read(&log).unwrap();
    bytes[usize::try_from(before).unwrap() + 100] ^= 1;
    fs::write(&log, bytes).unwrap();
    icbc_is_refused(&folder, "ICBC ends at batch", "the ledger of operator ICBC ends at batch")
        .await;
}

#[tokio::test]
async fn a_copy_that_went_on_by_itself_is_named_a_fork() {
    let (directory, wallets) = stopped().await;
    let folder = directory.path().to_owned();
    let older = fs::read(ledger(&folder, "ICBC")).unwrap();
    let directory = paid_on_us(directory, &wallets).await.stop().await;
    let told = asked(
        &ledger(&folder, "central-bank"),
        "SELECT batch_seen FROM accounts WHERE code = 'ICBC'",
    );
    fs::write(ledger(&folder, "ICBC"), older).unwrap();
    // Without a central bank the copy serves payments inside the operator, until it has more
    // batches than were told.
    let mut alone = serve(&folder, "ICBC", "http://127.0.0.1:9");
    let icbc = Operator::at(&alone.line("ready").await.replace("ready address=", "http://"));
    while asked(&ledger(&folder, "ICBC"), "SELECT max(batch) FROM batches") <= told {
        assert_eq!(icbc.pay_to_end(&wallets[0], &wallets[1], "1").await, "COMPLETED");
    }
    assert_eq!(alone.signal("TERM").await, Some(0));
    let fork = format!("has another head at batch {told} (LEDGER_FORKED)");
    icbc_is_refused(&folder, &fork, &format!("is a fork: at batch {told}")).await;
    // It stays one, however often it asks.
    icbc_is_refused(&folder, &fork, &format!("is a fork: at batch {told}")).await;
    drop(directory);
}

#[tokio::test]
async fn an_older_file_of_the_central_bank_that_undid_a_suspension_is_found() {
    let (directory, _) = stopped().await;
    let folder = directory.path().to_owned();
    let older = fs::read(ledger(&folder, "central-bank")).unwrap();
    let cluster = TestCluster::start_in(directory, operators(2)).await;
    cluster.central_bank().suspend("ABC").await.unwrap();
    until_told(&folder, "central-bank").await;
    let directory = cluster.stop().await;
    let newer = fs::read(ledger(&folder, "central-bank")).unwrap();
    fs::write(ledger(&folder, "central-bank"), older).unwrap();
    let found = broken(&folder);
    assert!(
        found
            .iter()
            .any(|line| line.contains("the central bank's ledger") && line.contains("BEHIND")),
        "{found:?}"
    );
    let (central_bank, url) = serve_central_bank(&folder).await;
    let operators = ["ICBC", "ABC"].map(|code| serve(&folder, code, &url));
    // It is behind, or a fork where a batch of its own came before both operators.
    let ended = central_bank.end().await;
    ended.failed(3, "restore the newe");
    assert!(["seen batch", "is a fork"].iter().any(|why| ended.stderr.contains(why)), "{ended:?}");
    for operator in operators {
        assert_eq!(operator.signal("TERM").await, Some(0));
    }
    fs::write(ledger(&folder, "central-bank"), newer).unwrap();
    drop(directory);
}

/// What a process has open though it was deleted, so that what it writes there is lost.
fn deleted(pid: u32) -> Vec<String> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let files = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    files
        .map(|file| file.display().to_string())
        .filter(|file| file.ends_with("(deleted)"))
        .collect()
}

/// Whether a process holds a lock on a file, without which another program believes that nobody
/// uses it.
fn is_locked(pid: u32, path: &Path) -> bool {
    let (pid, inode) = (pid.to_string(), format!(":{}", fs::metadata(path).unwrap().ino()));
    let locks = fs::read_to_string("/proc/locks").unwrap();
    locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|lock| {
        lock.get(4).is_some_and(|owner| *owner == pid)
            && lock.get(5).is_some_and(|file| file.ends_with(&inode))
    })
}

#[tokio::test]
async fn a_program_that_looks_into_a_ledger_after_a_relink_leaves_its_log_there() {
    let mut cluster = TestCluster::start(operators(2)).await;
    let folder = cluster.folder().root().to_owned();
    let [payer, payee] =
        [cluster.operator("ICBC").open("100").await, cluster.operator("ABC").open("").await];
    assert_eq!(cluster.operator("ICBC").pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    until_told(&folder, "ICBC").await;
    until_told(&folder, "central-bank").await;
    // Both sides look up what they told the other.
    cluster.crash(member("ICBC")).await;
    assert_eq!(cluster.operator("ICBC").pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    for name in ["central-bank", "ICBC"] {
        let file = Connection::open(ledger(&folder, name)).unwrap();
        file.query_row("SELECT count(*) FROM batches", [], |_| Ok(())).unwrap();
        file.close().unwrap();
        assert!(
            ledger(&folder, name).with_extension("db-wal").exists(),
            "the log of {name} is gone"
        );
        let pid = cluster.processes().pid(member(name)).unwrap();
        assert_eq!(deleted(pid), [""; 0], "{name}");
        // Versions of SQLite before 3.51 look at nothing else.
        assert!(is_locked(pid, &ledger(&folder, name)), "{name} lost its locks");
    }
    assert_eq!(cluster.operator("ICBC").pay_to_end(&payer, &payee, "1").await, "COMPLETED");
    cluster.finish().await;
}

#[tokio::test]
async fn heads_of_an_earlier_audit_are_looked_for_in_the_chains() {
    let (directory, wallets) = stopped().await;
    let folder = directory.path().to_owned();
    let [data_dir, heads] =
        [folder.clone(), folder.join("heads.txt")].map(|path| path.display().to_string());
    let first = clearing(["audit", "--data-dir", &data_dir]).await;
    first.succeeded();
    assert_eq!(
        first.stdout.lines().filter(|line| line.starts_with("head ")).count(),
        3,
        "{first:?}"
    );
    assert!(first.stdout.lines().last().unwrap().starts_with("verdict ok: "), "{first:?}");
    fs::write(&heads, &first.stdout).unwrap();
    let older = fs::read(ledger(&folder, "ICBC")).unwrap();
    let directory = paid_on_us(directory, &wallets).await.stop().await;
    assert_audit(&folder);
    let arguments = ["audit", "--data-dir", &data_dir, "--expect-heads", &heads];
    let later = clearing(arguments).await;
    later.succeeded();
    assert!(
        later.stdout.contains("ICBC: the head seen earlier is in the chain: batch"),
        "{later:?}"
    );
    // The same file, with the heads of later: those batches are missing.
    fs::write(&heads, &later.stdout).unwrap();
    fs::write(ledger(&folder, "ICBC"), older).unwrap();
    let missing = clearing(arguments).await;
    missing.failed(1, "invariants are broken");
    assert!(missing.stdout.contains("is missing; the chain ends at batch"), "{missing:?}");
    assert!(missing.stdout.lines().last().unwrap().starts_with("verdict BROKEN: "), "{missing:?}");
    fs::write(&heads, "head ICBC 1 00\n").unwrap();
    clearing(arguments).await.failed(2, "line 1 is no head of a chain");
    drop(directory);
}
