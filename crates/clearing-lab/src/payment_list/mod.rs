//! Payments as people list them: the rows of a file, or the entries of an experiment.

mod amount;
mod columns;
mod csv_file;
mod error;
mod fields;
mod lines;
mod moment;
mod participants;

pub use csv_file::{BadRow, CsvFile, Reading, Rounded};
pub use error::PaymentListError;
pub(crate) use fields::Fields;
pub use fields::{ListedPayment, Terms};
pub(crate) use moment::parse_time;
pub(crate) use participants::codes_for;
