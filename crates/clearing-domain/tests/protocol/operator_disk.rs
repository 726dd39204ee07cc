//! An operator's disk in memory: rows as a store would write them, batch by batch.

use clearing_domain::link::RosterEntry;
use clearing_domain::money::{Position, WalletNumber};
use clearing_domain::operator::{
    Account, Holder, LinkState, LoadedOperator, OperatorChanges, OperatorLedger, OperatorRows,
    OperatorSettings, TickState,
};
use clearing_domain::seal::{BatchSeal, Chain};
use clearing_domain::slots::Slot;

/// The disk of an operator.
#[derive(Clone, Debug, Default)]
pub(crate) struct OperatorDisk {
    holders: Vec<(WalletNumber, Holder)>,
    rows: OperatorRows,
    batches: Vec<OperatorBatch>,
    synced: usize,
}

/// How many holders there were after a batch, and the values that are overwritten.
#[derive(Clone, Debug)]
struct OperatorBatch {
    holders: usize,
    accounts: Vec<(Account, Position)>,
    link: LinkState,
    tick: TickState,
    roster: Vec<RosterEntry>,
    chain: Chain,
}

impl OperatorDisk {
    /// Writes a batch; it may be lost until the next sync.
    pub(crate) fn write(&mut self, ledger: &OperatorLedger, changes: &OperatorChanges) {
        if changes.is_empty() {
            return;
        }
        for slot in &changes.wallets {
            let wallet = &ledger.wallets()[*slot];
            self.holders.truncate(slot.place());
            self.holders.push((wallet.number, wallet.holder.clone()));
        }
        self.rows.extend(ledger.appended(changes));
        let fixed = Account::FIXED.map(|account| (account, ledger.accounts().balance(account)));
        let positions = ledger
            .accounts()
            .positions()
            .map(|(cycle, position)| (Account::Position(cycle), position));
        self.batches.push(OperatorBatch {
            holders: self.holders.len(),
            accounts: fixed.into_iter().chain(positions).collect(),
            link: ledger.link().clone(),
            tick: ledger.tick(),
            roster: ledger.roster().to_vec(),
            chain: changes.chain,
        });
    }

    /// Everything written so far survives a crash.
    pub(crate) fn sync(&mut self) {
        self.synced = self.batches.len();
    }

    /// How many batches a crash may take.
    pub(crate) fn unsynced(&self) -> usize {
        self.batches.len() - self.synced
    }

    /// A crash takes the last `lost` batches, synced or not.
    pub(crate) fn lose(&mut self, lost: usize) {
        self.batches.truncate(self.batches.len().saturating_sub(lost));
        self.synced = self.synced.min(self.batches.len());
        let last = self.batches.last();
        self.holders.truncate(last.map_or(0, |batch| batch.holders));
        self.rows.truncate(last.map_or(0, |batch| batch.chain.row));
    }

    pub(crate) fn restore(&self, settings: OperatorSettings) -> OperatorLedger {
        match self.load() {
            Some(loaded) => OperatorLedger::restore(settings, loaded).expect("rows are a history"),
            None => OperatorLedger::new(settings),
        }
    }

    /// What a store would load.
    pub(crate) fn load(&self) -> Option<LoadedOperator> {
        let last = self.batches.last()?;
        Some(LoadedOperator {
            rows: self.rows.clone(),
            holders: self.holders.iter().cloned().collect(),
            accounts: last.accounts.clone(),
            link: last.link.clone(),
            tick: last.tick,
            roster: last.roster.clone(),
            chain: last.chain,
            file: [0; 32],
        })
    }

    pub(crate) fn seals(&self) -> Vec<BatchSeal> {
        self.batches.iter().map(|batch| seal(batch.chain)).collect()
    }
}

pub(crate) fn seal(chain: Chain) -> BatchSeal {
    chain.into()
}
