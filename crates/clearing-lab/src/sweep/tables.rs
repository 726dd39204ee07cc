//! The tables of a finished sweep: a row per run, and the means per point.

use std::path::PathBuf;

use toml::Value;

use super::figure;
use super::paired::{Pair, pairs, value_text};
use super::row::{MeasureKind, PointResult, Row, indicators};
use super::statistics::{Estimate, SignTest};
use super::store::Store;
use super::{Point, Sweep, SweepError};
use crate::table::Cells;

/// Puts the files of all points together and gives the path of the table.
pub(super) fn write(sweep: &Sweep, points: &[Point], store: &Store) -> Result<PathBuf, SweepError> {
    let mut results = Vec::with_capacity(points.len());
    for point in points {
        results.extend(store.read(point.index)?.map(|result| (point, result)));
    }
    let runs = runs(sweep, &results);
    let path = store.path("sweep.parquet");
    Cells::write_parquet(&path, "sweep", &runs)?;
    Cells::write_csv(&store.path("sweep.csv"), &runs)?;
    Cells::write_csv(&store.path("summary.csv"), &summary(sweep, &results))?;
    Cells::write_csv(&store.path("differences.csv"), &differences(sweep, &results))?;
    let figures = store.path("figures.html");
    let page = figure::page(sweep, &results);
    let page = page.map_err(|error| SweepError::PointFile {
        path: figures.clone(),
        message: error.to_string(),
    })?;
    store.replace_file(&figures, page.as_bytes())?;
    Ok(path)
}

pub(super) type Results<'a> = [(&'a Point, PointResult)];

/// A row per point and seed.
fn runs(sweep: &Sweep, results: &Results<'_>) -> Vec<Cells> {
    let rows: Vec<(&Point, &Row)> = results
        .iter()
        .flat_map(|(point, result)| result.rows.iter().map(|row| (*point, row)))
        .collect();
    let points: Vec<&Point> = rows.iter().map(|(point, _)| *point).collect();
    let text = |name, of: fn(&Row) -> &String| {
        Cells::texts(name, rows.iter().map(|(_, row)| of(row).clone()))
    };
    let mut columns = vec![
        Cells::integers("point", points.iter().map(|point| integer(point.index))),
        text("run_id", |row| &row.run_id),
        Cells::integers("seed", rows.iter().map(|(_, row)| i64::try_from(row.seed).ok())),
        text("scenario", |row| &row.scenario),
        text("algorithm", |row| &row.algorithm),
    ];
    columns.extend(parameters(sweep, &points));
    columns.extend(all_indicators(results).iter().map(|(name, kind)| match kind {
        MeasureKind::Integer => {
            Cells::integers(name, rows.iter().map(|(_, row)| row.integer(name)))
        }
        MeasureKind::Number => Cells::numbers(name, rows.iter().map(|(_, row)| row.number(name))),
    }));
    columns.push(text("digest", |row| &row.digest));
    columns
}

/// A row per point and indicator.
fn summary(sweep: &Sweep, results: &Results<'_>) -> Vec<Cells> {
    let indicators = all_indicators(results);
    let mut estimates = Vec::new();
    for (point, result) in results {
        for (name, _) in &indicators {
            let sample: Vec<_> = result.rows.iter().filter_map(|row| row.number(name)).collect();
            estimates.push((*point, name, Estimate::of(&sample)));
        }
    }
    let points: Vec<&Point> = estimates.iter().map(|(point, _, _)| *point).collect();
    let mut columns =
        vec![Cells::integers("point", points.iter().map(|point| integer(point.index)))];
    columns.extend(parameters(sweep, &points));
    columns.push(Cells::texts("indicator", estimates.iter().map(|(_, name, _)| (*name).clone())));
    columns
        .extend(estimated(&estimates.iter().map(|(_, _, estimate)| *estimate).collect::<Vec<_>>()));
    columns
}

