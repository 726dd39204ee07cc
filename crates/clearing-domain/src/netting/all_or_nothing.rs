//! The multilateral net of the whole batch: everything or nothing.

use crate::money::Position;

use super::{Obligation, all_covered, net_positions};

/// Marks all payments when every participant covers its net position, and none otherwise
/// (TARGET2 algorithm 1; deferred net settlement without a remedy). Takes O(Q + N).
pub fn all_or_nothing(balances: &[Position], queue: &[Obligation]) -> Vec<bool> {
    vec![all_covered(balances, &net_positions(balances.len(), queue)); queue.len()]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{owes, yuan};
    use super::*;

    #[test]
    fn one_fen_short_stops_everything() {
        let payments = owes("A B 10; B A 4");
        assert_eq!(all_or_nothing(&yuan(&[6, 0]), &payments), [true, true]);
        assert_eq!(
            all_or_nothing(&[Position::from_fen(599), Position::ZERO], &payments),
            [false, false]
        );
    }
}
