//! Hard wallets where something goes wrong: freezes that last, payees that are away, cheats with money
//! left, clocks that are ahead.

use crate::Reason;
use crate::money::{DAY_MS, PaymentId, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, settings, yuan};
use crate::operator::{CardOrder, LossParty, OfflineVoucher, Ruling, SIGNED_AHEAD_MS_MAX};

use super::claims::RETRIES_MAX;

const HOUR_MS: i64 = 3_600_000;

/// A ledger with a parent of 500 yuan and its card, which holds 100 and whose losses a party bears.
fn card_of(loss: LossParty, purse: i64) -> (TestLedger, WalletNumber, WalletNumber, WalletNumber) {
    let mut test = TestLedger::new(settings());
    let (parent, purse) = (test.wallet(1, 500), test.purse(purse));
    let loss_wallet = (loss == LossParty::Issuer).then_some(purse);
    let order = CardOrder { loss, loss_wallet, ..test.card_order("card", parent) };
    let card = test.issue(order);
    test.load(card, 100).unwrap();
    (test, parent, card, purse)
}

fn own(test: &TestLedger, wallet: WalletNumber) -> i64 {
    let slot = test.ledger.known(wallet).unwrap();
    test.ledger.own_funds(slot).fen() / 100
}

#[test]
fn an_issuer_bears_losses_out_of_a_wallet_of_its_own_alone() {
    let (mut test, parent, ..) = card_of(LossParty::Payee, 10);
    let [person, company, shop] = [test.wallet(1, 50), test.corporate(50), test.merchant()];
    for loss_wallet in [person, company, shop, parent] {
        let order = CardOrder {
            loss: LossParty::Issuer,
            loss_wallet: Some(loss_wallet),
            ..test.card_order("other", parent)
        };
        let error = test.ledger.issue_card(order, test.now).unwrap_err();
        assert_eq!((error.field(), error.reason()), ("loss_wallet", Reason::KindNotAllowed));
        assert!(error.to_string().contains(&loss_wallet.to_string()), "{error}");
    }
    let order = CardOrder { loss: LossParty::Issuer, ..test.card_order("other", parent) };
    let error = test.ledger.issue_card(order, test.now).unwrap_err();
    assert_eq!((error.field(), error.reason()), ("loss_wallet", Reason::LossWalletMismatch));
    test.check();
}

#[test]
fn a_voucher_that_came_in_time_is_not_lost_by_a_freeze_that_lasts() {
    for of_parent in [false, true] {
        let (mut test, parent, card, _) = card_of(LossParty::Payee, 0);
        let shop = test.merchant();
        let [one, other] = [1, 2].map(|counter| test.voucher(card, counter, shop, 10));
        let frozen = if of_parent { parent } else { card };
        test.ledger.freeze(frozen, false, test.now).unwrap();
        test.wait(DAY_MS);
        for _ in 0..3 {
            assert_eq!(test.upload(&one), "undecided WALLET_FROZEN");
        }
        assert_eq!(test.ledger.cards().voucher_rows().len(), 1, "one row whatever is repeated");
        test.check();
        test.wait(9 * DAY_MS);
        assert_eq!(test.upload(&one), "undecided WALLET_FROZEN");
        assert_eq!(test.upload(&other), "undecided WALLET_FROZEN");
        test.restart();
        test.up();
        // It is decided on by itself, also when its payee does not come again.
        test.ledger.unfreeze(frozen, test.now).unwrap();
        test.commit();
        assert_eq!((test.balance(card), test.balance(shop)), (90, 10));
        assert_eq!(test.upload(&one), "accepted");
        // What came too late stays too late.
        assert_eq!(test.upload(&other), "refused VOUCHER_TOO_OLD");
        test.check();
    }
}

#[test]
fn what_waits_for_the_end_of_a_freeze_is_bounded() {
    let (mut test, _, card, _) = card_of(LossParty::Payee, 0);
    test.ledger.freeze(card, false, test.now).unwrap();
    for counter in 1..=1_001 {
        let voucher = test.voucher(card, counter, abroad(), 1);
        assert_eq!(test.upload(&voucher), "undecided WALLET_FROZEN");
    }
    assert_eq!(test.ledger.card(card).unwrap().waiting().len(), 1_000);
    test.check();
}

