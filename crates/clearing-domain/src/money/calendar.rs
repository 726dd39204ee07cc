//! Business time: milliseconds in UTC, days in Asia/Shanghai.

use std::fmt;

/// Milliseconds of one day.
pub const DAY_MS: i64 = 86_400_000;
/// Asia/Shanghai is UTC+8 without daylight saving since 1992.
const SHANGHAI_OFFSET_MS: i64 = 8 * 3_600_000;

/// A point in business time: milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A natural day in Asia/Shanghai: days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDate(i32);

impl Timestamp {
    /// The earliest time this system speaks of.
    pub const ZERO: Self = Self(0);

    /// Takes milliseconds since the epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This time moved by some milliseconds; stays within the range of `i64`.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The natural day in Asia/Shanghai.
    pub fn date(self) -> BusinessDate {
        let days = self.0.saturating_add(SHANGHAI_OFFSET_MS).div_euclid(DAY_MS);
        BusinessDate(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// Milliseconds since midnight in Asia/Shanghai.
    pub const fn ms_of_day(self) -> i64 {
        self.0.saturating_add(SHANGHAI_OFFSET_MS).rem_euclid(DAY_MS)
    }
}

impl BusinessDate {
    /// The day of a year, month and day of the Gregorian calendar; `None` when there is none.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || !(1900..=9999).contains(&year) || day == 0 || day > days_in_month(year, month)
        {
            return None;
        }
        Some(Self(days_from_civil(year, month, day)))
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if (year.len(), month.len(), day.len()) != (4, 2, 2) {
            return None;
        }
        Self::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The day of a number of days since 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Midnight in Asia/Shanghai at which the day starts.
    pub const fn start(self) -> Timestamp {
        Timestamp(self.0 as i64 * DAY_MS - SHANGHAI_OFFSET_MS)
    }

    /// Year, month and day.
    pub fn ymd(self) -> (i32, u32, u32) {
        civil_from_days(self.0)
    }

    /// The calendar year, over which annual limits count.
    pub fn year(self) -> i32 {
        self.ymd().0
    }

    /// The day after.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

fn days_in_month(year: i32, month: u32) -> u32 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 by Howard Hinnant's algorithm.
fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month as i32 + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day as i32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let days = i64::from(days) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

/// Shanghai time, as in `2022-08-24T10:00:00.000+08:00`.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.ms_of_day();
        let (seconds, ms) = (ms / 1000, ms % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(formatter, "{}T{hour:02}:{minute:02}:{second:02}.{ms:03}+08:00", self.date())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_reads_back() {
        for days in -20_000..130_000 {
            let date = BusinessDate::from_days(days);
            let (year, month, day) = date.ymd();
            assert_eq!(BusinessDate::from_ymd(year, month, day), Some(date));
        }
    }

    #[test]
    fn a_day_turns_at_midnight_in_shanghai() {
        let date = BusinessDate::parse("2022-08-24").unwrap();
        assert_eq!(date.start().to_string(), "2022-08-24T00:00:00.000+08:00");
        assert_eq!(date.start().plus_ms(-1).to_string(), "2022-08-23T23:59:59.999+08:00");
        assert_eq!(date.start().ms(), 1_661_270_400_000);
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["2022-02-29", "2022-13-01", "2022-00-01", "2022-04-31", "22-04-30", "2022-4-3", "x"] {
            assert_eq!(BusinessDate::parse(text), None, "{text}");
        }
        assert!(BusinessDate::parse("2024-02-29").is_some());
    }
}
