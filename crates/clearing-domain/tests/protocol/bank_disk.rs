//! The central bank's disk in memory: rows as a store would write them, batch by batch.

use clearing_domain::central_bank::{
    AccountRow, CentralBankChanges, CentralBankLedger, CentralBankSettings, ClockState,
    LoadedCentralBank,
};
use clearing_domain::seal::{BatchSeal, Chain};

use crate::operator_disk::seal;

/// The disk of the central bank.
#[derive(Clone, Debug, Default)]
pub(crate) struct BankDisk {
    rows: LoadedCentralBank,
    batches: Vec<BankBatch>,
    synced: usize,
}

#[derive(Clone, Debug)]
struct BankBatch {
    accounts: Vec<AccountRow>,
    clock: ClockState,
    chain: Chain,
}

impl BankDisk {
    pub(crate) fn write(&mut self, ledger: &CentralBankLedger, changes: &CentralBankChanges) {
        if changes.is_empty() {
            return;
        }
        self.rows.rows.extend(changes.rows.clone());
        self.write_accounts(ledger, changes);
        if changes.state {
            self.rows.clock = ledger.clock_state();
        }
        self.batches.push(BankBatch {
            accounts: self.rows.accounts.clone(),
            clock: self.rows.clock,
            chain: changes.chain,
        });
    }

    /// Only accounts that are said to have changed are written, as a store would.
    fn write_accounts(&mut self, ledger: &CentralBankLedger, changes: &CentralBankChanges) {
        for number in &changes.accounts {
            let row = ledger.account_row(*number);
            match self.rows.accounts.get_mut(number.place()) {
                Some(stored) => *stored = row,
                None => self.rows.accounts.push(row),
            }
        }
    }

    pub(crate) fn sync(&mut self) {
        self.synced = self.batches.len();
    }

    pub(crate) fn unsynced(&self) -> usize {
        self.batches.len() - self.synced
    }

    pub(crate) fn lose(&mut self, lost: usize) {
        assert!(lost < self.batches.len(), "the first batch is never lost");
        self.batches.truncate(self.batches.len() - lost);
        self.synced = self.synced.min(self.batches.len());
        let Some(last) = self.batches.last() else { return };
        self.rows.rows.truncate(last.chain.row);
        (self.rows.accounts, self.rows.clock) = (last.accounts.clone(), last.clock);
    }

    /// What a store would load.
    pub(crate) fn load(&self) -> LoadedCentralBank {
        let chain = self.batches.last().map_or(Chain::default(), |batch| batch.chain);
        LoadedCentralBank { chain, ..self.rows.clone() }
    }

    pub(crate) fn restore(&self, settings: CentralBankSettings) -> CentralBankLedger {
        CentralBankLedger::restore(settings, self.load()).expect("rows are a history")
    }

    pub(crate) fn seals(&self) -> Vec<BatchSeal> {
        self.batches.iter().map(|batch| seal(batch.chain)).collect()
    }
}
