//! Bilateral offsetting, then multilateral netting of the rest.

use crate::money::Position;

use super::{Obligation, balances_after, bilateral_offset, partial_net};

/// Marks the payments that offset pair by pair, then nets the rest multilaterally (EAF2).
///
/// On one frozen queue this settles exactly what [`partial_net`] settles alone, as both keep queue
/// order. The two differ in time: the bilateral part can run at every tick, the net at set times.
///
/// # Panics
/// With a look-ahead of zero.
pub fn bilateral_then_multilateral(
    balances: &[Position],
    queue: &[Obligation],
    look_ahead: usize,
) -> Vec<bool> {
    let mut settles = bilateral_offset(balances, queue, look_ahead);
    // The net starts from what the pairs left: money that a pair brought in may cover the rest.
    let after = balances_after(balances, queue, &settles);
    let waiting: Vec<usize> = (0..queue.len()).filter(|index| !settles[*index]).collect();
    let rest: Vec<Obligation> = waiting.iter().map(|index| queue[*index]).collect();
    for (index, settled) in waiting.into_iter().zip(partial_net(&after, &rest)) {
        settles[index] = settled;
    }
    settles
}
