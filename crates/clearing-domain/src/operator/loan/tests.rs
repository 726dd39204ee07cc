//! Loans at both operators: what is paid out, collected, repaid early and refused, each at its edge.

use crate::Reason;
use crate::details::{Details, LoanPart, LoanUse};
use crate::link::{Outcome, Side};
use crate::money::{Amount, CycleId, LoanId, PaymentId, Timestamp, WalletNumber};
use crate::operator::test_ledger::{
    TestLedger, abroad, day, elsewhere, in_lockstep, loan_terms, request, settings, yuan,
};
use crate::operator::{LoanOrder, LoanState, LoanTerms, MandateState, PaymentState, RefundOrder};

mod edges;

/// A borrower with some yuan, who owes 1,200 to a lender of the third operator since today.
fn owed(opening: i64) -> (TestLedger, WalletNumber, LoanId) {
    let mut test = TestLedger::new(settings());
    let borrower = test.wallet(1, opening);
    let loan = test.owed(loan_terms(elsewhere(), borrower, abroad()));
    (test, borrower, loan)
}

/// A lender with some yuan, with whom a borrower of the second operator agrees on 1,200.
fn agreed(opening: i64) -> (TestLedger, WalletNumber, LoanId) {
    let mut test = TestLedger::new(settings());
    let lender = test.corporate(opening);
    let loan = test.agree(loan_terms(lender, abroad(), elsewhere())).unwrap();
    (test, lender, loan)
}

fn last(test: &TestLedger) -> (PaymentId, PaymentState) {
    let payment = test.ledger.payments().iter().next_back().unwrap();
    (payment.id, payment.state)
}

fn count(test: &TestLedger) -> usize {
    test.ledger.payments().len()
}

/// How often the same refusal was recorded.
fn refusals(test: &TestLedger, reason: Reason) -> usize {
    test.ledger.payments().iter().filter(|payment| payment.reason == Some(reason)).count()
}

#[test]
fn a_loan_within_one_operator_is_paid_out_to_the_seller_and_back_to_the_lender() {
    let mut test = TestLedger::new(settings());
    let (lender, borrower, shop) = (test.corporate(1200), test.wallet(1, 2000), test.merchant());
    let loan = test.lend(loan_terms(lender, borrower, shop));
    assert_eq!([lender, borrower, shop].map(|wallet| test.balance(wallet)), [0, 2000, 1200]);
    assert_eq!(test.loan_state(loan), LoanState::Disbursed);
    test.until(day(9, 23));
    assert_eq!(test.balance(lender), 0);
    test.until(day(9, 24));
    assert_eq!((test.balance(lender), test.owes(loan)), (412, 800));
    test.until(day(11, 24));
    let all = 412 + 408 + 404;
    assert_eq!((test.balance(lender), test.balance(borrower)), (all, 2000 - all));
    assert_eq!(test.loan_state(loan), LoanState::Repaid);
    assert_eq!(test.mandate_state(loan), MandateState::Repaid);
    assert_eq!(test.ledger.loan(loan).unwrap().interest, yuan(24));
    test.check();
}

#[test]
fn a_loan_is_paid_out_once_whatever_is_repeated() {
    let (mut test, lender, loan) = agreed(5000);
    let first = test.disburse(loan).unwrap();
    assert_eq!(test.disburse(loan), Ok(first));
    assert_eq!((count(&test), test.balance(lender)), (1, 3800));
    assert_eq!(test.loan_state(loan), LoanState::Disbursing);
    test.end(first, false);
    assert_eq!((test.loan_state(loan), test.balance(lender)), (LoanState::Agreed, 5000));
    let second = test.disburse(loan).unwrap();
    assert_ne!(second, first);
    test.end(second, true);
    assert_eq!((test.disburse(loan), count(&test)), (Ok(second), 2));
    assert_eq!(test.loan_state(loan), LoanState::Disbursed);
    assert_eq!(test.ledger.loans().untold(), [abroad().prefix()]);
    test.ledger.announced_loan(loan, test.now).unwrap();
    assert_eq!(test.ledger.loans().untold(), []);
    assert_eq!(test.ledger.cancel_loan(loan, test.now).unwrap_err().reason(), Reason::LoanInactive);
    test.commit();
    test.check();
}

#[test]
fn a_lender_without_funds_pays_nothing_out_and_leaves_nothing() {
    let (mut test, lender, loan) = agreed(1199);
    let before = test.ledger.chain.row;
    assert_eq!(test.disburse(loan), Err(Reason::InsufficientFunds));
    test.ledger.freeze(lender, false, test.now).unwrap();
    assert_eq!(test.disburse(loan), Err(Reason::WalletFrozen));
    test.ledger.unfreeze(lender, test.now).unwrap();
    assert_eq!((test.ledger.chain.row, count(&test)), (before + 2, 0));
    test.refill(lender, yuan(1));
    assert!(test.disburse(loan).is_ok());
    test.check();
}

