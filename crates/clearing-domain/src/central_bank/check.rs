//! Whether a row of a file can be the next one of a history.

use thiserror::Error;

use crate::money::{Amount, CycleId, OperatorCode, OperatorNumber, Power, Total, WalletNumber};

use super::CentralBankLedger;
use super::apply::Known;
use super::cycle::{CycleRow, PositionRow};
use super::cycles::LeftOver;
use super::operation::{Action, Operation};
use super::rows::CentralBankRow;
use super::settlement_mode::Manner;
use super::transfer::{Admission, Step, Transfer, TransferEvent, TransferRow, TransferSlot};

/// Why the rows of a file cannot be the history of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// A wallet that is none of a merchant has the traits of one.
    #[error("row {row} gives wallet {wallet} the traits of a merchant, which it is not")]
    Merchant {
        /// The row.
        row: u64,
        /// The wallet.
        wallet: WalletNumber,
    },
    /// A row is missing, doubled or out of order.
    #[error("row {found} follows row {previous}")]
    Order {
        /// The row before.
        previous: u64,
        /// The row found.
        found: u64,
    },
    /// An event has no transfer in flight.
    #[error("row {row} moves the transfer of row {of}, which is not in flight")]
    Event {
        /// The row.
        row: u64,
        /// The transfer it names.
        of: u64,
    },
    /// A closed cycle is not what its obligations settle to.
    #[error("cycle {0} is not what its payments settle to")]
    Cycle(CycleId),
    /// An operation names what cannot be.
    #[error("the operation of row {row} names what cannot be")]
    Operation {
        /// The row.
        row: u64,
    },
    /// A transfer names other operators than those of its wallets.
    #[error("the transfer of row {row} does not follow from its wallets and its state")]
    Transfer {
        /// The row.
        row: u64,
    },
    /// A row names an operator that the roster does not have.
    #[error("row {row} names operator number {operator}, which the roster does not have")]
    Operator {
        /// The row.
        row: u64,
        /// The number.
        operator: OperatorNumber,
    },
    /// The stored accounts are not those of the roster.
    #[error("the file holds the accounts of {stored:?}, but the roster is {configured:?}")]
    Roster {
        /// The codes in the file.
        stored: Vec<OperatorCode>,
        /// The codes in the configuration.
        configured: Vec<OperatorCode>,
    },
}

impl CentralBankLedger {
    /// Whether a row can be the next one, asked of every row of a file before it is applied, and in
    /// debug builds of every row that is appended. Answers what it found on the way, so that
    /// [`apply`](Self::apply) neither looks it up nor computes it again.
    ///
    /// It passes nothing that `apply` cannot take: a file by another hand is refused with a
    /// sentence, and never ends the process.
    pub(super) fn check(&self, row: &CentralBankRow) -> Result<Known, RestoreError> {
        // Positions are followed by the closing of their cycle, and by nothing else.
        let closes = matches!(row, CentralBankRow::Position(_) | CentralBankRow::Cycle(_));
        if let Some(cycle) = self.cycles.half_closed().filter(|_| !closes) {
            return Err(RestoreError::Cycle(cycle));
        }
        match row {
            CentralBankRow::Transfer(row) => self.check_transfer(row)?,
            CentralBankRow::Event(event) => return self.check_event(event).map(Known::Transfer),
            CentralBankRow::Operation(operation) => self.check_operation_row(operation)?,
            CentralBankRow::Advice(row) => self.check_operator(row.row, row.operator)?,
            CentralBankRow::Position(row) => self.check_position(row)?,
            CentralBankRow::Cycle(row) => {
                let left = self.check_closing(row)?;
                return Ok(Known::LeftOver(Box::new(left)));
            }
            CentralBankRow::Alias(_) => {}
            CentralBankRow::Merchant(row) => {
                if !row.wallet.kind().may(Power::CarryTraits) {
                    return Err(RestoreError::Merchant { row: row.row, wallet: row.wallet });
                }
            }
        }
        Ok(Known::Nothing)
    }

    fn check_operator(&self, row: u64, operator: OperatorNumber) -> Result<(), RestoreError> {
        match self.accounts.list().of(operator) {
            Some(_) => Ok(()),
            None => Err(RestoreError::Operator { row, operator }),
        }
    }

