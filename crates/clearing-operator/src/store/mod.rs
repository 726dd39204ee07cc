//! The ledger file of an operator.

mod read;
mod schema;
mod write;

use std::fmt::Display;
use std::path::Path;

use clearing_domain::money::{OperatorCode, Timestamp};
use clearing_domain::operator::{
    LoadedOperator, OperatorChanges, OperatorLedger, OperatorSettings,
};
use clearing_domain::seal::BatchSeal;
use clearing_node::store::{self, FileKind, Reader, Sealed, StoreError, Tables};
use rusqlite::{Connection, Transaction};

/// The tables of an operator's ledger.
#[derive(Debug)]
pub struct OperatorTables {
    settings: OperatorSettings,
    written: write::Written,
}

impl OperatorTables {
    /// The tables of the operator that these settings name.
    pub fn new(settings: OperatorSettings) -> Self {
        Self { settings, written: write::Written::default() }
    }
}

impl Tables for OperatorTables {
    type Ledger = OperatorLedger;
    type Stored = LoadedOperator;
    const KIND: FileKind = schema::KIND;

    fn owner(&self) -> String {
        format!("operator {}", self.settings.code)
    }

    fn begin(&self, _: Timestamp) -> OperatorLedger {
        OperatorLedger::new(self.settings)
    }

    fn read(connection: &Connection, sealed: Sealed) -> rusqlite::Result<LoadedOperator> {
        read::read(connection, sealed)
    }

    /// Two threads share the work: a start waits for the reading of every payment.
    fn read_at_rest(reader: &Reader, sealed: Sealed) -> Result<LoadedOperator, StoreError> {
        let helper = reader.beside()?;
        read::read_with_help(&reader.connection, helper, sealed)
            .map_err(|source| reader.malformed(source))
    }

    fn restore(&self, stored: LoadedOperator) -> Result<OperatorLedger, impl Display> {
        OperatorLedger::restore(self.settings, stored)
    }

    fn write(
        &mut self,
        transaction: &Transaction<'_>,
        ledger: &OperatorLedger,
        changes: &OperatorChanges,
    ) -> rusqlite::Result<()> {
        write::write(transaction, ledger, changes, &mut self.written)
    }
}

/// Reads an operator's ledger without changing its file, with the seals of its batches.
pub fn load(
    data_dir: &Path,
    code: OperatorCode,
) -> Result<(OperatorLedger, Vec<BatchSeal>), StoreError> {
    store::load(data_dir, |config| config.operator_settings(code).map(OperatorTables::new))
}
