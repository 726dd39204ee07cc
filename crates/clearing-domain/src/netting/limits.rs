//! Gross settlement within limits: what a participant may hold, and what it may pay another net.

use crate::money::{Amount, Position};

use super::{Obligation, queues};

/// The least and most that each participant may hold, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// A payment must leave its sender at least this.
    pub minimum: Vec<Position>,
    /// A payment may bring its receiver up to this.
    pub maximum: Vec<Position>,
}

/// Marks what is released when every payment must leave its sender at or above its minimum and its
/// receiver at or below its maximum (CHIPS balanced release).
///
/// Participants are visited in the order of their codes until nothing moves; a visit goes once through
/// the queue, oldest first, and skips what may not be released. A release can open the way for another
/// by making room at the receiver. Not monotone in liquidity. Takes O(passes × Q).
pub fn balanced_release(balances: &[Position], holdings: &Holdings, queue: &[Obligation]) -> Vec<bool> {
    let queues = queues(balances.len(), queue);
    let mut balances = balances.to_vec();
    let mut settles = vec![false; queue.len()];
    let mut moved = true;
    while moved {
        moved = false;
        for index in queues.iter().flatten().copied() {
            let Obligation { debtor, creditor, amount } = queue[index];
            let (sent, received) = (balances[debtor] - amount.position(), balances[creditor] + amount.position());
            if settles[index] || sent < holdings.minimum[debtor] || received > holdings.maximum[creditor] {
                continue;
            }
            (balances[debtor], balances[creditor]) = (sent, received);
            settles[index] = true;
            moved = true;
        }
    }
    settles
}

/// What each participant may at most pay each other one net of what it was paid by it; no entry means
/// no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BilateralLimits(std::collections::BTreeMap<(usize, usize), Amount>);

impl BilateralLimits {
    /// Sets what one participant may pay another net.
    pub fn set(&mut self, payer: usize, payee: usize, limit: Amount) {
        self.0.insert((payer, payee), limit);
    }

    /// Whether one participant may have paid another so much net.
    pub fn allow(&self, payer: usize, payee: usize, net: Position) -> bool {
        self.0.get(&(payer, payee)).is_none_or(|limit| net <= limit.position())
    }
}

/// Marks what settles one by one in strict queue order when a payment must also keep what its sender
/// paid its receiver net within a bilateral limit (TARGET2 and CHAPS bilateral limits).
///
/// As in [`gross_fifo`](super::gross_fifo) the result does not depend on the order of the visits: what
/// others pay only brings money and room. Takes O(N² + Q).
pub fn gross_fifo_within(balances: &[Position], limits: &BilateralLimits, queue: &[Obligation]) -> Vec<bool> {
    let queues = queues(balances.len(), queue);
    let mut balances = balances.to_vec();
    let mut paid = vec![vec![Position::ZERO; balances.len()]; balances.len()];
    let mut heads = vec![0; balances.len()];
    let mut settles = vec![false; queue.len()];
    let mut to_visit: Vec<usize> = (0..balances.len()).rev().collect();
    while let Some(who) = to_visit.pop() {
        while let Some(index) = queues[who].get(heads[who]).copied() {
            let Obligation { creditor, amount, .. } = queue[index];
            let net = paid[who][creditor] + amount.position();
            if balances[who] < amount.position() || !limits.allow(who, creditor, net) {
                break;
            }
            settles[index] = true;
            heads[who] += 1;
            balances[who] -= amount;
            balances[creditor] += amount;
            paid[who][creditor] += amount;
            paid[creditor][who] -= amount;
            to_visit.push(creditor);
        }
    }
    settles
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::gross_fifo;
    use super::super::tests::{any_queue, owes, yuan};
    use super::*;

    #[test]
    fn a_release_waits_for_room_at_the_receiver() {
        let holdings = Holdings { minimum: yuan(&[2, 0]), maximum: yuan(&[20, 8]) };
        let released = |payments: &str| balanced_release(&yuan(&[10, 5]), &holdings, &owes(payments));
        assert_eq!(released("A B 3; A B 4"), [true, false]);
        assert_eq!(released("A B 3; A B 4; B A 4"), [true, true, true]);
        assert_eq!(released("A B 3; B A 3; A B 6"), [true, true, false]);
    }

    #[test]
    fn the_sender_keeps_its_minimum() {
        let holdings = Holdings { minimum: yuan(&[2, 0]), maximum: yuan(&[99, 99]) };
        assert_eq!(balanced_release(&yuan(&[10, 0]), &holdings, &owes("A B 9; A B 8")), [false, true]);
    }

    #[test]
    fn a_bilateral_limit_is_on_the_net() {
        let mut limits = BilateralLimits::default();
        limits.set(0, 1, "5".parse().unwrap());
        let settled = |payments: &str| gross_fifo_within(&yuan(&[100, 100, 0]), &limits, &owes(payments));
        assert_eq!(settled("A B 5; A B 1; A C 1"), [true, false, false]);
        assert_eq!(settled("A B 5; A B 1; B A 1"), [true, true, true]);
    }

    proptest! {
        #[test]
        fn without_limits_it_is_plain_gross_settlement((balances, queue) in any_queue(5, 30)) {
            let none = BilateralLimits::default();
            prop_assert_eq!(gross_fifo_within(&balances, &none, &queue), gross_fifo(&balances, &queue));
        }
    }
}
