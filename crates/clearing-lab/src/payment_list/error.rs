//! Why a list of payments cannot be used.

use std::path::PathBuf;

use clearing_config::PARTICIPANTS_MAX;
use clearing_domain::money::Timestamp;
use thiserror::Error;

/// A list of payments that cannot be used.
#[derive(Debug, Error)]
pub enum PaymentListError {
    /// A listed payment lies outside the days of the run.
    #[error("payment {reference} at {at} is outside the days of the run")]
    OutsideDays {
        /// The payment.
        reference: String,
        /// Its time.
        at: Timestamp,
    },
    /// The file of payments cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A row of the file of payments is wrong.
    #[error("{path}, line {line}: {reason}{}", more_rows(*.others), path = path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
        /// How many further rows are wrong.
        others: usize,
    },
    /// The file has no payments.
    #[error("{path} has no payments", path = path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file names too many participants.
    #[error("{path} names {participants} participants, more than {PARTICIPANTS_MAX}", path = path.display())]
    Participants {
        /// The file.
        path: PathBuf,
        /// How many.
        participants: usize,
    },
    /// The file is not the one that was run before.
    #[error("{path} has the hash {found}, but the configuration expects {expected}", path = path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The hash found.
        found: String,
        /// The hash expected.
        expected: String,
    },
}

fn more_rows(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => "; one more row is wrong".to_owned(),
        others => format!("; {others} more rows are wrong"),
    }
}
