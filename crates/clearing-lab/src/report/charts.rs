//! What the charts of a report draw, as the page holds it: money in fen, times in seconds since
//! midnight of the first day in Shanghai.

use clearing_domain::money::{DAY_MS, HOUR_MS, Timestamp};
use serde::Serialize;

use crate::results::{CampaignChange, CampaignSummary, OperatorSummary};

use super::faults::Fault;
use super::files::{RunFiles, SummaryFile};
use super::part_charts::PartCharts;
use super::series::{Changes, POINTS_MAX, Point};

/// More cycles than this are drawn in groups.
const CYCLE_COLUMNS_MAX: usize = 120;
/// More campaigns than this have tables alone.
pub(super) const CAMPAIGNS_MAX: usize = 6;
/// More cycles than this are drawn in groups beside a campaign.
const NETS_MAX: usize = 30;
/// More cut-offs than this would hide the lines between them.
pub(super) const CUT_OFFS_MAX: usize = 64;
/// How many hours a bar of the throughput may stand for; the first that gives few enough bars does.
const BAR_HOURS: [i64; 9] = [1, 2, 3, 6, 12, 24, 48, 168, 720];

/// The data of every chart.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Charts {
    /// Midnight of the first day, in milliseconds.
    #[serde(skip)]
    pub(super) start_ms: i64,
    /// Midnight of the first day, as if Shanghai were at UTC: in milliseconds.
    pub(super) midnight_ms: i64,
    /// The end of the run.
    pub(super) end_s: i64,
    pub(super) operators: Vec<String>,
    pub(super) caps: Vec<Option<i64>>,
    /// Whether positions are what was received less what was sent, since nothing is ever owed.
    pub(super) gross: bool,
    pub(super) positions: Vec<Vec<Point>>,
    pub(super) cycles: Vec<CycleColumn>,
    pub(super) flows: Vec<Vec<i64>>,
    pub(super) unsettled: Vec<Point>,
    pub(super) queued: Vec<Point>,
    /// The upper and the lower bound of liquidity of each operator, and what would have sufficed.
    pub(super) bounds: Vec<[i64; 3]>,
    /// The most that each operator owed.
    pub(super) peaks: Vec<i64>,
    /// When cycles closed; nothing when they are too many to be told apart.
    pub(super) cut_offs: Vec<i64>,
    pub(super) throughput: Throughput,
    /// Reasons and how many payments were refused for them, the most frequent first.
    pub(super) refused: Vec<(String, u64)>,
    pub(super) faults: Vec<FaultMark>,
    /// When the mode of settlement changed, and to which.
    pub(super) modes: Vec<(i64, String)>,
    pub(super) campaigns: Vec<CampaignLines>,
    pub(super) article: PartCharts,
}

/// A campaign over the time of the run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CampaignLines {
    /// What is in the pool, and what was claimed, spent and given back so far.
    pub(super) lines: Vec<Vec<Point>>,
    /// The net position of the sponsor's operator in a cycle or some in a row, with the campaign and
    /// without it.
    pub(super) nets: Vec<(String, i64, i64)>,
}

/// The net positions of one cycle or of some in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct CycleColumn {
    pub(super) name: String,
    pub(super) nets: Vec<i64>,
}

/// The completed payments by hours of the run.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Throughput {
    /// How many hours a bar stands for.
    pub(super) hours: i64,
    /// The start of a bar; value and number between operators; value and number on-us.
    pub(super) bars: Vec<[i64; 5]>,
}

/// A fault to mark.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FaultMark {
    pub(super) at_s: i64,
    pub(super) until_s: Option<i64>,
    pub(super) name: String,
}

/// From when to when a run goes, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: i64,
    end: i64,
}

