//! Clusters of processes, workloads, runs and results.

pub mod audit;
pub mod bench;
pub mod cluster;
pub mod engine;
pub mod experiment;
pub mod indicators;
pub mod load;
pub mod report;
pub mod resolve;
pub mod results;
pub mod sweep;
pub mod torture;
pub mod workload;

#[cfg(test)]
mod documents;
#[cfg(test)]
mod validation;
