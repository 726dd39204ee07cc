//! What can be wrong with a case.

use std::io;
use std::path::PathBuf;

use clearing_config::{ConfigError, OPERATORS_MAX};
use clearing_domain::money::Position;
use clearing_domain::netting::TooManyPayments;
use clearing_node::ProgramError;
use thiserror::Error;

use crate::engine::EngineError;
use crate::workload::WorkloadError;
use clearing_cluster::audit::AuditError;

/// A case that cannot be read or resolved.
#[derive(Debug, Error)]
pub enum CaseError {
    /// The file cannot be read.
    #[error("cannot read it: {0}")]
    Unreadable(#[from] io::Error),
    /// The file is not JSON.
    #[error("{0}")]
    Syntax(#[from] serde_json::Error),
    /// A key that nothing reads, most likely a typing error.
    #[error("unknown key {path}{}", suggestion.as_ref().map(|key| format!("; did you mean {key}?")).unwrap_or_default())]
    UnknownKey {
        /// Where it stands.
        path: String,
        /// The known key that looks most like it.
        suggestion: Option<String>,
    },
    /// A key that must be there and is not.
    #[error("{0} is missing")]
    Missing(String),
    /// A value of the wrong type or form.
    #[error("{path}: {message}")]
    Value {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The optimum of a queue that is too long for it.
    #[error("payments: {0}")]
    TooMany(#[from] TooManyPayments),
}

impl CaseError {
    /// A wrong value at a place.
    pub(super) fn value(path: &str, message: impl ToString) -> Self {
        Self::Value { path: path.to_owned(), message: message.to_string() }
    }
}

/// A case that ledgers cannot resolve, or did not resolve as they must.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The optimum of a queue that is too long for it.
    #[error("payments: {0}")]
    TooMany(#[from] TooManyPayments),
    /// A cluster has an operator for each participant.
    #[error("participants: {0} are not between 1 and {OPERATORS_MAX}, the operators of a cluster")]
    Participants(usize),
    /// Operators of a cluster have no claims from outside.
    #[error(
        "participants: a cluster knows no external assets and liabilities; leave --cluster out"
    )]
    Outside,
    /// The cluster cannot be configured.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Wallets cannot pay what the payments ask for.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    /// There is no temporary folder.
    #[error("cannot make a temporary folder: {0}")]
    Folder(#[from] io::Error),
    /// The ledgers could not be driven.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The files cannot be audited.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// An invariant does not hold in the files.
    #[error("{name}: {detail}; the cluster is in {folder}", folder = folder.display())]
    Broken {
        /// What must hold.
        name: String,
        /// The figures.
        detail: String,
        /// The files.
        folder: PathBuf,
    },
    /// A payment did not come into the queue.
    #[error("payment {payment} was refused: {reason}")]
    Refused {
        /// Its id.
        payment: String,
        /// Why.
        reason: &'static str,
    },
    /// A payment did not come to its end.
    #[error("payment {0} has no end in the central bank's ledger")]
    Lost(String),
    /// A settlement account is not where what settled must have brought it.
    #[error("the account of {participant} has {found} yuan where {expected} are due")]
    Balance {
        /// Whose account.
        participant: String,
        /// What it has.
        found: Position,
        /// What it must have.
        expected: Position,
    },
}

impl ProgramError for LedgerError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::TooMany(_)
            | Self::Participants(_)
            | Self::Outside
            | Self::Config(_)
            | Self::Workload(_) => 2,
            Self::Broken { .. } | Self::Refused { .. } | Self::Lost(_) | Self::Balance { .. } => 1,
            Self::Folder(_) => 3,
            Self::Engine(error) => error.exit_code(),
            Self::Audit(error) => error.exit_code(),
        }
    }
}
