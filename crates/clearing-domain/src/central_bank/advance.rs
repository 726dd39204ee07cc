//! What the driver of ticks asks for, and what it is shown.

use crate::money::{OperatorNumber, PaymentId, Timestamp};
use crate::netting::Priority;

use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::ticks::{ClockState, Phase, TickClock, Ticks};

impl CentralBankLedger {
    /// Asks every operator that has not said so to complete an absolute tick. Answers whether the
    /// tick is over and every operator has acknowledged its end; may be asked again and again.
    pub fn advance(&mut self, tick: u64) -> Result<bool, CentralBankError> {
        let lockstep = self.settings.lockstep.ok_or(CentralBankError::NotLockstep)?;
        if !lockstep.has(tick) {
            return Err(CentralBankError::TickUnknown(tick));
        }
        let running = self.ticks.collecting;
        if running != 0 && tick > running {
            return Err(CentralBankError::TickEarly { running, found: tick });
        }
        self.ticks.requested = self.ticks.requested.max(tick);
        self.progress();
        self.end_tick_when_decided();
        Ok(tick < self.ticks.tick || (tick == self.ticks.tick && self.ticks.phase == Phase::Idle))
    }

    /// Remembers where payments of a tick will stand should they come into the queue. It lasts
    /// until the tick is over or the ledger is opened anew; whoever advances the clock says it
    /// before, also when both are said again. Only one tick's are kept: those of the tick under
    /// way, otherwise those of the tick named last.
    pub fn set_tick_priorities(
        &mut self,
        tick: u64,
        priorities: impl IntoIterator<Item = (PaymentId, Priority)>,
    ) -> Result<(), CentralBankError> {
        let lockstep = self.settings.lockstep.ok_or(CentralBankError::NotLockstep)?;
        if !lockstep.has(tick) {
            return Err(CentralBankError::TickUnknown(tick));
        }
        let is_over = tick < self.ticks.tick
            || (tick == self.ticks.tick && self.ticks.phase != Phase::Deciding);
        if is_over { Ok(()) } else { self.ticks.prioritise(tick, priorities.into_iter().collect()) }
    }

    /// The clock of ticks.
    pub fn tick_clock(&self) -> TickClock {
        let Ticks { tick, phase, collecting, requested, .. } = self.ticks;
        let next = if collecting != 0 { collecting } else { requested };
        let (tick, phase) = if phase == Phase::Idle && next > tick {
            (next, Phase::Collecting)
        } else {
            (tick, phase)
        };
        let waited_for = |number: OperatorNumber| match phase {
            Phase::Idle => false,
            Phase::Collecting => !self.ticks.done[number],
            Phase::Deciding => self.ticks.undecided[number] > 0,
            Phase::Ending => !self.ticks.acknowledged[number],
        };
        let missing = self.accounts.list().numbers().filter(|number| waited_for(*number));
        TickClock {
            tick,
            phase,
            missing: missing.map(|number| self.accounts[number].code).collect(),
            business_time: self.business_time(Timestamp::ZERO),
        }
    }

    /// What of the clock is stored with every batch that changes it.
    pub fn clock_state(&self) -> ClockState {
        let opened_at = self.cycles.open().map(|open| open.cycle.opened_at);
        ClockState { opened_at, tick: self.ticks.tick, phase: self.ticks.phase }
    }
}
