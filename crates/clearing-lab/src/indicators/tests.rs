mod resolution;

use std::path::Path;

use serde_json::{Value, json};

use crate::payment_list::Reading;

use super::{Hours, PaymentDay, QueueAlgorithm, Report, Study};

/// The published case, as text.
const CASE: &str =
    include_str!("../../../../tests/cases/indicators/liquidity-delay-three-banks.json");

fn study(all: bool) -> Study {
    let levels = (0..=5).map(|fifth| rust_decimal::Decimal::new(2 * fifth, 1)).collect();
    Study { levels, algorithms: QueueAlgorithm::ALL.to_vec(), all, days: all }
}

fn read(text: &str, open: Option<&str>, close: Option<&str>) -> Result<PaymentDay, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let hours = Hours { open: open.map(str::to_owned), close: close.map(str::to_owned) };
    let name = |path: &Path| format!("{}, ", path.display());
    PaymentDay::read(file.path(), &hours, Reading::default())
        .map_err(|error| error.to_string().replace(&name(file.path()), ""))
}

fn report(text: &str, open: Option<&str>, close: Option<&str>, all: bool) -> Value {
    let report = Report::new(&read(text, open, close).unwrap(), &study(all)).unwrap();
    serde_json::to_value(report).unwrap()
}

#[test]
fn the_report_of_the_case_is_what_the_case_expects() {
    let case: Value = serde_json::from_str(CASE).unwrap();
    assert_eq!(report(CASE, None, None, false), case["expect"]);
}

#[test]
fn the_same_day_as_six_columns_gives_the_same_figures_in_seconds() {
    let case: Value = serde_json::from_str(CASE).unwrap();
    let row = |payment: &Value| {
        let text = |key: &str| payment[key].as_str().unwrap().to_owned();
        let minutes = payment["time"].as_i64().unwrap();
        let clock = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        format!(
            "{},2022-08-24,{clock},{},{},{}\n",
            payment["id"],
            text("value"),
            text("from"),
            text("to")
        )
    };
    let rows: String = case["payments"].as_array().unwrap().iter().map(row).collect();
    let found = report(&format!("ID,date,time,value,from,to\n{rows}"), None, Some("01:40"), false);
    let expect = &case["expect"];
    for key in [
        "upper_bound_liquidity",
        "delay_indicator",
        "hhi_sent",
        "net_position",
        "value_reciprocity",
    ] {
        assert_eq!(found[key], expect[key], "{key}");
    }
    assert_eq!(found["delay_indicator_denominator"], json!(17_550 * 60));
    assert_eq!(found["settlement_times_at_zero_level_with_partial_net"]["3"], json!(4800));
    let seconds: Value = report(&rows, Some("0"), Some("6000"), false);
    assert_eq!(seconds, found);
}

#[test]
fn everything_else_the_payments_give_is_added_when_asked_for() {
    let found = report(CASE, None, None, true);
    assert_eq!(found["netting_factor"], json!(9.666_667));
    assert_eq!(found["flows"]["A"], json!({ "B": "75", "C": "30" }));
    assert_eq!(found["throughput_submitted"][4], json!({ "until": 50, "share": 0.689_655 }));
    let queue = &found["queues"][0]["gross_fifo_with_partial_net"];
    assert_eq!(
        (&queue["mean_delay"], &queue["largest_queued_value"]),
        (&json!(25.6897), &json!("200"))
    );
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let plain = keys(&report(CASE, None, None, false));
    assert!(
        plain.iter().all(|key| found.get(key).is_some()) && keys(&found).len() == plain.len() + 11
    );
}

#[test]
fn days_follow_each_other_and_delay_ends_at_the_close_of_each() {
    let rows = "1,2022-08-24,09:00,100,A,B\n2,2022-08-25,09:00,50,B,A\n3,2022-08-25,10:00,25,B,A\n";
    let found = report(rows, Some("08:00"), Some("17:00"), false);
    assert_eq!(found["upper_bound_liquidity"], json!({ "A": "100", "B": "0", "total": "100" }));
    assert_eq!(found["lower_bound_liquidity"], json!({ "A": "25", "B": "0", "total": "25" }));
    // A pays on the second day, with what B sent; until then it waits to its own close only.
    assert_eq!(
        found["settlement_times_at_zero_level_with_partial_net"],
        json!({ "1": 122_400, "2": 122_400, "3": 122_400 })
    );
    assert_eq!(found["delay_indicator_denominator"], json!((100 * 8 + 50 * 8 + 25 * 7) * 3600));
    assert_eq!(found["average_payment_time"], json!(32_914.285_7));
}

#[test]
fn days_on_which_the_clocks_change_are_days_like_others() {
    let file = |days: [&str; 2]| {
        let [one, two] = days;
        format!(
            "1,{one},00:30,100,A,B\n2,{one},04:00,50,B,A\n3,{one},23:30,40,B,A\n4,{two},00:15,25,B,A\n\
             5,{two},23:59:59.999,5,A,B\n"
        )
    };
    let figures = |days| report(&file(days), Some("00:15"), Some("24:00"), true);
    let ordinary = figures(["2022-08-24", "2022-08-25"]);
    assert_eq!(figures(["1988-09-11", "1988-09-12"]), ordinary, "25 hours");
    assert_eq!(figures(["1988-04-17", "1988-04-18"]), ordinary, "23 hours");
    // What the clocks show twice is one time of day.
    let twice = "1,1988-09-11,01:30+09:00,100,A,B\n2,1988-09-11,01:30+08:00,100,B,A\n";
    assert_eq!(report(twice, None, None, false)["average_payment_time"], json!(5400.0));
}

