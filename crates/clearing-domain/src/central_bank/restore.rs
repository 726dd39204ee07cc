//! A ledger from its file: every row is applied again, in the order it was appended.

use thiserror::Error;

use crate::money::{CycleId, OperatorCode};
use crate::seal::Chain;
use crate::slots::Slot;

use super::account::AccountRow;
use super::alias::AliasRow;
use super::changes::{CentralBankChanges, CentralBankEffects};
use super::cycle::Cycle;
use super::ledger::CentralBankLedger;
use super::operation::{Operation, OperationKind};
use super::settings::{CentralBankSettings, SettlementMode};
use super::ticks::ClockState;
use super::transfer::{AdviceRow, Transfer, TransferEvent, TransferEventKind, TransferState};

/// What a ledger file holds, each list in ascending order of its rows.
#[derive(Clone, Debug, Default)]
pub struct LoadedCentralBank {
    /// Transfers as appended: in their initial state, without what events changed.
    pub transfers: Vec<Transfer>,
    /// Events of transfers.
    pub events: Vec<TransferEvent>,
    /// Operations.
    pub operations: Vec<Operation>,
    /// Advices.
    pub advices: Vec<AdviceRow>,
    /// Closed cycles.
    pub cycles: Vec<Cycle>,
    /// Links and unlinks of aliases.
    pub aliases: Vec<AliasRow>,
    /// The stored accounts by the operators' numbers in the roster.
    pub accounts: Vec<AccountRow>,
    /// The clock.
    pub clock: ClockState,
    /// The hash chain.
    pub chain: Chain,
    /// The digest of the file's own texts.
    pub file: [u8; 32],
}

