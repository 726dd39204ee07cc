//! How much is measured.

use std::time::Duration;

/// How much is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// The name of this choice.
    pub mode: &'static str,
    /// Runs of which the median is taken.
    pub runs: usize,
    /// What payment counts are divided by.
    pub divisor: u64,
    /// How long each physical limit is measured in a run.
    pub limit_time: Duration,
    /// Operators of the cluster with many positions.
    pub many_operators: usize,
    /// Payments in a cycle that is closed.
    pub cycle_payments: u64,
    /// Wallets and payments of the process that is restarted.
    pub large: u64,
    /// Rows in each file that the cost is compared at, if it is.
    pub rows: Option<[u64; 2]>,
    /// How long the soak lasts.
    pub soak: Duration,
}

impl Sizes {
    /// Everything, as the table says; about a quarter of an hour.
    pub fn full() -> Self {
        Self {
            mode: "full",
            runs: 5,
            divisor: 1,
            limit_time: Duration::from_millis(1000),
            many_operators: 40,
            cycle_payments: 1_000_000,
            large: 1_000_000,
            rows: Some([1_000_000, 10_000_000]),
            soak: Duration::from_secs(600),
        }
    }

    /// The same rows in less than two minutes.
    pub fn quick() -> Self {
        Self {
            mode: "quick",
            runs: 3,
            divisor: 4,
            limit_time: Duration::from_millis(300),
            many_operators: 20,
            cycle_payments: 100_000,
            large: 100_000,
            rows: None,
            soak: Duration::from_secs(10),
        }
    }

    /// As little as shows that every row can be measured: its figures mean nothing.
    pub fn smoke() -> Self {
        Self {
            mode: "smoke",
            runs: 1,
            divisor: 1000,
            limit_time: Duration::from_millis(10),
            many_operators: 11,
            cycle_payments: 200,
            large: 200,
            rows: Some([200, 400]),
            soak: Duration::from_millis(200),
        }
    }

    /// So many payments of a full run, in this one.
    pub(super) fn payments(&self, full: u64) -> u64 {
        (full / self.divisor).max(20)
    }
}
