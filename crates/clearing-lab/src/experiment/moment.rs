//! Times of a run as files state them: a day of the run and a time of day in Shanghai.

use clearing_domain::Lockstep;
use clearing_domain::money::{MINUTE_MS, Timestamp, whole_number};

use crate::payment_list::parse_time;

/// Reads a time; a time of day alone is of day 1. The error says what it is not.
pub(super) fn read(lockstep: &Lockstep, text: &str) -> Result<Timestamp, String> {
    let (day, time) = text.split_once(' ').unwrap_or(("1", text));
    let day = whole_number(day).filter(|day: &u32| *day > 0);
    let at = day.zip(parse_time(time)).map(|(day, ms)| lockstep.day(day - 1).at(ms));
    at.ok_or_else(|| format!("{text:?} is not a day and time as in 1 10:00"))
}

/// A time as it stands in a file.
pub(super) fn show(start: Timestamp, at: Timestamp) -> String {
    let day = at.date().days() - start.date().days() + 1;
    format!("{day} {}", time_of_day(at.ms_of_day()))
}

/// A time of day in milliseconds, with what is below a minute when there is anything.
pub(super) fn time_of_day(ms: i64) -> String {
    let (minutes, seconds, thousandths) = (ms / MINUTE_MS, ms / 1000 % 60, ms % 1000);
    let fraction = if thousandths > 0 { format!(".{thousandths:03}") } else { String::new() };
    let rest = if seconds > 0 || thousandths > 0 {
        format!(":{seconds:02}{fraction}")
    } else {
        String::new()
    };
    format!("{:02}:{:02}{rest}", minutes / 60, minutes % 60)
}
