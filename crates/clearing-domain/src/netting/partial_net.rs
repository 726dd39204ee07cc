//! Partial netting: the largest set that respects queue order and that every participant covers.

use std::collections::BTreeSet;

use crate::money::Position;

use super::{Obligation, net_positions, queues};

/// Marks the obligations that settle together (Bech and Soramäki 2001; TARGET2 algorithm 2).
///
/// Starts from all obligations and, while a participant is short, drops the last active one of the
/// participant with the largest deficit; ties go to the lower number. Under queue order the result
/// does not depend on which participant is treated first. Takes O(Q log N).
pub fn partial_net(balances: &[Position], obligations: &[Obligation]) -> Vec<bool> {
    let mut after = net_positions(balances.len(), obligations);
    let mut queues = queues(balances.len(), obligations);
    for (position, balance) in after.iter_mut().zip(balances) {
        *position += *balance;
    }
    // The participant with the largest deficit stands first and drops a payment first. The order of
    // the drops does not change the result; this is the order of the published algorithm.
    let mut short: BTreeSet<(Position, usize)> = after
        .iter()
        .enumerate()
        .filter(|(_, after)| **after < Position::ZERO)
        .map(|(who, after)| (*after, who))
        .collect();
    let mut settles = vec![true; obligations.len()];
    while let Some((_, who)) = short.pop_first() {
        // A participant that is short without a payment left was short before the batch. The batch
        // only brings it money, so it must not hold the others back.
        let Some(index) = queues[who].pop() else { continue };
        settles[index] = false;
        let Obligation { creditor, amount, .. } = obligations[index];
        // The entry is found by its deficit, so it is removed before the deficit changes.
        short.remove(&(after[creditor], creditor));
        after[who] += amount.position();
        after[creditor] -= amount.position();
        // After one drop the debtor may still be short, and the creditor may have become so by it.
        for touched in [who, creditor] {
            if after[touched] < Position::ZERO {
                short.insert((after[touched], touched));
            }
        }
    }
    settles
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::owes;
    use super::*;
    use crate::money::Amount;

    #[track_caller]
    fn check(balances: &[i64], obligations: &str, expected: &[bool]) {
        let balances: Vec<_> = balances.iter().map(|yuan| Position::from_fen(yuan * 100)).collect();
        assert_eq!(partial_net(&balances, &owes(obligations)), expected);
    }

    #[test]
    fn offsetting_obligations_settle_without_money() {
        check(&[0, 0, 0], "A B 10; B C 10; C A 10", &[true, true, true]);
    }

    #[test]
    fn the_last_obligation_of_the_short_one_waits() {
        check(&[5, 0], "A B 3; A B 4; B A 1", &[true, false, true]);
    }

    #[test]
    fn what_depended_on_the_dropped_one_waits_too() {
        check(&[0, 0, 0], "A B 10; B C 10", &[false, false]);
    }

    /// Every set that takes the first so many obligations of each debtor, by brute force.
    fn best_by_trying(balances: &[Position], obligations: &[Obligation]) -> Vec<bool> {
        let place = |index: usize| {
            obligations[..index]
                .iter()
                .filter(|earlier| earlier.debtor == obligations[index].debtor)
                .count()
        };
        let places: Vec<_> = (0..obligations.len()).map(place).collect();
        let mut best = vec![false; obligations.len()];
        let lengths = obligations.len() + 1;
        for choice in 0..lengths.pow(balances.len() as u32) {
            let takes = |debtor: usize| choice / lengths.pow(debtor as u32) % lengths;
            let set: Vec<_> = (0..obligations.len())
                .map(|index| places[index] < takes(obligations[index].debtor))
                .collect();
            let chosen: Vec<_> = obligations
                .iter()
                .zip(&set)
                .filter(|(_, taken)| **taken)
                .map(|(one, _)| *one)
                .collect();
            let covered =
                super::super::all_covered(balances, &net_positions(balances.len(), &chosen));
            if covered && chosen.len() > best.iter().filter(|taken| **taken).count() {
                best = set;
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn no_set_that_keeps_queue_order_settles_more(
            balances in prop::collection::vec(0..20_i64, 3),
            owed in prop::collection::vec((0..3_usize, 1..3_usize, 1..30_i64), 0..7),
        ) {
            let balances: Vec<_> = balances.into_iter().map(Position::from_fen).collect();
            let obligation = |(debtor, other, fen): (usize, usize, i64)| Obligation {
                debtor,
                creditor: (debtor + other) % 3,
                amount: Amount::from_fen(fen).unwrap(),
            };
            let obligations: Vec<_> = owed.into_iter().map(obligation).collect();
            prop_assert_eq!(partial_net(&balances, &obligations), best_by_trying(&balances, &obligations));
        }
    }
}
