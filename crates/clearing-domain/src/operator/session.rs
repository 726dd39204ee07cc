//! One session of the link: what comes in its order, and what waits to be sent.
//!
//! Nothing of it is stored: after a restart or a broken link everything undecided is said again.

use crate::link::{
    Decision, ITEMS_MAX, Instruction, LinkPlace, OperatorMessage, Registration, TickDone,
    WithdrawalAnswer,
};

use super::link::LinkPhase;

/// A session of the link.
#[derive(Debug, Default)]
pub struct Session {
    phase: LinkPhase,
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

/// Where a message stands among those of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is the next one.
    Due,
    /// It came before.
    Repeated,
    /// Others that came before it are missing, from this number on.
    Early(u64),
}

impl Session {
    /// How far the link has come.
    pub fn phase(&self) -> LinkPhase {
        self.phase
    }

    /// Whether messages flow.
    pub fn is_up(&self) -> bool {
        self.phase == LinkPhase::Up
    }

    /// Begins a session with a registration; messages are numbered anew.
    pub fn register(&mut self, registration: Registration) {
        let outbox = Outbox { registration: Some(registration), ..Outbox::default() };
        let (phase, told_row) = (LinkPhase::Registering, self.told_row);
        *self = Self { phase, sent: 0, received: 0, told_row, outbox };
    }

    /// The registration is answered: messages flow.
    pub fn open(&mut self) {
        self.phase = LinkPhase::Up;
    }

    /// The link is gone; nothing is sent until the next registration.
    pub fn end(&mut self) {
        self.phase = LinkPhase::Down;
        self.outbox = Outbox::default();
    }

    /// Where a message of this number stands.
    pub fn arrival(&self, sequence: u64) -> Arrival {
        match self.received + 1 {
            due if sequence == due => Arrival::Due,
            due if sequence < due => Arrival::Repeated,
            due => Arrival::Early(due),
        }
    }

    /// Notes that the message which was due has come.
    pub fn receive(&mut self) {
        self.received += 1;
    }

    /// Asks the central bank to admit a payment.
    pub fn instruct(&mut self, instruction: Instruction) {
        if self.is_up() {
            self.outbox.instructions.push(instruction);
        }
    }

    /// Says what was decided on a transfer.
    pub fn decide(&mut self, decision: Decision) {
        if self.is_up() {
            self.outbox.decisions.push(decision);
        }
    }

    /// Says whether there is stock for a withdrawal.
    pub fn answer_withdrawal(&mut self, answer: WithdrawalAnswer) {
        if self.is_up() {
            self.outbox.withdrawals.push(answer);
        }
    }

    /// Says that everything undecided has been sent again, and so all of a tick that is complete.
    pub fn complete_resend(&mut self) {
        self.outbox.resend_complete = true;
        self.outbox.tick_done = true;
    }

    /// Says that the present tick is complete.
    pub fn complete_tick(&mut self) {
        if self.is_up() {
            self.outbox.tick_done = true;
        }
    }

    /// Says that the end of a tick was applied.
    pub fn acknowledge_tick(&mut self, tick: u64) {
        if self.is_up() {
            self.outbox.tick_acknowledged = Some(tick);
        }
    }

    /// Whether a tick that is complete is to be counted for this batch.
    pub fn completes_tick(&self) -> bool {
        self.outbox.tick_done
    }

    /// Says how far the ledger is, when it has rows of which the central bank was not told.
    pub fn tell_place(&mut self, row: u64) {
        if self.is_up() && row > self.told_row {
            self.outbox.witness = true;
        }
    }

    /// Takes what the batch releases, numbered and with the place of the ledger, whose last row
    /// this is, as the `stamp` has it.
    pub fn take_messages(
        &mut self,
        tick_done: Option<TickDone>,
        row: u64,
        stamp: &OperatorMessage,
    ) -> Vec<OperatorMessage> {
        let mut messages = std::mem::take(&mut self.outbox).into_messages(tick_done);
        for message in &mut messages {
            self.sent += 1;
            message.place = LinkPlace { incarnation: stamp.place.incarnation, sequence: self.sent };
            message.batch = stamp.batch;
            message.head = stamp.head;
            message.advice = stamp.advice;
            self.told_row = row;
        }
        messages
    }
}

impl Outbox {
    /// One message, as long as it is not too large. What speaks of completeness comes last.
    fn into_messages(mut self, tick_done: Option<TickDone>) -> Vec<OperatorMessage> {
        // What was asked for is said by the count alone.
        self.tick_done = false;
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
mod tests {
    use super::*;
    use crate::money::{Amount, PaymentId, RequestKey, Timestamp, WalletNumber};

    #[test]
    fn decisions_come_before_instructions_and_what_speaks_of_completeness_comes_last() {
        let decision =
            Decision { id: PaymentId::default(), rejected: None, decided_at: Timestamp::ZERO };
        let wallet: WalletNumber = "0021000000000013".parse().unwrap();
        let instruction = Instruction {
            id: PaymentId::default(),
            request_key: RequestKey::default(),
            payer: wallet,
            payee: wallet,
            amount: Amount::ZERO,
            submitted_at: Timestamp::ZERO,
            expires_at: Timestamp::ZERO,
        };
        let outbox = Outbox {
            decisions: vec![decision; 3],
            instructions: vec![instruction; ITEMS_MAX],
            resend_complete: true,
            ..Outbox::default()
        };
        let messages = outbox.into_messages(None);
        let counts: Vec<_> = messages
            .iter()
            .map(|message| {
                (message.decisions.len(), message.instructions.len(), message.resend_complete)
            })
            .collect();
        assert_eq!(counts, [(3, ITEMS_MAX - 3, false), (0, 3, true)]);
    }
}