impl Charts {
    /// Computes them from the files of a run.
    pub(super) fn new(files: &RunFiles) -> Self {
        let (summary, tally, span) = (&files.summary, &files.tally, Span::of(files));
        let end_s = (span.end - span.start) / 1000;
        let one = |mut lines: Vec<Vec<Point>>| lines.pop().unwrap_or_default();
        let mut refused: Vec<_> =
            summary.refused.iter().map(|(reason, count)| (reason.clone(), *count)).collect();
        // A stable sort leaves reasons of one count in the order of their names.
        refused.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self {
            start_ms: span.start,
            midnight_ms: i64::from(Timestamp::from_ms(span.start).date().days()) * DAY_MS,
            end_s,
            operators: summary.operators.iter().map(|operator| operator.code.clone()).collect(),
            caps: files.caps.clone(),
            gross: summary.is_gross(),
            positions: tally.positions.steps(span.start, end_s),
            cycles: cycle_columns(files),
            flows: tally.flows.clone(),
            unsettled: one(tally.unsettled.steps(span.start, end_s)),
            queued: one(files.queue.value.steps(span.start, end_s)),
            bounds: bounds(summary),
            peaks: summary.operators.iter().map(|operator| operator.peak_net_debit_fen).collect(),
            cut_offs: cut_offs(files, span),
            throughput: throughput(files, span),
            refused,
            faults: fault_marks(files, span),
            modes: modes(summary, span),
            campaigns: campaigns(files, span, end_s),
            article: PartCharts::new(summary, span.start, end_s),
        }
    }
}

impl Span {
    /// The days of the run, or longer when something happened later.
    fn of(files: &RunFiles) -> Self {
        let tally = &files.tally;
        let changed = [&tally.positions, &tally.unsettled, &files.queue.value]
            .into_iter()
            .filter_map(Changes::span);
        let times =
            changed.flat_map(|(first, last)| [first, last]).chain(tally.hours.keys().copied());
        let times: Vec<_> =
            times.chain(files.cycles.iter().filter_map(|cycle| cycle.closed_at)).collect();
        let first = times.iter().copied().min().unwrap_or_default();
        let start = files.start_ms.unwrap_or_else(|| Timestamp::from_ms(first).date().start().ms());
        let last = times.into_iter().max().unwrap_or(start);
        // Days may have 23 or 25 hours.
        let begin = Timestamp::from_ms(start);
        // By the calendar and not by 24 hours.
        let end = begin.date().plus_days(files.summary.days.max(1)).at(begin.ms_of_day());
        Self { start, end: last.max(end.ms()) }
    }
}

/// The bounds by operator; the indicators may list them in another order.
fn bounds(summary: &SummaryFile) -> Vec<[i64; 3]> {
    let bounds = |operator: &OperatorSummary| {
        let found = summary.liquidity(&operator.code);
        found.map_or([0; 3], |one| [one.upper_bound_fen, one.sufficient_fen, one.lower_bound_fen])
    };
    summary.operators.iter().map(bounds).collect()
}

/// When cycles closed, in seconds.
fn cut_offs(files: &RunFiles, span: Span) -> Vec<i64> {
    if files.cycles.len() > CUT_OFFS_MAX {
        return Vec::new();
    }
    files.cycles.iter().filter_map(|cycle| Some((cycle.closed_at? - span.start) / 1000)).collect()
}

/// The nets of the cycles, several in one column when there are many.
fn cycle_columns(files: &RunFiles) -> Vec<CycleColumn> {
    let cycles = &files.summary.cycles;
    let together = cycles.len().div_ceil(CYCLE_COLUMNS_MAX).max(1);
    let column = |start: usize| {
        let end = (start + together).min(cycles.len());
        let (first, last) = (cycles[start].cycle, cycles[end - 1].cycle);
        let net = |operator: &OperatorSummary| operator.net_fen.iter().take(end).skip(start).sum();
        CycleColumn {
            name: if first == last { first.to_string() } else { format!("{first}–{last}") },
            nets: files.summary.operators.iter().map(net).collect(),
        }
    };
    (0..cycles.len()).step_by(together).map(column).collect()
}

