//! A campaign pays a part: where its wallet is here and the payer's is not, and the reverse.

use crate::link::{CentralBankMessage, Outcome, Side};
use crate::money::{CycleId, WalletNumber};
use crate::operator::accounts::Account;
use crate::operator::funding::FundingState;
use crate::operator::statement::EntryKind;
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, id, settings, yuan};
use crate::operator::{OperatorSettings, WalletStatus};
use crate::{Reason, Regime};

const CLEARED: Outcome = Outcome::Cleared(Some(CycleId::FIRST));

fn state(test: &TestLedger, number: u8) -> Option<FundingState> {
    test.ledger.funding(id(number)).map(|funding| funding.state)
}

fn statement(test: &TestLedger, wallet: WalletNumber) -> Vec<(EntryKind, i64)> {
    let entries = test.ledger.entries(wallet);
    let mut entries: Vec<_> =
        entries.map(|entry| (entry.kind, entry.change.fen() / 100)).skip_while(|_| false).collect();
    entries.reverse();
    entries
}

#[test]
fn a_campaign_pays_at_the_request_and_its_position_moves_at_the_notice() {
    for regime in [Regime::Cash, Regime::Deposit] {
        let opening_deposits = yuan(10_000);
        let mut test = TestLedger::new(OperatorSettings { regime, opening_deposits, ..settings() });
        let pool = test.wallet(1, 100);
        test.fund(7, pool, 30);
        assert_eq!(test.said(), "fund #7");
        assert_eq!((test.balance(pool), test.account(Account::InTransit)), (70, 30));
        test.notify(7, Side::Sponsor, CLEARED);
        test.notify(7, Side::Sponsor, CLEARED);
        assert_eq!((test.balance(pool), test.account(Account::InTransit)), (70, 0));
        assert_eq!((test.position(1), state(&test, 7)), (-30, Some(FundingState::Redeemed)));
        assert_eq!(
            statement(&test, pool),
            [(EntryKind::ExchangedOut, 100), (EntryKind::VoucherPaid, -30)]
        );
        test.restart();
        test.check();
    }
}

#[test]
fn a_refusal_gives_the_campaign_its_part_back_whatever_became_of_its_wallet() {
    let mut test = TestLedger::new(settings());
    let pool = test.wallet(1, 30);
    test.fund(7, pool, 30);
    assert_eq!(test.balance(pool), 0);
    assert_eq!(
        test.ledger.close_wallet(pool, test.now).err().map(|error| error.reason()),
        Some(Reason::WalletBusy)
    );
    test.ledger.freeze(pool, false, test.now).unwrap();
    test.commit();
    test.notify(7, Side::Sponsor, Outcome::Refused(Reason::Expired));
    test.notify(7, Side::Sponsor, Outcome::Refused(Reason::Expired));
    assert_eq!((test.balance(pool), state(&test, 7)), (30, Some(FundingState::Returned)));
    let kinds = [EntryKind::ExchangedOut, EntryKind::VoucherPaid, EntryKind::VoucherReturned];
    assert_eq!(statement(&test, pool).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>(), kinds);
    test.restart();
    test.check();
}

#[test]
fn what_a_campaign_cannot_pay_is_declined_for_good_by_name() {
    let mut test = TestLedger::new(settings());
    let pool = test.wallet(1, 30);
    let other = test.wallet(1, 50);
    test.fund(1, pool, 31);
    assert_eq!(test.said(), "decline #1 POOL_INSUFFICIENT");
    test.fund(2, abroad(), 10);
    assert_eq!(test.said(), "decline #2 CAMPAIGN_UNKNOWN");
    for discount in [100, 101] {
        test.fund(3 + u8::from(discount == 101), other, discount);
        assert!(test.said().ends_with("VOUCHER_INVALID"));
    }
    test.ledger.freeze(pool, false, test.now).unwrap();
    assert_eq!(test.ledger.wallet(pool).unwrap().status, WalletStatus::Frozen);
    test.fund(5, pool, 10);
    assert_eq!(test.said(), "decline #5 CAMPAIGN_INACTIVE");
    // Declined once, declined for ever: the payment may be refused by now.
    test.refill(other, yuan(100));
    test.fund(3, other, 100);
    assert_eq!(test.said(), "decline #3 VOUCHER_INVALID");
    test.notify(3, Side::Sponsor, Outcome::Refused(Reason::VoucherInvalid));
    assert_eq!((test.balance(pool), test.balance(other)), (30, 150));
    test.restart();
    test.check();
}

