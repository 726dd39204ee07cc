//! Contracts at the operator of their payer: what is locked, released and given back, each at its
//! edge.

use crate::Reason;
use crate::money::{Amount, ContractId, DAY_MS, MINUTE_MS, Prefix, WalletKind, WalletNumber};
use crate::operator::contract::LessonState;
use crate::operator::test_ledger::{
    TestLedger, elsewhere, in_lockstep, request, school, settings, yuan,
};
use crate::operator::{
    ContractOrder, ContractState, ContractTerms, LessonRequest, MerchantTotals, RefundRule,
    ReleaseRule, code_of_lesson,
};

const HOUR: u64 = 3_600_000;

/// A wallet of 30 yuan with a contract of 10 with a school of the other operator.
fn contract(
    change: impl FnOnce(ContractTerms) -> ContractTerms,
) -> (TestLedger, WalletNumber, ContractId) {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 30);
    let terms = change(test.contract_terms(payer, school()));
    let contract = test.contract(terms);
    (test, payer, contract)
}

fn by_merchant(terms: ContractTerms) -> ContractTerms {
    ContractTerms { release: ReleaseRule::ByMerchant { dispute_ms: HOUR }, ..terms }
}

fn fen(fen: i64) -> Amount {
    Amount::from_fen(fen).unwrap()
}

fn refund(test: &mut TestLedger, contract: ContractId) -> Result<(), Reason> {
    let done = test.ledger.refund_contract(contract, test.now);
    test.commit();
    done.map_err(|error| error.reason())
}

fn dispute(test: &mut TestLedger, contract: ContractId, lesson: u32) -> Result<(), Reason> {
    let done = test.ledger.dispute_lesson(contract, lesson, test.now);
    test.commit();
    done.map_err(|error| error.reason())
}

fn suspend(test: &mut TestLedger, suspended: bool) {
    test.ledger.suspend_merchant(school(), suspended, test.now).unwrap();
    test.commit();
}

#[test]
fn the_last_lesson_has_the_remainder() {
    let test = TestLedger::new(settings());
    let terms = test.contract_terms(elsewhere(), school());
    let prices = (0..=4).map(|lesson| terms.price_of(lesson).map(|price| price.fen()));
    assert_eq!(prices.collect::<Vec<_>>(), [None, Some(333), Some(333), Some(334), None]);
}

#[test]
fn terms_have_a_hash_of_each_of_their_parts() {
    let test = TestLedger::new(settings());
    let terms = test.contract_terms(elsewhere(), school());
    let others = [
        ContractTerms { payer: school(), ..terms },
        ContractTerms { merchant: elsewhere(), ..terms },
        ContractTerms { total: yuan(11), ..terms },
        ContractTerms { lessons: 4, ..terms },
        by_merchant(terms),
        ContractTerms { release: ReleaseRule::ByMerchant { dispute_ms: 1 }, ..terms },
        ContractTerms { release: ReleaseRule::ByCode { codes: [1; 32] }, ..terms },
        ContractTerms { refund: RefundRule::BeforeFirstLesson, ..terms },
        ContractTerms { expires_at: terms.expires_at.plus_ms(1), ..terms },
    ];
    let mut hashes: Vec<_> = others.iter().chain([&terms]).map(ContractTerms::hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), others.len() + 1);
}

#[test]
fn what_is_locked_pays_its_lessons_alone() {
    let (mut test, payer, found) = contract(|terms| terms);
    assert_eq!((test.balance(payer), test.locked(payer)), (30, 1_000));
    assert_eq!(test.pay(payer, elsewhere(), 21), "Rejected INSUFFICIENT_FUNDS");
    let back = test.ledger.exchange_back(payer, yuan(21), request("back"), test.now);
    assert_eq!(back.unwrap_err().reason(), Reason::InsufficientFunds);
    assert_eq!(test.pay(payer, elsewhere(), 20), "InTransit");
    let closed = test.ledger.close_wallet(payer, test.now).unwrap_err();
    assert_eq!(closed.reason(), Reason::WalletBusy);
    test.notify(2, crate::link::Side::Payer, crate::link::Outcome::Cleared(None));
    let closed = test.ledger.close_wallet(payer, test.now).unwrap_err();
    assert_eq!(closed.reason(), Reason::WalletNotEmpty, "locked funds keep it open");
    for lesson in 1..=3 {
        let payment = test.release(found, lesson).unwrap();
        test.end(payment, true);
    }
    assert_eq!(test.contract_state(found), ContractState::Completed);
    assert_eq!((test.balance(payer), test.locked(payer)), (0, 0));
    test.ledger.close_wallet(payer, test.now).unwrap();
    test.commit();
    test.check();
}

