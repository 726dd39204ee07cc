//! The results of a run: its outcome as tables, a summary and a digest.

mod credit;
mod digest;
mod error;
mod faults;
mod figures;
mod indicators;
mod labels;
mod measures;
mod need;
mod outcome;
mod owed;
mod queued;
mod read;
mod row;
mod rows;
mod settled;
mod summary;
mod sums;
mod tables;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use clearing_domain::money::Timestamp;

use crate::engine::Ledgers;
use crate::experiment::{Experiment, RunInfo};
use crate::workload::{BadRow, Workload};
use clearing_cluster::cluster::{ClusterFolder, Member};

pub use error::ResultsError;
pub use faults::FaultSummary;
pub use indicators::{HourThroughput, OperatorIndicators, RunIndicators, UnwindingSummary};
pub use measures::{Measure, Measures, measures, operator_bounds, refusals};
pub use outcome::Outcome;
pub(crate) use read::{Group, Reader};
pub use summary::{CycleSummary, OperatorSummary, RunSummary, Summary, Totals, algorithm};

use indicators::Records;
use labels::Labels;
use row::{Stamp, Target};
use rows::TABLES;
use settled::Settlement;
use tables::Source;

/// The file with the digest.
const DIGEST: &str = "digest";
/// What tells that a folder is that of a cluster.
const CLUSTER_CONFIG: &str = "config.toml";

/// How long a run took, by the clock on the wall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// From the first wallet to the last cut-off.
    pub all: Duration,
    /// The ticks alone, without drawing what is paid.
    pub ticks: Duration,
}

/// A run that is over.
#[derive(Debug)]
pub struct FinishedRun<'a> {
    /// What was run.
    pub experiment: &'a Experiment,
    /// Its payments.
    pub workload: &'a Workload,
    /// What it left.
    pub ledgers: &'a Ledgers,
    /// Under what.
    pub info: &'a RunInfo,
    /// How long it took.
    pub took: Took,
}

/// The names of what a run writes beside its tables.
const FILES: [&str; 5] = ["config.toml", "summary.json", DIGEST, "rejected.csv", "report.html"];
/// The folder of the processes.
const CLUSTER: &str = "cluster";

/// Creates the folder of results. One that holds something is refused, unless earlier results in it
/// may be replaced; what no run writes is left alone even then.
pub fn prepare_folder(folder: &Path, replace: bool) -> Result<(), ResultsError> {
    let holds_something = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if holds_something && !replace {
        return Err(ResultsError::NotEmpty { folder: folder.to_owned() });
    }
    if holds_something {
        remove_results(folder)?;
    }
    fs::create_dir_all(folder).map_err(ResultsError::io("cannot create", folder))
}

fn remove_results(folder: &Path) -> Result<(), ResultsError> {
    let cluster = folder.join(CLUSTER);
    if ClusterFolder::new(&cluster).is_locked(Member::CentralBank) {
        return Err(ResultsError::Running { folder: cluster });
    }
    if cluster.join(CLUSTER_CONFIG).exists() {
        fs::remove_dir_all(&cluster).map_err(ResultsError::io("cannot remove", &cluster))?;
    }
    let tables =
        TABLES.iter().flat_map(|table| [format!("{table}.parquet"), format!("{table}.csv")]);
    for name in FILES.map(str::to_owned).into_iter().chain(tables) {
        let path = folder.join(name);
        if path.exists() {
            fs::remove_file(&path).map_err(ResultsError::io("cannot remove", &path))?;
        }
    }
    Ok(())
}

impl FinishedRun<'_> {
    /// Writes everything into a folder and gives the summary.
    pub fn write(&self, folder: &Path, csv: bool) -> Result<Summary, ResultsError> {
        let (run_id, algorithm) = (self.experiment.run_id(), algorithm(&self.experiment.cluster));
        let labels = Labels::new(&self.experiment.cluster);
        let stamp = Stamp {
            run_id: &run_id,
            seed: i64::try_from(self.experiment.seed).unwrap_or(i64::MAX),
            scenario: &self.experiment.name,
            algorithm: &algorithm,
        };
        let settlements = settled::settlements(&self.ledgers.central_bank);
        let records = self.records(&settlements);
        let source = Source {
            ledgers: self.ledgers,
            settlements: &settlements,
            cycle_flows: &records.cycle_flows(),
            references: &self.workload.references(self.experiment.days),
            day_one: self.day_one(),
        };
        let digest = thread::scope(|scope| {
            let digest = scope.spawn(|| Outcome::of_ledgers(self.ledgers).digest());
            source.write(&Target { folder, stamp, labels: &labels, csv })?;
            digest.join().map_err(|_| ResultsError::Thread)
        })?;
        let summary =
            Summary::new(self.experiment, self.ledgers, &records, digest, self.info, self.took);
        let json = serde_json::to_string_pretty(&summary)?;
        write(&folder.join("config.toml"), &self.experiment.to_toml(Some(self.info)))?;
        write(&folder.join("summary.json"), &format!("{json}\n"))?;
        write(&folder.join(DIGEST), &format!("{}\n", summary.digest))?;
        Ok(summary)
    }

    /// The summary alone; nothing is written.
    pub fn summary(&self) -> Summary {
        let settlements = settled::settlements(&self.ledgers.central_bank);
        let digest = Outcome::of_ledgers(self.ledgers).digest();
        Summary::new(
            self.experiment,
            self.ledgers,
            &self.records(&settlements),
            digest,
            self.info,
            self.took,
        )
    }

    fn records(&self, settlements: &[Settlement]) -> Records {
        Records::new(&self.ledgers.central_bank, settlements, self.day_one())
    }

    fn day_one(&self) -> Timestamp {
        self.experiment.cluster.lockstep.start.date().start()
    }
}

/// Lists the rows of a file of payments that were skipped.
pub fn write_rejected(folder: &Path, rows: &[BadRow]) -> Result<(), ResultsError> {
    let path = folder.join("rejected.csv");
    rejected_csv(&path, rows).map_err(|error| ResultsError::from(error).writing(&path))
}

fn rejected_csv(path: &Path, rows: &[BadRow]) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(["line", "reason", "row"])?;
    for row in rows {
        writer.write_record([&row.line.to_string(), &row.reason, &row.text])?;
    }
    Ok(writer.flush()?)
}

/// The digest that a run wrote.
pub fn written_digest(folder: &Path) -> Result<String, ResultsError> {
    let path = folder.join(DIGEST);
    let text = fs::read_to_string(&path).map_err(ResultsError::io("cannot read", &path))?;
    Ok(text.trim().to_owned())
}

fn write(path: &Path, text: &str) -> Result<(), ResultsError> {
    fs::write(path, text).map_err(ResultsError::io("cannot write", path))
}
