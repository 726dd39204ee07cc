//! Why the indicators of a file cannot be computed.

use std::path::{Path, PathBuf};

use clearing_config::PARTICIPANTS_MAX;
use clearing_domain::money::Position;
use clearing_node::ProgramError;
use thiserror::Error;

use crate::payment_list::PaymentListError;

/// A file of payments without indicators.
#[derive(Debug, Error)]
pub enum IndicatorsError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A six-column file is wrong.
    #[error(transparent)]
    Csv(#[from] PaymentListError),
    /// A file that starts like JSON is not.
    #[error("{path}: {source}", path = path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// A field or a line holds something else than it should.
    #[error("{path}, {place}: {message}", path = path.display())]
    Place {
        /// The file.
        path: PathBuf,
        /// The line, or the field by its path.
        place: String,
        /// What is wrong with it.
        message: String,
    },
    /// The hours of business make no sense.
    #[error("{option}: {message}")]
    Hours {
        /// Where they were given.
        option: &'static str,
        /// What is wrong with them.
        message: String,
    },
    /// The file names too many participants.
    #[error("{path} names {participants} participants, more than {PARTICIPANTS_MAX}", path = path.display())]
    Participants {
        /// The file.
        path: PathBuf,
        /// How many.
        participants: usize,
    },
    /// The values are too large to be multiplied with each other.
    #[error("the values of {path} sum to more than {max} yuan", path = path.display(), max = Position::from_fen(i64::MAX))]
    TooMuch {
        /// The file.
        path: PathBuf,
    },
    /// A level is so large that no balance holds it.
    #[error("liquidity level {0} is too large")]
    Level(rust_decimal::Decimal),
}

impl IndicatorsError {
    pub(super) fn place(
        path: &Path,
        place: impl Into<String>,
        message: impl std::fmt::Display,
    ) -> Self {
        Self::Place { path: path.to_owned(), place: place.into(), message: message.to_string() }
    }
}

impl ProgramError for IndicatorsError {
    fn exit_code(&self) -> u8 {
        2
    }
}
