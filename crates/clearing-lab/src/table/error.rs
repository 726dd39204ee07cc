//! Why a table cannot be written or read.

use std::io;
use std::path::{Path, PathBuf};

use clearing_node::ProgramError;
use parquet::errors::ParquetError;
use thiserror::Error;

use crate::files::FileError;

/// A table that cannot be written or read.
#[derive(Debug, Error)]
pub enum TableError {
    /// The file cannot be created, written or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is no Parquet file.
    #[error("{path} is no table of results: {source}", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: ParquetError,
    },
    /// A table is not as a run writes it.
    #[error("{path}: column {column} {message}", path = path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What is wrong.
        message: String,
    },
    /// Parquet cannot express the table, or the file breaks off.
    #[error("parquet: {0}")]
    Parquet(#[from] ParquetError),
}

impl ProgramError for TableError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::File(error) => error.exit_code(),
            Self::Foreign { .. } | Self::Cell { .. } => 2,
            Self::Parquet(_) => 3,
        }
    }
}

impl TableError {
    /// The file of a table cannot be created.
    pub(super) fn creating(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let named = FileError::of("cannot create", path);
        move |error| named(error).into()
    }

    /// The file of a table cannot be opened.
    pub(super) fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let named = FileError::of("cannot read", path);
        move |error| named(error).into()
    }

    /// The file of a table cannot be written. What a format makes of that does not name the file.
    pub(super) fn writing<E>(path: &Path) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let named = FileError::of("cannot write", path);
        move |error| named(io::Error::other(error)).into()
    }

    pub(super) fn cell(path: &Path, column: &str, message: impl std::fmt::Display) -> Self {
        Self::Cell {
            path: path.to_owned(),
            column: column.to_owned(),
            message: message.to_string(),
        }
    }
}
