//! One queue of payments, resolved by each clearing algorithm, by calculation or on ledgers: what
//! is behind `clearing resolve`.

mod case;
mod error;
mod json;
mod ledgers;
mod print;
#[cfg(test)]
mod tests;

pub use case::{Case, PARTICIPANTS_MAX};
pub use error::{CaseError, LedgerError};
pub use ledgers::LedgerCase;
pub use print::Report;
