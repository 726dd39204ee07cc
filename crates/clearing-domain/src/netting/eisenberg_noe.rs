//! The clearing vector of Eisenberg and Noe: each participant pays pro rata as much as it can.

use num_bigint::BigInt;

use crate::money::Position;

use super::{Fraction, Obligation};

/// The payments of all participants when none pays more than it has or owes. All sums are exact, in
/// fen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearingVector {
    /// The total that each participant pays.
    pub payments_made: Vec<Fraction>,
    /// The equity of each participant: its balance plus what it receives, less what it pays.
    pub equity: Vec<Fraction>,
    /// The participants that default in each round, by number.
    pub rounds: Vec<Vec<usize>>,
}

/// Finds the greatest clearing vector by fictitious default (Eisenberg and Noe 2001).
///
/// The endowment of a participant is its balance. The obligations are all liabilities (there are no
/// external ones) and have one seniority; a defaulter pays its creditors in proportion to their
/// claims. The first round assumes that every participant pays in full. A participant that cannot,
/// given what the others pay, defaults; the payments of all defaulters so far are then solved
/// exactly, until no further participant defaults. At most N rounds, each O(N³) operations on whole
/// numbers.
///
/// # Panics
/// With a negative balance, which is no endowment.
pub fn eisenberg_noe(balances: &[Position], queue: &[Obligation]) -> ClearingVector {
    assert!(balances.iter().all(|balance| *balance >= Position::ZERO), "an endowment is negative");
    let system = System::new(balances, queue);
    let participants = balances.len();
    let mut defaulted = vec![false; participants];
    let mut rounds = Vec::new();
    loop {
        let shares = system.shares_paid(&defaulted);
        let wealth: Vec<BigInt> =
            (0..participants).map(|who| system.wealth(who, &shares)).collect();
        // Both sides are multiplied by the whole of the shares, so the comparison stays in whole
        // numbers and equality counts as covered.
        let falls =
            |who: &usize| !defaulted[*who] && wealth[*who] < &system.totals[*who] * &shares.whole;
        let round: Vec<usize> = (0..participants).filter(falls).collect();
        if round.is_empty() {
            let paid = |who: usize| &system.totals[who] * &shares.parts[who];
            let exact = |sum: BigInt| Fraction::new(sum, shares.whole.clone());
            let payments_made = (0..participants).map(|who| exact(paid(who))).collect();
            let equity =
                wealth.iter().enumerate().map(|(who, wealth)| exact(wealth - paid(who))).collect();
            return ClearingVector { payments_made, equity, rounds };
        }
        // All of a round at once: whether one defaults must not depend on the places of the others.
        for who in &round {
            defaulted[*who] = true;
        }
        rounds.push(round);
    }
}

/// The share of its debt that each participant pays, all over one denominator: `whole`.
struct Shares {
    parts: Vec<BigInt>,
    whole: BigInt,
}

/// The endowments and the debts, in fen.
struct System {
    endowments: Vec<BigInt>,
    owed: Vec<Vec<BigInt>>,
    totals: Vec<BigInt>,
}

impl System {
    fn new(balances: &[Position], queue: &[Obligation]) -> Self {
        let participants = balances.len();
        let endowments = balances.iter().map(|balance| BigInt::from(balance.fen())).collect();
        let mut owed = vec![vec![BigInt::ZERO; participants]; participants];
        for Obligation { debtor, creditor, amount } in queue {
            owed[*debtor][*creditor] += amount.fen();
        }
        let totals = owed.iter().map(|row| row.iter().sum()).collect();
        Self { endowments, owed, totals }
    }

    /// The wealth of a participant when each one pays its share, times the whole of the shares.
    fn wealth(&self, who: usize, shares: &Shares) -> BigInt {
        let received = self.owed.iter().zip(&shares.parts).map(|(row, part)| &row[who] * part);
        &self.endowments[who] * &shares.whole + received.sum::<BigInt>()
    }

