//! Why a report cannot be written.

use std::path::PathBuf;

use clearing_node::ProgramError;
use thiserror::Error;

use crate::files::FileError;
use crate::page::PageError;
use crate::table::TableError;

/// A report that cannot be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A folder is not that of a run.
    #[error("{folder} holds no results of a run: it has no summary.json", folder = folder.display())]
    NoResults {
        /// The folder.
        folder: PathBuf,
    },
    /// So many runs would not be read beside each other.
    #[error("{runs} runs are too many to compare: the most is {most}")]
    TooMany {
        /// How many there are.
        runs: usize,
        /// How many there may be.
        most: usize,
    },
    /// The summary of a run is not as a run writes it.
    #[error("{path} is no summary of a run: {source}", path = path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A table of the run cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The page cannot be made.
    #[error(transparent)]
    Page(#[from] PageError),
}

impl ProgramError for ReportError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::NoResults { .. } | Self::TooMany { .. } | Self::Summary { .. } => 2,
            Self::File(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Page(_) => 3,
        }
    }
}
