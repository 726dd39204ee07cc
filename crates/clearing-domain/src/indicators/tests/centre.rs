//! Positions within a day and the middle of the network, beside figures of other programs: the
//! formulas of the Bank of Canada's CPMI statistics, and networkx 3 (clustering, `PageRank`).

use super::super::*;
use super::{fen, flows, records, shown};

/// A day with its opening at 10 and its close at 100; E neither pays nor is paid.
const PAID: &str = "10 A B 60; 20 B C 50; 30 C A 20; 40 A C 30; 60 D A 10; 100 B A 5";

fn day() -> Day {
    Day::single(10, 100)
}

#[test]
fn average_positions_are_weighted_by_what_is_left_of_the_day() {
    let found = DayPosition::of(5, &records(PAID), &day());
    let of = |average: fn(&DayPosition) -> Option<rust_decimal::Decimal>| -> Vec<String> {
        found.iter().map(|one| shown(average(one))).collect()
    };
    assert_eq!(of(DayPosition::average_debit), ["5925.925926", "0", "0", "197.530864", "0"]);
    assert_eq!(of(DayPosition::average_credit), ["0", "2049.382716", "4074.074074", "0", "0"]);
    assert_eq!(shown(DayPosition::average_debits(&found)), "6123.45679");
    assert_eq!(shown(DayPosition::average_credits(&found)), "6123.45679");
    let most = |of: fn(&DayPosition) -> i128| -> Vec<i128> { found.iter().map(of).collect() };
    assert_eq!(most(|one| one.most_debit), fen(&[70, 0, 0, 10, 0]));
    assert_eq!(most(|one| one.most_credit), fen(&[0, 60, 60, 0, 0]));
    assert_eq!(shown(gini_of_liquidity_cost(&found, &records(PAID))), "0.528986");
}

#[test]
fn a_debit_over_the_whole_day_is_its_own_average() {
    let whole = DayPosition::of(2, &records("10 A B 60"), &day());
    assert_eq!(shown(whole[0].average_debit()), "6000");
    assert_eq!(shown(whole[1].average_credit()), "6000");
    let late = DayPosition::of(2, &records("100 A B 60"), &day());
    assert_eq!((shown(late[0].average_debit()), late[0].most_debit), ("0".to_owned(), 6_000));
    // Times of two days are those of their days.
    let hours = Day { open: 10, close: 100, length: Some(1_000) };
    let second = DayPosition::of(2, &records("1010 A B 60"), &hours);
    assert_eq!(second, whole);
    let none = DayPosition::of(2, &records("10 A B 60"), &Day::single(10, 10));
    assert_eq!(none[0].average_debit(), None);
    assert_eq!(DayPosition::average_debits(&[]), None);
}

#[test]
fn the_cost_of_liquidity_is_as_unequal_as_it_is() {
    let gini = |text: &str| {
        let paid = records(text);
        shown(gini_of_liquidity_cost(&DayPosition::of(2, &paid, &day()), &paid))
    };
    // Both owe all that they send, at one time or another.
    assert_eq!(gini("10 A B 60; 20 B A 120"), "0.166667");
    assert_eq!(gini("10 A B 60"), "0");
    // Nobody owes anything.
    assert_eq!(gini("10 A B 60; 10 B A 60"), "none");
}

#[test]
fn deciles_are_the_times_by_which_tenths_of_the_value_were_paid() {
    let deciles = deciles_of_payment_time(&records(PAID), &day());
    assert_eq!(deciles, [10, 10, 10, 20, 20, 20, 30, 40, 40]);
    assert_eq!(deciles_of_payment_time(&records("50 A B 1"), &day()), [50; 9]);
    assert_eq!(deciles_of_payment_time(&[], &day()), [0; 0]);
}

#[test]
fn links_triangles_and_ranks_are_those_of_networkx() {
    let flows = flows(5, PAID);
    assert_eq!(degrees(&flows), [(2, 3), (2, 1), (1, 2), (1, 0), (0, 0)]);
    assert_eq!(shown(clustering(&flows)), "0.466667");
    let ranks: Vec<_> = page_rank(&flows).into_iter().map(|rank| shown(Some(rank))).collect();
    assert_eq!(ranks, ["0.361685", "0.241099", "0.324926", "0.036145", "0.036145"]);
    assert_eq!(page_rank(&Flows::of(0, [])), []);
    assert_eq!(clustering(&Flows::of(0, [])), None);
}

#[test]
fn values_near_the_largest_sum_have_ranks_and_averages() {
    let large = format!("10 A B {0}; 10 B C {0}; 10 C A {0}", "10000000000000");
    let ranks = page_rank(&flows(3, &large));
    assert!(ranks.iter().all(|rank| shown(Some(*rank)) == "0.333333"), "{ranks:?}");
    let one = records("0 A B 10000000000000");
    let whole = DayPosition::of(2, &one, &Day::single(0, crate::money::DAY_MS));
    assert_eq!(shown(whole[0].average_debit()), "1000000000000000");
}

#[test]
fn the_core_contradicts_the_network_least() {
    let perfect =
        flows(6, "1 A B 1; 1 B A 1; 1 A C 1; 1 C A 1; 1 B D 1; 1 D B 1; 1 A E 1; 1 F B 1; 1 B F 1");
    let found = core_periphery(&perfect).unwrap();
    assert_eq!((found.core, found.errors), (vec![true, true, false, false, false, false], 0));
    // By trying all cores: that of A alone leaves one link between others.
    let found = core_periphery(&flows(5, PAID)).unwrap();
    assert_eq!(found.errors, 1);
    assert_eq!(shown(found.error_score), "0.166667");
    assert_eq!(core_periphery(&Flows::of(3, [])), None);
}
