//! Notify: the central bank's outcome reaches the operators.

use crate::Reason;
use crate::link::{Notice, Outcome, Side};
use crate::money::{CycleId, Timestamp};

use super::super::OperatorLedger;
use super::super::accounts::Account;
use super::super::apply::{Known, Record};
use super::super::facts::{Delivered, End};
use super::super::rows::OutcomeRow;
use super::super::slot::{InboundSlot, PaymentSlot};
use super::super::state::{InboundState, PaymentState};

impl OperatorLedger {
    /// Applies the outcome of a payment; a repeat changes nothing.
    pub(super) fn apply_notice(&mut self, notice: &Notice) {
        // Behind the central bank's time new payments would be expired before they are admitted.
        self.pass(notice.at);
        match (notice.side, notice.outcome) {
            (Side::Payer, outcome) => self.finish_payment(notice, outcome),
            (Side::Payee, Outcome::Cleared(cycle)) => self.finish_inbound(notice, cycle),
            (Side::Payee, Outcome::Refused(reason)) => self.refuse_inbound(notice, reason),
            (Side::Payee, Outcome::Queued) => {}
            (Side::Sponsor, _) => self.finish_funding(notice),
        }
    }

    fn finish_payment(&mut self, notice: &Notice, outcome: Outcome) {
        let Some(slot) = self.payments.find(notice.id) else {
            self.alarm(format!("payment {} has an outcome but is unknown here", notice.id));
            return;
        };
        match (self.payments[slot].state, outcome) {
            (PaymentState::InTransit, Outcome::Cleared(cycle)) => {
                self.complete(slot, cycle, notice.at)
            }
            (PaymentState::InTransit, Outcome::Refused(reason)) => {
                self.give_back(slot, reason, notice.at)
            }
            (PaymentState::InTransit, Outcome::Queued) => self.wait_for_cover(slot),
            (PaymentState::Completed, Outcome::Cleared(_))
            | (PaymentState::Returned, Outcome::Refused(_)) => {}
            (state, outcome) => {
                self.alarm(format!(
                    "payment {} is {state:?} but its outcome is {outcome:?}",
                    notice.id
                ));
            }
        }
    }

    /// No money moves: those who wait for the payment hear that it waits itself.
    fn wait_for_cover(&mut self, slot: PaymentSlot) {
        if self.payments[slot].queued {
            return;
        }
        self.payments.wait(slot);
        self.note_queued(self.payments[slot].row, true);
        self.report_payment(slot);
    }

    fn complete(&mut self, slot: PaymentSlot, cycle: Option<CycleId>, at: Timestamp) {
        let debited = self.debited_by(&self.payments[slot]).position();
        if self.post_reported(Account::InTransit, Account::of_settlement(cycle), debited) {
            self.end_payment_in_transit(slot, End::Cleared { cycle }, at);
        }
    }

    /// Gives the funds back. A return is never refused, whatever became of the wallet meanwhile.
    fn give_back(&mut self, slot: PaymentSlot, reason: Reason, at: Timestamp) {
        let debited = self.debited_by(&self.payments[slot]);
        self.post(Account::InTransit, Account::Wallets, debited);
        self.end_payment_in_transit(slot, End::Refused { reason }, at);
    }

    fn end_payment_in_transit(&mut self, slot: PaymentSlot, end: End, at: Timestamp) {
        let payment = &self.payments[slot];
        let of = payment.row;
        if payment.queued {
            self.note_queued(of, false);
        }
        let known = Known::Record(Record::Payment(slot));
        self.append(OutcomeRow { row: 0, of, end, at }, known);
        self.report_payment(slot);
    }

    /// Keeps beside the rows whether a payment waits for cover.
    fn note_queued(&mut self, row: u64, queued: bool) {
        if queued {
            self.link.queued.insert(row);
        } else {
            self.link.queued.remove(row);
        }
        self.changes.queued.push((row, queued));
    }

    fn finish_inbound(&mut self, notice: &Notice, cycle: Option<CycleId>) {
        let Some(slot) = self.inbound.find(notice.id) else {
            self.alarm(format!("transfer {} is cleared but was never accepted here", notice.id));
            return;
        };
        match self.inbound[slot].state {
            InboundState::Final => {}
            InboundState::Rejected => {
                self.alarm(format!("transfer {} was rejected here but is cleared", notice.id))
            }
            InboundState::Accepted | InboundState::Held => {
                self.clear_inbound(slot, cycle, notice.at)
            }
        }
    }

    fn clear_inbound(&mut self, slot: InboundSlot, cycle: Option<CycleId>, at: Timestamp) {
        let inbound = &self.inbound[slot];
        let credited = if inbound.held { Account::Wallets } else { Account::Uncleared };
        let amount = inbound.amount().position();
        if self.post_reported(Account::of_settlement(cycle), credited, amount) {
            self.end_transfer(slot, End::Cleared { cycle }, at);
            self.report_inbound(slot);
            let inbound = &self.inbound[slot];
            // What was accepted outright was passed on then.
            let delivered = inbound.delivered.as_ref().filter(|_| inbound.held);
            let has_details = |delivered: &&Delivered| delivered.details.is_some();
            if let Some(payee) = delivered.filter(has_details).map(|delivered| delivered.payee) {
                self.pass_on(payee, at);
            }
        }
    }

    /// A refusal told to the payee's operator ends a transfer that room is held for, or answers a
    /// repeated rejection.
    fn refuse_inbound(&mut self, notice: &Notice, reason: Reason) {
        let slot = self.inbound.find(notice.id);
        let found = slot.map(|slot| (slot, self.inbound[slot].state));
        match found {
            Some((_, InboundState::Rejected)) => {}
            Some((slot, InboundState::Held)) => {
                self.end_transfer(slot, End::Refused { reason }, notice.at);
            }
            Some((_, InboundState::Accepted | InboundState::Final)) | None => {
                let state = found.map(|(_, state)| state);
                self.alarm(format!(
                    "transfer {} is {state:?} here but refused for {reason}",
                    notice.id
                ));
            }
        }
    }

    fn end_transfer(&mut self, slot: InboundSlot, end: End, at: Timestamp) {
        let of = self.inbound[slot].row;
        let known = Known::Record(Record::Inbound(slot));
        self.append(OutcomeRow { row: 0, of, end, at }, known);
    }
}

#[cfg(test)]
mod tests;
