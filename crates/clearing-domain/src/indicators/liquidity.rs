//! The liquidity that a day needs: its bounds, the levels between them, and the share of each
//! participant.

use rust_decimal::{Decimal, RoundingStrategy};

use super::record::at_each_time;
use super::{Flows, Record, ratio};

/// The upper bound of liquidity of each participant: UB_i = max(0, max_t −n_i(t)), the balance with
/// which every payment of i can settle at once.
///
/// Cumulates at each distinct time: payments of the same time are netted together before the
/// maximum is taken. The position runs on from day to day. Source: CPMI, maximum liquidity
/// provision; Bech and Soramäki 2001.
pub fn upper_bound_liquidity(participants: usize, records: &[Record]) -> Vec<i128> {
    let (mut nets, mut most) = (vec![0_i128; participants], vec![0_i128; participants]);
    let changes = records.iter().map(|record| (record.submitted, record)).collect();
    at_each_time(changes, |_, records| {
        let mut touched = Vec::new();
        for Record { sender, receiver, value, .. } in records {
            nets[*sender] -= i128::from(value.fen());
            nets[*receiver] += i128::from(value.fen());
            touched.push(*sender);
        }
        // Only senders can reach a new maximum, and only after all payments of the time.
        for who in touched {
            most[who] = most[who].max(-nets[who]);
        }
    });
    most
}

/// The lower bound of liquidity of each participant: LB_i = max(0, −n_i(T)), the balance that
/// settles everything when all payments are netted at the close. Source: Bech and Soramäki 2001.
pub fn lower_bound_liquidity(flows: &Flows) -> Vec<i128> {
    flows.nets().into_iter().map(|net| (-net).max(0)).collect()
}

/// The liquidity of a level a between the bounds: L_i(a) = LB_i + a (UB_i − LB_i), rounded half up
/// to a fen. Source: Koponen and Soramäki 1998; Leinonen and Soramäki 1999.
pub fn liquidity_level(lower: i128, upper: i128, level: Decimal) -> Option<i128> {
    // A span beyond what a decimal holds has no level, rather than a wrong one.
    let span = Decimal::try_from_i128_with_scale(upper - lower, 0).ok()?;
    let part =
        span.checked_mul(level)?.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    Some(lower + i128::try_from(part).ok()?)
}

/// The turnover ratio: G / UB, the value settled with each unit of liquidity. Source: CPMI.
pub fn turnover_ratio(flows: &Flows, upper_bounds: &[i128]) -> Option<Decimal> {
    ratio(flows.gross(), upper_bounds.iter().sum())
}

/// The liquidity that each participant provides relative to its usage: UB_i / ΣUB − sent_i / G. A
/// positive value is that of a net provider, a negative one that of a net user of the liquidity of
/// others; they sum to zero. Source: Bank of Canada, CPMI statistics.
pub fn provision_relative_to_usage(flows: &Flows, upper_bounds: &[i128]) -> Option<Vec<Decimal>> {
    let (gross, total): (_, i128) = (flows.gross(), upper_bounds.iter().sum());
    // One fraction instead of two: each would be rounded by itself, and the sum over all would miss
    // zero.
    let relative = |(upper, sent): (&i128, i128)| {
        ratio(upper * gross - sent * total, total.checked_mul(gross)?)
    };
    upper_bounds.iter().zip(flows.sent()).map(relative).collect()
}
