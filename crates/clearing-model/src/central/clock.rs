//! The clock: expiry, the end of the day and the close of a cycle.

use clearing_domain::central_bank::TransferState::{
    Admitted, Cleared, Delivered, Funding, Queued, Refused,
};

use crate::rule::Rule;

use super::Central;

impl Central<'_> {
    /// The time of a payment has run out.
    pub(crate) fn expire(self, id: usize) {
        self.state.expired.insert(id);
        self.state.unnoticed.insert(id);
        self.look_at_clock();
    }

    /// Refuses what expired before its delivery; asks for the decision on what was delivered.
    pub(crate) fn look_at_clock(mut self) {
        for id in std::mem::take(&mut self.state.unnoticed).iter() {
            self.notice_expiry(id);
        }
        self.finish();
    }

    fn notice_expiry(&mut self, id: usize) {
        match self.row(id).map(|row| row.standing) {
            Some(Queued | Admitted | Funding) => self.refuse(id),
            Some(Delivered) if !self.config.has(Rule::DeliveredEndsOnlyByPayee) => self.refuse(id),
            Some(Delivered) if self.is_ready(self.plan(id).payee) => {
                self.out[self.config.plans[id].payee].revokes.insert(id);
            }
            Some(Delivered | Cleared | Refused) | None => {}
        }
    }

    /// At the end of the day what was not delivered is returned.
    pub(crate) fn end_day(mut self) {
        for id in self.config.ids() {
            let standing = self.row(id).map(|row| row.standing);
            if matches!(standing, Some(Queued | Admitted | Funding)) {
                self.refuse(id);
            }
        }
        self.finish();
    }

    /// Closes the first cycle and settles it.
    pub(crate) fn close(mut self) {
        let bank = &mut self.state.bank.live;
        let settled = std::mem::take(&mut bank.position[0]);
        bank.held.iter_mut().zip(settled).for_each(|(held, moved)| *held += moved);
        (bank.cycle, bank.settled) = (1, Some(settled));
        for operator in 0..self.config.operators {
            if self.is_ready(operator) {
                self.out[operator].settled = self.state.bank.live.settled(operator);
            }
        }
        self.finish();
    }
}
