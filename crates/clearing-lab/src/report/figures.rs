//! Every figure of a report as a picture and as data, for files and for the links of the page.

use super::charts::{CampaignLines, Charts};
use super::files::RunFiles;
use super::largest::{PANELS_MAX, largest};
use super::multiples;
use super::series::Point;
use crate::plot::{Bars, Data, Figure, Heat, Kind, Line, Look, Panel, TimePanel, Unit};

/// The figures that have something to show, by the names of their charts.
pub(super) fn figures(files: &RunFiles, charts: &Charts) -> Vec<Figure> {
    let drawn = &charts.of_largest();
    let mut figures = vec![
        positions(charts, drawn),
        caps(drawn),
        cycles(drawn),
        flows(drawn),
        waiting(drawn),
        multiples::progress(files, charts),
        multiples::waits(files),
        bounds(drawn),
        multiples::balances(files, charts),
        throughput(drawn),
        refused(drawn),
    ];
    figures.extend(
        drawn.campaigns.iter().enumerate().flat_map(|(place, one)| campaign(drawn, place, one)),
    );
    figures.extend(parts(drawn));
    figures.retain(|figure| !figure.panels.is_empty());
    figures
}

fn positions(charts: &Charts, drawn: &Charts) -> Figure {
    let columns = [("operator", Kind::Text), ("time", Kind::Time), ("position_yuan", Kind::Yuan)];
    let mut data = Data::new(charts.midnight_ms, &columns);
    for (code, points) in drawn.operators.iter().zip(&drawn.positions) {
        data.add(&[code], points.iter().copied());
    }
    let places = largest(&charts.flows, PANELS_MAX).into_iter();
    let panel = |place: usize| {
        let points = charts.positions[place].clone();
        multiples::time_panel(charts, place, vec![Line { look: Look::Line(0), points }])
    };
    let moving = places.filter(|place| !charts.positions[*place].is_empty());
    Figure {
        name: "positions".to_owned(),
        caption: if charts.gross {
            "What each operator has received from others less what it has sent; each panel on its own scale".to_owned()
        } else {
            "Position of each operator: what it is owed by obligations that have not settled; each panel on its own scale"
                .to_owned()
        },
        key: multiples::key_of(charts, &[]),
        panels: moving.map(|place| Panel::Time(panel(place))).collect(),
        data,
    }
}

fn caps(charts: &Charts) -> Figure {
    let columns =
        [("operator", Kind::Text), ("cap_yuan", Kind::Yuan), ("peak_net_debit_yuan", Kind::Yuan)];
    let mut data = Data::new(charts.midnight_ms, &columns);
    let mut rows = Vec::new();
    for ((code, cap), peak) in charts.operators.iter().zip(&charts.caps).zip(&charts.peaks) {
        if let Some(cap) = cap.filter(|cap| *cap > 0 && !charts.gross) {
            data.add(&[code], [[cap, *peak]]);
            rows.push((code.clone(), vec![100.0 * *peak as f64 / cap as f64]));
        }
    }
    let caption = "Peak net debit of each operator beside its net debit cap";
    bars("caps", caption, ("peak net debit, % of the cap", &[]), rows, data)
}

fn cycles(charts: &Charts) -> Figure {
    let columns = [("operator", Kind::Text), ("cycle", Kind::Text), ("net_yuan", Kind::Yuan)];
    let mut data = Data::new(charts.midnight_ms, &columns);
    for cycle in &charts.cycles {
        for (code, net) in charts.operators.iter().zip(&cycle.nets) {
            data.add(&[code, &cycle.name], [[*net]]);
        }
    }
    let names = charts.cycles.iter().map(|cycle| cycle.name.clone()).collect();
    let of =
        |place: usize| charts.cycles.iter().map(|cycle| cycle.nets.get(place).copied()).collect();
    let cells: Vec<Vec<Option<i64>>> = (0..charts.operators.len()).map(of).collect();
    let caption = "Net position of each operator in each cycle";
    heat("cycles", caption, "received less sent", (charts.operators.clone(), names), &cells, data)
}

