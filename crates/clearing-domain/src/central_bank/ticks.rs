//! The clock of ticks: where it stands, who is waited for, and what has come of the present tick.
//!
//! A tick goes one way: its instructions are collected until every operator has completed it, then
//! admitted together; its decisions are collected until none is missing, then taken together; and
//! it is over when every operator has acknowledged its end. What is collected is in memory alone,
//! because operators send it again after a restart.

use std::collections::{BTreeMap, HashMap};

use crate::link::{Decision, FundingAnswer, Instruction, TickDone};
use crate::money::{ByOperator, OperatorNumber, PaymentId, Timestamp};
use crate::netting::Priority;
use crate::slots::Slot;

use super::error::CentralBankError;
use super::tick::{ClockState, Collected, Completion, Phase};
use super::transfer::{TransferSlot, TransferState};
use super::transfers::Transfers;

/// How many payments of the coming tick may have a priority. An experiment's ticks have far fewer.
pub(super) const PRIORITIES_MAX: usize = 1 << 20;

/// The ticks: what is stored, and what is collected in memory.
#[derive(Debug)]
pub struct Ticks {
    /// The last tick that was admitted.
    tick: u64,
    phase: Phase,
    /// The tick that operators have completed; 0 when none has.
    collecting: u64,
    /// The highest tick the driver asked for.
    requested: u64,
    collected: ByOperator<Vec<Instruction>>,
    completed: ByOperator<bool>,
    /// The first transfer of the tick, and the decisions on it and those after it.
    first: TransferSlot,
    decisions: Vec<Option<Decision>>,
    /// The answers of sponsors on the transfers of the tick, as far as they have come.
    fundings: BTreeMap<TransferSlot, Option<FundingAnswer>>,
    /// How many decisions, or answers of sponsors, are missing from each operator.
    undecided: ByOperator<u32>,
    acknowledged: ByOperator<bool>,
    /// What payments of the coming tick are worth in a queue, of those that are not normal.
    priorities: HashMap<PaymentId, Priority>,
    /// The tick they are of.
    prioritised: u64,
}

impl Ticks {
    /// No tick yet, with so many operators.
    pub fn new(operators: usize) -> Self {
        Self {
            tick: 0,
            phase: Phase::default(),
            collecting: 0,
            requested: 0,
            collected: ByOperator::filled(operators, Vec::new()),
            completed: ByOperator::filled(operators, false),
            first: TransferSlot::from_number(0),
            decisions: Vec::new(),
            fundings: BTreeMap::new(),
            undecided: ByOperator::filled(operators, 0),
            acknowledged: ByOperator::filled(operators, false),
            priorities: HashMap::new(),
            prioritised: 0,
        }
    }

    /// The last tick whose instructions were admitted.
    pub fn tick(&self) -> u64 {
        self.tick
    }

    /// Where that tick stands, as it is stored.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The present tick and where it stands, as people are shown it: the next tick is being
    /// collected as soon as it is asked for or completed by an operator.
    pub fn shown(&self) -> (u64, Phase) {
        let next = if self.collecting != 0 { self.collecting } else { self.requested };
        if self.phase == Phase::Idle && next > self.tick {
            (next, Phase::Collecting)
        } else {
            (self.tick, self.phase)
        }
    }

    /// Whether the clock waits for an operator.
    pub fn waits_for(&self, operator: OperatorNumber) -> bool {
        let (_, phase) = self.shown();
        match phase {
            Phase::Idle => false,
            Phase::Collecting => !self.completed[operator],
            Phase::Funding | Phase::Deciding => self.undecided[operator] > 0,
            Phase::Ending => !self.acknowledged[operator],
        }
    }

    /// Takes note of how far the driver wants to go. A tick is refused while an earlier one is
    /// being collected: operators that have completed that one would wait for it for ever.
    pub fn request(&mut self, tick: u64) -> Result<(), CentralBankError> {
        let running = self.collecting;
        if running != 0 && tick > running {
            return Err(CentralBankError::TickEarly { running, found: tick });
        }
        self.requested = self.requested.max(tick);
        Ok(())
    }

    /// Whether the driver has asked for the present tick since the last start.
    pub fn is_requested(&self) -> bool {
        self.requested >= self.tick
    }

    /// Whether a tick is over and every operator has acknowledged its end.
    pub fn is_over(&self, tick: u64) -> bool {
        tick < self.tick || (tick == self.tick && self.phase == Phase::Idle)
    }

    /// The tick that operators must be asked to complete, when there is one.
    pub fn to_complete(&self) -> Option<u64> {
        let asks = self.phase == Phase::Idle && self.requested > self.tick;
        asks.then_some(self.requested)
    }

    /// Whether an operator has completed the tick that is being collected.
    pub fn is_completed_by(&self, operator: OperatorNumber) -> bool {
        self.completed[operator]
    }

