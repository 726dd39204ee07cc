//! Cycles: the obligations between two cut-offs, and what each operator nets to.

use crate::money::{Amount, ByOperator, CycleId, OperatorNumber, Position, Timestamp, Total};
use crate::netting::all_covered;
use crate::row::{group, numbered, row};
use crate::slots::Slots;

use super::leg_slot::LegSlot;
use super::legs::Leg;

numbered! {
    /// Where a cycle stands.
    pub enum CycleState {
        /// Collects obligations.
        Open = 1,
        /// Closed; everything settled.
        Settled = 2,
        /// Closed; a part settled and the rest was carried to the next cycle.
        PartlySettled = 3,
        /// Closed; nothing settled and everything was carried to the next cycle.
        Carried = 4,
        /// Closed; what those who were short owed and were owed became claims, the rest settled.
        Unwound = 5,
        /// Closed; everything settled, and what was short was paid by others, who claim it.
        LossShared = 6,
        /// Past its cut-off; collects nothing any more and waits for money. Never stored.
        Frozen = 7,
        /// Closed; those who were short paid all they had pro rata, what they did not pay became
        /// claims.
        ProRata = 8,
    }
}

row! {
    /// The closing of a cycle, behind the positions of all operators in it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct CycleRow in "cycles", kind 5 {
        /// The number of the row in the ledger.
        pub row: u64,
        /// The cycle.
        pub cycle: CycleId,
        /// When the cycle before it closed.
        pub opened_at: Timestamp,
        /// When it closed.
        pub closed_at: Timestamp,
        /// How it settled.
        pub state: CycleState,
        /// How many payments were cleared in it.
        pub payments: u64,
        /// Their value.
        pub gross: Position,
    }
}

row! {
    /// The position of an operator in a cycle that closes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct PositionRow in "cycle_positions", kind 7 {
        /// The number of the row in the ledger.
        pub row: u64,
        /// The cycle.
        pub cycle: CycleId,
        /// The operator.
        pub operator: OperatorNumber,
        /// What it sent and received, and how that settled.
        pub position: CyclePosition,
    }
}

/// A cycle with the position of every operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The number of the row that closed it; 0 before.
    pub row: u64,
    /// Its number.
    pub id: CycleId,
    /// When the cycle before it closed.
    pub opened_at: Timestamp,
    /// When it was closed or frozen; `None` while it is open.
    pub closed_at: Option<Timestamp>,
    /// Where it stands.
    pub state: CycleState,
    /// How many payments were cleared in it.
    pub payments: u64,
    /// Their value.
    pub gross: Position,
    /// The positions of the operators.
    pub positions: ByOperator<CyclePosition>,
}

group! {
    /// What an operator sent and received in a cycle, and how that settled.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct CyclePosition {
        /// The value of payments cleared in the cycle that its wallets sent.
        pub sent: Position,
        /// The value of payments cleared in the cycle that its wallets received.
        pub received: Position,
        /// Received minus sent; positive is a net credit.
        pub net: Position,
        /// The net of obligations carried into the cycle from the one before.
        pub brought: Position,
        /// What moved on the settlement account; with `carried` and `claimed` it makes `net` and
        /// `brought`.
        pub settled: Position,
        /// What was carried to the next cycle because someone was short.
        pub carried: Position,
        /// What left settlement as claims on other operators; negative is owed to them.
        pub claimed: Position,
        /// The cycle it was carried to; `None` when nothing was carried.
        pub carried_to: Option<CycleId>,
        /// The most the operator owed during the cycle.
        pub peak_net_debit: Amount,
        /// The settlement account after the settlement.
        pub balance_after: Position,
    }
}

/// A cycle that has not settled, with its obligations.
#[derive(Clone, Debug)]
pub struct OpenCycle {
    cycle: Cycle,
    /// Its transfers in the order they were cleared, the carried ones first.
    members: Slots<usize, LegSlot>,
    /// Their value.
    owed: Total,
}

impl CycleState {
    /// Whether the cycle is closed.
    pub const fn is_closed(self) -> bool {
        !matches!(self, Self::Open | Self::Frozen)
    }

    /// Whether what did not settle was carried to the next cycle.
    pub const fn carries(self) -> bool {
        matches!(self, Self::PartlySettled | Self::Carried)
    }
}

