//! Clusters of processes, workloads, runs and results.

pub mod cluster;
pub mod load;
