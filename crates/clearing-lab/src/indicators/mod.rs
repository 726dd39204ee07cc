//! The indicators of a file of payments, as the command prints them.
//!
//! Times are whole thousandths of the unit of the file: of a second in a CSV file, of whatever the
//! plain numbers of a JSON file count.

mod case;
mod days;
mod error;
mod input;
mod levels;
mod listed;
mod more;
mod numbers;
mod report;

#[cfg(test)]
mod tests;

pub use clearing_domain::indicators::queue_day::QueueAlgorithm;
pub use error::IndicatorsError;
pub use input::{Hours, PaymentDay};
pub use report::{Report, Study};
