//! The day of three banks, computed with exact arithmetic elsewhere.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::super::queue_day::{QueueAlgorithm, settle_day};
use super::super::*;
use crate::money::{Amount, Position};
use crate::netting::{Obligation, gross_bypass};

/// The day of tests/cases/indicators/liquidity-delay-three-banks.json.
struct Case {
    names: Vec<String>,
    ids: Vec<String>,
    records: Vec<Record>,
    day: Day,
    expect: Value,
}

fn read(name: &str) -> Value {
    let path = format!("{}/../../tests/cases/indicators/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn case() -> Case {
    let case = read("liquidity-delay-three-banks");
    let payments = case["payments"].as_array().unwrap();
    let mut names: Vec<_> = payments
        .iter()
        .flat_map(|payment| ["from", "to"].map(|key| payment[key].as_str().unwrap().to_owned()))
        .collect();
    names.sort();
    names.dedup();
    let number =
        |name: &Value| names.iter().position(|known| known == name.as_str().unwrap()).unwrap();
    let record = |payment: &Value| Record {
        sender: number(&payment["from"]),
        receiver: number(&payment["to"]),
        value: payment["value"].as_str().unwrap().parse().unwrap(),
        submitted: payment["time"].as_i64().unwrap(),
        settled: None,
    };
    Case {
        ids: payments.iter().map(|payment| payment["id"].to_string()).collect(),
        records: payments.iter().map(record).collect(),
        day: Day::single(
            case["day"]["open"].as_i64().unwrap(),
            case["day"]["close"].as_i64().unwrap(),
        ),
        expect: case["expect"].clone(),
        names,
    }
}

#[test]
fn bypassing_settles_less_with_more_money_as_published() {
    let case = read("bypass-is-not-monotone");
    let who = |name: &Value| usize::from(name.as_str().unwrap().as_bytes()[0] - b'A');
    let record = |payment: &Value| Record {
        sender: who(&payment[0]),
        receiver: who(&payment[1]),
        value: Amount::from_fen(payment[2].as_i64().unwrap() * 100).unwrap(),
        submitted: 0,
        settled: None,
    };
    let owed = case["payments"].as_array().unwrap().iter().map(record);
    let owed = owed.map(|one| Obligation {
        debtor: one.sender,
        creditor: one.receiver,
        amount: one.value,
    });
    let owed: Vec<_> = owed.collect();
    for run in ["1", "2"] {
        let balances = case[format!("balances_{run}")].as_object().unwrap().values();
        let balances = balances
            .map(|yuan| Position::from_fen(yuan.as_str().unwrap().parse::<i64>().unwrap() * 100));
        let settles = gross_bypass(&balances.collect::<Vec<_>>(), &owed);
        let settled: Vec<_> = (0..owed.len()).filter(|place| settles[*place]).collect();
        let names: Vec<_> = settled.iter().map(|place| format!("T{}", place + 1)).collect();
        assert_eq!(serde_json::to_value(names).unwrap(), case[format!("settled_{run}")]);
        let value = settled.iter().map(|place| i128::from(owed[*place].amount.fen())).sum();
        assert_eq!(yuan(value), case[format!("value_{run}")]);
    }
}

fn round(ratio: Option<Decimal>, digits: u32) -> f64 {
    ratio.unwrap().round_dp(digits).to_string().parse().unwrap()
}

fn yuan(fen: i128) -> String {
    (fen / 100).to_string()
}

#[test]
fn the_liquidity_of_the_day_is_as_published() {
    let Case { names, records, expect, .. } = case();
    let flows = Flows::of(names.len(), &records);
    assert_eq!(yuan(flows.gross()), expect["gross_value"]);
    let bounds = [upper_bound_liquidity(names.len(), &records), lower_bound_liquidity(&flows)];
    for (key, bounds) in ["upper_bound_liquidity", "lower_bound_liquidity"].into_iter().zip(&bounds)
    {
        let mut found: BTreeMap<_, _> =
            names.iter().cloned().zip(bounds.iter().copied().map(yuan)).collect();
        found.insert("total".to_owned(), yuan(bounds.iter().sum()));
        assert_eq!(serde_json::to_value(found).unwrap(), expect[key], "{key}");
    }
    let relative = provision_relative_to_usage(&flows, &bounds[0]).unwrap();
    for (name, (net, relative)) in names.iter().zip(flows.nets().into_iter().zip(relative)) {
        assert_eq!(yuan(net), expect["net_position"][name]);
        assert_eq!(round(Some(relative), 6), expect["liquidity_provision_relative_to_usage"][name]);
    }
}

#[test]
fn the_ratios_of_the_day_are_as_published() {
    let Case { names, records, day, expect, .. } = case();
    let flows = Flows::of(names.len(), &records);
    let upper = upper_bound_liquidity(names.len(), &records);
    for (key, found, digits) in [
        ("multilateral_netting_ratio", multilateral_netting_ratio(&flows), 6),
        ("bilateral_netting_ratio", bilateral_netting_ratio(&flows), 6),
        ("turnover_ratio", turnover_ratio(&flows, &upper), 6),
        ("hhi_sent", herfindahl_index(&flows), 2),
        ("average_payment_time", average_payment_time(&records, &day), 4),
        ("value_reciprocity", value_reciprocity(&flows), 6),
        ("density", density(&flows), 6),
    ] {
        assert_eq!(round(found, digits), expect[key], "{key}");
    }
    assert_eq!(
        DelaySums::of(&records, &day).possible / 100,
        expect["delay_indicator_denominator"].as_i64().unwrap().into()
    );
}

#[test]
fn the_delay_of_every_algorithm_at_every_level_is_as_published() {
    let Case { names, ids, records, day, expect } = case();
    let upper = upper_bound_liquidity(names.len(), &records);
    let lower = lower_bound_liquidity(&Flows::of(names.len(), &records));
    for row in expect["delay_indicator"].as_array().unwrap() {
        let level: Decimal = row["liquidity_level"].to_string().parse().unwrap();
        let bounds = lower.iter().zip(&upper);
        let opening: Vec<_> =
            bounds.map(|(lower, upper)| liquidity_level(*lower, *upper, level).unwrap()).collect();
        for (name, opening) in names.iter().zip(&opening) {
            assert_eq!(yuan(*opening), row["opening"][name], "{name} at {level}");
        }
        for algorithm in QueueAlgorithm::ALL {
            let settled = settle_day(&opening, &records, algorithm);
            assert_eq!(
                round(delay_indicator(&settled, &day), 4),
                row[algorithm.name()],
                "{algorithm:?} at {level}"
            );
        }
    }
    let settled = settle_day(&lower, &records, QueueAlgorithm::GrossFifoWithPartialNet);
    for (id, record) in ids.iter().zip(settled) {
        assert_eq!(
            record.settled,
            expect["settlement_times_at_zero_level_with_partial_net"][id].as_i64()
        );
    }
}
