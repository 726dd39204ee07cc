//! How orders are taken, refused and repeated.

use proptest::prelude::*;

use crate::Ledger;
use crate::link::{Outcome, Side};
use crate::money::{
    Amount, AmountError, CycleId, DAY_MS, RequestKey, WalletKind, WalletNumber, WalletNumberError,
};
use crate::operator::Account;
use crate::operator::test_ledger::{TestLedger, abroad, noon, settings, yuan};
use crate::operator::{ContentMark, PayeeError, PaymentOrder};

#[test]
fn an_on_us_payment_is_one_posting() {
    let mut test = TestLedger::new(settings());
    let [payer, payee] = [test.wallet(1, 100), test.wallet(1, 0)];
    assert_eq!(test.pay(payer, payee, 30), "Completed");
    assert_eq!((test.balance(payer), test.balance(payee), test.said().as_str()), (70, 30, ""));
    assert_eq!(test.account(Account::InTransit), 0);
    test.check();
}

#[test]
fn a_payment_to_another_operator_is_in_transit_and_instructed() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    assert_eq!(test.pay(payer, abroad(), 30), "InTransit");
    assert_eq!((test.balance(payer), test.said().as_str()), (70, "instruct #1"));
    assert_eq!((test.account(Account::InTransit), test.account(Account::Wallets)), (30, 70));
    test.check();
}

#[test]
fn a_repeat_finds_the_first_payment_and_other_content_is_refused() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    let order = test.order(payer, abroad(), 30);
    assert_eq!(test.submit(order.clone()), "InTransit");
    test.ledger.freeze(payer, false, test.now).unwrap();
    assert_eq!(test.submit(order.clone()), "InTransit");
    assert_eq!((test.balance(payer), test.said().as_str()), (70, "instruct #1"));
    let other = PaymentOrder { amount: Ok(yuan(31)), ..order.clone() };
    assert_eq!(test.submit(other), "REQUEST_ID_REUSED");
    test.check();
}

/// Every field that a client sends, changed one at a time.
#[test]
fn a_repeat_with_any_other_field_is_refused_also_after_a_restart() {
    let mark = |alias: &str| {
        Some(ContentMark::of(&Default::default(), &RequestKey::default(), &[alias.as_bytes()]))
    };
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    let by_number = PaymentOrder { remark: Some("tea".into()), ..test.order(payer, abroad(), 10) };
    let by_alias = PaymentOrder { alias: mark("merchant:TEA"), ..test.order(payer, abroad(), 20) };
    for _ in 0..2 {
        for order in [&by_number, &by_alias] {
            assert_eq!(test.submit(order.clone()), "InTransit");
            let remark = if order.remark.is_some() { None } else { Some("rice".into()) };
            let alias = if order.alias.is_some() { None } else { mark("merchant:RICE") };
            for other in [
                PaymentOrder { amount: Ok(yuan(11)), ..order.clone() },
                PaymentOrder { remark: remark.clone(), ..order.clone() },
                PaymentOrder { remark: Some("tea ".into()), ..order.clone() },
                PaymentOrder { alias, ..order.clone() },
                PaymentOrder { alias: mark("merchant:OTHER"), ..order.clone() },
                PaymentOrder {
                    alias: mark("merchant:GONE"),
                    payee: Err(PayeeError::AliasUnknown("x".into())),
                    ..order.clone()
                },
            ] {
                assert_eq!(test.submit(other), "REQUEST_ID_REUSED");
            }
        }
        let other_payee = PaymentOrder { payee: Ok(payer), ..by_number.clone() };
        assert_eq!(test.submit(other_payee), "REQUEST_ID_REUSED");
        // The alias is what the client sent; which wallet it names by now is not.
        for payee in [Ok(payer), Err(PayeeError::AliasUnknown("merchant:TEA".into()))] {
            assert_eq!(test.submit(PaymentOrder { payee, ..by_alias.clone() }), "InTransit");
        }
        assert_eq!(test.balance(payer), 70);
        test.restart();
        test.up();
    }
    test.check();
}

#[test]
fn the_first_check_that_fails_gives_the_reason() {
    let mut test = TestLedger::new(settings());
    let [payer, frozen, payee] =
        [test.wallet(4, 3_000), test.wallet(1, 10), test.wallet(4, 10_000)];
    test.ledger.freeze(frozen, false, test.now).unwrap();
    let [prefix, missing] = [(9, 1), (1, 99)].map(|(prefix, serial)| {
        let prefix = crate::money::Prefix::new(prefix).unwrap();
        WalletNumber::new(prefix, WalletKind::Personal, serial).unwrap()
    });
    let malformed = Err(AmountError::Malformed("x".to_owned()));
    let unknown_alias = Err(PayeeError::AliasUnknown("x".to_owned()));
    let wrong_digit = Err(PayeeError::Number(WalletNumberError::CheckDigit("x".to_owned())));
    let order = |test: &mut TestLedger, payer, payee| test.order(payer, payee, 2_001);
    let mut check = |payer, payee, change: &dyn Fn(&mut PaymentOrder), expected: &str| {
        let mut order = order(&mut test, payer, payee);
        change(&mut order);
        assert_eq!(test.submit(order), expected);
    };
    check(missing, payer, &|order| order.amount = malformed.clone(), "AMOUNT_MALFORMED");
    check(missing, payee, &|_| {}, "WALLET_UNKNOWN");
    check(frozen, payee, &|order| order.payee = unknown_alias.clone(), "WALLET_FROZEN");
    check(payer, payee, &|order| order.payee = unknown_alias.clone(), "ALIAS_UNKNOWN");
    check(payer, payee, &|order| order.payee = wrong_digit.clone(), "WALLET_NUMBER_CHECK_DIGIT");
    check(payer, prefix, &|_| {}, "WALLET_PREFIX_UNKNOWN");
    check(payer, payer, &|_| {}, "SAME_WALLET");
    check(frozen, payee, &|_| {}, "Rejected WALLET_FROZEN");
    check(payer, payee, &|_| {}, "Rejected SINGLE_LIMIT");
    check(payer, payee, &|order| order.amount = Ok(yuan(1)), "Rejected BALANCE_CAP");
    check(payer, missing, &|order| order.amount = Ok(yuan(1)), "Rejected PAYEE_UNKNOWN");
    test.check();
}

