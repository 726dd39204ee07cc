//! Payment codes: made by who may pay, charged once, in time and for the amount they are bound to.

use crate::Reason;
use crate::link::{Outcome, Side};
use crate::money::{CycleId, PaymentCode, Prefix, WalletKind, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, settings, yuan};
use crate::operator::{CODES_MAX, CodeState, ContentMark, OperatorError, PaymentState, VALID_MS};

use super::{ChargeOrder, PaymentCodeOrder};

fn code(random: u64) -> PaymentCode {
    PaymentCode::new(settings().prefix, random).unwrap()
}

/// A merchant of the other operator.
fn shop() -> WalletNumber {
    WalletNumber::new(abroad().prefix(), WalletKind::Merchant, 1).unwrap()
}

fn order(wallet: WalletNumber, random: u64) -> PaymentCodeOrder {
    PaymentCodeOrder { code: code(random), wallet, amount: None, front_end: None }
}

/// Makes a code and answers what became of it.
fn make(test: &mut TestLedger, order: PaymentCodeOrder) -> &'static str {
    let made = test.ledger.create_payment_code(order, test.now).map(drop);
    test.commit();
    made.err().map_or("made", |error: OperatorError| error.reason().name())
}

/// A charge of a code by a merchant, under a name of its own.
fn charge(random: u64, payee: WalletNumber, amount: i64, name: u32) -> ChargeOrder {
    let content = ContentMark::from_number(name).unwrap();
    let (id, amount) = (super::PaymentId::default(), yuan(amount));
    ChargeOrder { id, code: code(random), payee, amount, content, merchant: None }
}

/// Charges a code and answers where the payment stands, or why there is none.
fn take(test: &mut TestLedger, order: ChargeOrder) -> String {
    let order = ChargeOrder { id: test.next_id(), ..order };
    let charged = test.ledger.charge_payment_code(order, test.now);
    test.commit();
    match charged {
        Ok(slot) => format!("{} {}", test.ledger.payments()[slot].id, test.shown(slot)),
        Err(error) => error.reason().name().to_owned(),
    }
}

#[test]
fn a_code_counts_to_the_end_of_its_sixtieth_second() {
    let mut test = TestLedger::new(settings());
    test.up();
    let payer = test.wallet(1, 100);
    for random in 1..=2 {
        assert_eq!(make(&mut test, order(payer, random)), "made");
    }
    let made_at = test.now;
    test.now = made_at.plus_ms(VALID_MS);
    let in_time = take(&mut test, charge(1, shop(), 10, 1));
    assert!(in_time.ends_with("InTransit"), "{in_time}");
    test.now = made_at.plus_ms(VALID_MS + 1);
    assert_eq!(take(&mut test, charge(2, shop(), 10, 1)), "CODE_EXPIRED");
    // A repeat is answered as before, whatever time has passed.
    assert_eq!(take(&mut test, charge(1, shop(), 10, 1)), in_time);
    assert_eq!(take(&mut test, charge(3, shop(), 10, 1)), "CODE_UNKNOWN");
    let state = |number, at| {
        let row = test.ledger.payment_code(code(number)).unwrap();
        test.ledger.state_of_code(row, at)
    };
    assert!(matches!(state(1, test.now), CodeState::Used(_)));
    assert_eq!(state(2, made_at.plus_ms(VALID_MS)), CodeState::Open);
    assert_eq!(state(2, test.now), CodeState::Expired);
    test.check();
}

#[test]
fn a_bound_code_takes_exactly_its_amount_and_a_refused_sum_does_not_use_it_up() {
    let mut test = TestLedger::new(settings());
    test.up();
    let payer = test.wallet(1, 100);
    let bound = PaymentCodeOrder { amount: Some(yuan(10)), ..order(payer, 1) };
    assert_eq!(make(&mut test, bound), "made");
    for amount in [9, 11] {
        assert_eq!(take(&mut test, charge(1, shop(), amount, 1)), "CODE_AMOUNT");
    }
    let person = WalletNumber::new(abroad().prefix(), WalletKind::Personal, 2).unwrap();
    assert_eq!(take(&mut test, charge(1, person, 10, 1)), "KIND_NOT_ALLOWED");
    assert!(take(&mut test, charge(1, shop(), 10, 1)).ends_with("InTransit"));
    test.check();
}

