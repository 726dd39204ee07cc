//! The rows of loans: of the loan at its lender's operator, of the mandate at its borrower's.

use crate::link::Head;
use crate::money::{LoanId, RequestId, Timestamp};
use crate::row::{row, variants};

use super::terms::LoanTerms;

row! {
    /// A loan that lender and borrower agreed on.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LoanRow in "loans", kind 43 {
        /// The number of the row.
        pub row: u64,
        /// The loan.
        pub loan: LoanId,
        /// The lender's name for the request.
        pub request_id: RequestId,
        /// What was agreed on.
        pub terms: LoanTerms,
        /// What makes the ids of its disbursements unknown to others; none under lockstep, where
        /// they are the same in every run.
        pub salt: Option<Head>,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// A mandate: a borrower lets a lender have the instalments of a loan.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MandateRow in "mandates", kind 44 {
        /// The number of the row.
        pub row: u64,
        /// The loan.
        pub loan: LoanId,
        /// What was agreed on.
        pub terms: LoanTerms,
        /// What makes the ids of its instalments unknown to others; none under lockstep.
        pub salt: Option<Head>,
        /// When.
        pub at: Timestamp,
    }
}

/// What happens to a loan or a mandate, beside the payments of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoanStep {
    /// The lender gives it up before it is paid out.
    Cancelled,
    /// The operator of the borrower has answered that it knows the loan as paid out.
    Announced,
    /// The loan of the mandate was paid out.
    Started {
        /// When, as its lender's operator says.
        since: Timestamp,
    },
    /// The borrower takes the mandate back.
    Revoked,
}

variants! {
    LoanStep as LoanStepColumns in "step" { since: Timestamp }
    1 = Cancelled,
    2 = Announced,
    3 = Started { since },
    4 = Revoked,
}

row! {
    /// A step of a loan or a mandate.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LoanStepRow in "loan_steps", kind 46 {
        /// The number of the row.
        pub row: u64,
        /// The loan.
        pub loan: LoanId,
        /// What happens.
        pub step: LoanStep,
        /// When.
        pub at: Timestamp,
    }
}
