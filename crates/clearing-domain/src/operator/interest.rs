//! Interest on wallets in the deposit regime: the demand rate on what wallets hold at the close of
//! each day, credited on the 21st of March, June, September and December for the days up to the
//! 20th, and for the days since when a wallet is closed.
//!
//! The rate is one for the life of a ledger, so that what was credited can be checked; days are
//! actual days, a year has 360 of them, and the sum is rounded once, to the nearest fen. What rounds to nothing is not
//! credited and counts in the next period. Wallets of class 4 earn none, nor do the operator's own,
//! the pools of campaigns and hard wallets. Money that is locked or earmarked earns with the rest.

mod accrual;
mod accruals;
mod credit;
mod credits;
mod rows;

pub use accrual::Accrual;
pub use accruals::Accruals;
pub use credits::Interest;
pub use rows::InterestRow;

#[cfg(test)]
mod tests;
