//! Edges between loans and the rest: closing, lapsed mandates, operators that are away, and which
//! field a refusal names.

use crate::Reason;
use crate::money::{LoanId, PaymentId, WalletNumber};
use crate::operator::test_ledger::{
    TestLedger, abroad, day, elsewhere, loan_terms, request, settings, yuan,
};
use crate::operator::{LoanTerms, MandateState, PaymentState};

use super::super::grant::MandateOrder;
use super::{count, last, owed};

#[test]
fn operators_are_told_of_loans_in_turn_whichever_of_them_is_away() {
    let mut test = TestLedger::new(settings());
    let (lender, third) = (test.corporate(10_000), test.merchant());
    let mut lend = |borrower| {
        let loan = test.agree(loan_terms(lender, borrower, third)).unwrap();
        let payment = test.disburse(loan).unwrap();
        test.end(payment, true);
        loan
    };
    let (first, second, other) = (lend(abroad()), lend(abroad()), lend(elsewhere()));
    let loans = test.ledger.loans();
    assert_eq!(loans.untold(), [abroad().prefix(), elsewhere().prefix()]);
    let told = |to: WalletNumber, after| -> Vec<_> {
        loans.unannounced(to.prefix(), after).map(|loan| loan.row.loan).collect()
    };
    assert_eq!(told(abroad(), None), [first, second]);
    assert_eq!(told(abroad(), Some(first)), [second, first]);
    assert_eq!(told(abroad(), Some(second)), [first, second]);
    assert_eq!(told(elsewhere(), None), [other]);
}

#[test]
fn a_wallet_that_lends_or_owes_stays_open_until_that_is_over() {
    let mut test = TestLedger::new(settings());
    let (lender, borrower, shop) = (test.corporate(1200), test.wallet(1, 1224), test.merchant());
    let loan = test.lend(loan_terms(lender, borrower, shop));
    let close = |test: &mut TestLedger, wallet| {
        let closed = test.ledger.close_wallet(wallet, test.now);
        test.commit();
        closed.map_err(|error| error.reason())
    };
    assert_eq!((test.balance(lender), close(&mut test, lender)), (0, Err(Reason::ObligationsOpen)));
    assert_eq!(close(&mut test, borrower), Err(Reason::ObligationsOpen));
    test.until(day(11, 24));
    assert_eq!(test.mandate_state(loan), MandateState::Repaid);
    assert_eq!((test.balance(borrower), close(&mut test, borrower)), (0, Ok(())));
    let all = yuan(test.balance(lender));
    test.ledger.exchange_back(lender, all, request("all"), test.now).unwrap();
    assert_eq!(close(&mut test, lender), Ok(()));
    test.check();
}

#[test]
fn mandates_of_loans_that_were_never_paid_out_leave_room_for_others() {
    let mut test = TestLedger::new(settings());
    let borrower = test.wallet(1, 0);
    let terms = loan_terms(elsewhere(), borrower, abroad());
    for number in 1..=100 {
        assert_eq!(test.mandate(LoanId([number; 16]), terms), Ok(()));
    }
    let later = LoanTerms { first_due: day(12, 24), ..terms };
    let next = LoanId([101; 16]);
    test.until(terms.first_due.plus_days(30));
    assert_eq!(test.mandate(next, later), Err(Reason::TooManyLoans));
    // By then the lender's operator would have said that it paid.
    test.until(terms.first_due.plus_days(31));
    assert_eq!(test.mandate(next, later), Ok(()));
    test.check();
}

#[test]
fn an_early_repayment_that_comes_back_costs_no_attempt_of_the_due_day() {
    let (mut test, _, loan) = owed(5000);
    test.until(day(9, 23));
    let early = test.repay(loan, Some(100)).unwrap();
    test.until(day(9, 24));
    assert_eq!(count(&test), 1);
    test.end(early, false);
    test.wait(1);
    assert_eq!((count(&test), last(&test).1), (2, PaymentState::InTransit));
    test.check();
}

#[test]
fn refusals_name_the_field_of_the_request_that_is_wrong() {
    let (mut test, borrower, loan) = owed(5000);
    let now = test.now;
    let name = (PaymentId([9; 16]), request("much"));
    let too_much = test.ledger.repay_loan(name, loan, Some(yuan(1201)), now).unwrap_err();
    let early = test.ledger.pay_instalment(loan, 1, now).unwrap_err();
    let terms = loan_terms(elsewhere(), borrower, abroad());
    let mut grant = |terms: LoanTerms, terms_hash| {
        let order = MandateOrder { loan: LoanId([8; 16]), terms, terms_hash, salt: None };
        test.ledger.grant_mandate(&order, now).unwrap_err()
    };
    let other = grant(terms, [0; 32]);
    let never = LoanTerms { instalments: 0, ..terms };
    let empty = grant(never, never.hash());
    let unknown = LoanTerms { borrower: abroad(), ..terms };
    let nobody = grant(unknown, unknown.hash());
    for (error, field, reason) in [
        (too_much, "principal", Reason::LoanTerms),
        (early, "instalment", Reason::InstalmentNotDue),
        (other, "terms_hash", Reason::LoanTerms),
        (empty, "loan_id", Reason::FieldInvalid),
        (nobody, "borrower_wallet", Reason::WalletUnknown),
    ] {
        assert_eq!((error.field(), error.reason()), (field, reason), "{error}");
    }
}
