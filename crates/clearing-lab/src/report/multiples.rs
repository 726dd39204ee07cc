//! Small panels beside each other, one for each operator, and the distribution of waits.

use clearing_domain::money::HOUR_MS;

use super::balances::Balance;
use super::charts::Charts;
use super::files::RunFiles;
use super::largest::{PANELS_MAX, largest};
use super::progress::{WAITS, Waits, wait_name};
use super::table::{Table, cells};
use super::text::{grouped, moment, optional, percent, share, yuan};
use crate::plot::{Column, Columns, Data, Figure, Kind, Line, Look, Panel, Span, TimePanel, Unit};

/// More cut-offs would hide what small panels show.
pub(super) const CUT_OFFS_MAX: usize = 8;
/// What the axis of waits tells.
pub(super) const WAIT_AXIS: &str =
    "wait until settlement: longer than where a column begins, up to where it ends";

/// What each operator's wallets submitted to others over time, and what of it settled.
pub(super) fn progress(files: &RunFiles, charts: &Charts) -> Figure {
    let lines = files.tally.progress.sums.steps(charts.start_ms, charts.end_s);
    let panel = |place: usize| {
        let [submitted, settled] = [&lines[2 * place], &lines[2 * place + 1]];
        let look = [Look::Area(0), Look::Line(0)];
        let looks = look.into_iter().zip([settled, submitted]);
        let lines: Vec<_> =
            looks.map(|(look, points)| Line { look, points: points.clone() }).collect();
        time_panel(charts, place, lines)
    };
    let places = largest(&charts.flows, PANELS_MAX);
    let drawn = places.into_iter().filter(|place| !lines[2 * place].is_empty());
    let columns = [
        ("operator", Kind::Text),
        ("what", Kind::Text),
        ("time", Kind::Time),
        ("yuan", Kind::Yuan),
    ];
    let mut data = Data::new(charts.midnight_ms, &columns);
    for place in drawn.clone() {
        for (what, line) in ["submitted", "settled"].into_iter().zip([2 * place, 2 * place + 1]) {
            data.add(&[&charts.operators[place], what], lines[line].iter().copied());
        }
    }
    let key = [(Look::Line(0), "submitted so far"), (Look::Area(0), "settled so far")];
    Figure {
        name: "progress".to_owned(),
        caption: "What wallets of each operator submitted to other operators so far, and what of it has settled; \
                  each panel on its own scale"
            .to_owned(),
        key: key_of(charts, &key),
        panels: drawn.map(|place| Panel::Time(panel(place))).collect(),
        data,
    }
}

/// What the same came to at the end.
pub(super) fn progress_table(files: &RunFiles, charts: &Charts) -> Table {
    let lines = files.tally.progress.sums.steps(charts.start_ms, charts.end_s);
    let end = |line: usize| lines[line].last().map_or(0, |[_, fen]| *fen);
    let row = |(place, code): (usize, &String)| {
        let [submitted, settled] = [end(2 * place), end(2 * place + 1)];
        let rest = submitted - settled;
        let of_all = optional(share(rest, submitted), percent);
        vec![code.clone(), yuan(submitted), yuan(settled), yuan(rest), of_all]
    };
    Table {
        caption: "What wallets of each operator submitted to other operators, and what of it settled, in yuan"
            .to_owned(),
        header: cells(["operator", "submitted", "settled", "not settled", "of what was submitted"]),
        text: &[],
        rows: charts.operators.iter().enumerate().map(row).collect(),
    }
}

