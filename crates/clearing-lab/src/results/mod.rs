//! The results of a run: its outcome as tables, a summary and a digest.
//!
//! They are drawn from the ledgers that a run left and written in one go; what reads them back
//! starts from the files.

mod balances;
mod by_day;
mod campaigns;
mod contracts;
mod credit;
mod days;
mod digest;
mod error;
mod faults;
mod figures;
mod indicators;
mod labels;
mod loans;
mod measures;
mod need;
mod outcome;
mod owed;
mod participants;
mod parts;
mod queued;
mod regions;
mod row;
mod rows;
mod settled;
mod story;
mod strain;
mod summary;
mod sums;
mod tables;
mod treasury;
mod wealth;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;
use std::thread;

use clearing_domain::money::{PaymentId, Timestamp};

use crate::engine::{Elapsed, Ledgers, ScriptRecord};
use crate::experiment::script::Figure;
use crate::experiment::{Experiment, RunIdentity};
use crate::files::{read_text, write_text};
use crate::folder::{CONFIG, DIGEST, RunFolder, SUMMARY};

pub use campaigns::{CampaignChange, CampaignSummary};
pub use error::ResultsError;
pub use faults::FaultSummary;
pub use indicators::{HourThroughput, OperatorIndicators, RunIndicators, UnwindingSummary};
pub use measures::{Measure, Measures, measures, measures_and_strain, operator_bounds, refusals};
pub use outcome::Outcome;
pub use participants::ParticipantSummary;
pub use parts::PartSummary;
pub use regions::{RegionMonth, RegionSummary};
pub use rows::TABLES;
pub use story::{AssertionSummary, StorySummary};
pub use strain::{OperatorStrain, Strain};
pub use summary::{CycleSummary, OperatorSummary, RunSummary, Summary, Totals, algorithm};
pub use treasury::TreasurySummary;

use by_day::ByDay;
use indicators::Records;
use labels::Labels;
use parts::Parts;
use row::{Stamp, Target};
use settled::Settlement;
use story::Facts;
use tables::Source;

/// What the results of a run are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Results<'a> {
    /// What was run.
    pub experiment: &'a Experiment,
    /// Under what.
    pub identity: &'a RunIdentity,
    /// What it left.
    pub ledgers: &'a Ledgers,
    /// What listed payments are called in their list.
    pub references: &'a HashMap<PaymentId, String>,
    /// What became of its script.
    pub script: &'a ScriptRecord,
    /// How long it lasted.
    pub elapsed: Elapsed,
}

impl Results<'_> {
    /// Writes everything into a folder and returns the summary.
    pub fn write(&self, folder: &RunFolder, csv: bool) -> Result<Summary, ResultsError> {
        let settlements = settled::settlements(&self.ledgers.central_bank);
        let records = self.records(&settlements);
        // The digest and the tables read the same ledgers and take about as long as each other.
        let digest = thread::scope(|scope| {
            let digest = scope.spawn(|| Outcome::of_ledgers(self.ledgers).digest());
            self.write_tables(folder, csv, &settlements, &records)?;
            digest.join().map_err(|_| ResultsError::Thread)
        })?;
        let summary = Summary::new(self, &records, digest);
        let json = serde_json::to_string_pretty(&summary)?;
        let path = |name: &str| folder.path().join(name);
        write_text(&path(CONFIG), &self.identity.config)?;
        write_text(&path(SUMMARY), &format!("{json}\n"))?;
        // The digest comes last: a folder that has one is complete but for its report.
        write_text(&path(DIGEST), &format!("{}\n", summary.digest))?;
        Ok(summary)
    }

    fn write_tables(
        &self,
        folder: &RunFolder,
        csv: bool,
        settlements: &[Settlement],
        records: &Records,
    ) -> Result<(), ResultsError> {
        let algorithm = algorithm(&self.experiment.cluster);
        let labels = Labels::new(&self.experiment.cluster);
        let stamp = Stamp {
            run_id: &self.identity.id,
            seed: i64::try_from(self.experiment.seed).unwrap_or(i64::MAX),
            scenario: &self.experiment.name,
            algorithm: &algorithm,
        };
        let source = Source {
            ledgers: self.ledgers,
            settlements,
            cycle_flows: &records.cycle_flows(),
            references: self.references,
            day_one: self.day_one(),
        };
        let target = Target { folder: folder.path(), stamp, labels: &labels, csv };
        source.write(&target)?;
        ByDay::of(&self.ledgers.central_bank, records, self.day_one()).write(&target)?;
        Ok(())
    }

    /// The summary alone; nothing is written.
    pub fn summary(&self) -> Summary {
        let settlements = settled::settlements(&self.ledgers.central_bank);
        let digest = Outcome::of_ledgers(self.ledgers).digest();
        Summary::new(self, &self.records(&settlements), digest)
    }

    /// Figures of the script of the run.
    pub(crate) fn figures(&self, figures: &[Figure]) -> Vec<i64> {
        let settlements = settled::settlements(&self.ledgers.central_bank);
        // Figures say nothing of the digest, which takes as long as the rest.
        let summary = Summary::new(self, &self.records(&settlements), String::new());
        let parts = Parts::of(&self.experiment.script, self.script, self.ledgers);
        let facts = Facts::of(self, (&summary, &parts));
        figures.iter().map(|figure| facts.value(figure)).collect()
    }

    fn records(&self, settlements: &[Settlement]) -> Records {
        Records::new(&self.ledgers.central_bank, settlements, self.day_one())
    }

    fn day_one(&self) -> Timestamp {
        self.experiment.cluster.lockstep.start.date().start()
    }
}

/// The digest that a run wrote.
pub fn written_digest(folder: &Path) -> Result<String, ResultsError> {
    Ok(read_text(&folder.join(DIGEST))?.trim().to_owned())
}
