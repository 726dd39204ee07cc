//! Clear: the payee's operator decides, the sponsor answers, and a transfer ends.

use clearing_domain::central_bank::TransferState::{
    Admitted, Cleared, Delivered, Funding, Queued, Refused,
};

use crate::bank::Row;
use crate::rule::Rule;
use crate::state::Link;

use super::Central;

impl Central<'_> {
    pub(super) fn decide(&mut self, operator: usize, id: usize, accepted: bool) {
        let bank = &mut self.state.bank.live;
        let heard = if accepted { &mut bank.accepted } else { &mut bank.rejected };
        heard.insert(id);
        let asked = |row: &Row| {
            row.standing == Delivered
                || (row.standing == Admitted && !self.config.has(Rule::DeliveredBeforeSent))
        };
        match self.row(id) {
            Some(row) if asked(&row) => self.decided(id, accepted),
            Some(Row { standing: Cleared, .. }) if accepted => self.notify(id, operator),
            Some(Row { standing: Refused, .. }) if !accepted || self.config.votes() => {
                self.notify(id, operator);
            }
            Some(Row { standing: Queued, .. }) if accepted && self.config.votes() => {}
            Some(_) | None => self.state.seen.alarm |= !self.state.seen.forgotten.contains(id),
        }
    }

    pub(super) fn decided(&mut self, id: usize, accepted: bool) {
        let waits_for_sponsor =
            self.plan(id).sponsor.is_some() && self.row(id).is_some_and(|row| !row.funded);
        match (accepted, self.config.votes()) {
            (false, _) => self.refuse(id),
            (true, true) => self.set(id, Queued),
            (true, false) if waits_for_sponsor => {
                self.state.bank.live.rows[id]
                    .as_mut()
                    .into_iter()
                    .for_each(|row| row.accepted = true);
            }
            (true, false) => self.clear(id),
        }
    }

    /// The sponsor holds its leg, or will not.
    pub(super) fn funded(&mut self, id: usize, funded: bool) {
        let Some(row) = self.row(id) else { return };
        if row.outcome().is_some() {
            return self.plan(id).sponsor.into_iter().for_each(|sponsor| self.notify(id, sponsor));
        }
        if !funded {
            return self.refuse(id);
        }
        self.state.bank.live.rows[id].as_mut().into_iter().for_each(|row| row.funded = true);
        match row.standing {
            Funding => self.deliver(id),
            Admitted | Delivered | Queued | Cleared | Refused if row.accepted => self.clear(id),
            Admitted | Delivered | Queued | Cleared | Refused => {}
        }
    }

    pub(super) fn clear(&mut self, id: usize) {
        let cycle = self.state.bank.live.cycle;
        self.set(id, Cleared);
        self.state.bank.live.rows[id].as_mut().into_iter().for_each(|row| row.cycle = cycle);
        self.state.bank.live.clear(self.config, id);
        if self.state.seen.forgotten.contains(id) {
            self.state.seen.cleared_again.insert(id);
        }
        self.notify_all(id);
    }

    pub(super) fn refuse(&mut self, id: usize) {
        self.set(id, Refused);
        let plan = self.plan(id);
        self.notify(id, plan.payer);
        plan.sponsor.into_iter().for_each(|sponsor| self.notify(id, sponsor));
        if self.config.votes() {
            self.notify(id, plan.payee);
        }
        if !self.config.has(Rule::RefusalsAreRows) {
            self.state.bank.live.rows[id] = None;
        }
    }

    pub(super) fn notify_all(&mut self, id: usize) {
        let plan = self.plan(id);
        [Some(plan.payer), plan.sponsor, Some(plan.payee)]
            .into_iter()
            .flatten()
            .for_each(|operator| self.notify(id, operator));
    }

    pub(super) fn notify(&mut self, id: usize, operator: usize) {
        let outcome = self.row(id).and_then(|row| row.outcome());
        if let Some(outcome) = outcome
            && self.state.links[operator] != Link::Down
        {
            self.out[operator].notice(id, outcome);
        }
    }
}
