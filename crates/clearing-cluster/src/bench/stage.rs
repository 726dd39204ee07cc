//! A cluster to measure on, and the loads put on it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clearing_config::ClusterConfig;

use super::machine::cpu_of;
use super::{BenchError, machine};
use crate::cluster::{Cluster, ClusterOptions, Member};
use crate::load::{LoadOptions, LoadReport, Pace, load};

/// Where clusters are started.
#[derive(Debug)]
pub(super) struct Workshop<'a> {
    pub(super) program: &'a Path,
    pub(super) folder: &'a Path,
}

impl Workshop<'_> {
    /// Starts a cluster of the tutorial's configuration in a new folder.
    pub(super) async fn cluster(&self, name: &str, operators: usize) -> Result<Stage, BenchError> {
        let config = ClusterConfig::default().with_operators(operators)?;
        let data_dir = self.folder.join(name);
        let begun = Instant::now();
        let cluster =
            Cluster::start(ClusterOptions::new(self.program.to_owned(), data_dir.clone(), config))
                .await?;
        Ok(Stage { cluster, data_dir, up: begun.elapsed() })
    }

    /// Measures on a new cluster of ten operators, so that nothing pays for what another part left.
    pub(super) async fn on_ten(
        &self,
        measure: impl AsyncFnOnce(&Stage) -> Result<(), BenchError>,
    ) -> Result<(), BenchError> {
        let stage = self.cluster("ten", 10).await?;
        let measured = measure(&stage).await;
        stage.stop().await?;
        measured
    }
}

/// A running cluster.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) cluster: Cluster,
    data_dir: PathBuf,
    /// How long it took until every process was ready.
    pub(super) up: Duration,
}

impl Stage {
    /// The addresses of the operators, in the order of the roster.
    pub(super) fn operators(&self) -> Vec<SocketAddr> {
        let addresses = self.cluster.addresses();
        let members = self.cluster.members();
        members.iter().skip(1).filter_map(|member| addresses.get(member).copied()).collect()
    }

    /// Streamed payments with so many outstanding.
    pub(super) fn streamed(&self, payments: u64, outstanding: usize) -> LoadOptions {
        LoadOptions::new(self.operators(), payments, Pace::Outstanding(outstanding))
    }

    /// Payments of so many callers that each wait for their answer.
    pub(super) fn unary(&self, payments: u64, callers: usize) -> LoadOptions {
        LoadOptions { unary: true, ..self.streamed(payments, callers) }
    }

    /// Processor time that the central bank has used.
    pub(super) fn central_bank_cpu(&self) -> Duration {
        self.cluster.pid(Member::CentralBank).and_then(cpu_of).unwrap_or_default()
    }

    /// Memory that all processes hold, in bytes.
    pub(super) fn memory(&self) -> f64 {
        let pids = self.cluster.members().into_iter().filter_map(|member| self.cluster.pid(member));
        pids.filter_map(machine::memory_of).sum()
    }

    /// Memory of the process that holds the most, in bytes.
    pub(super) fn memory_largest(&self) -> f64 {
        let pids = self.cluster.members().into_iter().filter_map(|member| self.cluster.pid(member));
        pids.filter_map(machine::memory_of).fold(0.0, f64::max)
    }

    /// Stops the cluster and removes its folder.
    pub(super) async fn stop(self) -> Result<(), BenchError> {
        self.cluster.stop().await?;
        // Folders of earlier parts would fill the disk, and a full one slows the next part.
        std::fs::remove_dir_all(&self.data_dir)
            .map_err(|source| BenchError::Io { what: "remove the folder of a cluster", source })
    }
}

/// Puts a load on a cluster; every payment of it must complete, or the figure would be of something
/// else.
pub(super) async fn run(options: &LoadOptions) -> Result<LoadReport, BenchError> {
    let report = load(options).await?;
    // A refused payment costs less than one that moves money, so a rate with refusals flatters.
    if report.tally.completed == options.payments {
        return Ok(report);
    }
    let mut fates: Vec<_> =
        report.tally.refused.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    fates.extend(
        (report.tally.unfinished > 0).then(|| format!("{} unfinished", report.tally.unfinished)),
    );
    Err(BenchError::Incomplete { payments: options.payments, fates: fates.join(", ") })
}

/// A quantile of the latencies of a load, in milliseconds.
pub(super) fn latency_ms(report: &LoadReport, quantile: f64) -> f64 {
    report.tally.latency_us.value_at_quantile(quantile) as f64 / 1000.0
}
