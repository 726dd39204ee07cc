//! The ledger file of the central bank.

mod read;
mod schema;
mod write;

use std::path::Path;

use clearing_config::ClusterConfig;
use clearing_domain::central_bank::{
    CentralBankChanges, CentralBankEffects, CentralBankLedger, CentralBankSettings,
};
use clearing_domain::link::Head;
use clearing_domain::money::Timestamp;
use clearing_domain::seal::BatchSeal;
use clearing_node::clock;
use clearing_node::data_dir::ledger_path;
use clearing_node::ledger::Ledger;
use clearing_node::store::{FileTexts, LedgerFile, Reader, Store, StoreError, Trouble, seals};

use rusqlite::Connection;
use schema::KIND;

/// The ledger of the central bank, driven by the loop.
#[derive(Debug)]
pub struct CentralBankBook(pub CentralBankLedger);

impl Ledger for CentralBankBook {
    type Changes = CentralBankChanges;
    type Effects = CentralBankEffects;

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
        !effects.messages.is_empty()
    }
}

/// Writes the central bank's batches into its file.
#[derive(Debug)]
pub struct CentralBankStore {
    file: LedgerFile,
}

impl Store<CentralBankBook> for CentralBankStore {
    fn commit(
        &mut self,
        book: &CentralBankBook,
        changes: &CentralBankChanges,
        durable: bool,
    ) -> Result<(), StoreError> {
        self.file.commit(changes.chain, durable, |transaction| {
            write::write(transaction, &book.0, changes)
        })
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.file.sync()
    }
}

impl CentralBankStore {
    /// Opens the central bank's ledger and its file, creating both when there are none.
    pub fn open(
        path: &Path,
        config: &ClusterConfig,
    ) -> Result<(CentralBankLedger, Self), StoreError> {
        let identity = identity(config);
        let settings = config.central_bank_settings();
        let texts = FileTexts { identity, config: config.to_toml() };
        LedgerFile::recover(path, &KIND)?;
        // Nothing is written before the whole has been read and found sound.
        let mut ledger = if path.exists() {
            let reader = Reader::open(path, &KIND)?;
            reader.check_identity(&texts.identity)?;
            let ledger = ledger(&reader.connection, path, settings)?;
            reader.check(&ledger.check_beside())?;
            ledger
        } else {
            CentralBankLedger::new(settings, clock::now())
        };
        // What came due while nobody served comes before what is configured now.
        let now = ledger.advance_clock(clock::now());
        ledger.configure(now);
        ledger.cover_file(texts.digest());
        let file = LedgerFile::open(path, &KIND, &texts, config.log_pages)?;
        Ok((ledger, Self { file }))
    }

    /// What keeps the log from being moved into the file.
    pub fn trouble(&self) -> Trouble {
        self.file.trouble()
    }
}

/// What of the configuration may not change over the life of a ledger.
fn identity(config: &ClusterConfig) -> String {
    format!("central bank; {}", config.ledger_identity())
}

/// Refuses a configuration that the ledger in a folder was not started under; without a ledger any
/// will do.
pub fn check_configuration(data_dir: &Path, config: &ClusterConfig) -> Result<(), StoreError> {
    let path = ledger_path(data_dir);
    if !path.exists() {
        return Ok(());
    }
    Reader::open(&path, &KIND)?.check_identity(&identity(config))
}

/// Reads the central bank's ledger without changing its file, with the seals of its batches.
pub fn load(data_dir: &Path) -> Result<(CentralBankLedger, Vec<BatchSeal>), StoreError> {
    let path = ledger_path(data_dir);
    let reader = Reader::open(&path, &KIND)?;
    let config = ClusterConfig::from_file_text(&reader.config()?);
    let config = config.map_err(|error| StoreError::content(&path, error))?;
    let seals = seals(&reader.connection).map_err(|source| reader.failed(source))?;
    Ok((ledger(&reader.connection, &path, config.central_bank_settings())?, seals))
}

/// The head of the central bank's chain at a batch; `None` where its file has no such batch.
pub fn head_at(path: &Path, batch: u64) -> Result<Option<Head>, StoreError> {
    clearing_node::store::head_at(path, batch)
}

/// The ledger that a file holds. One that died before its first batch holds none yet.
fn ledger(
    connection: &Connection,
    path: &Path,
    settings: CentralBankSettings,
) -> Result<CentralBankLedger, StoreError> {
    let loaded = read::read(connection).map_err(|source| StoreError::content(path, source))?;
    if loaded.chain.batch == 0 {
        return Ok(CentralBankLedger::new(settings, clock::now()));
    }
    CentralBankLedger::restore(settings, loaded).map_err(|error| StoreError::content(path, error))
}
