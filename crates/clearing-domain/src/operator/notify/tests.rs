//! How outcomes and advices reach the accounts.

use crate::link::{AdviceEvent, CentralBankMessage, OperationId, Outcome, Side};
use crate::money::{CycleId, Position};
use crate::operator::bench::{Bench, abroad, settings, yuan};
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
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(1, 100);
    bench.pay(payer, abroad(), 30);
    bench.notify(1, Side::Payer, CLEARED);
    bench.notify(1, Side::Payer, CLEARED);
    assert_eq!(
        (bench.state(1).as_str(), bench.position(3), bench.account(Account::Held)),
        ("Completed", -30, 100_000)
    );
    bench.advise(settled(-30, 0));
    assert_eq!((bench.position(3), bench.account(Account::Held)), (0, 99_970));
    bench.check();
}

#[test]
fn what_a_cycle_carries_is_owed_in_the_next() {
    let mut bench = Bench::new(settings());
    let payee = bench.wallet(1, 0);
    bench.deliver(9, payee, 50);
    bench.notify(9, Side::Payee, CLEARED);
    bench.advise(settled(20, 30));
    assert_eq!(
        (bench.position(3), bench.position(4), bench.account(Account::Held)),
        (0, 30, 100_020)
    );
    bench.check();
}

#[test]
fn gross_settlement_moves_the_holding_itself() {
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(1, 100);
    bench.pay(payer, abroad(), 30);
    bench.notify(1, Side::Payer, Outcome::Cleared(None));
    assert_eq!((bench.account(Account::Held), bench.position(0)), (99_970, 0));
    bench.check();
}

#[test]
fn a_return_is_never_refused_and_gives_the_limit_of_its_day_back() {
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(4, 10_000);
    for _ in 0..2 {
        assert_eq!(bench.pay(payer, abroad(), 2_000), "InTransit");
    }
    bench.refill(payer, yuan(4_000));
    bench.ledger.freeze(payer, false, bench.now).unwrap();
    bench.notify(1, Side::Payer, Outcome::Refused(Reason::NetDebitCap));
    bench.notify(1, Side::Payer, Outcome::Refused(Reason::NetDebitCap));
    assert_eq!((bench.state(1).as_str(), bench.balance(payer)), ("Returned NET_DEBIT_CAP", 12_000));
    bench.ledger.unfreeze(payer, bench.now).unwrap();
    assert_eq!(bench.pay(payer, abroad(), 2_000), "InTransit");
    assert_eq!(bench.pay(payer, abroad(), 1_001), "Rejected DAILY_LIMIT");
    bench.check();
}

#[test]
fn an_outcome_that_cannot_be_is_an_alarm_and_changes_nothing() {
    let mut bench = Bench::new(settings());
    let [payer, payee] = [bench.wallet(1, 100), bench.wallet(1, 0)];
    bench.pay(payer, abroad(), 30);
    bench.deliver(9, payee, 5);
    bench.notify(1, Side::Payer, CLEARED);
    bench.notify(1, Side::Payer, Outcome::Refused(Reason::Expired));
    bench.notify(7, Side::Payer, CLEARED);
    bench.notify(7, Side::Payee, CLEARED);
    bench.notify(9, Side::Payee, Outcome::Refused(Reason::Expired));
    assert_eq!((bench.alarms.len(), bench.balance(payer), bench.balance(payee)), (4, 70, 5));
}

#[test]
fn a_cycle_that_settles_with_something_left_is_an_alarm() {
    let mut bench = Bench::new(settings());
    bench.advise(settled(10, 0));
    assert_eq!(bench.alarms.len(), 1);
}

#[test]
fn a_withdrawal_sets_stock_aside_until_it_is_booked() {
    let mut bench = Bench::new(settings());
    let operation = OperationId([7; 16]);
    let amount = yuan(40_000);
    bench.advise(AdviceEvent::WithdrawalRequested { operation, amount });
    assert_eq!((bench.said().as_str(), bench.account(Account::Stock)), ("set aside", 60_000));
    bench.restart();
    bench.up();
    assert_eq!(bench.said(), "register; set aside; that is all");
    bench.advise(AdviceEvent::Withdrawn { operation, amount });
    assert_eq!((bench.account(Account::Withdrawing), bench.account(Account::Held)), (0, 60_000));
    let (operation, amount) = (OperationId([8; 16]), yuan(60_001));
    bench.advise(AdviceEvent::WithdrawalRequested { operation, amount });
    assert_eq!((bench.said().as_str(), bench.account(Account::Stock)), ("decline", 60_000));
    bench.check();
}

