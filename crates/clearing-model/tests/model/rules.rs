//! Every rule is needed: without it the checker finds what goes wrong, and says how.

use clearing_model::{Action, Budget, Config, Graph, Ids, Law, Rule};
use stateright::{Checker, HasDiscoveries, Model};

/// Turns a rule off and expects a law to be broken.
#[track_caller]
fn check(rule: Rule, config: Config, law: Law) {
    let config = config.without(rule);
    let found = HasDiscoveries::AnyOf([law.name()].into());
    let checker = config.clone().checker().finish_when(found).spawn_bfs().join();
    let Some(path) = checker.discovery(law.name()) else {
        panic!("{} holds without {rule:?} in {:?}", law.name(), config.name);
    };
    report(rule, &config, law.name(), &path.into_actions());
}

/// Turns a rule off and expects that some payment can then never end.
#[track_caller]
fn check_stuck(rule: Rule, config: Config) {
    let config = config.without(rule);
    let Some(path) = Graph::explore(&config).first_stuck(&config) else {
        panic!("every payment can end without {rule:?} in {:?}", config.name);
    };
    report(rule, &config, "every payment can end", &path);
}

/// Forgotten rows, with only the faults that the rule is about.
fn forgotten(budget: Budget) -> Config {
    Config { budget, may_expire: Ids::NONE, day_ends: false, ..Config::forgotten() }
}

fn report(rule: Rule, config: &Config, broken: &str, path: &[Action]) {
    println!("without {rule:?}, {:?} breaks {broken:?} in {} steps:", config.name, path.len());
    path.iter().for_each(|action| println!("    {action:?}"));
}

#[test]
fn an_admission_is_durable_before_its_delivery_leaves() {
    check(Rule::DurableAdmission, Config::one_payment(), Law::NeverCreditedAndReturned);
}

#[test]
fn what_may_be_delivered_is_marked_so() {
    check(Rule::DeliveredBeforeSent, Config::one_payment(), Law::NeverCreditedAndReturned);
}

#[test]
fn only_the_payees_operator_ends_what_is_delivered() {
    check(Rule::DeliveredEndsOnlyByPayee, Config::one_payment(), Law::NeverCreditedAndReturned);
}

#[test]
fn refusals_are_recorded() {
    check(Rule::RefusalsAreRows, Config::one_payment(), Law::NeverCreditedAndReturned);
}

#[test]
fn refusals_are_final() {
    check(Rule::RefusalsAreFinal, Config::capped(), Law::NeverCreditedAndReturned);
}

#[test]
fn a_revoke_of_the_unknown_records_a_rejection() {
    check(Rule::RevokeWritesRow, Config::unordered(), Law::NeverCreditedAndReturned);
}

#[test]
fn the_payers_operator_never_returns_on_its_own_timer() {
    check(Rule::PayerWaitsForOutcome, Config::one_payment(), Law::NeverCreditedAndReturned);
}

#[test]
fn other_content_is_never_a_refusal() {
    check(Rule::OtherContentIsAlarm, Config::forged(), Law::NeverCreditedAndReturned);
}

#[test]
fn a_return_is_never_refused() {
    check_stuck(Rule::ReturnIsNeverRefused, Config::one_payment());
}

#[test]
fn an_instruction_leaves_after_its_commit() {
    check(Rule::InstructAfterCommit, Config::one_payment(), Law::MoneyConserved);
}

#[test]
fn a_decision_leaves_after_its_commit() {
    check(Rule::DecisionAfterCommit, Config::one_payment(), Law::MoneyConserved);
}

#[test]
fn the_sponsors_answer_leaves_after_its_commit() {
    check(Rule::FundedAfterCommit, Config::voucher(), Law::MoneyConserved);
}

#[test]
fn a_notice_leaves_after_its_commit() {
    check(Rule::NoticeAfterCommit, Config::one_payment(), Law::NeverCreditedAndReturned);
}

#[test]
fn a_reply_leaves_after_its_commit() {
    check(Rule::ReplyAfterCommit, Config::one_payment(), Law::PromisesKept);
}

#[test]
fn an_acknowledgement_leaves_after_its_commit() {
    let budget = Budget { crashes: 1, ..Budget::default() };
    check(Rule::AcknowledgementAfterCommit, forgotten(budget), Law::ClearedOnce);
}

#[test]
fn decisions_are_answered_from_the_record() {
    check(Rule::DecisionsAreRecorded, Config::unordered(), Law::DecidedOnce);
}

#[test]
fn repeats_are_dropped() {
    let budget = Budget { repeats: 1, breaks: 1, ..Budget::default() };
    check(Rule::DropRepeats, forgotten(budget), Law::ClearedOnce);
}

#[test]
fn a_gap_is_never_skipped() {
    check_stuck(Rule::NeverSkip, Config::lossy());
}

#[test]
fn a_registration_fences_the_link_before() {
    check(Rule::FenceFirst, forgotten(Budget { breaks: 1, ..Budget::default() }), Law::ClearedOnce);
}

#[test]
fn what_is_undecided_is_said_again() {
    check_stuck(Rule::ResendAfterRegistration, Config::one_payment());
}

#[test]
fn decisions_are_said_again_before_instructions() {
    check(Rule::DecisionsBeforeInstructions, Config::to_and_fro(), Law::NoSettlementShort);
}

#[test]
fn a_row_is_forgotten_when_both_operators_acknowledged() {
    let budget = Budget { breaks: 1, ..Budget::default() };
    check(Rule::ForgetAfterBothAcknowledged, forgotten(budget), Law::ClearedOnce);
}

#[test]
fn admitted_inflow_gives_no_headroom() {
    check(Rule::OnlyClearedInflowGivesHeadroom, Config::inflow(), Law::NoCapOverrun);
}

#[test]
fn notices_precede_the_settlement() {
    check(Rule::NoticesBeforeSettlement, Config::capped(), Law::NoAlarm);
}

#[test]
fn the_payees_operator_votes_before_queueing() {
    check(Rule::VoteBeforeQueueing, Config::offsetting(), Law::NoCapOverrun);
}

#[test]
fn the_sponsor_is_asked_before_the_payees_operator() {
    check(Rule::SponsorBeforePayee, Config::voucher(), Law::NeverCreditedAndReturned);
}

#[test]
fn an_old_file_serves_only_when_it_has_booked_what_it_lacks() {
    for config in [Config::restored_payer(), Config::restored_payee()] {
        check(Rule::BookBeforeServing, config, Law::MoneyConserved);
    }
}