#[test]
fn funds_and_limits_are_exact_to_the_fen() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(4, 5_500);
    for (amount, expected) in [
        (2_000, "InTransit"),
        (2_000, "InTransit"),
        (1_001, "Rejected DAILY_LIMIT"),
        (1_000, "InTransit"),
    ] {
        assert_eq!(test.pay(payer, abroad(), amount), expected);
    }
    test.now = test.now.plus_ms(DAY_MS);
    assert_eq!(test.pay(payer, abroad(), 501), "Rejected INSUFFICIENT_FUNDS");
    assert_eq!(test.pay(payer, abroad(), 500), "InTransit");
    assert_eq!(test.balance(payer), 0);
    test.check();
}

/// Class 4 of 2021 in fen: single, daily, annual.
const LIMITS: [i64; 3] = [200_000, 500_000, 5_000_000];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn limits_bind_at_their_exact_edges(
        payments in prop::collection::vec((prop_oneof![1..250_000_i64, 199_990..200_010_i64], 0..3_i64), 1..60),
    ) {
        let mut test = TestLedger::new(settings());
        let payer = test.wallet(4, 10_000);
        let (mut day, mut paid_today, mut paid_this_year, mut balance) = (0, 0, 0, 1_000_000);
        for (fen, days) in payments {
            if days == 2 {
                (day, paid_today) = (day + 1, 0);
                test.now = test.now.plus_ms(DAY_MS);
            }
            if balance < 1_000_000 {
                test.refill(payer, Amount::from_fen(1_000_000 - balance).unwrap());
            }
            balance = 1_000_000;
            let mut order = test.order(payer, abroad(), 1);
            order.amount = Ok(Amount::from_fen(fen).unwrap());
            let expected = match () {
                () if fen > LIMITS[0] => "Rejected SINGLE_LIMIT",
                () if paid_today + fen > LIMITS[1] => "Rejected DAILY_LIMIT",
                () if paid_this_year + fen > LIMITS[2] => "Rejected ANNUAL_LIMIT",
                () => "InTransit",
            };
            prop_assert_eq!(test.submit(order), expected);
            if expected == "InTransit" {
                (paid_today, paid_this_year, balance) = (paid_today + fen, paid_this_year + fen, balance - fen);
            }
        }
        test.check();
        prop_assert!(day < 60);
    }
}

#[test]
fn a_clock_that_is_set_back_gives_no_daily_limit_again() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(4, 10_000);
    test.now = test.ledger.advance_clock(test.now.plus_ms(DAY_MS));
    for _ in 0..2 {
        assert_eq!(test.pay(payer, abroad(), 2_000), "InTransit");
    }
    let paid_at = test.now;
    for restarts in [false, true] {
        if restarts {
            test.restart();
        }
        test.now = test.ledger.advance_clock(paid_at.plus_ms(-DAY_MS));
        assert_eq!(test.now, paid_at);
        assert_eq!(test.pay(payer, abroad(), 1_500), "Rejected DAILY_LIMIT");
    }
    // Even a payment that bears the date of the day before finds no fresh day.
    test.now = paid_at.plus_ms(-DAY_MS);
    assert_eq!(test.pay(payer, abroad(), 1_500), "Rejected DAILY_LIMIT");
    test.now = paid_at;
    assert_eq!(test.pay(payer, abroad(), 1_000), "InTransit");
    test.check();
}

#[test]
fn the_time_of_the_central_bank_is_taken_over_with_its_outcomes() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    test.pay(payer, abroad(), 1);
    let ahead = test.now.plus_ms(DAY_MS);
    test.now = ahead;
    test.notify(1, Side::Payer, Outcome::Cleared(CycleId::new(1)));
    assert_eq!((test.state(1).as_str(), test.ledger.business_time(noon())), ("Completed", ahead));
    test.restart();
    assert_eq!(test.ledger.business_time(noon()), ahead);
    test.check();
}

#[test]
fn a_day_of_25_hours_has_one_limit() {
    let date = crate::money::BusinessDate::parse("1988-09-11").unwrap();
    let mut test = TestLedger::new(settings());
    test.now = date.start();
    let payer = test.wallet(4, 10_000);
    for hours in [0, 13] {
        test.now = date.start().plus_ms(hours * 3_600_000);
        assert_eq!(test.pay(payer, abroad(), 2_000), "InTransit");
    }
    test.now = date.start().plus_ms(25 * 3_600_000 - 1);
    assert_eq!(test.pay(payer, abroad(), 1_001), "Rejected DAILY_LIMIT");
    test.now = date.next().start();
    assert_eq!(test.pay(payer, abroad(), 2_000), "InTransit");
    test.check();
}
