//! What operators are told, and told again after a registration.

use crate::link::{AdviceEvent, Notice, Side};
use crate::money::{OperatorNumber, Timestamp};

use super::advice::AdviceRow;
use super::apply::Known;
use super::ledger::CentralBankLedger;
use super::transfer::{Step, TransferSlot, TransferState};

impl CentralBankLedger {
    /// Everything undecided has come again: what waited for this moment is sent.
    pub(super) fn link_ready(&mut self, operator: OperatorNumber, now: Timestamp) {
        self.links[operator].make_ready(self.advices.to(operator).map(AdviceRow::advice));
        self.resend_deliveries(operator, now);
        for slot in self.transfers.take_pending(operator) {
            if !self.refuse_overdue(slot, now) {
                self.append_event(slot, Step::Delivered, now);
                self.send_delivery(slot);
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
            if self.settings.lockstep.is_none() && now > transfer.expires_at {
                self.send_revoke(slot);
            } else if !self.is_decided(slot) {
                self.send_delivery(slot);
            }
        }
    }

    pub(super) fn send_delivery(&mut self, slot: TransferSlot) {
        let transfer = &self.transfers[slot];
        self.links[transfer.payee_operator].deliver(transfer.delivery());
    }

    pub(super) fn send_revoke(&mut self, slot: TransferSlot) {
        let transfer = &self.transfers[slot];
        self.links[transfer.payee_operator].revoke(transfer.id);
    }

    /// Tells one side of a transfer its outcome.
    pub(super) fn notify(&mut self, slot: TransferSlot, side: Side) {
        let transfer = &self.transfers[slot];
        let operator = match side {
            Side::Payer => transfer.payer_operator,
            Side::Payee => transfer.payee_operator,
        };
        if let Some(outcome) = transfer.outcome() {
            let at = transfer.finished_at().unwrap_or_default();
            self.links[operator].notify(Notice { id: transfer.id, side, outcome, at });
        }
    }

    /// Records an advice to an operator and sends it when the link is ready.
    pub(super) fn advise(&mut self, operator: OperatorNumber, event: AdviceEvent) {
        let number = self.advices.count(operator) + 1;
        let row = AdviceRow { row: 0, operator, number, event };
        self.append(row, Known::Nothing);
        self.links[operator].advise(row.advice());
    }
}
