//! The limits, the net that a set of payments counts against each, and the payments that exceed
//! one.

use std::collections::BinaryHeap;

use crate::netting::{Limits, Obligation};

/// No limit.
const NONE: u32 = u32::MAX;

/// Every limit that a payment of the queue can exceed, with the net of a set of payments.
pub(super) struct Bounds {
    participants: usize,
    /// The limit on what one participant pays another, by both; empty without such limits.
    pairs: Vec<u32>,
    /// The limit on what a participant receives.
    receivers: Vec<u32>,
    bounds: Vec<Bound>,
    /// Limits that may have been exceeded since they were last checked.
    to_check: Vec<u32>,
}

/// One limit. Sums are wider than money, so that a queue of the largest amounts adds up.
struct Bound {
    left: i128,
    net: i128,
    /// The net during the choice of the payments to leave out.
    reduced: i128,
    /// The payments that add to the net, in queue order; those at the end that have left the set
    /// are removed when they are met.
    members: Vec<u32>,
    is_listed: bool,
}

impl Bound {
    fn is_passed(&self) -> bool {
        self.net > self.left
    }
}

impl Bounds {
    /// The limits, with the net of the marked payments of a queue.
    pub(super) fn of(
        participants: usize,
        limits: &Limits,
        queue: &[Obligation],
        settles: &[bool],
    ) -> Self {
        let mut bounds = Self::new(participants, limits);
        for (index, _) in settles.iter().enumerate().filter(|(_, settled)| **settled) {
            bounds.add(index, &queue[index]);
        }
        for (place, bound) in (0..).zip(&mut bounds.bounds).filter(|(_, bound)| bound.is_passed()) {
            bound.is_listed = true;
            bounds.to_check.push(place);
        }
        bounds
    }

    fn new(participants: usize, limits: &Limits) -> Self {
        let cells = if limits.bilateral.is_empty() { 0 } else { participants * participants };
        let (pairs, receivers) = (vec![NONE; cells], vec![NONE; participants]);
        let mut bounds =
            Self { participants, pairs, receivers, bounds: Vec::new(), to_check: Vec::new() };
        for ((payer, payee), left) in
            limits.bilateral.iter().filter(|((payer, payee), _)| payer != payee)
        {
            if let Some(cell) = bounds.pair(*payer, *payee) {
                bounds.pairs[cell] = bounds.push(i128::from(left.fen()));
            }
        }
        for (who, left) in limits.receiving.iter().filter(|(who, _)| **who < participants) {
            bounds.receivers[*who] = bounds.push(i128::from(left.fen()));
        }
        bounds
    }

    fn push(&mut self, left: i128) -> u32 {
        self.bounds.push(Bound { left, net: 0, reduced: 0, members: Vec::new(), is_listed: false });
        u32::try_from(self.bounds.len() - 1).unwrap_or(NONE)
    }

    fn pair(&self, payer: usize, payee: usize) -> Option<usize> {
        (payer < self.participants && payee < self.participants)
            .then(|| payer * self.participants + payee)
    }

    /// The limits that a payment counts against: of the pair and of the receiver.
    fn against(&self, payment: &Obligation) -> [u32; 2] {
        let pair = self.pairs.get(payment.debtor * self.participants + payment.creditor);
        [pair.copied().unwrap_or(NONE), self.receivers[payment.creditor]]
    }

    /// The limits to which a payment brings room: those of a payment back.
    fn in_favour(&self, payment: &Obligation) -> [u32; 2] {
        self.against(&Obligation { debtor: payment.creditor, creditor: payment.debtor, ..*payment })
    }

    fn add(&mut self, index: usize, payment: &Obligation) {
        let fen = i128::from(payment.amount.fen());
        for place in self.against(payment) {
            if let Some(bound) = self.bounds.get_mut(place as usize) {
                bound.net += fen;
                bound.members.push(u32::try_from(index).unwrap_or(NONE));
            }
        }
        for place in self.in_favour(payment) {
            if let Some(bound) = self.bounds.get_mut(place as usize) {
                bound.net -= fen;
            }
        }
    }

    /// Removes a payment from the set.
    pub(super) fn remove(&mut self, payment: &Obligation) {
        let fen = i128::from(payment.amount.fen());
        for place in self.against(payment) {
            if let Some(bound) = self.bounds.get_mut(place as usize) {
                bound.net -= fen;
            }
        }
        for place in self.in_favour(payment) {
            if let Some(bound) = self.bounds.get_mut(place as usize) {
                // The payment made room for those in the other direction. Without it their limit
                // may be exceeded, so it is checked again.
                bound.net += fen;
                if bound.is_passed() && !std::mem::replace(&mut bound.is_listed, true) {
                    self.to_check.push(place);
                }
            }
        }
    }

    /// The payments of the set that exceed a limit, the last one first: for each limit its last
    /// payments, as many as are needed when nothing else changes. They are unmarked in the set, and
    /// the caller must then remove them.
    pub(super) fn beyond(&mut self, queue: &[Obligation], settles: &mut [bool]) -> Vec<usize> {
        let mut last = BinaryHeap::new();
        for place in std::mem::take(&mut self.to_check) {
            let bound = &mut self.bounds[place as usize];
            bound.is_listed = false;
            // A limit that is not exceeded now stays out of this round, whatever payments leave.
            bound.reduced = if bound.is_passed() { bound.net } else { bound.left };
            last.extend(bound.last_member(settles).map(|index| (index, place)));
        }
        let mut beyond = Vec::new();
        while let Some((index, place)) = last.pop() {
            // What left the set for another limit may have brought this one within, and then its
            // payments may stay.
            if self.bounds[place as usize].reduced <= self.bounds[place as usize].left {
                continue;
            }
            if std::mem::replace(&mut settles[index], false) {
                beyond.push(index);
                for place in self.against(&queue[index]) {
                    if let Some(bound) = self.bounds.get_mut(place as usize) {
                        bound.reduced -= i128::from(queue[index].amount.fen());
                    }
                }
            }
            last.extend(
                self.bounds[place as usize].last_member(settles).map(|index| (index, place)),
            );
        }
        beyond
    }
}

impl Bound {
    /// The last of its payments that is in the set.
    fn last_member(&mut self, settles: &[bool]) -> Option<usize> {
        while let Some(last) = self.members.last() {
            if settles[*last as usize] {
                return Some(*last as usize);
            }
            self.members.pop();
        }
        None
    }
}
