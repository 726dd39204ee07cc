//! Admit: an instruction is admitted, queued or refused for good, and goes to those who are asked.

use clearing_domain::central_bank::TransferState::{Admitted, Delivered, Funding, Queued, Refused};

use crate::config::Excess;
use crate::ids::Ids;
use crate::rule::Rule;
use crate::state::State;

use super::Central;

impl Central<'_> {
    pub(super) fn instruct(&mut self, id: usize) {
        match self.row(id) {
            Some(row) if row.standing == Refused && !self.config.has(Rule::RefusalsAreFinal) => {
                self.state.bank.live.rows[id] = None;
                self.admit(id);
            }
            Some(_) => self.notify(id, self.plan(id).payer),
            None => self.admit(id),
        }
    }

    pub(super) fn other_content(&mut self, id: usize) {
        if !self.config.has(Rule::OtherContentIsAlarm) {
            self.out[self.config.plans[id].payer].refused.insert(id);
        }
    }

    pub(super) fn admit(&mut self, id: usize) {
        let plan = self.plan(id);
        if self.state.expired.contains(id) {
            return self.refuse(id);
        }
        if self.config.votes() {
            return self.deliver(id);
        }
        let bank = &self.state.bank.live;
        let mut debited = [Some(plan.payer), plan.sponsor].into_iter().flatten();
        let covered = debited
            .all(|operator| !plan.owes(operator) || bank.has_headroom(self.config, operator));
        match (covered, self.config.excess) {
            (true, _) => self.forward(id),
            (false, Excess::Refuse) => self.refuse(id),
            (false, Excess::Queue | Excess::Offset) => self.set(id, Queued),
        }
    }

    /// An admitted transfer goes to the sponsor, if it has one, and to the payee's operator.
    pub(super) fn forward(&mut self, id: usize) {
        match self.plan(id).sponsor {
            None => self.deliver(id),
            Some(sponsor) => {
                self.set(id, Funding);
                if self.is_ready(sponsor) {
                    self.out[sponsor].funds.insert(id);
                }
                if !self.config.has(Rule::SponsorBeforePayee) {
                    self.deliver(id);
                }
            }
        }
    }

    /// Only what can be sent is marked as delivered.
    pub(super) fn deliver(&mut self, id: usize) {
        let payee = self.plan(id).payee;
        if self.is_ready(payee) {
            self.out[payee].deliveries.insert(id);
        }
        let marked = self.is_ready(payee) && self.config.has(Rule::DeliveredBeforeSent);
        self.set(id, if marked { Delivered } else { Admitted });
    }

    /// What now has headroom leaves the queue, alone or with what offsets it.
    pub(super) fn release_queue(&mut self) {
        let waiting = |state: &State, id: &usize| {
            state.bank.live.rows[*id].is_some_and(|row| row.standing == Queued)
        };
        loop {
            let queued: Ids = self.config.ids().filter(|id| waiting(self.state, id)).collect();
            let Some(set) = queued.subsets().skip(1).find(|set| self.may_leave(*set)) else {
                return;
            };
            for id in set.iter() {
                if self.config.votes() { self.clear(id) } else { self.forward(id) }
            }
        }
    }

    pub(super) fn may_leave(&self, set: Ids) -> bool {
        let bank = &self.state.bank.live;
        if self.config.excess == Excess::Offset {
            return bank.covers_together(self.config, set);
        }
        let mut ids = set.iter();
        let first = ids
            .next()
            .is_some_and(|id| bank.has_headroom(self.config, self.config.plans[id].payer));
        first && ids.next().is_none()
    }
}
