//! How long payments wait for their settlement.

use rust_decimal::Decimal;

use super::{Day, Record, ratio};

/// The sums behind the settlement delay indicator, in fen times units of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DelaySums {
    /// Σ v (u − t).
    pub delayed: i128,
    /// Σ v (T − t): as if everything settled at the close.
    pub possible: i128,
}

impl DelaySums {
    /// Sums up records. A payment that never settles, or settles on a later day, counts as settled
    /// at the close of its day, u = T.
    pub fn of(records: &[Record], day: &Day) -> Self {
        let weighted =
            |record: &Record, time: i64| i128::from(record.value.fen()) * i128::from(time);
        Self {
            delayed: records.iter().map(|record| weighted(record, record.delay(day))).sum(),
            possible: records
                .iter()
                .map(|record| weighted(record, day.close_of(record.submitted) - record.submitted))
                .sum(),
        }
    }
}

/// The settlement delay indicator: ρ = Σ v (u − t) / Σ v (T − t). 0 when nothing is delayed, 1 when
/// everything settles at the close. Source: Leinonen and Soramäki 1999, Bank of Finland payment
/// system simulator.
pub fn delay_indicator(records: &[Record], day: &Day) -> Option<Decimal> {
    let sums = DelaySums::of(records, day);
    ratio(sums.delayed, sums.possible)
}

/// The mean delay weighted with value: Σ v (u − t) / Σ v, in units of time.
pub fn mean_delay(records: &[Record], day: &Day) -> Option<Decimal> {
    let value = records.iter().map(|record| i128::from(record.value.fen())).sum();
    ratio(DelaySums::of(records, day).delayed, value)
}

/// The mean delay of a payment whatever its value: Σ (u − t) / n, in units of time.
pub fn mean_delay_unweighted(records: &[Record], day: &Day) -> Option<Decimal> {
    ratio(records.iter().map(|record| i128::from(record.delay(day))).sum(), records.len() as i128)
}
