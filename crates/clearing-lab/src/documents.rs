//! What the documents name exists: every indicator is a key of a command or of results.

use std::collections::BTreeSet;

use clearing_config::Key;
use serde_json::Value;

use crate::experiment::all_keys;
use crate::indicators::{Hours, PaymentDay, QueueAlgorithm, Report, Study};
use crate::payment_list::Reading;
use crate::sweep::SWEEP_KEYS;

const INDICATORS: &str = include_str!("../../../docs/indicators.md");
const RESULTS: &str = include_str!("../../../docs/results.md");
const SWEEPS: &str = include_str!("../../../docs/sweeps.md");
const OTHERS: [(&str, &str); 10] = [
    ("README.md", include_str!("../../../README.md")),
    ("docs/faults.md", include_str!("../../../docs/faults.md")),
    ("docs/indicators.md", INDICATORS),
    ("docs/model.md", include_str!("../../../docs/model.md")),
    ("docs/resolve.md", include_str!("../../../docs/resolve.md")),
    ("docs/results.md", RESULTS),
    ("docs/settlement.md", include_str!("../../../docs/settlement.md")),
    ("docs/sweeps.md", SWEEPS),
    ("docs/treasury.md", include_str!("../../../docs/treasury.md")),
    ("docs/validation.md", include_str!("../../../docs/validation.md")),
];

/// What every path of a key starts with, in documents.
const TABLES: [&str; 4] = ["cluster.", "workload.", "liquidity.", "cost."];

/// The texts between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// What is between backticks in the first cell of each row of the tables.
fn first_cells(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).flat_map(quoted)
}

/// Every key of a JSON value, at any depth.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The keys that `clearing indicators --all` prints.
fn printed() -> BTreeSet<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let case = include_str!("../../../tests/cases/indicators/liquidity-delay-three-banks.json");
    std::fs::write(file.path(), case).unwrap();
    let day = PaymentDay::read(file.path(), &Hours { open: None, close: None }, Reading::default())
        .unwrap();
    let levels = [rust_decimal::Decimal::ZERO, rust_decimal::Decimal::ONE].to_vec();
    let study = Study { levels, algorithms: QueueAlgorithm::ALL.to_vec(), all: true, days: true };
    let mut found = BTreeSet::new();
    keys(&serde_json::to_value(Report::new(&day, &study).unwrap()).unwrap(), &mut found);
    found
}

/// The keys of `summary.json`, and the columns of each table by the name of the table; that they
/// are those of a run is another test's.
fn of_results() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for section in RESULTS.split("\n## ") {
        let heading = section.lines().next().unwrap_or_default();
        let table =
            heading.strip_suffix(".parquet").map(|table| format!("{table}.")).unwrap_or_default();
        found.extend(first_cells(section).map(|name| format!("{table}{name}")));
    }
    found
}

#[test]
fn every_indicator_of_its_document_is_a_key() {
    let (of_payments, of_runs) = INDICATORS.split_once("Only in the results of runs").unwrap();
    let (printed, results) = (printed(), of_results());
    let named: Vec<_> = first_cells(of_payments).collect();
    assert!(named.len() > 30, "{named:?}");
    for key in named {
        assert!(printed.contains(key), "clearing indicators --all prints no {key}");
    }
    let named: Vec<_> = first_cells(of_runs).collect();
    assert!(named.len() > 15, "{named:?}");
    for key in named {
        assert!(results.contains(key), "no key and no column of results is {key}");
    }
    // Every row names its key: nothing is an indicator that nobody can read off.
    let nameless = |line: &&str| {
        line.starts_with("| ") && !line.starts_with("| `") && !line.starts_with("| key |")
    };
    assert_eq!(INDICATORS.lines().filter(nameless).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn what_looks_like_an_indicator_in_any_document_exists() {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let mut known: BTreeSet<String> = printed();
    known.extend(of_results().iter().map(|name| last(name)));
    known.extend(first_cells(SWEEPS).map(last));
    let ends = [
        "_fen",
        "_ratio",
        "_indicator",
        "_utilisation",
        "_headroom",
        "_reciprocity",
        "_deficiency",
    ];
    let mut seen = 0;
    for (document, text) in OTHERS {
        for name in
            quoted(text).filter(|name| ends.iter().any(|end| name.ends_with(end) && *name != *end))
        {
            let is_name = name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "_.[]".contains(letter));
            if is_name {
                seen += 1;
                assert!(known.contains(&last(name)), "{document} names {name}, which is nowhere");
            }
        }
    }
    assert!(seen > 150, "{seen}");
}

/// Whether a path is a key or a table of keys. Below `cluster.operators` it names an operator.
fn is_declared(path: &str) -> bool {
    let operator = path.strip_prefix("cluster.operators.").map(|rest| match rest.split_once('.') {
        Some((_, key)) => format!("cluster.operators[].{key}"),
        None => "cluster.operators[]".to_owned(),
    });
    let path = operator.as_deref().unwrap_or(path);
    let within =
        |key: &Key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
    let keys = [all_keys(), SWEEP_KEYS.clone()].concat();
    keys.iter().any(|key| key.path == path || within(key))
}

#[test]
fn a_key_of_an_operator_is_declared_under_its_name() {
    for path in ["cluster.operators", "cluster.operators.ICBC", "cluster.operators.ICBC.cap"] {
        assert!(is_declared(path), "{path}");
    }
    for path in ["cluster.operators.ICBC.cape", "cluster.operators.cap.", "cluster.operator"] {
        assert!(!is_declared(path), "{path}");
    }
}

#[test]
fn every_key_that_a_document_names_is_declared() {
    let mut seen = 0;
    for (document, text) in OTHERS {
        for name in quoted(text).filter(|name| TABLES.iter().any(|table| name.starts_with(table))) {
            // A key may stand with a value.
            let path = name.split([' ', '=']).next().unwrap_or(name);
            seen += 1;
            assert!(is_declared(path), "{document} names {path}, which is no key");
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_kinds_of_faults_are_those_of_their_document() {
    let kind = all_keys().into_iter().find(|key| key.path == "fault[].kind").unwrap();
    let text = OTHERS.iter().find(|(name, _)| *name == "docs/faults.md").unwrap().1;
    let (_, kinds) = text.split_once("\n## Kinds\n").unwrap();
    let table = kinds.trim_start().split("\n\n").next().unwrap();
    let mut documented: Vec<_> = first_cells(table).collect();
    let mut declared: Vec<_> = kind.range.split(" | ").collect();
    documented.sort_unstable();
    declared.sort_unstable();
    assert_eq!(documented, declared);
}
