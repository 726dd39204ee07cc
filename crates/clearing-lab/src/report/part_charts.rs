//! What the charts of the parts of a run draw: money in fen, days counted from 0.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::results::{PartSummary, RegionSummary};

use super::files::SummaryFile;
use super::parts::{in_time, title};
use super::series::{Changes, Point};

/// The parts of a run, drawn.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct PartCharts {
    /// The scenarios with wallets of their own, in the order in which they begin.
    pub(super) parts: Vec<PartBar>,
    /// The campaigns of all of them: claimed, spent and given back so far.
    pub(super) packets: Vec<Vec<Point>>,
    /// The months in which anybody paid.
    pub(super) months: Vec<String>,
    pub(super) regions: Vec<RegionRow>,
}

/// A part on the time line.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PartBar {
    pub(super) name: String,
    /// The day on which it begins, and the one after its last.
    pub(super) days: [u32; 2],
    pub(super) value: i64,
    pub(super) payments: u64,
    /// Whether it hands out money.
    pub(super) campaign: bool,
    /// What each operator received less what it sent.
    pub(super) nets: Vec<i64>,
}

/// A region over the months.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RegionRow {
    pub(super) name: String,
    /// The place of each month, the payments in it, and their value.
    pub(super) months: Vec<(usize, u64, i64)>,
}

impl PartCharts {
    pub(super) fn new(summary: &SummaryFile, start_ms: i64, end_s: i64) -> Self {
        let names = summary.regions.iter().flat_map(|region| &region.months);
        let names: BTreeSet<_> = names.map(|month| month.month.as_str()).collect();
        let months: Vec<_> = names.into_iter().map(str::to_owned).collect();
        let own = in_time(&summary.parts).into_iter().filter(|part| !part.background);
        Self {
            parts: own.map(bar).collect(),
            packets: packets(summary, start_ms, end_s),
            regions: summary.regions.iter().map(|region| row(region, &months)).collect(),
            months,
        }
    }
}

fn bar(part: &PartSummary) -> PartBar {
    let nets = part.received_fen.iter().zip(&part.sent_fen).map(|(received, sent)| received - sent);
    PartBar {
        name: title(part),
        days: [part.first_day.saturating_sub(1), part.last_day],
        value: part.value_fen,
        payments: part.payments,
        campaign: part.granted_fen > 0,
        nets: nets.collect(),
    }
}

fn row(region: &RegionSummary, months: &[String]) -> RegionRow {
    let cells = region.months.iter().filter_map(|month| {
        let place = months.iter().position(|known| *known == month.month)?;
        Some((place, month.payments, month.completed_fen))
    });
    RegionRow { name: region.name.clone(), months: cells.collect() }
}

fn packets(summary: &SummaryFile, start_ms: i64, end_s: i64) -> Vec<Vec<Point>> {
    if summary.parts.is_empty() {
        return Vec::new();
    }
    let mut changes = Changes::new(3);
    for change in summary.campaigns.iter().flat_map(|campaign| &campaign.changes) {
        let sums = [change.claimed_fen, change.redeemed_fen, change.reclaimed_fen];
        sums.into_iter().enumerate().for_each(|(line, sum)| changes.add(change.at, line, sum));
    }
    changes.steps(start_ms, end_s)
}
