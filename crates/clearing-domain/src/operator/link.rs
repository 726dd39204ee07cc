//! The operator's end of the link to the central bank: registration, resending and numbering.

use crate::link::{
    BATCH_END, CentralBankMessage, Decision, Head, ITEMS_MAX, Instruction, LinkPlace, OperationId,
    OperatorMessage, Registration, RosterEntry, TICK_END, TickDone, WithdrawalAnswer, Witness,
};
use crate::money::{Amount, RequestKey, Timestamp};

use super::beside::QueuedRows;
use super::changes::OperatorEffects;
use super::ledger::OperatorLedger;
use super::payment::{Inbound, InboundState, Payment, PaymentState};
use super::slot::{InboundSlot, PaymentSlot};

/// How far the link has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkPhase {
    /// There is no link; what has to be said is said again after the next registration.
    #[default]
    Down,
    /// The registration is sent, the roster not yet received.
    Registering,
    /// Messages flow.
    Up,
}

/// What the operator keeps of its link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkState {
    /// Counts the registrations of this ledger.
    pub incarnation: u64,
    /// The number of the last advice applied.
    pub advice: u64,
    /// The highest batch of the central bank heard of.
    pub central_bank_batch: u64,
    /// The head of the central bank's hash chain at that batch.
    pub central_bank_head: Head,
    /// Withdrawals for which stock is set aside.
    pub withdrawing: Vec<(OperationId, Amount)>,
    /// Withdrawals declined for lack of stock. The central bank hears of them at every
    /// registration, and knows a repeat.
    pub declined: Vec<OperationId>,
    /// The rows of payments that wait for cover at the central bank.
    pub queued: QueuedRows,
    pub(super) phase: LinkPhase,
    sent: u64,
    received: u64,
    /// The last row of which the central bank was told the batch.
    told_row: u64,
    outbox: Outbox,
}

/// What the present batch will release to the central bank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outbox {
    registration: Option<Registration>,
    decisions: Vec<Decision>,
    instructions: Vec<Instruction>,
    withdrawals: Vec<WithdrawalAnswer>,
    resend_complete: bool,
    /// Say that the present tick is complete, with what the batch then holds.
    tick_done: bool,
    tick_acknowledged: Option<u64>,
    /// Say how far the ledger is, also when there is nothing else to say.
    witness: bool,
}

impl OperatorLedger {
    /// Starts a new incarnation of the link with a registration.
    pub fn link_up(&mut self) {
        self.link.incarnation += 1;
        (self.link.sent, self.link.received) = (0, 0);
        self.link.phase = LinkPhase::Registering;
        self.changes.state = true;
        self.link.outbox = Outbox {
            registration: Some(Registration {
                operator: self.settings.code,
                batch: self.chain.batch,
                head: self.chain.hash,
                central_bank_batch: self.link.central_bank_batch,
                central_bank_head: self.link.central_bank_head,
                advice: self.link.advice,
                tick_ended: self.tick.tick_ended,
            }),
            ..Outbox::default()
        };
    }

    /// The link is gone; nothing is sent until the next one.
    pub fn link_down(&mut self) {
        self.link.phase = LinkPhase::Down;
        self.link.outbox = Outbox::default();
    }

    /// How far the link has come.
    pub fn link_phase(&self) -> LinkPhase {
        self.link.phase
    }

    /// What the ledger keeps of its link.
    pub fn link(&self) -> &LinkState {
        &self.link
    }

    /// The operators known, by prefix.
    pub fn roster(&self) -> &[RosterEntry] {
        &self.roster
    }

