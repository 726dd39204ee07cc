//! Operations of the central bank on an operator's accounts, cap and standing, as recorded.

use rustc_hash::FxHashMap;

use crate::link::OperationId;
use crate::money::{Amount, ByOperator, CycleId, OperatorNumber, Position, Timestamp};
use crate::netting::Priority;
use crate::row::{row, variants};

use super::settlement_mode::SettlementMode;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Moves central-bank money into the reserve account, or out of it when negative.
    Fund {
        /// How much.
        sum: Position,
    },
    /// Turns reserves into e-CNY.
    Issue {
        /// How much.
        amount: Amount,
    },
    /// Asks the operator to set e-CNY aside, to be turned back into reserves.
    RequestWithdrawal {
        /// How much.
        amount: Amount,
    },
    /// Turns the e-CNY set aside back into reserves.
    Withdraw {
        /// How much.
        amount: Amount,
    },
    /// Ends a withdrawal that the operator declined.
    DeclineWithdrawal {
        /// How much was asked for.
        amount: Amount,
    },
    /// Sets the net debit cap.
    SetCap {
        /// The cap; `None` is unlimited.
        bound: Option<Amount>,
    },
    /// Suspends the operator: its payments and payments to it are refused.
    Suspend,
    /// Ends a suspension.
    Resume,
    /// Pledges collateral, or releases it when negative: the cap follows.
    Pledge {
        /// How much.
        sum: Position,
    },
    /// Earmarks reserves as a guarantee, or frees them when negative: the cap follows.
    Earmark {
        /// How much.
        sum: Position,
    },
    /// Notes the settlement mode that is configured; of no operator.
    ConfigureMode {
        /// The mode.
        mode: SettlementMode,
    },
    /// Asks for another settlement mode from the next business day on; of no operator.
    ScheduleMode {
        /// The mode.
        mode: SettlementMode,
    },
    /// Puts a settlement mode into force; of no operator.
    AdoptMode {
        /// The mode.
        mode: SettlementMode,
    },
    /// Freezes the open cycle until money has come in; of no operator.
    Freeze {
        /// The cycle.
        cycle: CycleId,
    },
    /// Sets what the operator may pay another net on a day.
    SetBilateralLimit {
        /// The other one.
        counterparty: OperatorNumber,
        /// The limit; `None` is unlimited.
        bound: Option<Amount>,
    },
    /// Sets what the operator may receive net on a day.
    SetReceiverCap {
        /// The cap; `None` is unlimited.
        bound: Option<Amount>,
    },
    /// Lends central-bank money at a cut-off that the operator cannot cover.
    Lend {
        /// How much.
        amount: Amount,
    },
    /// Repays what was lent out of the reserve account, at the close of a day.
    Repay {
        /// How much.
        amount: Amount,
    },
    /// Notes what the operator still owes the central bank after the close of a day.
    Overdraw {
        /// How much; zero ends an overdraft.
        amount: Amount,
    },
    /// Asks for a payment of the operator to the treasury, which waits for its reserves.
    RequestRemittance {
        /// How much.
        amount: Amount,
    },
    /// Pays the treasury out of the reserve account.
    Remit {
        /// How much.
        amount: Amount,
    },
    /// Sets what the operator keeps for a level of the queue and those before it.
    Reserve {
        /// The level.
        level: Priority,
        /// How much.
        amount: Amount,
    },
    /// Calls off a change of the settlement mode, by its id, before it comes into force; of no
    /// operator.
    CancelMode,
}

