//! Hard wallets at their issuer: what is decided on vouchers, each at its edge.

use crate::Reason;
use crate::money::{DAY_MS, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, request, settings, yuan};
use crate::operator::{CardOrder, CardTerms, LossParty, OfflineVoucher, RefundOrder, WalletStatus};

/// A ledger with a parent of 500 yuan and its card, which holds 100.
fn card() -> (TestLedger, WalletNumber, WalletNumber) {
    changed(|order| order)
}

fn changed(
    change: impl FnOnce(CardOrder) -> CardOrder,
) -> (TestLedger, WalletNumber, WalletNumber) {
    let mut test = TestLedger::new(settings());
    let parent = test.wallet(1, 500);
    let order = change(test.card_order("card", parent));
    let card = test.issue(order);
    test.load(card, 100).unwrap();
    (test, parent, card)
}

fn later(test: &mut TestLedger, ms: i64) {
    test.wait(ms);
}

#[test]
fn a_voucher_is_paid_once_whatever_is_repeated() {
    let (mut test, _, card) = card();
    let shop = test.merchant();
    let one = test.voucher(card, 1, shop, 30);
    assert_eq!(test.upload(&one), "accepted");
    assert_eq!(test.upload(&one), "accepted");
    test.restart();
    assert_eq!(test.upload(&one), "accepted");
    assert_eq!((test.balance(card), test.balance(shop)), (70, 30));
    test.check();
}

#[test]
fn a_counter_used_at_two_merchants_freezes_the_card() {
    let (mut test, _, card) = card();
    let (one, other) =
        (test.voucher(card, 1, abroad(), 30), test.voucher(card, 1, elsewhere(), 30));
    assert_eq!(test.upload(&one), "accepted");
    later(&mut test, 1);
    assert_eq!(test.upload(&other), "repeated, Payee bears");
    assert_eq!(test.load(card, 1), Err(Reason::CardFrozen));
    // What it signed before is decided; what it signs from now on is refused.
    let early = OfflineVoucher { counter: 2, ..one };
    assert_eq!(test.upload(&early), "accepted");
    later(&mut test, super::SIGNED_AHEAD_MS_MAX + 1);
    let late = test.voucher(card, 3, abroad(), 1);
    assert_eq!(test.upload(&late), "refused CARD_FROZEN");
    assert_eq!(test.upload(&other), "repeated, Payee bears");
    assert_eq!(test.balance(card), 40);
    test.check();
}

#[track_caller]
fn check_loss(loss: LossParty, own: i64, expected: (&str, i64, i64)) {
    let mut test = TestLedger::new(settings());
    let (parent, purse, shop) = (test.wallet(1, 100 + own), test.purse(own), test.merchant());
    let loss_wallet = (loss == LossParty::Issuer).then_some(purse);
    let order = CardOrder { loss, loss_wallet, ..test.card_order("card", parent) };
    let card = test.issue(order);
    test.load(card, 100).unwrap();
    let one = test.voucher(card, 1, abroad(), 30);
    test.upload(&one);
    let other = test.voucher(card, 1, shop, 40);
    let found = test.upload(&other);
    let left = test.balance(parent) + test.balance(purse) - 2 * own;
    assert_eq!((found.as_str(), test.balance(shop), left), expected);
    assert_eq!(test.upload(&other), found);
    assert_eq!(test.balance(card), 70);
    test.check();
}

#[test]
fn a_loss_is_borne_by_the_party_that_the_card_names() {
    check_loss(LossParty::Payee, 50, ("repeated, Payee bears", 0, 0));
    check_loss(LossParty::Issuer, 50, ("repeated, Issuer pays", 40, -40));
    check_loss(LossParty::Holder, 50, ("repeated, Holder pays", 40, -40));
    // A party that has not so much bears nothing.
    check_loss(LossParty::Holder, 39, ("repeated, Payee bears", 0, 0));
    check_loss(LossParty::Holder, 40, ("repeated, Holder pays", 40, -40));
}

#[test]
fn others_bear_no_more_than_a_card_may_hold() {
    let (mut test, parent, card) = changed(|order| CardOrder { loss: LossParty::Holder, ..order });
    let shop = test.merchant();
    let one = test.voucher(card, 1, abroad(), 1);
    test.upload(&one);
    for (earlier, amount, expected) in [(1, 50, "pays"), (2, 50, "pays"), (3, 1, "bears")] {
        let signed_at = one.signed_at.plus_ms(-earlier);
        let other = OfflineVoucher { signed_at, ..test.voucher(card, 1, shop, amount) };
        assert!(test.upload(&other).ends_with(expected), "{earlier}");
    }
    assert_eq!((test.balance(shop), test.balance(parent)), (100, 300));
    test.check();
}

