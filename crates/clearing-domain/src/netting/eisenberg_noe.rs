//! The clearing vector of Eisenberg and Noe: each participant pays pro rata as much as it can.

use num_bigint::BigInt;

use crate::money::{Amount, Position};

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

/// What participants owe outside: to creditors that are none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExternalClaims {
    /// Claims that are paid before all others.
    pub senior: Amount,
    /// Claims of the same rank as those of the participants.
    pub equal: Amount,
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
    let none = vec![ExternalClaims::default(); balances.len()];
    eisenberg_noe_beside(balances, queue, &none).0
}

/// The same beside claims from outside; answers what each participant pays on them, too.
///
/// A participant pays its senior claims first. What is left goes to its creditors, those outside of
/// the same rank among them, in proportion to their claims; one that cannot pay its senior claims
/// pays nothing else (Elsinger 2009).
///
/// # Panics
/// With a negative balance, or not as many claims as balances.
pub fn eisenberg_noe_beside(
    balances: &[Position],
    queue: &[Obligation],
    claims: &[ExternalClaims],
) -> (ClearingVector, Vec<Fraction>) {
    assert!(balances.iter().all(|balance| *balance >= Position::ZERO), "an endowment is negative");
    assert_eq!(balances.len(), claims.len(), "every participant has claims, or none of zero");
    let system = System::new(balances, queue, claims);
    let participants = balances.len();
    let mut defaulted = vec![false; participants];
    let mut rounds = Vec::new();
    loop {
        let shares = system.shares_paid(&defaulted);
        let wealth: Vec<BigInt> =
            (0..participants).map(|who| system.wealth(who, &shares)).collect();
        // Both sides are multiplied by the whole of the shares, so the comparison stays in whole
        // numbers and equality counts as covered.
        let falls = |who: &usize| {
            let owed = &system.totals[*who] + &system.seniors[*who];
            !defaulted[*who] && wealth[*who] < owed * &shares.whole
        };
        let round: Vec<usize> = (0..participants).filter(falls).collect();
        if round.is_empty() {
            let exact = |sum: BigInt| Fraction::new(sum, shares.whole.clone());
            let inside =
                |who: usize| (&system.totals[who] - &system.equals[who]) * &shares.parts[who];
            let outside = |who: usize| {
                let senior = &system.seniors[who] * &shares.whole;
                senior.min(wealth[who].clone()) + &system.equals[who] * &shares.parts[who]
            };
            let all = 0..participants;
            let equity = all.clone().map(|who| exact(&wealth[who] - inside(who) - outside(who)));
            let vector = ClearingVector {
                payments_made: all.clone().map(|who| exact(inside(who))).collect(),
                equity: equity.collect(),
                rounds,
            };
            return (vector, all.map(|who| exact(outside(who))).collect());
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
    /// What each owes with one rank, to participants and outside.
    totals: Vec<BigInt>,
    /// What of that it owes outside.
    equals: Vec<BigInt>,
    /// What it pays before.
    seniors: Vec<BigInt>,
}

impl System {
    fn new(balances: &[Position], queue: &[Obligation], claims: &[ExternalClaims]) -> Self {
        let participants = balances.len();
        let endowments = balances.iter().map(|balance| BigInt::from(balance.fen())).collect();
        let mut owed = vec![vec![BigInt::ZERO; participants]; participants];
        for Obligation { debtor, creditor, amount } in queue {
            owed[*debtor][*creditor] += amount.fen();
        }
        let whole = |of: fn(&ExternalClaims) -> Amount| -> Vec<BigInt> {
            claims.iter().map(|claims| BigInt::from(of(claims).fen())).collect()
        };
        let (equals, seniors) = (whole(|claims| claims.equal), whole(|claims| claims.senior));
        let inside = owed.iter().map(|row| row.iter().sum::<BigInt>());
        let totals = inside.zip(&equals).map(|(inside, equal)| inside + equal).collect();
        Self { endowments, owed, totals, equals, seniors }
    }

    /// The wealth of a participant when each one pays its share, times the whole of the shares.
    fn wealth(&self, who: usize, shares: &Shares) -> BigInt {
        let received = self.owed.iter().zip(&shares.parts).map(|(row, part)| &row[who] * part);
        &self.endowments[who] * &shares.whole + received.sum::<BigInt>()
    }

    /// The shares that the defaulters can pay when the others pay in full.
    ///
    /// A defaulter pays nothing but its senior claims until these are paid. So the defaulters that
    /// pay a share are found from below: as long as one of the others has more than its senior
    /// claims when those pay, it pays a share, too. What it pays can only make the others pay more.
    fn shares_paid(&self, defaulted: &[bool]) -> Shares {
        let mut paying = vec![false; defaulted.len()];
        loop {
            let shares = self.shares_of(defaulted, &paying);
            let more = |who: &usize| {
                defaulted[*who]
                    && !paying[*who]
                    && self.wealth(*who, &shares) > &self.seniors[*who] * &shares.whole
            };
            let found: Vec<usize> = (0..defaulted.len()).filter(more).collect();
            if found.is_empty() {
                return shares;
            }
            for who in found {
                paying[who] = true;
            }
        }
    }

    /// The shares of the defaulters that pay some. One equation for each: its debt times its share,
    /// less its receipts from them, equals its endowment plus its receipts from those that pay in
    /// full, less its senior claims.
    fn shares_of(&self, defaulted: &[bool], paying: &[bool]) -> Shares {
        let defaulters: Vec<usize> = (0..paying.len()).filter(|who| paying[*who]).collect();
        let row = |who: &usize| {
            let mut row: Vec<BigInt> =
                defaulters.iter().map(|other| -&self.owed[*other][*who]).collect();
            let place = defaulters.iter().take_while(|other| *other != who).count();
            row[place] += &self.totals[*who];
            let from_others = self.owed.iter().zip(defaulted).filter(|(_, defaulted)| !**defaulted);
            row.push(
                &self.endowments[*who] - &self.seniors[*who]
                    + from_others.map(|(owed, _)| &owed[*who]).sum::<BigInt>(),
            );
            row
        };
        let (solution, whole) = solve(defaulters.iter().map(row).collect());
        // Whoever does not default pays the whole of its debt.
        let part = |defaulted: &bool| if *defaulted { BigInt::ZERO } else { whole.clone() };
        let mut parts: Vec<_> = defaulted.iter().map(part).collect();
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

    fn claims(senior: &[i64], equal: &[i64]) -> Vec<ExternalClaims> {
        let fen = |yuan: &i64| Amount::from_fen(yuan * 100).unwrap();
        let pairs = senior.iter().zip(equal);
        pairs.map(|(one, two)| ExternalClaims { senior: fen(one), equal: fen(two) }).collect()
    }

    #[test]
    fn claims_from_outside_share_and_senior_ones_come_first() {
        // A has 60 for 100 inside and 50 outside: two fifths of each claim.
        let owed = owes("A B 100; B C 90");
        let (vector, outside) =
            eisenberg_noe_beside(&yuan(&[60, 0, 0]), &owed, &claims(&[0, 0, 0], &[50, 0, 0]));
        assert_eq!(texts(&vector.payments_made), ["40", "40", "0"]);
        assert_eq!(
            (texts(&outside), texts(&vector.equity)),
            (
                ["20", "0", "0"].map(str::to_owned).to_vec(),
                ["0", "0", "40"].map(str::to_owned).to_vec(),
            )
        );
        // Senior to all: 50 first, and 10 inside.
        let (vector, outside) =
            eisenberg_noe_beside(&yuan(&[60, 0, 0]), &owed, &claims(&[50, 0, 0], &[0, 0, 0]));
        assert_eq!(
            (texts(&vector.payments_made), texts(&outside)),
            (
                ["10", "10", "0"].map(str::to_owned).to_vec(),
                ["50", "0", "0"].map(str::to_owned).to_vec(),
            )
        );
        // More than all that it has: nothing inside, and whoever waits for that pays nothing either.
        let (vector, outside) =
            eisenberg_noe_beside(&yuan(&[60, 0, 0]), &owed, &claims(&[70, 0, 0], &[0, 0, 0]));
        assert_eq!(
            (texts(&vector.payments_made), texts(&outside)),
            (
                ["0", "0", "0"].map(str::to_owned).to_vec(),
                ["60", "0", "0"].map(str::to_owned).to_vec(),
            )
        );
        assert_eq!(vector.rounds, [[0], [1]]);
    }

    #[test]
    fn receipts_lift_a_defaulter_over_its_senior_claims() {
        // A has nothing without B's payment of 30, of which 20 are senior and 10 go to C.
        let owed = owes("A C 40; B A 60");
        let (vector, outside) =
            eisenberg_noe_beside(&yuan(&[0, 30, 0]), &owed, &claims(&[20, 0, 0], &[0, 0, 0]));
        assert_eq!(texts(&vector.payments_made), ["10", "30", "0"]);
        assert_eq!(texts(&outside), ["20", "0", "0"]);
        assert_eq!(texts(&vector.equity), ["0", "0", "10"]);
    }

    /// What a whole share is in the search below.
    const WHOLE: i128 = 1_000_000_000_000;

    /// The greatest vector by going down from paying all, a step at a time, in fen.
    fn by_iteration(
        balances: &[Position],
        queue: &[Obligation],
        claims: &[ExternalClaims],
    ) -> Vec<i128> {
        let count = balances.len();
        let mut owed = vec![vec![0_i128; count]; count];
        for one in queue {
            owed[one.debtor][one.creditor] += i128::from(one.amount.fen());
        }
        let inside = |who: usize| owed[who].iter().sum::<i128>();
        let mut shares = vec![WHOLE; count];
        for _ in 0..20_000 {
            let share = |who: usize| {
                let received: i128 = (0..count).map(|from| owed[from][who] * shares[from]).sum();
                let own = i128::from(balances[who].fen() - claims[who].senior.fen());
                let total = inside(who) + i128::from(claims[who].equal.fen());
                (own * WHOLE + received).checked_div(total).unwrap_or(WHOLE).clamp(0, WHOLE)
            };
            let next: Vec<_> = (0..count).map(share).collect();
            if next == shares {
                break;
            }
            shares = next;
        }
        (0..count).map(|who| shares[who] * inside(who) / WHOLE).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn claims_from_outside_leave_the_greatest_vector(
            (balances, queue) in any_queue(5, 12),
            drawn in prop::collection::vec((0..4_000_i64, 0..4_000_i64), 5),
        ) {
            let of = |fen: i64| Amount::from_fen(fen).unwrap();
            let claims: Vec<_> = drawn[..balances.len()]
                .iter()
                .map(|(senior, equal)| ExternalClaims { senior: of(*senior), equal: of(*equal) })
                .collect();
            let (vector, outside) = eisenberg_noe_beside(&balances, &queue, &claims);
            let mut left = Fraction::new(0, 1);
            for who in 0..balances.len() {
                let defaults = vector.rounds.concat().contains(&who);
                let all = Fraction::new(claims[who].senior.fen() + claims[who].equal.fen(), 1);
                prop_assert!(defaults || outside[who] == all);
                prop_assert!(!defaults || vector.equity[who] == Fraction::new(0, 1));
                prop_assert!(!vector.equity[who].is_negative());
                left = left.plus(&vector.equity[who]).plus(&outside[who]);
            }
            // What there was is what is left or went outside.
            prop_assert_eq!(left.whole(), Some(balances.iter().copied().sum::<Position>()));
            let near = by_iteration(&balances, &queue, &claims);
            for (exact, near) in vector.payments_made.iter().zip(near) {
                let due = i128::from(exact.rounded_down().fen());
                prop_assert!((near - due).abs() <= 1, "{near} where {due} is due");
            }
        }
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
