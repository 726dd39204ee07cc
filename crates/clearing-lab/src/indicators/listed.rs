//! A six-column file as a day, or several days, of payments.

use std::path::Path;

use clearing_domain::indicators::Day;
use clearing_domain::money::{BusinessDate, DAY_MS, HOUR_MS};

use crate::payment_list::{CsvFile, Reading};

use super::IndicatorsError;
use super::input::{Entry, Hours, PaymentDay, stated};

/// Reads the file. Times are those of the clocks in Shanghai, counted from midnight of its first
/// day: every day is one of 24 hours, as is the time of day that opening and close are given in.
pub(super) fn read(
    path: &Path,
    hours: &Hours,
    reading: Reading,
) -> Result<PaymentDay, IndicatorsError> {
    let file = CsvFile::read(path, reading)?;
    let first = file.dates().map_or(BusinessDate::default(), |(first, _)| first);
    let day = Day {
        open: stated("open", hours.open.as_ref(), true)?.unwrap_or(0),
        close: stated("close", hours.close.as_ref(), true)?.unwrap_or(DAY_MS),
        length: Some(DAY_MS),
    };
    for (option, time) in [("open", day.open), ("close", day.close)] {
        if !(0..=DAY_MS).contains(&time) {
            return Err(IndicatorsError::Hours {
                option,
                message: "is not within the day".to_owned(),
            });
        }
    }
    let mut rows: Vec<_> = file.rows.iter().collect();
    if rows.iter().any(|row| row.terms.nanos > 0) {
        // Payments of one millisecond go in the order of their times, those of one time in that of
        // the file.
        rows.sort_by_key(|row| (row.terms.at, row.terms.nanos));
    }
    let entries = rows.into_iter().map(|row| Entry {
        place: format!("line {}", row.line),
        id: row.reference.clone(),
        time: row.terms.at.ms_by_clocks_since(first),
        from: file.name(row.from).to_owned(),
        to: file.name(row.to).to_owned(),
        value: row.terms.amount,
    });
    let mut input = PaymentDay::new(path, entries.collect(), day, HOUR_MS)?;
    input.rounded = file.rounded;
    Ok(input)
}