#[test]
fn a_voucher_is_taken_until_it_is_too_old() {
    let (mut test, _, card) = card();
    let [one, other] = [1, 2].map(|counter| test.voucher(card, counter, abroad(), 10));
    later(&mut test, DAY_MS);
    assert_eq!(test.upload(&one), "accepted");
    later(&mut test, 1);
    assert_eq!(test.upload(&other), "refused VOUCHER_TOO_OLD");
    assert_eq!(test.upload(&other), "refused VOUCHER_TOO_OLD");
    let signed_at = test.now.plus_ms(super::SIGNED_AHEAD_MS_MAX + 1);
    let early = OfflineVoucher { signed_at, ..test.voucher(card, 3, abroad(), 10) };
    assert_eq!(test.upload(&early), "undecided VOUCHER_EARLY");
    later(&mut test, 1);
    assert_eq!(test.upload(&early), "accepted");
    test.check();
}

#[test]
fn limits_hold_at_their_edge() {
    let (mut test, parent, card) =
        changed(|order| CardOrder { payees: Some([abroad()].into_iter().collect()), ..order });
    assert_eq!(test.load(card, 1), Err(Reason::BalanceCap));
    for (counter, payee, amount, expected) in [
        (1, abroad(), 50, "accepted"),
        (2, abroad(), 51, "refused SINGLE_LIMIT"),
        (3, elsewhere(), 1, "refused PAYEE_NOT_ALLOWED"),
        (4, parent, 20, "accepted"),
        (5, abroad(), 31, "refused CARD_FLOAT_EXCEEDED"),
        (6, abroad(), 30, "accepted"),
    ] {
        let voucher = test.voucher(card, counter, payee, amount);
        assert_eq!(test.upload(&voucher), expected, "{counter}");
    }
    assert_eq!((test.balance(card), test.balance(parent)), (0, 420));
    test.check();
}

#[test]
fn so_many_vouchers_wait_and_no_more() {
    let (mut test, _, card) = card();
    let vouchers: Vec<_> =
        (1..=9).map(|counter| test.voucher(card, counter, abroad(), 5)).collect();
    // Three that wait are before the fourth.
    assert_eq!(test.upload(&vouchers[3]), "refused CARD_COUNT_CAP");
    assert_eq!(test.upload(&vouchers[2]), "accepted");
    assert_eq!(test.upload(&vouchers[4]), "accepted");
    assert_eq!(test.upload(&vouchers[5]), "accepted");
    // Those before an older one than that are too old by then.
    later(&mut test, DAY_MS + 1);
    let late = test.voucher(card, 9, abroad(), 5);
    assert_eq!(test.upload(&late), "accepted");
    test.check();
}

#[test]
fn a_card_takes_no_orders() {
    let (mut test, _, card) = card();
    assert_eq!(test.pay(card, abroad(), 10), "Rejected HARD_WALLET");
    let pooled = test.ledger.pool_sub_wallet(card, None, request("pool"), test.now);
    assert_eq!(pooled.unwrap_err().reason(), Reason::HardWallet);
    let back = test.ledger.exchange_back(card, yuan(1), request("back"), test.now);
    assert_eq!(back.unwrap_err().reason(), Reason::IsSubWallet);
    assert_eq!(test.balance(card), 100);
    test.check();
}

#[test]
fn what_an_authority_has_frozen_is_not_decided_on() {
    let (mut test, parent, card) = card();
    let one = test.voucher(card, 1, abroad(), 10);
    for wallet in [card, parent] {
        test.ledger.freeze(wallet, false, test.now).unwrap();
        assert_eq!(test.upload(&one), "undecided WALLET_FROZEN");
    }
    // One of both freezes is enough.
    test.ledger.unfreeze(card, test.now).unwrap();
    assert_eq!(test.upload(&one), "undecided WALLET_FROZEN");
    assert_eq!(test.balance(card), 100);
    test.ledger.unfreeze(parent, test.now).unwrap();
    assert_eq!(test.upload(&one), "accepted");
    test.check();
}

