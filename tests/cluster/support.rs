//! What the tests share: a cluster that ends with its test, and short ways to ask its processes.

mod central_bank;
mod operator;
mod program;
pub(crate) mod raw;
mod refusal;

use std::path::Path;
use std::time::Duration;

use clearing_cluster::audit::audit;
use clearing_cluster::cluster::{Cluster, ClusterFolder, ClusterOptions, LogEnd, Member};
use clearing_config::ClusterConfig;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

pub(crate) use central_bank::CentralBank;
pub(crate) use operator::{Operator, ending, order, request_id, unknown_wallet};
pub(crate) use program::{
    Output, PROGRAM, ROOT, Running, clearing, clearing_in, free_ports, send_signal,
};
pub(crate) use refusal::refusal;

/// How long anything may take. Nothing here waits for a time, only for a fact that must come by
/// then.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A cluster in a temporary folder.
pub(crate) struct TestCluster {
    cluster: Cluster,
    _logs: LogsOfFailure,
    directory: TempDir,
}

/// The tutorial cluster with fewer operators: ICBC, ABC, BOC, CCB and so on.
pub(crate) fn operators(count: usize) -> ClusterConfig {
    ClusterConfig::default().with_operators(count).unwrap()
}

/// A cluster from the lines of its `[cluster]` table.
pub(crate) fn config(lines: &str) -> ClusterConfig {
    ClusterConfig::from_file_text(&format!("[cluster]\n{lines}")).unwrap()
}

impl TestCluster {
    pub(crate) async fn start(config: ClusterConfig) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), config).await
    }

    /// Starts the cluster of a folder again, or a new one in an empty folder.
    pub(crate) async fn start_in(directory: TempDir, config: ClusterConfig) -> Self {
        let options = ClusterOptions::new(PROGRAM.into(), directory.path().to_owned(), config);
        let cluster = Cluster::start(options).await.unwrap_or_else(|error| panic!("{error}"));
        let logs = LogsOfFailure { folder: cluster.folder().clone(), members: cluster.members() };
        Self { cluster, _logs: logs, directory }
    }

    pub(crate) fn operator(&self, code: &str) -> Operator {
        Operator::new(self.channel(member(code)))
    }

    pub(crate) fn central_bank(&self) -> CentralBank {
        CentralBank::new(self.channel(Member::CentralBank))
    }

    pub(crate) fn channel(&self, member: Member) -> Channel {
        let address = self.cluster.address(member).unwrap();
        Endpoint::from_shared(format!("http://{address}")).unwrap().tcp_nodelay(true).connect_lazy()
    }

    /// The processes themselves, to kill and to restart.
    pub(crate) fn processes(&mut self) -> &mut Cluster {
        &mut self.cluster
    }

    /// Where an operator listens.
    pub(crate) fn address(&self, code: &str) -> String {
        self.cluster.address(member(code)).unwrap().to_string()
    }

    pub(crate) fn folder(&self) -> &ClusterFolder {
        self.cluster.folder()
    }

    /// Kills a process as a crash would and starts it again.
    pub(crate) async fn crash(&mut self, member: Member) {
        self.cluster.kill(member).await.unwrap();
        self.cluster.restart(member).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Stops the cluster in order and audits its files.
    pub(crate) async fn finish(self) {
        drop(self.stop().await);
    }

    /// As [`TestCluster::finish`], but the files stay until the value returned is dropped.
    pub(crate) async fn stop(self) -> TempDir {
        let members = self.cluster.members();
        self.cluster.stop().await.unwrap_or_else(|error| panic!("{error}"));
        assert_audit(self.directory.path());
        for member in members {
            assert_no_alarm(self.directory.path(), member);
        }
        self.directory
    }
}

pub(crate) fn member(name: &str) -> Member {
    name.parse().unwrap()
}

/// Every invariant of the ledgers in a folder holds.
#[track_caller]
pub(crate) fn assert_audit(data_dir: &Path) {
    let lines = audit(data_dir).unwrap();
    assert!(lines.len() > 10, "{lines:#?}");
    let broken: Vec<_> = lines.into_iter().filter(|line| !line.ok).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A process that found its peer or itself wrong says so in its log and goes on.
#[track_caller]
fn assert_no_alarm(data_dir: &Path, member: Member) {
    let log = std::fs::read_to_string(ClusterFolder::new(data_dir).log(member)).unwrap();
    let alarms: Vec<_> = log
        .lines()
        .filter(|line| {
            line.contains("must never happen") || line.contains("refused what an operator reported")
        })
        .collect();
    assert!(alarms.is_empty(), "{member}: {alarms:#?}");
}

/// Asks until there is an answer; fails when there is none by the deadline.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    let answer = async {
        loop {
            pace.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    let in_time = tokio::time::timeout(DEADLINE, answer).await;
    in_time.unwrap_or_else(|_| panic!("{what}: not within {} s", DEADLINE.as_secs()))
}

/// Prints the end of every log when the test fails, as the folder goes with it.
struct LogsOfFailure {
    folder: ClusterFolder,
    members: Vec<Member>,
}

impl Drop for LogsOfFailure {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for member in &self.members {
                eprintln!("{member}{}", LogEnd::read(&self.folder.log(*member)));
            }
        }
    }
}
