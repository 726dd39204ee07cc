//! How ticks are submitted and ended.

use crate::link::{CentralBankMessage, Outcome, Side};
use crate::money::CycleId;
use crate::operator::bench::{Bench, abroad, in_lockstep, noon, settings};
use crate::operator::{OperatorError, TickItem};

fn end(bench: &mut Bench, tick: u64) {
    bench.hear(CentralBankMessage { tick_end: Some(tick), ..CentralBankMessage::default() });
}

fn close(bench: &mut Bench, tick: u64) {
    bench.hear(CentralBankMessage { tick_close: Some(tick), ..CentralBankMessage::default() });
}

fn submit(bench: &mut Bench, tick: u64, first: u64, items: &[TickItem], complete: bool) -> Result<u64, OperatorError> {
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
    bench.notify(1, Side::Payer, Outcome::Cleared(CycleId(1)));
    end(&mut bench, 1);
    end(&mut bench, 1);
    submit(&mut bench, 9, 0, &items[1..], true).unwrap();
    let over = OperatorError::TickOver { ended: 1, found: 8 };
    assert_eq!(submit(&mut bench, 8, 0, &[], true), Err(over));
    assert_eq!(
        bench.said(),
        "instruct #1; tick 1 has 1; tick 1 is over; tick 1 is over; instruct #2; instruct #3; tick 9 has 2"
    );
    assert_eq!(Bench::new(settings()).ledger.submit_tick(1, 0, &[], true), Err(OperatorError::NotLockstep));
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
    bench.notify(1, Side::Payer, Outcome::Cleared(CycleId(1)));
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
    assert_eq!(bench.ledger.inbound()[0].decided_at, noon().plus_ms(120_000));
}