#[test]
fn what_a_payee_elsewhere_refuses_is_not_the_cards_again() {
    let (mut test, _, card) = card();
    let one = test.voucher(card, 1, abroad(), 40);
    test.upload(&one);
    let first = test.payment_of(card, 1);
    test.finish(first, Some(Reason::PayeeFrozen));
    assert_eq!((test.balance(card), test.upload(&one).as_str()), (100, "accepted"));
    let own = |test: &TestLedger| {
        let found = test.ledger.card(card).unwrap();
        (test.ledger.own_funds(found.wallet), test.ledger.cards().unclaimed_in(found.wallet))
    };
    assert_eq!(own(&test), (yuan(60), yuan(40)));
    assert_eq!(test.load(card, 1), Err(Reason::BalanceCap));
    let more = test.voucher(card, 2, abroad(), 50);
    assert_eq!(test.upload(&more), "accepted");
    let over = test.voucher(card, 3, abroad(), 20);
    assert_eq!(test.upload(&over), "refused CARD_FLOAT_EXCEEDED");
    test.check();
    test.restart();
    test.up();
    // It is paid again when it is due, and not before.
    later(&mut test, 2 * 3_600_000 - 1);
    assert_eq!(test.payment_of(card, 1), first);
    later(&mut test, 1);
    let second = test.payment_of(card, 1);
    assert_ne!(second, first);
    assert_eq!(own(&test), (yuan(10), yuan(0)));
    test.finish(second, None);
    test.check();
    test.restart();
    assert_eq!((test.balance(card), test.payment_of(card, 1)), (10, second));
    test.check();
}

#[test]
fn what_a_payee_here_cannot_take_is_unclaimed() {
    let (mut test, _, card) = card();
    let shop = test.merchant();
    test.ledger.freeze(shop, false, test.now).unwrap();
    let one = test.voucher(card, 1, shop, 40);
    assert_eq!(test.upload(&one), "accepted");
    assert_eq!((test.balance(card), test.balance(shop)), (100, 0));
    test.check();
    test.ledger.claim_unclaimed(card, 1, test.now).unwrap();
    assert_eq!((test.balance(card), test.balance(shop)), (100, 0));
    test.ledger.unfreeze(shop, test.now).unwrap();
    test.ledger.claim_unclaimed(card, 1, test.now).unwrap();
    test.ledger.claim_unclaimed(card, 1, test.now).unwrap();
    test.commit();
    assert_eq!((test.balance(card), test.balance(shop)), (60, 40));
    test.check();
}

#[test]
fn a_lost_card_is_issued_again_with_its_money_when_no_voucher_can_come_any_more() {
    let (mut test, parent, card) = card();
    let late = test.voucher(card, 1, abroad(), 10);
    test.ledger.report_lost(card, test.now).unwrap();
    test.ledger.report_lost(card, test.now).unwrap();
    assert_eq!(test.load(card, 1), Err(Reason::CardFrozen));
    later(&mut test, DAY_MS);
    let order = test.card_order("another", parent);
    let again = |test: &mut TestLedger| {
        let done = test.ledger.reissue_card(card, order.clone(), test.now);
        test.commit();
        done.map_err(|error| error.reason())
    };
    assert_eq!(again(&mut test), Err(Reason::CardVouchersOpen));
    assert_eq!(test.upload(&late), "accepted");
    later(&mut test, 1);
    let new = again(&mut test).unwrap();
    assert_eq!((test.balance(card), test.balance(new), test.balance(parent)), (0, 90, 400));
    assert_eq!(again(&mut test), Ok(new));
    test.finish(test.payment_of(card, 1), None);
    test.ledger.close_wallet(card, test.now).unwrap();
    test.commit();
    assert_eq!(test.ledger.wallet(card).unwrap().status, WalletStatus::Closed);
    let one = test.voucher(new, 1, abroad(), 10);
    assert_eq!(test.upload(&one), "accepted");
    test.check();
}

#[test]
fn a_loss_is_borne_only_where_the_first_voucher_was_paid() {
    let mut test = TestLedger::new(settings());
    let (parent, purse, shop) = (test.wallet(1, 200), test.purse(100), test.merchant());
    let (loss, loss_wallet) = (LossParty::Issuer, Some(purse));
    let order = CardOrder { loss, loss_wallet, ..test.card_order("card", parent) };
    let card = test.issue(order);
    // The first voucher of the counter has paid nothing, so the second one deceives nobody.
    let one = test.voucher(card, 1, shop, 50);
    assert_eq!(test.upload(&one), "refused CARD_FLOAT_EXCEEDED");
    later(&mut test, 1);
    let other = test.voucher(card, 1, shop, 50);
    assert_eq!(test.upload(&other), "repeated, Payee bears");
    assert_eq!((test.balance(purse), test.balance(shop)), (100, 0));
    test.check();
    test.restart();
    test.check();
}

