//! Exposure: the sums that participants owe each other until settlement, against their caps.

use rust_decimal::Decimal;

use super::record::at_each_time;
use super::{Record, ratio};

/// The net debit of each participant over time: at each distinct time, its debts from payments that
/// are submitted and not yet settled, less its claims from such payments; in fen, zero for a net
/// credit.
///
/// A payment counts from its submission (its clearing, in a deferred net system) until it settles,
/// over all unsettled cycles. Changes of one time are netted before the debit is taken.
pub fn net_debits(participants: usize, records: &[Record]) -> Vec<(i64, Vec<i128>)> {
    let mut owed = vec![0_i128; participants];
    let change = |record: &Record, sign: i128| {
        (record.sender, record.receiver, sign * i128::from(record.value.fen()))
    };
    let starts = records.iter().map(|record| (record.submitted, change(record, 1)));
    let ends = records.iter().filter_map(|record| Some((record.settled?, change(record, -1))));
    let mut path = Vec::new();
    at_each_time(starts.chain(ends).collect(), |time, changes| {
        for (sender, receiver, fen) in changes {
            owed[sender] += fen;
            owed[receiver] -= fen;
        }
        // Once for each time: the order within it is unknown, and a peak that only some orders have
        // is none.
        path.push((time, owed.iter().map(|fen| (*fen).max(0)).collect()));
    });
    path
}

/// The peak net debit of each participant: its largest net debit at any time. Source: CPMI-IOSCO
/// principles, Lamfalussy standard III.
pub fn peak_net_debits(participants: usize, records: &[Record]) -> Vec<i128> {
    let mut peaks = vec![0; participants];
    for (_, debits) in net_debits(participants, records) {
        for (peak, debit) in peaks.iter_mut().zip(debits) {
            *peak = debit.max(*peak);
        }
    }
    peaks
}

/// The utilisation of a net debit cap: debit / cap.
pub fn cap_utilisation(debit: i128, cap: i128) -> Option<Decimal> {
    ratio(debit, cap)
}

/// The headroom under a net debit cap: cap − debit; negative when the cap is overrun.
pub fn headroom(debit: i128, cap: i128) -> i128 {
    cap - debit
}
