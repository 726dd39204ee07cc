//! Unwinding: a participant that cannot cover leaves the batch as if it had never traded.

use crate::money::Position;

use super::{Obligation, net_positions};

/// A batch after its unwinding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwinding {
    /// Which payments settle, in queue order.
    pub settles: Vec<bool>,
    /// The participants that were removed in each round, by number.
    pub rounds: Vec<Vec<usize>>,
    /// The value of the removed payments.
    pub destroyed: Position,
}

/// Removes every payment to and from the participants that cannot cover their net, and repeats with
/// the nets that remain until nobody is short (Humphrey 1986; Angelini, Maresca and Russo 1996).
///
/// All participants that are short in a round leave in that round; there are at most N rounds.
/// Takes O(Q + N²).
pub fn unwind(balances: &[Position], queue: &[Obligation]) -> Unwinding {
    let mut after = net_positions(balances.len(), queue);
    for (position, balance) in after.iter_mut().zip(balances) {
        *position += *balance;
    }
    let mut touching = vec![Vec::new(); balances.len()];
    for (index, payment) in queue.iter().enumerate() {
        touching[payment.debtor].push(index);
        touching[payment.creditor].push(index);
    }
    let mut settles = vec![true; queue.len()];
    let mut removed = vec![false; balances.len()];
    let (mut rounds, mut destroyed) = (Vec::new(), Position::ZERO);
    loop {
        // The round is fixed before any removal: a removal may leave others short, and these belong
        // to the next round.
        let short: Vec<usize> = (0..balances.len())
            .filter(|who| !removed[*who] && after[*who] < Position::ZERO)
            .collect();
        if short.is_empty() {
            return Unwinding { settles, rounds, destroyed };
        }
        for who in &short {
            removed[*who] = true;
            for index in touching[*who].iter().copied() {
                // A payment touches two participants and must be removed once.
                if std::mem::replace(&mut settles[index], false) {
                    let Obligation { debtor, creditor, amount } = queue[index];
                    after[debtor] += amount;
                    after[creditor] -= amount;
                    destroyed += amount;
                }
            }
        }
        rounds.push(short);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{owes, yuan};
    use super::*;

    #[test]
    fn one_failure_takes_others_with_it_round_by_round() {
        let payments = owes("A B 100; B C 90; C A 70; A C 20; D A 40; B D 30; C D 15");
        let unwinding = unwind(&yuan(&[0, 25, 5, 10]), &payments);
        assert_eq!(unwinding.rounds, [vec![0], vec![1], vec![2]]);
        assert_eq!(unwinding.settles, [false; 7]);
        assert_eq!(unwinding.destroyed, Position::from_fen(36_500));
    }

    #[test]
    fn two_who_are_short_at_once_go_in_one_round() {
        let unwinding = unwind(&yuan(&[0, 0, 0, 5]), &owes("A C 1; B C 1; D C 5"));
        assert_eq!(unwinding.rounds, [[0, 1]]);
        assert_eq!(unwinding.settles, [false, false, true]);
    }
}