#[test]
fn the_last_yuan_of_a_pool_is_paid_once() {
    let mut test = TestLedger::new(settings());
    let pool = test.wallet(1, 50);
    test.fund(1, pool, 30);
    test.fund(2, pool, 20);
    test.fund(3, pool, 1);
    assert_eq!(test.said(), "fund #1; fund #2; decline #3 POOL_INSUFFICIENT");
    test.check();
}

#[test]
fn a_kill_after_the_commit_leaves_the_answer_to_be_sent_again() {
    let mut test = TestLedger::new(settings());
    let pool = test.wallet(1, 100);
    test.fund(1, pool, 30);
    test.fund(2, pool, 99);
    test.said();
    test.restart();
    test.up();
    // What was declined the central bank asks for again, if it has not heard it.
    assert_eq!(test.said(), "register; fund #1; that is all");
    test.fund(1, pool, 30);
    test.fund(2, pool, 99);
    assert_eq!(test.said(), "fund #1; decline #2 POOL_INSUFFICIENT");
    assert_eq!(test.balance(pool), 70);
    test.notify(1, Side::Sponsor, CLEARED);
    test.restart();
    test.up();
    assert_eq!(test.said(), "register; that is all");
    test.check();
}

#[test]
fn an_outcome_that_cannot_be_is_an_alarm() {
    let mut test = TestLedger::new(settings());
    let pool = test.wallet(1, 100);
    // A refusal of what this operator was never asked for, because its link was down, is none.
    test.notify(9, Side::Sponsor, Outcome::Refused(Reason::Expired));
    assert_eq!(test.alarms, Vec::<String>::new());
    test.notify(9, Side::Sponsor, CLEARED);
    test.fund(1, pool, 30);
    test.notify(1, Side::Sponsor, CLEARED);
    test.notify(1, Side::Sponsor, Outcome::Refused(Reason::Expired));
    test.fund(2, pool, 30);
    test.fund(2, pool, 31);
    assert_eq!(test.alarms.len(), 3, "{:?}", test.alarms);
    assert_eq!((test.balance(pool), test.account(Account::InTransit)), (40, 30));
}

#[test]
fn a_request_comes_before_the_deliveries_of_its_message() {
    let mut test = TestLedger::new(settings());
    let pool = test.wallet(1, 0);
    let fund = crate::link::Fund {
        id: id(1),
        payer: abroad(),
        payee: elsewhere(),
        amount: yuan(100),
        voucher: crate::details::Voucher { campaign: pool, discount: yuan(10) },
        purpose: None,
        merchant: None,
        submitted_at: test.now,
        expires_at: test.now.plus_ms(30_000),
    };
    let delivery = crate::link::Delivery {
        id: id(2),
        payer: abroad(),
        payee: pool,
        amount: yuan(100),
        submitted_at: test.now,
        expires_at: test.now.plus_ms(30_000),
        hold: false,
        details: None,
    };
    let (funds, deliveries) = (vec![fund], vec![delivery]);
    test.hear(CentralBankMessage { funds, deliveries, ..CentralBankMessage::default() });
    assert_eq!(test.said(), "accept #2; decline #1 POOL_INSUFFICIENT");
    test.check();
}

#[test]
fn the_payer_pays_what_the_voucher_leaves_and_limits_count_that() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(4, 3_000);
    // The class allows 2,000 yuan at once.
    assert_eq!(test.pay_with(payer, abroad(), 2_100, (elsewhere(), 100)), "InTransit");
    assert_eq!((test.balance(payer), test.account(Account::InTransit)), (1_000, 2_000));
    assert_eq!(test.pay_with(payer, abroad(), 2_101, (elsewhere(), 100)), "Rejected SINGLE_LIMIT");
    assert_eq!(
        test.pay_with(payer, abroad(), 1_101, (elsewhere(), 100)),
        "Rejected INSUFFICIENT_FUNDS"
    );
    assert_eq!(statement(&test, payer).last(), Some(&(EntryKind::PaymentSent, -2_000)));
    let used = |test: &TestLedger| test.ledger.wallet(payer).unwrap().daily_used.fen() / 100;
    assert_eq!(used(&test), 2_000);
    test.notify(1, Side::Payer, Outcome::Refused(Reason::PoolInsufficient));
    assert_eq!((test.balance(payer), used(&test)), (3_000, 0));
    assert_eq!(statement(&test, payer).last(), Some(&(EntryKind::PaymentReturned, 2_000)));
    test.restart();
    test.check();
}

