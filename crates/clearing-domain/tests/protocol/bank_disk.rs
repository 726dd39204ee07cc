//! The central bank's disk in memory: rows as a store would write them, batch by batch.

use clearing_domain::central_bank::{
    AccountRow, CentralBankChanges, CentralBankLedger, CentralBankSettings, ClockState,
    LoadedCentralBank, Transfer, TransferState,
};
use clearing_domain::money::Timestamp;
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
    lengths: [usize; 6],
    accounts: Vec<AccountRow>,
    clock: ClockState,
    chain: Chain,
}

impl BankDisk {
    pub(crate) fn write(&mut self, ledger: &CentralBankLedger, changes: &CentralBankChanges) {
        if changes.is_empty() {
            return;
        }
        let rows = &mut self.rows;
        rows.transfers.extend(
            changes.transfers.iter().map(|slot| as_admitted(&ledger.transfers()[*slot as usize])),
        );
        rows.events.extend(&changes.events);
        rows.operations.extend(&changes.operations);
        rows.advices.extend(&changes.advices);
        rows.cycles
            .extend(changes.cycles.iter().map(|cycle| ledger.cycles()[*cycle as usize].clone()));
        rows.aliases.extend(changes.aliases.iter().cloned());
        self.write_accounts(ledger, changes);
        if changes.state {
            self.rows.clock = ledger.clock_state();
        }
        self.batches.push(BankBatch {
            lengths: self.lengths(),
            accounts: self.rows.accounts.clone(),
            clock: self.rows.clock,
            chain: changes.chain,
        });
    }

    /// Only accounts that are said to have changed are written, as a store would.
    fn write_accounts(&mut self, ledger: &CentralBankLedger, changes: &CentralBankChanges) {
        for number in &changes.accounts {
            let (number, row) =
                (usize::from(*number), ledger.accounts()[usize::from(*number)].row());
            match self.rows.accounts.get_mut(number) {
                Some(stored) => *stored = row,
                None => self.rows.accounts.push(row),
            }
        }
    }

    fn lengths(&self) -> [usize; 6] {
        let rows = &self.rows;
        [
            rows.transfers.len(),
            rows.events.len(),
            rows.operations.len(),
            rows.advices.len(),
            rows.cycles.len(),
            rows.aliases.len(),
        ]
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
        let [transfers, events, operations, advices, cycles, aliases] = last.lengths;
        self.rows.transfers.truncate(transfers);
        self.rows.events.truncate(events);
        self.rows.operations.truncate(operations);
        self.rows.advices.truncate(advices);
        self.rows.cycles.truncate(cycles);
        self.rows.aliases.truncate(aliases);
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

fn as_admitted(transfer: &Transfer) -> Transfer {
    let state = transfer.initial_state;
    let finished_at =
        if state == TransferState::Refused { transfer.finished_at } else { Timestamp::ZERO };
    Transfer {
        state,
        reason: transfer.initial_reason(),
        cycle: None,
        decided_at: Timestamp::ZERO,
        finished_at,
        delivered_row: 0,
        delivered_at: Timestamp::ZERO,
        outcome_row: 0,
        queued: None,
        ..transfer.clone()
    }
}