    /// Whether what an operator instructs is of a tick to come, not again of the one that is
    /// admitted.
    pub fn collects_from(&self, operator: OperatorNumber) -> bool {
        match self.phase {
            Phase::Idle | Phase::Collecting => true,
            Phase::Funding | Phase::Deciding => false,
            Phase::Ending => self.acknowledged[operator],
        }
    }

    /// Keeps an instruction until its tick is complete.
    pub fn collect(&mut self, operator: OperatorNumber, instruction: Instruction) {
        self.collected[operator].push(instruction);
    }

    /// Takes the report of an operator that its instructions of a tick are complete.
    pub fn complete(&mut self, operator: OperatorNumber, done: &TickDone) -> Completion {
        if done.tick <= self.tick {
            return Completion::Repeated;
        }
        if self.collecting != 0 && self.collecting != done.tick {
            return Completion::OfAnotherTick { running: self.collecting };
        }
        let ids = self.collected[operator].iter().map(|instruction| instruction.id).collect();
        let came = TickDone::new(done.tick, ids);
        // By count and hash: with one missing or one too many the outcome would depend on the link.
        if came != *done {
            return Completion::Incomplete { came: came.count };
        }
        self.collecting = done.tick;
        self.completed[operator] = true;
        Completion::Complete
    }

    /// Takes all instructions of a tick that every operator has completed, in one order that no
    /// operator has a hand in; its transfers begin with a slot.
    pub fn admit(&mut self, first: TransferSlot) -> Option<Vec<(OperatorNumber, Instruction)>> {
        if self.phase != Phase::Idle || self.collecting == 0 || !everyone(&self.completed) {
            return None;
        }
        self.tick = std::mem::take(&mut self.collecting);
        self.phase = Phase::Deciding;
        self.completed.fill(false);
        self.first = first;
        let mut instructions = Vec::new();
        for operator in self.collected.numbers() {
            let collected = self.collected[operator].drain(..);
            instructions.extend(collected.map(|instruction| (operator, instruction)));
        }
        // By time and id, which come from the run: neither a place in the roster nor the speed of a
        // link puts a payment in front of another.
        instructions.sort_unstable_by_key(|(operator, instruction)| {
            (instruction.submitted_at, instruction.id, *operator)
        });
        Some(instructions)
    }

    /// The tick has payments with sponsors, who are asked before anything of it is delivered.
    pub fn ask_sponsors(&mut self) {
        self.phase = Phase::Funding;
    }

    /// Waits for the answer of the sponsor of each transfer of the tick, which ends at a time, that
    /// has one. What a ledger admitted under the wall clock is of no tick: its sponsor may have
    /// answered before, and is not asked again.
    pub fn await_fundings(&mut self, transfers: &Transfers, at: Timestamp) {
        let of_tick = transfers.funding().filter(|slot| transfers[*slot].admitted_at == at);
        self.fundings = of_tick.map(|slot| (slot, None)).collect();
        self.undecided.fill(0);
        for slot in self.fundings.keys() {
            if let Some(sponsor) = transfers[*slot].sponsor() {
                self.undecided[sponsor] += 1;
            }
        }
    }

    /// Keeps the answer of a sponsor until those on all others of the tick have come.
    pub fn answer(
        &mut self,
        slot: TransferSlot,
        operator: OperatorNumber,
        answer: &FundingAnswer,
    ) -> Collected {
        match self.fundings.get_mut(&slot) {
            None => Collected::OutsideTick,
            Some(Some(earlier)) if earlier == answer => Collected::Repeated,
            Some(Some(_)) => Collected::Contradicted,
            Some(kept @ None) => {
                *kept = Some(*answer);
                self.undecided[operator] -= 1;
                Collected::New
            }
        }
    }

    /// Whether the answer of the sponsor of a transfer has come and waits for the others.
    pub fn has_funding(&self, slot: TransferSlot) -> bool {
        self.fundings.get(&slot).is_some_and(Option::is_some)
    }

    /// Whether sponsors were asked and no answer is missing.
    pub fn is_funded(&self) -> bool {
        self.phase == Phase::Funding && self.undecided.iter().all(|count| *count == 0)
    }

    /// Takes the answers of sponsors in the order of admission.
    pub fn take_fundings(&mut self) -> impl Iterator<Item = (TransferSlot, FundingAnswer)> + use<> {
        let fundings = std::mem::take(&mut self.fundings);
        fundings.into_iter().filter_map(|(slot, answer)| Some((slot, answer?)))
    }

    /// Every answer of a sponsor is used; decisions come next.
    pub fn end_funding(&mut self) {
        self.phase = Phase::Deciding;
    }

    /// Waits for a decision on each transfer of the tick that was delivered.
    pub fn await_decisions(&mut self, transfers: &Transfers) {
        let list = transfers.list();
        self.decisions.clear();
        self.decisions.resize(list.len() - self.first.place(), None);
        self.undecided.fill(0);
        for transfer in list.iter_from(self.first) {
            if transfer.state == TransferState::Delivered {
                self.undecided[transfer.payee_operator] += 1;
            }
        }
    }