/// A row per indicator and two points that differ in one parameter: the paired difference, seed by
/// seed.
fn differences(sweep: &Sweep, results: &Results<'_>) -> Vec<Cells> {
    let indicators = all_indicators(results);
    let mut rows = Vec::new();
    for pair in pairs(sweep, results) {
        for (name, _) in &indicators {
            rows.push((pair, name, pair.difference(results, name)));
        }
    }
    let of = |end: fn(&Pair) -> usize| {
        rows.iter().map(move |(pair, _, _)| integer(results[end(pair)].0.index))
    };
    let key = |pair: &Pair| pair.key(sweep).to_owned();
    let value = |(pair, _, _): &(Pair, _, _), place: usize| value_text(results[place].0, pair.axis);
    let mut columns = vec![
        Cells::integers("point", of(|pair| pair.point)),
        Cells::integers("other_point", of(|pair| pair.other)),
        Cells::texts("parameter", rows.iter().map(|(pair, _, _)| key(pair))),
        Cells::texts("value", rows.iter().map(|row| value(row, row.0.point))),
        Cells::texts("other_value", rows.iter().map(|row| value(row, row.0.other))),
        Cells::texts("indicator", rows.iter().map(|(_, name, _)| (*name).clone())),
    ];
    let estimate = |found: &Option<(Estimate, SignTest)>| found.map(|(estimate, _)| estimate);
    columns
        .extend(estimated(&rows.iter().map(|(_, _, found)| estimate(found)).collect::<Vec<_>>()));
    let test = |of: fn(&SignTest) -> usize| {
        let count = move |found: &Option<(Estimate, SignTest)>| integer(of(&found.as_ref()?.1));
        rows.iter().map(move |(_, _, found)| count(found))
    };
    columns.push(Cells::integers("above", test(|test| test.above)));
    columns.push(Cells::integers("below", test(|test| test.below)));
    let probability = |found: &Option<(Estimate, SignTest)>| Some(found.as_ref()?.1.probability);
    let probabilities = rows.iter().map(|(_, _, found)| probability(found));
    columns.push(Cells::numbers("sign_test", probabilities));
    columns
}

/// How many runs there are, their mean, and how sure it is.
fn estimated(estimates: &[Option<Estimate>]) -> [Cells; 5] {
    let number = |name, of: fn(&Estimate) -> Option<f64>| {
        Cells::numbers(name, estimates.iter().map(move |estimate| of(estimate.as_ref()?)))
    };
    [
        Cells::integers(
            "runs",
            estimates.iter().map(|one| integer(one.map_or(0, |one| one.count))),
        ),
        number("mean", |estimate| Some(estimate.mean)),
        number("standard_deviation", |estimate| estimate.deviation),
        number("low_95", |estimate| Some(estimate.mean - estimate.half_width?)),
        number("high_95", |estimate| Some(estimate.mean + estimate.half_width?)),
    ]
}

fn all_indicators(results: &Results<'_>) -> Vec<(String, MeasureKind)> {
    indicators(results.iter().flat_map(|(_, result)| &result.rows))
}

/// The parameters of points, a column each, and the level when there are levels.
fn parameters(sweep: &Sweep, points: &[&Point]) -> Vec<Cells> {
    let parameter = |(place, axis): (usize, &super::Axis)| {
        let values = points.iter().map(move |point| &point.values[place]);
        let is_float = |value: &Value| value.is_integer() || value.is_float();
        // A column has one type; whole numbers among others are numbers, and anything among text is
        // text.
        if axis.values.iter().all(Value::is_integer) {
            Cells::integers(&axis.key, values.map(Value::as_integer))
        } else if axis.values.iter().all(is_float) {
            let float = |value: &Value| {
                value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
            };
            Cells::numbers(&axis.key, values.map(float))
        } else {
            Cells::texts(&axis.key, values.map(plain))
        }
    };
    let mut columns: Vec<_> = sweep.axes.iter().enumerate().map(parameter).collect();
    if sweep.levels.is_some() {
        let level = |point: &&Point| point.level.and_then(|level| level.to_string().parse().ok());
        columns.push(Cells::numbers("liquidity_level", points.iter().map(level)));
    }
    columns
}

/// A value without the quotes of text.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn integer(number: usize) -> Option<i64> {
    i64::try_from(number).ok()
}
