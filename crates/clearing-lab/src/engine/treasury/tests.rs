use clearing_domain::central_bank::{Transfer, TransferState};

use super::super::{Ledgers, finished, run};
use crate::experiment::Experiment;

/// Two operators with 100 yuan each: A pays B 60 at 9:05, 30 at 9:10 and 50 at 10:05, and B pays A
/// 70 at 12:05; ticks of an hour.
fn experiment(rules: &str, sets: &[&str]) -> Experiment {
    let text = format!(
        "name = \"treasury\"
        [cluster]
        regime = \"deposit\"
        settlement = \"gross-queue\"
        tick_seconds = 3600
        operators = [
            {{ code = \"A\", prefix = \"002\", reserves = 100 }},
            {{ code = \"B\", prefix = \"003\", reserves = 100 }},
        ]
        [workload]
        payments = [
            {{ time = \"09:05\", from = \"A\", to = \"B\", value = \"60\" }},
            {{ time = \"09:10\", from = \"A\", to = \"B\", value = \"30\" }},
            {{ time = \"10:05\", from = \"A\", to = \"B\", value = \"50\" }},
            {{ time = \"12:05\", from = \"B\", to = \"A\", value = \"70\" }},
        ]
        {rules}"
    );
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    Experiment::from_text(&text, &sets, None).unwrap()
}

fn rule(text: &str) -> String {
    format!("[[treasury]]\n{}\n", text.replace("; ", "\n"))
}

/// At the end of which hour each payment settled, in the order of submission; 0 is never.
fn settled(ledgers: &Ledgers) -> Vec<i64> {
    let mut transfers: Vec<&Transfer> = ledgers.central_bank.transfers().iter().collect();
    transfers.sort_by_key(|transfer| (transfer.submitted_at, transfer.id));
    let hour = |transfer: &&Transfer| match transfer.state {
        TransferState::Cleared => transfer.finished_at().unwrap().ms_of_day() / 3_600_000,
        TransferState::Admitted
        | TransferState::Funding
        | TransferState::Delivered
        | TransferState::Queued
        | TransferState::Refused => 0,
    };
    transfers.iter().map(hour).collect()
}

#[track_caller]
fn settles(rules: &str, expected: [i64; 4]) -> Ledgers {
    let ledgers = run(&experiment(rules, &[])).unwrap();
    assert_eq!(settled(&ledgers), expected, "{rules}");
    ledgers
}

#[test]
fn without_a_rule_and_with_release_what_is_covered_goes_at_once() {
    // The 50 of 10:05 wait for the 70 of B.
    let plain = settles("", [10, 10, 13, 13]);
    assert_eq!(plain.treasuries, []);
    let released = settles(&rule("operator = \"*\"; policy = \"release\""), [10, 10, 13, 13]);
    assert_eq!((released.treasuries.len(), released.treasuries[0].held), (2, 0));
}

#[test]
fn inflow_holds_for_the_target_and_what_is_left_is_returned_with_the_day() {
    // A keeps 30: the 60 go, the 30 wait. At the end of the hour in which the 70 come, 110 are
    // there; in the next both leave 30.
    let kept = rule("operator = \"A\"; policy = \"inflow\"; target = 30");
    let ledgers = settles(&kept, [10, 14, 14, 13]);
    let record = &ledgers.treasuries[0];
    assert_eq!((record.held, record.held_value.fen()), (2, 8_000));
    assert_eq!((record.policy.as_str(), ledgers.treasuries.len()), ("inflow", 1));
    let all_kept = rule("operator = \"A\"; policy = \"inflow\"; target = 1000");
    let ledgers = settles(&all_kept, [0, 0, 0, 13]);
    assert!(ledgers.central_bank.queue().next().is_none());
    let until = rule("operator = \"A\"; policy = \"inflow\"; target = 1000; until = \"16:00\"");
    settles(&until, [16, 16, 16, 13]);
}

#[test]
fn a_schedule_releases_its_part_by_its_hour() {
    let schedule =
        "operator = \"A\"; policy = \"schedule\"; throughput = { \"11:00\" = 40, \"15:00\" = 100 }";
    // By 11:00 at least 56 of 140.
    settles(&rule(schedule), [11, 15, 15, 13]);
}

#[test]
fn the_opening_brings_in_and_takes_out_and_counts_as_brought() {
    let opening = rule("operator = \"*\"; policy = \"opening\"; share = 1; of = \"bounds\"");
    // A needs 140 at most before anything comes in, and B nothing.
    let ledgers = settles(&opening, [10, 10, 11, 13]);
    let brought = ledgers.treasuries.iter().map(|record| record.brought().fen());
    assert_eq!(brought.collect::<Vec<_>>(), [4_000, -10_000]);
    let balances = ledgers.central_bank.accounts().iter().map(|account| account.reserves.fen());
    assert_eq!(balances.collect::<Vec<_>>(), [7_000, 7_000]);
}

#[test]
fn limits_of_a_rule_bind() {
    let limits = rule("operator = \"A\"; policy = \"limits\"; amount = 95");
    // 90 of 95 are used; with the 70 of B there is room for the 50.
    settles(&limits, [10, 10, 13, 13]);
    let narrow = rule("operator = \"A\"; policy = \"limits\"; share = 0.5");
    // 60 of 70 are used; the 30 and the 50 need the 70 of B.
    settles(&narrow, [10, 13, 13, 13]);
}

#[test]
fn silence_holds_what_is_to_go_to_who_owes() {
    // B owes from 10:00 on and is silent since the day began.
    let silence = rule("operator = \"A\"; policy = \"silence\"; ticks = 6");
    settles(&silence, [10, 10, 14, 13]);
}

#[test]
fn days_begin_anew_and_a_run_is_the_same_again() {
    let rules = rule("operator = \"*\"; policy = \"inflow\"; target = 30");
    let digest = |sets: &[&str]| {
        let ledgers = finished(&experiment(&rules, sets)).unwrap().ledgers;
        crate::results::Outcome::of_ledgers(&ledgers).digest()
    };
    assert_eq!(digest(&["days=2"]), digest(&["days=2"]));
    assert_eq!(finished(&experiment(&rules, &["days=2"])).unwrap().ledgers.treasuries.len(), 2);
}

#[test]
fn a_run_that_nobody_serves_has_nobody_outside() {
    let outside = rule("operator = \"A\"; policy = \"outside\"");
    let refused = finished(&experiment(&outside, &[])).unwrap_err().to_string();
    assert!(refused.contains("clearing run --treasury IP:PORT"), "{refused}");
}
