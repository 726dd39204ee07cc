//! Lockstep: the instructions of a tick are admitted together, and cleared in the same order.
//!
//! A tick is collected in memory until every operator has said that it is complete, then admitted
//! in one batch; its decisions are collected, then applied in one batch. After a crash whatever was
//! only in memory comes again from the operators.

use crate::link::{Decision, Instruction, TickDone};
use crate::money::{OperatorNumber, Timestamp};

use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::ticks::{ClockState, Phase, Ticks};
use crate::slots::Slot;

use super::transfer::{TransferSlot, TransferState};

impl CentralBankLedger {
    /// Keeps an instruction until its tick is complete.
    pub(super) fn collect(&mut self, operator: OperatorNumber, instruction: Instruction) {
        self.ticks.collected[operator].push(instruction);
    }

    /// Whether what an operator instructs is of a tick to come, not again of the one that is
    /// admitted.
    pub(super) fn collects_from(&self, operator: OperatorNumber) -> bool {
        self.settings.lockstep.is_some()
            && match self.ticks.phase {
                Phase::Idle | Phase::Collecting => true,
                Phase::Deciding => false,
                Phase::Ending => self.ticks.acknowledged[operator],
            }
    }

    /// An operator says that its instructions of a tick are complete. When they are not what came,
    /// the link starts anew and everything comes again.
    pub(super) fn tick_done(&mut self, operator: OperatorNumber, done: &TickDone) {
        let code = self.accounts[operator].code;
        let Some(lockstep) = self.settings.lockstep else {
            let text = format!("{code} completed tick {} under the wall clock", done.tick);
            return self.refuse_item(operator, text);
        };
        if !lockstep.has(done.tick) {
            return self.refuse_item(
                operator,
                format!("{code} completed tick {}, which there is not", done.tick),
            );
        }
        if done.tick <= self.ticks.tick {
            return;
        }
        if self.ticks.collecting != 0 && self.ticks.collecting != done.tick {
            let running = self.ticks.collecting;
            let text =
                format!("{code} completed tick {} while tick {running} is collected", done.tick);
            return self.refuse_item(operator, text);
        }
        let ids = self.ticks.collected[operator].iter().map(|instruction| instruction.id).collect();
        let found = TickDone::new(done.tick, ids);
        if found != *done {
            let (tick, came, named) = (done.tick, found.count, done.count);
            return self.refuse_link(
                operator,
                CentralBankError::TickIncomplete { operator: code, tick, came, named },
            );
        }
        self.ticks.collecting = done.tick;
        self.ticks.done[operator] = true;
        self.progress();
    }

    /// Goes on as far as what has come allows.
    pub(super) fn progress(&mut self) {
        if self.settings.lockstep.is_none() {
            return;
        }
        if self.ticks.phase == Phase::Ending && everyone(&self.ticks.acknowledged) {
            self.ticks.phase = Phase::Idle;
            self.changes.state = true;
        }
        if self.ticks.phase == Phase::Idle
            && self.ticks.collecting != 0
            && everyone(&self.ticks.done)
        {
            self.admit_tick();
        }
        self.ask_to_complete();
    }

    /// Asks operators, once per link, to complete the tick that the driver asked for.
    fn ask_to_complete(&mut self) {
        let Ticks { tick, phase, requested, .. } = self.ticks;
        if phase != Phase::Idle || requested <= tick {
            return;
        }
        for (link, done) in self.links.list_mut().iter_mut().zip(&self.ticks.done) {
            if !done {
                link.ask_to_complete(requested);
            }
        }
    }

    /// Admits the instructions of all operators in one order that no operator has a hand in.
    fn admit_tick(&mut self) {
        self.ticks.tick = std::mem::take(&mut self.ticks.collecting);
        self.ticks.phase = Phase::Deciding;
        self.ticks.done.fill(false);
        self.ticks.first = self.transfers.list().next_slot();
        let mut instructions = Vec::new();
        for operator in self.accounts.list().numbers() {
            let collected = self.ticks.collected[operator].drain(..);
            instructions.extend(collected.map(|instruction| (operator, instruction)));
        }
        instructions.sort_unstable_by_key(|(operator, instruction)| {
            (instruction.submitted_at, instruction.id, *operator)
        });
        let at = self.business_time(Timestamp::ZERO);
        for (operator, instruction) in &instructions {
            self.admit(*operator, instruction, at);
        }
        self.changes.state = true;
        self.await_decisions();
    }

