//! A file of payments: six columns or JSON, told apart by how it starts.

use std::collections::BTreeSet;
use std::path::Path;

use clearing_config::PARTICIPANTS_MAX;
use clearing_domain::indicators::{Day, Record};
use clearing_domain::money::Amount;

use crate::payment_list::{Reading, Rounded, parse_time};

use super::{IndicatorsError, case, listed, numbers::ticks};

/// What reports name a sum over all operators.
pub(super) const TOTAL: &str = "total";

/// The opening and the close as given beside a file, in place of what the file says.
#[derive(Clone, Debug, Default)]
pub struct Hours {
    /// The opening: a plain number or, for a CSV file, a time of day.
    pub open: Option<String>,
    /// The close.
    pub close: Option<String>,
}

/// The payments of a file, ready to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentDay {
    /// The participants, ascending; their places are the numbers in the records.
    pub(super) names: Vec<String>,
    /// The ids of the payments.
    pub(super) ids: Vec<String>,
    /// The payments, in the order of the file.
    pub(super) records: Vec<Record>,
    /// When business opens and closes.
    pub(super) day: Day,
    /// The steps in which throughput is stated.
    pub(super) step: i64,
    /// The values that were rounded.
    pub rounded: Rounded,
}

/// A payment of a file.
pub(super) struct Entry {
    /// Where it stands.
    pub(super) place: String,
    pub(super) id: String,
    pub(super) time: i64,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) value: Amount,
}

impl PaymentDay {
    /// Reads a file.
    pub fn read(path: &Path, hours: &Hours, reading: Reading) -> Result<Self, IndicatorsError> {
        let bytes = std::fs::read(path)
            .map_err(|source| IndicatorsError::Read { path: path.to_owned(), source })?;
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
        match text.trim_ascii_start().first() {
            Some(b'{' | b'[') => case::read(path, text, hours),
            Some(_) | None => listed::read(path, hours, reading),
        }
    }

    /// Numbers the operators and holds the payments against the hours and the limits.
    pub(super) fn new(
        path: &Path,
        entries: Vec<Entry>,
        day: Day,
        step: i64,
    ) -> Result<Self, IndicatorsError> {
        if day.open >= day.close {
            return Err(IndicatorsError::Hours {
                option: "close",
                message: "is not after the opening".to_owned(),
            });
        }
        entries.iter().try_for_each(|entry| check(path, entry, &day))?;
        let names: BTreeSet<&str> =
            entries.iter().flat_map(|entry| [entry.from.as_str(), &entry.to]).collect();
        if names.len() > PARTICIPANTS_MAX {
            return Err(IndicatorsError::Participants {
                path: path.to_owned(),
                participants: names.len(),
            });
        }
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        // Flows, bounds and queues add these values up in every combination; one check here makes
        // all of them safe.
        let sum = entries.iter().try_fold(0_i64, |sum, entry| sum.checked_add(entry.value.fen()));
        sum.ok_or_else(|| IndicatorsError::TooMuch { path: path.to_owned() })?;
        let number = |own: &String| names.partition_point(|name| name < own);
        let record = |Entry { time, from, to, value, .. }: &Entry| Record {
            sender: number(from),
            receiver: number(to),
            value: *value,
            submitted: *time,
            settled: None,
        };
        let records = entries.iter().map(record).collect();
        Ok(Self {
            records,
            ids: entries.into_iter().map(|entry| entry.id).collect(),
            names,
            day,
            step,
            rounded: Rounded::default(),
        })
    }
}

fn check(path: &Path, entry: &Entry, day: &Day) -> Result<(), IndicatorsError> {
    let refuse = |message: String| Err(IndicatorsError::place(path, &entry.place, message));
    let time = day.time_of_day(entry.time);
    if [&entry.from, &entry.to].into_iter().any(|name| name == TOTAL) {
        return refuse(format!("participant {TOTAL:?} is what sums are called"));
    }
    if entry.from == entry.to {
        return refuse(format!("payer and payee are the same: {}", entry.from));
    }
    if time < day.open {
        return refuse("the payment is before the opening".to_owned());
    }
    if time > day.close {
        return refuse("the payment is after the close".to_owned());
    }
    Ok(())
}

/// A time of business as it is stated beside the file, in thousandths.
pub(super) fn stated(
    option: &'static str,
    text: Option<&String>,
    clock: bool,
) -> Result<Option<i64>, IndicatorsError> {
    let Some(text) = text else { return Ok(None) };
    let refuse = |message| IndicatorsError::Hours { option, message };
    if !text.contains(':') {
        return ticks(text).map(Some).map_err(refuse);
    }
    if !clock {
        return Err(refuse(format!(
            "{text:?} is a time of day, but those of the file are plain numbers"
        )));
    }
    // The clock knows no 24:00, but a day of business may close then.
    let midnight =
        ["24:00", "24:00:00"].contains(&text.as_str()).then_some(clearing_domain::money::DAY_MS);
    let time = midnight.or_else(|| parse_time(text));
    time.map(Some).ok_or_else(|| refuse(format!("{text:?} is not a time as in 09:30 or 24:00")))
}
