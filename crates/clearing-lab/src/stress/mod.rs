//! Stress tests: every participant hit by every scenario, each in a run of its own, beside one run
//! in which nothing more goes wrong.

mod error;
mod outcome;
mod page;
mod plan;
mod scenario;
mod tables;

#[cfg(test)]
mod tests;

pub use error::StressError;
pub use outcome::{Affected, Extreme, ParticipantStress, Shortage, StressOutcome, StressRun};
pub use plan::{Stress, StressOptions, Stressed, default_folder};
pub use scenario::StressScenario;