variants! {
    Action as ActionColumns {
        sum: Position, amount: Amount, bound: Amount, counterparty: OperatorNumber,
        cycle: CycleId, mode: SettlementMode, level: Priority,
    }
    1 = Fund { sum },
    2 = Issue { amount },
    3 = RequestWithdrawal { amount },
    4 = Withdraw { amount },
    5 = DeclineWithdrawal { amount },
    6 = SetCap { bound },
    7 = Suspend,
    8 = Resume,
    9 = Pledge { sum },
    10 = Earmark { sum },
    11 = ConfigureMode { mode },
    12 = ScheduleMode { mode },
    13 = AdoptMode { mode },
    14 = Freeze { cycle },
    15 = SetBilateralLimit { counterparty, bound },
    16 = SetReceiverCap { bound },
    17 = Lend { amount },
    18 = Repay { amount },
    19 = Overdraw { amount },
    20 = CancelMode,
    21 = RequestRemittance { amount },
    22 = Remit { amount },
    23 = Reserve { level, amount },
}

row! {
    /// An operation as recorded. A withdrawal and a remittance have two rows of the same id.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Operation in "operations", kind 4 {
        /// The number of the row in the ledger.
        pub row: u64,
        /// The id, from the client's request id; `None` of what no client asked for.
        pub id: Option<OperationId>,
        /// The operator; `None` when it is of none.
        pub operator: Option<OperatorNumber>,
        /// When.
        pub at: Timestamp,
        /// What it does.
        pub action: Action,
    }
}

impl Action {
    /// Whether it is done with one operator.
    pub const fn is_of_an_operator(&self) -> bool {
        match self {
            Self::ConfigureMode { .. }
            | Self::ScheduleMode { .. }
            | Self::AdoptMode { .. }
            | Self::CancelMode
            | Self::Freeze { .. } => false,
            Self::Fund { .. }
            | Self::Issue { .. }
            | Self::RequestWithdrawal { .. }
            | Self::Withdraw { .. }
            | Self::DeclineWithdrawal { .. }
            | Self::SetCap { .. }
            | Self::Suspend
            | Self::Resume
            | Self::Pledge { .. }
            | Self::Earmark { .. }
            | Self::SetBilateralLimit { .. }
            | Self::SetReceiverCap { .. }
            | Self::Lend { .. }
            | Self::Repay { .. }
            | Self::Overdraw { .. }
            | Self::RequestRemittance { .. }
            | Self::Remit { .. }
            | Self::Reserve { .. } => true,
        }
    }

    /// The money that it moves or notes; nothing of what is about no money.
    pub fn sum(&self) -> Position {
        match *self {
            Self::Fund { sum } | Self::Pledge { sum } | Self::Earmark { sum } => sum,
            Self::Issue { amount }
            | Self::RequestWithdrawal { amount }
            | Self::Withdraw { amount }
            | Self::DeclineWithdrawal { amount }
            | Self::Lend { amount }
            | Self::Repay { amount }
            | Self::Overdraw { amount }
            | Self::RequestRemittance { amount }
            | Self::Remit { amount }
            | Self::Reserve { amount, .. } => amount.position(),
            Self::SetCap { bound }
            | Self::SetBilateralLimit { bound, .. }
            | Self::SetReceiverCap { bound } => bound.unwrap_or_default().position(),
            Self::Suspend
            | Self::Resume
            | Self::ConfigureMode { .. }
            | Self::ScheduleMode { .. }
            | Self::AdoptMode { .. }
            | Self::Freeze { .. }
            | Self::CancelMode => Position::ZERO,
        }
    }
}

impl Operation {
    /// The operator that it is done with.
    ///
    /// # Panics
    ///
    /// When it is of none; only rows that [`Action::is_of_an_operator`] are asked.
    pub fn of_operator(&self) -> OperatorNumber {
        let Some(operator) = self.operator else {
            panic!("the operation of row {} is of no operator: {:?}", self.row, self.action)
        };
        operator
    }
}

/// All operations in order, found by their ids.
#[derive(Debug)]
pub struct Operations {
    rows: Vec<Operation>,
    /// The places of the first and of the last row of an id.
    by_id: FxHashMap<OperationId, (usize, usize)>,
    /// The place of the first row of each remittance. Operators choose their ids, so that one may
    /// have the id of another operator's, or of what clients ask the central bank for.
    remitted: FxHashMap<(OperatorNumber, OperationId), usize>,
    /// Withdrawals for which operators set e-CNY aside, but which their holdings do not cover yet.
    answered: ByOperator<Vec<(OperationId, Amount)>>,
    /// What the treasury is to be paid when the reserves of operators suffice.
    remittances: ByOperator<Vec<(OperationId, Amount)>>,
}

