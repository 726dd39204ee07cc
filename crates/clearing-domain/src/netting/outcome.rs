//! The outcome of an algorithm on a queue, in one word.

use crate::money::Position;

use super::{Obligation, net_positions, partial_net, queues};

/// How a queue was resolved. "Together" means as a set that respects the queue order of every
/// participant. Other sets are not considered, so reordering may resolve a deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was no payment.
    Empty,
    /// All settled.
    Settled,
    /// Some settled.
    Partial,
    /// None settled, although some would settle together.
    Gridlock {
        /// The participants that cannot cover the payment at the head of their queue alone.
        short: Vec<usize>,
    },
    /// None settled and none would together: only new liquidity helps.
    Deadlock {
        /// The participants that cannot cover their net of all payments.
        short: Vec<usize>,
    },
}

impl Outcome {
    /// The outcome of a choice of payments.
    pub fn of(balances: &[Position], queue: &[Obligation], settles: &[bool]) -> Self {
        match settles.iter().filter(|settled| **settled).count() {
            _ if queue.is_empty() => Self::Empty,
            // Partial netting finds the largest set in queue order: where it finds none, there is
            // none.
            0 if partial_net(balances, queue).contains(&true) => {
                Self::Gridlock { short: blocked(balances, queue) }
            }
            0 => Self::Deadlock { short: short(balances, queue) },
            some if some < queue.len() => Self::Partial,
            _ => Self::Settled,
        }
    }

    /// The name in results.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Settled => "settled",
            Self::Partial => "partial",
            Self::Gridlock { .. } => "gridlock",
            Self::Deadlock { .. } => "deadlock",
        }
    }
}

fn blocked(balances: &[Position], queue: &[Obligation]) -> Vec<usize> {
    let queues = queues(balances.len(), queue);
    let head = |who: usize| queues[who].first().map(|index| queue[*index].amount.position());
    (0..balances.len())
        .filter(|who| head(*who).is_some_and(|amount| balances[*who] < amount))
        .collect()
}

fn short(balances: &[Position], queue: &[Obligation]) -> Vec<usize> {
    let nets = net_positions(balances.len(), queue);
    (0..balances.len()).filter(|who| balances[*who] + nets[*who] < Position::ZERO).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{owes, yuan};
    use super::super::{gross_fifo, partial_net};
    use super::*;

    #[track_caller]
    fn check(balances: &[i64], payments: &str, expected: &Outcome) {
        let (balances, queue) = (yuan(balances), owes(payments));
        assert_eq!(Outcome::of(&balances, &queue, &gross_fifo(&balances, &queue)), *expected);
    }

    #[test]
    fn a_gridlock_names_who_is_blocked() {
        check(&[0, 3, 0], "A B 5; B A 5", &Outcome::Gridlock { short: vec![0, 1] });
    }

    #[test]
    fn a_deadlock_names_who_needs_money() {
        check(&[0, 3], "A B 8; B A 4", &Outcome::Deadlock { short: vec![0] });
    }

    #[test]
    fn all_some_and_no_payments_have_their_word() {
        check(&[5, 0], "A B 5", &Outcome::Settled);
        check(&[5, 0], "A B 5; A B 1", &Outcome::Partial);
        assert_eq!(Outcome::of(&yuan(&[1]), &[], &[]), Outcome::Empty);
    }

    /// Ubin phase 2, 2.6.1: overtaking would settle 31, keeping the order nothing.
    #[test]
    fn a_deadlock_is_one_under_queue_order() {
        let (balances, queue) =
            (yuan(&[3, 4, 5, 4, 3]), owes("C B 30; D C 20; A B 5; B C 6; C D 8; D E 7; E A 5"));
        assert!(!partial_net(&balances, &queue).contains(&true));
        assert_eq!(
            Outcome::of(&balances, &queue, &[false; 7]),
            Outcome::Deadlock { short: vec![2, 3] }
        );
    }
}
