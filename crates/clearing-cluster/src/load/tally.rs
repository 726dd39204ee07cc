//! What became of the payments of a load, and how long they took.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::LoadError;

/// The longest latency told apart, in microseconds: an hour.
const LATENCY_MAX_US: u64 = 3_600_000_000;

/// What a client hears of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is final and the payee has the money.
    Completed,
    /// It was still under way when the wait ended.
    Unfinished,
    /// It was refused, returned or not taken, for this reason.
    Refused(String),
}

/// Counts of payments by fate, with the latencies of all.
#[derive(Debug)]
pub struct Tally {
    /// Payments completed.
    pub completed: u64,
    /// Payments still under way when the wait for them ended.
    pub unfinished: u64,
    /// Payments refused, by the name of the reason.
    pub refused: BTreeMap<String, u64>,
    /// Latencies in microseconds, from the start (open loop: the intended start) to the answer.
    pub latency_us: Histogram<u64>,
}

impl Tally {
    /// An empty tally.
    pub(crate) fn new() -> Result<Self, LoadError> {
        let latency_us = Histogram::new_with_bounds(1, LATENCY_MAX_US, 3)?;
        Ok(Self { completed: 0, unfinished: 0, refused: BTreeMap::new(), latency_us })
    }

    /// Counts one payment.
    pub(super) fn record(&mut self, latency: Duration, fate: Fate) {
        self.latency_us
            // A latency beyond the range counts as the largest; to drop it would hide the worst.
            .saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LATENCY_MAX_US));
        match fate {
            Fate::Completed => self.completed += 1,
            Fate::Unfinished => self.unfinished += 1,
            Fate::Refused(reason) => *self.refused.entry(reason).or_default() += 1,
        }
    }

    /// Adds another tally to this one.
    pub(crate) fn add(&mut self, other: &Self) {
        self.completed += other.completed;
        self.unfinished += other.unfinished;
        for (reason, count) in &other.refused {
            *self.refused.entry(reason.clone()).or_default() += count;
        }
        // Both have the same bounds, so nothing can be outside.
        let _ = self.latency_us.add(&other.latency_us);
    }

    /// How many payments were counted.
    pub fn payments(&self) -> u64 {
        self.completed + self.unfinished + self.refused.values().sum::<u64>()
    }
}

/// The outcome of a load.
#[derive(Debug)]
pub struct LoadReport {
    /// What became of the payments.
    pub tally: Tally,
    /// From the first submission to the last answer.
    pub elapsed: Duration,
}

impl LoadReport {
    /// Completed payments per second.
    pub fn throughput(&self) -> f64 {
        self.tally.completed as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = &self.tally;
        let count = |name: &str, count: u64| format!("{name:<24}{count:>12}");
        writeln!(formatter, "{}", count("payments", tally.payments()))?;
        writeln!(formatter, "{}", count("completed", tally.completed))?;
        if tally.unfinished > 0 {
            writeln!(formatter, "{}", count("unfinished", tally.unfinished))?;
        }
        for (reason, refused) in &tally.refused {
            writeln!(formatter, "{}", count(reason, *refused))?;
        }
        writeln!(formatter, "{:<24}{:>12.2} s", "elapsed", self.elapsed.as_secs_f64())?;
        writeln!(formatter, "{:<24}{:>12.0} payments/s", "throughput", self.throughput())?;
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
            let latency_ms = tally.latency_us.value_at_quantile(quantile) as f64 / 1000.0;
            writeln!(formatter, "{:<24}{latency_ms:>12.3} ms", format!("latency {name}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_fates_throughput_and_latencies() {
        let mut tally = Tally::new().unwrap();
        for latency in 1..=97 {
            tally.record(Duration::from_millis(latency), Fate::Completed);
        }
        tally.record(Duration::from_millis(98), Fate::Refused("NET_DEBIT_CAP".to_owned()));
        let mut other = Tally::new().unwrap();
        other.record(Duration::from_millis(99), Fate::Refused("NET_DEBIT_CAP".to_owned()));
        other.record(Duration::from_millis(100), Fate::Unfinished);
        tally.add(&other);
        let report = LoadReport { tally, elapsed: Duration::from_millis(500) };
        insta::assert_snapshot!(report, @r"
        payments                         100
        completed                         97
        unfinished                         1
        NET_DEBIT_CAP                      2
        elapsed                         0.50 s
        throughput                       194 payments/s
        latency p50                   50.015 ms
        latency p99                   99.007 ms
        latency p99.9                100.031 ms
        latency max                  100.031 ms
        ");
    }
}