fn flows(charts: &Charts) -> Figure {
    let columns = [("payer", Kind::Text), ("payee", Kind::Text), ("value_yuan", Kind::Yuan)];
    let mut data = Data::new(charts.midnight_ms, &columns);
    let mut cells = Vec::new();
    for (payer, row) in charts.operators.iter().zip(&charts.flows) {
        for (payee, fen) in charts.operators.iter().zip(row) {
            data.add(&[payer, payee], [[*fen]]);
        }
        let between = |(fen, payee): (&i64, &String)| (payee != payer).then_some(*fen);
        cells.push(row.iter().zip(&charts.operators).map(between).collect());
    }
    let names = (charts.operators.clone(), charts.operators.clone());
    let caption = "Value of completed payments between operators: payer by row, payee by column";
    heat("flows", caption, "paid", names, &cells, data)
}

fn waiting(charts: &Charts) -> Figure {
    let queued = if charts.gross { "waiting for cover" } else { "missed a cut-off" };
    let lines = [("cleared, not settled", &charts.unsettled), (queued, &charts.queued)];
    let lines: Vec<_> =
        lines.into_iter().filter(|(_, points)| points.iter().any(|[_, fen]| *fen != 0)).collect();
    let caption = "Value cleared and not yet settled, and value that is queued";
    over_time(charts, "waiting", caption, &lines)
}

fn bounds(charts: &Charts) -> Figure {
    let columns = [
        ("operator", Kind::Text),
        ("upper_bound_yuan", Kind::Yuan),
        ("sufficient_yuan", Kind::Yuan),
        ("lower_bound_yuan", Kind::Yuan),
    ];
    let mut data = Data::new(charts.midnight_ms, &columns);
    let unit = Unit::of(charts.bounds.iter().flatten().copied());
    let mut rows = Vec::new();
    for (code, bounds) in charts.operators.iter().zip(&charts.bounds) {
        data.add(&[code], [*bounds]);
        rows.push((code.clone(), bounds.map(|fen| fen as f64 / unit.fen).to_vec()));
    }
    if charts.bounds.iter().flatten().all(|fen| *fen == 0) {
        rows.clear();
    }
    let names = ["upper bound", "would have sufficed", "lower bound"];
    let caption = "Bounds of the liquidity of each operator, and what would have sufficed for the cut-offs of the run";
    bars("bounds", caption, (unit.name, &names), rows, data)
}

fn throughput(charts: &Charts) -> Figure {
    let columns = [
        ("where", Kind::Text),
        ("from", Kind::Time),
        ("value_yuan", Kind::Yuan),
        ("payments", Kind::Number),
    ];
    let mut data = Data::new(charts.midnight_ms, &columns);
    let all = &charts.throughput.bars;
    data.add(&["between operators"], all.iter().map(|bar| [bar[0], bar[1], bar[2]]));
    data.add(&["on-us"], all.iter().map(|bar| [bar[0], bar[3], bar[4]]));
    let panel = |(title, value, payments): (&str, [usize; 2], bool)| {
        let line = |(look, column): (Look, usize)| {
            let points = all.iter().map(|bar| [bar[0], bar[column]]);
            // The last stretch has a width, too.
            let end = all.last().map(|bar| [charts.end_s, bar[column]]);
            Line { look, points: points.chain(end).collect() }
        };
        let lines: Vec<_> =
            [Look::Line(0), Look::Line(1)].into_iter().zip(value).map(line).collect();
        let sums = lines.iter().flat_map(|line| &line.points).map(|[_, sum]| *sum);
        let unit = if payments { Unit::payments() } else { Unit::of(sums) };
        Panel::Time(TimePanel { title: title.to_owned(), unit, lines, ..wide(charts) })
    };
    let panels = [("value", [1, 3], false), ("number", [2, 4], true)].map(panel).to_vec();
    let names = [(Look::Line(0), "between operators"), (Look::Line(1), "on-us")];
    Figure {
        name: "throughput".to_owned(),
        caption: format!(
            "Value and number of completed payments in each {} h",
            charts.throughput.hours
        ),
        key: multiples::key_of(charts, &names),
        panels: if all.is_empty() { Vec::new() } else { panels },
        data,
    }
}

