//! The payments offered to an algorithm, a set that shrinks until it is covered and within the
//! limits.

use crate::money::Position;
use crate::netting::{Limits, Obligation, queues};

use super::bounds::Bounds;

/// A set of payments that shrinks.
pub(super) struct Offer<'a> {
    queue: &'a [Obligation],
    has_receiver_limits: bool,
    balances: Vec<i128>,
    settles: Vec<bool>,
    /// The payments of the set by debtor, in queue order.
    lanes: Vec<Vec<usize>>,
    /// The balance of each participant once the set has settled.
    after: Vec<i128>,
    /// The sum that each participant pays in the set.
    pays: Vec<i128>,
    /// The participants that would be short.
    short: Vec<usize>,
    bounds: Bounds,
}

impl<'a> Offer<'a> {
    /// Offers the whole queue.
    pub(super) fn new(balances: &[Position], limits: &Limits, queue: &'a [Obligation]) -> Self {
        let settles = vec![true; queue.len()];
        let balances: Vec<i128> =
            balances.iter().map(|balance| i128::from(balance.fen())).collect();
        let (mut after, mut pays) = (balances.clone(), vec![0; balances.len()]);
        for Obligation { debtor, creditor, amount } in queue {
            let fen = i128::from(amount.fen());
            after[*debtor] -= fen;
            after[*creditor] += fen;
            pays[*debtor] += fen;
        }
        Self {
            queue,
            has_receiver_limits: !limits.receiving.is_empty(),
            bounds: Bounds::of(balances.len(), limits, queue, &settles),
            lanes: queues(balances.len(), queue),
            short: (0..after.len()).filter(|who| after[*who] < 0).collect(),
            balances,
            settles,
            after,
            pays,
        }
    }

    /// The largest set in queue order that every participant covers, within the limits; see
    /// [`partial_net`](crate::netting::partial_net).
    pub(super) fn net(mut self) -> Vec<bool> {
        loop {
            self.leave_nobody_short();
            if !self.keep_within_limits(true) {
                return self.settles;
            }
        }
    }

    /// The set within the limits that an algorithm settles. The algorithm must keep queue order,
    /// settle no more when it is offered less, and settle a set again when it is offered that set.
    pub(super) fn in_order<E>(
        mut self,
        settle: impl Fn(&[Position], &[Obligation]) -> Result<Vec<bool>, E>,
    ) -> Result<Vec<bool>, E> {
        loop {
            if self.has_receiver_limits {
                // The payments that a receiver's limit holds back depend on what has settled before
                // the limit is applied, so money comes first.
                self.settle_covered(&settle)?;
                if !self.keep_within_limits(true) {
                    return Ok(self.settles);
                }
            } else {
                // Under bilateral limits there is one largest set, in whatever order it is reached.
                while self.keep_within_limits(true) {}
                if !self.settle_covered(&settle)? {
                    return Ok(self.settles);
                }
            }
        }
    }

    /// The set within the limits when every offered payment is covered and none waits for another.
    pub(super) fn in_any_order(&mut self) -> Vec<bool> {
        while self.keep_within_limits(false) {}
        std::mem::take(&mut self.settles)
    }

    /// Whether every participant covers all its payments without its receipts.
    pub(super) fn is_ample(&self) -> bool {
        (0..self.balances.len()).all(|who| self.covers_all(who))
    }

    fn covers_all(&self, who: usize) -> bool {
        self.pays[who] <= self.balances[who].max(0)
    }

    fn take_out(&mut self, index: usize) {
        let payment = &self.queue[index];
        let fen = i128::from(payment.amount.fen());
        self.settles[index] = false;
        self.after[payment.debtor] += fen;
        self.after[payment.creditor] -= fen;
        self.pays[payment.debtor] -= fen;
        // Whoever counted on this money may be short without it.
        if self.after[payment.creditor] < 0 {
            self.short.push(payment.creditor);
        }
        self.bounds.remove(payment);
    }

    /// Removes a payment and those behind it.
    fn cut(&mut self, index: usize) {
        let debtor = self.queue[index].debtor;
        while let Some(last) = self.lanes[debtor].pop_if(|last| *last >= index) {
            self.take_out(last);
        }
    }

    /// Removes the last payments of participants that are short. A participant that is short
    /// without a payment left was short before; its receipts stay.
    fn leave_nobody_short(&mut self) {
        while let Some(who) = self.short.pop() {
            while self.after[who] < 0
                && let Some(last) = self.lanes[who].pop()
            {
                self.take_out(last);
            }
        }
    }

    /// Removes once the payments that exceed the limits; returns whether there were any.
    fn keep_within_limits(&mut self, in_order: bool) -> bool {
        let beyond = self.bounds.beyond(self.queue, &mut self.settles);
        for index in &beyond {
            if in_order {
                self.cut(*index);
            } else {
                self.take_out(*index);
            }
        }
        !beyond.is_empty()
    }

    /// Removes the payments of the set that an algorithm does not settle. A participant that covers
    /// all its payments settles them in any case, so only the payments of the others are offered to
    /// the algorithm.
    fn settle_covered<E>(
        &mut self,
        settle: impl Fn(&[Position], &[Obligation]) -> Result<Vec<bool>, E>,
    ) -> Result<bool, E> {
        let others: Vec<usize> =
            (0..self.balances.len()).filter(|who| !self.covers_all(*who)).collect();
        let indices: Vec<usize> =
            others.iter().flat_map(|who| &self.lanes[*who]).copied().collect();
        // The balances before the offered payments and after those that settle in any case.
        let mut balances = self.after.clone();
        let batch: Vec<Obligation> = indices.iter().map(|index| self.queue[*index]).collect();
        for Obligation { debtor, creditor, amount } in &batch {
            balances[*debtor] += i128::from(amount.fen());
            balances[*creditor] -= i128::from(amount.fen());
        }
        let balances: Vec<_> = balances.into_iter().map(position).collect();
        let settled = settle(&balances, &batch)?;
        let mut waits = false;
        for (index, _) in indices.into_iter().zip(settled).filter(|(_, settled)| !settled) {
            self.cut(index);
            waits = true;
        }
        Ok(waits)
    }
}

fn position(fen: i128) -> Position {
    Position::from_fen(i64::try_from(fen).unwrap_or(if fen < 0 { i64::MIN } else { i64::MAX }))
}
