//! Several runs beside each other: their indicators with the difference to the first, what differs in
//! their configurations, and the same charts of each in a row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::ReportError;
use super::charts::Charts;
use super::files::RunFiles;
use super::indicators::{INDICATORS, Indicator};
use super::multiples;
use super::page::SAVE;
use super::progress::WAITS;
use super::table::Table;
use super::text::NONE;
use crate::files::write_text;
use crate::page::{STYLE, escape, fill, script_json};
use crate::plot::{
    Column, Columns, Data, Figure, Kind, Line, Look, Panel, TimePanel, Unit, write_figures,
};

const TEMPLATE: &str = include_str!("../../assets/compare.html");
/// More runs would not be read beside each other.
const RUNS_MAX: usize = 12;

/// A run and what is drawn of it.
struct Run {
    name: String,
    files: RunFiles,
    charts: Charts,
}

/// Reads the results in some folders and writes one page that sets them beside each other.
pub fn write_comparison(
    folders: &[PathBuf],
    path: &Path,
    figures: Option<&Path>,
) -> Result<(), ReportError> {
    if folders.len() > RUNS_MAX {
        return Err(ReportError::TooMany { runs: folders.len(), most: RUNS_MAX });
    }
    let files =
        folders.iter().map(|folder| RunFiles::read(folder)).collect::<Result<Vec<_>, _>>()?;
    let names = names(folders, &files);
    let run = |(name, files): (String, RunFiles)| Run { name, charts: Charts::new(&files), files };
    let runs: Vec<_> = names.into_iter().zip(files).map(run).collect();
    let drawn = drawn(&runs);
    write_text(path, &page(&runs, &drawn)?)?;
    if let Some(folder) = figures {
        write_figures(&drawn, folder)?;
    }
    Ok(())
}

/// What runs are called: by their scenario and seed, or where those are the same by their folders.
fn names(folders: &[PathBuf], files: &[RunFiles]) -> Vec<String> {
    let of_run =
        |files: &RunFiles| format!("{}, seed {}", files.summary.scenario, files.summary.seed);
    let names: Vec<_> = files.iter().map(of_run).collect();
    if names.iter().collect::<BTreeSet<_>>().len() == names.len() {
        return names;
    }
    let of_folder = |folder: &PathBuf| {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| folder.display().to_string())
    };
    let names: Vec<_> = folders.iter().map(of_folder).collect();
    if names.iter().collect::<BTreeSet<_>>().len() == names.len() {
        return names;
    }
    folders.iter().map(|folder| folder.display().to_string()).collect()
}

fn page(runs: &[Run], figures: &[Figure]) -> Result<String, crate::page::PageError> {
    let data = script_json(&figures.iter().map(Figure::named_data).collect::<Vec<_>>())?;
    let names: Vec<_> = runs.iter().map(|run| run.name.as_str()).collect();
    fill(TEMPLATE, |marker| {
        Some(match marker {
            "style" => STYLE.to_owned(),
            "title" => escape(&names.join(" | ")),
            "subtitle" => escape(&format!(
                "{} runs beside each other. Differences are to the first, {}. Money is in yuan.",
                runs.len(),
                names[0]
            )),
            "indicators" => indicators(runs).html(),
            "configuration" => configuration(runs).html(),
            "figures" => figures.iter().map(Figure::html).collect(),
            "data" => data.clone(),
            "scripts" => format!("<script>{SAVE}</script>\n"),
            _ => return None,
        })
    })
}

/// A row for each indicator; of every run but the first the difference to that, too.
fn indicators(runs: &[Run]) -> Table {
    let row = |indicator: &Indicator| {
        let first = runs.first().and_then(|run| indicator.of(&run.files));
        let mut row = vec![indicator.name.to_owned(), indicator.told(first)];
        for run in &runs[1..] {
            let value = indicator.of(&run.files);
            row.push(indicator.told(value));
            row.push(indicator.difference(value, first));
        }
        row
    };
    let others = runs[1..].iter().flat_map(|run| [run.name.clone(), "difference".to_owned()]);
    let header = ["indicator".to_owned(), runs[0].name.clone()].into_iter().chain(others);
    Table {
        caption: "Indicators of each run, and their difference to those of the first".to_owned(),
        header: header.collect(),
        text: &[],
        rows: INDICATORS.iter().map(row).collect(),
    }
}