impl Operations {
    /// No operations yet, with so many operators.
    pub fn new(operators: usize) -> Self {
        Self {
            rows: Vec::new(),
            by_id: FxHashMap::default(),
            remitted: FxHashMap::default(),
            answered: ByOperator::filled(operators, Vec::new()),
            remittances: ByOperator::filled(operators, Vec::new()),
        }
    }

    /// Makes room for so many, before any is there.
    pub fn reserve(&mut self, operations: usize) {
        self.rows.reserve(operations);
    }

    /// Adds an operation that was recorded. A withdrawal that it books or declines waits no longer,
    /// whichever of the two came first: nothing is given back twice.
    pub fn push(&mut self, operation: Operation) {
        if let Operation { id: Some(id), operator: Some(operator), action, .. } = operation
            && matches!(action, Action::Withdraw { .. } | Action::DeclineWithdrawal { .. })
        {
            self.answered[operator].retain(|(answered, _)| *answered != id);
        }
        let place = self.rows.len();
        // The first row has what was asked for, the last one how far it came.
        match (operation.id, operation.operator, operation.action) {
            (Some(id), Some(operator), Action::RequestRemittance { amount }) => {
                self.remitted.entry((operator, id)).or_insert(place);
                self.remittances[operator].push((id, amount));
            }
            (Some(id), Some(operator), Action::Remit { .. }) => {
                self.remittances[operator].retain(|(waiting, _)| *waiting != id);
            }
            (Some(id), _, _) => self.by_id.entry(id).or_insert((place, place)).1 = place,
            (None, _, _) => {}
        }
        self.rows.push(operation);
    }

    /// The first and the last row of an operation that is no remittance.
    pub fn find(&self, id: OperationId) -> Option<(Operation, Operation)> {
        let (first, last) = self.by_id.get(&id)?;
        Some((self.rows[*first], self.rows[*last]))
    }

    /// What an operator asked the treasury to be paid under an id.
    pub fn remittance(&self, operator: OperatorNumber, id: OperationId) -> Option<Operation> {
        self.remitted.get(&(operator, id)).map(|first| self.rows[*first])
    }

    /// All of them.
    pub fn rows(&self) -> &[Operation] {
        &self.rows
    }

    /// An operator has set e-CNY aside for a withdrawal. It waits in memory alone: after a restart
    /// the operator answers again.
    pub fn answer(&mut self, operator: OperatorNumber, id: OperationId, amount: Amount) {
        let answered = &mut self.answered[operator];
        if !answered.iter().any(|(known, _)| *known == id) {
            answered.push((id, amount));
        }
    }

    /// What the treasury waits for from an operator, in the order it was asked for.
    pub fn remittances(&self, operator: OperatorNumber) -> &[(OperationId, Amount)] {
        &self.remittances[operator]
    }

    /// The first of those that so much covers.
    pub fn payable(
        &self,
        operator: OperatorNumber,
        free: Position,
    ) -> Option<(OperationId, Amount)> {
        let mut waiting = self.remittances[operator].iter().copied();
        waiting.find(|(_, amount)| amount.position() <= free)
    }

    /// The first of the withdrawals that an operator set e-CNY aside for that so much covers.
    pub fn covered(
        &self,
        operator: OperatorNumber,
        free: Position,
    ) -> Option<(OperationId, Amount)> {
        let mut answered = self.answered[operator].iter().copied();
        answered.find(|(_, amount)| amount.position() <= free)
    }
}

#[cfg(test)]
impl Operations {
    /// The rows, to be changed behind the back of the ledger.
    pub(super) fn rows_mut(&mut self) -> &mut [Operation] {
        &mut self.rows
    }
}