/// The settlement account of each operator, where payments settle one by one.
pub(super) fn balances(files: &RunFiles, charts: &Charts) -> Figure {
    let since = |ms: i64| (ms - charts.start_ms) / 1000;
    let panel = |place: usize, balance: &Balance| {
        let last = balance.points.last().map(|[_, fen]| [charts.end_s, *fen]);
        let points = balance.points.iter().map(|[ms, fen]| [since(*ms).max(0), *fen]).chain(last);
        let line = Line { look: Look::Line(0), points: points.collect() };
        let waits = balance.waits.iter();
        TimePanel {
            level: Some(balance.floor),
            point: balance.least().map(|[ms, fen]| [since(ms).max(0), fen]),
            strip: waits.map(|(from, to)| (since(*from), to.map_or(charts.end_s, since))).collect(),
            ..time_panel(charts, place, vec![line])
        }
    };
    let places = largest(&charts.flows, PANELS_MAX);
    let known = |place: usize| Some((place, files.balances.get(place)?));
    let drawn = places.into_iter().filter_map(known).filter(|(_, one)| !one.points.is_empty());
    let drawn = drawn.filter(|_| files.summary.settles_singly());
    let columns = [
        ("operator", Kind::Text),
        ("time", Kind::Time),
        ("balance_yuan", Kind::Yuan),
        ("floor_yuan", Kind::Yuan),
    ];
    let mut data = Data::new(charts.midnight_ms, &columns);
    for (place, balance) in drawn.clone() {
        let points =
            balance.points.iter().map(|[ms, fen]| [since(*ms).max(0), *fen, balance.floor]);
        data.add(&[&charts.operators[place]], points);
    }
    let key = [
        (Look::Line(0), "settlement account"),
        (Look::Level, "its floor: zero, or the credit line below it"),
        (Look::Point, "the least it held"),
        (Look::Strip, "payments wait for cover"),
    ];
    Figure {
        name: "balances".to_owned(),
        caption: "The settlement account of each operator, and while its payments wait for cover; each panel on its \
                  own scale"
            .to_owned(),
        key: key_of(charts, &key),
        panels: drawn.map(|(place, balance)| Panel::Time(panel(place, balance))).collect(),
        data,
    }
}

/// How long payments between operators waited for settlement.
pub(super) fn waits(files: &RunFiles) -> Figure {
    let waits = &files.tally.progress.waits;
    let all = waits.all();
    let Some((first, last)) = waits.stretches() else { return Figure::nothing("waits") };
    let panel = |(what, title): (usize, &str)| {
        let column = |stretch: usize| Column {
            from: edge(stretch),
            percent: 100.0 * waits.waited[stretch][what] as f64 / all[what].max(1) as f64,
        };
        Panel::Columns(Columns {
            title: title.to_owned(),
            note: not_drawn(waits, what),
            axis: WAIT_AXIS.to_owned(),
            place: what,
            reaches: 0.0,
            columns: (first..=last).map(column).collect(),
            end: end(last),
        })
    };
    let columns = [("wait", Kind::Text), ("payments", Kind::Number), ("value_yuan", Kind::Yuan)];
    let mut data = Data::new(0, &columns);
    counted_waits(waits).iter().for_each(|(name, sum)| data.add(&[name], [*sum]));
    Figure {
        name: "waits".to_owned(),
        caption:
            "How long payments between operators waited for settlement, by number and by value"
                .to_owned(),
        key: Vec::new(),
        panels: [(0, "% of payments"), (1, "% of value")].map(panel).to_vec(),
        data,
    }
}

/// What is said of the payments that did not wait, or wait on.
pub(super) fn not_drawn(waits: &Waits, what: usize) -> String {
    let told = |sum: [i64; 2]| optional(share(sum[what], waits.all()[what]), percent);
    format!(
        "not drawn: settled at once {}, never settled {}",
        told(waits.at_once),
        told(waits.never)
    )
}

/// What stands where the column of a stretch begins.
pub(super) fn edge(stretch: usize) -> String {
    stretch.checked_sub(1).map_or_else(|| "0".to_owned(), |before| wait_name(WAITS[before]))
}

/// What stands where the column of the last stretch ends.
pub(super) fn end(stretch: usize) -> String {
    WAITS.get(stretch).map_or_else(|| "longer".to_owned(), |end| wait_name(*end))
}

/// Each stretch by its name with its payments and their value, without those at both ends into which
/// nothing fell.
pub(super) fn counted_waits(waits: &Waits) -> Vec<(String, [i64; 2])> {
    let stretch = |stretch: usize| {
        let name = match WAITS.get(stretch) {
            Some(_) => format!("{} to {}", edge(stretch), end(stretch)),
            None => format!("more than {}", edge(stretch)),
        };
        (name, waits.waited[stretch])
    };
    let waited = waits.stretches().into_iter().flat_map(|(first, last)| first..=last).map(stretch);
    let at_once = ("at once".to_owned(), waits.at_once);
    std::iter::once(at_once).chain(waited).chain([("never".to_owned(), waits.never)]).collect()
}

