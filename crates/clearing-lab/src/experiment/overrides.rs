//! Values set over those of the file: `--set key=value`.

use std::str::FromStr;

use clearing_config::{ClusterConfig, ConfigError};
use clearing_domain::money::whole_number;
use toml::{Table, Value};

/// A value for a key, named by its path.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    pub(super) path: String,
    pub(super) value: Value,
}

impl FromStr for Override {
    type Err = String;

    /// Reads `key.path=value`; what is not a TOML value is taken as text.
    fn from_str(text: &str) -> Result<Self, String> {
        let (path, value) =
            text.split_once('=').ok_or_else(|| format!("{text:?} is not key=value"))?;
        let (path, value) = (path.trim(), value.trim());
        if path.is_empty() || path.split('.').any(str::is_empty) {
            return Err(format!("{path:?} is not the path of a key"));
        }
        // A value is what it would be in the file, so that 1, "1" and [1] differ here as they do
        // there.
        let parsed = format!("value = {value}").parse::<Table>().ok();
        let parsed =
            // A value with a line feed in it could state further keys.
            parsed.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
        Ok(Self {
            path: path.to_owned(),
            value: parsed.unwrap_or_else(|| Value::String(value.to_owned())),
        })
    }
}

impl Override {
    /// A value for the key of a path.
    pub(crate) fn new(path: &str, value: Value) -> Self {
        Self { path: path.to_owned(), value }
    }

    pub(super) fn apply(&self, table: &mut Table) -> Result<(), ConfigError> {
        if self.path.starts_with("cluster.operators.") {
            // The path names an operator by its code, and without a list of operators there is none
            // to be found.
            list_operators(table)?;
        }
        let mut document = Value::Table(std::mem::take(table));
        let segments: Vec<_> = self.path.split('.').collect();
        self.set(&mut document, &segments)?;
        if let Value::Table(changed) = document {
            *table = changed;
        }
        Ok(())
    }

    fn set(&self, node: &mut Value, segments: &[&str]) -> Result<(), ConfigError> {
        let Some((first, rest)) = segments.split_first() else {
            *node = self.value.clone();
            return Ok(());
        };
        let next = match node {
            Value::Table(table) => {
                Some(table.entry(*first).or_insert_with(|| Value::Table(Table::new())))
            }
            Value::Array(items) => item(items, first),
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_) => None,
        };
        let next = next.ok_or_else(|| {
            ConfigError::value(&self.path, format!("there is nothing called {first}"))
        })?;
        self.set(next, rest)
    }
}

/// An item of a list, by its code or its place, counted from 1.
fn item<'a>(items: &'a mut [Value], name: &str) -> Option<&'a mut Value> {
    let by_code =
        items.iter().position(|item| item.get("code").and_then(Value::as_str) == Some(name));
    // A code may look like a number, so codes come first.
    let by_place = || whole_number::<usize>(name)?.checked_sub(1);
    items.get_mut(by_code.or_else(by_place)?)
}

/// States the operators that the roster would give, so that one of them can be changed.
fn list_operators(table: &mut Table) -> Result<(), ConfigError> {
    let cluster = table.entry("cluster").or_insert_with(|| Value::Table(Table::new()));
    if cluster.get("operators").is_some() {
        return Ok(());
    }
    let operators = ClusterConfig::from_value(cluster.clone())?.operators;
    let entry = |operator: clearing_config::OperatorConfig| {
        let texts = [
            ("code", operator.code.to_string()),
            ("prefix", operator.prefix.to_string()),
            ("name", operator.name),
            ("name_zh", operator.name_zh),
        ];
        Value::Table(
            texts.into_iter().map(|(key, text)| (key.to_owned(), Value::String(text))).collect(),
        )
    };
    if let Value::Table(cluster) = cluster {
        // The list says how many there are; the two together would be refused.
        cluster.remove("operator_count");
        cluster.insert(
            "operators".to_owned(),
            operators.into_iter().map(entry).collect::<Vec<_>>().into(),
        );
    }
    Ok(())
}
