//! Lessons that are refused leave nothing, those that are due go before the end of their contract,
//! and no contract has a lesson that its payer can never pay.

use crate::Reason;
use crate::money::{Amount, ContractId, DAY_MS, MINUTE_MS, PaymentId, WalletNumber};
use crate::operator::contract::LessonState;
use crate::operator::limits::LimitSchedule;
use crate::operator::test_ledger::{TestLedger, elsewhere, request, school, settings, yuan};
use crate::operator::{
    ContractOrder, ContractState, ContractTerms, OperatorError, ReleaseRule, code_of_lesson,
};

const HOUR: u64 = 3_600_000;
const SEED: [u8; 32] = [9; 32];

fn by_merchant(terms: ContractTerms) -> ContractTerms {
    ContractTerms { release: ReleaseRule::ByMerchant { dispute_ms: HOUR }, ..terms }
}

fn by_code(terms: ContractTerms) -> ContractTerms {
    ContractTerms { release: ReleaseRule::ByCode { codes: code_of_lesson(SEED, 3, 0) }, ..terms }
}

/// A wallet of 30 yuan with a contract of 10 with a merchant of the same operator.
fn at_home(
    change: impl FnOnce(ContractTerms) -> ContractTerms,
) -> (TestLedger, WalletNumber, WalletNumber, ContractId) {
    let mut test = TestLedger::new(settings());
    let (payer, merchant) = (test.wallet(1, 30), test.merchant());
    let terms = change(test.contract_terms(payer, merchant));
    let found = test.contract(terms);
    (test, payer, merchant, found)
}

fn state(test: &TestLedger, contract: ContractId, lesson: u32) -> (LessonState, u32) {
    let lesson = test.ledger.contract(contract).unwrap().lesson(lesson).unwrap();
    (lesson.state, lesson.attempts)
}

#[test]
fn no_contract_ends_while_lessons_asked_for_in_time_wait_for_a_later_batch() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 30);
    let terms = by_merchant(test.contract_terms(payer, school()));
    let found = test.contract(terms);
    test.wait(10 * DAY_MS - 60 * MINUTE_MS);
    for lesson in 1..=2 {
        assert_eq!(test.ask(found, lesson, None), Ok(None));
    }
    test.now = test.now.plus_ms(60 * MINUTE_MS + 1);
    let due = |test: &mut TestLedger| {
        test.ledger.contracts_due_within(1, test.now);
        test.commit();
        (test.contract_state(found), test.ledger.payments().len(), test.locked(payer))
    };
    assert_eq!(due(&mut test), (ContractState::Active, 1, 667));
    test.check();
    assert_eq!(due(&mut test), (ContractState::Expired, 2, 0));
    test.check();
}

#[test]
fn what_a_merchant_here_refuses_leaves_nothing_however_often_it_is_asked_for() {
    let (mut test, payer, merchant, found) = at_home(by_code);
    test.ledger.freeze(merchant, false, test.now).unwrap();
    test.commit();
    let (rows, head) = (test.ledger.chain.row, test.head());
    for _ in 0..17 {
        assert_eq!(test.release(found, 1), Err(Reason::PayeeFrozen));
        let code = Some(code_of_lesson(SEED, 3, 1));
        assert_eq!(test.ask(found, 1, code), Err(Reason::PayeeFrozen));
    }
    assert_eq!((test.ledger.chain.row, test.head()), (rows, head));
    assert_eq!((state(&test, found, 1), test.locked(payer)), ((LessonState::Open, 0), 1_000));
    assert_eq!(test.contract_state(found), ContractState::Funded, "nothing has begun");
    test.ledger.unfreeze(merchant, test.now).unwrap();
    let first = PaymentId::of_release(found, None, 1, 0);
    assert_eq!(test.release(found, 1), Ok(first), "no attempt is used up");
    assert_eq!((test.balance(merchant), test.locked(payer)), (3, 667));
    test.check();
}

#[test]
fn what_the_limits_of_the_payer_refuse_is_paid_on_another_day() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(4, 9_900);
    let terms = by_code(test.contract_terms(payer, school()));
    let found = test.contract(ContractTerms { total: yuan(6_000), ..terms });
    for amount in [2_000, 1_900] {
        assert_eq!(test.pay(payer, elsewhere(), amount), "InTransit");
    }
    let rows = test.ledger.chain.row;
    let code = Some(code_of_lesson(SEED, 3, 1));
    let refused = test.ledger.release_lesson(found, 1, test.now).unwrap_err();
    assert_eq!((refused.field(), refused.reason()), ("lesson", Reason::DailyLimit));
    for _ in 0..2 {
        assert_eq!(test.ask(found, 1, code), Err(Reason::DailyLimit));
    }
    assert_eq!((test.ledger.chain.row, state(&test, found, 1)), (rows, (LessonState::Open, 0)));
    test.wait(DAY_MS);
    let first = PaymentId::of_release(found, None, 1, 0);
    assert_eq!(test.ask(found, 1, code), Ok(Some(first)));
    test.check();
}

