//! What a run leaves in the file of its point, and what its numbers are called.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::experiment::script::{Figure, Unit};
use crate::results::{Measure, Strain};

/// Whether an indicator is a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MeasureKind {
    Integer,
    Number,
}

use MeasureKind::{Integer, Number};

/// The indicators of a row in the order of the columns. `docs/sweeps.md` tells what they mean.
pub(super) const MEASURES: [(&str, MeasureKind); 62] = [
    ("payments", Integer),
    ("completed", Integer),
    ("refused", Integer),
    ("refused_fen", Integer),
    ("cross_operator", Integer),
    ("gross_fen", Integer),
    ("unsettled_fen", Integer),
    ("upper_bound_fen", Integer),
    ("lower_bound_fen", Integer),
    ("largest_queued_fen", Integer),
    ("largest_queue_length", Integer),
    ("turnover_ratio", Number),
    ("delay_indicator", Number),
    ("mean_delay_seconds", Number),
    ("mean_delay_unweighted_seconds", Number),
    ("average_queued_fen", Number),
    ("mean_queue_length", Number),
    ("mean_queue_seconds", Number),
    ("average_payment_seconds", Number),
    ("throughput_06", Number),
    ("throughput_12", Number),
    ("throughput_18", Number),
    ("throughput_24", Number),
    ("multilateral_netting_ratio", Number),
    ("bilateral_netting_ratio", Number),
    ("hhi_sent", Number),
    ("top_4_share_sent", Number),
    ("density", Number),
    ("link_reciprocity", Number),
    ("value_reciprocity", Number),
    ("cycles", Integer),
    ("net_fen", Integer),
    ("settled_fen", Integer),
    ("peak_net_debit_fen", Integer),
    ("cycle_netting_ratio", Number),
    ("cycle_bilateral_netting_ratio", Number),
    ("square_root_law", Number),
    ("bilateral_square_root_law", Number),
    ("credit_used_fen", Integer),
    ("credit_fen_hours", Number),
    ("credit_cost", Number),
    ("overdraft_cost", Number),
    ("most_owed_fen", Integer),
    ("largest_asked_fen", Integer),
    ("mean_asked_fen", Number),
    ("sufficient_fen", Integer),
    ("central_bank_credit_drawn_fen", Integer),
    ("central_bank_credit_repaid_fen", Integer),
    ("central_bank_credit_open_fen", Integer),
    ("overdraft_fen", Integer),
    ("claims_fen", Integer),
    ("losses_fen", Integer),
    ("largest_loss_fen", Integer),
    ("withheld", Integer),
    ("withheld_fen", Integer),
    ("delayed", Integer),
    ("lost_fen", Integer),
    ("brought_fen", Integer),
    ("liquidity_fen", Integer),
    ("liquidity_cost", Number),
    ("delay_cost", Number),
    ("total_cost", Number),
];

/// What the columns of refusals by reason start with; the reason follows.
pub(super) const REFUSED: &str = "refused.";

/// What the column of a figure of scripts is called.
pub(super) fn column_of(figure: &Figure) -> String {
    match figure.unit() {
        Unit::Count => figure.name.clone(),
        Unit::Money => format!("{}{FEN}", figure.name),
    }
}

/// What columns of money end with.
pub(super) const FEN: &str = "_fen";

/// All indicators of a sweep: those of every sweep, the figures that it names, and the refusals by
/// the reasons that occurred in any of its runs.
pub(super) fn indicators<'a>(
    rows: impl Iterator<Item = &'a Row> + Clone,
) -> Vec<(String, MeasureKind)> {
    let figures = rows.clone().next().into_iter().flat_map(|row| &row.figures);
    let figures = figures.map(|(name, _)| (name.clone(), Integer));
    let reasons: BTreeSet<&String> = rows.flat_map(|row| row.refused.keys()).collect();
    let refused = reasons.into_iter().map(|reason| (format!("{REFUSED}{reason}"), Integer));
    let always = MEASURES.iter().map(|(name, kind)| ((*name).to_owned(), *kind));
    always.chain(figures).chain(refused).collect()
}

/// The file of a finished point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PointResult {
    /// The id of the sweep.
    pub(super) sweep: String,
    /// The number of the point.
    pub(super) point: usize,
    /// The experiment of the first seed, fully resolved, as TOML.
    pub(super) experiment: String,
    /// A row for each seed.
    pub(crate) rows: Vec<Row>,
}

/// What one run gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) seed: u64,
    pub(crate) run_id: String,
    pub(super) scenario: String,
    pub(crate) algorithm: String,
    pub(crate) digest: String,
    pub(super) measures: BTreeMap<String, Option<Cell>>,
    /// The figures of scripts by their columns, in the order of the sweep.
    #[serde(default)]
    pub(super) figures: Vec<(String, i64)>,
    /// How many payments were rejected or returned, by reason.
    #[serde(default)]
    pub(super) refused: BTreeMap<String, i64>,
    /// How hard the run was on each operator, of a stress test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) strain: Option<Strain>,
}

/// A number in a file of a point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Cell {
    Integer(i64),
    Number(f64),
}

impl Cell {
    fn of(measure: Measure) -> Option<Self> {
        match measure {
            Measure::Integer(integer) => Some(Self::Integer(integer)),
            Measure::Number(number) => number.filter(|number| number.is_finite()).map(Self::Number),
        }
    }
}

impl Row {
    /// The numbers of a run by name.
    pub(super) fn cells(measures: Vec<(&'static str, Measure)>) -> BTreeMap<String, Option<Cell>> {
        measures.into_iter().map(|(name, measure)| (name.to_owned(), Cell::of(measure))).collect()
    }

    fn figure(&self, column: &str) -> Option<i64> {
        self.figures.iter().find(|(name, _)| name == column).map(|(_, value)| *value)
    }

    /// An indicator as a whole number.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        if let Some(reason) = name.strip_prefix(REFUSED) {
            return Some(self.refused.get(reason).copied().unwrap_or_default());
        }
        if let Some(figure) = self.figure(name) {
            return Some(figure);
        }
        match self.measures.get(name).copied().flatten()? {
            Cell::Integer(integer) => Some(integer),
            Cell::Number(_) => None,
        }
    }

    /// An indicator as a number.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        if name.starts_with(REFUSED) || self.figure(name).is_some() {
            return self.integer(name).map(|count| count as f64);
        }
        self.measures.get(name).copied().flatten().map(|cell| match cell {
            Cell::Integer(integer) => integer as f64,
            Cell::Number(number) => number,
        })
    }
}