/// The campaigns that are drawn.
fn campaigns(files: &RunFiles, span: Span, end_s: i64) -> Vec<CampaignLines> {
    let summary = &files.summary;
    let lines = |campaign: &CampaignSummary| {
        let mut changes = Changes::new(4);
        for change in &campaign.changes {
            let CampaignChange { at, pool_fen, claimed_fen, redeemed_fen, reclaimed_fen } = *change;
            let sums = [pool_fen, claimed_fen, redeemed_fen, reclaimed_fen];
            sums.into_iter().enumerate().for_each(|(line, sum)| changes.add(at, line, sum));
        }
        let nets = summary.operators.get(campaign.operator).map(|operator| &operator.net_fen);
        let nets = nets.map_or(&[][..], Vec::as_slice).iter().zip(&campaign.net_fen);
        let nets: Vec<_> = nets.map(|(with, moved)| (*with, with - moved)).collect();
        CampaignLines { lines: changes.steps(span.start, end_s), nets: in_groups(files, &nets) }
    };
    summary.campaigns.iter().take(CAMPAIGNS_MAX).map(lines).collect()
}

/// Nets with and without a campaign, several cycles in one when there are many.
fn in_groups(files: &RunFiles, nets: &[(i64, i64)]) -> Vec<(String, i64, i64)> {
    let cycles = &files.summary.cycles;
    let together = nets.len().div_ceil(NETS_MAX).max(1);
    let group = |(place, group): (usize, &[(i64, i64)])| {
        let number = |place: usize| cycles.get(place).map_or(0, |cycle| cycle.cycle);
        let (first, last) = (place * together, place * together + group.len() - 1);
        let name = match (number(first), number(last)) {
            (one, other) if one == other => one.to_string(),
            (one, other) => format!("{one}–{other}"),
        };
        let sum = |of: fn(&(i64, i64)) -> i64| group.iter().map(of).sum();
        (name, sum(|net| net.0), sum(|net| net.1))
    };
    nets.chunks(together).enumerate().map(group).collect()
}

/// The changes of the mode within the run, in seconds.
fn modes(summary: &SummaryFile, span: Span) -> Vec<(i64, String)> {
    let changes = summary.changes().into_iter().map(|(date, mode)| (date.start().ms(), mode));
    let within = changes.filter(|(at, _)| (span.start..span.end).contains(at));
    within.map(|(at, mode)| ((at - span.start) / 1000, mode.to_owned())).collect()
}

fn throughput(files: &RunFiles, span: Span) -> Throughput {
    let hours_in_all = (span.end - span.start - 1) / HOUR_MS;
    let few_enough = |hours: &i64| hours_in_all / hours <= POINTS_MAX as i64;
    let hours = BAR_HOURS.into_iter().find(few_enough).unwrap_or(BAR_HOURS[BAR_HOURS.len() - 1]);
    // Hours without payments have a bar, too, from which the others get their width.
    let slots = if files.tally.hours.is_empty() { 0 } else { (hours_in_all + hours) / hours };
    let mut bars: Vec<_> = (0..slots).map(|slot| [slot * hours * 3600, 0, 0, 0, 0]).collect();
    for (at, hour) in &files.tally.hours {
        let slot = usize::try_from((at - span.start) / (hours * HOUR_MS)).unwrap_or_default();
        if let Some(bar) = bars.get_mut(slot) {
            let sums = [hour.between, hour.on_us].map(|sum| [sum.fen, sum.payments as i64]);
            bar.iter_mut().skip(1).zip(sums.as_flattened()).for_each(|(sum, more)| *sum += more);
        }
    }
    Throughput { hours, bars }
}

fn fault_marks(files: &RunFiles, span: Span) -> Vec<FaultMark> {
    let since = |ms: i64| (ms - span.start) / 1000;
    let mark = |fault: &Fault| FaultMark {
        at_s: since(fault.at_ms),
        until_s: fault.until_ms.map(since),
        name: fault.name(),
    };
    files.faults.iter().map(mark).collect()
}
