//! Lockstep: the instructions of a tick are admitted together, and cleared in the same order.
//!
//! A tick is collected in memory until every operator has said that it is complete, then admitted
//! in one batch; its decisions are collected, then applied in one batch. After a crash whatever was
//! only in memory comes again from the operators.

use crate::link::{Decision, Instruction, TickDone};
use crate::money::Timestamp;
use crate::slots::Slot;

use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::ticks::{ClockState, Phase, Ticks};
use super::transfer::TransferState;

impl CentralBankLedger {
    /// Keeps an instruction until its tick is complete.
    pub(super) fn collect(&mut self, operator: u16, instruction: Instruction) {
        self.ticks.collected[usize::from(operator)].push(instruction);
    }

    /// Whether what an operator instructs is of a tick to come, not again of the one that is
    /// admitted.
    pub(super) fn collects_from(&self, operator: u16) -> bool {
        self.settings.lockstep.is_some()
            && match self.ticks.phase {
                Phase::Idle | Phase::Collecting => true,
                Phase::Deciding => false,
                Phase::Ending => self.ticks.acknowledged[usize::from(operator)],
            }
    }

    /// An operator says that its instructions of a tick are complete. When they are not what came,
    /// the link starts anew and everything comes again.
    pub(super) fn tick_done(&mut self, operator: u16, done: &TickDone) {
        let number = usize::from(operator);
        let code = self.accounts[number].code;
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
        let ids = self.ticks.collected[number].iter().map(|instruction| instruction.id).collect();
        let found = TickDone::new(done.tick, ids);
        if found != *done {
            let (tick, came, named) = (done.tick, found.count, done.count);
            return self.refuse_link(
                operator,
                CentralBankError::TickIncomplete { operator: code, tick, came, named },
            );
        }
        self.ticks.collecting = done.tick;
        self.ticks.done[number] = true;
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
        for (account, done) in self.accounts.iter_mut().zip(&self.ticks.done) {
            if !done && account.link.is_ready() && account.link.tick_asked < requested {
                account.link.tick_asked = requested;
                account.link.outbox.tick_close = Some(requested);
            }
        }
    }

    /// Admits the instructions of all operators in one order that no operator has a hand in.
    fn admit_tick(&mut self) {
        self.ticks.tick = std::mem::take(&mut self.ticks.collecting);
        self.ticks.phase = Phase::Deciding;
        self.ticks.done.fill(false);
        self.ticks.first = self.transfers.next_slot().number();
        let mut instructions = Vec::new();
        for (operator, collected) in (0..).zip(&mut self.ticks.collected) {
            instructions.extend(collected.drain(..).map(|instruction| (operator, instruction)));
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
        let first = self.ticks.first as usize;
        self.ticks.decisions.clear();
        self.ticks.decisions.resize(self.transfers.len() - first, None);
        self.ticks.undecided.fill(0);
        for transfer in self
            .transfers
            .iter_from(first)
            .filter(|transfer| transfer.state == TransferState::Delivered)
        {
            self.ticks.undecided[usize::from(transfer.payee_operator)] += 1;
        }
        self.end_tick_when_decided();
    }

    /// Keeps the decision on a transfer until those on all others of the tick have come.
    pub(super) fn collect_decision(&mut self, slot: u32, decision: &Decision) {
        let transfer = &self.transfers[slot as usize];
        let place = slot.checked_sub(self.ticks.first).map(|place| place as usize);
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
                self.ticks.undecided[usize::from(transfer.payee_operator)] -= 1;
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
    pub(super) fn is_decided(&self, slot: u32) -> bool {
        let index = slot.checked_sub(self.ticks.first).map(|index| index as usize);
        index.and_then(|index| self.ticks.decisions.get(index)).is_some_and(Option::is_some)
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
        if self.queue_rule().is_some() && self.ticks.requested < self.ticks.tick {
            return;
        }
        let at = self.business_time(Timestamp::ZERO);
        for (slot, decision) in (self.ticks.first..).zip(std::mem::take(&mut self.ticks.decisions))
        {
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
        for account in &mut self.accounts {
            if account.link.is_ready() {
                account.link.outbox.tick_end = Some(self.ticks.tick);
            }
        }
    }

    /// An operator has durably applied the end of a tick.
    pub(super) fn acknowledge_tick(&mut self, operator: u16, tick: u64) {
        if tick >= self.ticks.tick {
            self.ticks.acknowledged[usize::from(operator)] = true;
            self.progress();
        }
    }

    /// A new link: what the operator sent of the tick being collected comes again; the ticks it has
    /// ended count as acknowledged.
    pub(super) fn rejoin_tick(&mut self, operator: u16) {
        let number = usize::from(operator);
        self.ticks.collected[number].clear();
        self.ticks.done[number] = false;
        self.acknowledge_tick(operator, self.accounts[number].link.tick_ended);
    }

    /// Tells an operator that is ready again of the end of a tick it has missed.
    pub(super) fn resend_tick(&mut self, operator: u16) {
        let Ticks { tick, phase, .. } = self.ticks;
        let link = &mut self.accounts[usize::from(operator)].link;
        if matches!(phase, Phase::Ending | Phase::Idle) && link.tick_ended < tick {
            link.outbox.tick_end = Some(tick);
        }
        self.progress();
    }

    /// Takes up the ticks where the ledger file left them.
    pub(super) fn restore_ticks(&mut self, clock: &ClockState) {
        (self.ticks.tick, self.ticks.phase) = (clock.tick, clock.phase);
        self.ticks.first = self.first_open;
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