#[test]
fn a_code_makes_one_payment_and_only_a_repeat_of_its_charge_finds_it() {
    let mut test = TestLedger::new(settings());
    test.up();
    let payer = test.wallet(1, 100);
    let other = WalletNumber::new(abroad().prefix(), WalletKind::Merchant, 2).unwrap();
    make(&mut test, order(payer, 1));
    let first = take(&mut test, charge(1, shop(), 10, 1));
    for again in [charge(1, other, 10, 1), charge(1, shop(), 11, 1), charge(1, shop(), 10, 2)] {
        assert_eq!(take(&mut test, again), "CODE_USED");
    }
    // As it was before a kill, and after the end of the payment.
    test.restart();
    assert_eq!(take(&mut test, charge(1, shop(), 10, 1)), first);
    test.up();
    test.notify(1, Side::Payer, Outcome::Cleared(CycleId::new(1)));
    assert!(take(&mut test, charge(1, shop(), 10, 1)).ends_with("Completed"));
    assert_eq!((test.balance(payer), test.ledger.payments().len()), (90, 1));
    test.check();
}

#[test]
fn a_rejected_or_returned_payment_uses_the_code_up() {
    let mut test = TestLedger::new(settings());
    test.up();
    let payer = test.wallet(1, 100);
    (1..=2).for_each(|random| {
        make(&mut test, order(payer, random));
    });
    let rejected = take(&mut test, charge(1, shop(), 101, 1));
    assert!(rejected.ends_with("Rejected INSUFFICIENT_FUNDS"), "{rejected}");
    assert_eq!(take(&mut test, charge(1, shop(), 101, 1)), rejected);
    assert_eq!(take(&mut test, charge(1, shop(), 100, 2)), "CODE_USED");
    take(&mut test, charge(2, shop(), 100, 1));
    let id = test.ledger.payments().iter().next_back().unwrap().id;
    test.notify_id(id, Side::Payer, Outcome::Refused(Reason::PayeeUnknown));
    assert_eq!(test.ledger.payments().iter().next_back().unwrap().state, PaymentState::Returned);
    assert_eq!(take(&mut test, charge(2, shop(), 100, 2)), "CODE_USED");
    assert_eq!(test.balance(payer), 100);
    test.check();
}

#[test]
fn who_may_pay_makes_codes_and_no_more_than_can_be_used() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 100);
    let shown = PaymentCodeOrder { front_end: Some("WeChat Pay".into()), ..order(payer, 1) };
    assert_eq!(make(&mut test, shown), "FRONT_END_NOT_BOUND");
    test.ledger.freeze(payer, true, test.now).unwrap();
    assert_eq!(make(&mut test, order(payer, 1)), "WALLET_RECEIVE_ONLY");
    test.ledger.unfreeze(payer, test.now).unwrap();
    assert_eq!(make(&mut test, order(abroad(), 1)), "WALLET_UNKNOWN");
    assert_eq!(make(&mut test, order(payer, 1)), "made");
    assert_eq!(make(&mut test, order(payer, 1)), "CODE_USED", "nobody gets a code twice");
    for random in 2..=CODES_MAX as u64 {
        assert_eq!(make(&mut test, order(payer, random)), "made");
    }
    assert_eq!(make(&mut test, order(payer, 1_000)), "FIELD_INVALID");
    test.now = test.now.plus_ms(VALID_MS + 1);
    assert_eq!(make(&mut test, order(payer, 1_000)), "made");
    test.check();
}

#[test]
fn only_merchants_and_the_like_charge_and_only_codes_of_operators() {
    let mut test = TestLedger::new(settings());
    test.up();
    let [person, company] = [test.wallet(1, 100), test.corporate(0)];
    let check = |payee, code| {
        test.ledger.check_charges(payee, code).map_err(|error| (error.reason(), error.field()))
    };
    let nobody = PaymentCode::new(Prefix::new(999).unwrap(), 1).unwrap();
    let foreign = PaymentCode::new(abroad().prefix(), 1).unwrap();
    assert_eq!(check(company, code(1)), Ok(()));
    assert_eq!(check(company, foreign), Ok(()));
    assert_eq!(check(person, code(1)), Err((Reason::KindNotAllowed, "wallet_number")));
    assert_eq!(check(abroad(), code(1)), Err((Reason::WalletUnknown, "wallet_number")));
    let unknown = Err((Reason::WalletPrefixUnknown, "payment_code"));
    assert_eq!(check(company, nobody), unknown);
}
