//! What borrowers do at their operator: give a mandate and take it back.

use crate::Reason;
use crate::link::Head;
use crate::money::{Amount, LoanId, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::agree::{of_loan, of_value, of_wallet};
use super::error::LoanValue;
use super::mandates::{Mandate, Mandates};
use super::rows::{LoanStep, MandateRow};
use super::terms::LoanTerms;

/// The most mandates of a wallet that are not over.
const MANDATES_MAX: usize = 100;

/// A mandate to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MandateOrder {
    /// The loan.
    pub loan: LoanId,
    /// What its lender's operator says was agreed on.
    pub terms: LoanTerms,
    /// The hash of the terms that the borrower agrees to.
    pub terms_hash: Head,
    /// A secret of this mandate, if it is new: nobody else can derive the ids of its payments.
    pub salt: Option<Head>,
}

/// What the operator of a lender says when a loan is paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MandateStart {
    /// The loan.
    pub loan: LoanId,
    /// The wallet that lends.
    pub lender: WalletNumber,
    /// The wallet that owes.
    pub borrower: WalletNumber,
    /// The hash of the terms.
    pub terms_hash: Head,
    /// When it was paid out.
    pub since: Timestamp,
}

impl OperatorLedger {
    /// The mandates of this operator's borrowers.
    pub fn mandates(&self) -> &Mandates {
        &self.mandates
    }

    /// The mandate for a loan.
    pub fn mandate(&self, loan: LoanId) -> Result<&Mandate, OperatorError> {
        self.mandates.find(loan).ok_or_else(|| of_loan(loan, Reason::LoanUnknown))
    }

    /// The mandates of a wallet in the order they were given, from a place on, each with its place;
    /// `None` when there is no such wallet.
    pub fn mandates_of(
        &self,
        borrower: WalletNumber,
        first: usize,
    ) -> Option<impl Iterator<Item = (usize, &Mandate)>> {
        let slot = self.wallets.slot_of(borrower)?;
        Some(self.mandates.of_borrower(slot, first))
    }

    /// Gives a mandate. A repeat changes nothing.
    pub fn grant_mandate(
        &mut self,
        order: &MandateOrder,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let MandateOrder { loan, terms, terms_hash, salt } = *order;
        if terms.hash() != terms_hash {
            return Err(of_value("terms_hash", LoanValue::Hash(terms_hash), Reason::LoanTerms));
        }
        if let Some(earlier) = self.mandates.find(loan) {
            // One that was taken back stays so: the loan may be collected by it no more.
            let is_same = earlier.row.terms == terms && !earlier.is_revoked;
            return if is_same { Ok(()) } else { Err(of_loan(loan, Reason::MandateMissing)) };
        }
        // The lender's operator says what they are: the request names the loan alone.
        let refuse = |reason| of_loan(loan, reason);
        terms.check().map_err(|error| refuse(error.reason()))?;
        let of_borrower =
            |error: OperatorError| of_wallet("borrower_wallet", terms.borrower, error.reason());
        let borrower = self.known(terms.borrower).map_err(of_borrower)?;
        if !self.is_of_an_operator(terms.lender) {
            return Err(of_wallet("lender_wallet", terms.lender, Reason::WalletPrefixUnknown));
        }
        // On a day on which it pays nothing else it must be able to pay the largest instalment.
        let (limits, dearest) = (self.limits_of(&self.wallets[borrower]), terms.dearest());
        limits.check_payment(dearest, Amount::ZERO, Amount::ZERO).map_err(refuse)?;
        if self.mandates.live_of(borrower, now.date()) >= MANDATES_MAX {
            return Err(of_wallet("borrower_wallet", terms.borrower, Reason::TooManyLoans));
        }
        self.append(MandateRow { row: 0, loan, terms, salt, at: now }, Known::Nothing);
        Ok(())
    }

    /// The mandate of a borrower for a loan of a lender under terms. Mandates of others must not come
    /// to light.
    fn check_mandate(&self, start: &MandateStart) -> Result<&Mandate, OperatorError> {
        let MandateStart { loan, lender, borrower, terms_hash, .. } = *start;
        let found = self.mandates.find(loan).filter(|found| {
            let terms = &found.row.terms;
            (terms.lender, terms.borrower) == (lender, borrower)
        });
        let found = found.ok_or_else(|| of_loan(loan, Reason::MandateMissing))?;
        let is_same = found.row.terms.hash() == terms_hash;
        if is_same { Ok(found) } else { Err(of_loan(loan, Reason::LoanTerms)) }
    }

    /// Whether a loan may be paid out: its mandate stands. The time of the question says nothing.
    pub fn check_stands(&self, question: &MandateStart) -> Result<(), OperatorError> {
        let is_revoked = self.check_mandate(question)?.is_revoked;
        let missing = Err(of_loan(question.loan, Reason::MandateMissing));
        if is_revoked { missing } else { Ok(()) }
    }

    /// Begins to collect: the loan of the mandate is paid out. One that was taken back meanwhile
    /// collects nothing, but the borrower can pay by hand. A repeat changes nothing.
    pub fn start_mandate(
        &mut self,
        start: &MandateStart,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let MandateStart { loan, since, .. } = *start;
        let found = self.check_mandate(start)?;
        let terms = &found.row.terms;
        if let Some(earlier) = found.since {
            let is_same = earlier == since;
            return if is_same { Ok(()) } else { Err(of_loan(loan, Reason::LoanTerms)) };
        }
        if Timestamp::checked(since.ms()).is_none() || since.date() > terms.first_due {
            let value = LoanValue::Time(since);
            let reason = Reason::FieldInvalid;
            return Err(OperatorError::Loan { field: "disburse_time", value, reason });
        }
        self.step_loan(loan, LoanStep::Started { since }, now);
        Ok(())
    }

    /// Takes a mandate back: nothing is collected any more, and what is owed is paid by hand. What is
    /// on its way stays so. A repeat changes nothing.
    pub fn revoke_mandate(&mut self, loan: LoanId, now: Timestamp) -> Result<(), OperatorError> {
        if !self.mandate(loan)?.is_revoked {
            self.step_loan(loan, LoanStep::Revoked, now);
        }
        Ok(())
    }
}
