//! Bilateral offsetting: payments in both directions of a pair settle together.

use crate::money::Position;

use super::{Obligation, queues};

/// Marks the payments that settle pair by pair (RITS bilateral offset; EAF2; TARGET2 algorithm 3).
///
/// For a pair, the set starts with the first payments of each participant to the other, up to
/// `look_ahead` on each side. While one of the two is short, its last payment leaves the set; the
/// rest settles at once. This repeats until nothing moves. A set in one direction alone is a
/// payment that its sender covers, so every payment that [`gross_fifo`](super::gross_fifo) settles
/// settles here, too.
///
/// Queue order is that of the participant, not of the pair: a payment to a third participant at the
/// head blocks those behind it. Sets that keep queue order are closed under union, so the result
/// does not depend on the order of the pairs (TARGET2 begins with the smallest difference), and it
/// is a part of the set that [`partial_net`](super::partial_net) settles. Takes O((Q + N) ×
/// look-ahead).
///
/// # Panics
/// With a look-ahead of zero.
pub fn bilateral_offset(
    balances: &[Position],
    queue: &[Obligation],
    look_ahead: usize,
) -> Vec<bool> {
    assert!(look_ahead > 0, "a look-ahead of zero sees no payment");
    let mut offset = Offset {
        queue,
        queues: queues(balances.len(), queue),
        heads: vec![0; balances.len()],
        balances: balances.to_vec(),
        settles: vec![false; queue.len()],
        look_ahead,
    };
    // Taken from the end, so the lowest code comes first. The result is the same in any order.
    let mut to_visit: Vec<usize> = (0..balances.len()).rev().collect();
    while let Some(who) = to_visit.pop() {
        while let Some(other) = offset.settle_pair_of(who) {
            // The other has new money or a new head, so its next pair may settle now.
            to_visit.push(other);
        }
    }
    offset.settles
}

struct Offset<'a> {
    queue: &'a [Obligation],
    queues: Vec<Vec<usize>>,
    heads: Vec<usize>,
    balances: Vec<Position>,
    settles: Vec<bool>,
    look_ahead: usize,
}

impl Offset<'_> {
    /// Settles the payments that a participant and the creditor at the head of its queue can settle
    /// together; returns that creditor.
    fn settle_pair_of(&mut self, who: usize) -> Option<usize> {
        let other = self.queue[*self.queues[who].get(self.heads[who])?].creditor;
        let mut ours = self.first_to(who, other);
        let mut theirs = self.first_to(other, who);
        // Both sides first count with all that they offer; a payment that leaves the set is added
        // back, so that no sum is formed twice.
        let net = self.value(&theirs) - self.value(&ours);
        let (mut our_after, mut their_after) =
            (self.balances[who] + net, self.balances[other] - net);
        loop {
            // A participant that is short without a payment in the set was short before. The set
            // only brings it money, so it may settle.
            let left_out = if our_after < Position::ZERO && !ours.is_empty() {
                ours.pop().map(|index| self.queue[index].amount.position())
            } else if their_after < Position::ZERO && !theirs.is_empty() {
                theirs.pop().map(|index| -self.queue[index].amount.position())
            } else {
                None
            };
            let Some(amount) = left_out else { break };
            our_after += amount;
            their_after -= amount;
        }
        if ours.is_empty() && theirs.is_empty() {
            return None;
        }
        // Only here: a set that has shrunk to nothing must leave balances and heads as they were.
        self.balances[who] = our_after;
        self.balances[other] = their_after;
        self.heads[who] += ours.len();
        self.heads[other] += theirs.len();
        for index in ours.into_iter().chain(theirs) {
            self.settles[index] = true;
        }
        Some(other)
    }

    /// The payments at the head of a queue that go to one participant, up to the look-ahead.
    fn first_to(&self, debtor: usize, creditor: usize) -> Vec<usize> {
        let waiting =
            self.queues[debtor][self.heads[debtor]..].iter().copied().take(self.look_ahead);
        // A payment to a third participant ends the list: those behind it must not overtake it.
        waiting.take_while(|index| self.queue[*index].creditor == creditor).collect()
    }

    fn value(&self, indices: &[usize]) -> Position {
        indices.iter().map(|index| self.queue[*index].amount.position()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{owes, yuan};
    use super::*;

    #[track_caller]
    fn check(balances: &[i64], payments: &str, look_ahead: usize, expected: &[bool]) {
        assert_eq!(bilateral_offset(&yuan(balances), &owes(payments), look_ahead), expected);
    }

    #[test]
    fn a_pair_settles_when_the_difference_is_covered() {
        check(&[200, 0], "A B 500; B A 300", 1, &[true, true]);
        check(&[199, 0], "A B 500; B A 300", 1, &[false, false]);
    }

    #[test]
    fn a_cycle_of_three_is_not_a_pair() {
        check(&[0, 300, 0], "A B 500; B C 800; C A 700", 10, &[false, false, false]);
    }

    #[test]
    fn a_large_payment_needs_to_see_enough_small_ones() {
        let payments = "A B 30; B A 10; B A 10; B A 10";
        check(&[0, 0], payments, 2, &[false; 4]);
        check(&[0, 0], payments, 3, &[true; 4]);
    }

    #[test]
    fn sums_may_only_match_in_both_directions() {
        check(&[0, 0], "A B 5; A B 5; B A 3; B A 7", 1, &[false; 4]);
        check(&[0, 0], "A B 5; A B 5; B A 3; B A 7", 2, &[true; 4]);
    }

    #[test]
    fn a_payment_to_somebody_else_at_the_head_blocks_the_pair() {
        check(&[0, 0, 0], "A C 1; A B 5; B A 5", 10, &[false; 3]);
        check(&[1, 0, 0], "A C 1; A B 5; B A 5", 10, &[true; 3]);
    }
}
