//! What can be wrong with a case.

use std::io;

use clearing_domain::netting::TooManyPayments;
use thiserror::Error;

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
