//! Notify: what operators are sent of their payments and accounts, and again after a registration.

use crate::link::{AdviceEvent, Notice, Side};
use crate::money::{OperatorNumber, Timestamp};

use super::advice::AdviceRow;
use super::apply::Known;
use super::ledger::CentralBankLedger;
use super::links::Outgoing;
use super::transfer::{Step, TransferSlot, TransferState};

impl CentralBankLedger {
    /// Everything undecided has come again: what waited for this moment is sent. Deliveries and
    /// revokes had to wait, because a decision that was on its way answers them.
    pub(super) fn link_ready(&mut self, operator: OperatorNumber, now: Timestamp) {
        self.links[operator].make_ready(self.advices.to(operator).map(AdviceRow::advice));
        self.resend_deliveries(operator, now);
        for slot in self.transfers.take_pending(operator) {
            if !self.refuse_overdue(slot, now) {
                // The row is in the batch that releases the delivery: once it may have been
                // decided, nothing but the decision ends it.
                self.append_event(slot, Step::Delivered, now);
                self.deliver(slot);
            }
        }
        self.resend_tick(operator);
    }

    /// Asks again for every decision that is missing.
    fn resend_deliveries(&mut self, operator: OperatorNumber, now: Timestamp) {
        for slot in self.transfers.open_slots() {
            let transfer = &self.transfers[slot];
            if transfer.state != TransferState::Delivered || transfer.payee_operator != operator {
                continue;
            }
            // It is not refused here although it is late: its payee may have been credited, and
            // only the payee's operator knows.
            if self.settings.lockstep.is_none() && now > transfer.expires_at {
                self.revoke(slot);
            } else if !self.ticks.has_decision(slot) {
                self.deliver(slot);
            }
        }
    }

    /// Asks the payee's operator to decide a transfer.
    pub(super) fn deliver(&mut self, slot: TransferSlot) {
        let transfer = &self.transfers[slot];
        self.links[transfer.payee_operator].send(Outgoing::Delivery(transfer.delivery()));
    }

    /// Asks the payee's operator how it has decided a transfer; without a decision it refuses it.
    pub(super) fn revoke(&mut self, slot: TransferSlot) {
        let transfer = &self.transfers[slot];
        self.links[transfer.payee_operator].send(Outgoing::Revoke(transfer.id));
    }

    /// Notifies one side of a transfer of its outcome.
    pub(super) fn notify(&mut self, slot: TransferSlot, side: Side) {
        let transfer = &self.transfers[slot];
        let operator = match side {
            Side::Payer => transfer.payer_operator,
            Side::Payee => transfer.payee_operator,
        };
        if let Some(outcome) = transfer.outcome() {
            let at = transfer.finished_at().unwrap_or_default();
            let notice = Notice { id: transfer.id, side, outcome, at };
            self.links[operator].send(Outgoing::Notice(notice));
        }
    }

    /// Records an advice to an operator and sends it when the link is ready.
    pub(super) fn advise(&mut self, operator: OperatorNumber, event: AdviceEvent) {
        // Without a gap, because a registration asks for what is behind one number.
        let number = self.advices.count(operator) + 1;
        let row = AdviceRow { row: 0, operator, number, event };
        self.append(row, Known::Nothing);
        self.links[operator].send(Outgoing::Advice(row.advice()));
    }
}