    /// Applies a message of the central bank. Messages of an older incarnation and repeats are
    /// dropped; a gap is never skipped: the link starts anew and everything undecided is sent
    /// again.
    pub fn receive(&mut self, message: CentralBankMessage, now: Timestamp) {
        let LinkPlace { incarnation, sequence } = message.place;
        let current = incarnation == self.link.incarnation && self.link.phase != LinkPhase::Down;
        if !current || sequence <= self.link.received {
            return;
        }
        if sequence != self.link.received + 1 {
            self.alarm(format!("message {sequence} came when {} was due", self.link.received + 1));
            self.link_down();
            self.effects.reconnect = true;
            return;
        }
        if message.batch >= BATCH_END
            || message.tick_end.max(message.tick_close).is_some_and(|tick| tick >= TICK_END)
        {
            self.alarm(format!(
                "message {sequence} speaks of batch {}, or of a tick, that cannot be",
                message.batch
            ));
            self.link_down();
            self.effects.reconnect = true;
            return;
        }
        self.link.received = sequence;
        self.hear_witness(Witness { batch: message.batch, head: message.head });
        self.changes.state = true;
        self.apply(message, now);
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

    fn apply(&mut self, message: CentralBankMessage, now: Timestamp) {
        if !message.roster.is_empty() {
            self.roster = message.roster;
            self.link.phase = LinkPhase::Up;
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
        if self.link.phase == LinkPhase::Down {
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
        let accepted = |inbound: &Inbound| {
            matches!(inbound.state, InboundState::Accepted | InboundState::Held)
        };
        let decided: Vec<_> = self
            .inbound
            .enumerate()
            .filter(|(_, inbound)| accepted(inbound))
            .map(|(slot, _)| slot)
            .collect();
        decided.into_iter().for_each(|slot| self.send_decision(slot));
        let in_transit = |payment: &Payment| payment.state == PaymentState::InTransit;
        let instructed: Vec<_> = self
            .payments
            .enumerate()
            .filter(|(_, payment)| in_transit(payment))
            .map(|(slot, _)| slot)
            .collect();
        for slot in instructed {
            let payment = &self.payments[slot];
            let key = RequestKey::new(self.payer_of(payment), &payment.request_id);
            self.send_instruction(slot, key);
        }
        let held = self.link.withdrawing.iter().map(|(operation, _)| (*operation, true));
        let declined = self.link.declined.iter().map(|operation| (*operation, false));
        for (operation, held) in held.chain(declined).collect::<Vec<_>>() {
            self.send_withdrawal_answer(operation, held);
        }
        self.link.outbox.resend_complete = true;
        self.link.outbox.tick_done = true;
    }

    pub(super) fn send_instruction(&mut self, slot: PaymentSlot, key: RequestKey) {
        if self.link.phase == LinkPhase::Up {
            let instruction = self.instruction(slot, key);
            self.link.outbox.instructions.push(instruction);
        }
    }

    pub(super) fn send_decision(&mut self, slot: InboundSlot) {
        if self.link.phase == LinkPhase::Up {
            let decision = self.decision(slot);
            self.link.outbox.decisions.push(decision);
        }
    }

    pub(super) fn send_withdrawal_answer(&mut self, operation: OperationId, held: bool) {
        if self.link.phase == LinkPhase::Up {
            self.link.outbox.withdrawals.push(WithdrawalAnswer { operation, held });
        }
    }

    pub(super) fn send_tick_done(&mut self) {
        if self.link.phase == LinkPhase::Up {
            self.link.outbox.tick_done = true;
        }
    }

    pub(super) fn send_tick_acknowledged(&mut self, tick: u64) {
        if self.link.phase == LinkPhase::Up {
            self.link.outbox.tick_acknowledged = Some(tick);
        }
    }

    /// Tells the central bank how far the ledger is, when it has rows of which it was not told.
    pub fn send_witness(&mut self) {
        if self.link.phase == LinkPhase::Up && self.chain.row > self.link.told_row {
            self.link.outbox.witness = true;
        }
    }

    /// Numbers what the batch releases.
    pub(super) fn take_effects(&mut self) -> OperatorEffects {
        let mut outbox = std::mem::take(&mut self.link.outbox);
        let tick_done = if std::mem::take(&mut outbox.tick_done) { self.tick_done() } else { None };
        for mut message in outbox.into_messages(tick_done) {
            self.link.sent += 1;
            message.place =
                LinkPlace { incarnation: self.link.incarnation, sequence: self.link.sent };
            message.batch = self.chain.batch;
            message.head = self.chain.hash;
            self.link.told_row = self.chain.row;
            message.advice = self.link.advice;
            self.effects.messages.push(message);
        }
        std::mem::take(&mut self.effects)
    }
}

impl Outbox {
    /// One message, as long as it is not too large. What speaks of completeness comes last.
    fn into_messages(mut self, tick_done: Option<TickDone>) -> Vec<OperatorMessage> {
        if tick_done.is_none() && self == Self::default() {
            return Vec::new();
        }
        let mut messages = Vec::new();
        while self.decisions.len() + self.instructions.len() + self.withdrawals.len() > ITEMS_MAX {
            let mut room = ITEMS_MAX;
            messages.push(OperatorMessage {
                registration: self.registration.take(),
                decisions: take_front(&mut self.decisions, &mut room),
                instructions: take_front(&mut self.instructions, &mut room),
                withdrawals: take_front(&mut self.withdrawals, &mut room),
                ..OperatorMessage::default()
            });
        }
        messages.push(OperatorMessage {
            registration: self.registration,
            decisions: self.decisions,
            instructions: self.instructions,
            withdrawals: self.withdrawals,
            resend_complete: self.resend_complete,
            tick_done,
            tick_acknowledged: self.tick_acknowledged,
            ..OperatorMessage::default()
        });
        messages
    }
}

/// Takes from the front of a list as long as there is room.
fn take_front<T>(list: &mut Vec<T>, room: &mut usize) -> Vec<T> {
    let rest = list.split_off(list.len().min(*room));
    *room -= list.len();
    std::mem::replace(list, rest)
}

#[cfg(test)]
mod tests;
