//! Lockstep: the instructions of a tick are admitted together, and cleared in the same order.
//!
//! A tick is collected in memory until every operator has reported that it is complete, then
//! admitted in one batch; its decisions are collected, then applied in one batch. After a crash
//! whatever was only in memory comes again from the operators.

use crate::link::{Decision, FundingAnswer, Instruction};
use crate::money::{OperatorNumber, PaymentId, Timestamp};
use crate::netting::Priority;

use super::CentralBankLedger;
use super::error::CentralBankError;
use super::links::Outgoing;
use super::tick::{ClockState, Collected, Phase, TickClock};
use super::transfer::{Step, TransferSlot, TransferState};

impl CentralBankLedger {
    /// Asks every operator that has not reported so to complete an absolute tick. Answers whether
    /// the tick is over and every operator has acknowledged its end; may be asked again and again.
    pub fn advance(&mut self, tick: u64) -> Result<bool, CentralBankError> {
        self.check_tick(tick)?;
        self.ticks.request(tick)?;
        self.progress();
        self.end_tick_when_decided();
        Ok(self.ticks.is_over(tick))
    }

    /// Remembers where payments of a tick will stand should they come into the queue. It lasts
    /// until the tick is over or the ledger is opened anew; whoever advances the clock sets them
    /// before, also when it repeats both. Only one tick's are kept: those of the tick under way,
    /// otherwise those of the tick named last. Answers how many are kept of the tick, none once it
    /// is over.
    pub fn set_tick_priorities(
        &mut self,
        tick: u64,
        priorities: impl IntoIterator<Item = (PaymentId, Priority)>,
    ) -> Result<usize, CentralBankError> {
        self.check_tick(tick)?;
        self.ticks.prioritise(tick, priorities)
    }

    fn check_tick(&self, tick: u64) -> Result<(), CentralBankError> {
        let lockstep = self.settings.lockstep.ok_or(CentralBankError::NotLockstep)?;
        if lockstep.has(tick) { Ok(()) } else { Err(CentralBankError::TickUnknown(tick)) }
    }

    /// The clock of ticks.
    pub fn tick_clock(&self) -> TickClock {
        let (tick, phase) = self.ticks.shown();
        let missing = self.accounts.list().numbered();
        let missing = missing.filter(|(operator, _)| self.ticks.waits_for(*operator));
        TickClock {
            tick,
            phase,
            missing: missing.map(|(_, account)| account.code).collect(),
            business_time: self.business_time(Timestamp::ZERO),
        }
    }

    /// What of the clock is stored with every batch that changes it.
    pub fn clock_state(&self) -> ClockState {
        let opened_at = self.cycles.open().map(|open| open.cycle().opened_at);
        ClockState { opened_at, tick: self.ticks.tick(), phase: self.ticks.phase() }
    }

    /// Goes on as far as what has come allows.
    pub(super) fn progress(&mut self) {
        if self.settings.lockstep.is_none() {
            return;
        }
        if self.ticks.go_on() {
            self.changes.state = true;
        }
        if let Some(instructions) = self.ticks.admit(self.transfers.list().next_slot()) {
            self.admit_tick(&instructions);
        }
        // Last, because it asks only while no tick is under way.
        self.ask_to_complete();
    }

    /// Asks operators, once per link, to complete the tick that the driver asked for.
    fn ask_to_complete(&mut self) {
        let Some(tick) = self.ticks.to_complete() else { return };
        for operator in self.accounts.list().numbers() {
            if !self.ticks.is_completed_by(operator) {
                self.links[operator].send(Outgoing::TickClose(tick));
            }
        }
    }

    /// Admits the instructions of all operators before any decision on them is used, so that the
    /// order in which messages arrive decides nothing.
    fn admit_tick(&mut self, instructions: &[(OperatorNumber, Instruction)]) {
        // The end of the tick, the same for all: when a message came changes nothing.
        let at = self.business_time(Timestamp::ZERO);
        let is_sponsored = |(operator, instruction): &(OperatorNumber, Instruction)| {
            self.sponsor_of(*operator, instruction.details.as_deref()).is_some()
        };
        if instructions.iter().any(is_sponsored) {
            self.ticks.ask_sponsors();
        }
        for (operator, instruction) in instructions {
            self.admit(*operator, instruction, at);
        }
        self.changes.state = true;
        self.await_fundings();
    }

