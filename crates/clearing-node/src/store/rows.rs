//! Rows of the domain as tables, which are created, written and read by the one declaration of each
//! kind of row.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use clearing_domain::row::{
    ColumnSpec, Kind, Kinds, Malformed, Row, RowReader, RowWriter, Sink, Source, Value,
};
use rusqlite::types::{ToSqlOutput, Type, ValueRef};
use rusqlite::{CachedStatement, Connection, Error, Result, ToSql, Transaction};

/// The statements that create the tables of every kind of row shown.
#[derive(Debug, Default)]
pub struct Tables(String);

impl Tables {
    /// The statements.
    pub fn into_sql(self) -> String {
        self.0
    }
}

impl Kinds for Tables {
    fn kind<R: Row>(&mut self) {
        let columns: Vec<_> = R::columns().iter().enumerate().map(declaration).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "CREATE TABLE {} ({});", R::TABLE, columns.join(", "));
    }
}

/// The first column is the number of the row and the key of the table.
fn declaration((place, column): (usize, &ColumnSpec)) -> String {
    let kind = match column.kind {
        Kind::Integer => " INTEGER",
        Kind::Text => " TEXT",
        Kind::Blob => " BLOB",
        Kind::Any => "",
    };
    let rest = match (place, column.nullable) {
        (0, _) => " PRIMARY KEY",
        (_, true) => "",
        (_, false) => " NOT NULL",
    };
    format!("{}{kind}{rest}", column.name)
}

fn names<R: Row>() -> String {
    R::columns().iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// Writes appended rows in a transaction.
#[derive(Debug)]
pub struct Inserts<'a>(pub &'a Transaction<'a>);

impl RowWriter for Inserts<'_> {
    type Error = Error;

    fn rows<R: Row, B: Borrow<R>>(&mut self, rows: impl Iterator<Item = B>) -> Result<()> {
        let mut rows = rows.peekable();
        // Most batches have rows of one or two kinds; the others must not cost a statement.
        if rows.peek().is_none() {
            return Ok(());
        }
        let mut statement = self.0.prepare_cached(&insert::<R>())?;
        for row in rows {
            row.borrow().put(&mut Binding { statement: &mut statement, place: 0 })?;
            statement.raw_execute()?;
        }
        Ok(())
    }
}

thread_local! {
    /// The statements that insert rows, by their tables. Most batches have few rows, so that the
    /// text would cost as much as they do.
    static INSERTS: RefCell<HashMap<&'static str, Rc<str>>> = RefCell::default();
}

fn insert<R: Row>() -> Rc<str> {
    let text = || {
        let places = vec!["?"; R::columns().len()].join(", ");
        format!("INSERT INTO {} ({}) VALUES ({places})", R::TABLE, names::<R>()).into()
    };
    INSERTS.with_borrow_mut(|inserts| inserts.entry(R::TABLE).or_insert_with(text).clone())
}

/// Binds the values of a row, one after the other.
struct Binding<'a, 'b> {
    statement: &'a mut CachedStatement<'b>,
    place: usize,
}

impl Sink for Binding<'_, '_> {
    type Error = Error;

    fn put(&mut self, value: Value<'_>) -> Result<()> {
        self.place += 1;
        self.statement.raw_bind_parameter(self.place, Stored(value))
    }
}

struct Stored<'a>(Value<'a>);

impl ToSql for Stored<'_> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The tables that readers on several threads share: each is read by the reader that comes to it
/// first, so that all end at about the same time whatever the file holds most of.
#[derive(Debug, Default)]
pub struct SharedTables(Mutex<BTreeSet<&'static str>>);

impl SharedTables {
    /// Whether nobody has come to a table before.
    pub fn claim(&self, table: &'static str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(table)
    }
}

/// Reads the rows of a file: of all tables, or of those that no other reader has come to.
#[derive(Debug)]
pub struct Selects<'a> {
    connection: &'a Connection,
    shared: Option<&'a SharedTables>,
}

impl<'a> Selects<'a> {
    /// Reads all tables.
    pub fn all(connection: &'a Connection) -> Self {
        Self { connection, shared: None }
    }

    /// Reads the tables that are still to be claimed; the others count as empty.
    pub fn shared(connection: &'a Connection, tables: &'a SharedTables) -> Self {
        Self { connection, shared: Some(tables) }
    }

    /// How many rows a table can have: they are numbered, and each takes some bytes of the file.
    fn rows_max(&self, key: &str, table: &str) -> Result<usize> {
        /// A cell of a page takes at least two bytes of its index, its length and its key.
        const ROW_BYTES_MIN: u64 = 4;
        // SQLite finds one end of a key at once; asked for both together it reads the whole table.
        let bounds = format!(
            "SELECT coalesce((SELECT min({key}) FROM {table}), 1), \
             coalesce((SELECT max({key}) FROM {table}), 0)"
        );
        let one = |sql: &str| self.connection.query_row(sql, [], |row| row.get::<_, u64>(0));
        let (first, last): (i64, i64) =
            self.connection.query_row(&bounds, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let numbered = last.saturating_sub(first).saturating_add(1).max(0).cast_unsigned();
        let bytes = one("PRAGMA page_count")?.saturating_mul(one("PRAGMA page_size")?);
        Ok(usize::try_from(numbered.min(bytes / ROW_BYTES_MIN)).unwrap_or(0))
    }
}

impl RowReader for Selects<'_> {
    type Error = Error;

    fn rows<R: Row>(&mut self) -> Result<Vec<R>> {
        if self.shared.is_some_and(|tables| !tables.claim(R::TABLE)) {
            return Ok(Vec::new());
        }
        let key = R::columns().first().map_or("row", |column| column.name);
        let sql = format!("SELECT {} FROM {} ORDER BY {key}", names::<R>(), R::TABLE);
        let mut statement = self.connection.prepare(&sql)?;
        let (mut stored, mut rows) = (statement.query([])?, Vec::new());
        // A list that grew by doubling would be copied, and every page touched twice. No more than
        // this fits; where the room cannot be had it grows all the same.
        let _ = rows.try_reserve_exact(self.rows_max(key, R::TABLE)?);
        while let Some(row) = stored.next()? {
            rows.push(R::take(&mut Reading { row, place: 0 }).map_err(malformed)?);
        }
        Ok(rows)
    }
}

/// A value that no ledger writes, as an error of the file.
pub fn malformed(error: Malformed) -> Error {
    Error::FromSqlConversionFailure(0, Type::Null, Box::new(error))
}

/// Gives the values of a stored row, one after the other.
struct Reading<'a, 'b> {
    row: &'a rusqlite::Row<'b>,
    place: usize,
}

impl Source for Reading<'_, '_> {
    fn next(&mut self) -> std::result::Result<Value<'_>, Malformed> {
        let place = self.place;
        self.place += 1;
        let value = self.row.get_ref(place).map_err(|error| Malformed::new(error.to_string()))?;
        Ok(match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Text(text) => {
                let text = std::str::from_utf8(text);
                Value::Text(text.map_err(|_| Malformed::new("text that is not UTF-8"))?)
            }
            ValueRef::Blob(bytes) => Value::Blob(bytes),
            ValueRef::Real(number) => return Err(Malformed::new(format!("number {number}"))),
        })
    }
}
