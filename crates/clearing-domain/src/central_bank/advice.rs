//! Advices: what operators learn of their accounts, in a durable order of their own.
//!
//! Each operator's advices are numbered without a gap, so that one that registers with the last
//! number it has applied is sent exactly those that it lacks.

use crate::link::{Advice, AdviceEvent, OperationId};
use crate::money::{Amount, ByOperator, CycleId, OperatorNumber, Position};
use crate::row::{row, variants};

variants! {
    AdviceEvent as AdviceColumns {
        operation: OperationId, amount: Amount, change: Position, cycle: CycleId,
        settled: Position, carried: Position, carried_to: CycleId, claimed: Position,
    }
    1 = Issued { operation, amount },
    2 = WithdrawalRequested { operation, amount },
    3 = Withdrawn { operation, amount },
    4 = ReservesChanged { operation, change },
    5 = Settled { cycle, settled, carried, carried_to },
    6 = Claimed { cycle, claimed },
    7 = Remitted { operation, amount },
}

row! {
    /// An advice to an operator.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AdviceRow in "advices", kind 3 {
        /// The number of the row in the ledger.
        pub row: u64,
        /// The operator.
        pub operator: OperatorNumber,
        /// Counts the advices to this operator from 1.
        pub number: u64,
        /// What happened.
        pub event: AdviceEvent,
    }
}

impl AdviceRow {
    /// The advice as the operator is sent it.
    pub fn advice(&self) -> Advice {
        Advice { number: self.number, event: self.event }
    }

    /// Whether it is about the settlement of a cycle.
    pub fn is_settlement(&self) -> bool {
        matches!(self.event, AdviceEvent::Settled { .. })
    }
}

/// The advices to all operators.
#[derive(Debug)]
pub struct Advices {
    rows: Vec<AdviceRow>,
    /// The places of those to each operator.
    of: ByOperator<Vec<u32>>,
}

impl Advices {
    /// No advices yet, to so many operators.
    pub fn new(operators: usize) -> Self {
        Self { rows: Vec::new(), of: ByOperator::filled(operators, Vec::new()) }
    }

    /// Makes room for so many, before any is there.
    pub fn reserve(&mut self, advices: usize) {
        self.rows.reserve(advices);
    }

    /// All of them.
    pub fn rows(&self) -> &[AdviceRow] {
        &self.rows
    }

    /// How many there are to an operator.
    pub fn count(&self, operator: OperatorNumber) -> u64 {
        self.of.of(operator).map_or(0, Vec::len) as u64
    }

    /// Those to an operator, in order.
    pub fn to(&self, operator: OperatorNumber) -> impl Iterator<Item = &AdviceRow> {
        let places = self.of.of(operator).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| &self.rows[*place as usize])
    }

    /// Adds an advice that was recorded.
    pub fn push(&mut self, row: AdviceRow) {
        self.of[row.operator].push(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
        self.rows.push(row);
    }
}
