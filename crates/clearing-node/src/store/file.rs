//! A ledger file: created whole or not at all, checked before it is opened, locked by the lock of
//! its folder.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction};

use clearing_domain::seal::{BatchSeal, Chain, Invariant};

use super::StoreError;
use super::check::check;
use super::checkpoint::{Checkpointer, LogLimits, Trouble};
use super::log::{beside, log_path};
use super::texts::{FileTexts, read_meta};
use crate::private;

/// The kind of ledger in a file.
#[derive(Clone, Copy, Debug)]
pub struct FileKind {
    /// Its description in messages: "the ledger of an operator".
    pub description: &'static str,
    /// Marks the file as one of this kind.
    pub application_id: i32,
    /// The number of the schema.
    pub schema: i32,
    /// The statements that create the tables.
    pub tables: fn() -> String,
}

/// Tables that every ledger has.
const COMMON_TABLES: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE batches (
        batch INTEGER PRIMARY KEY, last_row INTEGER NOT NULL, hash BLOB NOT NULL, written_at INTEGER NOT NULL,
        beside BLOB
    );";

/// A ledger file open for writing.
#[derive(Debug)]
pub struct LedgerFile {
    path: PathBuf,
    connection: Connection,
    checkpointer: Checkpointer,
    durable: bool,
    /// The configuration of this start when it differs from the last one; the first batch seals it.
    new_config: Option<String>,
}

/// A ledger file open for reading only.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    /// The part of its URI that says how it is opened.
    how: &'static str,
    /// The connection.
    pub connection: Connection,
}

impl LedgerFile {
    /// Opens the file of a ledger for writing, creating it when there is none. The log starts again
    /// from its beginning when it has about `log_pages` pages.
    pub fn open(
        path: &Path,
        kind: &FileKind,
        texts: &FileTexts,
        log_pages: u32,
    ) -> Result<Self, StoreError> {
        let (mut new_config, mut died) = (None, false);
        if path.exists() {
            // Every refusal comes before the first write: a foreign file must stay as it was.
            let reader = Reader::open(path, kind)?;
            reader.check_identity(&texts.identity)?;
            new_config = Some(texts.config.clone())
                .filter(|config| reader.config().ok().as_ref() != Some(config));
            died = !is_empty(&log_path(path));
            // SQLite creates its other files with the mode of the database.
            [path.to_owned(), log_path(path), beside(path, "-shm")]
                .iter()
                .try_for_each(|file| private::close(file))
                .map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
        } else {
            refuse_orphaned_log(path, kind)?;
            create(path, kind, texts).map_err(|error| error.at(path))?;
        }
        let sqlite = |source| StoreError::Sqlite { path: path.to_owned(), source };
        let mut connection = Connection::open(path).map_err(sqlite)?;
        connection.set_prepared_statement_cache_capacity(64);
        // The log is reused without being truncated, and a thread of its own makes the checkpoints:
        // one within a commit would stop every payment of the batch.
        let pragmas =
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
            PRAGMA journal_size_limit = -1; PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY;";
        connection.execute_batch(pragmas).map_err(sqlite)?;
        let checkpointer = Checkpointer::start(path, &mut connection, LogLimits::of(log_pages))?;
        let mut file =
            Self { path: path.to_owned(), connection, checkpointer, durable: true, new_config };
        if died {
            // The last batches of a killed process may be in the memory of the system alone. This
            // process answers from them, so they must be on disk before it does.
            file.sync()?;
        }
        Ok(file)
    }

    /// Writes one batch with its seal; when a durable batch returns, it is on disk.
    ///
    /// A batch that is not durable survives the end of the process, and a later durable batch takes
    /// it to disk, because both are parts of one log.
    pub fn commit(
        &mut self,
        chain: Chain,
        durable: bool,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        self.write(chain, durable, write)
            .map_err(|source| StoreError::Sqlite { path: self.path.clone(), source })
    }

    fn write(
        &mut self,
        chain: Chain,
        durable: bool,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        if durable != self.durable {
            let level = if durable { "FULL" } else { "NORMAL" };
            self.connection.execute_batch(&format!("PRAGMA synchronous = {level}"))?;
            self.durable = durable;
        }
        let transaction = self.connection.transaction()?;
        write(&transaction)?;
        // The digest in the seal covers the configuration, so both change in one commit.
        if let Some(config) = self.new_config.take() {
            transaction.execute(
                "INSERT OR REPLACE INTO meta (key, value) VALUES ('config', ?)",
                [config],
            )?;
        }
        let seal = (chain.batch, chain.row, chain.hash, crate::clock::now().ms(), chain.beside);
        transaction
            .prepare_cached("INSERT INTO batches (batch, last_row, hash, written_at, beside) VALUES (?, ?, ?, ?, ?)")?
            .execute(seal)?;
        transaction.commit()?;
        self.checkpointer.care_for_log(&self.connection);
        Ok(())
    }

