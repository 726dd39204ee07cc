//! What the documents name exists: every indicator is a key of a command or of results.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::indicators::{Hours, PaymentDay, QueueAlgorithm, Report, Study};
use crate::payment_list::Reading;

const INDICATORS: &str = include_str!("../../../docs/indicators.md");
const RESULTS: &str = include_str!("../../../docs/results.md");
const SWEEPS: &str = include_str!("../../../docs/sweeps.md");
const OTHERS: [(&str, &str); 9] = [
    ("README.md", include_str!("../../../README.md")),
    ("docs/faults.md", include_str!("../../../docs/faults.md")),
    ("docs/indicators.md", INDICATORS),
    ("docs/model.md", include_str!("../../../docs/model.md")),
    ("docs/resolve.md", include_str!("../../../docs/resolve.md")),
    ("docs/results.md", RESULTS),
    ("docs/settlement.md", include_str!("../../../docs/settlement.md")),
    ("docs/sweeps.md", SWEEPS),
    ("docs/validation.md", include_str!("../../../docs/validation.md")),
];

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
    let study = Study { levels, algorithms: QueueAlgorithm::ALL.to_vec(), all: true };
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
