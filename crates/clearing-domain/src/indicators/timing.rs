//! The times of the day at which money moves.

use rust_decimal::Decimal;

use super::{Day, Record, ratio};

/// The average payment time: Σ v t / Σ v, t being the time of day of the submission. Source: Bank
/// of Canada, CPMI statistics.
pub fn average_payment_time(records: &[Record], day: &Day) -> Option<Decimal> {
    let weighted = |record: &Record| {
        i128::from(record.value.fen()) * i128::from(day.time_of_day(record.submitted))
    };
    ratio(
        records.iter().map(weighted).sum(),
        records.iter().map(|record| i128::from(record.value.fen())).sum(),
    )
}

/// The times of the day by which a tenth, two tenths and so on to nine tenths of its value was
/// submitted; none of a day without payments. Source: the Bank of Canada's CPMI statistics.
pub fn deciles_of_payment_time(records: &[Record], day: &Day) -> Vec<i64> {
    let mut submitted: Vec<_> = records
        .iter()
        .map(|record| (day.time_of_day(record.submitted), i128::from(record.value.fen())))
        .collect();
    submitted.sort_by_key(|(time, _)| *time);
    let total: i128 = submitted.iter().map(|(_, fen)| fen).sum();
    let (mut deciles, mut sum) = (Vec::new(), 0);
    for (time, fen) in submitted {
        sum += fen;
        // One large payment may pass several.
        while deciles.len() < 9 && sum * 10 >= total * (deciles.len() as i128 + 1) {
            deciles.push(time);
        }
    }
    deciles
}

/// Throughput: at every step after the opening, and at the close, the time of day and the share of
/// all value that was settled by then, u ≤ that time. Payments that settle on a later day, or
/// never, do not count as settled. Source: BCBS 248, intraday throughput.
pub fn throughput(records: &[Record], day: &Day, step: i64) -> Vec<(i64, Option<Decimal>)> {
    let total = records.iter().map(|record| i128::from(record.value.fen())).sum();
    let of_the_day =
        |record: &&Record| record.settled.is_some_and(|at| at <= day.close_of(record.submitted));
    let settled = records.iter().filter(of_the_day);
    let mut settled: Vec<_> = settled
        .map(|record| {
            (day.time_of_day(record.submitted) + record.delay(day), i128::from(record.value.fen()))
        })
        .collect();
    settled.sort_unstable();
    let (mut settled, mut sum) = (settled.into_iter().peekable(), 0);
    let steps = (day.open.saturating_add(step.max(1))..day.close)
        .step_by(usize::try_from(step.max(1)).unwrap_or(usize::MAX));
    steps
        .chain([day.close])
        .map(|until| {
            while let Some((_, fen)) = settled.next_if(|(at, _)| *at <= until) {
                sum += fen;
            }
            (until, ratio(sum, total))
        })
        .collect()
}