fn refused(charts: &Charts) -> Figure {
    let columns = [("reason", Kind::Text), ("payments", Kind::Number)];
    let mut data = Data::new(charts.midnight_ms, &columns);
    let mut rows = Vec::new();
    for (reason, count) in &charts.refused {
        data.add(&[reason], [[i64::try_from(*count).unwrap_or(i64::MAX)]]);
        rows.push((reason.clone(), vec![*count as f64]));
    }
    bars("refused", "Payments rejected or returned, by reason", ("payments", &[]), rows, data)
}

fn campaign(charts: &Charts, place: usize, campaign: &CampaignLines) -> [Figure; 2] {
    let names = ["in the pool", "claimed", "spent", "given back"];
    let lines: Vec<_> =
        names.into_iter().zip(&campaign.lines).filter(|(_, points)| !points.is_empty()).collect();
    let number = place + 1;
    let over = over_time(
        charts,
        &format!("campaign-{number}"),
        "The pool of a campaign, and what became of it",
        &lines,
    );
    let columns = [("cycle", Kind::Text), ("with_yuan", Kind::Yuan), ("without_yuan", Kind::Yuan)];
    let mut data = Data::new(charts.midnight_ms, &columns);
    let unit = Unit::of(campaign.nets.iter().flat_map(|(_, with, without)| [*with, *without]));
    let mut rows = Vec::new();
    for (cycle, with, without) in &campaign.nets {
        data.add(&[cycle], [[*with, *without]]);
        let told = [with, without].map(|fen| *fen as f64 / unit.fen);
        rows.push((format!("cycle {cycle}"), told.to_vec()));
    }
    if campaign.nets.iter().all(|(_, with, without)| with == without) {
        rows.clear();
    }
    let caption =
        "Net position of the sponsor's operator with the payments of a campaign, and without";
    let key = ["with its payments", "without them"];
    let nets = bars(&format!("campaign-nets-{number}"), caption, (unit.name, &key), rows, data);
    [over, nets]
}

/// The scenarios that are parts of a run.
fn parts(charts: &Charts) -> Vec<Figure> {
    let article = &charts.article;
    if article.parts.is_empty() {
        return Vec::new();
    }
    let text = Kind::Text;
    let columns = [
        ("scenario", text),
        ("from", Kind::Time),
        ("until", Kind::Time),
        ("payments", Kind::Number),
        ("value_yuan", Kind::Yuan),
    ];
    let mut timeline = Data::new(charts.midnight_ms, &columns);
    let columns = [("scenario", text), ("operator", text), ("net_yuan", Kind::Yuan)];
    let mut nets = Data::new(charts.midnight_ms, &columns);
    let unit = Unit::of(article.parts.iter().map(|part| part.value));
    let mut rows = Vec::new();
    for part in &article.parts {
        let days = part.days.map(|day| i64::from(day) * 86_400);
        let payments = i64::try_from(part.payments).unwrap_or(i64::MAX);
        timeline.add(&[&part.name], [[days[0], days[1], payments, part.value]]);
        rows.push((part.name.clone(), vec![part.value as f64 / unit.fen]));
        for (code, net) in charts.operators.iter().zip(&part.nets) {
            nets.add(&[&part.name, code], [[*net]]);
        }
    }
    let names: Vec<_> = article.parts.iter().map(|part| part.name.clone()).collect();
    let cells: Vec<Vec<_>> =
        article.parts.iter().map(|part| part.nets.iter().map(|net| Some(*net)).collect()).collect();
    let lines: Vec<_> =
        ["claimed", "spent", "given back"].into_iter().zip(&article.packets).collect();
    vec![
        bars("timeline", "What each scenario moved", (unit.name, &[]), rows, timeline),
        over_time(charts, "packets", "Red packets and vouchers of all campaigns so far", &lines),
        heat(
            "part-nets",
            "What the payments of each scenario moved each operator's net position by",
            "received less sent",
            (names, charts.operators.clone()),
            &cells,
            nets,
        ),
        adoption(charts),
    ]
}