/// The keys that have not the same value in all runs.
fn configuration(runs: &[Run]) -> Table {
    let values: Vec<_> = runs.iter().map(|run| keys(&run.files.config)).collect();
    let all: BTreeSet<_> = values.iter().flat_map(BTreeMap::keys).collect();
    let of = |key: &String| values.iter().map(|keys| keys.get(key)).collect::<Vec<_>>();
    let differs = all.into_iter().filter(|key| of(key).windows(2).any(|pair| pair[0] != pair[1]));
    let row = |key: &String| {
        let told = |value: Option<&String>| {
            value.map_or_else(|| NONE.to_owned(), |value| shortened(value))
        };
        std::iter::once(key.clone()).chain(of(key).into_iter().map(told)).collect()
    };
    Table {
        caption: "Keys of the configuration that differ".to_owned(),
        header: std::iter::once("key".to_owned())
            .chain(runs.iter().map(|run| run.name.clone()))
            .collect(),
        text: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        rows: differs.map(row).collect(),
    }
}

/// The keys of a configuration with their values as text, without under what it was run.
fn keys(config: &str) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    if let Ok(table) = config.parse::<toml::Table>() {
        let experiment = table.into_iter().filter(|(key, _)| key != "run");
        experiment.for_each(|(key, value)| flatten(key, &value, &mut keys));
    }
    keys
}

fn flatten(path: String, value: &toml::Value, keys: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            table.iter().for_each(|(key, value)| flatten(format!("{path}.{key}"), value, keys));
        }
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
            for (place, item) in items.iter().enumerate() {
                // As `--set` names it: an operator by its code, anything else by its number.
                let code = item.get("code").and_then(toml::Value::as_str).map(str::to_owned);
                let name = code.unwrap_or_else(|| (place + 1).to_string());
                flatten(format!("{path}.{name}"), item, keys);
            }
        }
        toml::Value::String(text) => {
            keys.insert(path, text.clone());
        }
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_) => {
            keys.insert(path, value.to_string());
        }
    }
}

/// A value that has room in a cell.
fn shortened(value: &str) -> String {
    const LETTERS: usize = 40;
    if value.chars().count() <= LETTERS {
        return value.to_owned();
    }
    value.chars().take(LETTERS - 1).chain(['…']).collect()
}

/// The charts of all runs, a panel of each.
fn drawn(runs: &[Run]) -> Vec<Figure> {
    let mut figures = vec![progress(runs), waiting(runs), waits(runs)];
    figures.retain(|figure| !figure.panels.is_empty());
    figures
}

/// What was submitted between operators in all, and what of it settled.
fn progress(runs: &[Run]) -> Figure {
    let lines = |run: &Run| {
        let [submitted, settled] =
            run.files.tally.progress.all(run.charts.start_ms, run.charts.end_s);
        vec![
            Line { look: Look::Area(0), points: settled },
            Line { look: Look::Line(0), points: submitted },
        ]
    };
    over_time(
        runs,
        "progress",
        "What was submitted between operators so far, and what of it has settled; all panels on one scale",
        &[(Look::Line(0), "submitted so far"), (Look::Area(0), "settled so far")],
        &["settled", "submitted"],
        lines,
    )
}

/// What waited for settlement.
fn waiting(runs: &[Run]) -> Figure {
    let lines = |run: &Run| {
        let line = |(look, points): (Look, &Vec<[i64; 2]>)| Line { look, points: points.clone() };
        [(Look::Area(1), &run.charts.queued), (Look::Line(0), &run.charts.unsettled)]
            .map(line)
            .to_vec()
    };
    over_time(
        runs,
        "waiting",
        "Value cleared and not yet settled, and value that is queued; all panels on one scale",
        &[(Look::Line(0), "cleared, not settled"), (Look::Area(1), "queued")],
        &["queued", "cleared, not settled"],
        lines,
    )
}

