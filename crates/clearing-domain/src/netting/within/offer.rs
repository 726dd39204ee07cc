//! What is offered to an algorithm, and shrinks until it is covered and within the limits.

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
    /// What each would have once the set has settled.
    after: Vec<i128>,
    /// What each pays in the set.
    pays: Vec<i128>,
    /// Those who would be short.
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

    /// The largest set in queue order that leaves nobody short, within the limits; see
    /// [`partial_net`](crate::netting::partial_net).
    pub(super) fn net(mut self) -> Vec<bool> {
        loop {
            self.leave_nobody_short();
            if !self.keep_within_limits(true) {
                return self.settles;
            }
        }
    }

    /// What an algorithm settles within the limits that keeps queue order, settles no more when it
    /// is offered less, and settles a set again when it is offered no more than that.
    pub(super) fn in_order<E>(
        mut self,
        settle: impl Fn(&[Position], &[Obligation]) -> Result<Vec<bool>, E>,
    ) -> Result<Vec<bool>, E> {
        loop {
            if self.has_receiver_limits {
                // Whom a receiver waits for depends on what was settled before the limit was looked
                // at.
                self.settle_covered(&settle)?;
                if !self.keep_within_limits(true) {
                    return Ok(self.settles);
                }
            } else {
                // Bilateral limits leave one largest set, whichever is looked at first.
                while self.keep_within_limits(true) {}
                if !self.settle_covered(&settle)? {
                    return Ok(self.settles);
                }
            }
        }
    }

    /// What is within the limits when everything that is offered is covered and nothing waits for
    /// anything else.
    pub(super) fn in_any_order(&mut self) -> Vec<bool> {
        while self.keep_within_limits(false) {}
        std::mem::take(&mut self.settles)
    }

    /// Whether everybody covers all it pays without what it receives.
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
        if self.after[payment.creditor] < 0 {
            self.short.push(payment.creditor);
        }
        self.bounds.remove(payment);
    }

    /// Takes out a payment and what lies behind it.
    fn cut(&mut self, index: usize) {
        let debtor = self.queue[index].debtor;
        while let Some(last) = self.lanes[debtor].pop_if(|last| *last >= index) {
            self.take_out(last);
        }
    }

    /// Takes out the last payments of those who are short. Someone short with nothing left to take
    /// out was short before: its inflow stays.
    fn leave_nobody_short(&mut self) {
        while let Some(who) = self.short.pop() {
            while self.after[who] < 0
                && let Some(last) = self.lanes[who].pop()
            {
                self.take_out(last);
            }
        }
    }

    /// Takes out once what goes beyond the limits. Says whether that was anything.
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

    /// Takes out what an algorithm does not settle of the set. Those who cover all they pay settle
    /// it whatever else does, so only the payments of the others are looked at.
    fn settle_covered<E>(
        &mut self,
        settle: impl Fn(&[Position], &[Obligation]) -> Result<Vec<bool>, E>,
    ) -> Result<bool, E> {
        let others: Vec<usize> =
            (0..self.balances.len()).filter(|who| !self.covers_all(*who)).collect();
        let indices: Vec<usize> =
            others.iter().flat_map(|who| &self.lanes[*who]).copied().collect();
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
