//! The texts in a ledger file about the file: whose ledger it is, and the configuration under which
//! it last ran.

use clearing_domain::seal::digest_of_texts;
use rusqlite::{Connection, OptionalExtension, Result};

use super::column::broken;

/// The identity and the configuration in a ledger file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTexts {
    /// The part of the configuration that may not change over the life of the file.
    pub identity: String,
    /// The whole configuration, for people who read the file.
    pub config: String,
}

impl FileTexts {
    /// The digest that the seals of the ledger cover.
    pub fn digest(&self) -> [u8; 32] {
        digest_of_texts(&[&self.identity, &self.config])
    }
}

/// The digest of the texts in a file.
pub fn file_digest(connection: &Connection) -> Result<[u8; 32]> {
    let mut texts = FileTexts::default();
    let mut found = 0;
    let mut statement = connection.prepare("SELECT key, value FROM meta")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (key, value): (String, String) = (row.get(0)?, row.get(1)?);
        match (key.as_str(), value.as_str()) {
            // A sync without a batch overwrites this row, so that earlier batches reach the disk.
            ("synced", "") => {}
            ("identity", _) => texts.identity = value,
            ("config", _) => texts.config = value,
            _ => return Err(broken(0, &format!("{key} = {value} of the table meta"))),
        }
        found += 1;
    }
    if found == 3 {
        Ok(texts.digest())
    } else {
        Err(broken(0, "a table meta without all its rows"))
    }
}

pub(super) fn read_meta(connection: &Connection, key: &str) -> Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE key = ?", [key], |row| row.get(0)).optional()
}