#[test]
fn a_loan_that_is_given_up_or_late_is_not_paid_out() {
    let (mut test, _, loan) = agreed(5000);
    test.until(day(9, 25));
    assert_eq!(test.disburse(loan), Err(Reason::LoanTerms));
    test.ledger.cancel_loan(loan, test.now).unwrap();
    test.ledger.cancel_loan(loan, test.now).unwrap();
    test.commit();
    assert_eq!(test.loan_state(loan), LoanState::Cancelled);
    assert_eq!(test.disburse(loan), Err(Reason::LoanInactive));
    assert_eq!(count(&test), 0);
    test.check();
}

#[test]
fn a_loan_comes_back_too_often_to_be_tried_again() {
    let (mut test, _, loan) = agreed(5000);
    for _ in 0..16 {
        let payment = test.disburse(loan).unwrap();
        test.end(payment, false);
    }
    assert_eq!(test.disburse(loan), Err(Reason::RefusedTooOften));
    test.check();
}

#[test]
fn an_instalment_on_a_frozen_wallet_is_tried_for_three_more_days_and_is_overdue_then() {
    let (mut test, borrower, loan) = owed(2000);
    test.ledger.freeze(borrower, false, test.now).unwrap();
    test.commit();
    test.until(day(9, 24));
    assert_eq!(refusals(&test, Reason::WalletFrozen), 1);
    test.until(day(9, 27));
    assert_eq!(refusals(&test, Reason::WalletFrozen), 4);
    assert_eq!(test.mandate_state(loan), MandateState::Active);
    test.until(day(9, 28));
    assert_eq!(test.mandate_state(loan), MandateState::Overdue);
    test.until(day(10, 23));
    assert_eq!(count(&test), 4);
    // The next due day tries the oldest again, and the days after it go on with the next.
    test.ledger.unfreeze(borrower, test.now).unwrap();
    test.until(day(10, 24));
    let (payment, _) = last(&test);
    assert_eq!((count(&test), test.owes(loan)), (5, 1200));
    test.end(payment, true);
    assert_eq!(test.owes(loan), 800);
    test.wait(1);
    assert_eq!(count(&test), 6);
    test.end(last(&test).0, true);
    assert_eq!((test.owes(loan), test.mandate_state(loan)), (400, MandateState::Active));
    test.check();
}

#[test]
fn an_instalment_that_came_back_is_tried_on_the_next_day() {
    let (mut test, borrower, loan) = owed(2000);
    test.until(day(9, 24));
    let (first, state) = last(&test);
    assert_eq!((state, count(&test)), (PaymentState::InTransit, 1));
    test.end(first, false);
    test.wait(1);
    assert_eq!((count(&test), test.balance(borrower)), (1, 2000));
    test.until(day(9, 25));
    assert_eq!(count(&test), 2);
    test.end(last(&test).0, true);
    assert_eq!((test.owes(loan), test.balance(borrower)), (800, 2000 - 412));
    test.check();
}

#[test]
fn an_overdue_instalment_is_paid_by_hand_before_anything_early() {
    let (mut test, borrower, loan) = owed(0);
    test.until(day(9, 28));
    assert_eq!(refusals(&test, Reason::InsufficientFunds), 4);
    assert_eq!(test.pay_part(loan, 1), Err(Reason::InsufficientFunds));
    assert_eq!(count(&test), 4);
    test.refill(borrower, yuan(2000));
    assert_eq!(test.repay(loan, None), Err(Reason::InstalmentDue));
    assert_eq!(test.pay_part(loan, 2), Err(Reason::InstalmentNotDue));
    let paid = test.pay_part(loan, 1).unwrap();
    assert_eq!(test.pay_part(loan, 1), Ok(paid));
    test.end(paid, true);
    assert_eq!(test.pay_part(loan, 1), Ok(paid));
    assert_eq!(test.pay_part(loan, 2), Err(Reason::InstalmentNotDue));
    assert_eq!((count(&test), test.mandate_state(loan)), (5, MandateState::Active));
    test.check();
}

