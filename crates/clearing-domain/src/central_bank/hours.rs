//! Business hours of settlement: between which times of the day anything settles, and the days on
//! which nothing does.
//!
//! Hours are configured and in no row: what has settled is a fact whatever the hours are now. Both
//! their ends belong to them.

use std::collections::BTreeSet;

use crate::money::{BusinessDate, DAY_MS, Timestamp, Weekday};

/// When settlement is open; the whole day on all days by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementHours {
    opens_ms: i64,
    closes_ms: i64,
    weekdays: BTreeSet<Weekday>,
    dates: BTreeSet<BusinessDate>,
}

impl Default for SettlementHours {
    fn default() -> Self {
        Self { opens_ms: 0, closes_ms: DAY_MS, weekdays: BTreeSet::new(), dates: BTreeSet::new() }
    }
}

impl SettlementHours {
    /// Hours from one time of the day to another, in milliseconds, but for some weekdays and dates;
    /// `None` where they never open.
    pub fn new(
        [opens_ms, closes_ms]: [i64; 2],
        weekdays: BTreeSet<Weekday>,
        dates: BTreeSet<BusinessDate>,
    ) -> Option<Self> {
        let opens = 0 <= opens_ms && opens_ms < closes_ms && closes_ms <= DAY_MS;
        let hours = Self { opens_ms, closes_ms, weekdays, dates };
        (opens && hours.weekdays.len() < Weekday::ALL.len()).then_some(hours)
    }

    /// The time of the day at which they begin, in milliseconds.
    pub fn opens_ms(&self) -> i64 {
        self.opens_ms
    }

    /// The time of the day at which they end, in milliseconds.
    pub fn closes_ms(&self) -> i64 {
        self.closes_ms
    }

    /// The weekdays without settlement.
    pub fn closed_weekdays(&self) -> &BTreeSet<Weekday> {
        &self.weekdays
    }

    /// The dates without settlement.
    pub fn closed_dates(&self) -> &BTreeSet<BusinessDate> {
        &self.dates
    }

    /// Whether settlement never closes.
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// Whether anything settles on a day.
    pub fn has(&self, day: BusinessDate) -> bool {
        !self.dates.contains(&day) && !self.weekdays.contains(&day.weekday())
    }

    /// Whether anything may settle at a moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let (day, ms) = (at.date(), at.ms_of_day());
        // Midnight is the end of the day before, too.
        let before = at.plus_ms(-1).date();
        let ends_a_day = ms == 0 && self.closes_ms == DAY_MS && self.has(before);
        ends_a_day || (self.opens_ms <= ms && ms <= self.closes_ms && self.has(day))
    }

    /// The first moment from a time on at which anything may settle.
    pub fn first_open(&self, from: Timestamp) -> Timestamp {
        if self.is_open(from) {
            return from;
        }
        let mut day = from.date();
        // Some weekday is open, and the closed dates have an end.
        while !self.has(day) || day.at(self.opens_ms) < from {
            day = day.next();
        }
        day.at(self.opens_ms)
    }
}

#[cfg(test)]
mod tests;
