//! Operations of the central bank on an operator's accounts, cap and standing, as recorded.

use crate::link::OperationId;
use crate::money::{Amount, Position, Timestamp};
use crate::seal::Canonical;

use super::ledger::CentralBankLedger;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OperationKind {
    /// Moves central-bank money into the reserve account, or out of it when negative.
    Fund = 1,
    /// Turns reserves into e-CNY.
    Issue = 2,
    /// Asks the operator to set e-CNY aside, to be turned back into reserves.
    WithdrawRequest = 3,
    /// Turns the e-CNY set aside back into reserves.
    Withdraw = 4,
    /// Ends a withdrawal that the operator declined.
    WithdrawDecline = 5,
    /// Sets the net debit cap; a negative sum means unlimited.
    SetCap = 6,
    /// Suspends the operator: its payments and payments to it are refused.
    Suspend = 7,
    /// Ends a suspension.
    Resume = 8,
    /// Pledges collateral, or releases it when negative: the cap follows.
    Pledge = 9,
    /// Earmarks reserves as a guarantee, or frees them when negative: the cap follows.
    Earmark = 10,
    /// Notes the settlement mode that is configured, as the sum; of no operator.
    ConfigureMode = 11,
    /// Asks for another settlement mode from the next business day on; of no operator.
    ScheduleMode = 12,
    /// Puts a settlement mode into force; of no operator.
    AdoptMode = 13,
    /// Freezes the open cycle, whose number is the sum, until money has come in; of no operator.
    Freeze = 14,
    /// Sets what the operator may pay the counterparty net on a day; a negative sum means
    /// unlimited.
    SetBilateralLimit = 15,
    /// Sets what the operator may receive net on a day; a negative sum means unlimited.
    SetReceiverCap = 16,
    /// Lends central-bank money at a cut-off that the operator cannot cover.
    Lend = 17,
    /// Repays what was lent out of the reserve account, at the close of a day.
    Repay = 18,
    /// Notes what the operator still owes the central bank after the close of a day; zero ends an
    /// overdraft.
    Overdraw = 19,
    /// Calls off a change of the settlement mode, by its id, before it comes into force; of no
    /// operator.
    CancelMode = 20,
}

/// An operation as recorded. A withdrawal has two rows of the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The id, from the client's request id.
    pub id: OperationId,
    /// What it does.
    pub kind: OperationKind,
    /// The number of the operator in the roster; 0 when it is of none.
    pub operator: u16,
    /// The number of the operator on the other side of a bilateral limit.
    pub counterparty: Option<u16>,
    /// How much.
    pub sum: Position,
    /// When.
    pub at: Timestamp,
}

impl OperationKind {
    /// Whether the sum stands for a settlement mode.
    pub const fn is_of_the_mode(self) -> bool {
        matches!(
            self,
            Self::ConfigureMode | Self::ScheduleMode | Self::CancelMode | Self::AdoptMode
        )
    }

    /// The kind of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        [
            Self::Fund,
            Self::Issue,
            Self::WithdrawRequest,
            Self::Withdraw,
            Self::WithdrawDecline,
            Self::SetCap,
            Self::Suspend,
            Self::Resume,
            Self::Pledge,
            Self::Earmark,
            Self::ConfigureMode,
            Self::ScheduleMode,
            Self::CancelMode,
            Self::AdoptMode,
            Self::Freeze,
            Self::SetBilateralLimit,
            Self::SetReceiverCap,
            Self::Lend,
            Self::Repay,
            Self::Overdraw,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == number)
    }
}

impl Canonical for Operation {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(4);
        bytes.extend(self.row.to_le_bytes());
        bytes.extend(self.id.0);
        bytes.push(self.kind as u8);
        bytes.extend(self.operator.to_le_bytes());
        bytes.extend(self.counterparty.map_or(u32::MAX, u32::from).to_le_bytes());
        bytes.extend(self.sum.fen().to_le_bytes());
        bytes.extend(self.at.ms().to_le_bytes());
    }
}

impl CentralBankLedger {
    pub(super) fn append_operation(
        &mut self,
        id: OperationId,
        kind: OperationKind,
        operator: u16,
        sum: Position,
        now: Timestamp,
    ) -> Operation {
        let at = self.business_time(now);
        self.append(Operation { row: 0, id, kind, operator, counterparty: None, sum, at })
    }

    /// Gives an operation its row and takes it into the ledger.
    pub(super) fn append(&mut self, operation: Operation) -> Operation {
        let operation = Operation { row: self.next_row(), ..operation };
        self.apply_operation(operation);
        self.changes.operations.push(operation);
        operation
    }

    /// Moves the accounts; the one place for live operation and restore.
    pub(super) fn apply_operation(&mut self, operation: Operation) {
        let account = &mut self.accounts[usize::from(operation.operator)];
        let amount = Amount::from_sum(operation.sum);
        match operation.kind {
            OperationKind::Fund | OperationKind::Lend => account.reserves += operation.sum,
            OperationKind::Repay => account.reserves -= operation.sum,
            OperationKind::Overdraw => {}
            OperationKind::Issue => {
                account.reserves -= operation.sum;
                account.held += operation.sum;
                self.issued += operation.sum;
            }
            // The holding moves only with the answer: until then it must be there for settlement.
            OperationKind::WithdrawRequest => {
                account.withdrawing += amount.unwrap_or_default();
            }
            OperationKind::Withdraw => {
                account.held -= operation.sum;
                account.reserves += operation.sum;
                account.withdrawing =
                    account.withdrawing.checked_sub(amount.unwrap_or_default()).unwrap_or_default();
                self.withdrawn += operation.sum;
            }
            OperationKind::WithdrawDecline => {
                account.withdrawing =
                    account.withdrawing.checked_sub(amount.unwrap_or_default()).unwrap_or_default();
            }
            OperationKind::SetCap => {
                account.cap = amount;
                account.cap_as_set = amount;
            }
            OperationKind::Suspend => account.active = false,
            OperationKind::Resume => account.active = true,
            OperationKind::ConfigureMode
            | OperationKind::ScheduleMode
            | OperationKind::CancelMode
            | OperationKind::AdoptMode => {
                self.apply_mode(&operation);
            }
            OperationKind::Freeze => self.apply_freeze(operation.at),
            OperationKind::SetBilateralLimit | OperationKind::SetReceiverCap => {
                self.limits.set(&operation)
            }
            OperationKind::Pledge | OperationKind::Earmark => {
                let guarantees = account.guarantees.after(operation.kind, operation.sum);
                account.guarantees = guarantees.unwrap_or(account.guarantees);
                account.cap = account.cap_under(account.guarantees, self.settings.haircut_permille);
            }
        }
        let account = &mut self.accounts[usize::from(operation.operator)];
        account.lending.apply(operation.kind, operation.sum, operation.at);
        account.note_credit(self.settings.regime, operation.at);
        if operation.id != OperationId::default() {
            self.operation_index.entry(operation.id).or_default().push(self.operations.len());
        }
        self.operations.push(operation);
        self.queue.changed = true;
        self.touch(operation.operator);
    }

    /// The first and the last row of an operation.
    pub fn operation(&self, id: OperationId) -> Option<(Operation, Operation)> {
        let rows = self.operation_index.get(&id)?;
        Some((self.operations[*rows.first()?], self.operations[*rows.last()?]))
    }
}
