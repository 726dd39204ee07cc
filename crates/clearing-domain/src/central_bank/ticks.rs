//! The clock of ticks: where it stands, and who is waited for.

use std::collections::HashMap;

use crate::link::{Decision, Instruction};
use crate::money::{ByOperator, OperatorCode, PaymentId, Timestamp};
use crate::netting::Priority;
use crate::row::numbered;
use crate::slots::Slot;

use super::error::CentralBankError;
use super::transfer::TransferSlot;

/// How many payments of the coming tick may have a priority. An experiment's ticks have far fewer.
pub(super) const PRIORITIES_MAX: usize = 1 << 20;

numbered! {
    /// Where a tick stands.
    #[derive(Default)]
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
    /// When the open cycle was opened; `None` before the first.
    pub opened_at: Option<Timestamp>,
    /// The last tick whose instructions were admitted.
    pub tick: u64,
    /// Where it stands.
    pub phase: Phase,
}

/// The ticks: what is stored, and what is collected in memory.
#[derive(Debug)]
pub(super) struct Ticks {
    pub(super) tick: u64,
    pub(super) phase: Phase,
    /// The tick that operators have completed; 0 when none has.
    pub(super) collecting: u64,
    /// The highest tick the driver asked for.
    pub(super) requested: u64,
    pub(super) collected: ByOperator<Vec<Instruction>>,
    pub(super) done: ByOperator<bool>,
    /// The first transfer of the tick, and the decisions on it and those after it.
    pub(super) first: TransferSlot,
    pub(super) decisions: Vec<Option<Decision>>,
    pub(super) undecided: ByOperator<u32>,
    pub(super) acknowledged: ByOperator<bool>,
    /// What payments of the coming tick are worth in a queue, of those that are not normal.
    pub(super) priorities: HashMap<PaymentId, Priority>,
    /// The tick they are of.
    pub(super) prioritised: u64,
}

impl Ticks {
    pub(super) fn new(operators: usize) -> Self {
        Self {
            tick: 0,
            phase: Phase::default(),
            collecting: 0,
            requested: 0,
            collected: ByOperator::filled(operators, Vec::new()),
            done: ByOperator::filled(operators, false),
            first: TransferSlot::from_number(0),
            decisions: Vec::new(),
            undecided: ByOperator::filled(operators, 0),
            acknowledged: ByOperator::filled(operators, false),
            priorities: HashMap::new(),
            prioritised: 0,
        }
    }

    /// Where a payment of the tick stands should it come into the queue.
    pub(super) fn priority_of(&self, id: PaymentId) -> Priority {
        self.priorities.get(&id).copied().unwrap_or_default()
    }

    /// The place of a transfer among the decisions of the tick; `None` of an earlier one.
    pub(super) fn place_of(&self, slot: TransferSlot) -> Option<usize> {
        slot.place().checked_sub(self.first.place())
    }

    /// Remembers the priorities of payments of a tick.
    pub(super) fn prioritise(
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
