//! The part of a loan that a payment is.

use crate::money::{Amount, LoanId};

/// What a payment is within a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoanUse {
    /// The lender pays the loan out, to the borrower or to whom the borrower buys from.
    Disbursement,
    /// The borrower pays an instalment, by its number from 1.
    Instalment(u32),
    /// The borrower pays so much of the principal early, with the interest on it.
    Repayment(Amount),
}

/// The part of a loan that a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoanPart {
    /// The loan.
    pub loan: LoanId,
    /// What of it.
    pub used: LoanUse,
}
