//! Limits on what a participant may hold, may receive, and may pay another net.

use std::collections::BTreeMap;

use crate::money::Position;

use super::{Obligation, queues};

/// The least and the most that each participant may hold, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// The least balance of a sender after its payment.
    pub minimum: Vec<Position>,
    /// The largest balance of a receiver after a payment.
    pub maximum: Vec<Position>,
}

/// Marks the payments that are released when each must leave its sender at or above its minimum and
/// its receiver at or below its maximum (CHIPS balanced release).
///
/// Participants are visited in the order of their codes until nothing moves; a visit goes once
/// through the queue, oldest first, and skips what may not be released. A release can open the way
/// for another by making room at the receiver. Not monotone in liquidity. Takes O(passes × Q).
pub fn balanced_release(
    balances: &[Position],
    holdings: &Holdings,
    queue: &[Obligation],
) -> Vec<bool> {
    let queues = queues(balances.len(), queue);
    let mut balances = balances.to_vec();
    let mut settles = vec![false; queue.len()];
    let mut moved = true;
    while moved {
        moved = false;
        for index in queues.iter().flatten().copied() {
            let Obligation { debtor, creditor, amount } = queue[index];
            let (sent, received) =
                (balances[debtor] - amount.position(), balances[creditor] + amount.position());
            if settles[index]
                || sent < holdings.minimum[debtor]
                || received > holdings.maximum[creditor]
            {
                continue;
            }
            (balances[debtor], balances[creditor]) = (sent, received);
            settles[index] = true;
            moved = true;
        }
    }
    settles
}

/// The room that limits leave for payments that settle together; no entry means no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub(super) bilateral: BTreeMap<(usize, usize), Position>,
    pub(super) receiving: BTreeMap<usize, Position>,
}

impl Limits {
    /// Sets how much more one participant may pay another, net of the payments in return.
    pub fn set_bilateral(&mut self, payer: usize, payee: usize, left: Position) {
        self.bilateral.insert((payer, payee), left);
    }

    /// Sets how much more a participant may receive, net of its payments.
    pub fn set_receiving(&mut self, who: usize, left: Position) {
        self.receiving.insert(who, left);
    }

    /// Whether no limit is set.
    pub(super) fn are_none(&self) -> bool {
        self.bilateral.is_empty() && self.receiving.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_queue, owes, yuan};
    use super::super::{Algorithm, balances_after};
    use super::*;

    #[test]
    fn a_release_waits_for_room_at_the_receiver() {
        let holdings = Holdings { minimum: yuan(&[2, 0]), maximum: yuan(&[20, 8]) };
        let released =
            |payments: &str| balanced_release(&yuan(&[10, 5]), &holdings, &owes(payments));
        assert_eq!(released("A B 3; A B 4"), [true, false]);
        assert_eq!(released("A B 3; A B 4; B A 4"), [true, true, true]);
        assert_eq!(released("A B 3; B A 3; A B 6"), [true, true, false]);
    }

    #[test]
    fn the_sender_keeps_its_minimum() {
        let holdings = Holdings { minimum: yuan(&[2, 0]), maximum: yuan(&[99, 99]) };
        assert_eq!(
            balanced_release(&yuan(&[10, 0]), &holdings, &owes("A B 9; A B 8")),
            [false, true]
        );
    }

    fn within(algorithm: Algorithm, limits: &Limits, payments: &str) -> Vec<bool> {
        algorithm.run_within(&yuan(&[100, 100, 0]), limits, &owes(payments)).unwrap().settles
    }

    fn may_pay(yuan: i64) -> Limits {
        let mut limits = Limits::default();
        limits.set_bilateral(0, 1, Position::from_fen(yuan * 100));
        limits
    }

    #[test]
    fn a_bilateral_limit_is_on_the_net() {
        let settled = |payments: &str| within(Algorithm::GrossFifo, &may_pay(5), payments);
        assert_eq!(settled("A B 5; A B 1; A C 1"), [true, false, false]);
        assert_eq!(settled("A B 5; A B 1; B A 1"), [true, true, true]);
        let settled = |payments: &str| within(Algorithm::GrossBypass, &may_pay(5), payments);
        assert_eq!(settled("A B 5; A B 1; A C 1"), [true, false, true]);
        let settled = |payments: &str| within(Algorithm::AllOrNothing, &may_pay(5), payments);
        assert_eq!(settled("A C 1; A B 6"), [false, false]);
        assert_eq!(settled("A C 1; A B 6; B A 1"), [true, true, true]);
    }