#[test]
fn a_contract_goes_from_state_to_state() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 9);
    let terms = test.contract_terms(payer, school());
    let order = ContractOrder { request_id: request("a"), terms, salt: None };
    let found = test.ledger.create_contract(order.clone(), test.now).unwrap();
    assert_eq!(test.ledger.create_contract(order.clone(), test.now), Ok(found), "a repeat");
    let other = ContractOrder { terms: ContractTerms { lessons: 4, ..terms }, ..order };
    let reused = test.ledger.create_contract(other, test.now).unwrap_err();
    assert_eq!(reused.reason(), Reason::RequestIdReused);
    assert_eq!(test.contract_state(found), ContractState::Created);
    assert_eq!(test.release(found, 1), Err(Reason::ContractInactive));
    let short = test.ledger.fund_contract(found, test.now).unwrap_err();
    assert_eq!(short.reason(), Reason::InsufficientFunds);
    test.refill(payer, yuan(1));
    test.ledger.fund_contract(found, test.now).unwrap();
    test.ledger.fund_contract(found, test.now).unwrap();
    assert_eq!((test.contract_state(found), test.locked(payer)), (ContractState::Funded, 1_000));
    let first = test.release(found, 1).unwrap();
    assert_eq!(test.contract_state(found), ContractState::Active);
    test.end(first, true);
    assert_eq!(test.contract_state(found), ContractState::PartiallyReleased);
    assert_eq!(refund(&mut test, found), Ok(()));
    assert_eq!(refund(&mut test, found), Ok(()), "a repeat");
    assert_eq!((test.contract_state(found), test.locked(payer)), (ContractState::Refunded, 0));
    assert_eq!(test.release(found, 2), Err(Reason::ContractInactive));
    test.check();
}

#[test]
fn a_lesson_released_twice_is_paid_once() {
    let (mut test, payer, found) = contract(|terms| terms);
    let payment = test.release(found, 2).unwrap();
    assert_eq!(test.release(found, 2), Ok(payment), "on its way");
    test.end(payment, true);
    assert_eq!(test.release(found, 2), Ok(payment), "final");
    assert_eq!(test.ledger.payments().len(), 1);
    assert_eq!(test.release(found, 4), Err(Reason::LessonUnknown));
    assert_eq!(test.locked(payer), 667);
    test.check();
}

#[test]
fn a_release_that_comes_back_is_locked_again_and_paid_anew() {
    let (mut test, payer, found) = contract(|terms| terms);
    let first = test.release(found, 1).unwrap();
    assert_eq!(test.locked(payer), 667);
    test.end(first, false);
    assert_eq!((test.balance(payer), test.locked(payer)), (30, 1_000));
    let lesson = *test.ledger.contract(found).unwrap().lesson(1).unwrap();
    assert_eq!((lesson.state, lesson.attempts), (LessonState::Open, 1));
    let second = test.release(found, 1).unwrap();
    assert_ne!(first, second);
    test.restart();
    test.up();
    test.end(second, true);
    assert_eq!(test.locked(payer), 667);
    test.check();
}

#[test]
fn a_refund_leaves_a_release_on_its_way() {
    for arrives in [true, false] {
        let (mut test, payer, found) = contract(|terms| terms);
        let payment = test.release(found, 1).unwrap();
        assert_eq!(refund(&mut test, found), Ok(()));
        assert_eq!((test.locked(payer), test.contract_state(found)), (0, ContractState::Refunded));
        test.end(payment, arrives);
        assert_eq!(test.locked(payer), 0, "what comes back is the payer's own");
        let fen = test.ledger.wallet(payer).unwrap().balance.fen();
        assert_eq!(fen, if arrives { 2_667 } else { 3_000 });
        assert_eq!(test.release(found, 1).is_ok(), arrives);
        test.check();
    }
}

#[test]
fn refunds_follow_the_rule_unless_the_merchant_is_suspended() {
    let once = |terms| ContractTerms { refund: RefundRule::BeforeFirstLesson, ..terms };
    let (mut test, payer, found) = contract(once);
    let payment = test.release(found, 1).unwrap();
    test.end(payment, true);
    assert_eq!(refund(&mut test, found), Err(Reason::ContractTerms));
    // The merchant fails between two lessons: the payer has every lesson that was not given.
    suspend(&mut test, true);
    suspend(&mut test, true);
    assert_eq!(test.contract_state(found), ContractState::Suspended);
    assert_eq!(test.release(found, 2), Err(Reason::MerchantSuspended));
    assert_eq!(refund(&mut test, found), Ok(()));
    assert_eq!(test.ledger.wallet(payer).unwrap().balance.fen(), 2_667);
    assert_eq!(test.locked(payer), 0);
    test.check();
}