#[test]
fn a_payer_of_the_campaigns_operator_leaves_both_legs_to_it() {
    for (outcome, balances, position) in
        [(CLEARED, (930, 470), -100), (Outcome::Refused(Reason::PayeeFrozen), (1_000, 500), 0)]
    {
        let mut test = TestLedger::new(settings());
        let (payer, pool) = (test.wallet(1, 1_000), test.wallet(1, 500));
        assert_eq!(test.pay_with(payer, abroad(), 100, (pool, 30)), "InTransit");
        assert_eq!((test.balance(payer), test.balance(pool)), (930, 470));
        assert_eq!(test.account(Account::InTransit), 100);
        test.restart();
        test.up();
        test.notify(1, Side::Payer, outcome);
        assert_eq!((test.balance(payer), test.balance(pool)), balances);
        assert_eq!((test.position(1), test.account(Account::InTransit)), (position, 0));
        test.restart();
        test.check();
    }
}

#[test]
fn within_one_operator_both_wallets_are_debited_at_once() {
    let mut test = TestLedger::new(settings());
    let [payer, pool, payee] = [1_000, 500, 0].map(|opening| test.wallet(1, opening));
    assert_eq!(test.pay_with(payer, payee, 100, (pool, 30)), "Completed");
    assert_eq!([payer, pool, payee].map(|wallet| test.balance(wallet)), [930, 470, 100]);
    assert_eq!(test.pay_with(payer, payee, 600, (pool, 471)), "Rejected POOL_INSUFFICIENT");
    assert_eq!(statement(&test, pool).last(), Some(&(EntryKind::VoucherPaid, -30)));
    assert_eq!(test.said(), "");
    test.restart();
    test.check();
}

#[test]
fn payer_and_payee_of_one_operator_still_need_the_sponsor_of_another() {
    let mut test = TestLedger::new(settings());
    let [payer, payee] = [1_000, 0].map(|opening| test.wallet(1, opening));
    assert_eq!(test.pay_with(payer, payee, 100, (elsewhere(), 30)), "InTransit");
    assert_eq!(test.said(), "instruct #1");
    test.deliver(1, payee, 100);
    assert_eq!((test.balance(payer), test.balance(payee)), (930, 100));
    test.notify(1, Side::Payer, CLEARED);
    test.notify(1, Side::Payee, CLEARED);
    assert_eq!(test.position(1), 30);
    test.restart();
    test.check();
}

#[test]
fn a_voucher_that_cannot_be_leaves_no_record() {
    let mut test = TestLedger::new(settings());
    let [payer, payee] = [1_000, 0].map(|opening| test.wallet(1, opening));
    for (campaign, discount) in
        [(elsewhere(), 0), (elsewhere(), 100), (elsewhere(), 101), (payer, 30), (payee, 30)]
    {
        assert_eq!(test.pay_with(payer, payee, 100, (campaign, discount)), "VOUCHER_INVALID");
    }
    let nowhere = "9992000000000019".parse().unwrap();
    assert_eq!(test.pay_with(payer, payee, 100, (nowhere, 30)), "WALLET_PREFIX_UNKNOWN");
    assert_eq!(test.ledger.payments().len(), 0);
    test.check();
}

/// Whoever pays names the campaign: a wallet of somebody else is none.
#[test]
fn a_wallet_that_is_no_pool_pays_no_discount() {
    let mut test = TestLedger::new(OperatorSettings { any_pool: false, ..settings() });
    let [payer, stranger] = [1_000, 500].map(|opening| test.wallet(1, opening));
    test.fund(7, stranger, 30);
    assert_eq!(test.said(), "decline #7 CAMPAIGN_UNKNOWN");
    let refused = test.pay_with(payer, abroad(), 100, (stranger, 30));
    assert_eq!(refused, "Rejected CAMPAIGN_UNKNOWN");
    assert_eq!((test.balance(payer), test.balance(stranger)), (1_000, 500));
    test.check();
}
