//! The figures of a sweep: means of indicators against one parameter, a line for each of the
//! others.

use std::collections::BTreeMap;

use serde::Serialize;
use toml::Value;

use super::figure_page::sections;
use super::paired::{Differs, Pair, pairs};
use super::row::PointResult;
use super::statistics::Estimate;
use super::tables::Results;
use super::words::{DRAWN, Drawn, bare_value, parameter, value_of};
use super::{Point, Sweep};
use crate::page::{CHARTS, PageError, STYLE, escape, fill, script_json};

const TEMPLATE: &str = include_str!("../../assets/sweep.html");
const SCRIPT: &str = include_str!("../../assets/sweep.js");

/// Everything that is drawn.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    /// What the horizontal axis shows.
    pub(super) x: String,
    pub(super) logarithmic: bool,
    /// The names along the horizontal axis when it has no numbers; places are counted from 0.
    pub(super) categories: Option<Vec<String>>,
    pub(super) charts: Vec<Chart>,
}

/// The means of one indicator.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    pub(super) heading: String,
    pub(super) title: String,
    /// What its values are stated in.
    pub(super) unit: &'static str,
    pub(super) lines: Vec<Line>,
    #[serde(skip)]
    pub(super) differences: Vec<Difference>,
}

/// One combination of the other parameters.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) name: String,
    /// X, the mean, and the 95 % interval where there are several runs.
    pub(super) points: Vec<(f64, f64, Option<f64>, Option<f64>)>,
    /// X and what theory says.
    pub(super) law: Vec<(f64, f64)>,
}

/// How two points differ, seed by seed.
#[derive(Debug)]
pub(super) struct Difference {
    /// Where both points are alike.
    pub(super) at: String,
    /// The values in which they differ, the later first.
    pub(super) values: [String; 2],
    pub(super) mean: f64,
    pub(super) half_width: Option<f64>,
    /// How likely as many differences of one sign are without any difference.
    pub(super) sign_test: f64,
}

/// The page with the figures of a finished sweep.
pub(super) fn page(sweep: &Sweep, results: &Results<'_>) -> Result<String, PageError> {
    let figures = figures(sweep, results);
    let data = script_json(&figures)?;
    fill(TEMPLATE, |marker| {
        Some(match marker {
            "style" => STYLE.to_owned(),
            "scripts" => {
                [CHARTS, SCRIPT].map(|script| format!("<script>{script}</script>\n")).concat()
            }
            "data" => data.clone(),
            "title" => escape(&sweep.name),
            "subtitle" => escape(&sweep.description),
            "sections" => sections(&figures),
            _ => return None,
        })
    })
}

pub(super) fn figures(sweep: &Sweep, results: &Results<'_>) -> Figures {
    let x = Horizontal::of(sweep);
    Figures {
        x: x.name(sweep),
        logarithmic: x.is_wide(sweep),
        categories: x.categories(sweep),
        // What the sweep asks for comes before what every sweep shows.
        charts: of_scripts(sweep, results)
            .iter()
            .chain(&DRAWN)
            .filter_map(|drawn| chart(sweep, results, &x, drawn))
            .collect(),
    }
}

/// The figures of scripts that the sweep names.
fn of_scripts(sweep: &Sweep, results: &Results<'_>) -> Vec<Drawn> {
    let columns = results.first().and_then(|(_, result)| result.rows.first());
    let columns = columns.map_or(&[][..], |row| &row.figures);
    sweep
        .figures
        .iter()
        .zip(columns)
        .map(|(figure, (column, _))| Drawn::of_script(figure, column))
        .collect()
}

