//! Netting: pure functions that compute, from obligations, the net positions and the set that can
//! settle.

mod algorithm;
mod all_or_nothing;
mod bilateral;
mod eisenberg_noe;
mod first_fit;
mod fraction;
mod gross;
mod hybrid;
mod limits;
mod loss_sharing;
mod optimal;
mod outcome;
mod partial_net;
mod priority;
mod pro_rata;
#[cfg(test)]
mod properties;
mod unwind;
mod within;

pub use algorithm::{Algorithm, Detail, LOOK_AHEAD, LOOK_AHEAD_MAX, Resolution, UnknownAlgorithm};
pub use all_or_nothing::all_or_nothing;
pub use bilateral::bilateral_offset;
pub use eisenberg_noe::{ClearingVector, ExternalClaims, eisenberg_noe, eisenberg_noe_beside};
pub(crate) use first_fit::FirstFit;
pub use fraction::Fraction;
pub use gross::{gross_bypass, gross_fifo};
pub use hybrid::bilateral_then_multilateral;
pub use limits::{Holdings, Limits, balanced_release};
pub use loss_sharing::{LossSharing, PaidForAnother, loss_sharing};
pub use optimal::{OPTIMAL_PAYMENTS_MAX, TooManyPayments, optimal};
pub use outcome::Outcome;
pub use partial_net::partial_net;
pub use priority::{Priority, UnknownPriority, queue_order};
pub use pro_rata::{ProRata, Unpaid, pro_rata};
pub use unwind::{Unwinding, unwind};

use crate::money::{Amount, Position};

/// A debt of one participant to another. Participants are numbered in the order of their codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// The participant that pays.
    pub debtor: usize,
    /// The participant that is paid.
    pub creditor: usize,
    /// The amount.
    pub amount: Amount,
}

/// Nets obligations to one position per participant; positive is a net credit.
///
/// The positions sum to zero, because clearing neither creates nor destroys money.
pub fn net_positions(participants: usize, obligations: &[Obligation]) -> Vec<Position> {
    let mut positions = vec![Position::ZERO; participants];
    // Both sides of each obligation are booked in one step, so the sum is zero after each of them.
    for Obligation { debtor, creditor, amount } in obligations {
        positions[*debtor] -= amount.position();
        positions[*creditor] += amount.position();
    }
    assert!(positions.iter().copied().sum::<Position>().is_zero());
    positions
}

/// Whether every participant can cover its net position (TARGET2 algorithm 1).
pub fn all_covered(balances: &[Position], nets: &[Position]) -> bool {
    balances.iter().zip(nets).all(|(balance, net)| *balance + *net >= Position::ZERO)
}

/// The balances once the marked payments have settled.
pub fn balances_after(
    balances: &[Position],
    queue: &[Obligation],
    settles: &[bool],
) -> Vec<Position> {
    let mut balances = balances.to_vec();
    for (Obligation { debtor, creditor, amount }, _) in
        queue.iter().zip(settles).filter(|(_, settled)| **settled)
    {
        balances[*debtor] -= *amount;
        balances[*creditor] += *amount;
    }
    balances
}

/// The places of each participant's payments, in queue order.
fn queues(participants: usize, queue: &[Obligation]) -> Vec<Vec<usize>> {
    let mut queues = vec![Vec::new(); participants];
    for (index, obligation) in queue.iter().enumerate() {
        queues[obligation.debtor].push(index);
    }
    queues
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(super) fn yuan(balances: &[i64]) -> Vec<Position> {
        balances.iter().map(|yuan| Position::from_fen(yuan * 100)).collect()
    }

    /// Balances of a few participants and a queue of payments between them that scarcely fit.
    pub(super) fn any_queue(
        participants_max: usize,
        payments_max: usize,
    ) -> impl Strategy<Value = (Vec<Position>, Vec<Obligation>)> {
        (2..=participants_max).prop_flat_map(move |participants| {
            let balances =
                prop::collection::vec((0..20_i64).prop_map(Position::from_fen), participants);
            let payment = (0..participants, 1..participants, 1..30_i64).prop_map(
                move |(debtor, other, fen)| {
                    let creditor = (debtor + other) % participants;
                    Obligation { debtor, creditor, amount: Amount::from_fen(fen).unwrap() }
                },
            );
            (balances, prop::collection::vec(payment, 0..=payments_max))
        })
    }

    pub(super) fn owes(text: &str) -> Vec<Obligation> {
        let read = |item: &str| {
            let mut parts = item.split_whitespace();
            let mut next = || parts.next().unwrap();
            let [debtor, creditor] =
                [next(), next()].map(|name| usize::from(name.as_bytes()[0] - b'A'));
            Obligation { debtor, creditor, amount: next().parse().unwrap() }
        };
        text.split(';').map(read).collect()
    }

    #[test]
    fn the_golden_case_nets_as_published() {
        let nets = net_positions(4, &owes("A B 60; A D 55; C A 35; B C 20; D B 35; D C 25"));
        assert_eq!(
            nets.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["-80.00", "75.00", "10.00", "-5.00"]
        );
        assert!(all_covered(&[Position::from_fen(8000); 4], &nets));
        assert!(!all_covered(&[Position::from_fen(7999); 4], &nets));
    }
}
