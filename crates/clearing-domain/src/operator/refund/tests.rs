//! Payments given back: how much, to whom, and what becomes of bills.

use crate::details::Voucher;
use crate::link::{Outcome, Side};
use crate::money::{CycleId, PaymentId, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, id, request, settings, yuan};
use crate::operator::{BillState, OperatorError, RefundOrder, WalletStatus};
use crate::{Details, Reason};

fn refund(
    test: &mut TestLedger,
    name: &str,
    original: PaymentId,
    amount: Option<i64>,
) -> Result<String, Reason> {
    let order = RefundOrder {
        id: test.next_id(),
        request_id: request(name),
        original,
        amount: amount.map(yuan),
        remark: None,
    };
    let slot = test.ledger.refund(order, test.now).map_err(|error: OperatorError| error.reason());
    test.commit();
    slot.map(|slot| test.shown(slot))
}

fn cleared() -> Outcome {
    Outcome::Cleared(CycleId::new(1))
}

/// A merchant that has received 100 yuan from a wallet of the other operator, in payment 200.
fn received() -> (TestLedger, WalletNumber, PaymentId) {
    let mut test = TestLedger::new(settings());
    let merchant = test.wallet(1, 0);
    test.deliver(200, merchant, 100);
    (test, merchant, id(200))
}

#[test]
fn a_payment_is_given_back_in_parts_and_never_beyond_what_was_paid() {
    let (mut test, merchant, paid) = received();
    assert_eq!(refund(&mut test, "early", paid, None), Err(Reason::NotRefundable));
    test.notify(200, Side::Payee, cleared());
    assert_eq!(refund(&mut test, "one", paid, Some(60)), Ok("InTransit".into()));
    assert_eq!(refund(&mut test, "two", paid, Some(41)), Err(Reason::RefundExceeds));
    assert_eq!(refund(&mut test, "two", paid, Some(40)), Ok("InTransit".into()));
    assert_eq!(test.balance(merchant), 0);
    assert_eq!(refund(&mut test, "more", paid, None), Err(Reason::RefundExceeds));
    test.check();
    // One comes back: its sum can be given back again.
    let last = test.last_payment();
    test.notify_id(last, Side::Payer, Outcome::Refused(Reason::PayeeClosed));
    assert_eq!(refund(&mut test, "three", paid, None), Ok("InTransit".into()));
    assert_eq!(test.ledger.refunded(paid), yuan(100));
    test.check();
}

#[test]
fn a_repeated_refund_pays_once_also_when_it_names_no_amount() {
    let (mut test, merchant, paid) = received();
    test.notify(200, Side::Payee, cleared());
    for _ in 0..2 {
        assert_eq!(refund(&mut test, "all", paid, None), Ok("InTransit".into()));
    }
    assert_eq!((test.balance(merchant), test.ledger.payments().len()), (0, 1));
    for another in [99, 100] {
        assert_eq!(refund(&mut test, "all", paid, Some(another)), Err(Reason::RequestIdReused));
    }
    test.restart();
    assert_eq!(refund(&mut test, "all", paid, None), Ok("InTransit".into()));
    test.check();
}

#[test]
fn a_refund_of_a_named_sum_is_not_repeated_by_one_of_all_that_is_left() {
    let (mut test, _, paid) = received();
    test.notify(200, Side::Payee, cleared());
    assert_eq!(refund(&mut test, "part", paid, Some(60)), Ok("InTransit".into()));
    assert_eq!(refund(&mut test, "part", paid, None), Err(Reason::RequestIdReused));
    assert_eq!(refund(&mut test, "part", paid, Some(60)), Ok("InTransit".into()));
    assert_eq!(test.ledger.refunded(paid), yuan(60));
    test.check();
}

#[test]
fn only_a_received_and_completed_payment_is_given_back() {
    let (mut test, merchant, paid) = received();
    assert_eq!(refund(&mut test, "a", id(77), None), Err(Reason::PaymentUnknown));
    test.notify(200, Side::Payee, cleared());
    // One that a wallet of this operator sent to another operator is not its to give back.
    test.pay(merchant, abroad(), 10);
    let sent = test.last_payment();
    assert_eq!(refund(&mut test, "b", sent, None), Err(Reason::PaymentUnknown));
    assert_eq!(refund(&mut test, "c", paid, Some(90)), Ok("InTransit".into()));
    test.check();
}

#[test]
fn a_refund_reaches_a_frozen_and_full_wallet_and_no_closed_one() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(4, 10_000);
    test.pay(payer, abroad(), 2_000);
    let paid = test.last_payment();
    test.notify_id(paid, Side::Payer, cleared());
    test.refill(payer, yuan(2_000));
    test.ledger.freeze(payer, false, test.now).unwrap();
    let details = |original| Details { refund_of: Some(original), ..Details::default() }.boxed();
    test.said();
    test.deliver_with(201, payer, 1_500, details(paid));
    assert_eq!(test.said(), "accept #201");
    test.deliver_with(202, payer, 501, details(paid));
    test.deliver_with(203, payer, 500, details(id(9)));
    test.deliver(204, payer, 1);
    assert_eq!(
        test.said(),
        "reject #202 REFUND_EXCEEDS; reject #203 PAYMENT_UNKNOWN; reject #204 PAYEE_FROZEN"
    );
    assert_eq!((test.balance(payer), test.ledger.refunded(paid)), (11_500, yuan(1_500)));
    test.check();
}