/// The payment of a loss that was borne last.
fn loss_of(test: &TestLedger, voucher: &OfflineVoucher) -> PaymentId {
    let card = test.ledger.card(voucher.card).unwrap();
    let row = card.decision_on(voucher).unwrap();
    let Ruling::Repeated { payment: Some(payment), .. } = row.ruling else { panic!("{row:?}") };
    payment
}

#[test]
fn a_loss_that_its_payee_could_not_take_is_paid_again() {
    for loss in [LossParty::Issuer, LossParty::Holder] {
        let (mut test, parent, card, purse) = card_of(loss, 50);
        let bearer = if loss == LossParty::Issuer { purse } else { parent };
        let had = own(&test, bearer);
        let (one, other) =
            (test.voucher(card, 1, abroad(), 30), test.voucher(card, 1, elsewhere(), 40));
        test.upload(&one);
        assert_eq!(test.upload(&other), format!("repeated, {loss:?} pays"));
        test.finish(loss_of(&test, &other), Some(Reason::PayeeFrozen));
        // It came back, and is the payee's all the same.
        assert_eq!((test.balance(bearer), own(&test, bearer)), (had, had - 40));
        test.check();
        test.restart();
        test.up();
        test.wait(2 * HOUR_MS - 1);
        assert_eq!(test.balance(bearer), had);
        test.wait(1);
        assert_eq!((test.balance(bearer), own(&test, bearer)), (had - 40, had - 40));
        let again = test.ledger.payments().iter().last().unwrap().id;
        assert_ne!(again, loss_of(&test, &other));
        test.finish(again, Some(Reason::PayeeFrozen));
        test.ledger.claim_unclaimed(card, 1, test.now).unwrap();
        test.commit();
        let again = test.ledger.payments().iter().last().unwrap().id;
        test.finish(again, None);
        assert_eq!((test.balance(bearer), own(&test, bearer)), (had - 40, had - 40));
        test.check();
    }
}

#[test]
fn a_value_is_paid_again_so_often_and_then_on_order_alone() {
    let (mut test, _, card, _) = card_of(LossParty::Payee, 0);
    let one = test.voucher(card, 1, abroad(), 40);
    test.upload(&one);
    let payments = |test: &TestLedger| test.ledger.payments().iter().count();
    for retries in 0..=RETRIES_MAX {
        test.finish(test.payment_of(card, 1), Some(Reason::PayeeFrozen));
        test.wait(50 * DAY_MS);
        let expected = 1 + retries as usize + usize::from(retries < RETRIES_MAX);
        assert_eq!(payments(&test), expected, "after {retries}");
    }
    test.wait(3_650 * DAY_MS);
    assert_eq!(payments(&test), 1 + RETRIES_MAX as usize);
    assert_eq!(own(&test, card), 60);
    test.check();
    // The payee comes ten years later and has its money.
    test.ledger.claim_unclaimed(card, 1, test.now).unwrap();
    test.commit();
    test.finish(test.payment_of(card, 1), None);
    assert_eq!((test.balance(card), own(&test, card)), (60, 60));
    test.check();
}

#[test]
fn orders_to_pay_again_take_nothing_from_what_comes_by_itself() {
    let (mut test, _, card, _) = card_of(LossParty::Payee, 0);
    let one = test.voucher(card, 1, abroad(), 40);
    test.upload(&one);
    let back = |test: &mut TestLedger| {
        test.finish(test.payment_of(card, 1), Some(Reason::PayeeFrozen));
    };
    back(&mut test);
    let mut orders = 0;
    let begun = test.now;
    let mut wait_until = begun;
    // Whoever orders without end gets ever fewer payments.
    for _ in 0..100 {
        match test.ledger.claim_unclaimed(card, 1, test.now) {
            Ok(()) => {
                orders += 1;
                test.commit();
                back(&mut test);
            }
            Err(error) => {
                assert_eq!(error.reason(), Reason::RefusedTooOften);
                wait_until = test.now.plus_ms(error.wait_ms().unwrap().into());
                break;
            }
        }
    }
    assert_eq!((orders, wait_until), (1, begun.plus_ms(HOUR_MS)));
    let ordered = test.payment_of(card, 1);
    // The next one by itself comes when it would have come.
    test.wait(2 * HOUR_MS - 1);
    assert_eq!(test.payment_of(card, 1), ordered);
    test.wait(1);
    assert_ne!(test.payment_of(card, 1), ordered);
    test.check();
}

