//! The indicators in which runs are compared.

use super::files::RunFiles;
use super::text::{NONE, duration, grouped, percent, significant, yuan};
use crate::results::{RunIndicators, Totals};

/// How a figure is told.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// A number of payments.
    Count,
    /// Fen, in yuan.
    Yuan,
    /// A share.
    Percent,
    /// A number without a unit.
    Number,
    /// Seconds.
    Duration,
}

/// A figure of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Indicator {
    pub(super) name: &'static str,
    told: Told,
    of: fn(&RunFiles) -> Option<f64>,
}

const fn indicator(name: &'static str, told: Told, of: fn(&RunFiles) -> Option<f64>) -> Indicator {
    Indicator { name, told, of }
}

/// Sums of fen stay below 2^53, where every whole number is exact.
fn total(files: &RunFiles, of: fn(&Totals) -> i64) -> Option<f64> {
    Some(of(&files.summary.totals) as f64)
}

fn found<T: Into<Option<f64>>>(files: &RunFiles, of: fn(&RunIndicators) -> T) -> Option<f64> {
    of(files.summary.indicators.as_ref()?).into()
}

/// The indicators, in the order of the table.
pub(super) const INDICATORS: [Indicator; 20] = [
    indicator("payments", Told::Count, |run| total(run, |all| all.payments as i64)),
    indicator("completed", Told::Count, |run| total(run, |all| all.completed as i64)),
    indicator("refused", Told::Count, |run| total(run, |all| (all.rejected + all.returned) as i64)),
    indicator("gross between operators", Told::Yuan, |run| total(run, |all| all.gross_fen)),
    indicator("net of all cycles", Told::Yuan, |run| total(run, |all| all.net_fen)),
    indicator("net over gross", Told::Percent, |run| run.summary.totals.netting_ratio),
    indicator("unsettled at the end", Told::Yuan, |run| total(run, |all| all.unsettled_fen)),
    indicator("losses", Told::Yuan, |run| total(run, |all| all.losses_fen)),
    indicator("liquidity, upper bound", Told::Yuan, |run| {
        found(run, |all| all.upper_bound_fen as f64)
    }),
    indicator("liquidity, lower bound", Told::Yuan, |run| {
        found(run, |all| all.lower_bound_fen as f64)
    }),
    indicator("liquidity that would have sufficed", Told::Yuan, |run| {
        found(run, |all| all.sufficient_fen as f64)
    }),
    indicator("most owed between settlements", Told::Yuan, |run| {
        found(run, |all| all.most_owed_fen as f64)
    }),
    indicator("intraday credit used", Told::Yuan, |run| {
        found(run, |all| all.credit_used_fen as f64)
    }),
    indicator("turnover ratio", Told::Number, |run| found(run, |all| all.turnover_ratio)),
    indicator("delay indicator", Told::Number, |run| found(run, |all| all.delay_indicator)),
    indicator("mean wait, by value", Told::Duration, |run| {
        found(run, |all| all.mean_delay_seconds)
    }),
    indicator("mean wait, by number", Told::Duration, |run| {
        found(run, |all| all.mean_delay_unweighted_seconds)
    }),
    indicator("value queued, on average", Told::Yuan, |run| {
        found(run, |all| all.average_queued_fen)
    }),
    indicator("value queued, at most", Told::Yuan, |run| {
        found(run, |all| all.largest_queued_fen as f64)
    }),
    indicator("payments queued, at most", Told::Count, |run| {
        found(run, |all| all.largest_queue_length as f64)
    }),
];

impl Indicator {
    /// The figure of a run, if it has it.
    pub(super) fn of(&self, files: &RunFiles) -> Option<f64> {
        (self.of)(files)
    }

    /// A figure as people read it.
    pub(super) fn told(&self, value: Option<f64>) -> String {
        let Some(value) = value else { return NONE.to_owned() };
        let size = value.abs();
        let text = match self.told {
            Told::Count => grouped(size as u64),
            Told::Yuan => yuan(size.round() as i64),
            Told::Percent => percent(size),
            Told::Number => significant(size),
            Told::Duration => duration(size),
        };
        if value < 0.0 { format!("\u{2212}{text}") } else { text }
    }

    /// By how much a figure differs from the first, with its sign.
    pub(super) fn difference(&self, value: Option<f64>, first: Option<f64>) -> String {
        match value.zip(first).map(|(value, first)| value - first) {
            None => NONE.to_owned(),
            Some(0.0) => "0".to_owned(),
            Some(difference) if difference > 0.0 => format!("+{}", self.told(Some(difference))),
            Some(difference) => self.told(Some(difference)),
        }
    }
}