#[test]
fn a_loan_is_repaid_early_in_part_and_whole_with_the_interest_of_the_days() {
    let (mut test, borrower, loan) = owed(2000);
    // 31 days to the first due day; 12 yuan of interest for them.
    test.until(day(8, 25));
    let part = test.repay(loan, Some(600)).unwrap();
    test.end(part, true);
    let paid = |test: &TestLedger| 200_000 - test.ledger.wallet(borrower).unwrap().balance.fen();
    // 600 yuan and half of the interest, a thirty-first of it.
    assert_eq!((paid(&test), test.owes(loan)), (60_000 + 20, 600));
    test.until(day(9, 24));
    test.end(last(&test).0, true);
    assert_eq!((paid(&test), test.owes(loan)), (60_020 + 20_600, 400));
    let (name, now) = ((PaymentId([9; 16]), request("all")), test.now);
    let all = test.ledger.repay_loan(name.clone(), loan, None, now).unwrap();
    test.commit();
    assert_eq!(test.ledger.repay_loan(name.clone(), loan, None, now).unwrap(), all);
    test.end(all, true);
    assert_eq!(test.mandate_state(loan), MandateState::Repaid);
    assert_eq!(paid(&test), 80_620 + 40_000);
    // The name finds its payment for ever, and no other.
    assert_eq!(test.ledger.repay_loan(name.clone(), loan, None, now).unwrap(), all);
    let other = test.ledger.repay_loan(name, loan, Some(yuan(1)), now).unwrap_err();
    assert_eq!(other.reason(), Reason::RequestIdReused);
    test.until(day(11, 25));
    assert_eq!(count(&test), 3);
    test.check();
}

#[test]
fn while_a_payment_is_on_its_way_there_is_no_other() {
    let (mut test, _, loan) = owed(5000);
    test.until(day(9, 24));
    let collected = last(&test).0;
    assert_eq!(test.repay(loan, Some(100)), Err(Reason::LoanInFlight));
    assert_eq!(test.pay_part(loan, 1), Ok(collected));
    test.end(collected, true);
    let early = test.repay(loan, Some(100)).unwrap();
    // It is due while something else is on its way, and waits for that.
    test.until(day(10, 24));
    assert_eq!(count(&test), 2);
    test.end(early, true);
    test.wait(1);
    assert_eq!((count(&test), test.owes(loan)), (3, 700));
    test.check();
}

#[test]
fn nothing_is_collected_by_a_mandate_that_is_taken_back_or_not_started() {
    let (mut test, borrower, loan) = owed(2000);
    let terms = loan_terms(elsewhere(), borrower, abroad());
    let idle = LoanId([99; 16]);
    test.mandate(idle, terms).unwrap();
    test.ledger.revoke_mandate(loan, test.now).unwrap();
    test.ledger.revoke_mandate(loan, test.now).unwrap();
    test.until(day(9, 25));
    assert_eq!(count(&test), 0);
    assert_eq!(test.mandate_state(loan), MandateState::Revoked);
    assert_eq!(test.mandate(loan, terms), Err(Reason::MandateMissing));
    assert_eq!(test.pay_part(idle, 1), Err(Reason::LoanInactive));
    // What is owed is paid by hand.
    let paid = test.pay_part(loan, 1).unwrap();
    test.end(paid, true);
    assert_eq!(test.owes(loan), 800);
    test.ledger.revoke_mandate(idle, test.now).unwrap();
    test.commit();
    // Its loan is paid out all the same, and can be paid back by hand.
    assert_eq!(test.start(idle, terms.first_due.start()), Ok(()));
    test.until(day(9, 26));
    assert_eq!((count(&test), test.mandate_state(idle)), (1, MandateState::Revoked));
    assert!(test.pay_part(idle, 1).is_ok());
    test.check();
}

