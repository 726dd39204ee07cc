//! Indicators over time: liquidity, delay, queues, exposure, throughput.

use rust_decimal::Decimal;

use super::super::*;
use super::{fen, flows, records, shown};

#[test]
fn payments_of_one_time_are_netted_before_the_maximum_of_liquidity() {
    assert_eq!(upper_bound_liquidity(2, &records("10 A B 60; 10 B A 50")), fen(&[10, 0]));
    assert_eq!(upper_bound_liquidity(2, &records("10 A B 60; 11 B A 50")), fen(&[60, 0]));
    assert_eq!(upper_bound_liquidity(2, &records("11 B A 50; 10 A B 60")), fen(&[60, 0]));
}

#[test]
fn liquidity_runs_on_from_day_to_day() {
    assert_eq!(
        upper_bound_liquidity(2, &records("10 A B 60; 110 A B 50; 120 B A 80")),
        fen(&[110, 0])
    );
    assert_eq!(
        lower_bound_liquidity(&flows(2, "10 A B 60; 110 A B 50; 120 B A 80")),
        fen(&[30, 0])
    );
}

#[test]
fn a_level_is_rounded_half_up_to_a_fen() {
    let level = |lower, upper, level: &str| liquidity_level(lower, upper, level.parse().unwrap());
    assert_eq!(level(10, 15, "0.5"), Some(13));
    assert_eq!(level(10, 15, "0.49"), Some(12));
    assert_eq!((level(10, 15, "0"), level(10, 15, "1")), (Some(10), Some(15)));
    assert_eq!(level(0, i64::MAX.into(), "0.000001"), Some(9_223_372_036_855));
    assert_eq!(liquidity_level(0, i128::MAX, Decimal::ONE), None);
}

#[test]
fn provision_over_usage_sums_to_zero() {
    let flows = flows(2, "10 A B 60; 20 B A 30");
    let relative = provision_relative_to_usage(&flows, &fen(&[60, 0])).unwrap();
    assert_eq!(
        relative.iter().map(|one| shown(Some(*one))).collect::<Vec<_>>(),
        ["0.333333", "-0.333333"]
    );
    assert_eq!(shown(turnover_ratio(&flows, &fen(&[60, 0]))), "1.5");
    assert_eq!(provision_relative_to_usage(&flows, &[0, 0]), None);
}

#[test]
fn delay_runs_from_none_to_all_and_what_never_settles_waits_to_the_close() {
    let day = Day::single(0, 100);
    let rho = |text| shown(delay_indicator(&records(text), &day));
    assert_eq!(rho("10 A B 60 10; 20 B A 30 20"), "0");
    assert_eq!(rho("10 A B 60 100; 20 B A 30"), "1");
    assert_eq!(rho("10 A B 60 55; 60 B A 30 60"), "0.409091");
    assert_eq!(rho("100 A B 60 100"), "none");
    let waits = records("10 A B 60 40; 20 B A 30 20; 90 A B 10");
    assert_eq!(shown(mean_delay(&waits, &day)), "19");
    assert_eq!(shown(mean_delay_unweighted(&waits, &day)), "13.333333");
}

#[test]
fn a_payment_of_several_days_waits_at_most_to_the_close_of_its_own() {
    let day = Day { open: 10, close: 80, length: Some(100) };
    let two_days = records("30 A B 10 120; 130 A B 10 140");
    let sums = DelaySums::of(&two_days, &day);
    assert_eq!((sums.delayed, sums.possible), (60_000, 100_000));
    assert_eq!(day.business_time(&two_days), 140);
    assert_eq!(shown(average_payment_time(&two_days, &day)), "30");
}

#[test]
fn a_queue_is_measured_over_value_length_and_time() {
    let day = Day::single(0, 100);
    let found =
        queue_statistics(&records("10 A B 60 30; 20 A B 30 30; 30 B A 5; 40 B A 7 40"), &day);
    assert_eq!(shown(found.average_value), "1850");
    assert_eq!((found.most_value, found.most_length), (9000, 2));
    assert_eq!(
        (shown(found.mean_length), shown(found.mean_time)),
        ("1".to_owned(), "33.333333".to_owned())
    );
    assert_eq!((found.queued, found.unsettled), (3, 500));
}

#[test]
fn a_net_debit_lasts_until_it_settles_and_is_held_against_the_cap() {
    let unsettled = records("10 A B 60 50; 20 B A 20 50; 20 A C 10 50; 60 B A 5");
    let path = net_debits(3, &unsettled);
    assert_eq!(path.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [10, 20, 50, 60]);
    assert_eq!(path[1].1, fen(&[50, 0, 0]));
    assert_eq!(peak_net_debits(3, &unsettled), fen(&[60, 5, 0]));
    assert_eq!(shown(cap_utilisation(6000, 8000)), "0.75");
    assert_eq!((headroom(6000, 8000), headroom(8001, 8000)), (2000, -1));
    assert_eq!(cap_utilisation(0, 0), None);
}

#[test]
fn throughput_cumulates_what_is_settled_by_each_step() {
    let day = Day::single(0, 100);
    let settled = records("10 A B 60 10; 20 B A 20 40; 30 A B 10 90; 50 A B 10");
    let found: Vec<_> = throughput(&settled, &day, 40)
        .into_iter()
        .map(|(until, share)| (until, shown(share)))
        .collect();
    assert_eq!(found, [(40, "0.8".to_owned()), (80, "0.8".to_owned()), (100, "0.9".to_owned())]);
    assert_eq!(throughput(&settled, &day, 200).len(), 1);
}
