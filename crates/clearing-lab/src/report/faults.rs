//! What was broken on purpose during a run, from its summary.

use clearing_domain::money::{BusinessDate, DAY_MS, HOUR_MS, MINUTE_MS, whole_number};
use serde::Deserialize;
use serde_json::Value;

/// A fault as the summary lists it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListedFault {
    at: Value,
    until: Value,
    operator: Option<String>,
    kind: String,
    withheld: Option<u64>,
    withheld_fen: Option<i64>,
    delayed: Option<u64>,
    lost_fen: Option<i64>,
    brought_fen: Option<i64>,
}

/// A fault in the time of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// When it began, in milliseconds.
    pub(super) at_ms: i64,
    /// When it was over, if that is told.
    pub(super) until_ms: Option<i64>,
    /// Whom it hit; empty for all.
    pub(super) operator: String,
    /// What it was.
    pub(super) kind: String,
    /// What it did.
    pub(super) did: Consequences,
}

/// What a fault did; `None` where the summary does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Consequences {
    /// Payments that were never submitted.
    pub(super) withheld: Option<u64>,
    /// Their value.
    pub(super) withheld_fen: Option<i64>,
    /// Payments that were submitted late.
    pub(super) delayed: Option<u64>,
    /// What left the settlement balance.
    pub(super) lost_fen: Option<i64>,
    /// What a funding brought in.
    pub(super) brought_fen: Option<i64>,
}

impl ListedFault {
    /// The fault, if it tells when it began.
    pub(super) fn fault(&self) -> Option<Fault> {
        Some(Fault {
            at_ms: time(&self.at)?,
            until_ms: time(&self.until),
            operator: self.operator.clone().unwrap_or_default(),
            kind: self.kind.clone(),
            did: Consequences {
                withheld: self.withheld,
                withheld_fen: self.withheld_fen,
                delayed: self.delayed,
                lost_fen: self.lost_fen,
                brought_fen: self.brought_fen,
            },
        })
    }
}

impl Fault {
    /// What it is called where it is marked.
    pub(super) fn name(&self) -> String {
        [&self.kind[..], &self.operator].join(" ").trim().to_owned()
    }
}

/// A time: milliseconds in UTC, or text as in 2022-08-24T10:00:00 in Shanghai, with +08:00, or with
/// Z in UTC.
fn time(value: &Value) -> Option<i64> {
    if let Some(ms) = value.as_i64() {
        return Some(ms);
    }
    let (date, time) = value.as_str()?.split_once(['T', ' '])?;
    // Results of earlier versions have times as text.
    let (time, utc) = match time.strip_suffix('Z') {
        Some(time) => (time, true),
        // In the summers of 1986 to 1991 Shanghai was an hour further ahead.
        None => (time.trim_end_matches("+08:00").trim_end_matches("+09:00"), false),
    };
    let mut parts = time.splitn(3, ':');
    let (hour, minute): (i64, i64) = (whole_number(parts.next()?)?, whole_number(parts.next()?)?);
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    let ms = hour * HOUR_MS + minute * MINUTE_MS + (seconds * 1000.0).round() as i64;
    let date = BusinessDate::parse(date)?;
    Some(if utc { i64::from(date.days()) * DAY_MS + ms } else { date.at(ms).ms() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_numbers_and_as_text() {
        let texts =
            ["2022-08-24T02:00:00.000Z", "2022-08-24T10:00:00.000+08:00", "2022-08-24 10:00"];
        for value in texts.map(Value::from).into_iter().chain([Value::from(1_661_306_400_000_i64)])
        {
            assert_eq!(time(&value), Some(1_661_306_400_000), "{value}");
        }
        for value in [Value::Null, Value::from("noon"), Value::from("2022-08-24Tx:00")] {
            assert_eq!(time(&value), None, "{value}");
        }
    }
}
