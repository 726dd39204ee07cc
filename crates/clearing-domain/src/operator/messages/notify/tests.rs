//! How outcomes and advices reach the accounts.

use crate::link::{AdviceEvent, CentralBankMessage, OperationId, Outcome, Side};
use crate::money::{CycleId, Position};
use crate::operator::test_ledger::{TestLedger, abroad, settings, yuan};
use crate::operator::{Account, OperatorSettings};
use crate::slots::Slot;
use crate::{Reason, Regime};

const CLEARED: Outcome = Outcome::Cleared(CycleId::new(3));

fn settled(settled: i64, carried: i64) -> AdviceEvent {
    let [settled, carried] = [settled, carried].map(|yuan| Position::from_fen(100 * yuan));
    AdviceEvent::Settled {
        cycle: CycleId::new(3).unwrap(),
        settled,
        carried,
        carried_to: CycleId::new(4),
    }
}

#[test]
fn a_cleared_payment_is_owed_until_its_cycle_settles() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    test.pay(payer, abroad(), 30);
    test.notify(1, Side::Payer, CLEARED);
    test.notify(1, Side::Payer, CLEARED);
    assert_eq!(
        (test.state(1).as_str(), test.position(3), test.account(Account::Held)),
        ("Completed", -30, 100_000)
    );
    test.advise(settled(-30, 0));
    assert_eq!((test.position(3), test.account(Account::Held)), (0, 99_970));
    test.check();
}

#[test]
fn what_a_cycle_carries_is_owed_in_the_next() {
    let mut test = TestLedger::new(settings());
    let payee = test.wallet(1, 0);
    test.deliver(9, payee, 50);
    test.notify(9, Side::Payee, CLEARED);
    test.advise(settled(20, 30));
    assert_eq!((test.position(3), test.position(4), test.account(Account::Held)), (0, 30, 100_020));
    test.check();
}

#[test]
fn gross_settlement_moves_the_holding_itself() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    test.pay(payer, abroad(), 30);
    test.notify(1, Side::Payer, Outcome::Cleared(None));
    assert_eq!((test.account(Account::Held), test.position(0)), (99_970, 0));
    test.check();
}

#[test]
fn a_return_is_never_refused_and_gives_the_limit_of_its_day_back() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(4, 10_000);
    for _ in 0..2 {
        assert_eq!(test.pay(payer, abroad(), 2_000), "InTransit");
    }
    test.refill(payer, yuan(4_000));
    test.ledger.freeze(payer, false, test.now).unwrap();
    test.notify(1, Side::Payer, Outcome::Refused(Reason::NetDebitCap));
    test.notify(1, Side::Payer, Outcome::Refused(Reason::NetDebitCap));
    assert_eq!((test.state(1).as_str(), test.balance(payer)), ("Returned NET_DEBIT_CAP", 12_000));
    test.ledger.unfreeze(payer, test.now).unwrap();
    assert_eq!(test.pay(payer, abroad(), 2_000), "InTransit");
    assert_eq!(test.pay(payer, abroad(), 1_001), "Rejected DAILY_LIMIT");
    test.check();
}

#[test]
fn an_outcome_that_cannot_be_is_an_alarm_and_changes_nothing() {
    let mut test = TestLedger::new(settings());
    let [payer, payee] = [test.wallet(1, 100), test.wallet(1, 0)];
    test.pay(payer, abroad(), 30);
    test.deliver(9, payee, 5);
    test.notify(1, Side::Payer, CLEARED);
    test.notify(1, Side::Payer, Outcome::Refused(Reason::Expired));
    test.notify(7, Side::Payer, CLEARED);
    test.notify(7, Side::Payee, CLEARED);
    test.notify(9, Side::Payee, Outcome::Refused(Reason::Expired));
    assert_eq!((test.alarms.len(), test.balance(payer), test.balance(payee)), (4, 70, 5));
}

#[test]
fn a_cycle_that_settles_with_something_left_is_an_alarm() {
    let mut test = TestLedger::new(settings());
    test.advise(settled(10, 0));
    assert_eq!(test.alarms.len(), 1);
}

