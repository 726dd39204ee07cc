//! Loans: a lender pays in the borrower's name, and the borrower pays back by instalments.
//!
//! A loan is in two places. The operator of the lender keeps what was agreed on, pays the loan out
//! by an ordinary payment to whom the borrower buys from (entrusted payment), and takes what comes
//! back. The operator of the borrower keeps the mandate: without one of its own borrower nothing is
//! ever collected, whatever another operator says. On due days it pays the lender by itself, again
//! by ordinary payments. Both compute what is due from the same terms and the same payments, so that
//! no message between them decides about money: one says that the loan is paid out, and is repeated
//! until it is answered.
//!
//! At most one payment of a mandate is on its way, so that both sides see the payments of a loan in
//! one order. What a payment is within its loan is a part of its details, and no client can say so.

mod agree;
mod apply;
mod check;
mod collect;
mod count;
mod error;
mod grant;
mod loans;
mod mandates;
mod pay;
mod plan;
mod rows;
mod terms;

pub use agree::LoanOrder;
pub use error::LoanValue;
pub use grant::{MandateOrder, MandateStart};
pub use loans::{Loan, LoanState, Loans, Repaid};
pub use mandates::{Mandate, MandateState, Mandates};
pub use plan::{Instalment, Plan};
pub use rows::{LoanRow, LoanStep, LoanStepRow, MandateRow};
pub use terms::{GRACE_DAYS, INSTALMENTS_MAX, LoanTerms, MONTHS_MAX, RATE_MAX_BP, Repayment};

pub(super) use agree::of_loan;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
