//! How ticks are submitted and ended.

use crate::link::{CentralBankMessage, Outcome, Side};
use crate::money::CycleId;
use crate::operator::bench::{Bench, abroad, in_lockstep, noon, settings};
use crate::operator::{OperatorError, TickItem};
use crate::slots::Slot;

fn end(bench: &mut Bench, tick: u64) {
    bench.hear(CentralBankMessage { tick_end: Some(tick), ..CentralBankMessage::default() });
}

fn close(bench: &mut Bench, tick: u64) {
    bench.hear(CentralBankMessage { tick_close: Some(tick), ..CentralBankMessage::default() });
}

/// Submits items at the start of a tick.
fn submit(
    bench: &mut Bench,
    tick: u64,
    first: u64,
    items: &[TickItem],
    complete: bool,
) -> Result<u64, OperatorError> {
    let at = noon().plus_ms(i64::try_from(tick - 1).unwrap() * 60_000);
    let items: Vec<_> = items.iter().map(|item| TickItem { at, ..*item }).collect();
    submit_as_given(bench, tick, first, &items, complete)
}

fn submit_as_given(
    bench: &mut Bench,
    tick: u64,
    first: u64,
    items: &[TickItem],
    complete: bool,
) -> Result<u64, OperatorError> {
    let progress = bench.ledger.submit_tick(tick, first, items, complete);
    bench.commit();
    progress.map(|progress| progress.state.next_index)
}

/// A ledger with a wallet and three payments of it to another operator.
fn bench() -> (Bench, Vec<TickItem>) {
    let mut bench = Bench::new(in_lockstep());
    let wallet = bench.wallet(1, 1_000);
    let items = (0..3).map(|_| bench.item(wallet, abroad(), 10)).collect();
    (bench, items)
}

#[test]
fn every_item_is_applied_once_and_in_order() {
    let (mut bench, items) = bench();
    assert_eq!(submit(&mut bench, 1, 0, &items[..2], false), Ok(2));
    assert_eq!(submit(&mut bench, 1, 0, &items[..2], false), Ok(2));
    let gap = OperatorError::TickOrder { tick: 1, expected: 2, found: 3 };
    assert_eq!(submit(&mut bench, 1, 3, &[], false), Err(gap));
    assert_eq!(submit(&mut bench, 1, 1, &items[1..], true), Ok(3));
    assert_eq!(bench.said(), "instruct #1; instruct #2; instruct #3; tick 1 has 3");
    bench.check();
}

#[test]
fn a_complete_list_takes_no_more_items() {
    let (mut bench, items) = bench();
    submit(&mut bench, 1, 0, &items[..2], true).unwrap();
    assert_eq!(submit(&mut bench, 1, 0, &items[..2], true), Ok(2));
    let complete = OperatorError::TickComplete { tick: 1, count: 2, found: 2 };
    assert_eq!(submit(&mut bench, 1, 0, &items, true), Err(complete));
    assert_eq!(bench.said(), "instruct #1; instruct #2; tick 1 has 2");
    bench.check();
}

#[test]
fn ticks_follow_each_other_and_may_skip() {
    let (mut bench, items) = bench();
    submit(&mut bench, 1, 0, &items[..1], true).unwrap();
    let early = OperatorError::TickEarly { running: 1, found: 2 };
    assert_eq!(submit(&mut bench, 2, 0, &[], true), Err(early));
    bench.notify(1, Side::Payer, Outcome::Cleared(CycleId::new(1)));
    end(&mut bench, 1);
    end(&mut bench, 1);
    submit(&mut bench, 9, 0, &items[1..], true).unwrap();
    let over = OperatorError::TickOver { ended: 1, found: 8 };
    assert_eq!(submit(&mut bench, 8, 0, &[], true), Err(over));
    assert_eq!(
        bench.said(),
        "instruct #1; tick 1 has 1; tick 1 is over; tick 1 is over; instruct #2; instruct #3; tick 9 has 2"
    );
    assert_eq!(
        Bench::new(settings()).ledger.submit_tick(1, 0, &[], true),
        Err(OperatorError::NotLockstep)
    );
    bench.check();
}

#[test]
fn after_a_restart_the_tick_and_its_count_are_said_again() {
    let (mut bench, items) = bench();
    submit(&mut bench, 1, 0, &items[..2], false).unwrap();
    bench.restart();
    assert_eq!(bench.ledger.tick().next_index, 2);
    submit(&mut bench, 1, 2, &items[2..], true).unwrap();
    bench.restart();
    bench.up();
    assert_eq!(
        bench.said(),
        "instruct #1; instruct #2; register; instruct #1; instruct #2; instruct #3; that is all; tick 1 has 3"
    );
    bench.check();
}

#[test]
fn a_payment_between_ticks_counts_in_the_next() {
    let (mut bench, items) = bench();
    submit(&mut bench, 1, 0, &items[..1], true).unwrap();
    bench.notify(1, Side::Payer, Outcome::Cleared(CycleId::new(1)));
    let payer = items[0].payer;
    assert_eq!(bench.pay(payer, abroad(), 5), "InTransit");
    end(&mut bench, 1);
    assert_eq!(bench.pay(payer, abroad(), 6), "InTransit");
    bench.said();
    submit(&mut bench, 2, 0, &items[1..2], true).unwrap();
    assert_eq!(bench.said(), "instruct #2; tick 2 has 3");
    bench.check();
}

