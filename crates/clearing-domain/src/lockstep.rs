//! Lockstep: ticks in place of a clock.

use crate::money::{BusinessDate, Timestamp};

/// How ticks map to business time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lockstep {
    /// When tick 1 starts.
    pub start: Timestamp,
    /// The length of a tick.
    pub tick_ms: i64,
}

impl Lockstep {
    /// The business day of a number, counted from 0.
    pub fn day(&self, number: u32) -> BusinessDate {
        self.start.date().plus_days(number)
    }

    /// How many ticks end by a time.
    pub fn ticks_by(&self, at: Timestamp) -> u64 {
        u64::try_from((at.ms() - self.start.ms()).div_euclid(self.tick_ms)).unwrap_or(0)
    }

    /// Whether a tick ends within the times that this system supports.
    pub fn has(&self, tick: u64) -> bool {
        self.end_of(tick) <= Timestamp::MAX
    }

    /// Whether a time falls into a tick; one on the end of a tick belongs to the next.
    pub fn is_within(&self, tick: u64, at: Timestamp) -> bool {
        (self.end_of(tick.saturating_sub(1))..self.end_of(tick)).contains(&at)
    }

    /// When a tick ends; ticks count from 1.
    pub fn end_of(&self, tick: u64) -> Timestamp {
        let ticks = i64::try_from(tick).unwrap_or(i64::MAX);
        self.start.plus_ms(self.tick_ms.saturating_mul(ticks))
    }
}
