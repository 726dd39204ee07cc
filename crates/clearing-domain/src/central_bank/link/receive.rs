//! What comes on a link: a message is checked as a whole, then each part of it is applied.

use crate::link::{Arrival, OperatorMessage, TickDone, WithdrawalAnswer, Witness};
use crate::money::{OperatorNumber, Timestamp};

use super::super::CentralBankLedger;
use super::super::advice::AdviceRow;
use super::super::changes::EventKind;
use super::super::error::CentralBankError;
use super::super::links::Outgoing;
use super::super::operation::Action;
use super::super::tick::Completion;
use super::super::transfer::{Step, TransferSlot, TransferState};

impl CentralBankLedger {
    /// Applies a message of an operator. Messages of an older incarnation and repeats are dropped;
    /// a gap is never skipped: the link is closed and everything undecided comes again.
    pub fn receive(&mut self, operator: OperatorNumber, message: OperatorMessage, now: Timestamp) {
        let Some(link) = self.links.of(operator) else { return };
        let code = self.accounts[operator].code;
        match link.arrival(message.place) {
            Some(Arrival::Due) => {}
            None => return,
            Some(Arrival::Repeated) => {
                self.effects.refused_items += 1;
                return;
            }
            Some(Arrival::Early(due)) => {
                let found = message.place.sequence;
                let error = CentralBankError::Gap { operator: code, found, due };
                return self.refuse_link(operator, error);
            }
        }
        if let Err(error) = link.check_message(code, &message, self.sent_to(operator)) {
            return self.refuse_link(operator, error);
        }
        let reported = Witness { batch: message.batch, head: message.head };
        if !self.links[operator].receive(reported) {
            let batch = message.batch;
            let text =
                format!("operator {code} reported another head of its batch {batch} than before");
            self.note(EventKind::Alarm, text);
        }
        self.touch(operator);
        self.apply_message(operator, &message, now);
        self.sum_refused_up(operator);
        self.release_at_once(now);
        self.transfers.prune_expiries();
    }

    /// Ends a link on which an operator reported what cannot be; it learns why and registers again.
    fn refuse_link(&mut self, operator: OperatorNumber, error: CentralBankError) {
        self.note(EventKind::Refused, error.to_string());
        self.effects.refused_items += 1;
        self.effects.refused.push((operator, error));
        self.disconnect(operator);
    }

    fn apply_message(
        &mut self,
        operator: OperatorNumber,
        message: &OperatorMessage,
        now: Timestamp,
    ) {
        let now = self.business_time(now);
        // Decisions come first. An instruction that overtook an earlier decision of its operator
        // could be admitted against money that the decision still moves, and a settlement would
        // go short.
        for decision in &message.decisions {
            self.decide(operator, decision, now);
        }
        for answer in &message.fundings {
            self.answer_funding(operator, answer, now);
        }
        for instruction in &message.instructions {
            self.instruct(operator, instruction, now);
        }
        for answer in &message.withdrawals {
            self.answer_withdrawal(operator, answer, now);
        }
        for remittance in &message.remittances {
            self.remit(operator, remittance, now);
        }
        if message.resend_complete {
            self.link_ready(operator, now);
        }
        if let Some(done) = &message.tick_done {
            self.tick_done(operator, done);
        }
        if let Some(tick) = message.tick_acknowledged {
            self.acknowledge_tick(operator, tick);
        }
    }

    /// Sends how many parts of a message were refused beyond those answered in words.
    fn sum_refused_up(&mut self, operator: OperatorNumber) {
        let rest = self.links[operator].take_refused();
        if rest > 0 {
            let code = self.accounts[operator].code;
            let text = format!("{rest} more parts of a message of {code} were refused");
            self.links[operator].send(Outgoing::Refusal(text.clone()));
            self.note(EventKind::Refused, text);
        }
    }

    /// The operator's answer to a request for withdrawal; a repeat changes nothing.
    fn answer_withdrawal(
        &mut self,
        operator: OperatorNumber,
        answer: &WithdrawalAnswer,
        now: Timestamp,
    ) {
        let id = answer.operation;
        let Some((first, last)) = self.operation(id) else {
            let text = format!("an answer came for withdrawal {:x?}, which is unknown", id.0);
            return self.refuse_item(operator, text);
        };
        if first.operator != Some(operator) {
            let code = self.accounts[operator].code;
            let text = format!("{code} answered withdrawal {:x?}, which is not its own", id.0);
            return self.refuse_item(operator, text);
        }
        // Behind a later row this is a repeat: the withdrawal is booked or declined.
        let Action::RequestWithdrawal { amount } = last.action else { return };
        if answer.held {
            self.operations.answer(operator, id, amount);
            self.finish_withdrawals(operator, now);
        } else {
            let action = Action::DeclineWithdrawal { amount };
            self.append_operation(Some(id), Some(operator), action, now);
        }
    }

    /// Takes the report of an operator that its instructions of a tick are complete. When they are
    /// not what came, the link starts anew and everything comes again.
    fn tick_done(&mut self, operator: OperatorNumber, done: &TickDone) {
        let code = self.accounts[operator].code;
        let tick = done.tick;
        let Some(lockstep) = self.settings.lockstep else {
            let text = format!("{code} completed tick {tick} under the wall clock");
            return self.refuse_item(operator, text);
        };
        if !lockstep.has(tick) {
            let text = format!("{code} completed tick {tick}, which there is not");
            return self.refuse_item(operator, text);
        }
        match self.ticks.complete(operator, done) {
            Completion::Repeated => {}
            Completion::OfAnotherTick { running } => {
                let text =
                    format!("{code} completed tick {tick} while tick {running} is collected");
                self.refuse_item(operator, text);
            }
            Completion::Incomplete { came } => {
                let named = done.count;
                let error = CentralBankError::TickIncomplete { operator: code, tick, came, named };
                self.refuse_link(operator, error);
            }
            Completion::Complete => self.progress(),
        }
    }

    /// Everything undecided has come again: what waited for this moment is sent. Deliveries and
    /// revokes had to wait, because a decision that was on its way answers them.
    fn link_ready(&mut self, operator: OperatorNumber, now: Timestamp) {
        self.links[operator].make_ready(self.advices.to(operator).map(AdviceRow::advice));
        self.resend_funds(operator);
        self.resend_deliveries(operator, now);
        for slot in self.take_deliverable(operator) {
            if !self.refuse_overdue(slot, now) {
                // The row is in the batch that releases the delivery: once it may have been
                // decided, nothing but the decision ends it.
                self.append_event(slot, Step::Delivered, now);
                self.deliver(slot);
            }
        }
        self.resend_tick(operator);
    }

    /// Takes what waits for the link of an operator; in a tick, what waits for sponsors stays.
    fn take_deliverable(&mut self, operator: OperatorNumber) -> Vec<TransferSlot> {
        if self.may_deliver(operator) { self.transfers.take_pending(operator) } else { Vec::new() }
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

    /// Sends an operator that is ready again the end of a tick it has missed.
    fn resend_tick(&mut self, operator: OperatorNumber) {
        let ended = self.ticks.ended();
        let missed = ended.filter(|tick| self.links[operator].tick_ended() < *tick);
        if let Some(tick) = missed {
            self.links[operator].send(Outgoing::TickEnd(tick));
        }
        self.progress();
    }
}