    /// Why checkpoints of the log fail, while they do.
    pub fn trouble(&self) -> Trouble {
        self.checkpointer.trouble()
    }

    /// Rolls back the journal of a process that died while it created the file or changed its
    /// header.
    ///
    /// Called before the file is read, by the process whose ledger it is.
    pub fn recover(path: &Path, kind: &FileKind) -> Result<(), StoreError> {
        let journal = beside(path, "-journal");
        if !(path.exists() && journal.exists()) {
            return Ok(());
        }
        check(path, kind)?;
        let sqlite = |source| StoreError::Sqlite { path: path.to_owned(), source };
        // SQLite rolls a journal back when it first reads the file.
        let connection = Connection::open(path).map_err(sqlite)?;
        connection.query_row("SELECT count(*) FROM meta", [], |_| Ok(())).map_err(sqlite)
    }

    /// Takes every batch written so far to disk.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.write_synced().map_err(|source| StoreError::Sqlite { path: self.path.clone(), source })
    }

    /// Deletes a row and writes the same row again. In one statement SQLite would see that nothing
    /// changes, and sync nothing.
    fn write_synced(&mut self) -> rusqlite::Result<()> {
        self.connection.execute_batch("PRAGMA synchronous = FULL")?;
        self.durable = true;
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM meta WHERE key = 'synced'", [])?;
        transaction.execute("INSERT INTO meta (key, value) VALUES ('synced', '')", [])?;
        transaction.commit()
    }
}

impl Reader {
    /// Opens a ledger file without changing it, also while a process writes it.
    pub fn open(path: &Path, kind: &FileKind) -> Result<Self, StoreError> {
        check(path, kind)?;
        let reader = match Self::connect(path, "mode=ro") {
            // In a read-only folder SQLite cannot create the file through which it shares a
            // database; but then no other process can write the database either.
            Err(error) if cannot_share(&error) && is_empty(&log_path(path)) => {
                Self::connect(path, "immutable=1")
            }
            reader => reader,
        };
        let reader = reader.map_err(|source| match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::content(path, source)
            }
            _ => StoreError::Sqlite { path: path.to_owned(), source },
        })?;
        // Once more through SQLite, which applies the log: the check above saw the header without
        // it.
        reader.check_kind(kind)?;
        Ok(reader)
    }

    /// Connects and takes one snapshot, so that all reads see the same state.
    fn connect(path: &Path, how: &'static str) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let uri = format!("file:{}?{how}", escape(&path.display().to_string()));
        let connection = Connection::open_with_flags(uri, flags)?;
        connection.execute_batch("BEGIN")?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(Self { path: path.to_owned(), how, connection })
    }

    /// Another connection to the file. The file is not checked again: closing the descriptor of the
    /// check would drop the locks of this connection.
    pub fn beside(&self) -> Result<Connection, StoreError> {
        let beside = Self::connect(&self.path, self.how).map(|reader| reader.connection);
        beside.map_err(|source| self.failed(source))
    }

    /// Refuses a file that, with its log, is no ledger of this kind and schema.
    fn check_kind(&self, kind: &FileKind) -> Result<(), StoreError> {
        let pragma =
            |name: &str| self.connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let application = pragma("application_id").map_err(|source| self.failed(source))?;
        if application != kind.application_id {
            let found = format!("with its log it is a database of application {application:#x}");
            return Err(StoreError::Foreign {
                path: self.path.clone(),
                expected: kind.description,
                found,
            });
        }
        match pragma("user_version").map_err(|source| self.failed(source))? {
            schema if schema == kind.schema => Ok(()),
            found => {
                Err(StoreError::Schema { path: self.path.clone(), expected: kind.schema, found })
            }
        }
    }

    /// Refuses a ledger of another configuration and names the first part that differs.
    pub fn check_identity(&self, expected: &str) -> Result<(), StoreError> {
        let found = read_meta(&self.connection, "identity")
            .map_err(|source| self.failed(source))?
            .unwrap_or_default();
        compare_identity(&self.path, &found, expected)
    }

    /// The configuration that the ledger last ran under.
    pub fn config(&self) -> Result<String, StoreError> {
        read_meta(&self.connection, "config")
            .map_err(|source| self.failed(source))
            .map(Option::unwrap_or_default)
    }

    /// Refuses a file in which an invariant does not hold.
    pub fn check(&self, invariant: &Invariant) -> Result<(), StoreError> {
        if invariant.ok {
            return Ok(());
        }
        Err(self.malformed(format!("{} does not hold: {}", invariant.name, invariant.detail)))
    }

    /// The error of a file that holds what no ledger writes.
    pub fn malformed(&self, reason: impl ToString) -> StoreError {
        StoreError::content(&self.path, reason)
    }

    /// A failure of SQLite in this file.
    pub fn failed(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { path: self.path.clone(), source }
    }
}

