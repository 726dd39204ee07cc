//! Business time: milliseconds in UTC, days in Asia/Shanghai.

use std::fmt;

use super::whole_number;

/// Milliseconds of one day.
pub const DAY_MS: i64 = 86_400_000;
/// A minute in milliseconds.
pub const MINUTE_MS: i64 = 60_000;
/// An hour in milliseconds.
pub const HOUR_MS: i64 = 3_600_000;
/// Asia/Shanghai is UTC+8, except in the summers below.
const STANDARD_OFFSET_MS: i64 = 8 * HOUR_MS;
/// The summers in which Asia/Shanghai was UTC+9, in milliseconds since 1970 UTC: the first moment
/// of each and the first after it. These are all since 1950 in the tz database (file `asia`, rule
/// PRC); clocks went from 2:00 to 3:00, and in autumn from 2:00 to 1:00, so that midnight is one
/// moment on every day.
const SUMMERS: [(i64, i64); 6] = [
    (515_527_200_000, 527_014_800_000),
    (545_162_400_000, 558_464_400_000),
    (577_216_800_000, 589_914_000_000),
    (608_666_400_000, 621_968_400_000),
    (640_116_000_000, 653_418_000_000),
    (671_565_600_000, 684_867_600_000),
];
/// The first year of which all days lie within the times that this system supports.
const FIRST_YEAR: i32 = 1971;
const LAST_YEAR: i32 = 9999;

/// A point in business time: milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A natural day in Asia/Shanghai: days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDate(i32);

impl Timestamp {
    /// The earliest time that this system supports.
    pub const ZERO: Self = Self(0);

    /// The latest time that this system supports: the last millisecond of the year 9999 in UTC,
    /// beyond which common formats have no times.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// Checks milliseconds since the epoch from another program; `None` before 1970 or after the
    /// year 9999.
    pub fn checked(ms: i64) -> Option<Self> {
        (Self::ZERO.0..=Self::MAX.0).contains(&ms).then_some(Self(ms))
    }

    /// The time of a number of milliseconds since the epoch.
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

    /// When the natural day after that of this time begins.
    pub fn next_day(self) -> Self {
        self.date().next().start()
    }

    /// The last moment of its business day: the end of the last tick of a day is part of it.
    pub fn day_end(self) -> Self {
        self.plus_ms(-1).next_day()
    }

    /// The natural day in Asia/Shanghai.
    pub fn date(self) -> BusinessDate {
        let days = self.local_ms().div_euclid(DAY_MS);
        BusinessDate(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// The time on a clock in Asia/Shanghai, in milliseconds since 0:00. On a day of 23 or 25 hours
    /// it differs from the time that has passed since midnight.
    pub fn ms_of_day(self) -> i64 {
        self.local_ms().rem_euclid(DAY_MS)
    }

    /// The time on clocks in Asia/Shanghai, in milliseconds since 0:00 of a day, where each day
    /// between counts as 24 hours: the number of days times [`DAY_MS`], plus
    /// [`Timestamp::ms_of_day`].
    pub fn ms_by_clocks_since(self, day: BusinessDate) -> i64 {
        self.local_ms().saturating_sub(i64::from(day.0) * DAY_MS)
    }

    fn local_ms(self) -> i64 {
        self.0.saturating_add(offset_ms(self.0))
    }
}

/// How far the clocks in Asia/Shanghai are ahead of UTC.
fn offset_ms(ms: i64) -> i64 {
    if summer_of(ms).is_some() { STANDARD_OFFSET_MS + HOUR_MS } else { STANDARD_OFFSET_MS }
}

/// The summer in which a moment lies.
fn summer_of(ms: i64) -> Option<(i64, i64)> {
    // Nearly all times are later than the last summer, and every payment asks.
    if ms >= SUMMERS[SUMMERS.len() - 1].1 {
        return None;
    }
    SUMMERS.into_iter().find(|(from, until)| (*from..*until).contains(&ms))
}

impl BusinessDate {
    /// The day of a year, month and day of the Gregorian calendar; `None` when there is none, or
    /// when it is before 1971 or after 9999.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        let known = (1..=12).contains(&month) && (FIRST_YEAR..=LAST_YEAR).contains(&year);
        if !known || day == 0 || day > days_in_month(year, month) {
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
        Self::from_ymd(whole_number(year)?, whole_number(month)?, whole_number(day)?)
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
    pub fn start(self) -> Timestamp {
        self.at(0)
    }

    /// The moment at which the clocks in Asia/Shanghai show a time of this day, in milliseconds
    /// since 0:00.
    ///
    /// Where clocks show a time twice it is the first moment. A time that the clocks skip is the
    /// moment of the change, so that the order of times on the clock is that of the moments.
    pub fn at(self, ms_of_day: i64) -> Timestamp {
        // The moment is computed under both offsets; the summers decide which of the two applies.
        // Where both do, in the repeated hour of autumn, the earlier moment is that of summer time.
        let local = i64::from(self.0) * DAY_MS + ms_of_day;
        let (standard, summer) = (local - STANDARD_OFFSET_MS, local - STANDARD_OFFSET_MS - HOUR_MS);
        match (summer_of(summer), summer_of(standard)) {
            (Some(_), _) => Timestamp(summer),
            (None, Some((begin, _))) => Timestamp(begin),
            (None, None) => Timestamp(standard),
        }
    }

    /// Whether the clocks in Asia/Shanghai show a time on this day.
    pub fn has(self, ms_of_day: i64) -> bool {
        self.at(ms_of_day).ms_of_day() == ms_of_day
    }

    /// How many milliseconds the day has: those of 23, 24 or 25 hours.
    pub fn length_ms(self) -> i64 {
        self.next().start().0 - self.start().0
    }

    /// The day a number of days after this one.
    pub const fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add_unsigned(days))
    }

    /// The same day of the month a number of months later, or the last one of a month that is too
    /// short for it; `None` after the year 9999.
    pub fn plus_months(self, months: u32) -> Option<Self> {
        let (year, month, day) = self.ymd();
        let month = (month - 1).checked_add(months)?;
        let (years, month) = (i32::try_from(month / 12).ok()?, month % 12 + 1);
        let year = year.checked_add(years)?;
        Self::from_ymd(year, month, day.min(days_in_month(year, month)))
    }

    /// How many days lie between an earlier day and this one; none when that is later.
    pub fn days_since(self, earlier: Self) -> u32 {
        u32::try_from(i64::from(self.0) - i64::from(earlier.0)).unwrap_or(0)
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
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
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
        let offset = offset_ms(self.0) / HOUR_MS;
        write!(
            formatter,
            "{}T{hour:02}:{minute:02}:{second:02}.{ms:03}+{offset:02}:00",
            self.date()
        )
    }
}

#[cfg(test)]
mod tests;
