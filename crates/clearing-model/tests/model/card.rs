//! Offline vouchers: one counter used at two merchants is paid once, and without any of the rules a
//! law breaks.

use clearing_model::card::{Config, Event, Law, Rule};
use stateright::{Checker, HasDiscoveries, Model};

use crate::documented::assert_documented;

#[test]
fn the_issuer_decides_on_a_counter_once() {
    let config = Config::documented();
    let checker =
        config.clone().checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let found = checker.discoveries();
    let happens = Event::ALL.map(Event::name);
    if let Some((law, path)) = found.iter().find(|(name, _)| !happens.contains(name)) {
        panic!("{law:?} breaks: {:#?}", path.clone().into_actions());
    }
    for event in happens {
        assert!(found.contains_key(event), "never {event}");
    }
    println!("{:?}: {} states", config.name, checker.unique_state_count());
    assert_documented(config.name, checker.unique_state_count());
}

/// Turns a rule off and expects a law to be broken.
#[track_caller]
fn check_without(rule: Rule, law: Law) {
    let found = HasDiscoveries::AnyOf([law.name()].into());
    let checker =
        Config::documented().without(rule).checker().finish_when(found).spawn_bfs().join();
    let Some(path) = checker.discovery(law.name()) else {
        panic!("{} holds without {rule:?}", law.name());
    };
    println!("without {rule:?}, {:?} breaks:", law.name());
    path.into_actions().iter().for_each(|action| println!("    {action:?}"));
}

#[test]
fn a_decision_is_written_before_anybody_hears_of_it() {
    check_without(Rule::CommitFirst, Law::AnswersStand);
    check_without(Rule::CommitFirst, Law::PaidOnce);
}

#[test]
fn a_counter_is_kept_with_its_decision() {
    check_without(Rule::CounterIsKept, Law::PaidOnce);
}

#[test]
fn the_id_of_a_payment_follows_from_the_counter() {
    check_without(Rule::IdFromCounter, Law::PaidOnce);
}

#[test]
fn what_comes_back_is_not_the_cards_again() {
    check_without(Rule::ReturnIsUnclaimed, Law::AcceptedIsOwed);
}
