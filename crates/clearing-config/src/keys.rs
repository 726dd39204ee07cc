//! The keys of the configuration, described once: for people, and to find typing errors.

use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::raw::RawCluster;
use super::{ConfigError, keys_of};

/// A key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The path; `[]` follows a list of tables.
    pub path: &'static str,
    /// What holds when it is absent.
    pub default: &'static str,
    /// The unit of the value, empty when it has none.
    pub unit: &'static str,
    /// What is allowed.
    pub range: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// The keys and tables of an experiment; of these a cluster reads `[cluster]` alone.
pub const EXPERIMENT_KEYS: &[&str] = &[
    "name",
    "description",
    "seed",
    "days",
    "scale",
    "scenario",
    "include",
    "part",
    "workload",
    "wallet",
    "series",
    "campaign",
    "contract",
    "loan",
    "wealth",
    "payroll",
    "card",
    "action",
    "assert",
    "fault",
    "treasury",
    "run",
    "cluster",
];

/// The keys of a cluster, in the order in which they are listed.
pub static CLUSTER_KEYS: LazyLock<Vec<Key>> = LazyLock::new(keys_of::<RawCluster>);

/// Reads a TOML text without looking at its keys.
pub fn parse_table(text: &str) -> Result<Table, ConfigError> {
    text.parse::<Table>().map_err(|error| {
        // The parser knows bytes; a person looks for a line.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        ConfigError::Syntax { line, message: error.message().replace('\n', ", ") }
    })
}

/// Reads a value that was found under a path; an error names the key at fault.
pub fn read_value<T: DeserializeOwned>(path: &str, value: Value) -> Result<T, ConfigError> {
    value.try_into().map_err(|error: toml::de::Error| {
        let text = error.to_string();
        let within =
            text.lines().last().and_then(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        let path = within.map_or_else(|| path.to_owned(), |within| format!("{path}.{within}"));
        ConfigError::Value { path, message: error.message().replace('\n', ", ") }
    })
}

/// Refuses a key that is not described, and suggests the one that was probably meant.
///
/// Under a path that itself is a described key everything is that key's own matter.
pub fn check_keys(path: &str, value: &Value, keys: &[Key]) -> Result<(), ConfigError> {
    if keys.iter().any(|key| key.path == path) {
        return Ok(());
    }
    match value {
        Value::Table(table) => table.iter().try_for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let within = |key: &Key| {
                key.path
                    .strip_prefix(&path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            // Looked at before the value is read: a mistyped key would else be an error about its
            // type, or be ignored.
            if !keys.iter().any(within) {
                return Err(ConfigError::UnknownKey { suggestion: nearest(&path, keys), path });
            }
            check_keys(&path, value, keys)
        }),
        Value::Array(items) => {
            let path = format!("{path}[]");
            items.iter().try_for_each(|item| check_keys(&path, item, keys))
        }
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => {
            Err(ConfigError::value(path, "is a single value where a table is meant"))
        }
    }
}

/// The described key, or table of keys, that looks most like a path.
fn nearest(path: &str, keys: &[Key]) -> Option<String> {
    let depth = path.matches('.').count() + 1;
    let candidates =
        keys.iter().map(|key| key.path.split('.').take(depth).collect::<Vec<_>>().join("."));
    let likeness = |candidate: &String| strsim::damerau_levenshtein(candidate, path);
    let best = candidates.min_by_key(likeness)?;
    // Someone who mistypes a name gets most of its letters right.
    let name = path.rsplit('.').next().unwrap_or(path);
    (likeness(&best) * 2 <= name.chars().count()).then_some(best)
}