#[test]
fn a_merchant_that_goes_on_asks_again() {
    let (mut test, _, found) = contract(by_merchant);
    assert_eq!(test.ask(found, 1, None), Ok(None));
    suspend(&mut test, true);
    test.wait(2 * 60 * MINUTE_MS);
    assert_eq!(test.ledger.payments().len(), 0, "nothing is paid meanwhile");
    assert_eq!(test.ask(found, 1, None), Err(Reason::MerchantSuspended));
    suspend(&mut test, false);
    assert_eq!(test.contract_state(found), ContractState::Active);
    assert_eq!(test.ask(found, 1, None), Ok(None));
    test.wait(60 * MINUTE_MS + 1);
    assert_eq!(test.ledger.payments().len(), 1);
    test.check();
}

#[test]
fn a_supervisor_sees_what_is_locked_paid_and_given_back() {
    let (mut test, payer, found) = contract(|terms| terms);
    let terms = test.contract_terms(payer, school());
    let other = test.contract(terms);
    let paid = test.release(found, 1).unwrap();
    test.end(paid, true);
    let sent = test.release(other, 3).unwrap();
    assert_eq!(refund(&mut test, other), Ok(()));
    let totals = |test: &TestLedger| test.ledger.contracts().totals_of(school());
    let expected = MerchantTotals {
        contracts: [(ContractState::PartiallyReleased, 1), (ContractState::Refunded, 1)].into(),
        locked: fen(667).into(),
        released: fen(333).into(),
        refunded: fen(666).into(),
    };
    assert_eq!(totals(&test), expected);
    // What was on its way when the contract ended comes back to the payer, too.
    test.end(sent, false);
    assert_eq!(totals(&test).refunded, yuan(10).into());
    suspend(&mut test, true);
    assert_eq!(totals(&test).contracts[&ContractState::Suspended], 1);
    test.restart();
    test.up();
    assert_eq!(totals(&test).refunded, yuan(10).into());
    assert_eq!(test.ledger.contracts().merchants().collect::<Vec<_>>(), [school()]);
    test.check();
}

#[test]
fn a_wallet_with_a_lock_keeps_its_grants_when_it_is_not_closed() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 10);
    let terms = test.contract_terms(payer, school());
    let found = test.contract(terms);
    let grant = test.terms(5);
    test.grant(200, payer, 4, grant);
    let close = |test: &mut TestLedger| test.ledger.close_wallet(payer, test.now);
    assert_eq!(close(&mut test).unwrap_err().reason(), Reason::WalletNotEmpty);
    assert_eq!(test.ledger.payments().len(), 0, "the grant stays");
    assert_eq!(refund(&mut test, found), Ok(()));
    test.check();
}

#[test]
fn a_lesson_is_disputed_until_the_last_moment() {
    let (mut test, payer, found) = contract(by_merchant);
    assert_eq!(dispute(&mut test, found, 1), Err(Reason::LessonTaken), "nobody asks for it");
    test.ask(found, 1, None).unwrap();
    test.ask(found, 2, None).unwrap();
    test.ask(found, 2, None).unwrap();
    test.wait(60 * MINUTE_MS);
    assert_eq!(dispute(&mut test, found, 1), Ok(()));
    assert_eq!(dispute(&mut test, found, 1), Ok(()), "a repeat");
    assert_eq!(test.ask(found, 1, None), Err(Reason::LessonTaken));
    assert_eq!(test.ledger.payments().len(), 0, "the payer may dispute it still");
    test.wait(1);
    assert_eq!(test.ledger.payments().len(), 1);
    assert_eq!(test.locked(payer), 667);
    assert_eq!(dispute(&mut test, found, 2), Err(Reason::LessonTaken));
    assert!(test.release(found, 1).is_ok(), "the payer has the last word");
    test.check();
}