#[test]
fn a_mandate_needs_the_terms_that_the_borrower_agreed_to_and_starts_for_its_lender_alone() {
    let mut test = TestLedger::new(settings());
    let (borrower, now) = (test.wallet(4, 2000), test.now);
    let terms = loan_terms(elsewhere(), borrower, abroad());
    let (loan, salt) = (LoanId([7; 16]), None);
    let other = LoanTerms { instalments: 4, ..terms };
    let order = super::MandateOrder { loan, terms, terms_hash: other.hash(), salt };
    let reason = |done: Result<(), crate::operator::OperatorError>| done.unwrap_err().reason();
    assert_eq!(reason(test.ledger.grant_mandate(&order, now)), Reason::LoanTerms);
    let large = LoanTerms { principal: yuan(9000), ..terms };
    assert_eq!(test.mandate(loan, large), Err(Reason::SingleLimit));
    assert_eq!(test.mandate(loan, terms), Ok(()));
    assert_eq!(test.mandate(loan, terms), Ok(()));
    let start = super::MandateStart {
        loan,
        lender: elsewhere(),
        borrower,
        terms_hash: terms.hash(),
        since: now,
    };
    let stranger = super::MandateStart { lender: abroad(), ..start };
    assert_eq!(reason(test.ledger.start_mandate(&stranger, now)), Reason::MandateMissing);
    assert_eq!(reason(test.ledger.check_stands(&stranger)), Reason::MandateMissing);
    assert_eq!(test.ledger.check_stands(&start), Ok(()));
    let wrong = super::MandateStart { terms_hash: other.hash(), ..start };
    assert_eq!(reason(test.ledger.start_mandate(&wrong, now)), Reason::LoanTerms);
    let late = super::MandateStart { since: day(9, 25).start(), ..start };
    assert_eq!(reason(test.ledger.start_mandate(&late, now)), Reason::FieldInvalid);
    let never = super::MandateStart { since: Timestamp::from_ms(-1), ..start };
    assert_eq!(reason(test.ledger.start_mandate(&never, now)), Reason::FieldInvalid);
    assert_eq!(test.ledger.start_mandate(&start, now), Ok(()));
    assert_eq!(test.ledger.start_mandate(&start, now), Ok(()));
    let again = super::MandateStart { since: now.plus_ms(1), ..start };
    assert_eq!(reason(test.ledger.start_mandate(&again, now)), Reason::LoanTerms);
    test.commit();
    test.check();
}

#[test]
fn no_client_says_that_a_payment_is_of_a_loan_and_none_is_given_back() {
    let mut test = TestLedger::new(settings());
    let (lender, borrower, shop) = (test.corporate(5000), test.wallet(1, 2000), test.merchant());
    let loan = test.lend(loan_terms(lender, borrower, shop));
    let disbursed = last(&test).0;
    let part = Some(LoanPart { loan, used: LoanUse::Repayment(yuan(100)) });
    let details = Details { loan: part, ..Details::default() }.boxed();
    let forged = crate::operator::PaymentOrder { details, ..test.order(borrower, lender, 100) };
    assert_eq!(test.submit(forged), "FIELD_INVALID");
    test.until(day(9, 24));
    for original in [disbursed, last(&test).0] {
        let refund = RefundOrder {
            id: test.next_id(),
            request_id: request(&format!("r-{original}")),
            original,
            amount: Some(yuan(1)),
            remark: None,
        };
        let refused = test.ledger.refund(refund, test.now).unwrap_err();
        assert_eq!(refused.reason(), Reason::NotRefundable);
    }
    test.check();
}

/// The loan of `agreed`, paid out.
fn lent() -> (TestLedger, WalletNumber, LoanId) {
    let (mut test, lender, loan) = agreed(5000);
    let payment = test.disburse(loan).unwrap();
    test.end(payment, true);
    (test, lender, loan)
}

#[test]
fn only_the_borrower_pays_a_loan_back_and_only_what_is_due() {
    let (mut test, lender, loan) = lent();
    let instalment = LoanUse::Instalment(1);
    let early = |sum| LoanUse::Repayment(yuan(sum));
    let on_day = |test: &mut TestLedger, number, sum, part| {
        test.deliver_part((abroad(), number), (lender, sum), part)
    };
    assert!(on_day(&mut test, 101, 412, (loan, instalment)).contains("reject"), "not due yet");
    assert!(on_day(&mut test, 102, 1300, (loan, early(1300))).contains("reject"), "too much");
    assert!(
        on_day(&mut test, 103, 101, (loan, early(100))).contains("reject"),
        "too much interest"
    );
    assert!(on_day(&mut test, 104, 100, (LoanId([1; 16]), early(100))).contains("reject"));
    let stranger = test.deliver_part((elsewhere(), 105), (lender, 100), (loan, early(100)));
    assert!(stranger.contains("reject"), "{stranger}");
    assert!(on_day(&mut test, 106, 600, (loan, early(600))).contains("accept"), "on its first day");
    test.until(day(9, 24));
    assert!(on_day(&mut test, 107, 412, (loan, instalment)).contains("reject"), "of the old plan");
    assert!(on_day(&mut test, 108, 206, (loan, instalment)).contains("accept"));
    assert!(on_day(&mut test, 109, 206, (loan, instalment)).contains("reject"), "a second time");
    let found = test.ledger.loan(loan).unwrap();
    assert_eq!((found.plan.outstanding, found.repaid.len()), (yuan(400), 2));
    assert_eq!(test.balance(lender), 5000 - 1200 + 806);
    test.until(day(10, 28));
    assert_eq!(test.loan_state(loan), LoanState::Overdue);
    test.check();
}

