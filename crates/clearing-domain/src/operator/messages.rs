//! What crosses the link: registration, messages of the central bank, and everything undecided again.

use crate::link::{
    Arrival, BATCH_END, CentralBankMessage, LinkPlace, Registration, TICK_END, WithdrawalAnswer,
    Witness,
};
use crate::money::{RequestKey, Timestamp};

use super::ledger::OperatorLedger;
use super::link::LinkPhase;
use super::state::{InboundState, PaymentState};

impl OperatorLedger {
    /// Starts a new incarnation of the link with a registration.
    pub fn link_up(&mut self) {
        self.link.incarnation += 1;
        self.changes.state = true;
        self.session.register(Registration {
            operator: self.settings.code,
            batch: self.chain.batch,
            head: self.chain.hash,
            central_bank_batch: self.link.central_bank_batch,
            central_bank_head: self.link.central_bank_head,
            advice: self.link.advice,
            tick_ended: self.tick.tick_ended,
        });
    }

    /// The link is gone; nothing is sent until the next one.
    pub fn link_down(&mut self) {
        self.session.end();
    }

    /// Applies a message of the central bank. Messages of an older incarnation and repeats are
    /// dropped; a gap is never skipped: the link starts anew and everything undecided is sent
    /// again.
    pub fn receive(&mut self, message: CentralBankMessage, now: Timestamp) {
        let LinkPlace { incarnation, sequence } = message.place;
        if incarnation != self.link.incarnation || self.session.phase() == LinkPhase::Down {
            return;
        }
        match self.session.arrival(sequence) {
            Arrival::Due => {}
            Arrival::Repeated => return,
            Arrival::Early(due) => {
                self.alarm(format!("message {sequence} came when {due} was due"));
                return self.begin_anew();
            }
        }
        if message.batch >= BATCH_END
            || message.tick_end.max(message.tick_close).is_some_and(|tick| tick >= TICK_END)
        {
            self.alarm(format!(
                "message {sequence} speaks of batch {}, or of a tick, that cannot be",
                message.batch
            ));
            return self.begin_anew();
        }
        self.session.receive();
        self.hear_witness(Witness { batch: message.batch, head: message.head });
        self.changes.state = true;
        self.apply_message(message, now);
    }

    /// Closes the link, so that everything undecided is said again on the next one.
    pub(super) fn begin_anew(&mut self) {
        self.link_down();
        self.effects.reconnect = true;
    }

    fn hear_witness(&mut self, told: Witness) {
        let mut kept =
            Witness { batch: self.link.central_bank_batch, head: self.link.central_bank_head };
        let agrees = kept.hear(told);
        self.link.central_bank_batch = kept.batch;
        self.link.central_bank_head = kept.head;
        if !agrees {
            self.alarm(format!(
                "the central bank told another head of its batch {} than before",
                told.batch
            ));
        }
    }

    fn apply_message(&mut self, message: CentralBankMessage, now: Timestamp) {
        if !message.roster.is_empty() {
            self.roster = message.roster;
            self.session.open();
            self.resend();
        }
        for why in &message.refused {
            self.alarm(format!("the central bank refused what this operator said: {why}"));
        }
        for notice in &message.notices {
            self.apply_notice(notice);
        }
        for advice in &message.advices {
            self.apply_advice(advice);
        }
        if self.session.phase() == LinkPhase::Down {
            return;
        }
        for delivery in &message.deliveries {
            self.deliver(delivery, now);
        }
        for id in &message.revokes {
            self.revoke(*id, now);
        }
        if let Some(tick) = message.tick_end {
            self.end_tick(tick);
        }
        if let Some(tick) = message.tick_close {
            self.close_tick(tick);
        }
    }

    /// Says again what the central bank may not have heard: decisions before instructions.
    fn resend(&mut self) {
        for (slot, inbound) in self.inbound.list().enumerate() {
            if matches!(inbound.state, InboundState::Accepted | InboundState::Held) {
                self.session.decide(self.decision(slot));
            }
        }
        for (slot, payment) in self.payments.list().enumerate() {
            if payment.state == PaymentState::InTransit {
                let key = RequestKey::new(self.payer_of(payment), &payment.request_id);
                self.session.instruct(self.instruction(slot, key));
            }
        }
        for (operation, _) in &self.link.withdrawing {
            self.session.answer_withdrawal(WithdrawalAnswer { operation: *operation, held: true });
        }
        for operation in &self.link.declined {
            self.session.answer_withdrawal(WithdrawalAnswer { operation: *operation, held: false });
        }
        self.session.complete_resend();
    }
}

#[cfg(test)]
mod tests;
