//! All cycles: the open one, the one before it when that waits for money, and the closed ones with
//! what they left unpaid.

use crate::money::{Amount, ByOperator, CycleId, Position, Timestamp, Total};

use super::claims::{Claims, CycleDefault};
use super::cycle::{Cycle, CyclePosition, CycleRow, OpenCycle, PositionRow};
use super::leg_slot::LegSlot;
use super::legs::Leg;
use super::settlement_mode::Manner;

/// The cycles of the ledger.
#[derive(Debug)]
pub struct Cycles {
    operators: usize,
    open: Option<OpenCycle>,
    /// The cycle before it, when that waits for money.
    frozen: Option<OpenCycle>,
    closed: Vec<Cycle>,
    /// The positions of the cycle that closes, until the row that closes it.
    closing: Vec<CyclePosition>,
    /// How cycles settled in which somebody did not pay.
    defaults: Vec<CycleDefault>,
    /// What left settlement between operators.
    claims: Claims,
    /// The claims that have arisen between operators since the start, each as a positive sum.
    claimed: Total,
}

/// What of a cycle does not settle.
#[derive(Debug, Default)]
pub struct LeftOver {
    /// Obligations that the next cycle takes over.
    pub carried: Vec<LegSlot>,
    /// Claims in the place of obligations.
    pub claims: Claims,
    /// How it came to that; of cycles that leave claims.
    pub default: Option<CycleDefault>,
}

impl Cycles {
    /// No cycle yet, between so many operators.
    pub fn new(operators: usize) -> Self {
        Self {
            operators,
            open: None,
            frozen: None,
            closed: Vec::new(),
            closing: Vec::new(),
            defaults: Vec::new(),
            claims: Claims::default(),
            claimed: Total::ZERO,
        }
    }

    /// The one that collects obligations; there is none before the first mode that has cycles.
    pub fn open(&self) -> Option<&OpenCycle> {
        self.open.as_ref()
    }

    /// The one before it, when that waits for money.
    pub fn frozen(&self) -> Option<&OpenCycle> {
        self.frozen.as_ref()
    }

    /// The one that closes next: cycles close in order.
    pub fn next_to_close(&self) -> Option<&OpenCycle> {
        self.frozen.as_ref().or(self.open.as_ref())
    }

    /// The closed ones, in order.
    pub fn closed(&self) -> &[Cycle] {
        &self.closed
    }

    /// How cycles settled in which somebody did not pay.
    pub fn defaults(&self) -> &[CycleDefault] {
        &self.defaults
    }

    /// What left settlement between operators.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What is owed in cycles that have not settled, and what left settlement since the start.
    pub fn owed(&self) -> Total {
        self.open.iter().chain(&self.frozen).map(OpenCycle::owed).sum::<Total>() + self.claimed
    }

    /// Payments settle in cycles from a time on: the first one opens, or an idle one anew.
    pub fn begin(&mut self, at: Timestamp) {
        match &mut self.open {
            None => self.open = Some(OpenCycle::new(CycleId::FIRST, at, self.operators)),
            // One that owes something keeps its beginning, and with it the cut-off that its
            // payments had.
            Some(open) if open.is_idle() => open.begin_anew(at),
            Some(_) => {}
        }
    }

    /// Adds an obligation to the open cycle.
    ///
    /// # Panics
    ///
    /// When none is open: the obligation would be owed to nobody.
    pub fn add(&mut self, slot: LegSlot, leg: Leg) {
        let Some(open) = &mut self.open else {
            panic!("an obligation of {} yuan came while no cycle is open", leg.amount)
        };
        open.add(slot, leg);
    }

    /// The cycle that payments of a manner are cleared in now; none for those that settle by
    /// themselves.
    pub fn of_manner(&self, manner: Manner) -> Option<CycleId> {
        let open = self.open.as_ref().filter(|_| manner == Manner::Net);
        open.map(|open| open.cycle().id)
    }

    /// Ends the open cycle without settling it, with the most that each operator owed in it; what
    /// comes now is of the next one.
    ///
    /// # Panics
    ///
    /// When none is open, or another one is frozen already, whose obligations would be lost.
    pub fn freeze(&mut self, peaks: Vec<Amount>, at: Timestamp) {
        assert!(self.frozen.is_none(), "a cycle is frozen already");
        let Some(mut frozen) = self.open.take() else { panic!("no cycle is open to be frozen") };
        frozen.freeze(peaks, at);
        self.open = Some(OpenCycle::new(frozen.cycle().id.next(), at, self.operators));
        self.frozen = Some(frozen);
    }

    /// Adds a position of the cycle that closes.
    pub fn add_position(&mut self, row: &PositionRow) {
        self.closing.push(row.position);
    }

    /// The positions of the cycle that closes, as far as they have come.
    pub fn closing(&self) -> &[CyclePosition] {
        &self.closing
    }

    /// The cycle of which positions have come, but not yet the row that closes it.
    pub fn half_closed(&self) -> Option<CycleId> {
        let ended = self.next_to_close().filter(|_| !self.closing.is_empty());
        ended.map(|ended| ended.cycle().id)
    }

    /// Closes the next cycle with the positions that came before, and gives what is carried to the
    /// one after it, which is opened unless it already is.
    ///
    /// # Panics
    ///
    /// When what settles does not sum to zero: money would come or go.
    pub fn close(&mut self, row: &CycleRow, left: LeftOver, carried: Total) -> &Cycle {
        let was_frozen = self.frozen.take().is_some();
        let open = if was_frozen { self.open.take() } else { None };
        let positions = ByOperator::from(std::mem::take(&mut self.closing));
        let settled = positions.iter().map(|position| position.settled).sum::<Position>();
        assert!(settled.is_zero(), "what settles in cycle {} sums to {settled}", row.cycle);
        let mut next =
            open.unwrap_or_else(|| OpenCycle::new(row.cycle.next(), row.closed_at, self.operators));
        next.take_over(left.carried, carried, &positions);
        // Claims of all cycles are netted with each other. What they come to since the start is
        // kept beside, because it is what bounds the sum: netting could hide how much has been
        // added.
        for ((one, other), sum) in left.claims.sums() {
            self.claimed += Total::from(*sum).magnitude();
            self.claims.add(*one, *other, *sum);
        }
        self.defaults.extend(left.default);
        self.open = Some(next);
        self.closed.push(row.cycle(positions));
        &self.closed[self.closed.len() - 1]
    }
}

#[cfg(test)]
impl Cycles {
    /// A closed cycle, to be changed behind the back of the ledger.
    pub(super) fn forge(&mut self, index: usize) -> &mut Cycle {
        &mut self.closed[index]
    }
}
