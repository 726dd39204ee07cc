//! When a payment is submitted, as files have it.

use clearing_domain::money::{
    BusinessDate, DAY_MS, HOUR_MS, MINUTE_MS, Timestamp, cut, whole_number,
};

/// The furthest zones from UTC.
const OFFSET_MS_MAX: i64 = 18 * HOUR_MS;
const NANOS_OF_A_MS: u32 = 1_000_000;

/// A moment: in milliseconds, as ledgers count, and what was stated beyond, which orders payments of
/// one millisecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    pub(super) nanos: u32,
}

/// A time of day with its zone, if it names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clock {
    ms: i64,
    nanos: u32,
    /// How far the zone is ahead of UTC; `None` is Shanghai.
    offset_ms: Option<i64>,
}

/// Reads the moment of a payment from a column of dates, which may have the time as well, and a
/// column of times, which may be empty. The error is a sentence that names column and value.
pub(super) fn read_moment(column: &str, date: &str, time: &str) -> Result<Moment, String> {
    let shown = |text: &str| cut(text, 40);
    let (day, own_time) = match date.split_once(['T', 't', ' ']) {
        Some((day, own_time)) if column == "datetime" || BusinessDate::parse(day).is_some() => {
            (day, own_time)
        }
        Some(_) | None => (date, ""),
    };
    let example = if column == "datetime" { "2022-08-24T09:30:00+08:00" } else { "2022-08-24" };
    let is_no_day = || format!("{column} {:?} is not a day as in {example}", shown(date));
    let day = BusinessDate::parse(day).ok_or_else(is_no_day)?;
    let (column, text) = match (own_time.is_empty(), time.is_empty()) {
        (true, false) => ("time", time),
        (false, true) => (column, own_time),
        (false, false) => {
            return Err(format!(
                "{column} {:?} has a time beside time {:?}",
                shown(date),
                shown(time)
            ));
        }
        (true, true) if column == "datetime" => {
            return Err(format!("datetime {:?} has no time", shown(date)));
        }
        (true, true) => {
            return Err(format!("time \"\" is empty, and date {:?} has no time", shown(date)));
        }
    };
    let whole = if column == "time" { time } else { date };
    let clock = Clock::read(text).map_err(|why| format!("{column} {:?} {why}", shown(whole)))?;
    let at = match clock.offset_ms {
        Some(offset_ms) => {
            Timestamp::checked(i64::from(day.days()) * DAY_MS + clock.ms - offset_ms)
                // A zone can carry the moment beyond the days that ledgers know.
                .filter(|at| BusinessDate::parse(&at.date().to_string()).is_some())
                .ok_or_else(|| {
                    format!(
                        "{column} {:?} is no moment of the years 1971 to 9999 in Shanghai",
                        shown(whole)
                    )
                })?
        }
        None => in_shanghai(day, clock.ms)
            .ok_or_else(|| format!("{column} {:?} does not exist in Shanghai", shown(whole)))?,
    };
    Ok(Moment { at, nanos: clock.nanos })
}

/// The moment at which clocks in Shanghai show a time of day; the first of two where an hour comes
/// twice, none where one is left out.
fn in_shanghai(day: BusinessDate, ms: i64) -> Option<Timestamp> {
    day.has(ms).then(|| day.at(ms))
}

/// Milliseconds since midnight of H:MM, HH:MM, HH:MM:SS or HH:MM:SS with up to three decimals.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let clock = Clock::read(text).ok()?;
    (clock.offset_ms.is_none() && clock.nanos == 0).then_some(clock.ms)
}

/// Whether a text starts with a day.
pub(super) fn reads_as_date(text: &str) -> bool {
    text.get(..10).is_some_and(|day| BusinessDate::parse(day).is_some())
}

impl Clock {
    /// Reads a time of day; the error goes on from the text.
    fn read(text: &str) -> Result<Self, &'static str> {
        const NO_TIME: &str = "is not a time as in 09:30, 9:30 or 09:30:05.250";
        // The zone comes off first, because its colon would be taken for one of the time.
        let (clock, offset_ms) = split_zone(text).ok_or("has no zone as in Z or +08:00")?;
        let (clock, fraction) =
            clock.split_once(['.', ',']).map_or((clock, None), |(clock, rest)| (clock, Some(rest)));
        let mut parts = clock.split(':');
        let hour = digits(parts.next().unwrap_or_default(), 1..=2).ok_or(NO_TIME)?;
        let minute = parts.next().and_then(|text| digits(text, 2..=2)).ok_or(NO_TIME)?;
        let second = parts.next().map(|text| digits(text, 2..=2).ok_or(NO_TIME)).transpose()?;
        if parts.next().is_some() || (second.is_none() && fraction.is_some()) {
            return Err(NO_TIME);
        }
        let nanos = fraction
            .map_or(Ok(0), |text| nanos(text).ok_or("has a fraction that is not 1 to 9 digits"))?;
        let second = second.unwrap_or(0);
        // It would be a moment of the next day, whose date the row does not have.
        if (hour, minute, second, nanos) == (24, 0, 0, 0) {
            return Err("is the end of the day; write 00:00 of the next day");
        }
        if second == 60 {
            return Err("has a leap second, which business time has not");
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err(NO_TIME);
        }
        let ms =
            hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + i64::from(nanos / NANOS_OF_A_MS);
        Ok(Self { ms, nanos: nanos % NANOS_OF_A_MS, offset_ms })
    }
}

