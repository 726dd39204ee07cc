//! Brings a ledger file of the program before to the present schema, in place.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::file::{COMMON_UPGRADE, FileKind, Reader};
use super::texts::read_meta;
use super::{StoreError, file};

/// Upgrades a file of the earlier schema, in one transaction; leaves every other file as it is.
///
/// What the file says of itself is checked first, so that the file of another member stays
/// untouched, and `restore` reads the whole before anything of it stays, so that one that is not
/// sound does, too.
pub fn upgrade(
    path: &Path,
    kind: &FileKind,
    identity: &str,
    restore: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if !path.exists() || !matches!(Reader::open(path, kind), Err(StoreError::Earlier { .. })) {
        return Ok(());
    }
    let sqlite = |source| StoreError::Sqlite { path: path.to_owned(), source };
    let mut connection = Connection::open(path).map_err(sqlite)?;
    // To close the last connection would move the log into a file that is refused.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(sqlite)?;
    let found = read_meta(&connection, "identity").map_err(sqlite)?.unwrap_or_default();
    file::compare_identity(path, &found, identity)?;
    alter(path, &mut connection, kind, restore)?;
    // The schema is judged by the header of the file, which must not stay in the log.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(sqlite)?;
    tracing::info!(path = %path.display(), from = kind.upgrade.from, to = kind.schema, "ledger file upgraded");
    Ok(())
}

fn alter(
    path: &Path,
    connection: &mut Connection,
    kind: &FileKind,
    restore: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sqlite = |source| StoreError::Sqlite { path: path.to_owned(), source };
    let transaction = connection.transaction().map_err(sqlite)?;
    // A crash may have left the whole upgrade in the log.
    let schema: i32 =
        transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(sqlite)?;
    if schema == kind.upgrade.from {
        let FileKind { schema, upgrade, .. } = kind;
        let statements =
            format!("{COMMON_UPGRADE} {}; PRAGMA user_version = {schema}", upgrade.statements);
        transaction.execute_batch(&statements).map_err(sqlite)?;
        restore(&transaction)?;
    }
    transaction.commit().map_err(sqlite)
}

#[cfg(test)]
mod tests {
    use super::super::log::log_path;
    use super::super::{FileTexts, LedgerFile, Upgrade, file_digest, seals};
    use super::*;

    const KIND: FileKind = FileKind {
        description: "a test ledger",
        application_id: 0x7465_7374,
        schema: 2,
        tables: "CREATE TABLE numbers (row INTEGER PRIMARY KEY, more INTEGER NOT NULL);",
        upgrade: Upgrade {
            from: 1,
            statements: "ALTER TABLE numbers ADD COLUMN more INTEGER NOT NULL DEFAULT 7;",
        },
    };

    /// A file as the program before wrote it, with one batch.
    fn earlier(path: &Path) {
        let connection = Connection::open(path).unwrap();
        let tables = "PRAGMA journal_mode = WAL; PRAGMA application_id = 0x74657374; PRAGMA user_version = 1;
            CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE batches (
                batch INTEGER PRIMARY KEY, last_row INTEGER NOT NULL, hash BLOB NOT NULL, written_at INTEGER NOT NULL
            );
            CREATE TABLE numbers (row INTEGER PRIMARY KEY);
            INSERT INTO numbers VALUES (1);
            INSERT INTO meta VALUES ('identity', 'a ledger'), ('config', 'text');
            INSERT INTO batches VALUES (1, 1, zeroblob(32), 5);";
        connection.execute_batch(tables).unwrap();
    }

    #[test]
    fn a_file_of_the_program_before_is_upgraded_in_place_and_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        earlier(&path);
        assert!(matches!(
            Reader::open(&path, &KIND),
            Err(StoreError::Earlier { expected: 2, found: 1, .. })
        ));
        for _ in 0..2 {
            upgrade(&path, &KIND, "a ledger", |_| Ok(())).unwrap();
            let reader = Reader::open(&path, &KIND).unwrap();
            let more: i64 = reader
                .connection
                .query_row("SELECT more FROM numbers", [], |row| row.get(0))
                .unwrap();
            let seals = seals(&reader.connection).unwrap();
            assert_eq!((more, seals.len(), seals[0].beside), (7, 1, None));
            let texts = FileTexts { identity: "a ledger".to_owned(), config: "text".to_owned() };
            assert_eq!(file_digest(&reader.connection).unwrap(), texts.digest());
            drop(reader);
            drop(LedgerFile::open(&path, &KIND, &texts, 16_000).unwrap());
        }
    }

    #[test]
    fn a_file_that_is_not_sound_stays_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        earlier(&path);
        // What a killed process leaves: a log beside the file.
        let killed = Connection::open(&path).unwrap();
        killed.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        killed.execute_batch("INSERT INTO numbers VALUES (2)").unwrap();
        drop(killed);
        let files = || [path.clone(), log_path(&path)].map(|file| std::fs::read(file).unwrap());
        let before = files();
        let unsound = |connection: &Connection| {
            let more: i64 = connection
                .query_row("SELECT sum(more) FROM numbers", [], |row| row.get(0))
                .unwrap();
            Err(StoreError::content(&path, format!("{more} is not whole")))
        };
        let error = upgrade(&path, &KIND, "a ledger", unsound).unwrap_err();
        assert!(error.is_refusal() && error.to_string().contains("14 is not whole"), "{error}");
        assert_eq!(files(), before);
        assert!(matches!(Reader::open(&path, &KIND), Err(StoreError::Earlier { .. })));
    }

    #[test]
    fn the_file_of_another_member_is_not_upgraded() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        earlier(&path);
        let error = upgrade(&path, &KIND, "another ledger", |_| Ok(())).unwrap_err();
        assert!(matches!(error, StoreError::Identity { .. }), "{error}");
        assert!(matches!(Reader::open(&path, &KIND), Err(StoreError::Earlier { .. })));
    }
}
