//! Whether rows of loans can follow those before, and credits pay them back.

use crate::Reason;
use crate::details::{LoanPart, LoanUse};
use crate::money::{Amount, BusinessDate, LoanId, RequestKey, Timestamp};

use super::super::OperatorLedger;
use super::super::check::RestoreError;
use super::super::credit::Credit;
use super::super::facts::Taken;
use super::super::rows::PaymentRow;
use super::loans::Phase;
use super::rows::{LoanRow, LoanStep, LoanStepRow, MandateRow};

fn refused(row: u64, loan: LoanId, reason: Reason) -> RestoreError {
    RestoreError::Loan { row, loan, reason }
}

impl OperatorLedger {
    pub(in super::super) fn check_loan_row(&self, row: &LoanRow) -> Result<(), RestoreError> {
        self.check_wallet(row.row, row.terms.lender)?;
        let key = RequestKey::new(row.terms.lender, &row.request_id);
        let is_new = self.loans.find(row.loan).is_none() && row.loan == LoanId::of_request(key);
        if is_new && row.terms.check().is_ok() {
            return Ok(());
        }
        Err(refused(row.row, row.loan, Reason::LoanTerms))
    }

    pub(in super::super) fn check_mandate_row(&self, row: &MandateRow) -> Result<(), RestoreError> {
        self.check_wallet(row.row, row.terms.borrower)?;
        if self.mandates.find(row.loan).is_none() && row.terms.check().is_ok() {
            return Ok(());
        }
        Err(refused(row.row, row.loan, Reason::LoanTerms))
    }

    pub(in super::super) fn check_loan_step(&self, row: &LoanStepRow) -> Result<(), RestoreError> {
        let (loan, mandate) = (self.loans.find(row.loan), self.mandates.find(row.loan));
        let fits = match row.step {
            LoanStep::Cancelled => loan.is_some_and(|loan| loan.phase == Phase::Agreed),
            LoanStep::Announced => {
                loan.is_some_and(|loan| loan.since().is_some() && !loan.is_announced)
            }
            LoanStep::Started { since } => mandate.is_some_and(|mandate| {
                mandate.since.is_none()
                    && Timestamp::checked(since.ms()).is_some()
                    && since.date() <= mandate.row.terms.first_due
            }),
            LoanStep::Revoked => mandate.is_some_and(|mandate| !mandate.is_revoked),
        };
        if fits { Ok(()) } else { Err(refused(row.row, row.loan, Reason::LoanInactive)) }
    }

    /// A payment that is a part of a loan is the one that is due now, from whom and to whom the terms
    /// say.
    pub(in super::super) fn check_loan_part(&self, row: &PaymentRow) -> Result<(), RestoreError> {
        let part = row.details.as_ref().and_then(|details| details.loan);
        let Some(LoanPart { loan, used }) = part else { return Ok(()) };
        let wrong = |reason| refused(row.row, loan, reason);
        let is_rejected = matches!(row.taken, Taken::Rejected { .. });
        if used == LoanUse::Disbursement {
            let found = self.loans.find(loan).ok_or_else(|| wrong(Reason::LoanUnknown))?;
            let terms = &found.row.terms;
            let fits = (row.payer, row.payee) == (terms.lender, terms.payee)
                && row.amount == terms.principal
                && found.phase == Phase::Agreed
                && !is_rejected;
            return if fits { Ok(()) } else { Err(wrong(Reason::LoanTerms)) };
        }
        let found = self.mandates.find(loan).ok_or_else(|| wrong(Reason::LoanUnknown))?;
        let terms = &found.row.terms;
        let since = found.since.ok_or_else(|| wrong(Reason::LoanInactive))?;
        let on = row.submitted_at.date();
        let sum = found.plan.parts_of(terms, used, (since.date(), on)).map_err(wrong)?;
        // Only what is collected by itself leaves a refused payment: who asks is answered.
        let may_be = !is_rejected || matches!(used, LoanUse::Instalment(_));
        let fits = (row.payer, row.payee) == (terms.borrower, terms.lender)
            && sum.0.checked_add(sum.1) == Some(row.amount)
            && found.in_flight.is_none()
            && may_be;
        if fits { Ok(()) } else { Err(wrong(Reason::LoanTerms)) }
    }

    /// Whether a credit may pay back the loan that it says: the payer's operator says so, but its
    /// word alone must not make a loan paid.
    pub(in super::super) fn check_loan_credit(
        &self,
        part: LoanPart,
        credit: &Credit<'_>,
    ) -> Result<(), Reason> {
        if part.used == LoanUse::Disbursement {
            return Ok(());
        }
        let found = self.loans.find(part.loan).ok_or(Reason::LoanUnknown)?;
        let terms = &found.row.terms;
        if (credit.payer, credit.payee) != (terms.borrower, terms.lender) {
            return Err(Reason::LoanUnknown);
        }
        if found.held.is_some() {
            return Err(Reason::LoanInFlight);
        }
        let since = found.since().ok_or(Reason::LoanInactive)?;
        // By the word of another operator, which must not go back to before there was a loan.
        let on = credit.submitted_at.date();
        if credit.submitted_at < since {
            return Err(Reason::InstalmentNotDue);
        }
        let days: (BusinessDate, BusinessDate) = (since.date(), on);
        let (principal, interest): (Amount, Amount) =
            found.plan.parts_of(terms, part.used, days)?;
        let is_exact = principal.checked_add(interest) == Some(credit.amount);
        if is_exact { Ok(()) } else { Err(Reason::LoanTerms) }
    }
}
