//! How ticks are submitted and ended.

use crate::Lockstep;
use crate::link::{CentralBankMessage, Outcome, Side};
use crate::money::{BusinessDate, CycleId};
use crate::operator::test_ledger::{TestLedger, abroad, in_lockstep, noon, settings};
use crate::operator::{OperatorError, OperatorSettings, TickItem};
use crate::slots::Slot;

fn end(test: &mut TestLedger, tick: u64) {
    test.hear(CentralBankMessage { tick_end: Some(tick), ..CentralBankMessage::default() });
}

fn close(test: &mut TestLedger, tick: u64) {
    test.hear(CentralBankMessage { tick_close: Some(tick), ..CentralBankMessage::default() });
}

/// Submits items at the start of a tick.
fn submit(
    test: &mut TestLedger,
    tick: u64,
    first: u64,
    items: &[TickItem],
    complete: bool,
) -> Result<u64, OperatorError> {
    let at = noon().plus_ms(i64::try_from(tick - 1).unwrap() * 60_000);
    let items: Vec<_> = items.iter().map(|item| TickItem { at, ..item.clone() }).collect();
    submit_as_given(test, tick, first, &items, complete)
}

fn submit_as_given(
    test: &mut TestLedger,
    tick: u64,
    first: u64,
    items: &[TickItem],
    complete: bool,
) -> Result<u64, OperatorError> {
    let progress = test.ledger.submit_tick(tick, first, items, complete);
    test.commit();
    progress.map(|progress| progress.state.next_index)
}

/// A ledger with a wallet and three payments of it to another operator.
fn test_ledger() -> (TestLedger, Vec<TickItem>) {
    let mut test = TestLedger::new(in_lockstep());
    let wallet = test.wallet(1, 1_000);
    let items = (0..3).map(|_| test.item(wallet, abroad(), 10)).collect();
    (test, items)
}

#[test]
fn every_item_is_applied_once_and_in_order() {
    let (mut test, items) = test_ledger();
    assert_eq!(submit(&mut test, 1, 0, &items[..2], false), Ok(2));
    assert_eq!(submit(&mut test, 1, 0, &items[..2], false), Ok(2));
    let gap = OperatorError::TickOrder { tick: 1, expected: 2, found: 3 };
    assert_eq!(submit(&mut test, 1, 3, &[], false), Err(gap));
    assert_eq!(submit(&mut test, 1, 1, &items[1..], true), Ok(3));
    assert_eq!(test.said(), "instruct #1; instruct #2; instruct #3; tick 1 has 3");
    test.check();
}

#[test]
fn a_complete_list_takes_no_more_items() {
    let (mut test, items) = test_ledger();
    submit(&mut test, 1, 0, &items[..2], true).unwrap();
    assert_eq!(submit(&mut test, 1, 0, &items[..2], true), Ok(2));
    let complete = OperatorError::TickComplete { tick: 1, count: 2, found: 2 };
    assert_eq!(submit(&mut test, 1, 0, &items, true), Err(complete));
    assert_eq!(test.said(), "instruct #1; instruct #2; tick 1 has 2");
    test.check();
}

#[test]
fn ticks_follow_each_other_and_may_skip() {
    let (mut test, items) = test_ledger();
    submit(&mut test, 1, 0, &items[..1], true).unwrap();
    let early = OperatorError::TickEarly { running: 1, found: 2 };
    assert_eq!(submit(&mut test, 2, 0, &[], true), Err(early));
    test.notify(1, Side::Payer, Outcome::Cleared(CycleId::new(1)));
    end(&mut test, 1);
    end(&mut test, 1);
    submit(&mut test, 9, 0, &items[1..], true).unwrap();
    let over = OperatorError::TickOver { ended: 1, found: 8 };
    assert_eq!(submit(&mut test, 8, 0, &[], true), Err(over));
    assert_eq!(
        test.said(),
        "instruct #1; tick 1 has 1; tick 1 is over; tick 1 is over; instruct #2; instruct #3; tick 9 has 2"
    );
    assert_eq!(
        TestLedger::new(settings()).ledger.submit_tick(1, 0, &[], true),
        Err(OperatorError::NotLockstep)
    );
    test.check();
}

