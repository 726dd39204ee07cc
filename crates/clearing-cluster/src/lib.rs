//! A cluster of processes as a value, and what is done to one that runs: load, kills, measurements
//! and the audit of its files.

pub mod audit;
pub mod bench;
pub mod call;
pub mod cluster;
pub mod join;
pub mod load;
pub mod torture;
