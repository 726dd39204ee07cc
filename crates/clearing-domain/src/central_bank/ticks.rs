//! The clock of ticks: where it stands, and who is waited for.

use std::collections::HashMap;

use crate::link::{Decision, Instruction};
use crate::money::{OperatorCode, PaymentId, Timestamp};
use crate::netting::Priority;

use super::error::CentralBankError;
use super::ledger::CentralBankLedger;

/// How many payments of the coming tick may have a priority. An experiment's ticks have far fewer.
pub(super) const PRIORITIES_MAX: usize = 1 << 20;

/// Where a tick stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// The tick is over and every operator has acknowledged its end.
    #[default]
    Idle = 1,
    /// The instructions of the next tick are coming in. Never stored.
    Collecting = 2,
    /// They are admitted; decisions are coming in.
    Deciding = 3,
    /// Everything is final; operators acknowledge the end.
    Ending = 4,
}

/// The clock of ticks as shown and waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickClock {
    /// The present tick; the one being collected when the phase says so.
    pub tick: u64,
    /// Where it stands.
    pub phase: Phase,
    /// The operators that are waited for.
    pub missing: Vec<OperatorCode>,
    /// The end of the last tick that was admitted, in business time.
    pub business_time: Timestamp,
}

/// What of the clock is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockState {
    /// When the open cycle was opened.
    pub opened_at: Timestamp,
    /// The last tick whose instructions were admitted.
    pub tick: u64,
    /// Where it stands.
    pub phase: Phase,
}

/// The ticks: what is stored, and what is collected in memory.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    pub(super) tick: u64,
    pub(super) phase: Phase,
    /// The tick that operators have completed; 0 when none has.
    pub(super) collecting: u64,
    /// The highest tick the driver asked for.
    pub(super) requested: u64,
    pub(super) collected: Vec<Vec<Instruction>>,
    pub(super) done: Vec<bool>,
    /// The first transfer of the tick, and the decisions on it and those after it.
    pub(super) first: u32,
    pub(super) decisions: Vec<Option<Decision>>,
    pub(super) undecided: Vec<u32>,
    pub(super) acknowledged: Vec<bool>,
    /// What payments of the coming tick are worth in a queue, of those that are not normal.
    pub(super) priorities: HashMap<PaymentId, Priority>,
    /// The tick they are of.
    pub(super) prioritised: u64,
}

impl Phase {
    /// The phase of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Idle, Self::Collecting, Self::Deciding, Self::Ending]
            .into_iter()
            .find(|phase| *phase as u8 == number)
    }
}

impl Ticks {
    pub(super) fn new(operators: usize) -> Self {
        Self {
            collected: vec![Vec::new(); operators],
            done: vec![false; operators],
            undecided: vec![0; operators],
            acknowledged: vec![false; operators],
            ..Self::default()
        }
    }

    fn prioritise(
        &mut self,
        tick: u64,
        priorities: Vec<(PaymentId, Priority)>,
    ) -> Result<(), CentralBankError> {
        let under_way = if self.phase == Phase::Deciding { self.tick } else { self.collecting };
        if under_way != 0 && tick != under_way {
            return Err(CentralBankError::TickEarly { running: under_way, found: tick });
        }
        if self.prioritised != tick {
            self.priorities.clear();
            self.prioritised = tick;
        }
        let new = priorities.iter().filter(|(id, _)| !self.priorities.contains_key(id)).count();
        let (found, most) = (self.priorities.len() + new, PRIORITIES_MAX);
        if found > most {
            return Err(CentralBankError::TooManyPriorities { found, most });
        }
        self.priorities.extend(priorities);
        Ok(())
    }
}

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
        let waited_for = |number: usize| match phase {
            Phase::Idle => false,
            Phase::Collecting => !self.ticks.done[number],
            Phase::Deciding => self.ticks.undecided[number] > 0,
            Phase::Ending => !self.ticks.acknowledged[number],
        };
        let missing = (0..self.accounts.len()).filter(|number| waited_for(*number));
        TickClock {
            tick,
            phase,
            missing: missing.map(|number| self.accounts[number].code).collect(),
            business_time: self.business_time(Timestamp::ZERO),
        }
    }

    /// What of the clock is stored with every batch that changes it.
    pub fn clock_state(&self) -> ClockState {
        let opened_at = self.open.as_ref().map_or(Timestamp::ZERO, |open| open.cycle.opened_at);
        ClockState { opened_at, tick: self.ticks.tick, phase: self.ticks.phase }
    }
}
