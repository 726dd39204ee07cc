//! The open loop: what is due by the clock, whatever the cluster does.

use std::time::{Duration, Instant};

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often what is due is submitted. Payments wait for it half as long on average, and that
/// counts.
pub(super) const CALLS_TICK: Duration = Duration::from_millis(1);
/// The same for streams: seldom enough that a message carries more than a payment or two.
pub(super) const STREAM_TICK: Duration = Duration::from_millis(4);

/// Says how many payments are due at a rate.
#[derive(Debug)]
pub(super) struct Schedule {
    begun: Instant,
    per_second: f64,
    submitted: u64,
    ticks: Interval,
}

impl Schedule {
    pub(super) fn new(rate: u32, tick: Duration) -> Self {
        let mut ticks = interval(tick);
        // What is due goes by the clock, so a tick that was missed needs no making up.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self { begun: Instant::now(), per_second: f64::from(rate), submitted: 0, ticks }
    }

    /// Waits for the next tick and gives the numbers of the payments due by then, none twice.
    ///
    /// Dropping the wait loses nothing.
    pub(super) async fn due(&mut self) -> std::ops::Range<u64> {
        self.ticks.tick().await;
        let due = (self.begun.elapsed().as_secs_f64() * self.per_second) as u64;
        let first = self.submitted;
        // The time is a float, and a number must not fall below one that was given out.
        self.submitted = due.max(first);
        first..self.submitted
    }

    /// When a payment was meant to start.
    pub(super) fn start_of(&self, number: u64) -> Instant {
        self.begun + Duration::from_secs_f64(number as f64 / self.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_payment_is_due_once_and_not_before_its_start() {
        let mut schedule = Schedule::new(100_000, CALLS_TICK);
        let mut next = 0;
        while next < 1000 {
            let due = schedule.due().await;
            assert_eq!(due.start, next);
            next = due.end;
            if next > 0 {
                assert!(schedule.start_of(next - 1) <= Instant::now());
            }
        }
    }
}
