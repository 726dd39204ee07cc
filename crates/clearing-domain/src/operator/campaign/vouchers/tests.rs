//! A payment leaves with a voucher only when its wallet holds one that no other payment has.

use super::{ClaimedVoucher, VoucherState};
use crate::Reason;
use crate::link::{Outcome, Side};
use crate::money::{CycleId, DAY_MS, WalletNumber};
use crate::operator::OperatorSettings;
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, settings, yuan};

/// A ledger with a wallet of 500 yuan.
fn strict() -> (TestLedger, WalletNumber) {
    let mut test = TestLedger::new(OperatorSettings { any_pool: false, ..settings() });
    let payer = test.wallet(1, 500);
    test.said();
    (test, payer)
}

/// A voucher of 20 yuan of a campaign elsewhere, from a day from now on for a day.
fn claimed(test: &TestLedger, wallet: WalletNumber) -> ClaimedVoucher {
    let valid = (test.now.plus_ms(DAY_MS), test.now.plus_ms(2 * DAY_MS));
    ClaimedVoucher { wallet, campaign: elsewhere(), face: yuan(20), valid }
}

fn hold(test: &mut TestLedger, voucher: ClaimedVoucher) {
    test.ledger.hold_voucher(voucher, test.now).unwrap();
    test.commit();
}

fn pay(test: &mut TestLedger, payer: WalletNumber, discount: i64) -> String {
    test.pay_with(payer, abroad(), 50, (elsewhere(), discount))
}

fn state(test: &TestLedger, wallet: WalletNumber) -> Option<VoucherState> {
    test.ledger.vouchers().find(elsewhere(), wallet).map(|held| held.state)
}

#[test]
fn nothing_leaves_for_a_campaign_of_which_the_wallet_holds_no_voucher() {
    let (mut test, payer) = strict();
    let friend = test.wallet(1, 500);
    assert_eq!(pay(&mut test, payer, 20), "Rejected VOUCHER_NOT_CLAIMED");
    let voucher = claimed(&test, friend);
    hold(&mut test, voucher);
    test.wait(DAY_MS);
    assert_eq!(pay(&mut test, payer, 20), "Rejected VOUCHER_NOT_CLAIMED");
    assert_eq!(pay(&mut test, friend, 21), "Rejected VOUCHER_INVALID");
    assert_eq!((test.said().as_str(), test.balance(payer), test.balance(friend)), ("", 500, 500));
    assert_eq!(pay(&mut test, friend, 20), "InTransit");
    test.check();
}

#[test]
fn both_ends_belong_to_the_time_of_a_voucher() {
    let (mut test, payer) = strict();
    let voucher = claimed(&test, payer);
    hold(&mut test, voucher);
    test.wait(DAY_MS - 1);
    assert_eq!(pay(&mut test, payer, 20), "Rejected VOUCHER_NOT_VALID");
    test.wait(1);
    for wait in [DAY_MS, 1] {
        assert_eq!(pay(&mut test, payer, 20), "InTransit");
        let paid = test.last_payment();
        test.notify_id(paid, Side::Payer, Outcome::Refused(Reason::VoucherIneligible));
        test.wait(wait);
    }
    assert_eq!(pay(&mut test, payer, 20), "Rejected VOUCHER_NOT_VALID");
    test.check();
}

#[test]
fn a_voucher_is_on_one_payment_at_a_time_and_comes_back_with_it_alone() {
    let (mut test, payer) = strict();
    let voucher = claimed(&test, payer);
    hold(&mut test, voucher);
    hold(&mut test, ClaimedVoucher { face: yuan(30), ..voucher });
    assert_eq!(test.ledger.vouchers().list().len(), 1, "a repeat");
    test.wait(DAY_MS);
    let cleared = Outcome::Cleared(CycleId::new(1));
    let refused = Outcome::Refused(Reason::PayeeFrozen);
    for (outcome, after) in [(refused, VoucherState::Open), (cleared, VoucherState::Used)] {
        assert_eq!(pay(&mut test, payer, 20), "InTransit");
        assert_eq!(state(&test, payer), Some(VoucherState::InTransit));
        let paid = test.last_payment();
        assert_eq!(pay(&mut test, payer, 20), "Rejected VOUCHER_USED");
        test.restart();
        test.up();
        assert_eq!(state(&test, payer), Some(VoucherState::InTransit));
        assert_eq!(pay(&mut test, payer, 20), "Rejected VOUCHER_USED");
        test.notify_id(paid, Side::Payer, outcome);
        test.restart();
        test.up();
        assert_eq!(state(&test, payer), Some(after));
        test.check();
    }
    assert_eq!(pay(&mut test, payer, 20), "Rejected VOUCHER_USED");
    hold(&mut test, voucher);
    assert_eq!(pay(&mut test, payer, 20), "Rejected VOUCHER_USED", "claimed again");
    test.check();
}

#[test]
fn a_voucher_that_cannot_be_held_leaves_no_row() {
    let (mut test, payer) = strict();
    let voucher = claimed(&test, payer);
    let own = ClaimedVoucher { campaign: payer, ..voucher };
    test.ledger.hold_voucher(own, test.now).unwrap();
    for wrong in [
        ClaimedVoucher { wallet: abroad(), ..voucher },
        ClaimedVoucher { face: yuan(0), ..voucher },
    ] {
        assert!(test.ledger.hold_voucher(wrong, test.now).is_err(), "{wrong:?}");
    }
    assert_eq!(test.ledger.vouchers().list().len(), 0);
    test.check();
}
