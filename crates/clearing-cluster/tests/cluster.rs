//! The cluster of processes, with a script in place of the program.

#![allow(clippy::unwrap_used)]

use clearing_node::ProgramError as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use clearing_cluster::cluster::{
    Cluster, ClusterError, ClusterFolder, ClusterOptions, Member, stop_detached,
};
use clearing_config::ClusterConfig;

fn options(data_dir: &Path) -> ClusterOptions {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand_in.sh");
    let config = ClusterConfig::default().with_operators(2).unwrap();
    ClusterOptions::new(program, data_dir.to_owned(), config)
}

fn member(name: &str) -> Member {
    name.parse().unwrap()
}

#[tokio::test]
async fn a_cluster_starts_publishes_its_addresses_and_stops_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(options(directory.path())).await.unwrap();
    let folder = cluster.folder().clone();
    assert_eq!(cluster.members(), [Member::CentralBank, member("ICBC"), member("ABC")]);
    assert_eq!(folder.addresses().unwrap(), cluster.addresses());
    assert!(folder.ready().exists());
    assert!(cluster.members().into_iter().all(|member| folder.pid(member) == cluster.pid(member)));
    cluster.stop().await.unwrap();
    assert!(!folder.ready().exists());
    let time = |member: &str| {
        fs::metadata(directory.path().join(member).join("terminated")).unwrap().modified().unwrap()
    };
    assert!(time("central-bank") >= time("ICBC").max(time("ABC")));
}

#[tokio::test]
async fn ports_follow_the_base_port_and_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster =
        Cluster::start(ClusterOptions { base_port: Some(7100), ..options(directory.path()) })
            .await
            .unwrap();
    let port = |cluster: &Cluster, member| cluster.address(member).unwrap().port();
    assert_eq!(port(&cluster, Member::CentralBank), 7100);
    assert_eq!((port(&cluster, member("ICBC")), port(&cluster, member("ABC"))), (7102, 7103));

    let before = cluster.pid(member("ABC")).unwrap();
    cluster.restart(member("ABC")).await.unwrap();
    assert_ne!(cluster.pid(member("ABC")).unwrap(), before);
    assert_eq!(port(&cluster, member("ABC")), 7103);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_restart_keeps_a_port_the_system_chose() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(options(directory.path())).await.unwrap();
    let before = cluster.address(member("ICBC")).unwrap();
    cluster.kill(member("ICBC")).await.unwrap();
    assert_eq!(cluster.restart(member("ICBC")).await.unwrap(), before);
}

#[tokio::test]
async fn a_process_that_does_not_start_is_named_with_its_status_log_and_folder() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("ABC")).unwrap();
    fs::write(directory.path().join("ABC/fail"), "").unwrap();
    let error = Cluster::start(options(directory.path())).await.unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let text = error.to_string();
    assert!(text.starts_with("ABC did not become ready: exit status: 2; its folder is "), "{text}");
    assert!(text.ends_with("\n  the disk is full"), "{text}");
    assert!(!ClusterFolder::new(directory.path()).ready().exists());
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("missing");
    let error =
        Cluster::start(ClusterOptions { program, ..options(directory.path()) }).await.unwrap_err();
    assert!(matches!(error, ClusterError::Io { what: "cannot start", .. }), "{error}");
}

#[tokio::test]
async fn a_process_that_dies_is_reported() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(options(directory.path())).await.unwrap();
    let kill = format!("kill -KILL {}", cluster.pid(member("ICBC")).unwrap());
    let killer = tokio::process::Command::new("bash").args(["-c", &kill]).status();
    let (killed, (dead, status)) = tokio::join!(killer, cluster.next_exit());
    assert!(killed.unwrap().success());
    assert_eq!((dead, status.success()), (member("ICBC"), false));
    cluster.restart(dead).await.unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_that_is_dropped_ends_its_processes() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(options(directory.path())).await.unwrap();
    let folder = cluster.folder().clone();
    drop(cluster);
    for name in ["central-bank", "ICBC", "ABC"] {
        // Granted when the process has let go of it.
        fs::File::open(folder.of(member(name)).join("lock")).unwrap().lock().unwrap();
    }
}

#[tokio::test]
async fn a_detached_cluster_runs_on_until_it_is_stopped_by_its_folder() {
    let directory = tempfile::tempdir().unwrap();
    let cluster =
        Cluster::start(ClusterOptions { detach: true, ..options(directory.path()) }).await.unwrap();
    let folder = cluster.folder().clone();
    let members = cluster.members();
    cluster.detach();
    assert!(members.iter().all(|member| folder.is_locked(*member)));

    let second = Cluster::start(options(directory.path())).await.unwrap_err();
    assert!(
        matches!(second, ClusterError::Running { member: Member::CentralBank, .. }),
        "{second}"
    );

    let stopped = stop_detached(&folder, Duration::from_secs(20)).await.unwrap();
    assert_eq!(stopped.len(), 3);
    assert!(!members.iter().any(|member| folder.is_locked(*member)));
    assert!(stop_detached(&folder, Duration::from_secs(20)).await.unwrap().is_empty());
}