#[test]
fn a_refund_counts_against_no_limit_and_a_returned_one_gives_none_back() {
    let mut test = TestLedger::new(settings());
    let payee = test.wallet(4, 0);
    test.deliver(200, payee, 5_000);
    test.notify(200, Side::Payee, cleared());
    // More than a wallet of class 4 pays at once.
    assert_eq!(refund(&mut test, "r", id(200), None), Ok("InTransit".into()));
    let wallet = test.ledger.wallet(payee).unwrap();
    assert_eq!(wallet.used(test.now.date()), Default::default());
    let last = test.last_payment();
    test.notify_id(last, Side::Payer, Outcome::Refused(Reason::PayeeClosed));
    let wallet = test.ledger.wallet(payee).unwrap();
    assert_eq!((wallet.used(test.now.date()), test.balance(payee)), (Default::default(), 5_000));
    test.check();
}

#[test]
fn inside_an_operator_a_refund_is_final_at_once_and_its_bill_is_refunded() {
    let mut test = TestLedger::new(settings());
    let [payer, biller] = [test.wallet(1, 100), test.corporate(0)];
    test.bill(biller, "POLICY-1", 80);
    assert_eq!(test.pay_bill(payer, biller, "POLICY-1", 80), "Completed");
    let paid = test.last_payment();
    assert_eq!(refund(&mut test, "part", paid, Some(30)), Ok("Completed".into()));
    assert_eq!(test.bill_state(biller, "POLICY-1"), BillState::Paid(paid));
    assert_eq!(refund(&mut test, "rest", paid, None), Ok("Completed".into()));
    assert_eq!(test.bill_state(biller, "POLICY-1"), BillState::Refunded(paid));
    assert_eq!((test.balance(payer), test.balance(biller)), (100, 0));
    // A refund is not given back, and the bill not paid again.
    let last = test.last_payment();
    assert_eq!(refund(&mut test, "again", last, None), Err(Reason::NotRefundable));
    assert_eq!(test.pay_bill(payer, biller, "POLICY-1", 80), "Rejected BILL_PAID");
    test.check();
}

/// The ids of payments inside an operator never reach the central bank, but clients show them.
#[test]
fn a_peer_that_uses_the_id_of_a_payment_inside_the_operator_is_rejected() {
    let mut test = TestLedger::new(settings());
    let [payer, shop] = [test.wallet(1, 100), test.corporate(0)];
    test.pay(payer, shop, 100);
    let paid = test.last_payment();
    test.said();
    test.deliver(1, shop, 1);
    assert_eq!(test.said(), "reject #1 REQUEST_ID_REUSED");
    assert_eq!(refund(&mut test, "r", paid, Some(40)), Ok("Completed".into()));
    assert_eq!((test.balance(payer), test.ledger.refunded(paid)), (40, yuan(40)));
    test.check();
}

#[test]
fn a_refund_of_what_is_not_final_lifts_no_limit() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(4, 10_000);
    test.pay(payer, abroad(), 2_000);
    let paid = test.last_payment();
    test.said();
    let refund = |refund_of| Details { refund_of: Some(refund_of), ..Details::default() };
    test.deliver_with(201, payer, 2_000, refund(paid).boxed());
    test.notify_id(paid, Side::Payer, Outcome::Refused(Reason::PayeeClosed));
    test.deliver_with(202, payer, 1, refund(paid).boxed());
    assert_eq!(test.said(), "reject #201 NOT_REFUNDABLE; reject #202 NOT_REFUNDABLE");
    assert_eq!(test.balance(payer), 10_000);
    test.check();
}

#[test]
fn a_held_refund_that_is_refused_can_be_given_again() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    test.pay(payer, abroad(), 50);
    let paid = test.last_payment();
    test.notify_id(paid, Side::Payer, cleared());
    test.holding = true;
    let refund = || Details { refund_of: Some(paid), ..Details::default() }.boxed();
    test.deliver_with(201, payer, 50, refund());
    test.deliver_with(202, payer, 1, refund());
    test.check();
    test.notify(201, Side::Payee, Outcome::Refused(Reason::EndOfDay));
    test.deliver_with(203, payer, 50, refund());
    test.notify(203, Side::Payee, cleared());
    assert_eq!(test.said(), "instruct #1; accept #201; reject #202 REFUND_EXCEEDS; accept #203");
    assert_eq!((test.balance(payer), test.ledger.refunded(paid)), (100, yuan(50)));
    test.check();
}

