//! Grants in wallets: what they pay for, in which order, and how they go back.

use crate::details::{Eligibility, GrantTerms, NumberSet};
use crate::link::{Outcome, Side};
use crate::merchant::{MerchantCategory, MerchantTraits};
use crate::money::{CycleId, DAY_MS, PaymentId, WalletKind, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, id, request, settings, yuan};
use crate::operator::{OperatorSettings, RefundOrder, SubWalletOrder, SubWalletUse, WalletStatus};
use crate::{Details, Reason};

fn cleared() -> Outcome {
    Outcome::Cleared(CycleId::new(1))
}

/// A wallet with 100 yuan of its own and grants of so many yuan that end after so many days, from
/// campaigns of the other operator, and a merchant.
fn granted(grants: &[(i64, i64)]) -> (TestLedger, WalletNumber, WalletNumber) {
    let mut test = TestLedger::new(OperatorSettings { any_pool: false, ..settings() });
    let (wallet, merchant) = (test.wallet(1, 100), test.merchant());
    for (number, (amount, days)) in (200..).zip(grants) {
        let terms = test.terms(*days);
        test.grant(number, wallet, *amount, terms);
    }
    test.said();
    (test, wallet, merchant)
}

fn refund(test: &mut TestLedger, original: PaymentId, amount: i64) -> Result<String, Reason> {
    let order = RefundOrder {
        id: test.next_id(),
        request_id: request(&format!("refund{}", test.ledger.payments().len())),
        original,
        amount: Some(yuan(amount)),
        remark: None,
    };
    let slot = test.ledger.refund(order, test.now);
    test.commit();
    slot.map(|slot| test.shown(slot)).map_err(|error| error.reason())
}

#[test]
fn the_first_to_end_pays_first_then_the_smaller_and_own_funds_last() {
    let (mut test, wallet, merchant) = granted(&[(30, 3), (20, 3), (40, 2)]);
    assert_eq!(test.balance(wallet), 190);
    assert_eq!(test.pay(wallet, merchant, 45), "Completed");
    assert_eq!(test.left(wallet), [30, 15, 0]);
    assert_eq!(test.pay(wallet, merchant, 15), "Completed");
    assert_eq!(test.left(wallet), [30, 0, 0]);
    assert_eq!(test.pay(wallet, merchant, 131), "Rejected INSUFFICIENT_FUNDS");
    assert_eq!(test.pay(wallet, merchant, 130), "Completed");
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![0, 0, 0], 0));
    test.check();
}

#[test]
fn a_grant_pays_nobody_but_merchants_it_is_eligible_at() {
    let (mut test, wallet, merchant) = granted(&[]);
    let categories = NumberSet::of([MerchantCategory::Catering as u8]).unwrap();
    let eligible = Eligibility { categories, ..Eligibility::default() };
    let terms = GrantTerms { eligible, ..test.terms(1) };
    test.grant(200, wallet, 50, terms);
    let friend = test.wallet(1, 0);
    assert_eq!(test.pay(wallet, friend, 101), "Rejected INSUFFICIENT_FUNDS");
    assert_eq!(test.pay(wallet, merchant, 101), "Rejected INSUFFICIENT_FUNDS");
    let at = |category| Some(MerchantTraits { category, region: None });
    assert!(test.ledger.asks_for_traits(wallet));
    for (category, state) in [
        (MerchantCategory::Retail, "Rejected INSUFFICIENT_FUNDS"),
        (MerchantCategory::Catering, "Completed"),
    ] {
        let order = test.order(wallet, merchant, 101);
        let slot = test.ledger.pay_merchant(order, at(category), test.now).unwrap();
        test.commit();
        assert_eq!(test.shown(slot), state);
    }
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![0], 49));
    test.check();
}

#[test]
fn a_grant_is_neither_exchanged_nor_moved_nor_given_away() {
    let (mut test, wallet, _) = granted(&[(30, 3)]);
    let back = test.ledger.exchange_back(wallet, yuan(101), request("back"), test.now);
    assert_eq!(back.unwrap_err().reason(), Reason::InsufficientFunds);
    test.ledger.exchange_back(wallet, yuan(100), request("back"), test.now).unwrap();
    test.commit();
    assert_eq!(test.pay(wallet, abroad(), 1), "Rejected INSUFFICIENT_FUNDS");
    assert_eq!(refund(&mut test, id(200), 30), Err(Reason::NotRefundable));
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![30], 30));
    test.check();
}

#[test]
fn a_payment_that_comes_back_brings_its_grants_along() {
    let (mut test, wallet, _) = granted(&[(30, 3), (20, 3)]);
    let shop = WalletNumber::new(abroad().prefix(), WalletKind::Merchant, 1).unwrap();
    assert_eq!(test.pay(wallet, shop, 60), "InTransit");
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![0, 0], 90));
    test.check();
    let paid = test.last_payment();
    test.notify_id(paid, Side::Payer, Outcome::Refused(Reason::PayeeFrozen));
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![30, 20], 150));
    test.check();
}

