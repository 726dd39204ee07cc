//! Experiments: workloads, runs, results and reports.
//!
//! A run goes forward through the modules, each of which takes what the one before it gives: an
//! `experiment` is read, its `workload` prepared, the `folder` of the run made ready, an `engine`
//! driven to its end, `results` drawn from the ledgers, and a `report` written from their files.

pub mod engine;
pub mod experiment;
mod files;
pub mod folder;
pub mod indicators;
mod page;
pub mod payment_list;
mod plot;
pub mod report;
pub mod resolve;
pub mod results;
pub mod scenarios;
pub mod stress;
pub mod sweep;
mod table;
pub mod text;
pub mod treasury;
pub mod workload;

pub use files::FileError;
pub use page::PageError;
pub use table::TableError;

#[cfg(test)]
mod documents;
#[cfg(test)]
mod validation;
