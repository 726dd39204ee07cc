//! All cycles: the open one, the one before it when that waits for money, and the closed ones with
//! what they left unpaid.

use crate::money::{Amount, ByOperator, CycleId, OperatorNumber, Position, Timestamp, Total};

use super::claims::{Claims, CycleDefault};
use super::cycle::{Cycle, CyclePosition, CycleRow, CycleState, OpenCycle, PositionRow};
use super::settlement_mode::Manner;
use super::transfer::TransferSlot;

/// The cycles of the ledger.
#[derive(Debug)]
pub(super) struct Cycles {
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
pub(super) struct LeftOver {
    /// Obligations that the next cycle takes over.
    pub(super) carried: Vec<TransferSlot>,
    /// Claims in the place of obligations.
    pub(super) claims: Claims,
    /// How it came to that; of cycles that leave claims.
    pub(super) default: Option<CycleDefault>,
}

impl Cycles {
    pub(super) fn new(operators: usize) -> Self {
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

    pub(super) fn open(&self) -> Option<&OpenCycle> {
        self.open.as_ref()
    }

    pub(super) fn frozen(&self) -> Option<&OpenCycle> {
        self.frozen.as_ref()
    }

    /// The one that closes next: cycles close in order.
    pub(super) fn next_to_close(&self) -> Option<&OpenCycle> {
        self.frozen.as_ref().or(self.open.as_ref())
    }

    pub(super) fn closed(&self) -> &[Cycle] {
        &self.closed
    }

    pub(super) fn defaults(&self) -> &[CycleDefault] {
        &self.defaults
    }

    pub(super) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What is owed in cycles that have not settled, and what left settlement since the start.
    pub(super) fn owed(&self) -> Total {
        self.open.iter().chain(&self.frozen).map(|cycle| cycle.owed).sum::<Total>() + self.claimed
    }

    /// Payments settle in cycles from a time on: the first one opens, or an idle one anew.
    pub(super) fn begin(&mut self, at: Timestamp) {
        match &mut self.open {
            None => self.open = Some(OpenCycle::new(CycleId::FIRST, at, self.operators)),
            Some(open) if open.is_idle() => open.cycle.opened_at = at,
            Some(_) => {}
        }
    }

    /// Adds an obligation to the open cycle.
    ///
    /// # Panics
    ///
    /// When none is open: the obligation would be owed to nobody.
    pub(super) fn add(
        &mut self,
        slot: TransferSlot,
        payer: OperatorNumber,
        payee: OperatorNumber,
        amount: Amount,
    ) {
        let Some(open) = &mut self.open else {
            panic!("an obligation of {amount} yuan came while no cycle is open")
        };
        open.add(slot, payer, payee, amount);
    }

    /// The cycle that payments of a manner are cleared in now; none for those that settle by
    /// themselves.
    pub(super) fn of_manner(&self, manner: Manner) -> Option<CycleId> {
        let open = self.open.as_ref().filter(|_| manner == Manner::Net);
        open.map(|open| open.cycle.id)
    }

    /// Ends the open cycle without settling it, with the most that each operator owed in it; what
    /// comes now is of the next one.
    ///
    /// # Panics
    ///
    /// When none is open, or another one is frozen already, whose obligations would be lost.
    pub(super) fn freeze(&mut self, peaks: Vec<Amount>, at: Timestamp) {
        assert!(self.frozen.is_none(), "a cycle is frozen already");
        let Some(mut frozen) = self.open.take() else { panic!("no cycle is open to be frozen") };
        frozen.cycle.state = CycleState::Frozen;
        frozen.cycle.closed_at = Some(at);
        for (position, peak) in frozen.cycle.positions.iter_mut().zip(peaks) {
            position.peak_net_debit = peak;
        }
        self.open = Some(OpenCycle::new(frozen.cycle.id.next(), at, self.operators));
        self.frozen = Some(frozen);
    }

    /// Takes a position of the cycle that closes.
    pub(super) fn take_position(&mut self, row: &PositionRow) {
        self.closing.push(row.position);
    }

    /// The positions of the cycle that closes, as far as they have come.
    pub(super) fn closing(&self) -> &[CyclePosition] {
        &self.closing
    }

    /// Closes the next cycle with the positions that came before, and gives what is carried to the
    /// one after it, which is opened unless it already is.
    ///
    /// # Panics
    ///
    /// When what settles does not sum to zero: money would come or go.
    pub(super) fn close(&mut self, row: &CycleRow, left: LeftOver, carried: Total) -> &Cycle {
        let was_frozen = self.frozen.take().is_some();
        let open = if was_frozen { self.open.take() } else { None };
        let positions = ByOperator::from(std::mem::take(&mut self.closing));
        let settled = positions.iter().map(|position| position.settled).sum::<Position>();
        assert!(settled.is_zero(), "what settles in cycle {} sums to {settled}", row.cycle);
        let mut next =
            open.unwrap_or_else(|| OpenCycle::new(row.cycle.next(), row.closed_at, self.operators));
        next.put_first(left.carried, carried);
        for (brought, position) in next.cycle.positions.iter_mut().zip(&positions) {
            brought.brought = position.carried;
        }
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
