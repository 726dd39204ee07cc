//! Prepaid contracts: money is kept and no lesson paid twice; without any of the rules one law breaks.

use clearing_model::prepaid::{Config, Event, Law, Rule};
use stateright::{Checker, HasDiscoveries, Model};

use crate::documented::assert_documented;

#[test]
fn a_contract_keeps_money_and_pays_each_lesson_once() {
    let config = Config::contract();
    let checker = config.clone().checker().finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_bfs().join();
    let found = checker.discoveries();
    let happens = Event::ALL.map(Event::name);
    if let Some((law, path)) = found.iter().find(|(name, _)| !happens.contains(name)) {
        panic!("{law:?} breaks: {:#?}", path.clone().into_actions());
    }
    for event in happens {
        assert!(found.contains_key(event), "never {event}");
    }
    let states = checker.unique_state_count();
    println!("{:?}: {states} states, depth {}", config.name, checker.max_depth());
    assert_documented(config.name, states);
}

/// Turns a rule off and expects a law to be broken.
#[track_caller]
fn check_without(rule: Rule, law: Law) {
    let config = Config { without: Some(rule), ..Config::contract() };
    let found = HasDiscoveries::AnyOf([law.name()].into());
    let checker = config.checker().finish_when(found).spawn_bfs().join();
    let Some(path) = checker.discovery(law.name()) else {
        panic!("{} holds without {rule:?}", law.name());
    };
    let path = path.into_actions();
    println!("without {rule:?}, {:?} breaks in {} steps: {path:?}", law.name(), path.len());
}

#[test]
fn the_payment_of_a_lesson_leaves_after_its_release_is_on_disk() {
    check_without(Rule::InstructAfterCommit, Law::PaidIsDebited);
}

#[test]
fn a_refund_is_answered_after_it_is_on_disk() {
    check_without(Rule::ReplyAfterCommit, Law::PromisesKept);
}

#[test]
fn a_lesson_on_its_way_is_not_paid_again() {
    check_without(Rule::OnePaymentAtATime, Law::PaidOnce);
}

#[test]
fn a_lock_pays_its_lessons_alone() {
    check_without(Rule::LockPaysLessonsAlone, Law::MoneyKept);
}

#[test]
fn what_comes_back_after_the_end_is_not_locked() {
    check_without(Rule::NoLockAfterTheEnd, Law::EndLocksNothing);
}

#[test]
fn a_dispute_ends_the_request() {
    check_without(Rule::DisputeEndsRequest, Law::DisputeHolds);
}

#[test]
fn a_suspension_stops_releases() {
    check_without(Rule::SuspensionStopsReleases, Law::SuspensionHolds);
}
