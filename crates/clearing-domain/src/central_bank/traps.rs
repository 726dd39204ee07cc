//! The traps that other switches fell into, each as a test of its own.

use super::bench::{Bench, NET, settings, yuan};
use super::settlement_mode::{SettlementMode, Shortfall};
use crate::Ledger;
use crate::link::OperatorMessage;
use crate::money::Position;

#[test]
fn trap_1_several_payments_checked_in_one_batch_do_not_overrun_the_cap() {
    let mut bench = Bench::net(2, Some(100));
    let instructions = (1..=3).map(|number| bench.instruction(number, 0, 1, 100)).collect();
    bench.send(0, OperatorMessage { instructions, ..OperatorMessage::default() });
    let states: Vec<_> = (1..=3).map(|number| bench.state(number)).collect();
    assert_eq!(states, ["delivered", "refused NET_DEBIT_CAP", "refused NET_DEBIT_CAP"]);
    bench.check();
}

#[test]
fn trap_2_a_payment_belongs_to_one_cycle_and_the_cycles_are_the_ledger() {
    let mut bench = Bench::net(3, None);
    let late = bench.pay(0, 1, 30);
    bench.paid(1, 2, 20);
    bench.close();
    bench.decide(1, late, None);
    bench.close();
    let cycles = bench.ledger.cycles();
    assert_eq!(cycles.iter().map(|cycle| cycle.gross.fen()).collect::<Vec<_>>(), [2_000, 3_000]);
    for cycle in cycles {
        assert!(cycle.positions.iter().map(|position| position.net).sum::<Position>().is_zero());
    }
    bench.check();
}

#[test]
fn trap_3_a_settlement_is_one_batch() {
    let mut bench = Bench::net(2, None);
    bench.paid(0, 1, 30);
    bench.ledger.close_cycle(None, bench.now).unwrap();
    let (changes, effects) = bench.ledger.take_batch();
    assert_eq!(
        (changes.rows.cycles.len(), changes.accounts.len(), changes.rows.advices.len()),
        (1, 2, 2)
    );
    assert_eq!(
        effects.messages.iter().filter(|(_, message)| !message.advices.is_empty()).count(),
        2
    );
}

#[test]
fn trap_4_net_settlement_moves_the_settlement_accounts() {
    let mut bench = Bench::net(2, None);
    bench.paid(0, 1, 30);
    bench.close();
    assert_eq!((bench.money(0), bench.money(1)), ((970, 0), (1_030, 0)));
    bench.check();
}

#[test]
fn trap_5_a_close_uses_the_running_nets() {
    let mut bench = Bench::net(3, None);
    for _ in 0..30 {
        bench.paid(0, 1, 3);
        bench.paid(1, 2, 2);
    }
    let running: Vec<_> =
        bench.ledger.open_cycle().unwrap().positions.iter().map(|position| position.net).collect();
    bench.close();
    let closed: Vec<_> =
        bench.ledger.cycles()[0].positions.iter().map(|position| position.settled).collect();
    assert_eq!(closed, running);
    bench.check();
}

#[test]
fn trap_6_an_empty_cycle_and_a_net_of_zero_settle() {
    let mut bench = Bench::net(2, None);
    bench.close();
    bench.paid(0, 1, 20);
    bench.paid(1, 0, 20);
    bench.close();
    assert_eq!(bench.ledger.cycles().len(), 2);
    bench.check();
}

/// An operator with 10 yuan and a cap of 100 that owes 70 of a cycle which could not settle.
fn carried() -> Bench {
    let mut settings = settings(SettlementMode::DeferredNet(Shortfall::AllOrNothing), 2, Some(100));
    settings.operators[0].stock = yuan(10);
    let mut bench = Bench::new(settings);
    bench.paid(0, 1, 70);
    bench.close();
    bench
}

#[test]
fn trap_7_the_cap_covers_every_unsettled_cycle() {
    let mut bench = carried();
    let [over, within] = [bench.pay(0, 1, 31), bench.pay(0, 1, 30)];
    assert_eq!(
        [over, within].map(|number| bench.state(number)),
        ["refused NET_DEBIT_CAP", "delivered"]
    );
    bench.check();
}

#[test]
fn trap_8_no_settlement_raises_a_cap() {
    let mut bench = carried();
    bench.close();
    assert_eq!(bench.ledger.accounts()[0].cap, Some(yuan(100)));
    bench.check();
}

#[test]
fn trap_9_a_repeat_of_what_is_in_flight_is_not_answered_with_a_guess() {
    let mut bench = Bench::net(2, None);
    let number = bench.pay(0, 1, 5);
    let again = bench.instruction(number, 0, 1, 5);
    bench.instruct(0, vec![again]);
    assert_eq!(bench.heard(0), "");
    bench.decide(1, number, None);
    bench.instruct(0, vec![again]);
    assert_eq!(bench.heard(0), "#1 cleared 1 to payer; #1 cleared 1 to payer");
    bench.check();
}

#[test]
fn trap_10_expiry_has_one_reason_whenever_the_clock_is_looked_at() {
    for late_ms in [1, 60_000, 3_600_000] {
        let mut bench = Bench::new(settings(NET, 2, None));
        bench.down(1);
        let number = bench.pay(0, 1, 10);
        bench.wait(30_000 + late_ms);
        assert_eq!(bench.state(number), "refused EXPIRED");
        bench.check();
    }
}