#[test]
fn a_code_releases_its_lesson_and_no_later_one() {
    let (seed, codes) = ([9; 32], code_of_lesson([9; 32], 3, 0));
    let by_code = |terms| ContractTerms { release: ReleaseRule::ByCode { codes }, ..terms };
    let (mut test, payer, found) = contract(by_code);
    let code = |lesson| Some(code_of_lesson(seed, 3, lesson));
    assert_eq!(test.ask(found, 1, None), Err(Reason::ContractTerms));
    assert_eq!(test.ask(found, 2, code(1)), Err(Reason::LessonCodeWrong));
    assert_eq!(test.ask(found, 1, Some(codes)), Err(Reason::LessonCodeWrong));
    let payment = test.ask(found, 1, code(1)).unwrap().unwrap();
    assert_eq!(test.ask(found, 1, code(1)), Ok(Some(payment)), "a repeat");
    assert_eq!(test.ask(found, 1, code(2)), Err(Reason::LessonCodeWrong));
    assert_eq!(test.locked(payer), 667);
    let right =
        LessonRequest { merchant: school(), payer, contract: found, lesson: 2, code: code(2) };
    for another in [
        LessonRequest { merchant: elsewhere(), ..right },
        LessonRequest { payer: elsewhere(), ..right },
    ] {
        let refused = test.ledger.request_lesson(&another, test.now).unwrap_err();
        assert_eq!(refused.reason(), Reason::ContractUnknown, "a contract of others");
    }
    test.check();
}

#[test]
fn a_merchant_asks_only_where_the_terms_say_so() {
    let (mut test, _, found) = contract(|terms| terms);
    assert_eq!(test.ask(found, 1, None), Err(Reason::ContractTerms));
    assert_eq!(test.ask(found, 1, Some([1; 32])), Err(Reason::ContractTerms));
    test.check();
}

#[test]
fn a_contract_expires_after_its_very_last_moment() {
    let (mut test, payer, found) = contract(by_merchant);
    test.wait(10 * DAY_MS - 60 * MINUTE_MS);
    assert_eq!(test.ask(found, 1, None), Ok(None), "an hour is left to dispute it");
    test.wait(1);
    assert_eq!(test.ask(found, 2, None), Err(Reason::ContractExpired));
    test.wait(60 * MINUTE_MS - 1);
    assert_eq!(test.contract_state(found), ContractState::Active);
    assert!(test.release(found, 2).is_ok(), "in its last moment");
    test.wait(1);
    // What was asked for in time is paid before the rest goes back.
    assert_eq!(test.contract_state(found), ContractState::Expired);
    assert_eq!((test.locked(payer), test.ledger.payments().len()), (0, 2));
    assert_eq!(test.release(found, 3), Err(Reason::ContractInactive));
    assert_eq!(refund(&mut test, found), Err(Reason::ContractInactive));
    test.check();
}

#[test]
fn what_comes_back_after_the_end_is_the_payers_own() {
    let (mut test, payer, found) = contract(|terms| terms);
    let payment = test.release(found, 1).unwrap();
    test.wait(10 * DAY_MS + 1);
    test.end(payment, false);
    assert_eq!((test.balance(payer), test.locked(payer)), (30, 0));
    assert_eq!(test.contract_state(found), ContractState::Expired);
    test.check();
}

#[test]
fn nothing_expires_within_a_tick_in_lockstep() {
    let mut test = TestLedger::new(in_lockstep());
    let payer = test.wallet(1, 30);
    let terms = test.contract_terms(payer, school());
    let found = test.contract(ContractTerms { expires_at: test.now.plus_ms(1), ..terms });
    test.wait(MINUTE_MS);
    assert_eq!(test.contract_state(found), ContractState::Funded);
    test.ledger.end_tick(1);
    test.commit();
    assert_eq!((test.contract_state(found), test.locked(payer)), (ContractState::Expired, 0));
    test.check();
}

#[test]
fn parties_and_terms_that_cannot_be_are_refused_with_their_field() {
    let mut test = TestLedger::new(settings());
    let (payer, company) = (test.wallet(1, 30), test.corporate(10));
    let terms = test.contract_terms(payer, school());
    let person = WalletNumber::new(school().prefix(), WalletKind::Personal, 5).unwrap();
    let unknown = WalletNumber::new(settings().prefix, WalletKind::Merchant, 99).unwrap();
    let window = |dispute_ms| ReleaseRule::ByMerchant { dispute_ms };
    for (field, wrong) in [
        ("payer_wallet", ContractTerms { payer: company, ..terms }),
        ("merchant_wallet", ContractTerms { merchant: person, ..terms }),
        ("merchant_wallet", ContractTerms { merchant: unknown, ..terms }),
        ("lesson_count", ContractTerms { lessons: 0, ..terms }),
        ("lesson_count", ContractTerms { lessons: 1_001, ..terms }),
        ("amount", ContractTerms { total: yuan(0), ..terms }),
        ("total_amount", ContractTerms { total: yuan(1), lessons: 101, ..terms }),
        ("expire_time", ContractTerms { expires_at: test.now, ..terms }),
        ("dispute_window_ms", ContractTerms { release: window(0), ..terms }),
        ("dispute_window_ms", ContractTerms { release: window(u64::MAX), ..terms }),
    ] {
        let order = ContractOrder { request_id: request("wrong"), terms: wrong, salt: None };
        let refused = test.ledger.create_contract(order, test.now).unwrap_err();
        assert_eq!(refused.field(), field, "{refused}");
    }
    test.check();
}

