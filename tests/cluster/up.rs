//! `clearing up`, `status` and `down`.

use std::fs;
use std::path::Path;

use clearing_cluster::cluster::ClusterFolder;
use serde_json::Value;

use crate::support::{Running, assert_audit, clearing_in, eventually, member, send_signal};

#[tokio::test]
async fn a_command_runs_inside_the_cluster_with_its_addresses_and_gives_its_exit_code() {
    let directory = tempfile::tempdir().unwrap();
    let script = "test -f $CLEARING_DATA_DIR/ready && . $CLEARING_DATA_DIR/env && \
                  echo $CENTRAL_BANK $CENTRAL_BANK_URL $OPERATOR_ICBC $OPERATOR_ABC_URL; exit 7";
    let output =
        clearing_in(directory.path(), ["up", "--operators", "2", "--", "sh", "-c", script]).await;
    assert_eq!((output.code, output.stderr.as_str()), (Some(7), ""), "{output:?}");
    let words: Vec<_> = output.stdout.split_whitespace().collect();
    let [central_bank, url, icbc, abc_url] = words[..] else { panic!("{output:?}") };
    assert_eq!(url, format!("http://{central_bank}"));
    assert!(
        icbc.starts_with("127.0.0.1:") && abc_url.starts_with("http://127.0.0.1:"),
        "{output:?}"
    );
    let folder = ClusterFolder::new(directory.path().join("clearing-data"));
    assert!(!folder.ready().exists() && !folder.is_locked(member("central-bank")));
    assert_audit(folder.root());
}

#[tokio::test]
async fn a_command_that_is_killed_or_missing_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let up = async |command: &[&str]| {
        let arguments = ["up", "--operators", "1", "--"].iter().chain(command);
        clearing_in(directory.path(), arguments).await
    };
    assert_eq!(up(&["sh", "-c", "kill -KILL $$"]).await.code, Some(137));
    assert_eq!(up(&["true"]).await.code, Some(0));
    up(&["no-such-command"]).await.failed(2, "cannot run no-such-command");
}

#[tokio::test]
async fn load_on_a_cluster_completes_every_payment_and_the_audit_says_ok() {
    let directory = tempfile::tempdir().unwrap();
    let load = "clearing=$0; $clearing load --to $OPERATOR_ICBC $OPERATOR_ABC --payments 2000 --outstanding 200 && \
                $clearing load --to $OPERATOR_ICBC --payments 50 --unary --outstanding 5 && \
                $clearing load --to $OPERATOR_ICBC $OPERATOR_ABC --payments 200 --rate 1000 && \
                $clearing status && $clearing audit";
    let arguments = ["up", "--operators", "2", "--", "sh", "-c", load, crate::support::PROGRAM];
    let output = clearing_in(directory.path(), arguments).await;
    output.succeeded();
    for text in ["2000", "payments/s", "p50", "p99.9", "serving", "ok "] {
        assert!(output.stdout.contains(text), "{text} is missing in {output:?}");
    }
    assert!(!output.stdout.contains("BROKEN"), "{output:?}");
    assert_audit(&directory.path().join("clearing-data"));
}

/// A cluster that was left running; stopped when the test ends in whatever way.
struct Detached<'a> {
    folder: &'a Path,
}

impl Drop for Detached<'_> {
    fn drop(&mut self) {
        // Nothing is left to stop when the test has stopped it.
        let down = std::process::Command::new(crate::support::PROGRAM)
            .arg("down")
            .current_dir(self.folder)
            .output();
        assert!(down.is_ok() || std::thread::panicking());
    }
}

