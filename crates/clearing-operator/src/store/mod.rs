//! The ledger file of an operator.

mod read;
mod schema;
mod write;

use std::path::Path;

use clearing_config::ClusterConfig;
use clearing_domain::link::Head;
use clearing_domain::money::{OperatorCode, Timestamp};
use clearing_domain::operator::{
    LoadedOperator, OperatorChanges, OperatorEffects, OperatorLedger, OperatorSettings,
};
use clearing_domain::seal::BatchSeal;
use clearing_node::data_dir::ledger_path;
use clearing_node::ledger::Ledger;
use clearing_node::store::{FileTexts, LedgerFile, Reader, Store, StoreError, Trouble, seals};

use schema::KIND;

/// The ledger of an operator, driven by the loop.
#[derive(Debug)]
pub struct OperatorBook(pub OperatorLedger);

impl Ledger for OperatorBook {
    type Changes = OperatorChanges;
    type Effects = OperatorEffects;

    fn advance_clock(&mut self, clock: Timestamp) -> Timestamp {
        self.0.advance_clock(clock)
    }

    fn take_batch(&mut self) -> (Self::Changes, Self::Effects) {
        self.0.take_batch()
    }

    fn is_unchanged(changes: &Self::Changes) -> bool {
        changes.is_empty()
    }

    fn needs_sync(effects: &Self::Effects) -> bool {
        effects.needs_sync()
    }
}

/// Writes an operator's batches into its file.
#[derive(Debug)]
pub struct OperatorStore {
    file: LedgerFile,
    written: write::Written,
}

impl Store<OperatorBook> for OperatorStore {
    fn commit(
        &mut self,
        book: &OperatorBook,
        changes: &OperatorChanges,
        durable: bool,
    ) -> Result<(), StoreError> {
        let written = &mut self.written;
        self.file.commit(changes.chain, durable, |transaction| {
            write::write(transaction, &book.0, changes, written)
        })
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.file.sync()
    }
}

impl OperatorStore {
    /// Opens an operator's ledger and its file, creating both when there are none.
    pub fn open(
        path: &Path,
        config: &ClusterConfig,
        code: OperatorCode,
    ) -> Result<(OperatorLedger, Self), StoreError> {
        let settings = settings(path, config, code)?;
        let identity = format!("operator {code}; {}", config.ledger_identity());
        let texts = FileTexts { identity, config: config.to_toml() };
        LedgerFile::recover(path, &KIND)?;
        // Nothing is written before the whole has been read and found sound.
        let mut ledger = if path.exists() {
            let reader = Reader::open(path, &KIND)?;
            reader.check_identity(&texts.identity)?;
            let helper = reader.beside()?;
            let loaded = read::read_with_help(&reader.connection, helper);
            let ledger = ledger(loaded, path, settings)?;
            reader.check(&ledger.check_beside())?;
            ledger
        } else {
            OperatorLedger::new(settings)
        };
        ledger.cover_file(texts.digest());
        let file = LedgerFile::open(path, &KIND, &texts, config.log_pages)?;
        Ok((ledger, Self { file, written: write::Written::default() }))
    }

    /// What keeps the log from being moved into the file.
    pub fn trouble(&self) -> Trouble {
        self.file.trouble()
    }
}

/// Reads an operator's ledger without changing its file, with the seals of its batches.
pub fn load(
    data_dir: &Path,
    code: OperatorCode,
) -> Result<(OperatorLedger, Vec<BatchSeal>), StoreError> {
    let path = ledger_path(data_dir);
    let reader = Reader::open(&path, &KIND)?;
    let config = ClusterConfig::from_file_text(&reader.config()?)
        .map_err(|error| StoreError::content(&path, error))?;
    let settings = settings(&path, &config, code)?;
    let seals = seals(&reader.connection).map_err(|source| reader.failed(source))?;
    Ok((ledger(read::read(&reader.connection), &path, settings)?, seals))
}

/// The head of an operator's chain at a batch; `None` where its file has no such batch.
pub fn head_at(path: &Path, batch: u64) -> Result<Option<Head>, StoreError> {
    clearing_node::store::head_at(path, batch)
}

/// The ledger that a file holds. One that died before its first batch holds none yet.
fn ledger(
    loaded: rusqlite::Result<LoadedOperator>,
    path: &Path,
    settings: OperatorSettings,
) -> Result<OperatorLedger, StoreError> {
    let loaded = loaded.map_err(|source| StoreError::content(path, source))?;
    if loaded.chain.batch == 0 {
        return Ok(OperatorLedger::new(settings));
    }
    OperatorLedger::restore(settings, loaded).map_err(|error| StoreError::content(path, error))
}

fn settings(
    path: &Path,
    config: &ClusterConfig,
    code: OperatorCode,
) -> Result<OperatorSettings, StoreError> {
    config.operator_settings(code).map_err(|error| StoreError::content(path, error))
}
