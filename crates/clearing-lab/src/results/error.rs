//! Why results cannot be written or read.

use std::io;
use std::path::{Path, PathBuf};

use clearing_node::ProgramError;
use thiserror::Error;

use crate::report::PageError;
use crate::table::TableError;

/// Results that cannot be written or read.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// The folder holds something.
    #[error("{folder} is not empty; --force replaces it", folder = folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder is not that of a run.
    #[error("{folder} holds no results of a run: it has no summary.json", folder = folder.display())]
    NoResults {
        /// The folder.
        folder: PathBuf,
    },
    /// The summary of a run is not as a run writes it.
    #[error("{path} is no summary of a run: {source}", path = path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// A cluster runs from the folder.
    #[error("a cluster runs in {folder}", folder = folder.display())]
    Running {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be written or read.
    #[error("{what} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file is no Parquet file.
    #[error("{path} is no table of results: {source}", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: parquet::errors::ParquetError,
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
    /// Parquet failed.
    #[error("parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// CSV failed.
    #[error("csv: {0}")]
    Csv(#[from] csv::Error),
    /// JSON failed.
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    /// The report cannot be made.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A thread ended early.
    #[error("a thread of the results ended early")]
    Thread,
}

impl From<TableError> for ResultsError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Io { what, path, source } => Self::Io { what, path, source },
            TableError::Parquet(error) => Self::Parquet(error),
        }
    }
}

impl ProgramError for ResultsError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => 2,
            Self::NotEmpty { .. }
            | Self::NoResults { .. }
            | Self::Summary { .. }
            | Self::Foreign { .. }
            | Self::Cell { .. } => 2,
            Self::Running { .. }
            | Self::Io { .. }
            | Self::Parquet(_)
            | Self::Csv(_)
            | Self::Json(_)
            | Self::Page(_)
            | Self::Thread => 3,
        }
    }
}

impl ResultsError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    /// The same for what a format made of the failure of a file, which does not name it.
    pub(super) fn writing(self, path: &Path) -> Self {
        if let Self::Csv(error) = self {
            return Self::io("cannot write", path)(io::Error::other(error));
        }
        self
    }

    pub(super) fn cell(path: &Path, column: &str, message: impl std::fmt::Display) -> Self {
        Self::Cell {
            path: path.to_owned(),
            column: column.to_owned(),
            message: message.to_string(),
        }
    }
}