    fn check_transfer(&self, row: &TransferRow) -> Result<(), RestoreError> {
        self.check_operator(row.row, row.payer_operator)?;
        self.check_operator(row.row, row.payee_operator)?;
        let operators = [row.payer, row.payee].map(|wallet| self.accounts.of_wallet(wallet));
        let voucher = row.details.as_ref().and_then(|details| details.voucher);
        let sponsor = self.sponsor_of(row.payer_operator, row.details.as_deref());
        // Who pays within an operator has no transfer, unless a sponsor elsewhere pays a part.
        let is_between = row.payer_operator != row.payee_operator || sponsor.is_some();
        let is_admitted_so = match row.admission {
            Admission::Refused { .. } => true,
            Admission::Funding => sponsor.is_some(),
            Admission::Admitted | Admission::Delivered => sponsor.is_none() && is_between,
        };
        // What was admitted with a voucher has parts of which both are paid, by operators known.
        let is_divided = voucher.is_none_or(|voucher| {
            let is_known = self.accounts.of_wallet(voucher.campaign).is_some();
            is_known && voucher.rest_of(row.amount).is_some()
        });
        // A column takes any amount, because sums are amounts too. What was refused for its amount
        // keeps it, and is added to nothing.
        let is_refused = matches!(row.admission, Admission::Refused { .. });
        let fits = is_refused || (row.amount <= Amount::MAX && is_divided);
        if fits && is_admitted_so && operators == [row.payer_operator, row.payee_operator].map(Some)
        {
            Ok(())
        } else {
            Err(RestoreError::Transfer { row: row.row })
        }
    }

    fn check_event(&self, event: &TransferEvent) -> Result<TransferSlot, RestoreError> {
        let broken = RestoreError::Event { row: event.row, of: event.of };
        let slot = self.transfers.of_row(event.of).ok_or(broken.clone())?;
        let Transfer { state, manner, .. } = self.transfers[slot];
        let is_its_cycle = match event.step {
            // Before the first cycle there is none to clear in, and no other settles it.
            Step::Cleared { cycle, .. } => {
                cycle == self.cycles.of_manner(manner) && cycle.is_some() == (manner == Manner::Net)
            }
            Step::Delivered
            | Step::Funded
            | Step::Refused { .. }
            | Step::Queued { .. }
            | Step::Prioritised { .. } => true,
        };
        if event.step.can_follow(state) && is_its_cycle { Ok(slot) } else { Err(broken) }
    }

    fn check_operation_row(&self, operation: &Operation) -> Result<(), RestoreError> {
        let Operation { row, operator, ref action, .. } = *operation;
        if let Some(operator) = operator {
            self.check_operator(row, operator)?;
        }
        if let Action::SetBilateralLimit { counterparty, .. } = *action {
            self.check_operator(row, counterparty)?;
        }
        let can_be = match (action, operator) {
            (Action::Freeze { cycle }, None) => {
                let open = self.cycles.open().map(|open| open.cycle().id);
                open == Some(*cycle) && self.cycles.frozen().is_none()
            }
            (_, Some(operator)) => action.is_of_an_operator() && self.can_book(operator, action),
            (_, None) => !action.is_of_an_operator(),
        };
        if can_be { Ok(()) } else { Err(RestoreError::Operation { row }) }
    }

    /// Whether the accounts can hold what an operation of a file moves; no ledger that counts
    /// writes another one.
    fn can_book(&self, operator: OperatorNumber, action: &Action) -> bool {
        let account = &self.accounts[operator];
        let lending = &account.lending;
        let guarantees =
            [account.guarantees.earmarked, account.guarantees.collateral, account.withdrawing];
        let (issued, withdrawn) = self.accounts.circulation();
        let sums = [
            account.reserves,
            account.held,
            issued,
            withdrawn,
            self.accounts.treasury(),
            lending.drawn,
            lending.repaid,
        ];
        let mut sums = sums.into_iter().chain(guarantees.map(Amount::position));
        // No ledger releases more than was put up, and none could apply it.
        if account.guarantees.after(action).is_none() {
            return false;
        }
        let moved = Total::from(action.sum()).magnitude();
        let fits = |sum| (Total::from(sum).magnitude() + moved).position().is_some();
        sums.all(fits)
    }

    fn check_position(&self, row: &PositionRow) -> Result<(), RestoreError> {
        self.check_operator(row.row, row.operator)?;
        let ended = self.cycles.next_to_close().map(|ended| ended.cycle().id);
        // One for each operator in the order of the roster: the row that closes compares them as a
        // whole.
        let is_next = row.operator.place() == self.cycles.closing().len();
        if ended == Some(row.cycle) && is_next {
            Ok(())
        } else {
            Err(RestoreError::Cycle(row.cycle))
        }
    }

    /// Closes the cycle again and compares. What was decided then is kept: the mode of settlement
    /// may have been configured otherwise since.
    fn check_closing(&self, row: &CycleRow) -> Result<LeftOver, RestoreError> {
        let broken = RestoreError::Cycle(row.cycle);
        let ended = self.cycles.next_to_close().ok_or(broken.clone())?;
        let again = self.close_as(ended, row.state, row.closed_at).ok_or(broken.clone())?;
        let same = *again.cycle.positions == *self.cycles.closing()
            && CycleRow { row: row.row, ..again.cycle.as_appended() } == *row;
        if same { Ok(again.left) } else { Err(broken) }
    }
}
