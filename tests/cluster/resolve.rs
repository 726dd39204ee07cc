//! `clearing resolve`: the published cases, and how it says what is wrong.

use std::fs;

use serde_json::Value;

use crate::support::{Output, ROOT, clearing, clearing_in};

const NAMES: [&str; 10] = [
    "gross_fifo",
    "gross_bypass",
    "all_or_nothing",
    "partial_net",
    "bilateral_offset",
    "bilateral_then_multilateral",
    "unwind",
    "loss_sharing",
    "eisenberg_noe",
    "optimal",
];

fn case(name: &str) -> String {
    format!("{ROOT}/tests/cases/settlement/{name}.json")
}

fn reports(output: &Output) -> Vec<Value> {
    assert_eq!(output.code, Some(0), "{output:?}");
    output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn algorithms(reports: &[Value]) -> Vec<&str> {
    reports.iter().map(|report| report["algorithm"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_algorithm_gives_what_the_case_expects() {
    for name in
        ["unwinding-four-banks", "bilateral-unequal", "unequal-cycle", "ubin-quorum-gridlock1"]
    {
        let file: Value = serde_json::from_str(&fs::read_to_string(case(name)).unwrap()).unwrap();
        let reports = reports(&clearing(["resolve", &case(name)]).await);
        assert_eq!(algorithms(&reports), NAMES);
        for report in &reports {
            let expected = &file["expect"][report["algorithm"].as_str().unwrap()];
            for (key, value) in expected.as_object().into_iter().flatten() {
                assert_eq!(report[key], *value, "{name} {report}");
            }
        }
    }
}

#[tokio::test]
async fn real_processes_settle_what_the_calculator_does() {
    for name in ["unwinding-four-banks", "ubin-quorum-gridlock1"] {
        let calculated = reports(&clearing(["resolve", &case(name)]).await);
        let settled = reports(&clearing(["resolve", &case(name), "--cluster"]).await);
        assert_eq!(algorithms(&settled), NAMES);
        assert_eq!(settled, calculated, "{name}");
    }
}

#[tokio::test]
async fn a_line_has_its_keys_in_order() {
    let output =
        clearing(["resolve", &case("bilateral-unequal"), "--algorithm", "partial_net"]).await;
    insta::assert_snapshot!(output.stdout, @r#"{"algorithm":"partial_net","outcome":"settled","settled":["T1","T2"],"queued":[],"settled_value":"800","balances":{"A":"0","B":"200"},"net_positions":{"A":"-200","B":"200"}}"#);
}

#[tokio::test]
async fn algorithms_are_chosen_and_look_ahead_as_told() {
    let directory = tempfile::tempdir().unwrap();
    let text = r#"{"participants": [{"id": "A", "balance": "0"}, {"id": "B", "balance": "0"}], "payments": [
        {"id": "T1", "from": "A", "to": "B", "value": "3"}, {"id": "T2", "from": "B", "to": "A", "value": "1"},
        {"id": "T3", "from": "B", "to": "A", "value": "2"}]}"#;
    fs::write(directory.path().join("case.json"), text).unwrap();
    let chosen =
        ["resolve", "case.json", "--algorithm", "bilateral_offset", "--algorithm", "gross_fifo"];
    let outcomes = async |look_ahead: &str| {
        let arguments = chosen.iter().copied().chain(["--look-ahead", look_ahead]);
        let reports = reports(&clearing_in(directory.path(), arguments).await);
        assert_eq!(algorithms(&reports), ["bilateral_offset", "gross_fifo"]);
        [0, 1].map(|place| reports[place]["outcome"].as_str().unwrap().to_owned())
    };
    assert_eq!(outcomes("1").await, ["gridlock", "gridlock"]);
    assert_eq!(outcomes("2").await, ["settled", "gridlock"]);
}

#[tokio::test]
async fn optimal_is_left_out_of_long_queues_unless_it_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let payments: Vec<_> = (0..25)
        .map(|place| format!(r#"{{"id": "T{place}", "from": "A", "to": "B", "value": "1"}}"#))
        .collect();
    let participants = r#"[{"id": "A", "balance": "25"}, {"id": "B", "balance": "0"}]"#;
    let text =
        format!(r#"{{"participants": {participants}, "payments": [{}]}}"#, payments.join(","));
    fs::write(directory.path().join("long.json"), text).unwrap();
    let reports = reports(&clearing_in(directory.path(), ["resolve", "long.json"]).await);
    assert_eq!(algorithms(&reports), NAMES[..9]);
    let named = ["resolve", "long.json", "--algorithm", "gross_fifo", "--algorithm", "optimal"];
    let sentence = "long.json: payments: optimal tries every set of at most 24 payments, not of 25";
    clearing_in(directory.path(), named).await.failed(2, sentence);
    let on_processes = ["resolve", "long.json", "--cluster", "--algorithm", "optimal"];
    clearing_in(directory.path(), on_processes)
        .await
        .failed(2, "payments: optimal tries every set of at most 24");
}

#[tokio::test]
async fn a_wrong_case_or_algorithm_is_exit_2_with_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let good = fs::read_to_string(case("bilateral-unequal")).unwrap();
    for (from, to, sentence) in [
        (
            r#""balance": "200""#,
            r#""balance": "-200""#,
            "participants[0].balance: amount -200 is negative",
        ),
        (r#""value": "500""#, r#""value": "0""#, "payments[0].value: amount 0 is not positive"),
        (r#""to": "B""#, r#""to": "Z""#, "payments[0].to: \"Z\" is none of the participants"),
        (r#""id": "T2""#, r#""id": "T1""#, "payments[1].id: \"T1\" is already payments[0].id"),
        (
            r#""value": "300""#,
            r#""vaule": "300""#,
            "unknown key payments[1].vaule; did you mean payments[1].value?",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(directory.path().join("case.json"), good.replace(from, to)).unwrap();
        let output = clearing_in(directory.path(), ["resolve", "case.json"]).await;
        output.failed(2, &format!("case.json: {sentence}"));
    }
    clearing_in(directory.path(), ["resolve", "none.json"])
        .await
        .failed(2, "none.json: cannot read it: ");
    let output = clearing(["resolve", &case("bilateral-unequal"), "--algorithm", "magic"]).await;
    assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""));
    assert!(
        output.stderr.contains("algorithm \"magic\" is none of gross_fifo, gross_bypass, "),
        "{}",
        output.stderr
    );
}
