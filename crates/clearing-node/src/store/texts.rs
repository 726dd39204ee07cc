//! The texts that a ledger file keeps of itself: what it is, and the configuration it last ran
//! under.

use clearing_domain::seal::digest_of_texts;
use rusqlite::{Connection, OptionalExtension, Result};

use super::column::broken;

/// What a ledger file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTexts {
    /// What of the configuration may not change over the life of the file.
    pub identity: String,
    /// The whole configuration, for those who read the file.
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
            // Overwritten where nothing else is written but what came before must reach the disk.
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
