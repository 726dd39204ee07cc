//! What operators are told, and told again after a registration.

use crate::link::{Advice, AdviceEvent, Notice, Side};
use crate::money::Timestamp;
use crate::slots::Slot;

use super::ledger::{CentralBankLedger, next_slot};
use super::link::LinkPhase;
use super::mode::Manner;
use super::transfer::{AdviceRow, TransferState};

impl CentralBankLedger {
    /// Everything undecided has come again: what waited for this moment is sent.
    pub(super) fn link_ready(&mut self, operator: u16, now: Timestamp) {
        let account = &mut self.accounts[usize::from(operator)];
        let told = usize::try_from(account.link.advice).unwrap_or(usize::MAX);
        let untold =
            account.advices.iter().skip(told).map(|index| self.advices[*index as usize].advice);
        account.link.outbox.advices.extend(untold);
        account.link.phase = LinkPhase::Ready;
        self.resend_deliveries(operator, now);
        for slot in std::mem::take(&mut self.accounts[usize::from(operator)].pending) {
            if !self.refuse_overdue(slot, now) {
                self.mark_delivered(slot, now);
                self.send_delivery(slot);
            }
        }
        self.resend_tick(operator);
    }

    /// Asks again for every decision that is missing.
    fn resend_deliveries(&mut self, operator: u16, now: Timestamp) {
        self.skip_final();
        for slot in self.first_open..self.transfers.next_slot().number() {
            let transfer = &self.transfers[slot as usize];
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

    pub(super) fn send_delivery(&mut self, slot: u32) {
        let transfer = &self.transfers[slot as usize];
        let hold = transfer.manner == Manner::Queued;
        let link = &mut self.accounts[usize::from(transfer.payee_operator)].link;
        if link.is_ready() {
            link.outbox.deliveries.push(transfer.delivery(hold));
        }
    }

    pub(super) fn send_revoke(&mut self, slot: u32) {
        let transfer = &self.transfers[slot as usize];
        let link = &mut self.accounts[usize::from(transfer.payee_operator)].link;
        if link.is_ready() {
            link.outbox.revokes.push(transfer.id);
        }
    }

    /// Tells one side of a transfer its outcome. While an operator resends it is told at once, so
    /// that the notices of a cycle always precede its settlement.
    pub(super) fn notify(&mut self, slot: u32, side: Side) {
        let transfer = &self.transfers[slot as usize];
        let operator = match side {
            Side::Payer => transfer.payer_operator,
            Side::Payee => transfer.payee_operator,
        };
        let link = &mut self.accounts[usize::from(operator)].link;
        if let Some(outcome) = transfer.outcome()
            && link.is_connected()
        {
            link.outbox.notices.push(Notice {
                id: transfer.id,
                side,
                outcome,
                at: transfer.finished_at,
            });
        }
    }

    /// Records an advice to an operator and sends it when the link is ready.
    pub(super) fn advise(&mut self, operator: u16, event: AdviceEvent) {
        let number = self.accounts[usize::from(operator)].advices.len() as u64 + 1;
        let row = AdviceRow { row: self.next_row(), operator, advice: Advice { number, event } };
        self.apply_advice(row);
        self.changes.advices.push(row);
        let link = &mut self.accounts[usize::from(operator)].link;
        if link.is_ready() {
            link.outbox.advices.push(row.advice);
        }
    }

    /// Takes an advice into the ledger; the one place for live operation and restore.
    pub(super) fn apply_advice(&mut self, row: AdviceRow) {
        self.accounts[usize::from(row.operator)].advices.push(next_slot(&self.advices));
        self.advices.push(row);
    }
}