    /// Waits for the answers of sponsors that are missing. Without any, or when the tick has no
    /// sponsors, what is admitted is delivered at once.
    fn await_fundings(&mut self) {
        if self.ticks.phase() == Phase::Funding {
            let at = self.business_time(Timestamp::ZERO);
            self.ticks.await_fundings(&self.transfers, at);
            return self.deliver_when_funded();
        }
        self.await_decisions();
    }

    /// Keeps the answer of a sponsor until those on all others of the tick have come.
    pub(super) fn collect_funding(&mut self, slot: TransferSlot, answer: &FundingAnswer) {
        let Some(operator) = self.transfers[slot].sponsor() else { return };
        let id = answer.id;
        match self.ticks.answer(slot, operator, answer) {
            Collected::New => self.deliver_when_funded(),
            Collected::Repeated => {}
            Collected::Contradicted => {
                let text = format!("payment {id} was funded and declined by its sponsor");
                self.refuse_item(operator, text);
            }
            Collected::OutsideTick => {
                self.refuse_item(operator, format!("payment {id} was funded outside its tick"));
            }
        }
    }

    /// Uses all answers of sponsors in the order of admission, then delivers all of the tick in that
    /// order: what an operator decides must not depend on how fast a sponsor answered.
    fn deliver_when_funded(&mut self) {
        if !self.ticks.is_funded() {
            return;
        }
        let at = self.business_time(Timestamp::ZERO);
        for (slot, answer) in self.ticks.take_fundings() {
            self.finish_funding(slot, answer.declined, at);
        }
        self.ticks.end_funding();
        for slot in self.transfers.open_slots() {
            if self.transfers[slot].state == TransferState::Admitted {
                self.append_event(slot, Step::Delivered, at);
                self.deliver(slot);
            }
        }
        self.transfers.prune_pending();
        self.changes.state = true;
        self.await_decisions();
    }

    /// Waits for the decisions that are missing; without any the tick ends at once.
    fn await_decisions(&mut self) {
        self.ticks.await_decisions(&self.transfers);
        self.end_tick_when_decided();
    }

    /// Keeps the decision on a transfer until those on all others of the tick have come.
    pub(super) fn collect_decision(&mut self, slot: TransferSlot, decision: &Decision) {
        let operator = self.transfers[slot].payee_operator;
        let id = decision.id;
        match self.ticks.decide(slot, operator, decision) {
            Collected::New => self.end_tick_when_decided(),
            Collected::Repeated => {}
            Collected::Contradicted => {
                self.refuse_item(operator, format!("payment {id} was decided twice, differently"));
            }
            // What a ledger delivered under the wall clock is of no tick.
            Collected::OutsideTick => {
                self.refuse_item(operator, format!("payment {id} was decided outside its tick"));
            }
        }
    }

    /// Clears and refuses in the order of admission, then closes the cycles that are due.
    fn end_tick_when_decided(&mut self) {
        if !self.ticks.is_decided() {
            return;
        }
        // The driver sets what goes first in the queue before it asks for the tick, and again after
        // a restart, which forgets it. A tick that ended before would queue in another order.
        if self.modes.queue_rule().is_some() && !self.ticks.is_requested() {
            return;
        }
        let at = self.business_time(Timestamp::ZERO);
        for (slot, decision) in self.ticks.take_decisions() {
            self.finish(slot, &decision, at);
        }
        self.refuse_left(at);
        // What the tick brought may still cover what waits, so it is tried before anything of it
        // is returned. Credit comes due only once the last cycle of the day has settled, and
        // another mode comes last: all of this tick is of the mode it was admitted in.
        self.offset_due(at);
        self.release(at);
        self.return_late(at);
        self.end_queue_day(at);
        self.close_due(at);
        if at.ms_of_day() == 0 {
            self.close_credit(at);
            self.adopt_due(at);
        }
        let tick = self.ticks.end();
        self.changes.state = true;
        self.links.send_to_all(&Outgoing::TickEnd(tick));
    }

    /// Refuses what has expired of that which waited for its sponsor when the wall clock ended: all of
    /// the tick has its answer by now, and nothing but a tick moves the time.
    fn refuse_left(&mut self, at: Timestamp) {
        for slot in self.transfers.funding().collect::<Vec<_>>() {
            self.refuse_overdue(slot, at);
        }
    }

    /// Takes up the ticks where the ledger file left them.
    pub(super) fn restore_ticks(&mut self, clock: &ClockState) {
        self.ticks.load(clock, self.transfers.first_open());
        match clock.phase {
            Phase::Funding => self.await_fundings(),
            Phase::Deciding => self.await_decisions(),
            Phase::Idle | Phase::Collecting | Phase::Ending => {}
        }
    }
}

#[cfg(test)]
mod tests;
