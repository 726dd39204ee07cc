//! Why a workload cannot be run.

use std::path::PathBuf;

use clearing_config::PARTICIPANTS_MAX;
use clearing_domain::money::{Amount, OperatorCode, Timestamp, Total};
use thiserror::Error;

/// A workload that cannot be run.
#[derive(Debug, Error)]
pub enum WorkloadError {
    /// No operator has weight.
    #[error("no operator opens a wallet: every weight is 0")]
    NoWallets,
    /// The wallets open with more than the operator can distribute.
    #[error(
        "the wallets of {operator} open with {needed} yuan in all, but its {key} are {available}"
    )]
    Funds {
        /// The operator.
        operator: OperatorCode,
        /// The key of the configuration that bounds it.
        key: &'static str,
        /// What the wallets open with.
        needed: Total,
        /// What it can distribute.
        available: Amount,
    },
    /// The operators open with more money than a ledger can sum up.
    #[error("reserves and credit lines are {total} yuan in all, more than the largest sum of {max}", max = Amount::SUM_MAX)]
    Money {
        /// All of it.
        total: Total,
    },
    /// A listed payment names an operator that the cluster does not have.
    #[error("operator {0} is not in the roster of the configuration")]
    OperatorUnknown(OperatorCode),
    /// An operator has no wallet number left for a name of the list.
    #[error("operator {operator} has more wallets in the list than numbers for them")]
    TooManyWallets {
        /// The operator.
        operator: OperatorCode,
    },
    /// A wallet would have to be funded beyond the largest amount.
    #[error("payment {reference}: its payer pays more than {max} yuan in all", max = Amount::MAX)]
    TooMuch {
        /// The payment.
        reference: String,
    },
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
