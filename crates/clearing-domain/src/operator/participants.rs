//! Indirect participants: other banks, whose customers have wallets at this operator. Their
//! payments clear and settle through the operator as its own do, and what each of them makes of the
//! operator's position is counted here. The central bank knows the operator alone.
//!
//! Sub-wallets and hard wallets belong to the participant of their parent. The configuration says
//! for whom wallets are opened; of an open wallet its row says whose it is, whatever became of the
//! configuration.

mod count;
mod listed;
mod position;
mod rows;
mod steps;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use listed::{Part, Participants};
pub use position::{IndirectPosition, Period};
pub use rows::ParticipantRow;
