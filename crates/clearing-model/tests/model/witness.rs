//! Witnesses: no old file goes on unseen, and no healthy one is refused; without any of the rules
//! one of both breaks.

use std::time::Instant;

use clearing_model::Rule;
use clearing_model::witness::{Config, Event, Law};
use stateright::{Checker, HasDiscoveries, Model};

use crate::documented::assert_documented;

/// Every law holds in every state.
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
    println!(
        "{:?}: {states} states, depth {depth}, {} ms",
        config.name,
        begun.elapsed().as_millis()
    );
    if !deeper {
        assert_documented(config.name, states);
    }
}

/// Turns a rule off and expects a law to be broken.
#[track_caller]
fn check_without(rule: Rule, config: Config, law: Law) {
    let config = config.without(rule);
    let found = HasDiscoveries::AnyOf([law.name()].into());
    let checker = config.clone().checker().finish_when(found).spawn_bfs().join();
    let Some(path) = checker.discovery(law.name()) else {
        panic!("{} holds without {rule:?} in {:?}", law.name(), config.name);
    };
    let path = path.into_actions();
    println!(
        "without {rule:?}, {:?} breaks {:?} in {} steps:",
        config.name,
        law.name(),
        path.len()
    );
    path.iter().for_each(|action| println!("    {action:?}"));
}

#[test]
fn healthy_files_are_never_refused() {
    check(Config::healthy());
}

#[test]
fn healthy_files_that_crash_twice_are_never_refused() {
    check(Config::healthy_again());
}

#[test]
fn an_old_file_of_an_operator_is_refused() {
    check(Config::old_operator());
}

#[test]
fn an_old_file_of_the_central_bank_is_refused() {
    check(Config::old_bank());
}

#[test]
fn an_old_file_of_the_central_bank_is_refused_by_who_knows_better() {
    check(Config::old_bank_of_two());
}

#[test]
fn what_is_told_is_synced_first() {
    check_without(Rule::WitnessAfterSync, Config::healthy(), Law::HealthyIsNeverRefused);
}

#[test]
fn what_is_acknowledged_is_told_within_a_second() {
    check_without(Rule::TellEverySecond, Config::healthy(), Law::EverythingIsTold);
}

#[test]
fn an_act_is_acknowledged_after_its_sync() {
    check_without(Rule::ReplyAfterCommit, Config::healthy(), Law::PromisesKept);
}

#[test]
fn an_operator_compares_what_it_told() {
    check_without(Rule::OperatorComparesHead, Config::old_operator(), Law::OldOperatorIsRefused);
}

#[test]
fn a_registration_is_no_witness() {
    check_without(Rule::RegistrationIsNoWitness, Config::old_operator(), Law::OldOperatorIsRefused);
}

#[test]
fn the_central_bank_compares_what_it_told() {
    check_without(Rule::CentralBankComparesHead, Config::old_bank(), Law::OldCentralBankIsRefused);
}