#[test]
fn a_withdrawal_sets_stock_aside_until_it_is_booked() {
    let mut test = TestLedger::new(settings());
    let operation = OperationId([7; 16]);
    let amount = yuan(40_000);
    test.advise(AdviceEvent::WithdrawalRequested { operation, amount });
    assert_eq!((test.said().as_str(), test.account(Account::Stock)), ("set aside", 60_000));
    test.restart();
    test.up();
    assert_eq!(test.said(), "register; set aside; that is all");
    test.advise(AdviceEvent::Withdrawn { operation, amount });
    assert_eq!((test.account(Account::Withdrawing), test.account(Account::Held)), (0, 60_000));
    let (operation, amount) = (OperationId([8; 16]), yuan(60_001));
    test.advise(AdviceEvent::WithdrawalRequested { operation, amount });
    assert_eq!((test.said().as_str(), test.account(Account::Stock)), ("decline", 60_000));
    test.check();
}

#[test]
fn advices_are_applied_once_and_in_order() {
    let mut test = TestLedger::new(settings());
    let event = AdviceEvent::Issued { operation: OperationId::default(), amount: yuan(1) };
    let number = test.ledger.link().advice;
    let advices = [number, number + 1, number + 3]
        .map(|number| crate::link::Advice { number, event })
        .to_vec();
    test.hear(CentralBankMessage { advices, ..CentralBankMessage::default() });
    assert_eq!((test.account(Account::Stock), test.alarms.len()), (100_001, 1));
}

#[test]
fn deposits_hold_reserves_against_credit_of_the_central_bank() {
    let deposit = OperatorSettings { regime: Regime::Deposit, ..settings() };
    let mut test = TestLedger::new(deposit);
    let change = Position::from_fen(50_000);
    test.advise(AdviceEvent::ReservesChanged { operation: OperationId::default(), change });
    assert_eq!((test.account(Account::Held), test.account(Account::CentralBankCredit)), (500, 500));
    test.check();
}

/// A test ledger whose central bank queues, with a wallet of class 4, which may hold 10,000 yuan.
fn holding() -> (TestLedger, crate::money::WalletNumber) {
    let mut test = TestLedger::new(settings());
    test.holding = true;
    let payee = test.wallet(4, 9_000);
    (test, payee)
}

const SETTLED: Outcome = Outcome::Cleared(None);

#[test]
fn an_acceptance_for_the_queue_holds_room_and_the_settlement_brings_the_money() {
    let (mut test, payee) = holding();
    test.deliver(9, payee, 600);
    test.deliver(8, payee, 600);
    assert_eq!(test.said(), "accept #9; reject #8 BALANCE_CAP");
    assert_eq!((test.balance(payee), test.account(Account::Uncleared)), (9_000, 0));
    test.check();
    test.notify(9, Side::Payee, SETTLED);
    test.notify(9, Side::Payee, SETTLED);
    assert_eq!((test.balance(payee), test.account(Account::Held)), (9_600, 100_600));
    test.check();
}

#[test]
fn a_refusal_from_the_queue_gives_the_room_back() {
    let (mut test, payee) = holding();
    test.deliver(9, payee, 600);
    test.notify(9, Side::Payee, Outcome::Refused(Reason::EndOfDay));
    test.notify(9, Side::Payee, Outcome::Refused(Reason::EndOfDay));
    test.deliver(8, payee, 1_000);
    test.notify(8, Side::Payee, SETTLED);
    assert_eq!(test.balance(payee), 10_000);
    test.check();
}

#[test]
fn held_room_survives_a_restart_and_keeps_the_wallet_open() {
    let (mut test, payee) = holding();
    test.ledger
        .exchange_back(payee, yuan(9_000), crate::operator::test_ledger::request("back"), test.now)
        .unwrap();
    test.deliver(9, payee, 600);
    test.deliver(8, payee, 100);
    test.notify(8, Side::Payee, Outcome::Refused(Reason::Cancelled));
    test.restart();
    test.said();
    test.up();
    assert_eq!(test.said(), "register; accept #9; that is all");
    let closed = test.ledger.close_wallet(payee, test.now).unwrap_err();
    assert_eq!(closed.reason(), Reason::WalletBusy);
    test.notify(9, Side::Payee, SETTLED);
    test.restart();
    assert_eq!(test.balance(payee), 600);
    test.check();
}

#[test]
fn a_queued_payment_shows_so_until_it_ends() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    test.pay(payer, abroad(), 30);
    test.notify(1, Side::Payer, Outcome::Queued);
    assert!(test.ledger.payments()[Slot::from_number(0)].queued);
    assert_eq!((test.state(1).as_str(), test.account(Account::InTransit)), ("InTransit", 30));
    test.notify(1, Side::Payer, Outcome::Refused(Reason::EndOfDay));
    assert!(!test.ledger.payments()[Slot::from_number(0)].queued);
    assert_eq!((test.state(1).as_str(), test.balance(payer)), ("Returned END_OF_DAY", 100));
    test.check();
}