#[test]
fn nobody_is_suspended_who_cannot_be_paid_by_contracts() {
    let mut test = TestLedger::new(settings());
    let payer = test.wallet(1, 30);
    let unknown = WalletNumber::new(settings().prefix, WalletKind::Merchant, 99).unwrap();
    let nowhere = WalletNumber::new(Prefix::new(999).unwrap(), WalletKind::Merchant, 1).unwrap();
    for (merchant, reason) in [
        (payer, Reason::KindNotAllowed),
        (unknown, Reason::WalletUnknown),
        (nowhere, Reason::WalletPrefixUnknown),
    ] {
        let refused = test.ledger.suspend_merchant(merchant, true, test.now).unwrap_err();
        assert_eq!((refused.reason(), refused.field()), (reason, "merchant_wallet"));
    }
    assert!(test.ledger.contracts().suspensions().is_empty());
}

#[test]
fn the_audit_names_a_contract_that_is_not_what_its_rows_say() {
    let (mut test, _, found) = contract(|terms| terms);
    test.ledger.contracts.forge_lock(found, yuan(9));
    let invariants = test.ledger.audit_in_memory();
    let broken: Vec<_> = invariants.iter().filter(|invariant| !invariant.ok).collect();
    assert_eq!(broken.len(), 1);
    assert!(broken[0].detail.contains(&found.to_string()), "{}", broken[0].detail);
}

#[test]
fn the_audit_names_a_merchant_whose_contracts_come_to_other_sums() {
    let (mut test, _, found) = contract(|terms| terms);
    assert!(test.ledger.check_contracts().ok);
    let merchant = test.ledger.contract(found).unwrap().row.terms.merchant;
    test.ledger.contracts.forge_totals(merchant, yuan(1));
    let found = test.ledger.check_contracts();
    assert!(!found.ok && found.detail.contains(&merchant.to_string()), "{found:?}");
}

#[test]
fn rows_that_cannot_follow_are_refused() {
    use crate::operator::contract::{ContractStep, ContractStepRow, ReleaseRow, SuspensionRow};
    let (test, _, found) = contract(|terms| terms);
    let at = test.now;
    let step = |step| ContractStepRow { row: 0, contract: found, step, at };
    let steps = [
        ContractStep::Funded,
        ContractStep::Requested { lesson: 1 },
        ContractStep::Disputed { lesson: 1 },
    ];
    for wrong in steps.map(step) {
        assert!(test.ledger.check_contract_step(&wrong).is_err(), "{wrong:?}");
    }
    let payment = crate::money::PaymentId::of_release(found, None, 1, 0);
    let amount = crate::money::Amount::from_fen(333).unwrap();
    let right = ReleaseRow { row: 0, contract: found, lesson: 1, attempt: 0, payment, amount };
    assert_eq!(test.ledger.check_release(&right), Ok(()));
    for wrong in [
        ReleaseRow { lesson: 2, ..right },
        ReleaseRow { attempt: 1, ..right },
        ReleaseRow { amount: yuan(3), ..right },
        ReleaseRow { contract: ContractId([1; 16]), ..right },
    ] {
        assert!(test.ledger.check_release(&wrong).is_err(), "{wrong:?}");
    }
    let by = settings().code;
    let row = SuspensionRow { row: 0, merchant: school(), suspended: false, by, sequence: 0, at };
    assert!(test.ledger.check_suspension(&row).is_err());
    // Only this operator and that of the school have a word, and this one says nothing twice.
    let row = SuspensionRow { sequence: 1, suspended: true, ..row };
    let said = |by: &str, suspended| SuspensionRow { by: by.parse().unwrap(), suspended, ..row };
    assert_eq!(test.ledger.check_suspension(&said("B", false)), Ok(()));
    assert_eq!(test.ledger.check_suspension(&row), Ok(()));
    assert!(test.ledger.check_suspension(&said("C", true)).is_err());
    assert!(test.ledger.check_suspension(&SuspensionRow { suspended: false, ..row }).is_err());
    let created = test.ledger.contract(found).unwrap().row.clone();
    assert!(test.ledger.check_contract_row(&created).is_err(), "a second time");
}
