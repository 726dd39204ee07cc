//! Indicators of flows: netting, concentration, network, failures.

use super::super::*;
use super::{fen, flows, records, shown};

#[test]
fn four_banks_net_to_a_bit_more_than_a_third() {
    let flows = flows(4, "0 A B 60; 0 A D 55; 0 C A 35; 0 B C 20; 0 D B 35; 0 D C 25");
    assert_eq!(flows.nets(), fen(&[-80, 75, 10, -5]));
    assert_eq!(flows.net_debits(), 8500);
    assert_eq!(shown(multilateral_netting_ratio(&flows)), "0.369565");
    assert_eq!(shown(netting_efficiency(&flows)), "0.630435");
    assert_eq!(shown(netting_factor(&flows)), "2.705882");
    assert_eq!(shown(bilateral_netting_ratio(&flows)), "1");
}

#[test]
fn opposite_payments_net_away_and_leave_no_factor() {
    let flows = flows(2, "0 A B 10; 5 B A 10");
    assert_eq!(shown(multilateral_netting_ratio(&flows)), "0");
    assert_eq!(shown(bilateral_netting_ratio(&flows)), "0");
    assert_eq!(shown(netting_factor(&flows)), "none");
}

#[test]
fn without_payments_there_is_no_ratio() {
    let flows = Flows::of(3, []);
    for ratio in
        [multilateral_netting_ratio, bilateral_netting_ratio, herfindahl_index, link_reciprocity]
    {
        assert_eq!(ratio(&flows), None);
    }
    assert_eq!(shown(density(&flows)), "0");
    assert_eq!(shown(density(&Flows::of(1, []))), "none");
}

#[test]
fn concentration_runs_from_equal_shares_to_one_sender() {
    let equal = flows(4, "0 A B 5; 0 B C 5; 0 C D 5; 0 D A 5");
    assert_eq!(shown(herfindahl_index(&equal)), "2500");
    assert_eq!(shown(top_share(&equal, 4)), "1");
    let one = flows(3, "0 A B 5; 0 A C 7");
    assert_eq!(shown(herfindahl_index(&one)), "10000");
    let six = flows(6, "0 A B 30; 0 B A 25; 0 C A 20; 0 D A 15; 0 E A 7; 0 F A 3");
    assert_eq!(shown(top_share(&six, 4)), "0.9");
}

#[test]
fn the_network_tells_of_links_and_of_what_flows_back() {
    let flows = flows(3, "0 A B 10; 0 B A 4; 0 A C 6");
    assert_eq!(shown(density(&flows)), "0.5");
    assert_eq!(shown(link_reciprocity(&flows)), "0.666667");
    assert_eq!(shown(value_reciprocity(&flows)), "0.4");
    assert_eq!((flows.sent(), flows.received()), (fen(&[16, 4, 0]), fen(&[4, 10, 6])));
    assert_eq!(flows.between(0, 2), 600);
}

#[test]
fn a_deficiency_is_what_neither_balance_nor_credit_covers() {
    let nets = fen(&[-80, 75, 10, -5]);
    assert_eq!(
        settlement_asset_deficiency(&nets, &fen(&[30, 0, 0, 5]), &fen(&[20, 0, 0, 0])),
        3000
    );
    assert_eq!(settlement_asset_deficiency(&nets, &fen(&[80, 0, 0, 5]), &[0; 4]), 0);
}

#[test]
fn an_unwinding_counts_each_payment_in_the_round_it_first_falls_in() {
    let flows = flows(4, "0 A B 60; 0 B C 50; 0 C D 20; 0 D C 10");
    let contagion = contagion(&flows, &[vec![0], vec![1]]);
    assert_eq!(contagion.failures, [1, 1]);
    assert_eq!(contagion.unwound, fen(&[60, 50]));
    assert_eq!(shown(contagion.share), "0.785714");
}

#[test]
fn liquidity_deteriorates_by_the_fall_of_the_minimum_balance() {
    let opening = fen(&[50, 50]);
    let baseline = minimum_balances(&opening, &records("10 A B 30 10; 20 B A 40 20; 20 A B 5 20"));
    assert_eq!(baseline, fen(&[20, 45]));
    let stressed = minimum_balances(&opening, &records("10 A B 30 10; 20 B A 40; 20 A B 5 20"));
    assert_eq!(liquidity_deterioration(&baseline, &stressed), fen(&[5, -5]));
}