fn chart(sweep: &Sweep, results: &Results<'_>, x: &Horizontal, drawn: &Drawn) -> Option<Chart> {
    let mut lines = lines(sweep, results, x, drawn);
    let first = lines.first().and_then(|line| line.points.first()).map(|point| point.1);
    // What is the same at every point is in the table of the sweep.
    if lines.iter().all(|line| line.points.iter().all(|point| Some(point.1) == first)) {
        return None;
    }
    let sizes = lines
        .iter()
        .flat_map(|line| line.points.iter().map(|point| point.3.unwrap_or(point.1).abs()));
    let (unit, divisor) = drawn.unit.scaled(sizes.fold(0.0, f64::max));
    for line in &mut lines {
        for (_, mean, low, high) in &mut line.points {
            *mean /= divisor;
            *low = low.map(|low| low / divisor);
            *high = high.map(|high| high / divisor);
        }
    }
    let differences = differences(sweep, results, x, &drawn.indicator, divisor);
    let (heading, title) = (drawn.heading.to_string(), drawn.title.to_string());
    Some(Chart { heading, title, unit, lines, differences })
}

/// The parameter along the horizontal axis: the one that is stated, else the level of liquidity,
/// else the first that is a number, else the first that takes several values.
pub(super) enum Horizontal {
    Level,
    Axis(usize),
    Names(usize),
    Point,
}

impl Horizontal {
    fn of(sweep: &Sweep) -> Self {
        if let Some(place) = sweep.horizontal {
            let values = &sweep.axes[place].values;
            let numbers = values.iter().all(|value| number(value).is_some());
            return if numbers { Self::Axis(place) } else { Self::Names(place) };
        }
        if sweep.levels.is_some() {
            return Self::Level;
        }
        let several = |axis: &super::Axis| axis.values.len() > 1;
        let numbers = |axis: &super::Axis| {
            several(axis) && axis.values.iter().all(|value| number(value).is_some())
        };
        let of_numbers = sweep.axes.iter().position(numbers).map(Self::Axis);
        of_numbers
            .or_else(|| sweep.axes.iter().position(several).map(Self::Names))
            .unwrap_or(Self::Point)
    }

    fn name(&self, sweep: &Sweep) -> String {
        match self {
            Self::Level => parameter("liquidity_level"),
            Self::Axis(place) | Self::Names(place) => parameter(&sweep.axes[*place].key),
            Self::Point => "point".to_owned(),
        }
    }

    fn categories(&self, sweep: &Sweep) -> Option<Vec<String>> {
        let Self::Names(place) = self else { return None };
        Some(sweep.axes[*place].values.iter().map(bare_value).collect())
    }

    /// Whether the values span so much that logarithmic axes show a power law as a line.
    fn is_wide(&self, sweep: &Sweep) -> bool {
        let Self::Axis(place) = self else { return false };
        let values: Vec<f64> = sweep.axes[*place].values.iter().filter_map(number).collect();
        let (least, most) = values.iter().fold((f64::MAX, 0.0_f64), |(least, most), value| {
            (least.min(*value), most.max(*value))
        });
        least > 0.0 && most / least >= 8.0
    }

    fn value(&self, sweep: &Sweep, point: &Point) -> Option<f64> {
        match self {
            Self::Level => point.level.and_then(|level| level.to_string().parse().ok()),
            Self::Axis(place) => number(&point.values[*place]),
            Self::Names(place) => {
                let found = sweep.axes[*place]
                    .values
                    .iter()
                    .position(|value| *value == point.values[*place]);
                found.map(|place| place as f64)
            }
            Self::Point => Some(point.index as f64),
        }
    }

    fn is(&self, differs: Differs) -> bool {
        match (self, differs) {
            (Self::Level, Differs::Level) => true,
            (Self::Axis(own) | Self::Names(own), Differs::Axis(place)) => *own == place,
            (Self::Level | Self::Axis(_) | Self::Names(_) | Self::Point, _) => false,
        }
    }

