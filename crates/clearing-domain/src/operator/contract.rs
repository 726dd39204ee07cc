//! Prepaid contracts: a payer sets money aside for lessons of a merchant, which gets it lesson by
//! lesson.
//!
//! The money stays in the payer's wallet and in the account of wallets, earmarked as grants are; an
//! account of its own would only move it. So every equation of money holds as it stands, the payer
//! is whole whatever becomes of the merchant, and limits on what a wallet holds see all of it. What
//! is locked counts as none of the wallet's own funds, which is all that payments, exchanges, sweeps
//! and moves within a family may take, and a wallet that holds any cannot be closed. A release takes
//! its lesson from under the lock and pays it by an ordinary payment, which counts against the
//! payer's limits on the day of the lesson. What comes back of it is locked again.

mod changes;
mod check;
mod contracts;
mod count;
mod error;
mod release;
mod rows;
mod state;
mod steps;
mod suspensions;
mod terms;
mod totals;

pub use contracts::Contracts;
pub use error::ContractValue;
pub use release::LessonRequest;
pub use rows::{ContractRow, ContractStep, ContractStepRow, ReleaseRow, SuspensionRow};
pub use state::{Contract, ContractState, Lesson, LessonState};
pub use steps::ContractOrder;
pub use terms::{ContractTerms, LESSONS_MAX, RefundRule, ReleaseRule, code_of_lesson};
pub use totals::MerchantTotals;

pub(super) use steps::of_lesson;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
