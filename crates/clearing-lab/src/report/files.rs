//! What the folder of a run holds, read for its report.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use clearing_domain::money::BusinessDate;
use serde::Deserialize;

use crate::files::{FileError, read_text};
use crate::folder::{CONFIG, SUMMARY};
use crate::results::{
    AssertionSummary, CampaignSummary, CycleSummary, OperatorIndicators, OperatorSummary,
    PartSummary, ParticipantSummary, RegionSummary, RunIndicators, StorySummary, Totals,
};
use crate::table::{Reader, TableError};

use super::ReportError;
use super::balances::Balance;
use super::faults::{Fault, ListedFault};
use super::queue::Queue;
use super::tally::Tally;

/// `summary.json`; what an older one lacks is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SummaryFile {
    pub(super) run_id: String,
    pub(super) scenario: String,
    pub(super) seed: u64,
    pub(super) days: u32,
    pub(super) regime: String,
    pub(super) algorithm: String,
    pub(super) digest: String,
    pub(super) totals: Totals,
    pub(super) refused: BTreeMap<String, u64>,
    pub(super) operators: Vec<OperatorSummary>,
    pub(super) participants: Vec<ParticipantSummary>,
    pub(super) cycles: Vec<CycleSummary>,
    pub(super) indicators: Option<RunIndicators>,
    pub(super) story: Option<StorySummary>,
    pub(super) assertions: Vec<AssertionSummary>,
    pub(super) campaigns: Vec<CampaignSummary>,
    pub(super) parts: Vec<PartSummary>,
    pub(super) regions: Vec<RegionSummary>,
    pub(super) faults: Vec<ListedFault>,
}

/// A cycle as its table has it.
#[derive(Clone, Debug)]
pub(super) struct CycleRow {
    pub(super) cycle: i64,
    pub(super) state: String,
    pub(super) closed_at: Option<i64>,
}

/// Everything a report tells of.
#[derive(Clone, Debug)]
pub(super) struct RunFiles {
    pub(super) summary: SummaryFile,
    /// The resolved configuration as text.
    pub(super) config: String,
    /// Midnight in Shanghai of the first day, in milliseconds, if the configuration tells it.
    pub(super) start_ms: Option<i64>,
    pub(super) tally: Tally,
    pub(super) cycles: Vec<CycleRow>,
    /// The obligations that missed a cut-off, or the payments that waited for cover.
    pub(super) queue: Queue,
    /// The settlement account of each operator, in the order of the summary.
    pub(super) balances: Vec<Balance>,
    /// The cap of each operator, in the order of the summary.
    pub(super) caps: Vec<Option<i64>>,
    pub(super) faults: Vec<Fault>,
    /// Who owes what outside settlement; nothing where the results have no such table.
    pub(super) debts: Vec<DebtRow>,
}

/// A row of the table of claims.
#[derive(Clone, Debug)]
pub(super) struct DebtRow {
    pub(super) kind: String,
    pub(super) debtor: String,
    pub(super) creditor: String,
    /// What arose, what of it was settled, and what is open.
    pub(super) sums: [i64; 3],
}

impl RunFiles {
    /// Reads a folder of results.
    pub(super) fn read(folder: &Path) -> Result<Self, ReportError> {
        let summary = summary(folder)?;
        let codes: Vec<_> =
            summary.operators.iter().map(|operator| operator.code.clone()).collect();
        let config = read_text(&folder.join(CONFIG))?;
        Ok(Self {
            // The start is read from the text that is shown, as one field of many; the report does
            // not check a configuration.
            start_ms: start(&config),
            config,
            tally: Tally::read(folder, &codes, summary.is_gross(), summary.days)?,
            balances: Balance::read(folder, &codes)?,
            cycles: cycles(folder)?,
            queue: Queue::read(folder)?,
            caps: caps(folder, &codes)?,
            debts: debts(folder)?,
            faults: summary.faults.iter().filter_map(ListedFault::fault).collect(),
            summary,
        })
    }
}

impl SummaryFile {
    /// The modes that later days began with: their dates, and what they are called.
    pub(super) fn changes<'a>(&'a self) -> Vec<(BusinessDate, &'a str)> {
        let later = self.algorithm.split(", ").skip(1);
        let change = |text: &'a str| {
            let (mode, date) = text.rsplit_once(" from ")?;
            Some((BusinessDate::parse(date)?, mode))
        };
        later.filter_map(change).collect()
    }

    /// Whether payments settle one by one on any day, so that accounts bind.
    pub(super) fn settles_singly(&self) -> bool {
        ["gross", "hybrid"].iter().any(|mode| self.algorithm.contains(mode))
    }

    /// Whether every payment settles by itself.
    pub(super) fn is_gross(&self) -> bool {
        !self.algorithm.contains("deferred-net")
    }

    /// The indicators of an operator.
    pub(super) fn liquidity(&self, code: &str) -> Option<&OperatorIndicators> {
        self.indicators.as_ref()?.operators.iter().find(|operator| operator.code == code)
    }
}

fn summary(folder: &Path) -> Result<SummaryFile, ReportError> {
    let path = folder.join(SUMMARY);
    let text = match fs::read_to_string(&path) {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Err(ReportError::NoResults { folder: folder.to_owned() });
        }
        text => text.map_err(FileError::of("cannot read", &path))?,
    };
    serde_json::from_str(&text).map_err(|source| ReportError::Summary { path, source })
}

fn start(config: &str) -> Option<i64> {
    let table: toml::Table = config.parse().ok()?;
    let date = table.get("cluster")?.get("start")?.as_str()?;
    Some(BusinessDate::parse(date)?.start().ms())
}

fn cycles(folder: &Path) -> Result<Vec<CycleRow>, TableError> {
    let mut cycles = Vec::new();
    Reader::open(folder, "cycles")?.each_group(&["cycle", "state", "closed_at"], |group| {
        for row in 0..group.rows() {
            cycles.push(CycleRow {
                cycle: group.integer(0, row)?,
                state: group.text(1, row)?.to_owned(),
                closed_at: group.optional_integer(2, row)?,
            });
        }
        Ok(())
    })?;
    Ok(cycles)
}

fn debts(folder: &Path) -> Result<Vec<DebtRow>, TableError> {
    let mut debts = Vec::new();
    // Results of an earlier version have no such table.
    if !folder.join("claims.parquet").exists() {
        return Ok(debts);
    }
    let names = ["kind", "debtor", "creditor", "arisen_fen", "settled_fen", "open_fen"];
    Reader::open(folder, "claims")?.each_group(&names, |group| {
        for row in 0..group.rows() {
            let text = |column| group.text(column, row).map(str::to_owned);
            let sums = [group.integer(3, row)?, group.integer(4, row)?, group.integer(5, row)?];
            debts.push(DebtRow { kind: text(0)?, debtor: text(1)?, creditor: text(2)?, sums });
        }
        Ok(())
    })?;
    Ok(debts)
}

fn caps(folder: &Path, codes: &[String]) -> Result<Vec<Option<i64>>, TableError> {
    let mut caps = vec![None; codes.len()];
    Reader::open(folder, "accounts")?.each_group(&["operator", "cap_fen"], |group| {
        for row in 0..group.rows() {
            let code = group.text(0, row)?;
            if let Some(place) = codes.iter().position(|known| known == code) {
                caps[place] = group.optional_integer(1, row)?;
            }
        }
        Ok(())
    })?;
    Ok(caps)
}