    /// The other parameters of a point, in words.
    fn others(&self, sweep: &Sweep, point: &Point) -> String {
        let shown = |(place, axis): (usize, &super::Axis)| {
            let other = !self.is(Differs::Axis(place)) && axis.values.len() > 1;
            other.then(|| value_of(&axis.key, &point.values[place]))
        };
        let level = point.level.filter(|_| !matches!(self, Self::Level));
        let level = level.map(|level| format!("level {level}"));
        let parts: Vec<_> = sweep.axes.iter().enumerate().filter_map(shown).chain(level).collect();
        if parts.is_empty() { "mean over seeds".to_owned() } else { parts.join(", ") }
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
}

fn lines(sweep: &Sweep, results: &Results<'_>, x: &Horizontal, drawn: &Drawn) -> Vec<Line> {
    let mut order = Vec::new();
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    for (point, result) in results {
        let mean = |name: &str| estimate(result, name);
        let (Some(at), Some(estimate)) = (x.value(sweep, point), mean(&drawn.indicator)) else {
            continue;
        };
        let name = x.others(sweep, point);
        let line = lines.entry(name.clone()).or_insert_with(|| {
            order.push(name.clone());
            Line { name, points: Vec::new(), law: Vec::new() }
        });
        let bound =
            |sign: f64| estimate.half_width.map(|half_width| estimate.mean + sign * half_width);
        line.points.push((at, estimate.mean, bound(-1.0), bound(1.0)));
        line.law.extend(drawn.law.and_then(mean).map(|law| (at, law.mean)));
    }
    order.iter().filter_map(|name| lines.remove(name)).collect()
}

fn estimate(result: &PointResult, indicator: &str) -> Option<Estimate> {
    Estimate::of(&result.rows.iter().filter_map(|row| row.number(indicator)).collect::<Vec<_>>())
}

/// How the lines differ from the first at each place of the horizontal axis; of a single line, how
/// each of its points differs from the one before.
fn differences(
    sweep: &Sweep,
    results: &Results<'_>,
    x: &Horizontal,
    indicator: &str,
    divisor: f64,
) -> Vec<Difference> {
    let all = pairs(sweep, results);
    let along_lines = |pair: &&Pair| x.is(pair.axis);
    let first_of = |axis: Differs| match axis {
        Differs::Axis(place) => sweep.axes[place].values.first().map(super::tables::plain),
        Differs::Level => None,
    };
    let from_the_first = |pair: &&Pair| {
        !x.is(pair.axis)
            && first_of(pair.axis)
                == Some(super::paired::value_text(results[pair.other].0, pair.axis))
    };
    let mut chosen: Vec<Pair> = all.iter().filter(from_the_first).copied().collect();
    if chosen.is_empty() {
        // Numbers have neighbours; names are compared with the first.
        let names = matches!(x, Horizontal::Names(_));
        let nearest = |pair: &&Pair| {
            let rivals = |one: &&Pair| one.point == pair.point;
            !all.iter()
                .filter(rivals)
                // Each point has one rival: the nearest number before it, or the first name.
                .any(|one| if names { one.other < pair.other } else { one.other > pair.other })
        };
        chosen = all.iter().filter(along_lines).filter(nearest).copied().collect();
    }
    let difference = |pair: Pair| {
        let (found, test) = pair.difference(results, indicator)?;
        let (point, other) = (results[pair.point].0, results[pair.other].0);
        let value = |point: &Point| match pair.axis {
            Differs::Axis(place) => value_of(&sweep.axes[place].key, &point.values[place]),
            Differs::Level => super::paired::value_text(point, pair.axis),
        };
        let half_width = found.half_width.map(|half_width| half_width / divisor);
        let at = alike(sweep, x, point, pair.axis);
        Some(Difference {
            at,
            values: [value(point), value(other)],
            mean: found.mean / divisor,
            half_width,
            sign_test: test.probability,
        })
    };
    chosen.into_iter().filter_map(difference).collect()
}

/// The parameters in which two points do not differ, in words.
fn alike(sweep: &Sweep, x: &Horizontal, point: &Point, differs: Differs) -> String {
    let shown = |(place, axis): (usize, &super::Axis)| {
        let other = Differs::Axis(place) != differs && axis.values.len() > 1;
        other.then(|| value_of(&axis.key, &point.values[place]))
    };
    let level =
        point.level.filter(|_| !matches!(x, Horizontal::Level) || differs != Differs::Level);
    let level = level.map(|level| format!("level {level}"));
    let parts: Vec<_> = sweep.axes.iter().enumerate().filter_map(shown).chain(level).collect();
    if parts.is_empty() { "all else equal".to_owned() } else { parts.join(", ") }
}
