//! The best value that any set of payments settles, by trying all sets.

use thiserror::Error;

use crate::money::Position;

use super::{Obligation, net_positions};

/// The longest queue of which [`optimal`] tries every set.
pub const OPTIMAL_PAYMENTS_MAX: usize = 24;

/// A queue too long to try every set of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("optimal tries every set of at most {OPTIMAL_PAYMENTS_MAX} payments, not of {payments}")]
pub struct TooManyPayments {
    /// The number of payments.
    pub payments: usize,
}

/// Marks a set of the largest value that every participant covers, without regard to queue order.
///
/// The bank clearing problem is NP-hard (Güntzer, Jungnickel and Leclerc 1998), so longer queues
/// are refused. Of two sets of equal value, the one that contains the first payment in which they
/// differ is chosen.
pub fn optimal(balances: &[Position], queue: &[Obligation]) -> Result<Vec<bool>, TooManyPayments> {
    if queue.len() > OPTIMAL_PAYMENTS_MAX {
        return Err(TooManyPayments { payments: queue.len() });
    }
    let mut trial = Trial::of_none(balances);
    // The first payment is the highest bit, so that of two sets of equal value the greater number
    // is the one that contains it.
    let bit = |index: usize| 1_u32 << (queue.len() - 1 - index);
    let mut set = 0_u32;
    let mut best = (Position::ZERO, set);
    // Every set comes up once, each a single payment apart from the one before (Gray code).
    for step in 1..1_u32 << queue.len() {
        let index = step.trailing_zeros() as usize;
        set ^= bit(index);
        trial.toggle(&queue[index], set & bit(index) != 0);
        if trial.short == 0 {
            best = best.max((trial.value, set));
        }
    }
    let settles: Vec<bool> = (0..queue.len()).map(|index| best.1 & bit(index) != 0).collect();
    let chosen: Vec<_> =
        queue.iter().zip(&settles).filter(|(_, taken)| **taken).map(|(one, _)| *one).collect();
    // The trial is kept up step by step over millions of sets, so what it chose is counted once
    // more from the start.
    assert_eq!(chosen.iter().map(|one| one.amount.position()).sum::<Position>(), best.0);
    assert!(
        chosen.is_empty() || super::all_covered(balances, &net_positions(balances.len(), &chosen))
    );
    Ok(settles)
}

/// One set, with the balances after it, the number of participants that are short, and its value.
struct Trial {
    after: Vec<Position>,
    short: usize,
    value: Position,
}

impl Trial {
    fn of_none(balances: &[Position]) -> Self {
        let short = balances.iter().filter(|balance| **balance < Position::ZERO).count();
        Self { after: balances.to_vec(), short, value: Position::ZERO }
    }

    fn toggle(&mut self, payment: &Obligation, taken: bool) {
        let amount = if taken { payment.amount.position() } else { -payment.amount.position() };
        self.value += amount;
        self.move_by(payment.debtor, -amount);
        self.move_by(payment.creditor, amount);
    }

    fn move_by(&mut self, who: usize, amount: Position) {
        self.short -= usize::from(self.after[who] < Position::ZERO);
        self.after[who] += amount;
        self.short += usize::from(self.after[who] < Position::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{owes, yuan};
    use super::*;

    #[test]
    fn the_largest_payment_need_not_be_part_of_the_best_set() {
        let payments = owes("A B 9; A B 6; A B 4");
        assert_eq!(optimal(&yuan(&[10, 0]), &payments), Ok(vec![false, true, true]));
    }

    #[test]
    fn equal_values_take_the_first_payment() {
        assert_eq!(optimal(&yuan(&[5, 0]), &owes("A B 5; A B 5")), Ok(vec![true, false]));
    }

    #[test]
    fn twenty_four_payments_are_tried_and_more_are_refused() {
        let mut payments = owes("A B 1").repeat(24);
        assert_eq!(optimal(&yuan(&[24, 0]), &payments), Ok(vec![true; 24]));
        payments.extend(owes("A B 1"));
        let refused = optimal(&yuan(&[24, 0]), &payments).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "optimal tries every set of at most 24 payments, not of 25"
        );
    }

    #[test]
    fn no_payments_are_a_set() {
        assert_eq!(optimal(&yuan(&[1, 1]), &[]), Ok(vec![]));
    }
}