#[test]
fn a_payee_with_a_clock_ahead_keeps_what_was_signed_before_the_loss_was_reported() {
    let (mut test, _, card, _) = card_of(LossParty::Payee, 0);
    let signed_at = test.now.plus_ms(SIGNED_AHEAD_MS_MAX);
    let [one, late] = [1, 2].map(|counter| OfflineVoucher {
        signed_at: signed_at.plus_ms(i64::from(counter == 2)),
        ..test.voucher(card, counter, abroad(), 10)
    });
    test.ledger.report_lost(card, test.now).unwrap();
    test.wait(HOUR_MS);
    assert_eq!(test.upload(&one), "accepted");
    assert_eq!(test.upload(&late), "refused CARD_FROZEN");
    test.check();
}

#[test]
fn a_clock_ahead_gives_no_voucher_more_time_than_the_freeze_leaves() {
    let (mut test, _, card, _) = card_of(LossParty::Payee, 0);
    let signed_at = test.now.plus_ms(SIGNED_AHEAD_MS_MAX);
    let [one, other] = [1, 2]
        .map(|counter| OfflineVoucher { signed_at, ..test.voucher(card, counter, abroad(), 10) });
    test.ledger.report_lost(card, test.now).unwrap();
    test.wait(DAY_MS);
    assert_eq!(test.upload(&one), "accepted");
    test.wait(1);
    assert_eq!(test.upload(&other), "refused VOUCHER_TOO_OLD");
    test.ledger.empty_card(card, test.now).unwrap();
    test.commit();
    test.check();
}

#[test]
fn the_float_of_a_cheat_pays_its_issuer_back_first() {
    for (second, expected) in [(40, (50, 430)), (50, (50, 420))] {
        let (mut test, parent, card, purse) = card_of(LossParty::Issuer, 50);
        let shop = test.merchant();
        let one = test.voucher(card, 1, shop, 30);
        let other = OfflineVoucher { amount: yuan(second), ..one };
        test.upload(&one);
        assert_eq!(test.upload(&other), "repeated, Issuer pays");
        assert_eq!(test.balance(purse), 50 - second);
        // An earlier voucher may still come: the float stays for it.
        test.wait(DAY_MS);
        test.ledger.empty_card(card, test.now).unwrap_err();
        test.wait(1);
        test.ledger.empty_card(card, test.now).unwrap();
        test.ledger.empty_card(card, test.now).unwrap();
        test.commit();
        assert_eq!((test.balance(purse), test.balance(parent)), expected);
        assert_eq!(test.ledger.card(card).unwrap().recovered, yuan(second));
        test.check();
        test.restart();
        test.check();
    }
}

#[test]
fn a_cheat_with_less_than_the_loss_pays_what_is_left() {
    let (mut test, parent, card, purse) = card_of(LossParty::Issuer, 50);
    let shop = test.merchant();
    let vouchers = [(1, 50), (2, 40)].map(|(counter, sum)| test.voucher(card, counter, shop, sum));
    for voucher in &vouchers {
        test.upload(voucher);
    }
    let other = OfflineVoucher { amount: yuan(25), ..vouchers[0] };
    assert_eq!(test.upload(&other), "repeated, Issuer pays");
    test.wait(DAY_MS + 1);
    let order = test.card_order("another", parent);
    let new = test.ledger.reissue_card(card, order, test.now).unwrap();
    test.commit();
    let found = [purse, parent, card, new].map(|wallet| test.balance(wallet));
    assert_eq!(found, [35, 400, 0, 0]);
    test.check();
}

