//! A ledger in its file: opened by the process that serves it, or loaded to be looked at.
//!
//! Tiers keep different tables. The order in which a file is checked, read and opened is the same,
//! because a foreign or broken file must stay as it was.

use std::fmt::Display;
use std::path::Path;

use clearing_config::{ClusterConfig, ConfigError};
use clearing_domain::Ledger;
use clearing_domain::ledger::SealedLedger;
use clearing_domain::money::Timestamp;
use clearing_domain::seal::{BatchSeal, Chain};
use rusqlite::{Connection, Transaction};

use super::file::{FileKind, LedgerFile, Reader, chain, seals};
use super::texts::{FileTexts, file_digest};
use super::{Store, StoreError, Trouble};
use crate::clock;
use crate::data_dir::ledger_path;

/// What the file as a whole was sealed with: the last batch covers both.
#[derive(Clone, Copy, Debug)]
pub struct Sealed {
    /// The chain as the last batch left it.
    pub chain: Chain,
    /// The digest of the file's own texts.
    pub file: [u8; 32],
}

/// The tables of a tier, and how its ledger is read from them and written into them.
pub trait Tables: Sized + Send + 'static {
    /// The ledger that they keep.
    type Ledger: SealedLedger;
    /// Everything that a file holds.
    type Stored;
    /// The kind of file.
    const KIND: FileKind;

    /// Whose ledger it is, as the file names its owner.
    fn owner(&self) -> String;
    /// The ledger of a file that has no batch yet.
    fn begin(&self, now: Timestamp) -> Self::Ledger;
    /// Reads everything that the file holds, in the snapshot of a connection.
    fn read(connection: &Connection, sealed: Sealed) -> rusqlite::Result<Self::Stored>;
    /// Reads the same from a file that nobody writes, so that several connections see one state.
    fn read_at_rest(reader: &Reader, sealed: Sealed) -> Result<Self::Stored, StoreError> {
        Self::read(&reader.connection, sealed).map_err(|source| reader.malformed(source))
    }
    /// Builds the ledger again from what its file holds.
    fn restore(&self, stored: Self::Stored) -> Result<Self::Ledger, impl Display>;
    /// Does what a start changes in the ledger, before its first batch.
    fn configure(_ledger: &mut Self::Ledger, _clock: Timestamp) {}
    /// Writes what a batch changed.
    fn write(
        &mut self,
        transaction: &Transaction<'_>,
        ledger: &Self::Ledger,
        changes: &ChangesOf<Self>,
    ) -> rusqlite::Result<()>;
}

/// What a batch of a tier's ledger changes.
pub type ChangesOf<T> = <<T as Tables>::Ledger as Ledger>::Changes;

/// Writes the batches of a ledger into its file.
#[derive(Debug)]
pub struct LedgerStore<T> {
    file: LedgerFile,
    tables: T,
}

impl<T: Tables> LedgerStore<T> {
    /// Opens a ledger and its file, creating both when there are none.
    pub fn open(
        path: &Path,
        config: &ClusterConfig,
        tables: T,
    ) -> Result<(T::Ledger, Self), StoreError> {
        let texts = FileTexts { identity: identity(&tables, config), config: config.to_toml() };
        LedgerFile::recover(path, &T::KIND)?;
        // Nothing is written before the whole has been read and found sound.
        let mut ledger = if path.exists() {
            let reader = Reader::open(path, &T::KIND)?;
            reader.check_identity(&texts.identity)?;
            let ledger = ledger_of(&reader, &tables, T::read_at_rest)?;
            reader.check(&ledger.check_beside())?;
            ledger
        } else {
            tables.begin(clock::now())
        };
        T::configure(&mut ledger, clock::now());
        // A new configuration is written by the next batch, whose seal must cover it.
        ledger.cover_file(texts.digest());
        let file = LedgerFile::open(path, &T::KIND, &texts, config.log_pages)?;
        Ok((ledger, Self { file, tables }))
    }

    /// What keeps the log from being moved into the file.
    pub fn trouble(&self) -> Trouble {
        self.file.trouble()
    }
}

impl<T: Tables> Store<T::Ledger> for LedgerStore<T> {
    fn commit(
        &mut self,
        ledger: &T::Ledger,
        changes: &ChangesOf<T>,
        durable: bool,
    ) -> Result<(), StoreError> {
        let tables = &mut self.tables;
        self.file.commit(T::Ledger::chain_of(changes), durable, |transaction| {
            tables.write(transaction, ledger, changes)
        })
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.file.sync()
    }
}

/// Reads a ledger without changing its file, with the seals of its batches. The process of the
/// ledger may be writing meanwhile.
pub fn load<T: Tables>(
    data_dir: &Path,
    tables: impl FnOnce(&ClusterConfig) -> Result<T, ConfigError>,
) -> Result<(T::Ledger, Vec<BatchSeal>), StoreError> {
    let path = ledger_path(data_dir);
    let reader = Reader::open(&path, &T::KIND)?;
    let config = ClusterConfig::from_file_text(&reader.config()?);
    let tables = config.and_then(|config| tables(&config));
    let tables = tables.map_err(|error| StoreError::content(&path, error))?;
    let seals = seals(&reader.connection).map_err(|source| reader.failed(source))?;
    let read = |reader: &Reader, sealed| {
        T::read(&reader.connection, sealed).map_err(|source| reader.malformed(source))
    };
    Ok((ledger_of(&reader, &tables, read)?, seals))
}

/// Refuses a configuration that the ledger in a folder was not started under; without a ledger any
/// will do.
pub fn check_configuration<T: Tables>(
    data_dir: &Path,
    config: &ClusterConfig,
    tables: &T,
) -> Result<(), StoreError> {
    let path = ledger_path(data_dir);
    if !path.exists() {
        return Ok(());
    }
    Reader::open(&path, &T::KIND)?.check_identity(&identity(tables, config))
}

/// What of the configuration may not change over the life of a ledger.
fn identity(tables: &impl Tables, config: &ClusterConfig) -> String {
    format!("{}; {}", tables.owner(), config.ledger_identity())
}

/// The ledger that a file holds. One that died before its first batch holds none yet.
fn ledger_of<T: Tables>(
    reader: &Reader,
    tables: &T,
    read: impl FnOnce(&Reader, Sealed) -> Result<T::Stored, StoreError>,
) -> Result<T::Ledger, StoreError> {
    // All reads are of the snapshot that the reader has taken, so the seal is that of the rows.
    let sealed = sealed(&reader.connection).map_err(|source| reader.malformed(source))?;
    let stored = read(reader, sealed)?;
    if sealed.chain.batch == 0 {
        return Ok(tables.begin(clock::now()));
    }
    tables.restore(stored).map_err(|error| reader.malformed(error))
}

fn sealed(connection: &Connection) -> rusqlite::Result<Sealed> {
    Ok(Sealed { chain: chain(connection)?, file: file_digest(connection)? })
}

#[cfg(test)]
mod tests;
