//! Why a process cannot start or go on.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use clearing_api::status::{overloaded, unavailable};
use clearing_config::ConfigError;
use thiserror::Error;
use tonic::Status;

use crate::secret::SecretError;
use crate::store::StoreError;

/// An error that a program may end with.
pub trait ProgramError: fmt::Display {
    /// The exit code: 1 where a check found something wrong, 2 for what the caller can mend, 3 where
    /// a process, a peer or the machine failed.
    fn exit_code(&self) -> u8;
}

impl ProgramError for ConfigError {
    fn exit_code(&self) -> u8 {
        2
    }
}

/// A process cannot start or go on.
#[derive(Debug, Error)]
pub enum NodeError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another process serves from the folder.
    #[error("another process serves from {folder}: its lock is held", folder = folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be used.
    #[error("cannot use folder {folder}: {source}", folder = folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The ledger file cannot be used, or a batch could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret of a link cannot be read or made.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The address of the central bank is malformed.
    #[error("central bank address {address:?} is not http://IP:PORT")]
    Address {
        /// The text of the address.
        address: String,
    },
    /// Serving ended with an error.
    #[error("serving failed: {0}")]
    Serve(#[from] tonic::transport::Error),
    /// The thread of the ledger ended.
    #[error("the thread of the ledger ended early")]
    LedgerThread,
    /// The peer and this process disagree on the past.
    #[error("{0}")]
    Diverged(String),
    /// Signals or threads of the system are not available.
    #[error("cannot {what}: {source}")]
    System {
        /// The attempted operation.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl ProgramError for NodeError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Address { .. } => 2,
            Self::Store(error) if error.is_refusal() => 2,
            Self::Locked { .. }
            | Self::Folder { .. }
            | Self::Store(_)
            | Self::Secret(_)
            | Self::Listen { .. }
            | Self::Serve(_)
            | Self::LedgerThread
            | Self::Diverged(_)
            | Self::System { .. } => 3,
        }
    }
}

/// Why the ledger did not apply a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LedgerError {
    /// The queue is full; the command may be repeated.
    #[error("the queue of the ledger is full")]
    QueueFull,
    /// The process is stopping.
    #[error("the process is stopping")]
    Stopped,
}

impl From<LedgerError> for Status {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::QueueFull => overloaded("queue of the ledger"),
            LedgerError::Stopped => unavailable(&error.to_string()),
        }
    }
}
