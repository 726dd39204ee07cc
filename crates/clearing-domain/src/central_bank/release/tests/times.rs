//! Payments that may settle between certain times alone.

use super::*;
use crate::Details;
use crate::details::SettlementTimes;

/// A payment that its payee's operator accepts, with times in hours from now.
fn paid_within(
    test: &mut TestLedger,
    number: u8,
    [from, to]: [usize; 2],
    amount: i64,
    [earliest, latest]: [Option<i64>; 2],
) -> u8 {
    let at = |hours: i64| test.now.plus_ms(hours * HOUR);
    let times = SettlementTimes { earliest: earliest.map(at), latest: latest.map(at) };
    let details = Details { times, ..Details::default() }.boxed();
    let instruction = test.instruction(number, from, to, amount);
    test.instruct(from, vec![crate::link::Instruction { details, ..instruction }]);
    test.decide(to, number, None);
    number
}

#[test]
fn a_payment_is_not_tried_before_its_earliest_time_and_blocks_nobody() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let early = paid_within(&mut test, 101, [0, 1], 900, [Some(2), None]);
    let behind = paid_within(&mut test, 102, [0, 1], 100, [None, None]);
    assert_eq!(states(&test, [early, behind]), ["queued", "cleared 0"]);
    assert_eq!(test.ledger.next_due(), Some(test.now.plus_ms(2 * HOUR)));
    test.paid(2, 0, 50);
    test.wait(HOUR);
    test.restart_linked();
    test.wait(HOUR - 1);
    assert_eq!(test.state(early), "queued");
    test.wait(1);
    assert_eq!((test.state(early).as_str(), test.money(0)), ("cleared 0", (50, 0)));
    test.check();
}

#[test]
fn what_waits_is_returned_to_both_sides_when_its_latest_time_comes() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let number = paid_within(&mut test, 101, [0, 1], 1_200, [None, Some(3)]);
    test.heard(0);
    test.heard(1);
    assert_eq!(test.ledger.next_due(), Some(test.now.plus_ms(3 * HOUR)));
    test.wait(3 * HOUR - 1);
    test.restart_linked();
    assert_eq!(test.state(number), "queued");
    test.wait(1);
    assert_eq!(test.state(number), "refused SETTLEMENT_TIME_OVER");
    assert!(test.heard(1).ends_with("#101 refused SETTLEMENT_TIME_OVER to payee"));
    test.paid(2, 0, 500);
    assert_eq!(test.money(0), (1_500, 0), "no later inflow settles it");
    test.check();
}

#[test]
fn the_latest_time_belongs_to_the_payment() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let both = paid_within(&mut test, 101, [0, 1], 900, [Some(2), Some(2)]);
    let short = paid_within(&mut test, 102, [2, 1], 1_200, [None, Some(2)]);
    let behind = paid_within(&mut test, 103, [2, 1], 800, [None, None]);
    assert_eq!(states(&test, [both, short, behind]), ["queued", "queued", "queued"]);
    test.wait(2 * HOUR);
    let expected = ["cleared 0", "refused SETTLEMENT_TIME_OVER", "cleared 0"];
    assert_eq!(states(&test, [both, short, behind]), expected);
    test.check();
}

#[test]
fn what_is_accepted_behind_its_latest_time_is_returned_and_settles_never() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let number = 101;
    let latest = Some(test.now.plus_ms(1));
    let times = SettlementTimes { earliest: None, latest };
    let details = Details { times, ..Details::default() }.boxed();
    let instruction = test.instruction(number, 0, 1, 100);
    test.instruct(0, vec![crate::link::Instruction { details, ..instruction }]);
    test.wait(2);
    test.decide(1, number, None);
    test.wait(0);
    assert_eq!(test.state(number), "refused SETTLEMENT_TIME_OVER");
    test.check();
}

#[test]
fn a_payment_within_its_times_settles_at_once_and_a_repeat_has_the_same_times() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    test.repeats = true;
    let number = paid_within(&mut test, 101, [0, 1], 100, [Some(0), Some(0)]);
    assert_eq!(test.state(number), "cleared 0");
    test.check();
    let other = test.instruction(number, 0, 1, 100);
    test.instruct(0, vec![other]);
    assert!(test.alarms.iter().all(|alarm| alarm.contains("with other content")));
    assert!(!test.alarms.is_empty());
}
