//! A ledger from its file: every row is checked, then applied by the code that applied it live.

use crate::seal::Chain;

use super::CentralBankLedger;
use super::account::AccountRow;
use super::changes::{CentralBankChanges, CentralBankEffects};
use super::check::RestoreError;
use super::rows::CentralBankRows;
use super::settings::CentralBankSettings;
use super::tick::ClockState;

/// What a ledger file holds.
#[derive(Clone, Debug, Default)]
pub struct LoadedCentralBank {
    /// The rows, each list in ascending order.
    pub rows: CentralBankRows,
    /// The stored accounts by the operators' numbers in the roster.
    pub accounts: Vec<AccountRow>,
    /// The clock.
    pub clock: ClockState,
    /// The hash chain.
    pub chain: Chain,
    /// The digest of the file's own texts.
    pub file: [u8; 32],
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
        ledger.transfers.reserve(loaded.rows.transfers.len());
        ledger.operations.reserve(loaded.rows.operations.len());
        ledger.advices.reserve(loaded.rows.advices.len());
        for row in loaded.rows.in_order() {
            ledger.check_order(row.number())?;
            // Each is checked against the ledger as it stood when the row was appended, and no
            // other.
            let known = ledger.check(&row)?;
            ledger.apply(&row, known);
        }
        ledger.check_order(loaded.chain.row + 1)?;
        if let Some(cycle) = ledger.cycles.half_closed() {
            return Err(RestoreError::Cycle(cycle));
        }
        // Behind the rows, and as they are stored: only so can the audit compare the two.
        ledger.accounts.load(&loaded.accounts);
        ledger.links.load(&loaded.accounts);
        ledger.transfers.take_up();
        ledger.chain = loaded.chain;
        ledger.file = loaded.file;
        ledger.stored_clock = loaded.clock;
        // What is in the file need not be written again.
        ledger.changes = CentralBankChanges::default();
        ledger.effects = CentralBankEffects::default();
        ledger.restore_ticks(&loaded.clock);
        // Cut-offs up to the last row were taken care of before it.
        ledger.queue.pass_cut_offs(ledger.time);
        Ok(ledger)
    }

    fn check_roster(&self, accounts: &[AccountRow]) -> Result<(), RestoreError> {
        let stored: Vec<_> = accounts.iter().map(|account| account.code).collect();
        let configured: Vec<_> = self.accounts.list().iter().map(|account| account.code).collect();
        if stored == configured { Ok(()) } else { Err(RestoreError::Roster { stored, configured }) }
    }

    fn check_order(&self, row: u64) -> Result<(), RestoreError> {
        let previous = self.chain.row;
        if row == previous + 1 { Ok(()) } else { Err(RestoreError::Order { previous, found: row }) }
    }
}

#[cfg(test)]
mod tests;
