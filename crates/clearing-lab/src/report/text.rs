//! Numbers and times as people read them.

use clearing_domain::money::Timestamp;

pub(super) use crate::text::{counted, grouped, significant, yuan};

/// What stands where there is no value.
pub(super) const NONE: &str = "–";

/// A share as a percentage; small ones keep more digits.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent != 0.0 && percent.abs() < 0.001 {
        return if percent > 0.0 {
            "less than 0.001 %".to_owned()
        } else {
            "more than -0.001 %".to_owned()
        };
    }
    if percent == 0.0 {
        return "0 %".to_owned();
    }
    let digits = if percent.abs() < 1.0 { 3 } else { 1 };
    format!("{percent:.digits$} %")
}

/// A part of a whole as a percentage.
pub(super) fn share(part: i64, whole: i64) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

/// A value if it is there.
pub(super) fn optional<T>(value: Option<T>, show: impl Fn(T) -> String) -> String {
    value.map_or_else(|| NONE.to_owned(), show)
}

/// A span of time in its two largest units.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let minutes = (seconds / 60.0).round() as u64;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{} {hours} h", counted(days, "day", "days")),
    }
}

/// A time in Shanghai to the second; midnight at the end of a day is the next day's 00:00.
pub(super) fn moment(ms: i64) -> String {
    Timestamp::from_ms(ms).to_string().replace('T', " ").chars().take(19).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_spans_keep_the_digits_that_tell() {
        assert_eq!(
            [0.0, 0.000_001, 0.0042, 0.123].map(percent),
            ["0 %", "less than 0.001 %", "0.420 %", "12.3 %"]
        );
        assert_eq!(
            [9.0, 90.0, 7_320.0, 180_000.0].map(duration),
            ["9.0 s", "2 min", "2 h 2 min", "2 days 2 h"]
        );
        assert_eq!(moment(1_661_299_200_000), "2022-08-24 08:00:00");
    }
}
