//! One session of the link: what comes in its order, and what waits to be sent.
//!
//! Nothing of it is stored: after a restart or a broken link everything undecided is said again.

use crate::link::{
    Arrival, Decision, FundingAnswer, Instruction, LinkEnd, OperatorMessage, Registration,
    Remittance, TickDone, WithdrawalAnswer,
};
use crate::seal::Chain;

use super::link::LinkPhase;

/// A session of the link.
#[derive(Debug, Default)]
pub struct Session {
    phase: LinkPhase,
    messages: LinkEnd<OperatorMessage>,
    /// Whether the present tick is complete with what the batch then holds.
    completes_tick: bool,
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
        self.phase = LinkPhase::Registering;
        self.messages.renumber();
        self.messages.contents.registration = Some(registration);
        self.completes_tick = false;
    }

    /// The registration is answered: messages flow.
    pub fn open(&mut self) {
        self.phase = LinkPhase::Up;
    }

    /// The link is gone; nothing is sent until the next registration.
    pub fn end(&mut self) {
        self.phase = LinkPhase::Down;
        self.messages.clear();
        self.completes_tick = false;
    }

    /// Where a message of this number stands.
    pub fn arrival(&self, sequence: u64) -> Arrival {
        self.messages.arrival(sequence)
    }

    /// Notes that the message which was due has come.
    pub fn receive(&mut self) {
        self.messages.receive();
    }

    /// Asks the central bank to admit a payment.
    pub fn instruct(&mut self, instruction: Instruction) {
        if self.is_up() {
            self.messages.contents.instructions.push(instruction);
        }
    }

    /// Says what was decided on a transfer.
    pub fn decide(&mut self, decision: Decision) {
        if self.is_up() {
            self.messages.contents.decisions.push(decision);
        }
    }

    /// Says whether a discount is held.
    pub fn answer_funding(&mut self, answer: FundingAnswer) {
        if self.is_up() {
            self.messages.contents.fundings.push(answer);
        }
    }

    /// Says whether there is stock for a withdrawal.
    pub fn answer_withdrawal(&mut self, answer: WithdrawalAnswer) {
        if self.is_up() {
            self.messages.contents.withdrawals.push(answer);
        }
    }

    /// Asks the central bank to pay the treasury.
    pub fn remit(&mut self, remittance: Remittance) {
        if self.is_up() {
            self.messages.contents.remittances.push(remittance);
        }
    }

    /// Says that everything undecided has been sent again, and so all of a tick that is complete.
    pub fn complete_resend(&mut self) {
        self.messages.contents.resend_complete = true;
        self.completes_tick = true;
    }

    /// Says that the present tick is complete.
    pub fn complete_tick(&mut self) {
        if self.is_up() {
            self.completes_tick = true;
        }
    }

    /// Says that the end of a tick was applied.
    pub fn acknowledge_tick(&mut self, tick: u64) {
        if self.is_up() {
            self.messages.contents.tick_acknowledged = Some(tick);
        }
    }

    /// Whether a tick that is complete is to be counted for this batch.
    pub fn completes_tick(&self) -> bool {
        self.completes_tick
    }

    /// Says how far the ledger is, when it has rows that were not reported to the central bank.
    pub fn tell_place(&mut self, row: u64) {
        if self.is_up() {
            self.messages.report(row);
        }
    }

    /// Takes what the batch releases. Every message names the last advice that was applied.
    pub fn take_messages(
        &mut self,
        tick_done: Option<TickDone>,
        incarnation: u64,
        advice: u64,
        chain: &Chain,
    ) -> Vec<OperatorMessage> {
        self.completes_tick = false;
        self.messages.contents.tick_done = tick_done;
        let mut messages = self.messages.take_messages(incarnation, chain);
        messages.iter_mut().for_each(|message| message.advice = advice);
        messages
    }
}
