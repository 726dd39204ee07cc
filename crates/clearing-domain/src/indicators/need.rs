//! The liquidity that a design needs: the cover with which each participant would be short of
//! nothing.

use crate::money::Amount;

use super::record::at_each_time;

/// A payment at the time at which its design settles it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settling {
    /// The number of the participant that pays.
    pub sender: usize,
    /// The number of the participant that is paid, another one.
    pub receiver: usize,
    /// The amount.
    pub value: Amount,
    /// When it settles: the cut-off of its cycle, or when it moves money by itself.
    pub at: i64,
    /// Whether it is netted with the other netted payments of that time, as in a cycle.
    pub netted: bool,
}

/// The sufficient liquidity: the balance with which each participant covers all its payments at the
/// times and in the manner of the design. A payment that settles by itself is covered before any
/// receipt of the same time; netted payments count at each cut-off as one sum, after those that
/// settled by themselves.
///
/// For payments that settle one by one at times of their own it is the upper bound of liquidity;
/// for payments that are all netted once it is the lower bound.
pub fn sufficient_liquidity(participants: usize, payments: &[Settling]) -> Vec<i128> {
    let (mut nets, mut most) = (vec![0_i128; participants], vec![0_i128; participants]);
    let changes = payments.iter().map(|payment| (payment.at, payment)).collect();
    at_each_time(changes, |_, payments| {
        let (netted, single): (Vec<&Settling>, Vec<&Settling>) =
            payments.partition(|payment| payment.netted);
        // All debits before all credits: a sender must not rely on money that arrives at the same
        // time.
        for payment in &single {
            nets[payment.sender] -= i128::from(payment.value.fen());
            most[payment.sender] = most[payment.sender].max(-nets[payment.sender]);
        }
        for payment in &single {
            nets[payment.receiver] += i128::from(payment.value.fen());
        }
        for payment in &netted {
            nets[payment.sender] -= i128::from(payment.value.fen());
            nets[payment.receiver] += i128::from(payment.value.fen());
        }
        for payment in netted {
            most[payment.sender] = most[payment.sender].max(-nets[payment.sender]);
        }
    });
    most
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::indicators::{Flows, Record, lower_bound_liquidity, upper_bound_liquidity};

    fn payment(at: i64, sender: usize, receiver: usize, fen: i64, netted: bool) -> Settling {
        Settling { sender, receiver, value: Amount::from_fen(fen).unwrap(), at, netted }
    }

    #[test]
    fn each_cut_off_asks_for_what_the_ones_before_did_not_bring() {
        // A pays 100 in the first cycle and gets 70 in the second; in the third it pays 20 more. B
        // passes 30 on.
        let day = [(1, 0, 1, 100), (2, 1, 0, 70), (3, 0, 1, 20), (3, 1, 2, 60)];
        let cycles = |at: fn(i64) -> i64| {
            day.map(|(cycle, from, to, fen)| payment(at(cycle), from, to, fen, true)).to_vec()
        };
        // Position of A: -100, -30, -50; of B: 100, 30, -10; of C: 0, 0, 60.
        assert_eq!(sufficient_liquidity(3, &cycles(|cycle| cycle)), [100, 10, 0]);
        // Two cycles: A -30, -50; B 30, -10.
        assert_eq!(sufficient_liquidity(3, &cycles(|cycle| (cycle + 1) / 2)), [50, 10, 0]);
        // One: A -50, B -10, C +60.
        assert_eq!(sufficient_liquidity(3, &cycles(|_| 9)), [50, 10, 0]);
    }

    #[test]
    fn what_moves_by_itself_cannot_be_paid_out_of_what_comes_in_at_the_same_time() {
        let payments =
            [payment(5, 0, 1, 40, false), payment(5, 1, 0, 30, false), payment(6, 0, 1, 10, false)];
        assert_eq!(sufficient_liquidity(2, &payments), [40, 30]);
        let netted = payments.map(|payment| Settling { netted: true, ..payment });
        assert_eq!(sufficient_liquidity(2, &netted), [20, 0]);
        // A cycle that closes at the same time comes after it and has what came in.
        assert_eq!(
            sufficient_liquidity(2, &[payment(5, 0, 1, 40, false), payment(5, 1, 0, 50, true)]),
            [40, 10]
        );
        assert_eq!(sufficient_liquidity(2, &[]), [0, 0]);
    }

    proptest! {
        #[test]
        fn shorter_cycles_lie_between_the_bounds(
            payments in prop::collection::vec((0..60_i64, 0..4_usize, 1..4_usize, 1..100_i64), 0..40),
            length in 1..70_i64,
        ) {
            let flow = payments.iter().map(|(at, sender, step, fen)| (*at, *sender, (sender + step) % 4, *fen));
            let netted: Vec<_> = flow.clone()
                .map(|(at, from, to, fen)| payment((at / length + 1) * length, from, to, fen, true)).collect();
            let records: Vec<_> = flow.map(|(submitted, sender, receiver, fen)| {
                Record { sender, receiver, value: Amount::from_fen(fen).unwrap(), submitted, settled: None }
            }).collect();
            let (lower, upper) =
                (lower_bound_liquidity(&Flows::of(4, &records)), upper_bound_liquidity(4, &records));
            for (who, need) in sufficient_liquidity(4, &netted).into_iter().enumerate() {
                prop_assert!(lower[who] <= need && need <= upper[who]);
            }
        }
    }
}
