//! The input of indicators: payments with their times, and the hours of a day.

use crate::money::Amount;

/// A payment between two participants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The number of the participant that pays.
    pub sender: usize,
    /// The number of the participant that is paid, another one.
    pub receiver: usize,
    /// The amount.
    pub value: Amount,
    /// When it was submitted.
    pub submitted: i64,
    /// When it was settled; `None` when it never was.
    pub settled: Option<i64>,
}

/// The business hours of a day, in any unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The opening, counted from the start of the day.
    pub open: i64,
    /// The close, counted from the start of the day.
    pub close: i64,
    /// The length of a day when records lie in several days, the first of which starts at 0.
    pub length: Option<i64>,
}

impl Record {
    /// When the payment settled, but at most T, the close of its day; T when it never did.
    pub fn settled_by_close(&self, day: &Day) -> i64 {
        let close = day.close_of(self.submitted);
        self.settled.map_or(close, |settled| settled.min(close))
    }

    /// How long it waited within its day: u − t.
    pub(super) fn delay(&self, day: &Day) -> i64 {
        self.settled_by_close(day) - self.submitted
    }
}

impl Day {
    /// A single day.
    pub const fn single(open: i64, close: i64) -> Self {
        Self { open, close, length: None }
    }

    /// Which day a time belongs to, counted from 0.
    pub fn number_of(&self, time: i64) -> i64 {
        self.length.map_or(0, |length| time.div_euclid(length))
    }

    /// The time since the start of its day.
    pub fn time_of_day(&self, time: i64) -> i64 {
        self.length.map_or(time, |length| time.rem_euclid(length))
    }

    /// T: the close of the day that a time belongs to.
    pub fn close_of(&self, time: i64) -> i64 {
        time - self.time_of_day(time) + self.close
    }

    /// How long business is open on the days that have records.
    pub fn business_time(&self, records: &[Record]) -> i64 {
        let mut days: Vec<_> =
            records.iter().map(|record| self.number_of(record.submitted)).collect();
        days.sort_unstable();
        days.dedup();
        (self.close - self.open) * days.len() as i64
    }
}

/// Applies changes by their time, ascending; those of one time together.
pub(super) fn at_each_time<T: Copy>(
    mut changes: Vec<(i64, T)>,
    mut apply: impl FnMut(i64, &mut dyn Iterator<Item = T>),
) {
    changes.sort_by_key(|(time, _)| *time);
    for group in changes.chunk_by(|one, next| one.0 == next.0) {
        apply(group[0].0, &mut group.iter().map(|(_, change)| *change));
    }
}
