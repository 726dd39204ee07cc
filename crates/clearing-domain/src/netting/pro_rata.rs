//! Pro rata: a participant that is short pays each creditor the same share of its debt, in whole
//! fen.

use std::collections::BTreeMap;

use num_bigint::BigInt;

use crate::money::Position;

use super::{ClearingVector, Obligation, eisenberg_noe, net_positions};

/// A batch in which each participant pays as much as it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProRata {
    /// The exact clearing vector.
    pub vector: ClearingVector,
    /// The debts that remain when sums are whole fen, by debtor and creditor.
    pub unpaid: Vec<Unpaid>,
    /// The sum that moves for each participant: received less paid. They sum to zero.
    pub moves: Vec<Position>,
}

/// A debt that a participant that is short does not pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpaid {
    /// The debtor.
    pub debtor: usize,
    /// The creditor.
    pub creditor: usize,
    /// The amount.
    pub amount: Position,
}

/// Settles the batch by the clearing vector of Eisenberg and Noe (see [`eisenberg_noe`]): a
/// participant that is short pays all it has. Money moves in whole fen: the payment of a defaulter
/// to a creditor is rounded down. Where rounding leaves a participant a few fen short, it pays its
/// creditors that much less, those of the highest number first. Takes the time of `eisenberg_noe`
/// and O(N³) besides.
///
/// # Panics
/// With a negative balance, which is no endowment.
pub fn pro_rata(balances: &[Position], queue: &[Obligation]) -> ProRata {
    let vector = eisenberg_noe(balances, queue);
    let mut owed: BTreeMap<(usize, usize), Position> = BTreeMap::new();
    let mut totals = vec![Position::ZERO; balances.len()];
    for Obligation { debtor, creditor, amount } in queue {
        *owed.entry((*debtor, *creditor)).or_default() += *amount;
        totals[*debtor] += *amount;
    }
    let mut unpaid = BTreeMap::new();
    // Only defaulters leave debts unpaid; a participant without default pays in full by definition.
    for who in vector.rounds.concat() {
        for ((_, creditor), sum) in owed.range((who, 0)..(who + 1, 0)) {
            let paid = vector.payments_made[who].share_in_fen(*sum, totals[who]);
            unpaid.insert((who, *creditor), *sum - paid);
        }
    }
    let mut moves = net_positions(balances.len(), queue);
    for ((debtor, creditor), amount) in &unpaid {
        moves[*debtor] += *amount;
        moves[*creditor] -= *amount;
    }
    // A defaulter that receives less than its exact share, because others round down, may not cover
    // its own rounded payments.
    pay_less(balances, &owed, &mut unpaid, &mut moves);
    let unpaid = unpaid.into_iter().filter(|(_, amount)| !amount.is_zero());
    let unpaid =
        unpaid.map(|((debtor, creditor), amount)| Unpaid { debtor, creditor, amount }).collect();
    ProRata { vector, unpaid, moves }
}

/// The debts that are not paid, by debtor and creditor.
type Debts = BTreeMap<(usize, usize), Position>;

/// Reduces payments until rounding leaves no participant short. Payments only fall, so it ends.
fn pay_less(balances: &[Position], owed: &Debts, unpaid: &mut Debts, moves: &mut [Position]) {
    let short = |moves: &[Position]| {
        (0..moves.len()).find(|who| balances[*who] + moves[*who] < Position::ZERO)
    };
    let mut seen: BTreeMap<Vec<Position>, Debts> = BTreeMap::new();
    while let Some(who) = short(moves) {
        // Among defaulters that owe each other nearly all they have, a few fen go round until a
        // payment is used up, and that may be a large one. Where everybody stands as before, the
        // rounds to come are taken at once.
        if let Some(before) = seen.insert(moves.to_vec(), unpaid.clone()) {
            skip_rounds(owed, unpaid, &before);
            seen.clear();
        }
        // Its creditors receive less and may become short themselves, so the search starts again
        // after each participant.
        for ((_, creditor), sum) in owed.range((who, 0)..(who + 1, 0)).rev() {
            let left = unpaid.entry((who, *creditor)).or_default();
            // No creditor can give up more than it was still to receive.
            let less = (-(balances[who] + moves[who])).min(*sum - *left).max(Position::ZERO);
            *left += less;
            moves[who] += less;
            moves[*creditor] -= less;
        }
    }
}

