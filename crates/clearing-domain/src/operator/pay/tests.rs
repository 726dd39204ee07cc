//! How orders are taken, refused and repeated.

use proptest::prelude::*;

use crate::Ledger;
use crate::link::{Outcome, Side};
use crate::money::{
    Amount, AmountError, CycleId, DAY_MS, RequestKey, WalletKind, WalletNumber, WalletNumberError,
};
use crate::operator::Account;
use crate::operator::bench::{Bench, abroad, noon, settings, yuan};
use crate::operator::{ContentMark, PayeeError, PaymentOrder};

#[test]
fn an_on_us_payment_is_one_posting() {
    let mut bench = Bench::new(settings());
    let [payer, payee] = [bench.wallet(1, 100), bench.wallet(1, 0)];
    assert_eq!(bench.pay(payer, payee, 30), "Completed");
    assert_eq!((bench.balance(payer), bench.balance(payee), bench.said().as_str()), (70, 30, ""));
    assert_eq!(bench.account(Account::InTransit), 0);
    bench.check();
}

#[test]
fn a_payment_to_another_operator_is_in_transit_and_instructed() {
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(1, 100);
    assert_eq!(bench.pay(payer, abroad(), 30), "InTransit");
    assert_eq!((bench.balance(payer), bench.said().as_str()), (70, "instruct #1"));
    assert_eq!((bench.account(Account::InTransit), bench.account(Account::Wallets)), (30, 70));
    bench.check();
}

#[test]
fn a_repeat_finds_the_first_payment_and_other_content_is_refused() {
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(1, 100);
    let order = bench.order(payer, abroad(), 30);
    assert_eq!(bench.submit(order.clone()), "InTransit");
    bench.ledger.freeze(payer, false, bench.now).unwrap();
    assert_eq!(bench.submit(order.clone()), "InTransit");
    assert_eq!((bench.balance(payer), bench.said().as_str()), (70, "instruct #1"));
    let other = PaymentOrder { amount: Ok(yuan(31)), ..order.clone() };
    assert_eq!(bench.submit(other), "REQUEST_ID_REUSED");
    bench.check();
}

/// Every field that a client sends, changed one at a time.
#[test]
fn a_repeat_with_any_other_field_is_refused_also_after_a_restart() {
    let mark = |alias: &str| {
        Some(ContentMark::of(&Default::default(), &RequestKey::default(), &[alias.as_bytes()]))
    };
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(1, 100);
    let by_number = PaymentOrder { remark: Some("tea".into()), ..bench.order(payer, abroad(), 10) };
    let by_alias = PaymentOrder { alias: mark("merchant:TEA"), ..bench.order(payer, abroad(), 20) };
    for _ in 0..2 {
        for order in [&by_number, &by_alias] {
            assert_eq!(bench.submit(order.clone()), "InTransit");
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
                assert_eq!(bench.submit(other), "REQUEST_ID_REUSED");
            }
        }
        let other_payee = PaymentOrder { payee: Ok(payer), ..by_number.clone() };
        assert_eq!(bench.submit(other_payee), "REQUEST_ID_REUSED");
        // The alias is what the client sent; which wallet it names by now is not.
        for payee in [Ok(payer), Err(PayeeError::AliasUnknown("merchant:TEA".into()))] {
            assert_eq!(bench.submit(PaymentOrder { payee, ..by_alias.clone() }), "InTransit");
        }
        assert_eq!(bench.balance(payer), 70);
        bench.restart();
        bench.up();
    }
    bench.check();
}

