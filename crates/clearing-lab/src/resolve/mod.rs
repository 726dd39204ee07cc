//! One queue of payments, resolved by each clearing algorithm: the calculator behind `clearing resolve`.

mod case;
mod error;
mod json;
mod print;
#[cfg(test)]
mod tests;

pub use case::{Case, PARTICIPANTS_MAX};
pub use error::CaseError;
pub use print::Report;
