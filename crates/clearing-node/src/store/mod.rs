//! The ledger file of a process: one SQLite database, written in one transaction per batch.

mod check;
mod checkpoint;
pub mod column;
mod file;
mod ledger_store;
mod log;
pub mod rows;
mod texts;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use checkpoint::Trouble;
pub use file::{FileKind, LedgerFile, Reader, chain, head_at, seals};
pub use ledger_store::{ChangesOf, LedgerStore, Sealed, Tables, check_configuration, load};
pub use log::sync_log;
pub use texts::{FileTexts, file_digest};

use clearing_domain::Ledger;

/// Writes the changes of batches.
pub trait Store<L: Ledger>: Send + 'static {
    /// Writes the changes in one transaction; when a durable commit returns they are on disk.
    fn commit(&mut self, ledger: &L, changes: &L::Changes, durable: bool)
    -> Result<(), StoreError>;
    /// Syncs every batch written so far.
    fn sync(&mut self) -> Result<(), StoreError>;
}

/// A ledger file cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file is not a ledger of this kind; it was not touched.
    #[error("{path} is not {expected}: {found}; the file was not touched", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The kind of ledger that was expected.
        expected: &'static str,
        /// How the file differs.
        found: String,
    },
    /// The file has another schema; it was not touched.
    #[error(
        "{path} has ledger schema {found}, but this program reads schema {expected}; the file was not touched",
        path = path.display()
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// The schema of this program.
        expected: i32,
        /// The schema of the file.
        found: i32,
    },
    /// The ledger was started under another configuration.
    #[error(
        "{path} was started under another configuration: it has {found}, the configuration {expected}",
        path = path.display()
    )]
    Identity {
        /// The file.
        path: PathBuf,
        /// The part of the configuration that differs.
        expected: String,
        /// The part of the file.
        found: String,
    },
    /// The rows are not the history of a ledger.
    #[error("{path} does not hold a whole ledger: {reason}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is malformed.
        reason: String,
    },
    /// The file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// SQLite failed.
    #[error("{path}: {source}", path = path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Content of a file that cannot be a ledger.
    pub fn content(path: &Path, reason: impl ToString) -> Self {
        Self::Content { path: path.to_owned(), reason: reason.to_string() }
    }

    /// Whether the file was refused at its opening, rather than failing in use.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Foreign { .. }
            | Self::Schema { .. }
            | Self::Identity { .. }
            | Self::Content { .. } => true,
            Self::Io { .. } | Self::Sqlite { .. } => false,
        }
    }
}