#[test]
fn after_a_restart_the_tick_and_its_count_are_said_again() {
    let (mut test, items) = test_ledger();
    submit(&mut test, 1, 0, &items[..2], false).unwrap();
    test.restart();
    assert_eq!(test.ledger.tick().next_index, 2);
    submit(&mut test, 1, 2, &items[2..], true).unwrap();
    test.restart();
    test.up();
    assert_eq!(
        test.said(),
        "instruct #1; instruct #2; register; instruct #1; instruct #2; instruct #3; that is all; tick 1 has 3"
    );
    test.check();
}

#[test]
fn a_payment_between_ticks_counts_in_the_next() {
    let (mut test, items) = test_ledger();
    submit(&mut test, 1, 0, &items[..1], true).unwrap();
    test.notify(1, Side::Payer, Outcome::Cleared(CycleId::new(1)));
    let payer = items[0].payer;
    assert_eq!(test.pay(payer, abroad(), 5), "InTransit");
    end(&mut test, 1);
    assert_eq!(test.pay(payer, abroad(), 6), "InTransit");
    test.said();
    submit(&mut test, 2, 0, &items[1..2], true).unwrap();
    assert_eq!(test.said(), "instruct #2; tick 2 has 3");
    test.check();
}

#[test]
fn the_driver_closes_a_tick_that_has_not_started_or_is_not_complete() {
    let (mut test, items) = test_ledger();
    close(&mut test, 3);
    close(&mut test, 3);
    assert_eq!(test.said(), "tick 3 has 0; tick 3 has 0");
    close(&mut test, 4);
    close(&mut test, 2);
    assert_eq!((test.said().as_str(), test.ledger.tick().tick), ("", 3));
    end(&mut test, 3);
    submit(&mut test, 4, 0, &items[..2], false).unwrap();
    test.said();
    close(&mut test, 4);
    assert_eq!(test.said(), "tick 4 has 2");
    assert!(test.ledger.tick().complete);
    test.check();
}

#[test]
fn decisions_carry_the_end_of_the_tick() {
    let (mut test, items) = test_ledger();
    submit(&mut test, 2, 0, &[], true).unwrap();
    test.now = noon().plus_ms(77);
    test.deliver(9, items[0].payer, 5);
    assert_eq!(test.ledger.inbound()[Slot::from_number(0)].decided_at, noon().plus_ms(120_000));
}

#[test]
fn an_item_outside_its_tick_is_named_and_nothing_of_the_list_is_applied() {
    let (mut test, items) = test_ledger();
    let at = |ms| TickItem { at: noon().plus_ms(ms), ..items[1].clone() };
    for outside in [-1, 60_000, 86_400_000, -86_400_000, i64::MAX] {
        let list = [items[0].clone(), at(outside), items[2].clone()];
        let error = submit_as_given(&mut test, 1, 0, &list, true).unwrap_err();
        assert_eq!(
            (error.reason().name(), error.field()),
            ("FIELD_INVALID", "items.submit_times_ms")
        );
        let value = list[1].at.ms();
        assert!(
            error.to_string().starts_with(&format!("items.submit_times_ms[1] is {value} (")),
            "{error}"
        );
        assert_eq!((test.ledger.tick().tick, test.ledger.payments().len()), (0, 0));
    }
    let list = [at(0), TickItem { at: noon().plus_ms(59_999), ..items[2].clone() }];
    assert_eq!(submit_as_given(&mut test, 1, 0, &list, true), Ok(2));
    test.check();
}

#[test]
fn an_item_that_was_applied_may_not_come_again_with_other_content() {
    let (mut test, items) = test_ledger();
    submit(&mut test, 1, 0, &items[..2], false).unwrap();
    let changed = [
        items[0].clone(),
        TickItem { amount: crate::operator::test_ledger::yuan(11), ..items[1].clone() },
        items[2].clone(),
    ];
    let error = submit(&mut test, 1, 0, &changed, true).unwrap_err();
    assert_eq!((error.reason().name(), error.field()), ("REQUEST_ID_REUSED", "items"));
    assert_eq!(submit(&mut test, 1, 0, &items, true), Ok(3));
    test.check();
}

