//! Experiments: workloads, runs, results and reports.

pub mod engine;
pub mod experiment;
pub mod indicators;
pub mod report;
pub mod resolve;
pub mod results;
pub mod sweep;
mod table;
pub mod workload;

#[cfg(test)]
mod documents;
#[cfg(test)]
mod validation;