fn adoption(charts: &Charts) -> Figure {
    let article = &charts.article;
    let columns = [
        ("region", Kind::Text),
        ("month", Kind::Text),
        ("payments", Kind::Number),
        ("value_yuan", Kind::Yuan),
    ];
    let mut data = Data::new(charts.midnight_ms, &columns);
    let mut cells = Vec::new();
    for region in &article.regions {
        let mut row = vec![None; article.months.len()];
        for (month, payments, fen) in &region.months {
            let payments = i64::try_from(*payments).unwrap_or(i64::MAX);
            data.add(&[&region.name, &article.months[*month]], [[payments, *fen]]);
            row[*month] = Some(payments as f64);
        }
        cells.push(row);
    }
    let rows = article.regions.iter().map(|region| region.name.clone()).collect();
    let heat = Heat { title: "payments".to_owned(), rows, columns: article.months.clone(), cells };
    Figure {
        name: "adoption".to_owned(),
        caption: "Payments of each region in each month".to_owned(),
        key: Vec::new(),
        panels: if article.regions.is_empty() { Vec::new() } else { vec![Panel::Heat(heat)] },
        data,
    }
}

/// Lines over the time of the run in one panel.
fn over_time(charts: &Charts, name: &str, caption: &str, lines: &[(&str, &Vec<Point>)]) -> Figure {
    let columns = [("what", Kind::Text), ("time", Kind::Time), ("yuan", Kind::Yuan)];
    let mut data = Data::new(charts.midnight_ms, &columns);
    lines.iter().for_each(|(what, points)| data.add(&[what], points.iter().copied()));
    let key: Vec<_> =
        lines.iter().enumerate().map(|(place, (what, _))| (Look::Line(place), *what)).collect();
    let line = |(place, (_, points)): (usize, &(&str, &Vec<Point>))| Line {
        look: Look::Line(place),
        points: points.to_vec(),
    };
    let drawn: Vec<_> = lines.iter().enumerate().map(line).collect();
    let sums = drawn.iter().flat_map(|line| &line.points).map(|[_, fen]| *fen);
    let panel = TimePanel { unit: Unit::of(sums), lines: drawn, ..wide(charts) };
    Figure {
        name: name.to_owned(),
        caption: caption.to_owned(),
        key: multiples::key_of(charts, &key),
        panels: if lines.is_empty() { Vec::new() } else { vec![Panel::Time(panel)] },
        data,
    }
}

/// A wide panel over the time of the run with its marks.
fn wide(charts: &Charts) -> TimePanel {
    let few = charts.cut_offs.len() <= super::charts::CUT_OFFS_MAX;
    TimePanel { is_wide: true, ..multiples::marked(charts, few) }
}

fn bars(
    name: &str,
    caption: &str,
    (axis, key): (&str, &[&str]),
    rows: Vec<(String, Vec<f64>)>,
    data: Data,
) -> Figure {
    let key = key.iter().enumerate().map(|(place, name)| (Look::Bar(place), (*name).to_owned()));
    Figure {
        name: name.to_owned(),
        caption: caption.to_owned(),
        key: key.collect(),
        panels: if rows.is_empty() {
            Vec::new()
        } else {
            vec![Panel::Bars(Bars { axis: axis.to_owned(), rows })]
        },
        data,
    }
}

/// Sums of fen by row and column; nothing where all of them are zero.
fn heat(
    name: &str,
    caption: &str,
    what: &str,
    (rows, columns): (Vec<String>, Vec<String>),
    cells: &[Vec<Option<i64>>],
    data: Data,
) -> Figure {
    let sums = || cells.iter().flatten().flatten().copied();
    let unit = Unit::of(sums());
    let told = |row: &Vec<Option<i64>>| {
        row.iter().map(|fen| fen.map(|fen| fen as f64 / unit.fen)).collect()
    };
    let heat = Heat {
        title: format!("{what}, {}", unit.name),
        rows,
        columns,
        cells: cells.iter().map(told).collect(),
    };
    Figure {
        name: name.to_owned(),
        caption: caption.to_owned(),
        key: Vec::new(),
        panels: if sums().all(|fen| fen == 0) { Vec::new() } else { vec![Panel::Heat(heat)] },
        data,
    }
}
