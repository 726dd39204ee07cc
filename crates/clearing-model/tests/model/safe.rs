//! With every rule in force every law holds in every state, and every payment can end.

use std::time::Instant;

use clearing_model::{Config, Event, Graph};
use stateright::{Checker, HasDiscoveries, Model};

use crate::documented::assert_documented;

/// Explores a configuration twice: for the laws, and for the ends of payments.
#[track_caller]
fn check(config: Config) {
    let deeper = std::env::var_os("CLEARING_MODEL_DEEPER").is_some();
    let config = if deeper { config.deeper() } else { config };
    let begun = Instant::now();
    let checker =
        config.clone().checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let found = checker.discoveries();
    let happens = Event::ALL.map(Event::name);
    if let Some((law, path)) = found.iter().find(|(name, _)| !happens.contains(name)) {
        panic!("{:?} breaks {law:?}: {:#?}", config.name, path.clone().into_actions());
    }
    for event in happens {
        assert!(found.contains_key(event), "in {:?} never {event}", config.name);
    }
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    drop((found, checker));
    let graph = Graph::explore(&config);
    assert_eq!(graph.len(), states, "both explore the same");
    if let Some(path) = graph.first_stuck(&config) {
        panic!("in {:?} a payment can never end: {path:#?}", config.name);
    }
    println!(
        "{:?}: {states} states, depth {depth}, {} ms",
        config.name,
        begun.elapsed().as_millis()
    );
    if !deeper {
        assert_documented(config.name, states);
    }
}

#[test]
fn one_payment_is_safe_and_ends() {
    check(Config::one_payment());
}

#[test]
fn payments_refused_above_the_cap_are_safe_and_end() {
    check(Config::capped());
}

#[test]
fn payments_queued_above_the_cap_are_safe_and_end() {
    check(Config::queued());
}

#[test]
fn three_payments_are_safe_and_end() {
    check(Config::three_payments());
}

#[test]
fn payments_to_and_fro_are_safe_and_end() {
    check(Config::to_and_fro());
}

#[test]
fn headroom_by_inflow_is_safe_and_payments_end() {
    check(Config::inflow());
}

#[test]
fn rows_that_are_forgotten_are_safe() {
    check(Config::forgotten());
}

#[test]
fn links_that_lose_and_repeat_are_safe_and_payments_end() {
    check(Config::lossy());
}

#[test]
fn links_without_any_order_are_safe_and_payments_end() {
    check(Config::unordered());
}

#[test]
fn other_content_under_a_known_id_is_safe() {
    check(Config::forged());
}

#[test]
fn a_voucher_is_safe_and_ends() {
    check(Config::voucher());
}

#[test]
fn a_voucher_of_the_payees_operator_is_safe_and_ends() {
    check(Config::voucher_of_payee());
}

#[test]
fn a_voucher_inside_an_operator_is_safe_and_ends() {
    check(Config::voucher_inside());
}

#[test]
fn offsetting_is_safe_and_ends() {
    check(Config::offsetting());
}

#[test]
fn an_old_file_of_the_payers_operator_is_safe() {
    check(Config::restored_payer());
}

#[test]
fn an_old_file_of_the_payees_operator_is_safe() {
    check(Config::restored_payee());
}
