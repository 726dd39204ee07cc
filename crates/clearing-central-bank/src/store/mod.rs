//! The ledger file of the central bank.

mod read;
mod schema;
mod write;

use std::fmt::Display;
use std::path::Path;

use clearing_config::ClusterConfig;
use clearing_domain::Ledger as _;
use clearing_domain::central_bank::{
    CentralBankChanges, CentralBankLedger, CentralBankSettings, LoadedCentralBank,
};
use clearing_domain::money::Timestamp;
use clearing_domain::seal::BatchSeal;
use clearing_node::store::{self, FileKind, Sealed, StoreError, Tables};
use rusqlite::{Connection, Transaction};

/// The tables of the central bank's ledger.
#[derive(Debug)]
pub struct CentralBankTables {
    settings: CentralBankSettings,
}

impl CentralBankTables {
    /// The tables of the central bank of a cluster.
    pub fn new(config: &ClusterConfig) -> Self {
        Self { settings: config.central_bank_settings() }
    }
}

impl Tables for CentralBankTables {
    type Ledger = CentralBankLedger;
    type Stored = LoadedCentralBank;
    const KIND: FileKind = schema::KIND;

    fn owner(&self) -> String {
        "central bank".to_owned()
    }

    fn begin(&self, now: Timestamp) -> CentralBankLedger {
        CentralBankLedger::new(self.settings.clone(), now)
    }

    fn read(connection: &Connection, sealed: Sealed) -> rusqlite::Result<LoadedCentralBank> {
        read::read(connection, sealed)
    }

    fn restore(&self, stored: LoadedCentralBank) -> Result<CentralBankLedger, impl Display> {
        CentralBankLedger::restore(self.settings.clone(), stored)
    }

    fn configure(ledger: &mut CentralBankLedger, clock: Timestamp) {
        // What came due while nobody served comes before what is configured now.
        let now = ledger.advance_clock(clock);
        ledger.configure(now);
    }

    fn write(
        &mut self,
        transaction: &Transaction<'_>,
        ledger: &CentralBankLedger,
        changes: &CentralBankChanges,
    ) -> rusqlite::Result<()> {
        write::write(transaction, ledger, changes)
    }
}

/// Refuses a configuration that the ledger in a folder was not started under; without a ledger any
/// will do.
pub fn check_configuration(data_dir: &Path, config: &ClusterConfig) -> Result<(), StoreError> {
    store::check_configuration(data_dir, config, &CentralBankTables::new(config))
}

/// Reads the central bank's ledger without changing its file, with the seals of its batches.
pub fn load(data_dir: &Path) -> Result<(CentralBankLedger, Vec<BatchSeal>), StoreError> {
    store::load(data_dir, |config| Ok(CentralBankTables::new(config)))
}