    /// The shares that the defaulters can pay when the others pay in full. One equation for each
    /// defaulter: its debt times its share, less its receipts from defaulters, equals its endowment
    /// plus its receipts from the others.
    fn shares_paid(&self, defaulted: &[bool]) -> Shares {
        let defaulters: Vec<usize> = (0..defaulted.len()).filter(|who| defaulted[*who]).collect();
        let row = |who: &usize| {
            let mut row: Vec<BigInt> =
                defaulters.iter().map(|other| -&self.owed[*other][*who]).collect();
            let place = defaulters.iter().take_while(|other| *other != who).count();
            row[place] += &self.totals[*who];
            let from_others = self.owed.iter().zip(defaulted).filter(|(_, defaulted)| !**defaulted);
            row.push(
                &self.endowments[*who] + from_others.map(|(owed, _)| &owed[*who]).sum::<BigInt>(),
            );
            row
        };
        let (solution, whole) = solve(defaulters.iter().map(row).collect());
        // Whoever does not default pays the whole of its debt.
        let mut parts = vec![whole.clone(); defaulted.len()];
        for (who, part) in defaulters.into_iter().zip(solution) {
            parts[who] = part;
        }
        Shares { parts, whole }
    }
}

/// Solves linear equations in whole numbers without fractions (Bareiss 1968): the unknowns times
/// the determinant, and the determinant.
///
/// No pivot is zero: no set of defaulters owes only within itself, as together such a set would
/// lose nothing, and then the matrix is a nonsingular M-matrix, whose leading minors are all
/// positive.
fn solve(mut rows: Vec<Vec<BigInt>>) -> (Vec<BigInt>, BigInt) {
    let size = rows.len();
    let mut before = BigInt::from(1);
    for pivot in 0..size {
        assert!(
            rows[pivot][pivot] > BigInt::ZERO,
            "defaulters that owe only each other cannot be short"
        );
        let (above, below) = rows.split_at_mut(pivot + 1);
        let upper = &above[pivot];
        for row in below {
            let factor = row[pivot].clone();
            // The division leaves no remainder (Bareiss), which keeps the numbers whole and short.
            for column in pivot..=size {
                row[column] = (&row[column] * &upper[pivot] - &factor * &upper[column]) / &before;
            }
        }
        before = rows[pivot][pivot].clone();
    }
    let determinant = before;
    let mut solution = vec![BigInt::ZERO; size];
    // From the last unknown back. No division leaves a remainder: by Cramer each unknown times the
    // determinant is whole.
    for place in (0..size).rev() {
        let row = &rows[place];
        let known: BigInt = (place + 1..size).map(|column| &row[column] * &solution[column]).sum();
        solution[place] = (&row[size] * &determinant - known) / &row[place];
    }
    (solution, determinant)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_queue, owes, yuan};
    use super::*;

    fn texts(fractions: &[Fraction]) -> Vec<String> {
        fractions.iter().map(|fraction| fraction.in_yuan().to_string()).collect()
    }

    #[test]
    fn two_defaulters_of_four_pay_pro_rata() {
        let payments = owes("A B 100; B C 90; C A 70; A C 20; D A 40; B D 30; C D 15");
        let vector = eisenberg_noe(&yuan(&[0, 25, 5, 10]), &payments);
        assert_eq!(texts(&vector.payments_made), ["110", "350/3", "85", "40"]);
        assert_eq!(texts(&vector.equity), ["0", "0", "155/6", "85/6"]);
        assert_eq!(vector.rounds, [[0], [1]]);
    }

    #[test]
    fn a_circle_without_money_clears_in_full() {
        let vector = eisenberg_noe(&yuan(&[0, 0, 0]), &owes("A B 5; B C 5; C A 5"));
        assert_eq!(texts(&vector.payments_made), ["5", "5", "5"]);
        assert!(vector.rounds.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn everyone_pays_all_it_owes_or_all_it_has((balances, queue) in any_queue(6, 30)) {
            let vector = eisenberg_noe(&balances, &queue);
            let zero = Fraction::new(0, 1);
            let mut left = Fraction::new(0, 1);
            for (who, equity) in vector.equity.iter().enumerate() {
                let defaults = vector.rounds.concat().contains(&who);
                let owed: Position = queue.iter().filter(|one| one.debtor == who).map(|one| one.amount.position()).sum();
                prop_assert_eq!(defaults, vector.payments_made[who].whole() != Some(owed));
                prop_assert!(!defaults || *equity == zero);
                prop_assert!(!equity.is_negative());
                left = left.plus(equity);
            }
            prop_assert_eq!(left.whole(), Some(balances.iter().copied().sum::<Position>()));
            prop_assert!(vector.rounds.len() <= balances.len());
        }
    }
}