/// A merchant that has received 100 yuan in payment 200, of which a campaign elsewhere has paid 30.
fn discounted() -> (TestLedger, WalletNumber, PaymentId) {
    let mut test = TestLedger::new(settings());
    let merchant = test.merchant();
    let voucher = Voucher { campaign: elsewhere(), discount: yuan(30) };
    let details = Details { voucher: Some(voucher), ..Details::default() };
    test.deliver_with(200, merchant, 100, details.boxed());
    test.notify(200, Side::Payee, cleared());
    (test, merchant, id(200))
}

#[test]
fn with_the_last_of_the_payers_part_the_campaign_gets_its_part_back() {
    let (mut test, merchant, paid) = discounted();
    assert_eq!(refund(&mut test, "one", paid, Some(40)), Ok("InTransit".into()));
    assert_eq!((test.balance(merchant), test.ledger.payments().len()), (60, 1));
    assert_eq!(refund(&mut test, "more", paid, Some(31)), Err(Reason::RefundExceeds));
    assert_eq!(refund(&mut test, "rest", paid, None), Ok("InTransit".into()));
    let last = test.ledger.payments().iter().next_back().unwrap();
    assert_eq!((last.payee, last.amount, last.refund_of()), (elsewhere(), yuan(30), Some(paid)));
    assert_ne!(
        last.id,
        PaymentId::of_reclaim(paid, None, 0),
        "the payer's operator could use it first"
    );
    assert_eq!((test.balance(merchant), test.ledger.payments().len()), (0, 3));
    assert_eq!(refund(&mut test, "rest", paid, None), Ok("InTransit".into()), "a repeat");
    assert_eq!(refund(&mut test, "again", paid, None), Err(Reason::RefundExceeds));
    assert_eq!((test.ledger.refunded(paid), test.ledger.payments().len()), (yuan(70), 3));
    test.check();
}

#[test]
fn a_repeated_refund_sends_the_part_of_a_campaign_again_that_was_refused() {
    let (mut test, merchant, paid) = discounted();
    assert_eq!(refund(&mut test, "all", paid, None), Ok("InTransit".into()));
    let refused = test.last_payment();
    test.notify_id(refused, Side::Payer, Outcome::Refused(Reason::PayeeClosed));
    assert_eq!((test.balance(merchant), test.ledger.payments().len()), (30, 2));
    assert_eq!(refund(&mut test, "all", paid, None), Ok("InTransit".into()), "the repeat");
    assert_eq!((test.balance(merchant), test.ledger.payments().len()), (0, 3));
    assert_ne!(test.last_payment(), refused);
    assert_eq!(refund(&mut test, "all", paid, None), Ok("InTransit".into()), "nothing is owed");
    assert_eq!(test.ledger.payments().len(), 3);
    // From a frozen wallet, and without the money, the repeat answers and leaves nothing behind.
    let again = test.last_payment();
    test.notify_id(again, Side::Payer, Outcome::Refused(Reason::NetDebitCap));
    let slot = test.ledger.wallets.slot_of(merchant).unwrap();
    test.ledger.wallets.set_status(slot, WalletStatus::Frozen);
    assert_eq!(refund(&mut test, "all", paid, None), Ok("InTransit".into()));
    assert_eq!((test.balance(merchant), test.ledger.payments().len()), (30, 3));
    test.ledger.wallets.set_status(slot, WalletStatus::Normal);
    assert_eq!(test.pay(merchant, abroad(), 1), "InTransit");
    assert_eq!(refund(&mut test, "all", paid, None), Ok("InTransit".into()));
    assert_eq!((test.balance(merchant), test.ledger.payments().len()), (29, 4));
    test.check();
}

#[test]
fn a_payee_that_cannot_give_both_parts_back_gives_none() {
    let (mut test, merchant, paid) = discounted();
    assert_eq!(test.pay(merchant, abroad(), 1), "InTransit");
    assert_eq!(refund(&mut test, "all", paid, None), Err(Reason::InsufficientFunds));
    assert_eq!(refund(&mut test, "most", paid, Some(69)), Ok("InTransit".into()));
    assert_eq!(test.balance(merchant), 30);
    test.check();
}

#[test]
fn a_campaign_gets_back_what_it_paid_and_no_more() {
    let mut test = TestLedger::new(settings());
    let pool = test.wallet(1, 100);
    test.fund_of(1, (pool, 30), elsewhere(), abroad(), 100);
    let gives =
        |original: u8| Details { refund_of: Some(id(original)), ..Details::default() }.boxed();
    test.said();
    test.deliver_with(10, pool, 30, gives(1));
    test.notify(1, Side::Sponsor, cleared());
    test.deliver_with(11, pool, 31, gives(1));
    test.deliver_with(12, pool, 20, gives(1));
    test.deliver_with(13, pool, 11, gives(1));
    test.deliver_with(14, pool, 10, gives(1));
    assert_eq!(
        test.said(),
        "reject #10 NOT_REFUNDABLE; reject #11 REFUND_EXCEEDS; accept #12; reject #13 \
         REFUND_EXCEEDS; accept #14"
    );
    assert_eq!(test.balance(pool), 100);
    test.check();
}