#[test]
fn a_refund_gives_back_own_funds_first_and_then_the_grants() {
    let (mut test, wallet, merchant) = granted(&[(30, 3), (20, 3)]);
    assert_eq!(test.pay(wallet, merchant, 60), "Completed");
    let paid = test.last_payment();
    for (amount, left, balance) in
        [(4, [0, 0], 94), (8, [2, 0], 102), (30, [30, 2], 132), (18, [30, 20], 150)]
    {
        assert_eq!(refund(&mut test, paid, amount), Ok("Completed".into()));
        assert_eq!((test.left(wallet), test.balance(wallet)), (left.to_vec(), balance));
        test.check();
    }
    assert_eq!(refund(&mut test, paid, 1), Err(Reason::RefundExceeds));
}

#[test]
fn what_a_campaign_gets_back_of_a_payment_fills_no_grants_of_the_payer() {
    let mut test = TestLedger::new(settings());
    let (wallet, pool) = (test.wallet(1, 100), test.corporate(100));
    let terms = test.terms(3);
    test.grant(200, wallet, 70, terms);
    let shop = WalletNumber::new(abroad().prefix(), WalletKind::Merchant, 1).unwrap();
    assert_eq!(test.pay_with(wallet, shop, 100, (pool, 30)), "InTransit");
    let paid = test.last_payment();
    test.notify_id(paid, Side::Payer, cleared());
    assert_eq!((test.left(wallet), test.balance(wallet), test.balance(pool)), (vec![0], 100, 70));
    let refund = || Details { refund_of: Some(paid), ..Details::default() }.boxed();
    test.deliver_from(shop, 201, (pool, 30), refund());
    assert_eq!((test.left(wallet), test.balance(wallet), test.balance(pool)), (vec![0], 100, 100));
    test.check();
    test.deliver_from(shop, 202, (wallet, 70), refund());
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![70], 170));
    test.check();
}

#[test]
fn what_is_left_goes_back_after_the_last_moment_also_from_a_frozen_wallet() {
    let (mut test, wallet, merchant) = granted(&[(30, 1), (20, 3)]);
    assert_eq!(test.pay(wallet, merchant, 10), "Completed");
    test.ledger.freeze(wallet, false, test.now).unwrap();
    test.wait(DAY_MS);
    assert_eq!(test.left(wallet), [20, 20]);
    let salt = test.head();
    test.wait(1);
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![0, 20], 120));
    let reclaim = test.last_payment();
    assert_eq!(reclaim, PaymentId::of_reclaim(id(200), Some(&salt), 0));
    test.check();
    // A campaign that does not take it is asked again a day later.
    test.notify_id(reclaim, Side::Payer, Outcome::Refused(Reason::Expired));
    assert_eq!(test.left(wallet), [20, 20]);
    test.wait(DAY_MS);
    assert_eq!(test.left(wallet), [20, 20]);
    let salt = test.head();
    test.wait(1);
    assert_eq!(
        (test.left(wallet), test.last_payment()),
        (vec![0, 20], PaymentId::of_reclaim(id(200), Some(&salt), 0))
    );
    let last = test.last_payment();
    test.notify_id(last, Side::Payer, cleared());
    // The refund of what it paid for comes too late: it goes back at once.
    let paid = id(1);
    assert_eq!(refund(&mut test, paid, 10), Ok("Completed".into()));
    assert_eq!(test.left(wallet), [10, 20]);
    test.wait(1);
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![0, 20], 120));
    test.check();
}

/// Refuses a reclaim again and again, and expects another attempt after each of the waits.
fn check_waits(reason: Reason, days: impl Fn(u32) -> i64) {
    let (mut test, wallet, _) = granted(&[(30, 1)]);
    test.wait(DAY_MS);
    for attempt in 0..12 {
        // What is asked for when the wait is over, and not a millisecond before.
        assert_eq!(test.left(wallet), [30]);
        let salt = test.head();
        test.wait(1);
        let reclaim = PaymentId::of_reclaim(id(200), Some(&salt), 0);
        assert_eq!((test.left(wallet), test.last_payment()), (vec![0], reclaim));
        test.notify_id(reclaim, Side::Payer, Outcome::Refused(reason));
        test.restart();
        test.up();
        test.wait(DAY_MS * days(attempt));
    }
    test.check();
}

#[test]
fn a_campaign_that_takes_nothing_back_is_asked_less_and_less_often() {
    check_waits(Reason::OperatorInactive, |attempt| 1 << attempt.min(10));
    check_waits(Reason::PayeeClosed, |attempt| 1 << attempt.min(10));
}

#[test]
fn grants_that_find_no_headroom_do_not_wait_longer_each_time() {
    check_waits(Reason::NetDebitCap, |_| 1);
    check_waits(Reason::Expired, |_| 1);
}

