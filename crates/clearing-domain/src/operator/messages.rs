//! What crosses the link: registration, messages of the central bank with its advices, and
//! everything undecided again.

mod notify;

use crate::Regime;
use crate::link::{
    Advice, AdviceEvent, Arrival, BATCH_END, CentralBankMessage, LinkPlace, OperationId,
    Registration, Remittance, TICK_END, WithdrawalAnswer, Witness,
};
use crate::money::{Amount, CycleId, Position, RequestKey, Timestamp};

use super::OperatorLedger;
use super::accounts::{Account, REPORTED_MAX};
use super::funding::FundingState;
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
    fn begin_anew(&mut self) {
        self.link_down();
        self.effects.reconnect = true;
    }

    fn hear_witness(&mut self, reported: Witness) {
        let mut kept =
            Witness { batch: self.link.central_bank_batch, head: self.link.central_bank_head };
        let agrees = kept.hear(reported);
        self.link.central_bank_batch = kept.batch;
        self.link.central_bank_head = kept.head;
        if !agrees {
            self.alarm(format!(
                "the central bank reported another head of its batch {} than before",
                reported.batch
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
            self.alarm(format!("the central bank refused what this operator reported: {why}"));
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
        // Before deliveries: what a campaign gives must not depend on what a delivery brings it.
        for fund in &message.funds {
            self.pay_discount(fund, now);
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
        for funding in self.fundings.list() {
            if funding.state == FundingState::Funded {
                self.session.answer_funding(funding.answer());
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
        for (operation, amount) in self.link.remitting.iter().copied() {
            self.session.remit(Remittance { operation, amount });
        }
        self.session.complete_resend();
    }
}

/// Advices: what the central bank booked for the operator changes its accounts.
impl OperatorLedger {
    /// Applies an advice; they come in order, and a repeat changes nothing.
    fn apply_advice(&mut self, advice: &Advice) {
        if advice.number <= self.link.advice {
            return;
        }
        if advice.number != self.link.advice + 1 {
            self.alarm(format!(
                "advice {} came when {} was due",
                advice.number,
                self.link.advice + 1
            ));
            return;
        }
        let applied = match advice.event {
            AdviceEvent::Issued { amount, .. } => {
                self.post_reported(Account::Held, Account::Stock, amount.position())
            }
            AdviceEvent::WithdrawalRequested { operation, amount } => {
                self.hold_withdrawal(operation, amount);
                true
            }
            AdviceEvent::Withdrawn { operation, amount } => {
                self.finish_withdrawal(operation, amount)
            }
            AdviceEvent::Remitted { operation, amount } => self.finish_sweep(operation, amount),
            AdviceEvent::ReservesChanged { change, .. } => {
                // In the cash regime reserves lie outside the e-CNY ledger.
                self.settings.regime == Regime::Cash
                    || self.post_reported(Account::Held, Account::CentralBankCredit, change)
            }
            AdviceEvent::Claimed { cycle, claimed } => {
                self.post_reported(Account::Claims, Account::Position(cycle), claimed)
            }
            AdviceEvent::Settled { cycle, settled, carried, carried_to } => {
                self.settle_cycle(cycle, settled, carried, carried_to)
            }
        };
        if applied {
            self.link.advice = advice.number;
            self.changes.state = true;
        }
    }

    fn settle_cycle(
        &mut self,
        cycle: CycleId,
        settled: Position,
        carried: Position,
        carried_to: Option<CycleId>,
    ) -> bool {
        let position = Account::Position(cycle);
        if !self.post_reported(Account::Held, position, settled) {
            return false;
        }
        let posted = carried_to
            .is_none_or(|next| self.post_reported(Account::Position(next), position, carried));
        if posted {
            self.check_settled(cycle);
        } else {
            self.accounts.post_signed(position, Account::Held, settled);
        }
        posted
    }

    /// The settlement follows every payment notice of its cycle, so nothing of it may be left.
    fn check_settled(&mut self, cycle: CycleId) {
        let rest = self.accounts.balance(Account::Position(cycle));
        if !rest.is_zero() {
            self.alarm(format!(
                "cycle {cycle} settled but {rest} yuan of it are left in this ledger"
            ));
        }
    }

    /// Sets stock aside for a withdrawal, or declines when there is too little.
    fn hold_withdrawal(&mut self, operation: OperationId, amount: Amount) {
        let held = self.accounts.balance(Account::Stock) >= amount.position();
        if held {
            self.post(Account::Stock, Account::Withdrawing, amount);
            self.link.withdrawing.push((operation, amount));
        } else {
            self.link.declined.push(operation);
        }
        self.session.answer_withdrawal(WithdrawalAnswer { operation, held });
    }

    fn finish_withdrawal(&mut self, operation: OperationId, amount: Amount) -> bool {
        let posted = self.post_reported(Account::Withdrawing, Account::Held, amount.position());
        if posted {
            self.link.withdrawing.retain(|(held, _)| *held != operation);
        }
        posted
    }

    /// Posts what the central bank reports. What none that counts right can report is not
    /// applied, and the link starts anew: these sums are held below the largest one, and
    /// [`money`](crate::money) says why no other can overflow.
    pub(super) fn post_reported(&mut self, debit: Account, credit: Account, sum: Position) -> bool {
        let may_owe =
            |ledger: &Self| credit != Account::Stock || ledger.owed() + sum <= REPORTED_MAX.into();
        let fits = self.accounts.can_post(debit, credit, sum) && may_owe(self);
        if fits {
            self.accounts.post_signed(debit, credit, sum);
            self.changes.state = true;
        } else if self.session.phase() != LinkPhase::Down {
            let [debit, credit] = [debit.name(), credit.name()];
            self.alarm(format!(
                "{sum} yuan from {credit} to {debit} would pass the largest sum of this ledger"
            ));
            self.begin_anew();
        }
        fits
    }
}

#[cfg(test)]
mod tests;
