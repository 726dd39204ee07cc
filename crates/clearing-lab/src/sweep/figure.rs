//! The figures of a sweep: means of indicators against one parameter, a line for each of the others.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use toml::Value;

use super::row::PointResult;
use super::statistics::Estimate;
use super::{Point, Sweep};
use crate::report::{CHARTS, STYLE, escape, fill, script_json};

const TEMPLATE: &str = include_str!("../../assets/sweep.html");
const SCRIPT: &str = include_str!("../../assets/sweep.js");

/// The indicators that are drawn when they have values, with what they are called and a law beside.
const DRAWN: [(&str, &str, Option<&str>); 6] = [
    ("delay_indicator", "Delay indicator: 0 when nothing waits, 1 when all waits for the close", None),
    ("total_cost", "Cost of liquidity and delay, in yuan", None),
    ("unsettled_fen", "Value that never settled, in fen", None),
    ("refused", "Payments refused", None),
    ("turnover_ratio", "Turnover ratio: value over the liquidity that settles all at once", None),
    (
        "cycle_netting_ratio",
        "Multilateral netting ratio of cycles; dashed: the square-root law",
        Some("square_root_law"),
    ),
];

/// Everything that is drawn.
#[derive(Debug, Serialize)]
struct Figures {
    x: String,
    logarithmic: bool,
    charts: Vec<Chart>,
}

/// The means of one indicator.
#[derive(Debug, Serialize)]
struct Chart {
    indicator: &'static str,
    title: &'static str,
    lines: Vec<Line>,
}

/// One combination of the other parameters.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    /// X, the mean, and the 95 % interval where there are several runs.
    points: Vec<(f64, f64, Option<f64>, Option<f64>)>,
    /// X and what theory says.
    law: Vec<(f64, f64)>,
}

/// The page with the figures of a finished sweep.
pub(super) fn page(sweep: &Sweep, results: &[(&Point, PointResult)]) -> Result<String, serde_json::Error> {
    let figures = figures(sweep, results);
    let data = script_json(&figures)?;
    Ok(fill(TEMPLATE, |marker| match marker {
        "style" => STYLE.to_owned(),
        "scripts" => [CHARTS, SCRIPT].map(|script| format!("<script>{script}</script>\n")).concat(),
        "data" => data.clone(),
        "title" => escape(&sweep.name),
        "subtitle" => escape(&sweep.description),
        _ => sections(&figures),
    }))
}

fn figures(sweep: &Sweep, results: &[(&Point, PointResult)]) -> Figures {
    let x = Horizontal::of(sweep);
    let chart = |(indicator, title, law): &(&'static str, &'static str, Option<&str>)| {
        let lines = lines(sweep, results, &x, indicator, *law);
        // What does not depend on the parameter is in the table of the sweep.
        let varies = lines.iter().any(|line| line.points.windows(2).any(|pair| pair[0].1 != pair[1].1));
        varies.then_some(Chart { indicator, title, lines })
    };
    Figures { x: x.name(sweep), logarithmic: x.is_wide(sweep), charts: DRAWN.iter().filter_map(chart).collect() }
}

/// The parameter along the horizontal axis: the level of liquidity, else the first that is a number.
enum Horizontal {
    Level,
    Axis(usize),
    Point,
}

impl Horizontal {
    fn of(sweep: &Sweep) -> Self {
        if sweep.levels.is_some() {
            return Self::Level;
        }
        let numbers =
            |axis: &super::Axis| axis.values.len() > 1 && axis.values.iter().all(|value| number(value).is_some());
        sweep.axes.iter().position(numbers).map_or(Self::Point, Self::Axis)
    }

    fn name(&self, sweep: &Sweep) -> String {
        match self {
            Self::Level => "liquidity level".to_owned(),
            Self::Axis(place) => sweep.axes[*place].key.clone(),
            Self::Point => "point".to_owned(),
        }
    }

    /// Whether the values span so much that logarithmic axes show a power law as a line.
    fn is_wide(&self, sweep: &Sweep) -> bool {
        let Self::Axis(place) = self else { return false };
        let values: Vec<f64> = sweep.axes[*place].values.iter().filter_map(number).collect();
        let (least, most) =
            values.iter().fold((f64::MAX, 0.0_f64), |(least, most), value| (least.min(*value), most.max(*value)));
        least > 0.0 && most / least >= 8.0
    }

