//! The published cases, and what is refused.

use std::path::Path;

use clearing_domain::netting::Algorithm;
use serde_json::{Value, json};

use super::*;

fn folder(name: &str) -> String {
    format!("{}/../../tests/cases/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Every expectation of a case file, on every algorithm that it names.
fn check_file(path: &Path) -> usize {
    let case = Case::read(path).unwrap();
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let expected = file["expect"].as_object().unwrap();
    for (name, expected) in expected {
        let report = serde_json::to_value(case.resolve(name.parse().unwrap()).unwrap()).unwrap();
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(report[key], *value, "{} {name} {key}", path.display());
        }
    }
    expected.len()
}

#[test]
fn every_published_case_comes_out_as_published() {
    let files: Vec<_> = std::fs::read_dir(folder("settlement"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let checked: usize = files.iter().map(|path| check_file(path)).sum();
    assert!(files.len() >= 18 && checked >= 80, "{} files, {checked} expectations", files.len());
}

#[test]
fn bypassing_settles_less_with_more_liquidity() {
    let text = std::fs::read_to_string(
        Path::new(&folder("indicators")).join("bypass-is-not-monotone.json"),
    )
    .unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let payment = |(place, row): (usize, &Value)| json!({"id": format!("T{}", place + 1), "from": row[0], "to": row[1], "value": row[2].to_string()});
    let payments: Vec<_> =
        file["payments"].as_array().unwrap().iter().enumerate().map(payment).collect();
    for set in 1..=2 {
        let balances = file[format!("balances_{set}")].as_object().unwrap();
        let participants: Vec<_> = balances
            .iter()
            .map(|(code, balance)| json!({"id": code, "balance": balance}))
            .collect();
        let case = json!({"participants": participants, "payments": payments}).to_string();
        let report =
            Case::from_json(case.as_bytes()).unwrap().resolve(Algorithm::GrossBypass).unwrap();
        assert_eq!(json!(report.settled), file[format!("settled_{set}")]);
        assert_eq!(json!(report.settled_value), file[format!("value_{set}")]);
    }
}

const TWO: &str = r#"[{"id": "b", "balance": "1.50", "credit": "1"}, {"id": "a", "balance": "0"}]"#;

#[track_caller]
fn resolve(participants: &str, payments: &str, algorithm: &str) -> String {
    let text = format!(r#"{{"participants": {participants}, "payments": {payments}}}"#);
    Case::from_json(text.as_bytes())
        .unwrap()
        .resolve(algorithm.parse().unwrap())
        .unwrap()
        .to_string()
}

#[test]
fn a_report_is_one_line_in_the_order_of_the_file() {
    let payments = r#"[{"id": "T1", "from": "b", "to": "a", "value": "2.50"},
                       {"id": "T2", "from": "b", "to": "a", "value": "1"}]"#;
    insta::assert_snapshot!(resolve(TWO, payments, "gross_fifo"), @r#"{"algorithm":"gross_fifo","outcome":"partial","settled":["T1"],"queued":["T2"],"settled_value":"2.5","balances":{"b":"-1","a":"2.5"},"net_positions":{"b":"-2.5","a":"2.5"}}"#);
    insta::assert_snapshot!(resolve(TWO, payments, "loss_sharing"), @r#"{"algorithm":"loss_sharing","outcome":"settled","settled":["T1","T2"],"queued":[],"settled_value":"3.5","balances":{"b":"-1","a":"2.5"},"net_positions":{"b":"-3.5","a":"3.5"},"contributions":{"b":"-1","a":"1"}}"#);
    insta::assert_snapshot!(resolve(TWO, payments, "eisenberg_noe"), @r#"{"algorithm":"eisenberg_noe","outcome":"gridlock","settled":[],"queued":["T1","T2"],"settled_value":"0","balances":{"b":"-1","a":"2.5"},"net_positions":{"b":"0","a":"0"},"payments_made":{"b":"5/2","a":"0"},"equity":{"b":"0","a":"5/2"}}"#);
    insta::assert_snapshot!(resolve(TWO, payments, "unwind"), @r#"{"algorithm":"unwind","outcome":"gridlock","settled":[],"queued":["T1","T2"],"settled_value":"0","balances":{"b":"1.5","a":"0"},"net_positions":{"b":"0","a":"0"},"rounds":[["b"]]}"#);
    insta::assert_snapshot!(resolve(TWO, "[]", "optimal"), @r#"{"algorithm":"optimal","outcome":"empty","settled":[],"queued":[],"settled_value":"0","balances":{"b":"1.5","a":"0"},"net_positions":{"b":"0","a":"0"}}"#);
}

#[test]
fn what_participants_have_and_owe_outside_is_part_of_the_clearing_vector_alone() {
    let participants = r#"[{"id": "b", "balance": "1", "external_assets": "3", "external_liabilities": "4",
        "external_senior_liabilities": "1"}, {"id": "a", "balance": "0"}]"#;
    let payments = r#"[{"id": "T1", "from": "b", "to": "a", "value": "2"}]"#;
    // Of four, one is senior; three are left for six.
    insta::assert_snapshot!(resolve(participants, payments, "eisenberg_noe"), @r#"{"algorithm":"eisenberg_noe","outcome":"deadlock","settled":[],"queued":["T1"],"settled_value":"0","balances":{"b":"0","a":"1"},"net_positions":{"b":"0","a":"0"},"payments_made":{"b":"1","a":"0"},"external_paid":{"b":"3","a":"0"},"equity":{"b":"0","a":"1"}}"#);
    assert!(resolve(participants, payments, "gross_fifo").contains(r#""queued":["T1"]"#));
    refused(
        r#"{"participants": [{"id": "a", "balance": "0", "external_assets": "-1"}], "payments": []}"#,
        "participants[0].external_assets: amount -1 is negative",
    );
}

#[test]
fn urgent_payments_stand_first() {
    let payments = r#"[{"id": "T1", "from": "b", "to": "a", "value": "2"},
                       {"id": "T2", "from": "b", "to": "a", "value": "1", "priority": "urgent"},
                       {"id": "T3", "from": "b", "to": "a", "value": "1.5", "priority": 1}]"#;
    let report = resolve(TWO, payments, "gross_fifo");
    assert!(report.contains(r#""settled":["T3","T2"],"queued":["T1"]"#), "{report}");
}

#[track_caller]
fn refused(text: &str, sentence: &str) {
    assert_eq!(Case::from_json(text.as_bytes()).unwrap_err().to_string(), sentence);
}

#[track_caller]
fn refused_payment(payment: &str, sentence: &str) {
    let first = r#"{"id": "T1", "from": "a", "to": "b", "value": "1"}"#;
    refused(&format!(r#"{{"participants": {TWO}, "payments": [{first}, {payment}]}}"#), sentence);
}

#[track_caller]
fn refused_participant(participant: &str, sentence: &str) {
    let first = r#"{"id": "a", "balance": "1"}"#;
    refused(&format!(r#"{{"participants": [{first}, {participant}], "payments": []}}"#), sentence);
}

#[test]
fn a_wrong_case_is_refused_by_its_field() {
    refused("[]", "case: this is not an object");
    refused("{", "EOF while parsing an object at line 1 column 1");
    refused("{}", "participants is missing");
    refused(r#"{"participants": []}"#, "payments is missing");
    refused(r#"{"participants": {}, "payments": []}"#, "participants: this is not an array");
    refused(r#"{"paymnets": []}"#, "unknown key paymnets; did you mean payments?");
    refused(r#"{"participants": [], "participants": []}"#, "participants: the key is given twice");
}

#[test]
fn a_wrong_participant_is_refused_by_its_field() {
    refused_participant(
        r#"{"id": "a", "balance": "1"}"#,
        r#"participants[1].id: "a" is already participants[0].id"#,
    );
    refused_participant(r#"{"id": "", "balance": "1"}"#, "participants[1].id: the id is empty");
    refused_participant(r#"{"id": "c"}"#, "participants[1].balance is missing");
    refused_participant(
        r#"{"id": "c", "balance": "-1"}"#,
        "participants[1].balance: amount -1 is negative",
    );
    refused_participant(
        r#"{"id": "c", "balance": "1", "credit": "0.001"}"#,
        "participants[1].credit: amount 0.001 has more than two decimals",
    );
    refused_participant(
        r#"{"id": "c", "balance": 1}"#,
        "participants[1].balance: 1 is not a text in quotation marks",
    );
    refused_participant(
        r#"{"id": "c", "balance": "1", "limit": "1"}"#,
        "unknown key participants[1].limit",
    );
}

#[test]
fn a_wrong_payment_is_refused_by_its_field() {
    let with =
        |more: &str| format!(r#"{{"id": "T2", "from": "a", "to": "b", "value": "1", {more}}}"#);
    refused_payment(
        r#"{"id": "T1", "from": "a", "to": "b", "value": "1"}"#,
        r#"payments[1].id: "T1" is already payments[0].id"#,
    );
    refused_payment(
        r#"{"id": "T2", "from": "x", "to": "b", "value": "1"}"#,
        r#"payments[1].from: "x" is none of the participants"#,
    );
    refused_payment(
        r#"{"id": "T2", "from": "a", "to": "a", "value": "1"}"#,
        r#"payments[1].to: "a" cannot pay itself"#,
    );
    refused_payment(r#"{"id": "T2", "from": "a", "to": "b"}"#, "payments[1].value is missing");
    for (value, sentence) in [
        ("0", "amount 0 is not positive"),
        ("-3", "amount -3 is not positive"),
        ("ten", "amount \"ten\" is not a decimal number of yuan"),
        ("1.005", "amount 1.005 has more than two decimals"),
        ("10000000000001", "amount 10000000000001 is larger than 10000000000000.00 yuan"),
    ] {
        let payment = format!(r#"{{"id": "T2", "from": "a", "to": "b", "value": "{value}"}}"#);
        refused_payment(&payment, &format!("payments[1].value: {sentence}"));
    }
    refused_payment(
        &with(r#""priority": 7"#),
        "payments[1].priority: priority \"7\" is none of error_reversal, extra_urgent, \
         interest_and_fees, clearing_nets, urgent, normal",
    );
    refused_payment(&with(r#""currency": "e-CNY""#), "unknown key payments[1].currency");
}