impl Cycle {
    /// The rows of a closed cycle: the positions, then the closing, which has the last number.
    pub fn positions_as_appended(&self) -> impl Iterator<Item = PositionRow> + '_ {
        // The rows of a closing have no gap between them, so their numbers need not be kept.
        let first = self.row.saturating_sub(self.positions.len() as u64);
        let numbered = (first..).zip(self.positions.numbered());
        numbered.map(|(row, (operator, position))| PositionRow {
            row,
            cycle: self.id,
            operator,
            position: *position,
        })
    }

    /// The row that closed it.
    pub fn as_appended(&self) -> CycleRow {
        CycleRow {
            row: self.row,
            cycle: self.id,
            opened_at: self.opened_at,
            closed_at: self.closed_at.unwrap_or_default(),
            state: self.state,
            payments: self.payments,
            gross: self.gross,
        }
    }
}

impl CycleRow {
    /// The cycle that it closed, with its positions.
    pub fn cycle(&self, positions: ByOperator<CyclePosition>) -> Cycle {
        Cycle {
            row: self.row,
            id: self.cycle,
            opened_at: self.opened_at,
            closed_at: Some(self.closed_at),
            state: self.state,
            payments: self.payments,
            gross: self.gross,
            positions,
        }
    }
}

impl OpenCycle {
    /// A cycle that begins, between so many operators.
    pub fn new(id: CycleId, opened_at: Timestamp, operators: usize) -> Self {
        Self {
            cycle: Cycle {
                row: 0,
                id,
                opened_at,
                closed_at: None,
                state: CycleState::Open,
                payments: 0,
                gross: Position::ZERO,
                positions: ByOperator::filled(operators, CyclePosition::default()),
            },
            members: Slots::new(),
            owed: Total::ZERO,
        }
    }

    /// Its positions as they are by now.
    pub fn cycle(&self) -> &Cycle {
        &self.cycle
    }

    /// Its transfers in the order they were cleared, the carried ones first: the order in which a
    /// shortfall lets them settle.
    pub fn members(&self) -> &Slots<usize, LegSlot> {
        &self.members
    }

    /// The value of its transfers.
    pub fn owed(&self) -> Total {
        self.owed
    }

    /// Whether nothing is owed in it.
    pub fn is_idle(&self) -> bool {
        self.members.is_empty()
    }

    /// What each operator has to receive or pay, carried obligations included.
    pub fn nets(&self) -> Vec<Position> {
        self.cycle.positions.iter().map(|position| position.net + position.brought).collect()
    }

    /// Whether everybody can pay what it owes, with so much to settle with each.
    pub fn is_covered(&self, covers: &[Position]) -> bool {
        all_covered(covers, &self.nets())
    }

    /// An idle cycle begins anew: it has no past that a later beginning would hide.
    pub fn begin_anew(&mut self, at: Timestamp) {
        self.cycle.opened_at = at;
    }

    /// It collects no more and waits for money, with the most that each operator owed in it.
    pub fn freeze(&mut self, peaks: Vec<Amount>, at: Timestamp) {
        self.cycle.state = CycleState::Frozen;
        self.cycle.closed_at = Some(at);
        for (position, peak) in self.cycle.positions.iter_mut().zip(peaks) {
            position.peak_net_debit = peak;
        }
    }

    /// Takes over what the cycle before it carries: the transfers, their value, and the positions
    /// of that cycle. They come before what was cleared since, as they have waited longer.
    pub fn take_over(
        &mut self,
        carried: Vec<LegSlot>,
        value: Total,
        positions: &ByOperator<CyclePosition>,
    ) {
        self.owed += value;
        if !carried.is_empty() {
            let cleared = std::mem::take(&mut self.members);
            self.members = carried.into_iter().chain(cleared.iter().copied()).collect();
        }
        for (own, position) in self.cycle.positions.iter_mut().zip(positions) {
            own.brought = position.carried;
        }
    }

    /// Adds an obligation to the running nets.
    pub fn add(&mut self, slot: LegSlot, Leg { debtor, creditor, amount }: Leg) {
        // Both sides of an obligation move here, so the nets of a cycle add up to zero at any time,
        // and the close need not go through its payments.
        self.members.push(slot);
        self.owed += amount;
        // A payment of two legs is one payment.
        self.cycle.payments += u64::from(slot.leg() == 0);
        self.cycle.gross += amount;
        let sender = &mut self.cycle.positions[debtor];
        sender.sent += amount;
        sender.net -= amount;
        let receiver = &mut self.cycle.positions[creditor];
        receiver.received += amount;
        receiver.net += amount;
    }
}
