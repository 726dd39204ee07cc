//! Concentration: the share of the value that a few participants send.

use rust_decimal::Decimal;

use super::{Flows, ratio};

/// The Herfindahl–Hirschman index on value sent: 10,000 Σ (sent_i / G)². It is 10,000 / N when all
/// participants send the same value, and 10,000 when one sends everything.
pub fn herfindahl_index(flows: &Flows) -> Option<Decimal> {
    let gross = flows.gross();
    let squares =
        flows.sent().into_iter().map(|sent| sent.checked_mul(sent)).sum::<Option<i128>>()?;
    Some((ratio(squares, gross.checked_mul(gross)?)? * Decimal::from(10_000)).normalize())
}

/// The share of value that the `largest` largest senders send; the usual number is 4.
pub fn top_share(flows: &Flows, largest: usize) -> Option<Decimal> {
    let mut sent = flows.sent();
    sent.sort_unstable_by(|one, other| other.cmp(one));
    ratio(sent.iter().take(largest).sum(), flows.gross())
}