/// Takes from payments what as many further rounds would take as none of them is used up in.
fn skip_rounds(owed: &Debts, unpaid: &mut Debts, before: &Debts) {
    let fell = |(key, left): (&(usize, usize), &Position)| {
        let by = *left - before.get(key).copied().unwrap_or_default();
        (by > Position::ZERO).then_some((*key, by))
    };
    let round: Debts = unpaid.iter().filter_map(fell).collect();
    let possible = round.iter().map(|(key, by)| (owed[key] - unpaid[key]).fen() / by.fen());
    let rounds = possible.min().unwrap_or(0);
    for (key, by) in round {
        *unpaid.entry(key).or_default() += Position::from_fen(by.fen() * rounds);
    }
}

impl super::Fraction {
    /// The part of this sum of fen that belongs to one share of a total, rounded down to whole fen.
    fn share_in_fen(&self, share: Position, total: Position) -> Position {
        let (numerator, denominator) = self.parts();
        let fen = numerator * share.fen() / (denominator * BigInt::from(total.fen()));
        Position::from_fen(i64::try_from(fen).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_queue, owes, yuan};
    use super::*;

    #[test]
    fn two_defaulters_of_four_pay_all_they_have_in_whole_fen() {
        let payments = owes("A B 100; B C 90; C A 70; A C 20; D A 40; B D 30; C D 15");
        let ProRata { unpaid, moves, .. } = pro_rata(&yuan(&[0, 25, 5, 10]), &payments);
        let unpaid: Vec<_> =
            unpaid.iter().map(|one| (one.debtor, one.creditor, one.amount.fen())).collect();
        assert_eq!(unpaid, [(0, 1, 834), (0, 2, 167), (1, 2, 250), (1, 3, 84)]);
        assert_eq!(moves.iter().map(|sum| sum.fen()).collect::<Vec<_>>(), [1, -2500, 2083, 416]);
    }

    #[test]
    fn nothing_stays_owed_when_everyone_covers() {
        let ProRata { unpaid, moves, .. } =
            pro_rata(&yuan(&[0, 0, 0]), &owes("A B 5; B C 5; C A 5"));
        assert_eq!((unpaid, moves), (Vec::new(), yuan(&[0, 0, 0])));
    }

    /// Two that owe each other nearly all, and little to a third: the fen that rounding takes would
    /// go round a million million times.
    #[test]
    fn a_fen_that_goes_round_ends_at_once() {
        let large = 1_000_000_000_000_000;
        let owes = |debtor, creditor, fen| Obligation {
            debtor,
            creditor,
            amount: crate::money::Amount::from_sum(Position::from_fen(fen)).unwrap(),
        };
        for (one, other) in [(large, large - 1), (large - 1, large), (large - 7, large - 3)] {
            let queue =
                [owes(0, 1, one), owes(1, 0, other), owes(0, 2, 3), owes(1, 2, 5), owes(2, 0, 1)];
            let balances = [0, 0, 0].map(Position::from_fen);
            let ProRata { moves, .. } = pro_rata(&balances, &queue);
            assert!(moves.iter().copied().sum::<Position>().is_zero());
            assert!(moves.iter().all(|moved| *moved >= Position::ZERO), "{moves:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn nobody_is_short_and_rounding_costs_a_few_fen((balances, queue) in any_queue(6, 30)) {
            let ProRata { vector, unpaid, moves } = pro_rata(&balances, &queue);
            prop_assert!(moves.iter().copied().sum::<Position>().is_zero());
            let participants = i64::try_from(balances.len()).unwrap();
            for (who, moved) in moves.iter().enumerate() {
                prop_assert!(balances[who] + *moved >= Position::ZERO);
                let exact = vector.equity[who].less(balances[who] + *moved);
                let bound = Position::from_fen(participants * participants);
                prop_assert!(!exact.less(-bound).is_negative() && exact.less(bound).is_negative());
            }
            prop_assert!(unpaid.iter().all(|one| one.amount > Position::ZERO));
            let mut nets = net_positions(balances.len(), &queue);
            for Unpaid { debtor, creditor, amount } in unpaid {
                nets[debtor] += amount;
                nets[creditor] -= amount;
            }
            prop_assert_eq!(nets, moves);
        }
    }
}