    /// Keeps the decision of an operator until those on all others of the tick have come.
    pub fn decide(
        &mut self,
        slot: TransferSlot,
        operator: OperatorNumber,
        decision: &Decision,
    ) -> Collected {
        let place = slot.place().checked_sub(self.first.place());
        let kept = place.and_then(|place| self.decisions.get_mut(place));
        match kept {
            None => Collected::OutsideTick,
            Some(Some(earlier)) if earlier == decision => Collected::Repeated,
            Some(Some(_)) => Collected::Contradicted,
            Some(kept @ None) => {
                *kept = Some(*decision);
                self.undecided[operator] -= 1;
                Collected::New
            }
        }
    }

    /// Whether the decision on a transfer has come and waits for the others of its tick.
    pub fn has_decision(&self, slot: TransferSlot) -> bool {
        let place = slot.place().checked_sub(self.first.place());
        place.and_then(|place| self.decisions.get(place)).is_some_and(Option::is_some)
    }

    /// Whether the tick is admitted and no decision is missing.
    pub fn is_decided(&self) -> bool {
        self.phase == Phase::Deciding && self.undecided.iter().all(|count| *count == 0)
    }

    /// Takes the decisions of the tick with the transfers that they are on, in the order of
    /// admission.
    pub fn take_decisions(&mut self) -> impl Iterator<Item = (TransferSlot, Decision)> + use<> {
        let first = self.first.place();
        let decisions = std::mem::take(&mut self.decisions).into_iter().enumerate();
        decisions.filter_map(move |(place, decision)| {
            Some((TransferSlot::from_place(first + place), decision?))
        })
    }

    /// Ends the tick: everything of it is final. Answers its number.
    pub fn end(&mut self) -> u64 {
        self.priorities.clear();
        self.phase = Phase::Ending;
        self.acknowledged.fill(false);
        self.tick
    }

    /// The last tick that has ended, which an operator may have missed.
    pub fn ended(&self) -> Option<u64> {
        matches!(self.phase, Phase::Ending | Phase::Idle).then_some(self.tick)
    }

    /// An operator has durably applied the end of a tick. Answers whether that is news of the
    /// present one.
    pub fn acknowledge(&mut self, operator: OperatorNumber, tick: u64) -> bool {
        if tick < self.tick {
            return false;
        }
        self.acknowledged[operator] = true;
        true
    }

    /// Goes on to the next tick once every operator has acknowledged the end of this one; answers
    /// whether it did.
    pub fn go_on(&mut self) -> bool {
        let over = self.phase == Phase::Ending && everyone(&self.acknowledged);
        if over {
            self.phase = Phase::Idle;
        }
        over
    }

    /// A new link: what the operator sent of the tick being collected comes again.
    pub fn rejoin(&mut self, operator: OperatorNumber) {
        self.collected[operator].clear();
        self.completed[operator] = false;
    }

    /// Takes up the ticks where the ledger file left them; all that is open begins with a slot.
    pub fn load(&mut self, clock: &ClockState, first_open: TransferSlot) {
        self.tick = clock.tick;
        self.phase = clock.phase;
        self.first = first_open;
    }

    /// Where a payment of the tick stands should it come into the queue.
    pub fn priority_of(&self, id: PaymentId) -> Priority {
        self.priorities.get(&id).copied().unwrap_or_default()
    }

    /// Remembers the priorities of payments of a tick, unless that is over, and counts those that
    /// are remembered of it.
    pub fn prioritise(
        &mut self,
        tick: u64,
        priorities: impl IntoIterator<Item = (PaymentId, Priority)>,
    ) -> Result<usize, CentralBankError> {
        let is_running = matches!(self.phase, Phase::Funding | Phase::Deciding);
        if tick < self.tick || (tick == self.tick && !is_running) {
            return Ok(0);
        }
        // Of one tick only, or those of ticks that never come would stay in memory.
        let under_way = if is_running { self.tick } else { self.collecting };
        if under_way != 0 && tick != under_way {
            return Err(CentralBankError::TickEarly { running: under_way, found: tick });
        }
        if self.prioritised != tick {
            self.priorities.clear();
            self.prioritised = tick;
        }
        let priorities: Vec<_> = priorities.into_iter().collect();
        let new = priorities.iter().filter(|(id, _)| !self.priorities.contains_key(id)).count();
        let (found, most) = (self.priorities.len() + new, PRIORITIES_MAX);
        if found > most {
            return Err(CentralBankError::TooManyPriorities { found, most });
        }
        self.priorities.extend(priorities);
        Ok(self.priorities.len())
    }

    /// How many priorities are remembered.
    pub fn priorities(&self) -> usize {
        self.priorities.len()
    }
}

/// A suspended operator is waited for as well: what it sends is refused in its tick, whenever it
/// comes.
fn everyone(reported: &[bool]) -> bool {
    reported.iter().all(|reported| *reported)
}
