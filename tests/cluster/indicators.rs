//! `clearing indicators`: files in, one JSON object out.

use std::fs;

use serde_json::{Value, json};

use crate::support::{ROOT, clearing, clearing_in};

/// The published case.
fn case() -> (String, Value) {
    let path = format!("{ROOT}/tests/cases/indicators/liquidity-delay-three-banks.json");
    let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    (path, case["expect"].clone())
}

#[tokio::test]
async fn the_published_day_is_measured_as_published() {
    let (path, expect) = case();
    let output = clearing(["indicators", &path]).await;
    output.succeeded();
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(found, expect);
    // As a reader sees them: in order, ratios as numbers, money as text.
    assert!(output.stdout.starts_with(
        "{\n  \"gross_value\": \"290\",\n  \"upper_bound_liquidity\": {\n    \"A\": \"90\","
    ));
    assert!(
        output
            .stdout
            .contains("\n  \"density\": 1.0,\n  \"delay_indicator_denominator\": 17550,\n")
    );
}

#[tokio::test]
async fn levels_and_algorithms_are_those_asked_for() {
    let (path, expect) = case();
    let output =
        clearing(["indicators", &path, "--levels", "0.6,0", "--algorithms", "gross_bypass"]).await;
    output.succeeded();
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    let rows = [3, 0].map(|row| {
        let row = &expect["delay_indicator"][row];
        json!({ "liquidity_level": row["liquidity_level"], "opening": row["opening"], "gross_bypass": row["gross_bypass"] })
    });
    assert_eq!(found["delay_indicator"], json!(rows));
    let all = clearing(["indicators", &path, "--all"]).await;
    all.succeeded();
    let all: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(
        (&all["netting_efficiency"], &all["delay_indicator"]),
        (&json!(0.896_552), &expect["delay_indicator"])
    );
}

#[tokio::test]
async fn six_columns_are_read_within_the_hours_of_business() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "ID,date,time,value,from,to\nx,2022-08-24,09:30,12.50,ICBC,ABC\ny,2022-08-24,10:30:00.500,10,ABC,ICBC\n";
    fs::write(folder.path().join("payments.csv"), rows).unwrap();
    let output = clearing_in(
        folder.path(),
        ["indicators", "payments.csv", "--open", "09:00", "--close", "17:00"],
    )
    .await;
    output.succeeded();
    let found: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(found["gross_value"], "22.5");
    assert_eq!(
        found["upper_bound_liquidity"],
        json!({ "ABC": "0", "ICBC": "12.5", "total": "12.5" })
    );
    let times = json!({ "x": 37_800.5, "y": 37_800.5 });
    assert_eq!(found["settlement_times_at_zero_level_with_partial_net"], times);
    let late = clearing_in(folder.path(), ["indicators", "payments.csv", "--close", "10:00"]).await;
    late.failed(2, "payments.csv, line 3: the payment is after the close");
    fs::write(folder.path().join("payments.csv"), rows.replace(",10,", ",ten,")).unwrap();
    let malformed = clearing_in(folder.path(), ["indicators", "payments.csv"]).await;
    malformed
        .failed(2, "payments.csv, line 3: value: amount \"ten\" is not a decimal number of yuan");
}

#[tokio::test]
async fn what_cannot_be_measured_is_exit_2_with_what_is_wrong() {
    let (path, _) = case();
    let not_a_day = format!("{ROOT}/tests/cases/indicators/bypass-is-not-monotone.json");
    clearing(["indicators", &not_a_day]).await.failed(2, "balances_1: is an unknown key");
    clearing(["indicators", "missing.csv"])
        .await
        .failed(2, "cannot read missing.csv: No such file");
    clearing(["indicators", &path, "--close", "50"])
        .await
        .failed(2, "payments[5]: the payment is after the close");
    for (option, value, said) in [
        ("--levels", "0,1.5", "a level is a decimal number between 0 and 1"),
        ("--levels", "half", "invalid value 'half'"),
        (
            "--algorithms",
            "gross_fifo,lifo",
            "an algorithm is one of gross_fifo, gross_bypass, gross_fifo_with_partial_net",
        ),
    ] {
        let output = clearing(["indicators", &path, option, value]).await;
        assert_eq!((output.code, output.stdout.as_str()), (Some(2), ""), "{output:?}");
        assert!(output.stderr.contains(said), "{}", output.stderr);
    }
}