#[test]
fn an_id_names_one_payment_and_nothing_of_a_list_with_it_twice_is_applied() {
    let (mut test, items) = test_ledger();
    let other = test.wallet(1, 1_000);
    let taken = |found: OperatorError, place: usize, item: &TickItem| {
        assert_eq!(
            (found.reason().name(), found.field()),
            ("REQUEST_ID_REUSED", "items.payment_ids")
        );
        let expected = format!("items.payment_ids[{place}] of tick 1 is {}, which", item.id);
        assert!(found.to_string().starts_with(&expected), "{found}");
    };
    let twin = TickItem { payer: other, ..items[0].clone() };
    taken(
        submit(&mut test, 1, 0, &[items[0].clone(), items[1].clone(), twin.clone()], true)
            .unwrap_err(),
        2,
        &twin,
    );
    taken(
        submit(&mut test, 1, 0, &[items[0].clone(), items[0].clone()], true).unwrap_err(),
        1,
        &items[0],
    );
    assert_eq!((test.ledger.tick().tick, test.ledger.payments().len()), (0, 0));
    assert_eq!(submit(&mut test, 1, 0, &items[..2], false), Ok(2));
    taken(submit(&mut test, 1, 2, &[items[2].clone(), twin.clone()], true).unwrap_err(), 1, &twin);
    test.deliver(9, other, 5);
    let inbound =
        TickItem { id: test.ledger.inbound()[Slot::from_number(0)].id, ..items[2].clone() };
    taken(submit(&mut test, 1, 2, std::slice::from_ref(&inbound), true).unwrap_err(), 0, &inbound);
    assert_eq!(
        submit(&mut test, 1, 0, &items, true),
        Ok(3),
        "an honest repeat goes on where it was"
    );
    assert_eq!(test.ledger.payments().len(), 3);
    test.check();
}

#[test]
fn ticks_beyond_all_time_are_refused() {
    let (mut test, _) = test_ledger();
    for tick in [u64::MAX, 1 << 62, 5_000_000_000] {
        assert_eq!(
            submit_as_given(&mut test, tick, 0, &[], true),
            Err(OperatorError::TickUnknown(tick))
        );
    }
    close(&mut test, 5_000_000_000);
    end(&mut test, 5_000_000_000);
    assert_eq!((test.ledger.tick().tick, std::mem::take(&mut test.alarms).len()), (0, 2));
    test.check();
}

/// Items of a tick bring the times of their submission, and a client pays at its end: at midnight a
/// payment of the day that is over follows one of the day that begins.
#[test]
fn what_is_paid_across_midnight_counts_as_the_audit_counts_it() {
    const LAST_TICK: u64 = 720;
    for (year, month, day) in [(2022, 8, 24), (2022, 12, 31)] {
        let start = BusinessDate::from_ymd(year, month, day).unwrap().start();
        let start = start.plus_ms(12 * 3_600_000);
        let lockstep = Lockstep { start, tick_ms: 60_000 };
        let mut test =
            TestLedger::new(OperatorSettings { lockstep: Some(lockstep), ..in_lockstep() });
        let wallet = test.wallet(1, 1_000);
        let begun = start.plus_ms(12 * 3_600_000 - 60_000);
        let items: Vec<_> = [10, 30]
            .map(|seconds| TickItem {
                at: begun.plus_ms(seconds * 1_000),
                ..test.item(wallet, abroad(), 20)
            })
            .into();
        submit_as_given(&mut test, LAST_TICK, 0, &items[..1], false).unwrap();
        // It is opened at the end of the tick, so what it pays in the tick is of the day before.
        let late = test.wallet(1, 1_000);
        test.pay(wallet, abroad(), 3);
        let of_late = TickItem { at: items[1].at, ..test.item(late, abroad(), 7) };
        submit_as_given(&mut test, LAST_TICK, 1, &[items[1].clone(), of_late], true).unwrap();
        test.check();
        for number in 1..=4 {
            let outcome = match number {
                1 | 2 => Outcome::Refused(crate::Reason::Expired),
                _ => Outcome::Cleared(CycleId::new(1)),
            };
            test.notify(number, Side::Payer, outcome);
        }
        test.check();
    }
}
