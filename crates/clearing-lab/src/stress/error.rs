//! Why a stress test cannot be made.

use std::path::PathBuf;

use clearing_config::ConfigError;
use clearing_node::ProgramError;
use thiserror::Error;

use crate::experiment::ExperimentError;
use crate::files::FileError;
use crate::page::PageError;
use crate::sweep::SweepError;
use crate::table::TableError;

/// A stress test that cannot be made.
#[derive(Debug, Error)]
pub enum StressError {
    /// The experiment is wrong.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// A scenario is wrong.
    #[error("scenario {scenario:?}: {message}")]
    Scenario {
        /// As it was stated.
        scenario: String,
        /// What is wrong with it: the key and the value.
        message: String,
    },
    /// There are too many scenarios.
    #[error("scenario: {count} scenarios are more than {max}")]
    TooMany {
        /// How many were stated.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// A run cannot be made.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// The file of a run lacks what a stress test keeps.
    #[error("run {run} in {folder} says nothing of the participants; --force starts anew", folder = folder.display())]
    Incomplete {
        /// The number of the run.
        run: usize,
        /// The folder.
        folder: PathBuf,
    },
    /// A table cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The report cannot be made.
    #[error(transparent)]
    Page(#[from] PageError),
}

impl From<ConfigError> for StressError {
    fn from(error: ConfigError) -> Self {
        Self::Experiment(error.into())
    }
}

impl ProgramError for StressError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Experiment(_)
            | Self::Scenario { .. }
            | Self::TooMany { .. }
            | Self::Incomplete { .. } => 2,
            Self::Sweep(error) => error.exit_code(),
            Self::Table(_) | Self::File(_) | Self::Page(_) => 3,
        }
    }
}