    fn value(&self, point: &Point) -> Option<f64> {
        match self {
            Self::Level => point.level.and_then(|level| level.to_string().parse().ok()),
            Self::Axis(place) => number(&point.values[*place]),
            Self::Point => Some(point.index as f64),
        }
    }

    /// The other parameters of a point, in words.
    fn others(&self, sweep: &Sweep, point: &Point) -> String {
        let own = if let Self::Axis(place) = self { Some(*place) } else { None };
        let shown = |(place, axis): (usize, &super::Axis)| {
            let value = point.values[place].as_str().map_or_else(|| point.values[place].to_string(), str::to_owned);
            let name = axis.key.rsplit('.').next().unwrap_or(&axis.key);
            (Some(place) != own && axis.values.len() > 1).then(|| format!("{name} {value}"))
        };
        let parts: Vec<_> = sweep.axes.iter().enumerate().filter_map(shown).collect();
        if parts.is_empty() { sweep.name.clone() } else { parts.join(", ") }
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
}

fn lines(
    sweep: &Sweep,
    results: &[(&Point, PointResult)],
    x: &Horizontal,
    indicator: &str,
    law: Option<&str>,
) -> Vec<Line> {
    let mut order = Vec::new();
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    for (point, result) in results {
        let mean =
            |name: &str| Estimate::of(&result.rows.iter().filter_map(|row| row.number(name)).collect::<Vec<_>>());
        let (Some(at), Some(estimate)) = (x.value(point), mean(indicator)) else { continue };
        let name = x.others(sweep, point);
        let line = lines.entry(name.clone()).or_insert_with(|| {
            order.push(name.clone());
            Line { name, points: Vec::new(), law: Vec::new() }
        });
        let bound = |sign: f64| estimate.half_width.map(|half_width| estimate.mean + sign * half_width);
        line.points.push((at, estimate.mean, bound(-1.0), bound(1.0)));
        line.law.extend(law.and_then(mean).map(|law| (at, law.mean)));
    }
    order.iter().filter_map(|name| lines.remove(name)).collect()
}

/// A chart and a table for each indicator.
fn sections(figures: &Figures) -> String {
    figures.charts.iter().enumerate().fold(String::new(), |mut html, (place, chart)| {
        let title = escape(chart.title);
        let _ = write!(
            html,
            "<section>\n<h2>{}</h2>\n<figure>\n<figcaption>{title}</figcaption>\n<div class=\"chart\" data-chart=\"{place}\"></div>\n\
             </figure>\n{}</section>\n",
            escape(chart.indicator),
            table(figures, chart)
        );
        html
    })
}

fn table(figures: &Figures, chart: &Chart) -> String {
    let mut html = format!(
        "<div class=\"scroll\"><table><caption>Means over seeds, with half the 95 % interval</caption>\n<thead><tr><th scope=\"col\">{}</th>",
        escape(&figures.x)
    );
    for line in &chart.lines {
        let _ = write!(html, "<th scope=\"col\" class=\"number\">{}</th>", escape(&line.name));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    let mut values: Vec<f64> = chart.lines.iter().flat_map(|line| line.points.iter().map(|point| point.0)).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    for x in values {
        let _ = write!(html, "<tr><th scope=\"row\">{x}</th>");
        for line in &chart.lines {
            let cell = line.points.iter().find(|point| point.0 == x).map_or_else(String::new, cell);
            let _ = write!(html, "<td class=\"number\">{cell}</td>");
        }
        html.push_str("</tr>\n");
    }
    html + "</tbody></table></div>\n"
}

fn cell((_, mean, _, high): &(f64, f64, Option<f64>, Option<f64>)) -> String {
    let digits = if mean.abs() < 10.0 { 4 } else { 0 };
    let half_width = high.map(|high| format!(" ± {:.digits$}", high - mean)).unwrap_or_default();
    format!("{mean:.digits$}{half_width}")
}