#[test]
fn what_has_no_denominator_is_null() {
    let found = report(
        "1,2022-08-24,09:00,100,A,B\n2,2022-08-24,09:00,100,B,A\n",
        None,
        Some("09:00"),
        false,
    );
    assert_eq!(found["turnover_ratio"], Value::Null);
    assert_eq!(found["liquidity_provision_relative_to_usage"], json!({ "A": null, "B": null }));
    assert_eq!(found["delay_indicator"][0]["gross_fifo"], Value::Null);
}

#[test]
fn what_is_wrong_is_named_by_field_and_value() {
    let good = r#"{"day": {"open": 0, "close": 9}, "payments": [{"id": 1, "time": 1, "from": "A", "to": "B", "value": "5"}]}"#;
    assert!(read(good, None, None).is_ok());
    for (from, to, expected) in [
        (r#""id": 1"#, r#""id": []"#, "payments[0].id: [] is neither a number nor text"),
        (r#""id": 1"#, r#""id": 1, "priority": 1"#, "payments[0].priority: is an unknown key"),
        (r#""time": 1"#, r#""time": "1""#, "payments[0].time: \"1\" is not a number"),
        (
            r#""time": 1"#,
            r#""time": 1.0005"#,
            "payments[0].time: 1.0005 has more than three decimals",
        ),
        (
            r#""time": 1"#,
            r#""time": 1e12"#,
            "payments[0].time: 1000000000000.0 is larger than 1000000000",
        ),
        (r#""time": 1"#, r#""time": 10"#, "payments[0]: the payment is after the close"),
        (r#""time": 1"#, r#""time": -1"#, "payments[0]: the payment is before the opening"),
        (r#""5""#, r#""-5""#, "payments[0].value: amount -5 is not positive"),
        (r#""5""#, "5", "payments[0].value: 5 is not text"),
        (r#""from": "A", "#, "", "payments[0].from: is missing"),
        (r#""to": "B""#, r#""to": """#, "payments[0].to: \"\" is empty"),
        (r#""to": "B""#, r#""to": "A""#, "payments[0]: payer and payee are the same: A"),
        (
            r#""to": "B""#,
            r#""to": "total""#,
            "payments[0]: participant \"total\" is what sums are called",
        ),
        (r#""close": 9"#, r#""close": 0"#, "close: is not after the opening"),
        (r#""close": 9"#, r#""closes": 9"#, "day.closes: is an unknown key"),
        (r#""day": "#, r#""days": "#, "days: is an unknown key"),
        (good, "{}", "day: is missing"),
        (good, "[]", "the file: is not an object"),
        (good, r#"{"day": {"open": 0, "close": 9}, "payments": []}"#, "payments: is empty"),
    ] {
        assert_eq!(read(&good.replace(from, to), None, None).unwrap_err(), expected);
    }
    assert!(read("{", None, None).unwrap_err().contains("EOF while parsing an object at line 1"));
}

#[test]
fn hours_are_held_against_the_payments_and_the_kind_of_file() {
    let row = "1,2022-08-24,09:00,100,A,B\n";
    let error = |open, close| read(row, open, close).unwrap_err();
    assert_eq!(error(Some("09:01"), None), "line 1: the payment is before the opening");
    assert_eq!(error(None, Some("08:59:59.999")), "line 1: the payment is after the close");
    assert_eq!(error(Some("9"), Some("8")), "close: is not after the opening");
    assert_eq!(error(None, Some("25:00")), "close: \"25:00\" is not a time as in 09:30 or 24:00");
    assert_eq!(error(None, Some("90000")), "close: is not within the day");
    assert_eq!(error(Some("x"), None), "open: \"x\" is not a number");
    let clock = read(CASE, Some("09:00"), None).unwrap_err();
    assert_eq!(clock, "open: \"09:00\" is a time of day, but those of the file are plain numbers");
    assert_eq!(
        read(CASE, Some("15"), None).unwrap_err(),
        "payments[0]: the payment is before the opening"
    );
    assert!(read(row, Some("09:00"), Some("24:00")).is_ok());
}

#[test]
fn payments_of_one_time_go_in_the_order_of_the_file_and_names_may_be_any() {
    // With 100 the first of one time settles at once and the other waits for what comes back.
    let rows = |first: &str, second: &str| {
        format!(
            "{first},2022-08-24,09:00,100,BANK_A,中国银行\n{second},2022-08-24,09:00,60,BANK_A,中国银行\nx,2022-08-24,10:00,60,中国银行,BANK_A\n"
        )
    };
    let times = |rows: &str| {
        let mut found = report(rows, None, None, false);
        assert_eq!(found["net_position"], json!({ "BANK_A": "-100", "中国银行": "100" }));
        found["settlement_times_at_zero_level_with_partial_net"].take()
    };
    assert_eq!(times(&rows("1", "2")), json!({ "1": 32_400, "2": 36_000, "x": 36_000 }));
    // What is below a millisecond orders as well.
    let rows = rows("2", "1").replace("2,2022-08-24,09:00,", "2,2022-08-24,09:00:00.000002,");
    let rows = rows.replace("1,2022-08-24,09:00,", "1,2022-08-24,09:00:00.000001,");
    assert_eq!(times(&rows)["1"], json!(32_400));
}
