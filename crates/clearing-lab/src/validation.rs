//! The tables of docs/validation.md against the program.

mod behaviour;

use std::path::PathBuf;

use clearing_domain::money::Position;
use serde_json::Value;

use crate::resolve::Case;

/// The algorithms of the table of cases, in its order.
const COLUMNS: [&str; 6] =
    ["gross_fifo", "gross_bypass", "all_or_nothing", "bilateral_offset", "partial_net", "optimal"];

fn at_top(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn yuan(text: &Value) -> Position {
    text.as_str()
        .unwrap()
        .parse::<rust_decimal::Decimal>()
        .map(|yuan| Position::from_fen(fen(yuan)))
        .unwrap()
}

fn fen(yuan: rust_decimal::Decimal) -> i64 {
    i64::try_from(yuan * rust_decimal::Decimal::ONE_HUNDRED).unwrap()
}

/// The value that a case expects an algorithm to settle.
fn expected(file: &Value, algorithm: &str) -> Option<Position> {
    let expected = &file["expect"][algorithm];
    let settled = || {
        let ids = expected["settled"].as_array()?;
        let payments =
            file["payments"].as_array()?.iter().filter(|payment| ids.contains(&payment["id"]));
        Some(payments.map(|payment| yuan(&payment["value"])).sum())
    };
    expected.get("settled_value").map(yuan).or_else(settled)
}

/// One row of the table of cases: expected beside settled, and how often they differ.
fn row(path: PathBuf) -> String {
    let (file, case) = (json(path.clone()), Case::read(&path).unwrap());
    let mut differences = 0;
    let mut cell = |algorithm: &str| {
        let settled = case.resolve(algorithm.parse().unwrap()).unwrap().settled_value;
        let expected =
            expected(&file, algorithm).map(|value| value.to_decimal().normalize().to_string());
        differences += usize::from(expected.as_ref().is_some_and(|expected| *expected != settled));
        format!("{} / {settled}", expected.as_deref().unwrap_or("–"))
    };
    let cells = COLUMNS.map(&mut cell).join(" | ");
    format!("| {} | {cells} | {differences} |", file["name"].as_str().unwrap())
}

#[track_caller]
fn holds(rows: &[String]) {
    let text = std::fs::read_to_string(at_top("docs/validation.md")).unwrap();
    let missing: Vec<_> = rows
        .iter()
        .filter(|row| !text.lines().any(|line| line == *row))
        .map(String::as_str)
        .collect();
    assert!(missing.is_empty(), "docs/validation.md lacks\n{}", missing.join("\n"));
}

#[test]
fn the_table_of_cases_is_what_resolve_gives() {
    let entries = std::fs::read_dir(at_top("tests/cases/settlement")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    holds(&paths.into_iter().map(row).collect::<Vec<_>>());
}

#[test]
fn the_table_of_delays_is_that_of_the_case_which_is_tested() {
    let file = json(at_top("tests/cases/indicators/liquidity-delay-three-banks.json"));
    let row = |level: &Value| {
        let figure = |key: &str| format!("{:.4}", level[key].as_f64().unwrap());
        let [fifo, bypass, net] =
            ["gross_fifo", "gross_bypass", "gross_fifo_with_partial_net"].map(figure);
        format!("| {:.1} | {fifo} | {bypass} | {net} |", level["liquidity_level"].as_f64().unwrap())
    };
    holds(
        &file["expect"]["delay_indicator"].as_array().unwrap().iter().map(row).collect::<Vec<_>>(),
    );
}
