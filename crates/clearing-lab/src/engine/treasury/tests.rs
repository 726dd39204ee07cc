use clearing_domain::central_bank::{Transfer, TransferState};
use clearing_domain::money::Position;

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
    let days = released.treasuries.iter().map(|record| record.days.clone());
    assert_eq!(days.collect::<Vec<_>>(), vec![vec![Position::from_fen(10_000)]; 2]);
}

#[test]
fn inflow_holds_for_the_target_and_what_is_left_is_returned_with_the_day() {
    // A keeps 30: the 60 go, the 30 wait. At the end of the hour in which the 70 come, 110 are
    // there; in the next both leave 30.
    let kept = rule("operator = \"A\"; policy = \"inflow\"; target = 30");
    let ledgers = settles(&kept, [10, 14, 14, 13]);
    let record = &ledgers.treasuries[0];
    assert_eq!((record.held, record.held_value.fen()), (2, 8_000));
    let of_whom = ledgers.treasuries.iter().map(|record| record.policy.as_str());
    assert_eq!(of_whom.collect::<Vec<_>>(), ["inflow", ""]);
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

/// The same payments on a second day: A owes B 70 in the evening of each.
const TWO_DAYS: &str = "workload.payments=[
    {date='2022-08-24',time='09:05',from='A',to='B',value='60'},
    {date='2022-08-24',time='09:10',from='A',to='B',value='30'},
    {date='2022-08-24',time='10:05',from='A',to='B',value='50'},
    {date='2022-08-24',time='12:05',from='B',to='A',value='70'},
    {date='2022-08-25',time='09:05',from='A',to='B',value='60'},
    {date='2022-08-25',time='09:10',from='A',to='B',value='30'},
    {date='2022-08-25',time='10:05',from='A',to='B',value='50'},
    {date='2022-08-25',time='12:05',from='B',to='A',value='70'}]";

#[track_caller]
fn settles_twice(rules: &str, expected: [i64; 8]) -> Ledgers {
    let ledgers =
        run(&experiment(rules, &["cluster.start=2022-08-24", "days=2", TWO_DAYS])).unwrap();
    assert_eq!(settled(&ledgers), expected, "{rules}");
    ledgers
}

#[test]
fn the_second_day_begins_anew() {
    // Without a rule A has 30 left on the second day: nothing goes before the 70 come, and the 50
    // never do.
    settles_twice("", [10, 10, 13, 13, 13, 13, 0, 13]);
    // The opening is filled up to 140 again, and is paid for on both days.
    let opening = rule("operator = \"A\"; policy = \"opening\"; amount = 140");
    let ledgers = settles_twice(&opening, [10, 10, 11, 13, 10, 10, 11, 13]);
    let [a, b] = &ledgers.treasuries[..] else { panic!("{:?}", ledgers.treasuries) };
    assert_eq!((a.brought_in.fen(), a.taken_out.fen()), (4_000 + 7_000, 0));
    let fen = |days: &[Position]| days.iter().map(|day| day.fen()).collect::<Vec<_>>();
    // B, whom nobody decides for, opened with what was left of the day before.
    assert_eq!((fen(&a.days), fen(&b.days)), (vec![14_000; 2], vec![10_000, 17_000]));
    // A schedule that counted yesterday's 140 as paid would let nothing go before 15:00; B is
    // silent from the open of the second day, not since noon of the first.
    let both = format!(
        "{opening}{}",
        rule(
            "operator = \"A\"; policy = \"schedule\"; throughput = { \"11:00\" = 40, \"15:00\" = 100 }"
        )
    );
    settles_twice(&both, [11, 15, 15, 13, 11, 15, 15, 13]);
    let silent = format!("{opening}{}", rule("operator = \"A\"; policy = \"silence\"; ticks = 10"));
    settles_twice(&silent, [10, 10, 14, 13, 10, 10, 14, 13]);
}

#[test]
fn who_is_away_decides_nothing() {
    // A is away over the open of the second day, so that nothing fills up what it paid.
    let rules = format!(
        "{}[[fault]]\nkind = \"outage\"\noperator = \"A\"\nat = \"1 23:00\"\nuntil = \"2 08:00\"\n",
        rule("operator = \"A\"; policy = \"opening\"; amount = 140")
    );
    let ledgers = settles_twice(&rules, [10, 10, 11, 13, 10, 13, 13, 13]);
    assert_eq!(ledgers.treasuries[0].brought_in.fen(), 4_000);
}

#[test]
fn a_run_that_nobody_serves_has_nobody_outside() {
    let outside = rule("operator = \"A\"; policy = \"outside\"");
    let refused = finished(&experiment(&outside, &[])).unwrap_err().to_string();
    assert!(refused.contains("clearing run --treasury IP:PORT"), "{refused}");
}