/// Why the rows of a file cannot be the history of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
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
    /// A transfer names other operators than those of its wallets, or a reason without a refusal.
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
        operator: u16,
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
    /// Builds the ledger again from what its file holds. Links are down and ticks take up where
    /// they were; the stored balances stay, so that an audit can compare them with the rows.
    pub fn restore(
        settings: CentralBankSettings,
        loaded: LoadedCentralBank,
    ) -> Result<Self, RestoreError> {
        let mut ledger = Self::empty(settings);
        ledger.check_roster(&loaded.accounts)?;
        ledger.transfer_index.reserve(loaded.transfers.len());
        ledger.operations.reserve(loaded.operations.len());
        ledger.advices.reserve(loaded.advices.len());
        let mut rows = Rows {
            transfers: loaded.transfers.into_iter().peekable(),
            events: loaded.events.into_iter().peekable(),
            operations: loaded.operations.into_iter().peekable(),
            advices: loaded.advices.into_iter().peekable(),
            cycles: loaded.cycles.into_iter().peekable(),
            aliases: loaded.aliases.into_iter().peekable(),
        };
        while let Some((row, kind)) = rows.next_kind() {
            ledger.restore_order(row)?;
            ledger.restore_row(kind, &mut rows)?;
        }
        ledger.restore_order(loaded.chain.row + 1)?;
        let mut stored = loaded.accounts;
        let mended = ledger.mend_cut_off(&mut stored, loaded.chain);
        for (account, stored) in ledger.accounts.iter_mut().zip(&stored) {
            account.load(stored);
            account
                .pending
                .retain(|slot| ledger.transfers[*slot as usize].state == TransferState::Admitted);
        }
        ledger.skip_final();
        (ledger.first_open..ledger.transfers.next_slot().number())
            .for_each(|slot| ledger.watch_expiry(slot));
        (ledger.chain, ledger.file, ledger.stored_clock) =
            (loaded.chain, loaded.file, loaded.clock);
        (ledger.changes, ledger.effects) =
            (CentralBankChanges::default(), CentralBankEffects::default());
        // The next batch seals them as they are now, so that the file must say the same.
        mended.into_iter().for_each(|operator| ledger.touch(operator));
        ledger.restore_ticks(&loaded.clock);
        ledger.queue.looked_at(ledger.time);
        Ok(ledger)
    }

    fn check_roster(&self, accounts: &[AccountRow]) -> Result<(), RestoreError> {
        let stored: Vec<_> = accounts.iter().map(|account| account.code).collect();
        let configured: Vec<_> = self.accounts.iter().map(|account| account.code).collect();
        if stored == configured { Ok(()) } else { Err(RestoreError::Roster { stored, configured }) }
    }

    fn restore_order(&mut self, row: u64) -> Result<(), RestoreError> {
        let previous = self.chain.row;
        if row != previous + 1 {
            return Err(RestoreError::Order { previous, found: row });
        }
        self.chain.row = row;
        Ok(())
    }

    fn restore_row(&mut self, kind: Kind, rows: &mut Rows) -> Result<(), RestoreError> {
        match kind {
            Kind::Transfer => {
                rows.transfers.next().map_or(Ok(()), |transfer| self.restore_transfer(transfer))
            }
            Kind::Event => rows.events.next().map_or(Ok(()), |event| self.restore_event(&event)),
            Kind::Operation => rows.operations.next().map_or(Ok(()), |operation| {
                self.check_operator(operation.row, operation.operator)?;
                self.restore_operation(operation)
            }),
            Kind::Advice => rows.advices.next().map_or(Ok(()), |advice| {
                self.check_operator(advice.row, advice.operator)?;
                self.apply_advice(advice);
                Ok(())
            }),
            Kind::Cycle => rows.cycles.next().map_or(Ok(()), |cycle| self.restore_cycle(cycle)),
            Kind::Alias => {
                rows.aliases.next().iter().for_each(|alias| self.apply_alias(alias));
                Ok(())
            }
        }
    }

    fn check_operator(&self, row: u64, operator: u16) -> Result<(), RestoreError> {
        if usize::from(operator) < self.accounts.len() {
            Ok(())
        } else {
            Err(RestoreError::Operator { row, operator })
        }
    }

    fn restore_operation(&mut self, operation: Operation) -> Result<(), RestoreError> {
        if let Some(counterparty) = operation.counterparty {
            self.check_operator(operation.row, counterparty)?;
        }
        let known = if operation.kind.is_of_the_mode() {
            SettlementMode::from_sum(operation.sum).is_some()
        } else if operation.kind == OperationKind::Freeze {
            let number = self.open.as_ref().map(|open| i64::from(open.cycle.id.number()));
            number == Some(operation.sum.fen()) && self.frozen.is_none()
        } else {
            self.can_book(&operation)
        };
        if !known {
            return Err(RestoreError::Operation { row: operation.row });
        }
        self.time = self.time.max(operation.at);
        self.apply_operation(operation);
        Ok(())
    }

    fn restore_transfer(&mut self, mut transfer: Transfer) -> Result<(), RestoreError> {
        self.check_operator(transfer.row, transfer.payer_operator)?;
        self.check_operator(transfer.row, transfer.payee_operator)?;
        let operators = [transfer.payer, transfer.payee].map(|wallet| self.operator_of(wallet));
        let named = [transfer.payer_operator, transfer.payee_operator].map(Some);
        let unfounded =
            transfer.reason.is_some() && transfer.initial_state != TransferState::Refused;
        if operators != named || unfounded {
            return Err(RestoreError::Transfer { row: transfer.row });
        }
        (transfer.state, transfer.manner) = (transfer.initial_state, self.mode().manner());
        self.time = self.time.max(transfer.admitted_at);
        self.apply_transfer(transfer);
        Ok(())
    }

    fn restore_event(&mut self, event: &TransferEvent) -> Result<(), RestoreError> {
        let broken = RestoreError::Event { row: event.row, of: event.of };
        let slot = self
            .transfers
            .binary_search_by_key(&event.of, |transfer| transfer.row)
            .map_err(|_| broken.clone())?;
        let possible = match self.transfers[slot].state {
            TransferState::Admitted => {
                matches!(event.kind, TransferEventKind::Delivered | TransferEventKind::Refused)
            }
            TransferState::Delivered => {
                !matches!(event.kind, TransferEventKind::Delivered | TransferEventKind::Prioritised)
            }
            TransferState::Queued => {
                !matches!(event.kind, TransferEventKind::Delivered | TransferEventKind::Queued)
            }
            TransferState::Cleared | TransferState::Refused => false,
        };
        let cycle = self.cycle_for(self.transfers[slot].manner);
        if !possible
            || !event.has_only_its_parts()
            || (event.kind == TransferEventKind::Cleared && event.cycle != cycle)
        {
            return Err(broken);
        }
        self.time = self.time.max(event.at);
        self.apply_event(u32::try_from(slot).unwrap_or(u32::MAX), event);
        Ok(())
    }

    /// Closes the cycle again and compares. What it was decided then is kept: the mode of
    /// settlement may have been configured otherwise since.
    fn restore_cycle(&mut self, stored: Cycle) -> Result<(), RestoreError> {
        let broken = RestoreError::Cycle(stored.id);
        let ended = self.frozen.take().or_else(|| self.open.take()).ok_or(broken.clone())?;
        let mut closing = self.closing(&ended, stored.state, stored.closed_at);
        closing.cycle.row = stored.row;
        self.time = self.time.max(stored.closed_at);
        if closing.cycle != stored {
            return Err(broken);
        }
        self.apply_closing(closing);
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Transfer,
    Event,
    Operation,
    Advice,
    Cycle,
    Alias,
}

type Remaining<T> = std::iter::Peekable<std::vec::IntoIter<T>>;

/// The rows that are still to be applied.
struct Rows {
    transfers: Remaining<Transfer>,
    events: Remaining<TransferEvent>,
    operations: Remaining<Operation>,
    advices: Remaining<AdviceRow>,
    cycles: Remaining<Cycle>,
    aliases: Remaining<AliasRow>,
}

impl Rows {
    /// The lowest row that is left, and its kind.
    fn next_kind(&mut self) -> Option<(u64, Kind)> {
        let heads = [
            self.transfers.peek().map(|transfer| (transfer.row, Kind::Transfer)),
            self.events.peek().map(|event| (event.row, Kind::Event)),
            self.operations.peek().map(|operation| (operation.row, Kind::Operation)),
            self.advices.peek().map(|advice| (advice.row, Kind::Advice)),
            self.cycles.peek().map(|cycle| (cycle.row, Kind::Cycle)),
            self.aliases.peek().map(|alias| (alias.row, Kind::Alias)),
        ];
        heads.into_iter().flatten().min_by_key(|(row, _)| *row)
    }
}

#[cfg(test)]
mod tests;
