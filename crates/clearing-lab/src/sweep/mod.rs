//! Sweeps: a grid of experiments, each run in this process under the same seeds, as one table.

mod error;
mod executor;
mod figure;
mod figure_page;
mod file;
mod grid;
mod keys;
mod liquidity;
mod one_run;
mod paired;
mod row;
mod statistics;
mod store;
mod tables;
mod until;
mod words;

#[cfg(test)]
mod tests;

pub use error::SweepError;
pub(crate) use executor::Finished;
pub use executor::{SweepOptions, Swept, default_folder};
pub use file::Sweep;
pub use grid::{Axis, Point};
pub use keys::{Cost, SWEEP_KEYS, SweepFigure};
pub use liquidity::LevelTooLarge;
pub(crate) use one_run::Detail;
pub(crate) use row::Row;
pub use statistics::{Estimate, SignTest, student_t_95};
pub(crate) use store::Store;
pub use until::Until;
