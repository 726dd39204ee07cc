//! Why results cannot be written or read.

use clearing_node::ProgramError;
use thiserror::Error;

use crate::files::FileError;
use crate::table::TableError;

/// Results that cannot be written or read.
#[derive(Debug, Error)]
pub enum ResultsError {
    /// A file cannot be written or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A table cannot be written or read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The summary cannot be written as JSON.
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    /// A thread ended early.
    #[error("a thread of the results ended early")]
    Thread,
}

impl ProgramError for ResultsError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::File(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Json(_) | Self::Thread => 3,
        }
    }
}