#[test]
fn money_that_reaches_an_emptied_card_goes_back_to_its_parent() {
    let (mut test, parent, card) = card();
    let shop = test.merchant();
    let one = test.voucher(card, 1, shop, 30);
    test.upload(&one);
    let paid = test.payment_of(card, 1);
    test.ledger.report_lost(card, test.now).unwrap();
    later(&mut test, DAY_MS + 1);
    test.ledger.empty_card(card, test.now).unwrap();
    test.commit();
    let order = RefundOrder {
        id: test.next_id(),
        request_id: request("back"),
        original: paid,
        amount: None,
        remark: None,
    };
    test.ledger.refund(order, test.now).unwrap();
    test.commit();
    assert_eq!((test.balance(card), test.balance(parent)), (30, 470));
    test.ledger.empty_card(card, test.now).unwrap();
    test.commit();
    assert_eq!((test.balance(card), test.balance(parent)), (0, 500));
    test.ledger.close_wallet(card, test.now).unwrap();
    test.commit();
    test.check();
    test.restart();
    test.check();
}

#[test]
fn a_card_that_has_paid_is_not_closed_before_its_last_voucher_is_too_old() {
    let (mut test, _, card) = card();
    let one = test.voucher(card, 1, abroad(), 50);
    let more = test.voucher(card, 2, abroad(), 50);
    test.upload(&one);
    test.upload(&more);
    for counter in [1, 2] {
        test.finish(test.payment_of(card, counter), None);
    }
    let close = |test: &mut TestLedger| {
        let done = test.ledger.close_wallet(card, test.now);
        test.commit();
        done.map_err(|error| error.reason())
    };
    assert_eq!(close(&mut test), Err(Reason::CardActive));
    let other = test.voucher(card, 1, elsewhere(), 50);
    later(&mut test, 1);
    assert_eq!(test.upload(&other), "repeated, Payee bears");
    assert_eq!(close(&mut test), Err(Reason::CardVouchersOpen));
    later(&mut test, DAY_MS + 1);
    assert_eq!(close(&mut test), Ok(()));
    test.check();
}

#[test]
fn a_card_that_cheats_without_end_leaves_a_bounded_trace() {
    let (mut test, _, card) = card();
    let one = test.voucher(card, 1, abroad(), 1);
    test.upload(&one);
    let other = |ms: i64| OfflineVoucher { signed_at: one.signed_at.plus_ms(-ms), ..one };
    for ms in 1..=1_000 {
        assert_eq!(test.upload(&other(ms)), "repeated, Payee bears", "{ms}");
    }
    assert_eq!(test.upload(&other(1_001)), "undecided COUNTER_REUSED");
    assert_eq!(test.upload(&other(1_000)), "repeated, Payee bears");
    assert_eq!(test.ledger.card(card).unwrap().repeated().len(), 1_000);
    test.check();
}

#[test]
fn a_card_in_use_keeps_its_money() {
    let (mut test, parent, card) = card();
    let order = test.card_order("another", parent);
    let error = test.ledger.reissue_card(card, order, test.now).unwrap_err();
    assert_eq!(error.reason(), Reason::CardActive);
    let error = test.ledger.empty_card(card, test.now).unwrap_err();
    assert_eq!(error.reason(), Reason::CardActive);
    test.ledger.report_lost(card, test.now).unwrap();
    later(&mut test, DAY_MS + 1);
    test.ledger.empty_card(card, test.now).unwrap();
    test.ledger.empty_card(card, test.now).unwrap();
    test.commit();
    assert_eq!((test.balance(card), test.balance(parent)), (0, 500));
    let order = test.card_order("another", parent);
    let error = test.ledger.reissue_card(card, order, test.now).unwrap_err();
    assert_eq!(error.reason(), Reason::CardEmptied);
    test.check();
}

#[test]
fn a_repeat_of_an_issue_answers_with_the_first_card() {
    let (mut test, parent, card) = card();
    let order = test.card_order("card", parent);
    assert_eq!(test.ledger.issue_card(order.clone(), test.now), Ok(card));
    let other = CardOrder { key: [9; 32], ..order.clone() };
    let found = test.ledger.issue_card(other, test.now).unwrap_err();
    assert_eq!(found.reason(), Reason::RequestIdReused);
    let missing = CardOrder { loss: LossParty::Issuer, request_id: request("x"), ..order };
    let found = test.ledger.issue_card(missing, test.now).unwrap_err();
    assert_eq!(found.reason(), Reason::LossWalletMismatch);
    test.check();
}

#[test]
fn terms_stay_within_what_any_card_may_do() {
    let new =
        |float, single, count, age| CardTerms::new(yuan(float), yuan(single), count, age).err();
    assert_eq!(new(100, 100, 1_000, 30 * DAY_MS), None);
    assert_eq!(new(0, 1, 1, 1), Some("float_max"));
    assert_eq!(new(100, 101, 1, 1), Some("single_max"));
    assert_eq!(new(100, 100, 1_001, 1), Some("count_max"));
    assert_eq!(new(100, 100, 1, 30 * DAY_MS + 1), Some("age_max"));
}