#[test]
fn the_first_check_that_fails_gives_the_reason() {
    let mut bench = Bench::new(settings());
    let [payer, frozen, payee] =
        [bench.wallet(4, 3_000), bench.wallet(1, 10), bench.wallet(4, 10_000)];
    bench.ledger.freeze(frozen, false, bench.now).unwrap();
    let [prefix, missing] = [(9, 1), (1, 99)].map(|(prefix, serial)| {
        let prefix = crate::money::Prefix::new(prefix).unwrap();
        WalletNumber::new(prefix, WalletKind::Personal, serial).unwrap()
    });
    let malformed = Err(AmountError::Malformed("x".to_owned()));
    let unknown_alias = Err(PayeeError::AliasUnknown("x".to_owned()));
    let wrong_digit = Err(PayeeError::Number(WalletNumberError::CheckDigit("x".to_owned())));
    let order = |bench: &mut Bench, payer, payee| bench.order(payer, payee, 2_001);
    let mut check = |payer, payee, change: &dyn Fn(&mut PaymentOrder), expected: &str| {
        let mut order = order(&mut bench, payer, payee);
        change(&mut order);
        assert_eq!(bench.submit(order), expected);
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
    bench.check();
}

#[test]
fn funds_and_limits_are_exact_to_the_fen() {
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(4, 5_500);
    for (amount, expected) in [
        (2_000, "InTransit"),
        (2_000, "InTransit"),
        (1_001, "Rejected DAILY_LIMIT"),
        (1_000, "InTransit"),
    ] {
        assert_eq!(bench.pay(payer, abroad(), amount), expected);
    }
    bench.now = bench.now.plus_ms(DAY_MS);
    assert_eq!(bench.pay(payer, abroad(), 501), "Rejected INSUFFICIENT_FUNDS");
    assert_eq!(bench.pay(payer, abroad(), 500), "InTransit");
    assert_eq!(bench.balance(payer), 0);
    bench.check();
}

/// Class 4 of 2021 in fen: single, daily, annual.
const LIMITS: [i64; 3] = [200_000, 500_000, 5_000_000];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn limits_bind_at_their_exact_edges(
        payments in prop::collection::vec((prop_oneof![1..250_000_i64, 199_990..200_010_i64], 0..3_i64), 1..60),
    ) {
        let mut bench = Bench::new(settings());
        let payer = bench.wallet(4, 10_000);
        let (mut day, mut paid_today, mut paid_this_year, mut balance) = (0, 0, 0, 1_000_000);
        for (fen, days) in payments {
            if days == 2 {
                (day, paid_today) = (day + 1, 0);
                bench.now = bench.now.plus_ms(DAY_MS);
            }
            if balance < 1_000_000 {
                bench.refill(payer, Amount::from_fen(1_000_000 - balance).unwrap());
            }
            balance = 1_000_000;
            let mut order = bench.order(payer, abroad(), 1);
            order.amount = Ok(Amount::from_fen(fen).unwrap());
            let expected = match () {
                () if fen > LIMITS[0] => "Rejected SINGLE_LIMIT",
                () if paid_today + fen > LIMITS[1] => "Rejected DAILY_LIMIT",
                () if paid_this_year + fen > LIMITS[2] => "Rejected ANNUAL_LIMIT",
                () => "InTransit",
            };
            prop_assert_eq!(bench.submit(order), expected);
            if expected == "InTransit" {
                (paid_today, paid_this_year, balance) = (paid_today + fen, paid_this_year + fen, balance - fen);
            }
        }
        bench.check();
        prop_assert!(day < 60);
    }
}

#[test]
fn a_clock_that_is_set_back_gives_no_daily_limit_again() {
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(4, 10_000);
    bench.now = bench.ledger.advance_clock(bench.now.plus_ms(DAY_MS));
    for _ in 0..2 {
        assert_eq!(bench.pay(payer, abroad(), 2_000), "InTransit");
    }
    let paid_at = bench.now;
    for restarts in [false, true] {
        if restarts {
            bench.restart();
        }
        bench.now = bench.ledger.advance_clock(paid_at.plus_ms(-DAY_MS));
        assert_eq!(bench.now, paid_at);
        assert_eq!(bench.pay(payer, abroad(), 1_500), "Rejected DAILY_LIMIT");
    }
    // Even a payment that bears the date of the day before finds no fresh day.
    bench.now = paid_at.plus_ms(-DAY_MS);
    assert_eq!(bench.pay(payer, abroad(), 1_500), "Rejected DAILY_LIMIT");
    bench.now = paid_at;
    assert_eq!(bench.pay(payer, abroad(), 1_000), "InTransit");
    bench.check();
}

#[test]
fn the_time_of_the_central_bank_is_taken_over_with_its_outcomes() {
    let mut bench = Bench::new(settings());
    let payer = bench.wallet(1, 100);
    bench.pay(payer, abroad(), 1);
    let ahead = bench.now.plus_ms(DAY_MS);
    bench.now = ahead;
    bench.notify(1, Side::Payer, Outcome::Cleared(CycleId::new(1)));
    assert_eq!((bench.state(1).as_str(), bench.ledger.business_time(noon())), ("Completed", ahead));
    bench.restart();
    assert_eq!(bench.ledger.business_time(noon()), ahead);
    bench.check();
}

#[test]
fn a_day_of_25_hours_has_one_limit() {
    let date = crate::money::BusinessDate::parse("1988-09-11").unwrap();
    let mut bench = Bench::new(settings());
    bench.now = date.start();
    let payer = bench.wallet(4, 10_000);
    for hours in [0, 13] {
        bench.now = date.start().plus_ms(hours * 3_600_000);
        assert_eq!(bench.pay(payer, abroad(), 2_000), "InTransit");
    }
    bench.now = date.start().plus_ms(25 * 3_600_000 - 1);
    assert_eq!(bench.pay(payer, abroad(), 1_001), "Rejected DAILY_LIMIT");
    bench.now = date.next().start();
    assert_eq!(bench.pay(payer, abroad(), 2_000), "InTransit");
    bench.check();
}