#[tokio::test]
async fn a_detached_cluster_runs_until_down() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let _stopped = Detached { folder };
    let up = clearing_in(folder, ["up", "--operators", "2", "--detach"]).await;
    up.succeeded();
    assert!(
        up.stdout.contains("3 processes ready in ")
            && up.stdout.contains("clearing down --data-dir"),
        "{up:?}"
    );

    let status = clearing_in(folder, ["status"]).await;
    status.succeeded();
    let header = "process       state    address";
    assert!(
        status.stdout.starts_with(header) && status.stdout.matches(" serving ").count() == 3,
        "{status:?}"
    );
    let status = clearing_in(folder, ["status", "--json"]).await;
    let processes: Value = serde_json::from_str(&status.stdout).unwrap();
    let names =
        processes.as_array().unwrap().iter().map(|process| process["process"].as_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["central-bank", "ICBC", "ABC"]);
    for process in processes.as_array().unwrap() {
        let words = ["state", "regime", "settlement_mode", "clock"];
        let words = words.map(|word| process[word].as_str().unwrap());
        assert_eq!(words, ["serving", "cash", "deferred-net", "wall"]);
    }

    let down = clearing_in(folder, ["down"]).await;
    down.succeeded();
    assert_eq!(down.stdout, "3 processes stopped\n");
    clearing_in(folder, ["status"]).await.failed(3, "3 of 3 processes do not answer");
    let again = clearing_in(folder, ["down"]).await;
    again.succeeded();
    assert_eq!(again.stdout, "no process of clearing-data was running\n");
    for member in ["central-bank", "ICBC", "ABC"] {
        assert!(
            !folder.join("clearing-data").join(member).join("pid").exists(),
            "{member} left its pid file"
        );
    }
    assert_audit(&folder.join("clearing-data"));
}

#[tokio::test]
async fn a_process_of_a_detached_cluster_that_died_is_named_and_started_again() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let _stopped = Detached { folder };
    clearing_in(folder, ["up", "--operators", "2", "--detach"]).await.succeeded();
    let before = ClusterFolder::new(folder.join("clearing-data")).addresses().unwrap();
    for name in ["ABC", "central-bank"] {
        clearing_in(folder, ["kill", name]).await.succeeded();
        assert!(!folder.join("clearing-data").join(name).join("pid").exists());
        let status = clearing_in(folder, ["status"]).await;
        let advice = format!(
            "1 of 3 processes do not answer; to start again: clearing restart {name} --data-dir"
        );
        status.failed(3, &advice);
        clearing_in(folder, ["kill", name]).await.failed(3, &format!("{name} does not run"));
        let restart = clearing_in(folder, ["restart", name]).await;
        restart.succeeded();
        assert_eq!(restart.stdout, format!("{name} is ready at {}\n", before[&member(name)]));
    }
    // One that runs finishes first.
    clearing_in(folder, ["restart", "ICBC"]).await.succeeded();
    eventually("all serve again", async || {
        let status = clearing_in(folder, ["status"]).await;
        (status.code == Some(0) && !status.stdout.contains("unlinked")).then_some(())
    })
    .await;
    clearing_in(folder, ["restart", "BOC"]).await.failed(2, "the cluster has no process BOC");
    let unknown = clearing_in(folder, ["kill", "no bank"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(
        unknown.stderr.contains("operator code \"no bank\" is not 1 to 8 letters or digits"),
        "{unknown:?}"
    );
    clearing_in(folder, ["down"]).await.succeeded();
    assert_audit(&folder.join("clearing-data"));
}

#[tokio::test]
async fn in_the_foreground_a_killed_process_comes_back_by_itself_and_restart_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let script = "clearing=$0; $clearing kill ABC && ! $clearing restart ABC 2>&1";
    let arguments = ["up", "--operators", "2", "--", "sh", "-c", script, crate::support::PROGRAM];
    let output = clearing_in(directory.path(), arguments).await;
    output.succeeded();
    assert!(
        output.stdout.contains("ABC killed") && output.stdout.contains("was not left running"),
        "{output:?}"
    );
}

/// Every file under a folder with its content, but for what SQLite keeps beside a file that is
/// read.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else if !path
            .extension()
            .is_some_and(|extension| extension == "db-shm" || extension == "db-wal")
        {
            all.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn another_number_of_operators_is_refused_before_anything_changes() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    clearing_in(folder, ["up", "--operators", "3", "--", "true"]).await.succeeded();
    let before = contents(folder);
    for operators in ["2", "4"] {
        let refused = clearing_in(folder, ["up", "--operators", operators, "--", "true"]).await;
        refused.failed(2, "was started under another configuration");
        assert!(contents(folder) == before, "a refused start changed the folder");
    }
    clearing_in(folder, ["up", "--", "true"]).await.succeeded();
}

