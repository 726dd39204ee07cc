//! Power cuts of the whole cluster: every process is killed at once, at a random moment of a heavy
//! load.

use std::fmt;
use std::time::{Duration, Instant};

use clearing_config::ClusterConfig;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{LOG_PAGES, TortureError, TortureOptions};
use crate::audit::audit;
use crate::cluster::{Cluster, ClusterOptions, Member};
use crate::load::{LoadOptions, Pace, load};

/// Payments under way when the processes are killed.
const OUTSTANDING: usize = 8_192;
/// The latest moment, from the start of the load.
const WITHIN_MS: u64 = 1_500;

/// What became of a cluster that was killed as a whole.
#[derive(Debug, Default)]
pub struct WholeVerdict {
    /// How often all processes were killed.
    pub kills: u64,
    /// How many processes started again.
    pub starts: u64,
    /// How long the slowest start of all processes took.
    pub slowest_start: Duration,
    /// Loads that were cut short by the kill, which those are that had opened their wallets.
    pub cut: u64,
    /// Lines of all audits.
    pub audit_lines: usize,
    /// What is wrong; empty when nothing is.
    pub findings: Vec<String>,
}

impl WholeVerdict {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Kills all processes of a cluster so many times under load; each time all start again and are
/// audited.
pub async fn kill_whole(options: TortureOptions, kills: u64) -> Result<WholeVerdict, TortureError> {
    let config = ClusterConfig::default().with_operators(options.operators)?;
    let config = ClusterConfig { log_pages: LOG_PAGES, ..config };
    let cluster_options =
        ClusterOptions::new(options.program.clone(), options.data_dir.clone(), config);
    let mut cluster = Cluster::start(cluster_options).await?;
    let mut random = StdRng::seed_from_u64(options.seed);
    let mut verdict = WholeVerdict::default();
    while verdict.kills < kills && verdict.is_clean() {
        kill_once(&mut cluster, &mut random, &mut verdict).await?;
    }
    cluster.stop().await?;
    verdict.audit(&options)?;
    Ok(verdict)
}

async fn kill_once(
    cluster: &mut Cluster,
    random: &mut StdRng,
    verdict: &mut WholeVerdict,
) -> Result<(), TortureError> {
    let operators = cluster.members().into_iter().skip(1).map(|member| cluster.address(member));
    let to = operators.collect::<Result<Vec<_>, _>>()?;
    let options = LoadOptions::new(to, 1_000_000_000, Pace::Outstanding(OUTSTANDING));
    // Apart from this task, which kills the processes while it runs.
    let load = tokio::spawn(async move { load(&options).await });
    let moment = random.random_range(0..WITHIN_MS);
    tokio::time::sleep(Duration::from_millis(moment)).await;
    cluster.kill_all().await?;
    verdict.kills += 1;
    // Every call of it ends with the processes.
    verdict.cut += u64::from(load.await?.is_err());
    let begun = Instant::now();
    // The central bank first, as operators register with it; what does not start is the finding.
    if let Err(error) = restart_all(cluster).await {
        verdict.findings.push(format!("after kill {}: {error}", verdict.kills));
        return Ok(());
    }
    verdict.starts += cluster.members().len() as u64;
    verdict.slowest_start = verdict.slowest_start.max(begun.elapsed());
    let folder = cluster.folder().root().to_owned();
    // An audit reads files for seconds and would hold up the task that keeps the processes.
    let lines = tokio::task::spawn_blocking(move || audit(&folder)).await??;
    verdict.take(lines);
    Ok(())
}

async fn restart_all(cluster: &mut Cluster) -> Result<(), TortureError> {
    cluster.restart(Member::CentralBank).await?;
    Ok(cluster.start_operators().await?)
}

impl WholeVerdict {
    fn take(&mut self, lines: Vec<crate::audit::AuditLine>) {
        self.audit_lines += lines.len();
        let broken = lines.into_iter().filter(|line| !line.ok);
        self.findings.extend(broken.map(|line| format!("audit: {}: {}", line.name, line.detail)));
    }

    fn audit(&mut self, options: &TortureOptions) -> Result<(), TortureError> {
        self.take(audit(&options.data_dir)?);
        Ok(())
    }
}

impl fmt::Display for WholeVerdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in [
            ("kills of all processes", self.kills),
            ("loads cut short", self.cut),
            ("processes started again", self.starts),
            (
                "slowest start, ms",
                u64::try_from(self.slowest_start.as_millis()).unwrap_or(u64::MAX),
            ),
            ("lines of the audits", self.audit_lines as u64),
        ] {
            writeln!(formatter, "{name:<28}{count:>10}")?;
        }
        for finding in &self.findings {
            writeln!(formatter, "WRONG  {finding}")?;
        }
        let verdict = if self.is_clean() {
            "every process started again, audit ok"
        } else {
            "something was lost"
        };
        writeln!(formatter, "verdict: {verdict}")
    }
}