fn compare_identity(path: &Path, found: &str, expected: &str) -> Result<(), StoreError> {
    if found == expected {
        return Ok(());
    }
    let differs =
        found.split("; ").zip(expected.split("; ")).find(|(found, expected)| found != expected);
    let (found, expected) = differs.unwrap_or(("nothing", "something"));
    let (expected, found) = (expected.to_owned(), found.to_owned());
    Err(StoreError::Identity { path: path.to_owned(), expected, found })
}

/// The seals of every batch, in order.
pub fn seals(connection: &Connection) -> rusqlite::Result<Vec<BatchSeal>> {
    let mut statement =
        connection.prepare("SELECT batch, last_row, hash, beside FROM batches ORDER BY batch")?;
    statement.query_map([], seal)?.collect()
}

/// The head of the chain at a batch, in the file that this process serves; `None` where it has no
/// such batch.
///
/// SQLite alone opens the file. Closing any other descriptor of it would drop the locks that this
/// process has on it, and the next program to open the file would then remove the log that the
/// ledger still writes.
pub fn head_at(path: &Path, batch: u64) -> Result<Option<[u8; 32]>, StoreError> {
    let Ok(batch) = i64::try_from(batch) else { return Ok(None) };
    let sql = "SELECT hash FROM batches WHERE batch = ?";
    let found = Reader::connect(path, "mode=ro")
        .and_then(|reader| reader.connection.query_row(sql, [batch], |row| row.get(0)).optional());
    found.map_err(|source| StoreError::Sqlite { path: path.to_owned(), source })
}

/// The chain as the last batch left it.
pub fn chain(connection: &Connection) -> rusqlite::Result<Chain> {
    let last = "SELECT batch, last_row, hash, beside FROM batches ORDER BY batch DESC LIMIT 1";
    Ok(connection.query_row(last, [], seal).optional()?.map(Chain::from).unwrap_or_default())
}

fn seal(row: &rusqlite::Row<'_>) -> rusqlite::Result<BatchSeal> {
    Ok(BatchSeal {
        batch: row.get(0)?,
        last_row: row.get(1)?,
        hash: row.get(2)?,
        beside: row.get(3)?,
    })
}

/// Why a file could not be created.
enum CreateError {
    Io(std::io::Error),
    Sqlite(rusqlite::Error),
}

impl CreateError {
    fn at(self, path: &Path) -> StoreError {
        let path = path.to_owned();
        match self {
            Self::Io(source) => StoreError::Io { path, source },
            Self::Sqlite(source) => StoreError::Sqlite { path, source },
        }
    }
}

impl From<std::io::Error> for CreateError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rusqlite::Error> for CreateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Refuses to create a file beside the log of another, which SQLite would apply to the new file.
fn refuse_orphaned_log(path: &Path, kind: &FileKind) -> Result<(), StoreError> {
    let log = log_path(path);
    if is_empty(&log) {
        return Ok(());
    }
    let found = format!("it is missing, but its log is there: {}", log.display());
    Err(StoreError::Foreign { path: path.to_owned(), expected: kind.description, found })
}

/// Whether a file is missing or empty.
fn is_empty(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |metadata| metadata.len() == 0)
}

/// Whether SQLite failed because it cannot write the files beside the one it reads.
fn cannot_share(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

/// Creates the file under another name and renames it, so that a crash leaves no file or a whole
/// one.
fn create(path: &Path, kind: &FileKind, texts: &FileTexts) -> Result<(), CreateError> {
    let unfinished = path.with_extension("db-new");
    for left in ["", "-journal", "-wal", "-shm"].map(|suffix| beside(&unfinished, suffix)) {
        if left.exists() {
            fs::remove_file(&left)?;
        }
    }
    private::create(&unfinished)?;
    let mut connection = Connection::open(&unfinished)?;
    // A file of this name is never read, so one sync before the rename replaces that of each
    // statement.
    connection.execute_batch("PRAGMA synchronous = OFF")?;
    fill(&mut connection, kind, texts)?;
    // The log is turned on before the rename, so that no journal ever lies beside the final name.
    // It is turned on last, because pages in the log of this name would be lost by the rename.
    connection.execute_batch("PRAGMA journal_mode = WAL")?;
    connection.close().map_err(|(_, error)| error)?;
    fs::File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, path)?;
    // Without this sync a loss of power could leave the folder without the new name.
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Creates the tables and the meta rows of a new ledger.
fn fill(connection: &mut Connection, kind: &FileKind, texts: &FileTexts) -> rusqlite::Result<()> {
    let FileKind { application_id, schema, .. } = kind;
    let tables = (kind.tables)();
    let transaction = connection.transaction()?;
    transaction.execute_batch(&format!(
        "PRAGMA application_id = {application_id}; PRAGMA user_version = {schema}; {COMMON_TABLES} {tables}"
    ))?;
    let meta = [&texts.identity, &texts.config];
    transaction.execute(
        "INSERT INTO meta (key, value) VALUES ('identity', ?), ('config', ?), ('synced', '')",
        meta,
    )?;
    transaction.commit()
}

/// Escapes the characters that have a meaning in a URI.
fn escape(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

#[cfg(test)]
mod tests;
