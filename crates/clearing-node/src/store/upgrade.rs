//! Brings a ledger file of the program before to the present schema, in place.

use std::path::Path;

use rusqlite::Connection;

use super::file::{COMMON_UPGRADE, FileKind, Reader};
use super::texts::read_meta;
use super::{StoreError, file};

/// Upgrades a file of the earlier schema, in one transaction; leaves every other file as it is.
///
/// What the file says of itself is checked first, so that the file of another member stays untouched.
pub fn upgrade(path: &Path, kind: &FileKind, identity: &str) -> Result<(), StoreError> {
    if !path.exists() || !matches!(Reader::open(path, kind), Err(StoreError::Earlier { .. })) {
        return Ok(());
    }
    let sqlite = |source| StoreError::Sqlite { path: path.to_owned(), source };
    let mut connection = Connection::open(path).map_err(sqlite)?;
    let found = read_meta(&connection, "identity").map_err(sqlite)?.unwrap_or_default();
    file::compare_identity(path, &found, identity)?;
    alter(&mut connection, kind).map_err(sqlite)?;
    // The schema is judged by the header of the file, which must not stay in the log.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(sqlite)?;
    tracing::info!(path = %path.display(), from = kind.upgrade.from, to = kind.schema, "ledger file upgraded");
    Ok(())
}

fn alter(connection: &mut Connection, kind: &FileKind) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    // A crash may have left the whole upgrade in the log.
    let schema: i32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if schema == kind.upgrade.from {
        transaction.execute_batch(COMMON_UPGRADE)?;
        transaction.execute_batch(kind.upgrade.statements)?;
        transaction.execute_batch(&format!("PRAGMA user_version = {}", kind.schema))?;
    }
    transaction.commit()
}
