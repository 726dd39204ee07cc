//! Why a table cannot be written.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use thiserror::Error;

/// A table that cannot be written.
#[derive(Debug, Error)]
pub(crate) enum TableError {
    /// A file cannot be created or written.
    #[error("{what} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Parquet cannot express the table.
    #[error("parquet: {0}")]
    Parquet(#[from] ParquetError),
}

impl TableError {
    pub(super) fn creating(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what: "cannot create", path, source }
    }

    /// What a format makes of the failure of a file does not name the file.
    pub(super) fn writing<E>(path: &Path) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let path = path.to_owned();
        move |error| Self::Io { what: "cannot write", path, source: io::Error::other(error) }
    }
}