#[test]
fn the_last_fen_of_a_grant_is_spent_and_nothing_is_due_then() {
    let (mut test, wallet, merchant) = granted(&[(30, 1)]);
    assert_eq!(test.pay(wallet, merchant, 30), "Completed");
    let payments = test.ledger.payments().len();
    test.wait(2 * DAY_MS);
    assert_eq!(test.ledger.payments().len(), payments);
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![0], 100));
    test.check();
}

#[test]
fn closing_a_wallet_sends_its_grants_back_first() {
    let (mut test, wallet, merchant) = granted(&[(30, 3)]);
    let closed = |test: &mut TestLedger| {
        let closed = test.ledger.close_wallet(wallet, test.now).map_err(|error| error.reason());
        test.commit();
        closed
    };
    assert_eq!(closed(&mut test), Err(Reason::WalletNotEmpty));
    assert_eq!(test.left(wallet), [30]);
    assert_eq!(test.pay(wallet, merchant, 130), "Completed");
    assert_eq!(refund(&mut test, id(1), 130), Ok("Completed".into()));
    let friend = test.wallet(1, 0);
    assert_eq!(test.pay(wallet, friend, 100), "Completed");
    assert_eq!(closed(&mut test), Err(Reason::WalletBusy));
    let last = test.last_payment();
    assert_eq!(test.left(wallet), [0]);
    test.notify_id(last, Side::Payer, cleared());
    assert_eq!(closed(&mut test), Ok(()));
    assert_eq!(test.ledger.wallet(wallet).unwrap().status, WalletStatus::Closed);
    test.check();
}

#[test]
fn a_claim_that_is_not_final_cannot_go_back_yet() {
    let (mut test, wallet, _) = granted(&[]);
    let details = crate::Details { grant: Some(Box::new(test.terms(1))), ..Default::default() };
    test.deliver_with(201, wallet, 30, details.boxed());
    test.wait(DAY_MS + 1);
    assert_eq!(test.left(wallet), [30]);
    test.notify(201, Side::Payee, cleared());
    test.wait(1);
    assert_eq!(test.left(wallet), [0]);
    test.check();
}

#[test]
fn room_is_held_for_a_grant_that_waits_for_cover() {
    let (mut test, wallet, merchant) = granted(&[]);
    test.holding = true;
    let details = crate::Details { grant: Some(Box::new(test.terms(1))), ..Default::default() };
    test.deliver_with(201, wallet, 30, details.boxed());
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![], 100));
    test.notify(201, Side::Payee, cleared());
    assert_eq!((test.left(wallet), test.balance(wallet)), (vec![30], 130));
    assert_eq!(test.pay(wallet, merchant, 130), "Completed");
    test.check();
}

#[test]
fn a_restart_finds_every_grant_as_it_was() {
    let (mut test, wallet, merchant) = granted(&[(30, 1), (20, 3)]);
    test.pay(wallet, merchant, 10);
    test.restart();
    test.up();
    assert_eq!(test.left(wallet), [20, 20]);
    test.wait(DAY_MS + 1);
    test.restart();
    test.up();
    assert_eq!(test.left(wallet), [0, 20]);
    assert_eq!(test.ledger.grants().due(test.now).count(), 0);
    test.check();
}

#[test]
fn only_persons_get_grants_and_none_that_are_over() {
    let (mut test, wallet, shop) = granted(&[]);
    let company = test.corporate(0);
    let terms = test.terms(1);
    for (number, wallet) in (210..).zip([shop, company]) {
        test.deliver_grant(id(number), wallet, 10, terms.clone());
    }
    let over = test.terms(-1);
    test.deliver_grant(id(212), wallet, 10, over);
    assert_eq!(
        test.said(),
        "reject #210 GRANT_INVALID; reject #211 GRANT_INVALID; reject #212 GRANT_INVALID"
    );
    test.check();
}

#[test]
fn a_closing_that_fails_takes_no_grant_away() {
    let (mut test, wallet, _) = granted(&[(30, 30)]);
    let friend = test.wallet(1, 0);
    assert_eq!(test.pay(wallet, friend, 100), "Completed");
    let order = SubWalletOrder {
        request_id: None,
        parent: wallet,
        used_for: SubWalletUse::Ordinary,
        single: None,
        daily: None,
        payees: None,
        platform: None,
        content: None,
    };
    let child = test.ledger.open_sub_wallet(order, test.now).unwrap();
    let close = |test: &mut TestLedger, wallet| {
        let closed = test.ledger.close_wallet(wallet, test.now).map_err(|error| error.reason());
        test.commit();
        closed
    };
    assert_eq!(close(&mut test, wallet), Err(Reason::WalletNotEmpty));
    assert_eq!(test.left(wallet), [30]);
    assert_eq!(close(&mut test, child), Ok(()));
    assert_eq!(close(&mut test, wallet), Err(Reason::WalletBusy));
    // The campaign does not take it: it is as good as before, for as long as it was to be.
    let last = test.last_payment();
    test.notify_id(last, Side::Payer, Outcome::Refused(Reason::Expired));
    test.wait(2 * DAY_MS);
    assert_eq!(test.left(wallet), [30]);
    test.check();
}