    #[test]
    fn a_receiver_takes_no_more_than_its_limit_net_of_what_it_sends() {
        let mut limits = Limits::default();
        limits.set_receiving(2, Position::from_fen(500));
        let settled = |payments: &str| within(Algorithm::PartialNet, &limits, payments);
        assert_eq!(settled("A C 3; B C 3; A B 1; B A 1"), [true, false, true, false]);
        assert_eq!(settled("A C 3; B C 3; C A 1"), [true, true, true]);
    }

    /// Whether the marked payments keep the limits; one that is passed without them keeps out all
    /// that count.
    fn is_within(limits: &Limits, queue: &[Obligation], settles: &[bool]) -> bool {
        let settled = || {
            queue.iter().zip(settles).filter(|(_, settled)| **settled).map(|(payment, _)| payment)
        };
        let sum = |of: &dyn Fn(&Obligation) -> bool| -> Position {
            settled().filter(|payment| of(payment)).map(|payment| payment.amount.position()).sum()
        };
        let pairs = limits.bilateral.iter().all(|((payer, payee), left)| {
            let there = sum(&|payment| (payment.debtor, payment.creditor) == (*payer, *payee));
            let back = sum(&|payment| (payment.creditor, payment.debtor) == (*payer, *payee));
            there.is_zero() || there - back <= *left
        });
        let receivers = limits.receiving.iter().all(|(who, left)| {
            let received = sum(&|payment| payment.creditor == *who);
            received.is_zero() || received - sum(&|payment| payment.debtor == *who) <= *left
        });
        pairs && receivers
    }

    /// The largest set that keeps queue order, that everyone covers and that keeps a bilateral
    /// limit.
    fn best_by_trying(balances: &[Position], limits: &Limits, queue: &[Obligation]) -> Vec<bool> {
        let lanes = queues(balances.len(), queue);
        let mut best = vec![false; queue.len()];
        let mut lengths = vec![0; lanes.len()];
        loop {
            let mut settles = vec![false; queue.len()];
            lanes.iter().zip(&lengths).for_each(|(lane, length)| {
                lane[..*length].iter().for_each(|index| settles[*index] = true);
            });
            let covered = balances_after(balances, queue, &settles)
                .iter()
                .all(|balance| *balance >= Position::ZERO);
            let more = settles.iter().filter(|settled| **settled).count()
                > best.iter().filter(|one| **one).count();
            if covered && more && is_within(limits, queue, &settles) {
                best = settles;
            }
            let Some(who) = (0..lanes.len()).find(|who| lengths[*who] < lanes[*who].len()) else {
                return best;
            };
            lengths[..who].fill(0);
            lengths[who] += 1;
        }
    }

    proptest! {
        #[test]
        fn without_limits_nothing_changes((balances, queue) in any_queue(5, 24)) {
            for algorithm in Algorithm::ALL {
                let within = algorithm.run_within(&balances, &Limits::default(), &queue);
                prop_assert_eq!(within, algorithm.run(&balances, &queue));
            }
        }

        #[test]
        fn partial_net_within_bilateral_limits_is_the_largest_set(
            (balances, queue) in any_queue(4, 9),
            limited in prop::collection::vec((0..4_usize, 0..4_usize, 0..25_i64), 0..4),
        ) {
            let mut limits = Limits::default();
            for (payer, payee, fen) in limited {
                limits.set_bilateral(payer, payee, Position::from_fen(fen));
            }
            let found = Algorithm::PartialNet.run_within(&balances, &limits, &queue).unwrap().settles;
            prop_assert_eq!(found, best_by_trying(&balances, &limits, &queue));
        }

        #[test]
        fn limits_and_covers_hold_whatever_the_algorithm(
            (balances, queue) in any_queue(5, 24),
            bilateral in prop::collection::vec((0..5_usize, 0..5_usize, 0..25_i64), 0..6),
            receiving in prop::collection::vec((0..5_usize, 0..25_i64), 0..3),
        ) {
            let mut limits = Limits::default();
            bilateral.iter().for_each(|(one, other, fen)| limits.set_bilateral(*one, *other, Position::from_fen(*fen)));
            receiving.iter().for_each(|(who, fen)| limits.set_receiving(*who, Position::from_fen(*fen)));
            for algorithm in &Algorithm::ALL[..6] {
                let settles = algorithm.run_within(&balances, &limits, &queue).unwrap().settles;
                prop_assert!(is_within(&limits, &queue, &settles), "{}", algorithm);
                let after = balances_after(&balances, &queue, &settles);
                prop_assert!(after.iter().all(|balance| *balance >= Position::ZERO), "{}", algorithm);
            }
        }
    }
}