#[tokio::test]
async fn the_addresses_of_a_cluster_reach_the_commands_of_a_shell_that_sources_them() {
    let directory = tempfile::tempdir().unwrap();
    let script = "unset OPERATOR_ICBC; . $CLEARING_DATA_DIR/env; sh -c 'echo $OPERATOR_ICBC'";
    let output =
        clearing_in(directory.path(), ["up", "--operators", "1", "--", "sh", "-c", script]).await;
    output.succeeded();
    assert!(output.stdout.starts_with("127.0.0.1:"), "{output:?}");
}

#[tokio::test]
async fn in_the_foreground_a_process_that_dies_is_started_again_and_a_signal_stops_all() {
    for signal in ["TERM", "INT"] {
        let directory = tempfile::tempdir().unwrap();
        let mut up = Running::start(directory.path(), ["up", "--operators", "2"]);
        up.line("3 processes ready in").await;
        let folder = ClusterFolder::new(directory.path().join("clearing-data"));
        let dead = folder.pid(member("ICBC")).unwrap();
        send_signal(dead, "KILL").await;
        eventually("ICBC is started again", async || {
            let pid = folder.pid(member("ICBC")).filter(|pid| *pid != dead)?;
            folder.is_locked(member("ICBC")).then_some(pid)
        })
        .await;
        let status = eventually("all serve again", async || {
            let status = clearing_in(directory.path(), ["status"]).await;
            (status.code == Some(0) && !status.stdout.contains("unlinked")).then_some(status)
        })
        .await;
        assert_eq!(status.stdout.matches(" serving ").count(), 3, "{status:?}");
        assert_eq!(up.signal(signal).await, Some(0), "SIG{signal}");
        assert!(!folder.is_locked(member("ICBC")) && !folder.is_locked(member("central-bank")));
        assert_audit(folder.root());
    }
}

#[tokio::test]
async fn the_processes_end_with_the_program_that_started_them_however_it_ends() {
    let directory = tempfile::tempdir().unwrap();
    let mut up = Running::start(directory.path(), ["up", "--operators", "2"]);
    up.line("3 processes ready in").await;
    let folder = ClusterFolder::new(directory.path().join("clearing-data"));
    assert_eq!(up.signal("KILL").await, None);
    eventually("all processes end", async || {
        let running =
            ["central-bank", "ICBC", "ABC"].iter().any(|name| folder.is_locked(member(name)));
        (!running).then_some(())
    })
    .await;
    assert_audit(folder.root());
}

#[tokio::test]
async fn a_cluster_that_is_started_again_goes_on_with_its_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    clearing_in(folder, ["up", "--operators", "2", "--data-dir", "mine", "--", "true"])
        .await
        .succeeded();
    let listed =
        ["up", "--data-dir", "mine", "--", "sh", "-c", "ls $CLEARING_DATA_DIR | tr '\\n' ' '"];
    let output = clearing_in(folder, listed).await;
    assert_eq!(output.stdout, "ABC ICBC central-bank config.toml env ready ", "{output:?}");
    let files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["mine"]);
}

#[tokio::test]
async fn base_port_gives_each_process_its_port() {
    let directory = tempfile::tempdir().unwrap();
    // Ports of this test process; the cluster takes four from the first on.
    let base = crate::support::free_ports(4);
    let script = "echo $CENTRAL_BANK $OPERATOR_ICBC $OPERATOR_ABC";
    let base_port = base.to_string();
    let arguments = ["up", "--operators", "2", "--base-port", &base_port, "--", "sh", "-c", script];
    let output = clearing_in(directory.path(), arguments).await;
    let [first, second, third] = [base, base + 2, base + 3].map(|port| format!("127.0.0.1:{port}"));
    assert_eq!(output.stdout, format!("{first} {second} {third}\n"), "{output:?}");
}