#[test]
fn advices_are_applied_once_and_in_order() {
    let mut bench = Bench::new(settings());
    let event = AdviceEvent::Issued { operation: OperationId::default(), amount: yuan(1) };
    let number = bench.ledger.link().advice;
    let advices = [number, number + 1, number + 3]
        .map(|number| crate::link::Advice { number, event })
        .to_vec();
    bench.hear(CentralBankMessage { advices, ..CentralBankMessage::default() });
    assert_eq!((bench.account(Account::Stock), bench.alarms.len()), (100_001, 1));
}

#[test]
fn deposits_hold_reserves_against_credit_of_the_central_bank() {
    let deposit = OperatorSettings { regime: Regime::Deposit, ..settings() };
    let mut bench = Bench::new(deposit);
    let change = Position::from_fen(50_000);
    bench.advise(AdviceEvent::ReservesChanged { operation: OperationId::default(), change });
    assert_eq!(
        (bench.account(Account::Held), bench.account(Account::CentralBankCredit)),
        (500, 500)
    );
    bench.check();
}

/// A bench whose central bank queues, with a wallet of class 4, which may hold 10,000 yuan.
fn holding() -> (Bench, crate::money::WalletNumber) {
    let mut bench = Bench::new(settings());
    bench.holding = true;
    let payee = bench.wallet(4, 9_000);
    (bench, payee)
}

const SETTLED: Outcome = Outcome::Cleared(None);

#[test]
fn an_acceptance_for_the_queue_holds_room_and_the_settlement_brings_the_money() {
    let (mut bench, payee) = holding();
    bench.deliver(9, payee, 600);
    bench.deliver(8, payee, 600);
    assert_eq!(bench.said(), "accept #9; reject #8 BALANCE_CAP");
    assert_eq!((bench.balance(payee), bench.account(Account::Uncleared)), (9_000, 0));
    bench.check();
    bench.notify(9, Side::Payee, SETTLED);
    bench.notify(9, Side::Payee, SETTLED);
    assert_eq!((bench.balance(payee), bench.account(Account::Held)), (9_600, 100_600));
    bench.check();
}

#[test]
fn a_refusal_from_the_queue_gives_the_room_back() {
    let (mut bench, payee) = holding();
    bench.deliver(9, payee, 600);
    bench.notify(9, Side::Payee, Outcome::Refused(Reason::EndOfDay));
    bench.notify(9, Side::Payee, Outcome::Refused(Reason::EndOfDay));
    bench.deliver(8, payee, 1_000);
    bench.notify(8, Side::Payee, SETTLED);
    assert_eq!(bench.balance(payee), 10_000);
    bench.check();
}

#[test]
fn held_room_survives_a_restart_and_keeps_the_wallet_open() {
    let (mut bench, payee) = holding();
    bench
        .ledger
        .exchange_back(payee, yuan(9_000), crate::operator::bench::request("back"), bench.now)
        .unwrap();
    bench.deliver(9, payee, 600);
    bench.deliver(8, payee, 100);
    bench.notify(8, Side::Payee, Outcome::Refused(Reason::Cancelled));
    bench.restart();
    bench.said();
    bench.up();
    assert_eq!(bench.said(), "register; accept #9; that is all");
    let closed = bench.ledger.close_wallet(payee, bench.now).unwrap_err();
    assert_eq!(closed.reason(), Reason::WalletBusy);
    bench.notify(9, Side::Payee, SETTLED);
    bench.restart();
    assert_eq!(bench.balance(payee), 600);
    bench.check();
}

#[test]
fn a_queued_payment_shows_so_until_it_ends() {
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(1, 100);
    bench.pay(payer, abroad(), 30);
    bench.notify(1, Side::Payer, Outcome::Queued);
    assert!(bench.ledger.payments()[Slot::from_number(0)].queued);
    assert_eq!((bench.state(1).as_str(), bench.account(Account::InTransit)), ("InTransit", 30));
    bench.notify(1, Side::Payer, Outcome::Refused(Reason::EndOfDay));
    assert!(!bench.ledger.payments()[Slot::from_number(0)].queued);
    assert_eq!((bench.state(1).as_str(), bench.balance(payer)), ("Returned END_OF_DAY", 100));
    bench.check();
}