    /// Counts the decisions that are missing; without any the tick ends at once.
    pub(super) fn await_decisions(&mut self) {
        let first = self.ticks.first;
        let transfers = self.transfers.list();
        self.ticks.decisions.clear();
        self.ticks.decisions.resize(transfers.len() - first.place(), None);
        self.ticks.undecided.fill(0);
        for transfer in
            transfers.iter_from(first).filter(|transfer| transfer.state == TransferState::Delivered)
        {
            self.ticks.undecided[transfer.payee_operator] += 1;
        }
        self.end_tick_when_decided();
    }

    /// Keeps the decision on a transfer until those on all others of the tick have come.
    pub(super) fn collect_decision(&mut self, slot: TransferSlot, decision: &Decision) {
        let transfer = &self.transfers[slot];
        let place = self.ticks.place_of(slot);
        let kept = place.and_then(|place| self.ticks.decisions.get_mut(place));
        match kept {
            // What a ledger delivered under the wall clock is of no tick.
            None => {
                let operator = transfer.payee_operator;
                self.refuse_item(
                    operator,
                    format!("payment {} was decided outside its tick", decision.id),
                );
            }
            Some(kept @ None) => {
                *kept = Some(*decision);
                self.ticks.undecided[transfer.payee_operator] -= 1;
                self.end_tick_when_decided();
            }
            Some(Some(earlier)) if earlier == decision => {}
            Some(Some(_)) => {
                let operator = transfer.payee_operator;
                self.refuse_item(
                    operator,
                    format!("payment {} was decided twice, differently", decision.id),
                );
            }
        }
    }

    /// Whether the decision on a delivered transfer has come and waits for the others of its tick.
    pub(super) fn is_decided(&self, slot: TransferSlot) -> bool {
        let place = self.ticks.place_of(slot);
        place.and_then(|place| self.ticks.decisions.get(place)).is_some_and(Option::is_some)
    }

    /// Clears and refuses in the order of admission, then closes the cycles that are due.
    pub(super) fn end_tick_when_decided(&mut self) {
        if self.ticks.phase != Phase::Deciding
            || self.ticks.undecided.iter().any(|count| *count > 0)
        {
            return;
        }
        // The driver says what goes first in the queue before it asks for the tick, and again after
        // a restart, which forgets it. A tick that ended before would queue in another order.
        if self.modes.queue_rule().is_some() && self.ticks.requested < self.ticks.tick {
            return;
        }
        let at = self.business_time(Timestamp::ZERO);
        let slots = self.transfers.slots_from(self.ticks.first);
        for (slot, decision) in slots.zip(std::mem::take(&mut self.ticks.decisions)) {
            if let Some(decision) = decision {
                self.finish(slot, &decision, at);
            }
        }
        self.offset_due(at);
        self.release(at);
        self.return_queued(at);
        self.close_due(at);
        if at.ms_of_day() == 0 {
            self.close_credit(at);
            self.adopt_due(at);
        }
        self.ticks.priorities.clear();
        self.ticks.phase = Phase::Ending;
        self.ticks.acknowledged.fill(false);
        self.changes.state = true;
        let tick = self.ticks.tick;
        self.links.list_mut().iter_mut().for_each(|link| link.end_tick(tick));
    }

    /// An operator has durably applied the end of a tick.
    pub(super) fn acknowledge_tick(&mut self, operator: OperatorNumber, tick: u64) {
        if tick >= self.ticks.tick {
            self.ticks.acknowledged[operator] = true;
            self.progress();
        }
    }

    /// A new link: what the operator sent of the tick being collected comes again; the ticks it has
    /// ended count as acknowledged.
    pub(super) fn rejoin_tick(&mut self, operator: OperatorNumber) {
        self.ticks.collected[operator].clear();
        self.ticks.done[operator] = false;
        self.acknowledge_tick(operator, self.links[operator].tick_ended());
    }

    /// Tells an operator that is ready again of the end of a tick it has missed.
    pub(super) fn resend_tick(&mut self, operator: OperatorNumber) {
        let Ticks { tick, phase, .. } = self.ticks;
        if matches!(phase, Phase::Ending | Phase::Idle) {
            self.links[operator].repeat_tick(tick);
        }
        self.progress();
    }

    /// Takes up the ticks where the ledger file left them.
    pub(super) fn restore_ticks(&mut self, clock: &ClockState) {
        self.ticks.tick = clock.tick;
        self.ticks.phase = clock.phase;
        self.ticks.first = self.transfers.first_open();
        if clock.phase == Phase::Deciding {
            self.await_decisions();
        }
    }
}

/// A suspended operator is waited for as well: what it sends is refused in its tick, whenever it
/// comes.
fn everyone(said: &[bool]) -> bool {
    said.iter().all(|said| *said)
}

#[cfg(test)]
mod tests;