/// Splits `Z`, `+08:00`, `+0800` or `+08` off; `None` when what follows the sign is no zone.
fn split_zone(text: &str) -> Option<(&str, Option<i64>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(0)));
    }
    let Some(place) = text.rfind(['+', '-']) else { return Some((text, None)) };
    let (clock, zone) = text.split_at(place);
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let plain = zone[1..].replacen(':', "", 1);
    let (hours, minutes) = match plain.len() {
        2 => (digits(&plain, 2..=2)?, 0),
        4 => (digits(plain.get(..2)?, 2..=2)?, digits(plain.get(2..)?, 2..=2)?),
        _ => return None,
    };
    let offset_ms = hours * HOUR_MS + minutes * MINUTE_MS;
    (minutes < 60 && offset_ms <= OFFSET_MS_MAX).then_some((clock, Some(sign * offset_ms)))
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    whole_number(text).filter(|_| length.contains(&text.len()))
}

/// Nanoseconds of a fraction of a second.
fn nanos(text: &str) -> Option<u32> {
    digits(text, 1..=9).and_then(|_| format!("{text:0<9}").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(date: &str, time: &str) -> Result<String, String> {
        read_moment("date", date, time).map(|moment| format!("{} {}", moment.at, moment.nanos))
    }

    #[test]
    fn a_moment_is_read_with_and_without_a_zone() {
        for (date, time, expected) in [
            ("2024-02-29", "09:05", "2024-02-29T09:05:00.000+08:00 0"),
            ("2024-02-29", "9:05", "2024-02-29T09:05:00.000+08:00 0"),
            ("2024-02-29", "09:05:00+08:00", "2024-02-29T09:05:00.000+08:00 0"),
            ("2024-02-29", "01:05:00Z", "2024-02-29T09:05:00.000+08:00 0"),
            ("2024-02-29", "20:05Z", "2024-03-01T04:05:00.000+08:00 0"),
            ("2024-02-29", "00:05:00.000-0500", "2024-02-29T13:05:00.000+08:00 0"),
            ("2024-02-29T09:05:00+08:00", "", "2024-02-29T09:05:00.000+08:00 0"),
            ("2024-02-29T01:05:00Z", "", "2024-02-29T09:05:00.000+08:00 0"),
            ("2024-02-29 09:05:00.000250", "", "2024-02-29T09:05:00.000+08:00 250000"),
            ("2024-02-29", "09:05:00.123456789", "2024-02-29T09:05:00.123+08:00 456789"),
            ("1988-07-01", "09:00", "1988-07-01T09:00:00.000+09:00 0"),
            ("1988-07-01", "00:00Z", "1988-07-01T09:00:00.000+09:00 0"),
            ("1988-09-11", "01:30", "1988-09-11T01:30:00.000+09:00 0"),
        ] {
            assert_eq!(read(date, time).as_deref(), Ok(expected), "{date} {time}");
        }
    }

    #[test]
    fn what_is_no_moment_is_named_with_column_and_value() {
        for (date, time, expected) in [
            ("2024-02-30", "09:05", "date \"2024-02-30\" is not a day as in 2022-08-24"),
            ("29.02.2024", "09:05", "date \"29.02.2024\" is not a day as in 2022-08-24"),
            ("1988-04-17", "02:30", "time \"02:30\" does not exist in Shanghai"),
            (
                "9999-12-31",
                "23:00-05:00",
                "time \"23:00-05:00\" is no moment of the years 1971 to 9999 in Shanghai",
            ),
            (
                "1971-01-01",
                "00:00+12:00",
                "time \"00:00+12:00\" is no moment of the years 1971 to 9999 in Shanghai",
            ),
            ("1970-12-31", "09:00", "date \"1970-12-31\" is not a day as in 2022-08-24"),
            (
                "2024-02-29",
                "25:00",
                "time \"25:00\" is not a time as in 09:30, 9:30 or 09:30:05.250",
            ),
            (
                "2024-02-29",
                "24:00",
                "time \"24:00\" is the end of the day; write 00:00 of the next day",
            ),
            (
                "2024-02-29",
                "23:59:60",
                "time \"23:59:60\" has a leap second, which business time has not",
            ),
            ("2024-02-29", "09:05+25:00", "time \"09:05+25:00\" has no zone as in Z or +08:00"),
            (
                "2024-02-29",
                "09:05:00.",
                "time \"09:05:00.\" has a fraction that is not 1 to 9 digits",
            ),
            ("2024-02-29", "", "time \"\" is empty, and date \"2024-02-29\" has no time"),
            (
                "2024-02-29T24:00",
                "",
                "date \"2024-02-29T24:00\" is the end of the day; write 00:00 of the next day",
            ),
            (
                "2024-02-29T09:00",
                "09:00",
                "date \"2024-02-29T09:00\" has a time beside time \"09:00\"",
            ),
        ] {
            assert_eq!(read(date, time), Err(expected.to_owned()), "{date} {time}");
        }
        let error = read_moment("datetime", "2024-02-29", "").unwrap_err();
        assert_eq!(error, "datetime \"2024-02-29\" has no time");
    }

    #[test]
    fn clocks_of_other_keys_take_no_zone_and_nothing_below_a_millisecond() {
        let day_ms = [
            ("9:30", Some(34_200_000)),
            ("09:30:00.250", Some(34_200_250)),
            ("09:30Z", None),
            ("24:00", None),
        ];
        for (text, expected) in day_ms {
            assert_eq!(parse_time(text), expected, "{text}");
        }
        assert_eq!(parse_time("09:30:00.000001"), None);
    }
}