#[test]
fn the_driver_closes_a_tick_that_has_not_started_or_is_not_complete() {
    let (mut bench, items) = bench();
    close(&mut bench, 3);
    close(&mut bench, 3);
    assert_eq!(bench.said(), "tick 3 has 0; tick 3 has 0");
    close(&mut bench, 4);
    close(&mut bench, 2);
    assert_eq!((bench.said().as_str(), bench.ledger.tick().tick), ("", 3));
    end(&mut bench, 3);
    submit(&mut bench, 4, 0, &items[..2], false).unwrap();
    bench.said();
    close(&mut bench, 4);
    assert_eq!(bench.said(), "tick 4 has 2");
    assert!(bench.ledger.tick().complete);
    bench.check();
}

#[test]
fn decisions_carry_the_end_of_the_tick() {
    let (mut bench, items) = bench();
    submit(&mut bench, 2, 0, &[], true).unwrap();
    bench.now = noon().plus_ms(77);
    bench.deliver(9, items[0].payer, 5);
    assert_eq!(bench.ledger.inbound()[Slot::from_number(0)].decided_at, noon().plus_ms(120_000));
}

#[test]
fn an_item_outside_its_tick_is_named_and_nothing_of_the_list_is_applied() {
    let (mut bench, items) = bench();
    let at = |ms| TickItem { at: noon().plus_ms(ms), ..items[1] };
    for outside in [-1, 60_000, 86_400_000, -86_400_000, i64::MAX] {
        let list = [items[0], at(outside), items[2]];
        let error = submit_as_given(&mut bench, 1, 0, &list, true).unwrap_err();
        assert_eq!(
            (error.reason().name(), error.field()),
            ("FIELD_INVALID", "items.submit_times_ms")
        );
        let value = list[1].at.ms();
        assert!(
            error.to_string().starts_with(&format!("items.submit_times_ms[1] is {value} (")),
            "{error}"
        );
        assert_eq!((bench.ledger.tick().tick, bench.ledger.payments().len()), (0, 0));
    }
    let list = [at(0), TickItem { at: noon().plus_ms(59_999), ..items[2] }];
    assert_eq!(submit_as_given(&mut bench, 1, 0, &list, true), Ok(2));
    bench.check();
}

#[test]
fn an_item_that_was_applied_may_not_come_again_with_other_content() {
    let (mut bench, items) = bench();
    submit(&mut bench, 1, 0, &items[..2], false).unwrap();
    let changed =
        [items[0], TickItem { amount: crate::operator::bench::yuan(11), ..items[1] }, items[2]];
    let error = submit(&mut bench, 1, 0, &changed, true).unwrap_err();
    assert_eq!((error.reason().name(), error.field()), ("REQUEST_ID_REUSED", "items"));
    assert_eq!(submit(&mut bench, 1, 0, &items, true), Ok(3));
    bench.check();
}

#[test]
fn an_id_names_one_payment_and_nothing_of_a_list_with_it_twice_is_applied() {
    let (mut bench, items) = bench();
    let other = bench.wallet(1, 1_000);
    let taken = |found: OperatorError, place: usize, item: &TickItem| {
        assert_eq!(
            (found.reason().name(), found.field()),
            ("REQUEST_ID_REUSED", "items.payment_ids")
        );
        let expected = format!("items.payment_ids[{place}] of tick 1 is {}, which", item.id);
        assert!(found.to_string().starts_with(&expected), "{found}");
    };
    let twin = TickItem { payer: other, ..items[0] };
    taken(submit(&mut bench, 1, 0, &[items[0], items[1], twin], true).unwrap_err(), 2, &twin);
    taken(submit(&mut bench, 1, 0, &[items[0], items[0]], true).unwrap_err(), 1, &items[0]);
    assert_eq!((bench.ledger.tick().tick, bench.ledger.payments().len()), (0, 0));
    assert_eq!(submit(&mut bench, 1, 0, &items[..2], false), Ok(2));
    taken(submit(&mut bench, 1, 2, &[items[2], twin], true).unwrap_err(), 1, &twin);
    bench.deliver(9, other, 5);
    let inbound = TickItem { id: bench.ledger.inbound()[Slot::from_number(0)].id, ..items[2] };
    taken(submit(&mut bench, 1, 2, &[inbound], true).unwrap_err(), 0, &inbound);
    assert_eq!(
        submit(&mut bench, 1, 0, &items, true),
        Ok(3),
        "an honest repeat goes on where it was"
    );
    assert_eq!(bench.ledger.payments().len(), 3);
    bench.check();
}

#[test]
fn ticks_beyond_all_time_are_refused() {
    let (mut bench, _) = bench();
    for tick in [u64::MAX, 1 << 62, 5_000_000_000] {
        assert_eq!(
            submit_as_given(&mut bench, tick, 0, &[], true),
            Err(OperatorError::TickUnknown(tick))
        );
    }
    close(&mut bench, 5_000_000_000);
    end(&mut bench, 5_000_000_000);
    assert_eq!((bench.ledger.tick().tick, std::mem::take(&mut bench.alarms).len()), (0, 2));
    bench.check();
}
