//! The traps that other switches fell into, each as a test of its own.

use super::settlement_mode::{SettlementMode, Shortfall};
use super::test_ledger::{NET, TestLedger, settings, yuan};
use crate::Ledger;
use crate::link::OperatorMessage;
use crate::money::Position;

#[test]
fn trap_1_several_payments_checked_in_one_batch_do_not_overrun_the_cap() {
    let mut test = TestLedger::net(2, Some(100));
    let instructions = (1..=3).map(|number| test.instruction(number, 0, 1, 100)).collect();
    test.send(0, OperatorMessage { instructions, ..OperatorMessage::default() });
    let states: Vec<_> = (1..=3).map(|number| test.state(number)).collect();
    assert_eq!(states, ["delivered", "refused NET_DEBIT_CAP", "refused NET_DEBIT_CAP"]);
    test.check();
}

#[test]
fn trap_2_a_payment_belongs_to_one_cycle_and_the_cycles_are_the_ledger() {
    let mut test = TestLedger::net(3, None);
    let late = test.pay(0, 1, 30);
    test.paid(1, 2, 20);
    test.close();
    test.decide(1, late, None);
    test.close();
    let cycles = test.ledger.cycles();
    assert_eq!(cycles.iter().map(|cycle| cycle.gross.fen()).collect::<Vec<_>>(), [2_000, 3_000]);
    for cycle in cycles {
        assert!(cycle.positions.iter().map(|position| position.net).sum::<Position>().is_zero());
    }
    test.check();
}

#[test]
fn trap_3_a_settlement_is_one_batch() {
    let mut test = TestLedger::net(2, None);
    test.paid(0, 1, 30);
    test.ledger.close_cycle(None, test.now).unwrap();
    let (changes, effects) = test.ledger.take_batch();
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
    let mut test = TestLedger::net(2, None);
    test.paid(0, 1, 30);
    test.close();
    assert_eq!((test.money(0), test.money(1)), ((970, 0), (1_030, 0)));
    test.check();
}

#[test]
fn trap_5_a_close_uses_the_running_nets() {
    let mut test = TestLedger::net(3, None);
    for _ in 0..30 {
        test.paid(0, 1, 3);
        test.paid(1, 2, 2);
    }
    let running: Vec<_> =
        test.ledger.open_cycle().unwrap().positions.iter().map(|position| position.net).collect();
    test.close();
    let closed: Vec<_> =
        test.ledger.cycles()[0].positions.iter().map(|position| position.settled).collect();
    assert_eq!(closed, running);
    test.check();
}

#[test]
fn trap_6_an_empty_cycle_and_a_net_of_zero_settle() {
    let mut test = TestLedger::net(2, None);
    test.close();
    test.paid(0, 1, 20);
    test.paid(1, 0, 20);
    test.close();
    assert_eq!(test.ledger.cycles().len(), 2);
    test.check();
}

/// An operator with 10 yuan and a cap of 100 that owes 70 of a cycle which could not settle.
fn carried() -> TestLedger {
    let mut settings = settings(SettlementMode::DeferredNet(Shortfall::AllOrNothing), 2, Some(100));
    settings.operators[0].stock = yuan(10);
    let mut test = TestLedger::new(settings);
    test.paid(0, 1, 70);
    test.close();
    test
}

#[test]
fn trap_7_the_cap_covers_every_unsettled_cycle() {
    let mut test = carried();
    let [over, within] = [test.pay(0, 1, 31), test.pay(0, 1, 30)];
    assert_eq!(
        [over, within].map(|number| test.state(number)),
        ["refused NET_DEBIT_CAP", "delivered"]
    );
    test.check();
}

#[test]
fn trap_8_no_settlement_raises_a_cap() {
    let mut test = carried();
    test.close();
    assert_eq!(test.ledger.accounts()[0].cap, Some(yuan(100)));
    test.check();
}

#[test]
fn trap_9_a_repeat_of_what_is_in_flight_is_not_answered_with_a_guess() {
    let mut test = TestLedger::net(2, None);
    let number = test.pay(0, 1, 5);
    let again = test.instruction(number, 0, 1, 5);
    test.instruct(0, vec![again.clone()]);
    assert_eq!(test.heard(0), "");
    test.decide(1, number, None);
    test.instruct(0, vec![again]);
    assert_eq!(test.heard(0), "#1 cleared 1 to payer; #1 cleared 1 to payer");
    test.check();
}

#[test]
fn trap_10_expiry_has_one_reason_whenever_the_clock_is_looked_at() {
    for late_ms in [1, 60_000, 3_600_000] {
        let mut test = TestLedger::new(settings(NET, 2, None));
        test.down(1);
        let number = test.pay(0, 1, 10);
        test.wait(30_000 + late_ms);
        assert_eq!(test.state(number), "refused EXPIRED");
        test.check();
    }
}
