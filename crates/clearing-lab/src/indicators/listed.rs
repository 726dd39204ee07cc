//! A six-column file as a day, or several days, of payments.

use std::path::Path;

use clearing_domain::indicators::Day;
use clearing_domain::money::DAY_MS;

use crate::workload::CsvFile;

use super::IndicatorsError;
use super::input::{Entry, Hours, PaymentDay, given};

/// Throughput is told by the hour.
const HOUR_MS: i64 = 3_600_000;

/// Reads the file. Times are counted from midnight of its first day.
pub(super) fn read(path: &Path, hours: &Hours) -> Result<PaymentDay, IndicatorsError> {
    let file = CsvFile::read(path, false)?;
    let first = file.dates().map_or(0, |(first, _)| first.start().ms());
    let day = Day {
        open: given("open", hours.open.as_ref(), true)?.unwrap_or(0),
        close: given("close", hours.close.as_ref(), true)?.unwrap_or(DAY_MS),
        length: Some(DAY_MS),
    };
    for (option, time) in [("open", day.open), ("close", day.close)] {
        if !(0..=DAY_MS).contains(&time) {
            return Err(IndicatorsError::Hours { option, message: "is not within the day".to_owned() });
        }
    }
    let entries = file.payments.into_iter().zip(file.lines).map(|(payment, line)| Entry {
        place: format!("line {line}"),
        id: payment.reference,
        time: payment.at.ms() - first,
        from: payment.from,
        to: payment.to,
        value: payment.amount,
    });
    PaymentDay::new(path, entries.collect(), day, HOUR_MS)
}
