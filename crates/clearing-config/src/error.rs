//! What can be wrong with a configuration.

use clearing_domain::money::OperatorCode;
use thiserror::Error;

/// A configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The file is not TOML.
    #[error("line {line}: {message}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A key that nothing reads, most likely a typing error.
    #[error("unknown key {path}{}", suggest(.suggestion.as_deref()))]
    UnknownKey {
        /// Where it stands.
        path: String,
        /// The known key that looks most like it.
        suggestion: Option<String>,
    },
    /// A value of the wrong type or form.
    #[error("{path}: {message}")]
    Value {
        /// The key.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The configuration names no such operator.
    #[error("operator {0} is not in the roster of the configuration")]
    OperatorUnknown(OperatorCode),
}

impl ConfigError {
    /// The same of an item of a list, counted from 0: what is declared of all items is checked
    /// under the path of the list, and a reader looks for the one item that is wrong.
    pub fn in_item(self, place: usize) -> Self {
        match self {
            Self::Value { path, message } => {
                Self::Value { path: path.replacen("[]", &format!(".{}", place + 1), 1), message }
            }
            other @ (Self::Syntax { .. } | Self::UnknownKey { .. } | Self::OperatorUnknown(_)) => {
                other
            }
        }
    }

    /// A wrong value of a key.
    pub fn value(path: impl Into<String>, message: impl ToString) -> Self {
        Self::Value { path: path.into(), message: message.to_string() }
    }
}

fn suggest(suggestion: Option<&str>) -> String {
    suggestion.map(|key| format!("; did you mean {key}?")).unwrap_or_default()
}
