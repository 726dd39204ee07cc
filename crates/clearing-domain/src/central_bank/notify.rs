//! Notify: what operators are sent of their payments and accounts.

use crate::link::{AdviceEvent, Notice, Side};
use crate::money::OperatorNumber;

use super::CentralBankLedger;
use super::advice::AdviceRow;
use super::apply::Known;
use super::links::Outgoing;
use super::transfer::TransferSlot;

impl CentralBankLedger {
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

    /// Notifies one side of a transfer of its outcome; most have no sponsor.
    pub(super) fn notify(&mut self, slot: TransferSlot, side: Side) {
        let transfer = &self.transfers[slot];
        let operator = match side {
            Side::Payer => Some(transfer.payer_operator),
            Side::Payee => Some(transfer.payee_operator),
            Side::Sponsor => transfer.sponsor(),
        };
        if let (Some(operator), Some(outcome)) = (operator, transfer.outcome()) {
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
