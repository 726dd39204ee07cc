//! What a command does whose output cannot be written, or is read by nobody.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{PROGRAM, ROOT, TestCluster, clearing, clearing_in, operators};

/// Runs a line of the shell in which `$CLEARING` is the program.
fn shell(folder: &Path, line: &str) -> Output {
    let mut command = Command::new("bash");
    command.args(["-c", line]).current_dir(folder).env("CLEARING", PROGRAM).env("ROOT", ROOT);
    command.env_remove("CLEARING_DATA_DIR").env_remove("RUST_LOG");
    command.output().unwrap()
}

/// With a full disk under its output the command says so; without a reader it ends as ever.
#[track_caller]
fn check(folder: &Path, arguments: &str, code_without_reader: i32) {
    let full = shell(folder, &format!("$CLEARING {arguments} >/dev/full"));
    let said = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(3), "{arguments}: {said}");
    let sentences: Vec<_> = said.lines().filter(|line| line.starts_with("clearing: ")).collect();
    assert!(sentences.iter().any(|line| line.contains("cannot write")), "{arguments}: {said}");
    assert!(!said.contains("panicked"), "{arguments}: {said}");
    // The reader has ended before the first byte comes.
    let unread = shell(folder, &format!("(exec 3> >(:); wait $!; $CLEARING {arguments} >&3)"));
    let said = String::from_utf8_lossy(&unread.stderr).into_owned();
    assert_eq!(unread.status.code(), Some(code_without_reader), "{arguments}: {said}");
    assert!(!said.contains("panicked"), "{arguments}: {said}");
}

#[tokio::test]
async fn help_and_what_needs_no_cluster_end_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let help = clearing(["--help"]).await.stdout;
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for name in names.filter(|name| !["", "help"].contains(name)) {
        check(folder.path(), &format!("{name} --help"), 0);
    }
    for arguments in [
        "--version",
        "config",
        "completions bash",
        "resolve $ROOT/tests/cases/settlement/unwinding-four-banks.json",
        "torture --seconds 1 --operators 2 --data-dir none",
    ] {
        if arguments.starts_with("torture") {
            let full = shell(folder.path(), &format!("$CLEARING {arguments} >/dev/full"));
            assert_eq!(full.status.code(), Some(3), "{full:?}");
        } else {
            check(folder.path(), arguments, 0);
        }
    }
    std::fs::write(
        folder.path().join("day.csv"),
        "ID,date,time,value,from,to\n1,2022-08-24,09:30,5,A,B\n",
    )
    .unwrap();
    check(folder.path(), "indicators day.csv", 0);
}

#[tokio::test]
async fn a_run_and_what_reads_its_results_end_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("day.csv"),
        "ID,date,time,value,from,to\n1,2022-08-24,09:30,5,A,B\n",
    )
    .unwrap();
    check(folder.path(), "replay day.csv --in-process --out results --force", 0);
    check(folder.path(), "digest results", 0);
    check(folder.path(), "report results", 0);
    let digest = clearing_in(folder.path(), ["digest", "results"]).await;
    digest.succeeded();
}

#[tokio::test]
async fn what_asks_a_cluster_ends_with_a_sentence() {
    let cluster = TestCluster::start(operators(1)).await;
    let folder = cluster.folder().root().to_owned();
    for arguments in ["status --data-dir .", "status --json --data-dir .", "audit --data-dir ."] {
        check(&folder, arguments, 0);
    }
    let to = cluster.address("ICBC");
    check(&folder, &format!("load --to {to} --payments 10 --outstanding 2"), 0);
    cluster.finish().await;
}

#[tokio::test]
async fn a_process_whose_ready_line_cannot_be_written_says_so_and_a_cluster_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let full = shell(folder.path(), "$CLEARING central-bank --data-dir cb >/dev/full");
    let said = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(3), "{said}");
    assert!(
        said.contains("clearing: cannot write the ready line to standard output: No space left"),
        "{said}"
    );
    for detach in ["", "--detach"] {
        let full = shell(folder.path(), &format!("$CLEARING up --operators 1 {detach} >/dev/full"));
        let said = String::from_utf8_lossy(&full.stderr).into_owned();
        assert_eq!(full.status.code(), Some(3), "{said}");
        assert!(said.contains("clearing: cannot write to standard output"), "{said}");
    }
    // Nothing of it runs on.
    assert_eq!(shell(folder.path(), "$CLEARING status").status.code(), Some(3));
    assert_eq!(shell(folder.path(), "$CLEARING down >/dev/full").status.code(), Some(3));
}

#[test]
fn an_error_that_cannot_be_told_keeps_its_code() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in ["audit --data-dir none", "no-such-command", "run none.toml"] {
        let ended = shell(folder.path(), &format!("$CLEARING {arguments} 2>/dev/full"));
        assert_eq!(ended.status.code(), Some(2), "{arguments}");
    }
    // Nor does a log on a full disk end the process that it tells of.
    let line = "$CLEARING central-bank --data-dir cb --exit-with-stdin 2>/dev/full < <(:)";
    assert_eq!(shell(folder.path(), line).status.code(), Some(0));
}
