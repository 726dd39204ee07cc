//! Statistics of queues: the value and the number of queued payments, and their waiting times.

use rust_decimal::Decimal;

use super::record::at_each_time;
use super::{Day, Record, ratio};

/// The queue over the business time of the days that have payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueStatistics {
    /// The value queued on average over time: (1/T) ∫ Q dt, in fen.
    pub average_value: Option<Decimal>,
    /// The most value queued at any time, in fen.
    pub most_value: i128,
    /// How many payments are queued on average over time.
    pub mean_length: Option<Decimal>,
    /// The most payments queued at any time.
    pub most_length: i64,
    /// How long a payment that has to wait waits on average.
    pub mean_time: Option<Decimal>,
    /// How many payments had to wait.
    pub queued: usize,
    /// The value of the payments that never settled, in fen.
    pub unsettled: i128,
}

/// Measures the queue of a day. A payment is in the queue from its submission to its settlement, at
/// most to the close of its day, and not at all when both are at the same time; payments that enter
/// and leave at one time are counted together. Source: Leinonen and Soramäki 1999.
pub fn queue_statistics(records: &[Record], day: &Day) -> QueueStatistics {
    let waits = |record: &&Record| record.delay(day) > 0;
    let queued: Vec<_> = records.iter().filter(waits).collect();
    let time: i128 = queued.iter().map(|record| i128::from(record.delay(day))).sum();
    let fen = |record: &Record| i128::from(record.value.fen());
    let weighted: i128 =
        queued.iter().map(|record| fen(record) * i128::from(record.delay(day))).sum();
    let business_time = i128::from(day.business_time(records));
    let (most_value, most_length) = most(&queued, day);
    QueueStatistics {
        average_value: ratio(weighted, business_time),
        most_value,
        mean_length: ratio(time, business_time),
        most_length,
        mean_time: ratio(time, queued.len() as i128),
        queued: queued.len(),
        unsettled: records.iter().filter(|record| record.settled.is_none()).map(fen).sum(),
    }
}

/// The most value and the most payments queued at any time.
fn most(queued: &[&Record], day: &Day) -> (i128, i64) {
    let ends = queued
        .iter()
        .map(|record| (record.settled_by_close(day), (-i128::from(record.value.fen()), -1)));
    let starts =
        queued.iter().map(|record| (record.submitted, (i128::from(record.value.fen()), 1)));
    let ((mut value, mut length), mut most) = ((0, 0), (0, 0));
    at_each_time(starts.chain(ends).collect(), |_, changes| {
        for (fen, payments) in changes {
            value += fen;
            length += payments;
        }
        most = (most.0.max(value), most.1.max(length));
    });
    most
}
