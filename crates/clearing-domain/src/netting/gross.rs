//! Gross settlement from queues: payments settle one at a time, each covered by its sender's
//! balance.

use crate::money::Position;

use super::first_fit::FirstFit;
use super::{Obligation, queues};

/// The value of a place without a waiting payment; no balance covers it.
const NOTHING: Position = Position::from_fen(i64::MAX);

/// Marks the payments that settle one by one in strict queue order (plain real-time gross
/// settlement).
///
/// Participants are visited in the order of their codes until nothing moves. A visit settles the
/// head of the participant's queue while it fits; a head that does not fit blocks those behind it.
/// Incoming money can only unblock, so the result does not depend on the order of the visits, and
/// only participants that were paid are visited again. Monotone in liquidity. Takes O(Q + N).
pub fn gross_fifo(balances: &[Position], queue: &[Obligation]) -> Vec<bool> {
    let queues = queues(balances.len(), queue);
    let mut balances = balances.to_vec();
    let mut heads = vec![0; balances.len()];
    let mut settles = vec![false; queue.len()];
    let mut to_visit: Vec<usize> = (0..balances.len()).rev().collect();
    while let Some(who) = to_visit.pop() {
        while let Some(index) = queues[who].get(heads[who]).copied() {
            let Obligation { creditor, amount, .. } = queue[index];
            if balances[who] < amount.position() {
                break;
            }
            settles[index] = true;
            heads[who] += 1;
            balances[who] -= amount;
            balances[creditor] += amount;
            // Nobody else has become able to pay by this payment.
            to_visit.push(creditor);
        }
    }
    settles
}

/// Marks the payments that settle one by one when those that do not fit are skipped (bypass FIFO).
///
/// Participants are visited in the order of their codes until nothing moves. A visit goes once
/// through the participant's queue, oldest first, and settles each payment that then fits. **Not
/// monotone in liquidity**: with more money an early payment may settle that then blocks larger
/// ones, so that less settles in total. Takes O(Q log Q + passes × N).
pub fn gross_bypass(balances: &[Position], queue: &[Obligation]) -> Vec<bool> {
    let queues = queues(balances.len(), queue);
    let amounts = |own: &Vec<usize>| {
        FirstFit::new(NOTHING, own.iter().map(|index| queue[*index].amount.position()))
    };
    let mut waiting: Vec<_> = queues.iter().map(amounts).collect();
    let mut balances = balances.to_vec();
    let mut settles = vec![false; queue.len()];
    let mut moved = true;
    while moved {
        moved = false;
        for who in 0..balances.len() {
            // A visit only goes forward in the queue: within it the balance only falls, so a
            // skipped payment cannot fit again before the next pass.
            let mut from = 0;
            while let Some(place) = waiting[who].next_that_fits(from, balances[who]) {
                let index = queues[who][place];
                let Obligation { creditor, amount, .. } = queue[index];
                waiting[who].remove(place);
                settles[index] = true;
                balances[who] -= amount;
                balances[creditor] += amount;
                from = place + 1;
                moved = true;
            }
        }
    }
    settles
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_queue, owes, yuan};
    use super::*;

    #[track_caller]
    fn check(balances: &[i64], payments: &str, fifo: &[bool], bypass: &[bool]) {
        assert_eq!(gross_fifo(&yuan(balances), &owes(payments)), fifo, "fifo");
        assert_eq!(gross_bypass(&yuan(balances), &owes(payments)), bypass, "bypass");
    }

    #[test]
    fn a_head_that_does_not_fit_blocks_or_is_skipped() {
        check(&[5, 0], "A B 9; A B 4", &[false, false], &[false, true]);
    }

    #[test]
    fn money_that_arrives_later_is_used() {
        check(&[0, 0, 3], "A B 3; B C 3; C A 3", &[true, true, true], &[true, true, true]);
    }

    #[test]
    fn equality_passes() {
        check(&[10, 0], "A B 10", &[true], &[true]);
    }

    /// Computed for this project: with more money everywhere less settles.
    #[test]
    fn bypass_is_not_monotone() {
        let payments = owes("A C 7; C B 1; B C 8; B C 15; B E 7; E D 10");
        let [with_less, with_more] =
            [[0, 7, 7, 8, 8], [3, 10, 8, 9, 9]].map(|balances| yuan(&balances));
        assert_eq!(gross_bypass(&with_less, &payments), [false, true, false, false, true, true]);
        assert_eq!(gross_bypass(&with_more, &payments), [false, true, true, false, false, false]);
    }

    /// The definition, word for word.
    fn by_rescanning(balances: &[Position], queue: &[Obligation], skips: bool) -> Vec<bool> {
        let mut balances = balances.to_vec();
        let mut settles = vec![false; queue.len()];
        loop {
            let before = settles.clone();
            for who in 0..balances.len() {
                for (index, payment) in
                    queue.iter().enumerate().filter(|(_, payment)| payment.debtor == who)
                {
                    if settles[index] {
                        continue;
                    }
                    if balances[who] >= payment.amount.position() {
                        settles[index] = true;
                        balances[who] -= payment.amount;
                        balances[payment.creditor] += payment.amount;
                    } else if !skips {
                        break;
                    }
                }
            }
            if settles == before {
                return settles;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn both_settle_what_rescanning_settles((balances, queue) in any_queue(5, 30)) {
            prop_assert_eq!(gross_fifo(&balances, &queue), by_rescanning(&balances, &queue, false));
            prop_assert_eq!(gross_bypass(&balances, &queue), by_rescanning(&balances, &queue, true));
        }
    }
}