/// The same figures, stretch by stretch.
pub(super) fn waits_table(files: &RunFiles) -> Table {
    let waits = &files.tally.progress.waits;
    let all = waits.all();
    let row = |(name, sum): (String, [i64; 2])| {
        let part = |what: usize| optional(share(sum[what], all[what]), percent);
        vec![name, grouped(sum[0].unsigned_abs()), part(0), yuan(sum[1]), part(1)]
    };
    let rows = counted_waits(waits).into_iter().map(row);
    Table {
        caption: "Waits of payments between operators until settlement; what settles at the end of the tick of its \
                  submission settles at once"
            .to_owned(),
        header: cells(["wait", "payments", "of all", "yuan", "of all value"]),
        text: &[],
        rows: if all[0] == 0 { Vec::new() } else { rows.collect() },
    }
}

/// Where the accounts of operators stood.
pub(super) fn balances_table(files: &RunFiles, charts: &Charts) -> Table {
    let end = charts.start_ms + charts.end_s * 1000;
    let row = |(code, balance): (&String, &Balance)| {
        let opening = balance.points.iter().take_while(|[ms, _]| *ms <= charts.start_ms).last();
        let least = balance.least();
        vec![
            code.clone(),
            optional(opening.map(|[_, fen]| *fen), yuan),
            yuan(balance.floor),
            optional(least.map(|[_, fen]| fen), yuan),
            optional(least.map(|[ms, _]| ms), moment),
            optional(least.map(|[_, fen]| fen - balance.floor), yuan),
            format!("{:.2}", balance.waited_ms(end) as f64 / HOUR_MS as f64),
        ]
    };
    let rows = charts.operators.iter().zip(&files.balances).map(row);
    Table {
        caption: "Settlement accounts in yuan: how far each may fall, and how far it fell; and for how many hours \
                  payments of the operator waited for cover"
            .to_owned(),
        header: cells(["operator", "at the start", "floor", "least", "since", "least above the floor", "hours of waiting"]),
        text: &[4],
        rows: if files.summary.settles_singly() { rows.collect() } else { Vec::new() },
    }
}

/// A panel of an operator with what is marked in all of them.
pub(super) fn time_panel(charts: &Charts, place: usize, lines: Vec<Line>) -> TimePanel {
    let unit = Unit::of(lines.iter().flat_map(|line| &line.points).map(|[_, fen]| *fen));
    let title = charts.operators[place].clone();
    TimePanel { title, unit, lines, ..marked(charts, charts.cut_offs.len() <= CUT_OFFS_MAX) }
}

/// A panel without lines, with what is marked in all panels over the time of a run.
pub(super) fn marked(charts: &Charts, with_cut_offs: bool) -> TimePanel {
    let cut_offs = charts.cut_offs.iter().filter(|at| with_cut_offs && **at < charts.end_s);
    let modes = charts.modes.iter().map(|(at, _)| (*at, Look::Change));
    let faults = charts.faults.iter();
    TimePanel {
        span: Span { midnight_ms: charts.midnight_ms, end_s: charts.end_s },
        uprights: cut_offs.map(|at| (*at, Look::CutOff)).chain(modes).collect(),
        faults: faults.map(|fault| (fault.at_s, fault.until_s.unwrap_or(fault.at_s))).collect(),
        ..TimePanel::default()
    }
}

/// What the looks of panels stand for, with those of marks that there are.
pub(super) fn key_of(charts: &Charts, own: &[(Look, &str)]) -> Vec<(Look, String)> {
    let named =
        charts.modes.iter().map(|(_, mode)| mode.as_str()).collect::<Vec<_>>().join(", then ");
    let cut_offs = (1..=CUT_OFFS_MAX).contains(&charts.cut_offs.len());
    let marks = [
        cut_offs.then(|| (Look::CutOff, "cut-off".to_owned())),
        (!charts.modes.is_empty()).then(|| (Look::Change, format!("change of mode to {named}"))),
        (!charts.faults.is_empty()).then(|| (Look::Fault, "fault".to_owned())),
    ];
    own.iter()
        .map(|(look, name)| (*look, (*name).to_owned()))
        .chain(marks.into_iter().flatten())
        .collect()
}