/// A panel of each run on one scale.
fn over_time(
    runs: &[Run],
    name: &str,
    caption: &str,
    key: &[(Look, &str)],
    whats: &[&str],
    lines: impl Fn(&Run) -> Vec<Line>,
) -> Figure {
    let columns =
        [("run", Kind::Text), ("what", Kind::Text), ("time", Kind::Time), ("yuan", Kind::Yuan)];
    let mut data = Data::new(runs[0].charts.midnight_ms, &columns);
    let lines: Vec<_> = runs.iter().map(lines).collect();
    let most = lines.iter().flatten().flat_map(|line| &line.points).map(|[_, fen]| *fen).max();
    let panel = |(run, lines): (&Run, Vec<Line>)| {
        let marks =
            multiples::marked(&run.charts, run.charts.cut_offs.len() <= multiples::CUT_OFFS_MAX);
        let unit = Unit::of(most);
        Panel::Time(TimePanel { title: run.name.clone(), unit, lines, reaches: most, ..marks })
    };
    for (run, lines) in runs.iter().zip(&lines) {
        // Days of runs that begin on other dates are set beside each other by their number.
        lines
            .iter()
            .zip(whats)
            .for_each(|(line, what)| data.add(&[&run.name, what], line.points.iter().copied()));
    }
    Figure {
        name: name.to_owned(),
        caption: caption.to_owned(),
        key: key.iter().map(|(look, name)| (*look, (*name).to_owned())).collect(),
        panels: match most {
            Some(1..) => runs.iter().zip(lines).map(panel).collect(),
            Some(_) | None => Vec::new(),
        },
        data,
    }
}

/// How long value waited.
fn waits(runs: &[Run]) -> Figure {
    let of = |run: &Run, stretch: usize| run.files.tally.progress.waits.waited[stretch];
    let has_any = |stretch: &usize| runs.iter().any(|run| of(run, *stretch)[0] > 0);
    let drawn: Vec<_> = (0..=WAITS.len()).filter(has_any).collect();
    let (first, last) = (drawn.first().copied().unwrap_or(1), drawn.last().copied().unwrap_or(0));
    let columns = [
        ("run", Kind::Text),
        ("wait", Kind::Text),
        ("payments", Kind::Number),
        ("value_yuan", Kind::Yuan),
    ];
    let mut data = Data::new(runs[0].charts.midnight_ms, &columns);
    let part = |run: &Run, sum: [i64; 2]| {
        100.0 * sum[1] as f64 / run.files.tally.progress.waits.all()[1].max(1) as f64
    };
    let shares =
        runs.iter().flat_map(|run| drawn.iter().map(move |stretch| part(run, of(run, *stretch))));
    let most = shares.fold(0.0, f64::max);
    let panel = |run: &Run| {
        let column = |stretch: usize| Column {
            from: multiples::edge(stretch),
            percent: part(run, of(run, stretch)),
        };
        Panel::Columns(Columns {
            title: format!("{}: % of value", run.name),
            note: multiples::not_drawn(&run.files.tally.progress.waits, 1),
            axis: multiples::WAIT_AXIS.to_owned(),
            place: 0,
            reaches: most,
            columns: (first..=last).map(column).collect(),
            end: multiples::end(last),
        })
    };
    for run in runs {
        for (name, sum) in multiples::counted_waits(&run.files.tally.progress.waits) {
            data.add(&[&run.name, &name], [sum]);
        }
    }
    Figure {
        name: "waits".to_owned(),
        caption: "How long value between operators waited for settlement; all panels on one scale"
            .to_owned(),
        key: Vec::new(),
        panels: if drawn.is_empty() { Vec::new() } else { runs.iter().map(panel).collect() },
        data,
    }
}
