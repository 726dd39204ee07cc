//! How deliveries are decided, once each.

use crate::Ledger;
use crate::Reason;
use crate::link::{CentralBankMessage, Delivery, Outcome, Side};
use crate::money::{CycleId, DAY_MS, WalletKind, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, id, settings, yuan};
use crate::operator::{Account, InboundState};

#[test]
fn an_accepted_delivery_is_credited_once_and_repeated_as_decided() {
    let mut test = TestLedger::new(settings());
    let payee = test.wallet(1, 0);
    test.deliver(1, payee, 30);
    test.ledger.freeze(payee, false, test.now).unwrap();
    test.deliver(1, payee, 30);
    assert_eq!((test.said().as_str(), test.balance(payee)), ("accept #1; accept #1", 30));
    assert_eq!((test.account(Account::Uncleared), test.account(Account::Wallets)), (30, 30));
    test.notify(1, Side::Payee, Outcome::Cleared(CycleId::new(1)));
    test.deliver(1, payee, 30);
    assert_eq!(
        (test.said().as_str(), test.account(Account::Uncleared), test.position(1)),
        ("accept #1", 0, 30)
    );
    test.check();
}

#[test]
fn a_rejection_is_kept_although_its_cause_is_gone() {
    let mut test = TestLedger::new(settings());
    let payee = test.wallet(4, 9_900);
    let nobody = WalletNumber::new(payee.prefix(), WalletKind::Personal, 99).unwrap();
    test.deliver(1, nobody, 1);
    test.deliver(2, payee, 101);
    test.ledger.freeze(payee, false, test.now).unwrap();
    test.deliver(3, payee, 1);
    test.ledger.unfreeze(payee, test.now).unwrap();
    test.deliver(3, payee, 1);
    test.deliver(4, payee, 100);
    let said = "reject #1 PAYEE_UNKNOWN; reject #2 BALANCE_CAP; reject #3 PAYEE_FROZEN; reject #3 PAYEE_FROZEN; accept #4";
    assert_eq!((test.said().as_str(), test.balance(payee)), (said, 10_000));
    test.check();
}

#[test]
fn a_delivery_after_its_expiry_is_rejected_and_on_it_accepted() {
    let mut test = TestLedger::new(settings());
    let payee = test.wallet(1, 0);
    let (now, submitted_at) = (test.now, test.now.plus_ms(-30_001));
    for (number, expires_at) in [(1, now), (2, now.plus_ms(-1))] {
        let delivery = Delivery {
            id: id(number),
            payer: abroad(),
            payee,
            amount: yuan(1),
            submitted_at,
            expires_at,
            hold: false,
            details: None,
        };
        test.hear(CentralBankMessage {
            deliveries: vec![delivery],
            ..CentralBankMessage::default()
        });
    }
    assert_eq!(test.said(), "accept #1; reject #2 EXPIRED");
}

/// Business time stays ahead until the clock catches up; what comes meanwhile is in time all the
/// same.
#[test]
fn a_clock_that_was_once_ahead_and_is_right_again_refuses_no_delivery() {
    let mut test = TestLedger::new(settings());
    let (payee, right) = (test.wallet(1, 0), test.now);
    let ahead = test.ledger.advance_clock(right.plus_ms(DAY_MS));
    let deliver = |test: &mut TestLedger, number, late_ms: i64| {
        let (submitted_at, expires_at) = (right.plus_ms(-30_000), right.plus_ms(-late_ms));
        let (payer, amount) = (abroad(), yuan(1));
        let delivery = Delivery {
            id: id(number),
            payer,
            payee,
            amount,
            submitted_at,
            expires_at,
            hold: false,
            details: None,
        };
        test.hear(CentralBankMessage {
            deliveries: vec![delivery],
            ..CentralBankMessage::default()
        });
    };
    test.now = ahead;
    deliver(&mut test, 1, 0);
    test.now = test.ledger.advance_clock(right);
    assert_eq!(test.now, ahead);
    deliver(&mut test, 2, 0);
    deliver(&mut test, 3, 1);
    // What was rejected is returned to its payer, so it stays rejected whatever the clock shows by
    // now.
    deliver(&mut test, 1, 0);
    test.revoke(2);
    let said = "reject #1 EXPIRED; accept #2; reject #3 EXPIRED; reject #1 EXPIRED; accept #2";
    assert_eq!((test.said().as_str(), test.balance(payee)), (said, 1));
    test.restart();
    test.check();
}

#[test]
fn a_revoke_finds_the_decision_or_makes_one_that_stays() {
    let mut test = TestLedger::new(settings());
    let payee = test.wallet(1, 0);
    test.deliver(1, payee, 10);
    test.revoke(1);
    test.revoke(2);
    test.deliver(2, payee, 10);
    assert_eq!(test.said(), "accept #1; accept #1; reject #2 EXPIRED; reject #2 EXPIRED");
    assert_eq!((test.balance(payee), test.ledger.inbound().len()), (10, 2));
    test.restart();
    test.up();
    test.deliver(2, payee, 10);
    assert_eq!(test.said(), "register; accept #1; that is all; reject #2 EXPIRED");
    assert_eq!(test.ledger.transfer(id(2)).unwrap().state, InboundState::Rejected);
    assert_eq!(test.ledger.transfer(id(2)).unwrap().reason, Some(Reason::Expired));
    test.check();
}

#[test]
fn a_delivery_that_comes_again_with_other_content_is_an_alarm() {
    let mut test = TestLedger::new(settings());
    let payee = test.wallet(1, 0);
    test.deliver(1, payee, 10);
    test.deliver(1, payee, 11);
    assert_eq!((test.alarms.len(), test.balance(payee)), (1, 10));
}