#[test]
fn a_release_that_is_refused_leaves_a_request_and_a_dispute_as_they_are() {
    let (mut test, _, merchant, found) = at_home(by_merchant);
    test.ask(found, 1, None).unwrap();
    test.ask(found, 2, None).unwrap();
    test.ledger.dispute_lesson(found, 2, test.now).unwrap();
    test.ledger.freeze(merchant, false, test.now).unwrap();
    test.commit();
    let before = [1, 2].map(|lesson| state(&test, found, lesson));
    for lesson in 1..=2 {
        assert_eq!(test.release(found, lesson), Err(Reason::PayeeFrozen));
    }
    assert_eq!([1, 2].map(|lesson| state(&test, found, lesson)), before);
    assert!(matches!(before[0].0, LessonState::Requested(_)), "{before:?}");
    test.check();
}

#[test]
fn a_lesson_refused_when_it_is_due_is_asked_for_no_longer() {
    let (mut test, payer, merchant, found) = at_home(by_merchant);
    test.ask(found, 1, None).unwrap();
    test.ledger.freeze(merchant, false, test.now).unwrap();
    test.wait(60 * MINUTE_MS + 1);
    let rows = test.ledger.chain.row;
    test.wait(DAY_MS);
    assert_eq!((test.ledger.payments().len(), test.ledger.chain.row), (1, rows), "once");
    assert_eq!((state(&test, found, 1), test.locked(payer)), ((LessonState::Open, 1), 1_000));
    test.ledger.unfreeze(merchant, test.now).unwrap();
    test.restart();
    test.up();
    assert_eq!(test.ask(found, 1, None), Ok(None));
    test.wait(60 * MINUTE_MS + 1);
    assert_eq!((test.balance(merchant), test.locked(payer)), (3, 667));
    test.check();
}

#[test]
fn a_lesson_that_comes_back_sixteen_times_is_paid_no_more() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 30);
    let terms = test.contract_terms(payer, school());
    let found = test.contract(terms);
    for _ in 0..16 {
        let payment = test.release(found, 1).unwrap();
        test.end(payment, false);
    }
    assert_eq!(test.release(found, 1), Err(Reason::RefusedTooOften), "each attempt is rows");
    assert_eq!(test.locked(payer), 1_000);
    assert!(test.release(found, 2).is_ok());
    test.check();
}

/// The field, the text and the reason of a refusal.
fn named(refused: &OperatorError) -> (&'static str, String, Reason) {
    (refused.field(), refused.to_string(), refused.reason())
}

#[test]
fn a_lesson_above_the_single_limit_of_the_payer_is_refused_before_it_is_locked() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(4, 9_000);
    let terms = test.contract_terms(payer, school());
    let order = |name: &str, total| ContractOrder {
        request_id: request(name),
        terms: ContractTerms { total, ..terms },
        salt: None,
    };
    // The last lesson has the remainder: it alone is above the limit of 2,000.
    let above = order("above", Amount::from_fen(600_001).unwrap());
    let (field, text, reason) = named(&test.ledger.create_contract(above, test.now).unwrap_err());
    assert_eq!((field, reason), ("total_amount", Reason::SingleLimit));
    assert!(text.contains("total_amount 6000.01 yuan"), "{text}");
    let exact = order("exact", yuan(6_000));
    let found = test.ledger.create_contract(exact.clone(), test.now).unwrap();
    // Another schedule of limits has come meanwhile, as by another start.
    let before = test.ledger.settings.limits;
    test.ledger.settings.limits = LimitSchedule::named("2020-pilot").unwrap();
    assert_eq!(test.ledger.create_contract(exact, test.now), Ok(found), "a repeat");
    let rows = test.ledger.chain.row;
    let (field, text, reason) = named(&test.ledger.fund_contract(found, test.now).unwrap_err());
    assert_eq!((field, reason), ("contract_id", Reason::SingleLimit));
    assert!(text.contains(&found.to_string()), "{text}");
    assert_eq!((test.ledger.chain.row, test.locked(payer)), (rows, 0));
    test.ledger.settings.limits = before;
    test.ledger.fund_contract(found, test.now).unwrap();
    test.commit();
    assert!(test.release(found, 3).is_ok(), "exactly the limit");
    test.check();
}

#[test]
fn each_lesson_has_its_own_attempts_and_a_funding_names_its_contract() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 30);
    let terms = test.contract_terms(payer, school());
    let found = test.contract(terms);
    for _ in 0..16 {
        let payment = test.release(found, 1).unwrap();
        test.finish(payment, Some(Reason::PayeeFrozen));
    }
    assert_eq!(test.release(found, 1), Err(Reason::RefusedTooOften));
    let payment = test.release(found, 2).unwrap();
    test.finish(payment, None);
    assert_eq!(state(&test, found, 2), (LessonState::Released(payment), 1));
    let order = ContractOrder { request_id: request("more"), terms, salt: None };
    let more = test.ledger.create_contract(order, test.now).unwrap();
    test.ledger.freeze(payer, false, test.now).unwrap();
    let error = test.ledger.fund_contract(more, test.now).unwrap_err();
    assert_eq!((error.field(), error.reason()), ("contract_id", Reason::WalletFrozen));
    test.commit();
    test.check();
}