#[test]
fn a_repayment_for_which_room_is_held_counts_when_it_is_there() {
    let (mut test, lender, loan) = lent();
    test.holding = true;
    let early = LoanUse::Repayment(yuan(600));
    let held = |test: &mut TestLedger, number| {
        test.deliver_part((abroad(), number), (lender, 600), (loan, early))
    };
    assert!(held(&mut test, 101).contains("accept"));
    assert_eq!(test.ledger.loan(loan).unwrap().plan.outstanding, yuan(1200));
    assert!(held(&mut test, 102).contains("reject"), "one is held");
    test.notify(101, Side::Payee, Outcome::Refused(Reason::Expired));
    test.check();
    assert!(held(&mut test, 103).contains("accept"));
    test.notify(103, Side::Payee, Outcome::Cleared(CycleId::new(1)));
    assert_eq!(test.ledger.loan(loan).unwrap().plan.outstanding, yuan(600));
    test.check();
}

#[test]
fn who_may_lend_borrow_and_be_paid_is_checked() {
    let mut test = TestLedger::new(settings());
    let (lender, person, now) = (test.corporate(0), test.wallet(1, 0), test.now);
    let good = loan_terms(lender, abroad(), elsewhere());
    let unknown = WalletNumber::new(lender.prefix(), person.kind(), 99).unwrap();
    let foreign = WalletNumber::new(
        crate::money::Prefix::new(9).unwrap(),
        crate::money::WalletKind::Personal,
        1,
    );
    let foreign = foreign.unwrap();
    for (terms, field, reason) in [
        (LoanTerms { lender: person, ..good }, "lender_wallet", Reason::KindNotAllowed),
        (LoanTerms { borrower: unknown, ..good }, "borrower_wallet", Reason::WalletUnknown),
        (LoanTerms { borrower: foreign, ..good }, "borrower_wallet", Reason::WalletPrefixUnknown),
        (LoanTerms { payee: lender, ..good }, "payee_wallet", Reason::SameWallet),
        (LoanTerms { first_due: day(8, 23), ..good }, "first_due_date", Reason::FieldInvalid),
    ] {
        let order = LoanOrder { request_id: request("l"), terms, salt: None };
        let error = test.ledger.agree_loan(order, now).unwrap_err();
        assert_eq!((error.field(), error.reason()), (field, reason), "{error}");
    }
    let order = |terms| LoanOrder { request_id: request("l"), terms, salt: None };
    let agreed = test.ledger.agree_loan(order(good), now).unwrap();
    assert_eq!(test.ledger.agree_loan(order(good), now).unwrap(), agreed);
    let other = LoanTerms { months: 2, ..good };
    let error = test.ledger.agree_loan(order(other), now).unwrap_err();
    assert_eq!(error.reason(), Reason::RequestIdReused);
    test.commit();
    test.check();
}

#[test]
fn under_lockstep_instalments_are_collected_when_a_tick_ends() {
    let mut test = TestLedger::new(in_lockstep());
    let borrower = test.wallet(1, 2000);
    let terms = loan_terms(elsewhere(), borrower, abroad());
    test.owed(LoanTerms { first_due: test.now.date(), ..terms });
    assert_eq!(count(&test), 0);
    test.ledger.end_tick(1);
    test.commit();
    assert_eq!(count(&test), 1);
    test.check();
}

#[test]
fn the_audit_finds_an_instalment_that_was_forgotten() {
    let (mut test, _, loan) = owed(2000);
    test.until(day(9, 24));
    test.end(last(&test).0, true);
    assert!(test.ledger.check_loans().ok);
    test.ledger.mandates.forge_unpaid(loan);
    let found = test.ledger.check_loans();
    assert!(!found.ok && found.detail.contains(&loan.to_string()), "{found:?}");
}

#[test]
fn the_largest_loan_can_be_paid_back() {
    let mut test = TestLedger::new(settings());
    let lender = test.corporate(0);
    let most = Amount::from_fen(Amount::MAX.fen() / 2).unwrap();
    let repayment = crate::operator::Repayment::Annuity { rate_bp: 435 };
    let terms = LoanTerms {
        principal: most,
        repayment,
        instalments: 360,
        ..loan_terms(lender, abroad(), elsewhere())
    };
    let loan = test.agree(terms).unwrap();
    assert_eq!(test.ledger.loan(loan).unwrap().plan.remaining(&terms).count(), 360);
    let more = LoanTerms { principal: Amount::MAX, instalments: 1, ..terms };
    assert_eq!(test.agree(more), Err(Reason::LoanTerms));
    test.check();
}
