//! Ledgers against the calculator.

use clearing_node::ProgramError as _;
use std::path::Path;

use clearing_domain::netting::Algorithm;
use serde_json::json;

use super::*;

/// What the ledgers make of a case by every algorithm they run is what the calculator makes of it.
fn check_ledgers(path: &Path, look_ahead: usize) -> usize {
    let case = Case::read(path).unwrap();
    let run = |algorithm: &Algorithm| {
        let algorithm = algorithm.looking_ahead(look_ahead);
        let on_ledgers = LedgerCase::new(&case, algorithm).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let found = runtime.block_on(on_ledgers.in_process()).unwrap();
        assert_eq!(found, case.resolve(algorithm).unwrap(), "{}", path.display());
    };
    Algorithm::ALL.iter().for_each(run);
    Algorithm::ALL.len()
}

#[test]
fn ledgers_settle_of_every_published_case_what_the_calculator_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/settlement");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let checked: usize = files.map(|path| check_ledgers(&path, 10) + check_ledgers(&path, 1)).sum();
    assert!(checked >= 18 * 10 * 2, "{checked}");
}

#[test]
fn credit_levels_and_strange_names_are_the_same_on_ledgers() {
    let text = r#"{"participants": [{"id": "zoë & co, the very long name of a bank", "balance": "0", "credit": "4.50"},
        {"id": "B", "balance": "10"}, {"id": "-", "balance": "0"}], "payments": [
        {"id": "T1", "from": "B", "to": "-", "value": "12"},
        {"id": "T2", "from": "B", "to": "-", "value": "7", "priority": "urgent"},
        {"id": "T3", "from": "zoë & co, the very long name of a bank", "to": "B", "value": "4.50"}]}"#;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    check_ledgers(file.path(), 10);
}

#[test]
fn ledgers_refuse_what_they_cannot_run() {
    let refused = |participants: usize, payments: usize| {
        let participants: Vec<_> =
            (0..participants).map(|who| json!({"id": who.to_string(), "balance": "1"})).collect();
        let payment =
            |place: usize| json!({"id": place.to_string(), "from": "0", "to": "1", "value": "1"});
        let payments: Vec<_> = (0..payments).map(payment).collect();
        let case = json!({"participants": participants, "payments": payments}).to_string();
        let case = Case::from_json(case.as_bytes()).unwrap();
        let error = LedgerCase::new(&case, Algorithm::Optimal).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    };
    insta::assert_snapshot!(refused(2, 25), @"payments: optimal tries every set of at most 24 payments, not of 25");
    insta::assert_snapshot!(refused(0, 0), @"participants: 0 are not between 1 and 50, the operators of a cluster");
    insta::assert_snapshot!(refused(51, 0), @"participants: 51 are not between 1 and 50, the operators of a cluster");
}

/// A case in which nobody is short, somebody is, and the others cannot pay for it.
#[test]
fn ledgers_close_a_day_as_the_calculator_does() {
    for (balance, payments) in [
        ("100", r#"{"id": "T1", "from": "A", "to": "B", "value": "30"}"#),
        (
            "7",
            r#"{"id": "T1", "from": "A", "to": "B", "value": "30.01"}, {"id": "T2", "from": "A", "to": "C", "value": "9"},
                 {"id": "T3", "from": "B", "to": "C", "value": "4"}"#,
        ),
        ("0", r#"{"id": "T1", "from": "A", "to": "B", "value": "3000"}"#),
    ] {
        let text = format!(
            r#"{{"participants": [{{"id": "A", "balance": "{balance}", "credit": "1.50"}}, {{"id": "B", "balance": "8"}},
            {{"id": "C", "balance": "5"}}], "payments": [{payments}]}}"#
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        check_ledgers(file.path(), 10);
    }
}
