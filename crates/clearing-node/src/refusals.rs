//! The refusals of a process to its peers and clients: every one is counted, some are logged.
//!
//! An unknown client decides how often it is refused, so a refusal must not always cost a line of
//! the log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clearing_api::v1;

/// The most lines of a kind in the log in a period.
const LINES_MAX: u32 = 5;
/// How long a period is.
const PERIOD: Duration = Duration::from_secs(10);

/// Counts of the refusals since the process started.
#[derive(Debug, Default)]
pub struct Refusals {
    /// Links: a wrong secret, or a registration that was refused.
    pub links: Tally,
    /// Messages of peers, in whole or in part.
    pub messages: Tally,
    /// Connections beyond a limit, or that sent nothing.
    pub connections: Tally,
    /// Calls: beyond a limit of bytes, or with a message that never ended.
    pub calls: Tally,
    /// Subscriptions beyond their limit.
    pub subscriptions: Tally,
    /// Payments of wallets whose payments are refused too often.
    pub payments: Tally,
}

impl Refusals {
    /// The counts as `GetNode` shows them.
    pub fn view(&self) -> v1::Refusals {
        v1::Refusals {
            links: self.links.count(),
            messages: self.messages.count(),
            connections: self.connections.count(),
            calls: self.calls.count(),
            subscriptions: self.subscriptions.count(),
            payments: self.payments.count(),
        }
    }
}

/// A count, and the pace of its lines in the log.
#[derive(Debug, Default)]
pub struct Tally {
    count: AtomicU64,
    pace: Pace,
}

impl Tally {
    /// Counts one refusal. Returns how many lines were left out, when the log may have another.
    pub fn add(&self) -> Option<u64> {
        self.count_in(1);
        self.line()
    }

    /// Counts refusals that are logged elsewhere.
    pub fn count_in(&self, some: u64) {
        self.count.fetch_add(some, Ordering::Relaxed);
    }

    /// Returns how many lines were left out, when the log may have another line.
    pub fn line(&self) -> Option<u64> {
        self.pace.next(Instant::now())
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// Keeps lines of one kind from flooding the log.
#[derive(Debug, Default)]
pub struct Pace(Mutex<Period>);

#[derive(Debug, Default)]
struct Period {
    began: Option<Instant>,
    lines: u32,
    left_out: u64,
}

impl Pace {
    /// Returns how many lines were left out before, when a line may be written now.
    pub fn next(&self, now: Instant) -> Option<u64> {
        let mut period = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if period.began.is_none_or(|began| now.duration_since(began) >= PERIOD) {
            period.began = Some(now);
            period.lines = 0;
        }
        // A line that is left out is counted, so that the log still shows how often it happened.
        if period.lines == LINES_MAX {
            period.left_out += 1;
            return None;
        }
        period.lines += 1;
        Some(std::mem::take(&mut period.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_gets_a_few_lines_a_period_and_then_how_many_were_left_out() {
        let (pace, start) = (Pace::default(), Instant::now());
        let lines = (0..100).filter_map(|_| pace.next(start)).collect::<Vec<_>>();
        assert_eq!(lines, [0; LINES_MAX as usize]);
        assert_eq!(pace.next(start + PERIOD), Some(95));
        assert_eq!(pace.next(start + PERIOD), Some(0));
    }

    #[test]
    fn everything_is_counted() {
        let refusals = Refusals::default();
        for _ in 0..100 {
            refusals.messages.add();
        }
        assert_eq!((refusals.view().messages, refusals.view().links), (100, 0));
    }
}