#[test]
fn what_comes_back_from_an_order_is_not_paid_again_at_once() {
    let (mut test, _, card, _) = card_of(LossParty::Payee, 0);
    let one = test.voucher(card, 1, abroad(), 40);
    test.upload(&one);
    test.finish(test.payment_of(card, 1), Some(Reason::PayeeFrozen));
    test.wait(2 * HOUR_MS - 1);
    test.ledger.claim_unclaimed(card, 1, test.now).unwrap();
    test.commit();
    let ordered = test.payment_of(card, 1);
    // It would have come by itself meanwhile.
    test.wait(HOUR_MS / 2);
    test.finish(ordered, Some(Reason::PayeeFrozen));
    test.wait(HOUR_MS - 1);
    assert_eq!(test.payment_of(card, 1), ordered);
    test.wait(1);
    assert_ne!(test.payment_of(card, 1), ordered);
    test.check();
}

#[test]
fn an_order_that_has_paid_something_is_no_error() {
    let (mut test, _, card, _) = card_of(LossParty::Holder, 0);
    let (one, other) =
        (test.voucher(card, 1, abroad(), 30), test.voucher(card, 1, elsewhere(), 40));
    test.upload(&one);
    assert_eq!(test.upload(&other), "repeated, Holder pays");
    test.finish(test.payment_of(card, 1), Some(Reason::PayeeFrozen));
    test.ledger.claim_unclaimed(card, 1, test.now).unwrap();
    test.commit();
    test.finish(test.payment_of(card, 1), Some(Reason::PayeeFrozen));
    test.finish(loss_of(&test, &other), Some(Reason::PayeeFrozen));
    // The first voucher was ordered just now, and the loss never.
    let payments = test.ledger.payments().len();
    assert_eq!(test.ledger.claim_unclaimed(card, 1, test.now), Ok(()));
    test.commit();
    assert_eq!(test.ledger.payments().len(), payments + 1);
    let error = test.ledger.claim_unclaimed(card, 1, test.now).unwrap_err();
    assert_eq!(error.reason(), Reason::RefusedTooOften);
    test.check();
}

#[test]
fn a_repeat_finds_the_card_whatever_became_of_its_loss_wallet() {
    let mut test = TestLedger::new(settings());
    let (parent, purse) = (test.wallet(1, 500), test.purse(0));
    let (loss, loss_wallet) = (LossParty::Issuer, Some(purse));
    let order = CardOrder { loss, loss_wallet, ..test.card_order("card", parent) };
    let card = test.issue(order.clone());
    test.ledger.close_wallet(purse, test.now).unwrap();
    assert_eq!(test.ledger.issue_card(order.clone(), test.now), Ok(card));
    let other = CardOrder { request_id: crate::operator::test_ledger::request("other"), ..order };
    let error = test.ledger.issue_card(other, test.now).unwrap_err();
    assert_eq!((error.field(), error.reason()), ("loss_wallet", Reason::WalletClosed));
    test.commit();
    test.check();
}

#[test]
fn a_row_of_a_voucher_that_waits_is_refused_where_nothing_is_frozen() {
    let (mut test, _, card, _) = card_of(LossParty::Payee, 0);
    let one = test.voucher(card, 1, abroad(), 10);
    test.ledger.freeze(card, false, test.now).unwrap();
    test.upload(&one);
    let row =
        crate::operator::CardVoucherRow { counter: 2, ..test.ledger.cards().voucher_rows()[0] };
    assert_eq!(test.ledger.check_card_voucher(&row), Ok(()));
    let late = crate::operator::CardVoucherRow { at: row.at.plus_ms(2 * DAY_MS), ..row };
    assert!(test.ledger.check_card_voucher(&late).is_err(), "it did not come in time");
    test.ledger.unfreeze(card, test.now).unwrap();
    test.commit();
    assert!(test.ledger.check_card_voucher(&row).is_err(), "nothing is frozen");
}
