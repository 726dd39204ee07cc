//! Rows: what a ledger appends, each kind declared once.
//!
//! A declaration with `row!` gives a kind of row its record, its columns in the ledger file, its
//! bytes in the hash chain and the way back from the file. A declaration with `rows!` names all
//! kinds of one ledger: what a batch appended, what a file holds, and the one order of both.
//!
//! What is hashed is what is stored, value by value, so no column can be changed unseen.

mod column;
mod declare;
mod details;
#[cfg(test)]
mod test_tables;
mod variants;

use std::borrow::Borrow;

use thiserror::Error;

pub use column::Column;
pub(crate) use column::unexpected;
pub(crate) use declare::{numbered, row, rows};
#[cfg(test)]
pub(crate) use test_tables::{TestTables, Variants, check_every_variant};
pub(crate) use variants::{group, variants};

/// A value as a column of a ledger file holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Integer,
    /// Texts.
    Text,
    /// Bytes.
    Blob,
    /// Texts or bytes.
    Any,
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Whether a value may be missing.
    pub nullable: bool,
}

/// A value that no ledger writes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{value} cannot stand in column {column}")]
pub struct Malformed {
    /// The column.
    pub column: &'static str,
    /// What was found.
    pub value: String,
}

impl Malformed {
    /// A value that cannot stand where it was found; the row names the column.
    pub fn new(value: impl Into<String>) -> Self {
        Self { column: "", value: value.into() }
    }

    /// The same, with the column if it has none yet.
    #[must_use]
    pub fn within(mut self, column: &'static str) -> Self {
        if self.column.is_empty() {
            self.column = column;
        }
        self
    }
}

/// Where the values of a row go, in the order of its columns.
pub trait Sink {
    /// Why a value is not taken.
    type Error;
    /// Takes the next value.
    fn put(&mut self, value: Value<'_>) -> Result<(), Self::Error>;
}

/// Where the values of a row come from, in the order of its columns.
pub trait Source {
    /// Gives the next value.
    fn next(&mut self) -> Result<Value<'_>, Malformed>;
}

/// A part of a row: one column, or several that only make sense together.
pub trait Field: Sized {
    /// Adds its columns; one alone has the name of the field.
    fn columns(name: &'static str, columns: &mut Vec<ColumnSpec>);
    /// Gives its values.
    fn put<S: Sink>(&self, sink: &mut S) -> Result<(), S::Error>;
    /// Builds it again from its values.
    fn take(source: &mut impl Source) -> Result<Self, Malformed>;
}

/// A part of a row that may be missing as a whole.
pub trait OptionalField: Sized {
    /// Adds its columns, each of which may hold nothing.
    fn columns(name: &'static str, columns: &mut Vec<ColumnSpec>);
    /// Gives its values, or nothing for each.
    fn put<S: Sink>(value: Option<&Self>, sink: &mut S) -> Result<(), S::Error>;
    /// Builds it again from its values, if it is there.
    fn take(source: &mut impl Source) -> Result<Option<Self>, Malformed>;
}

/// A value of a variant, from a column that may be empty.
pub trait Part<T>: Sized {
    /// The value; an error where it must be there and is not.
    fn of(column: Option<T>) -> Result<Self, Malformed>;
}

impl<T> Part<T> for T {
    fn of(column: Option<T>) -> Result<Self, Malformed> {
        column.ok_or_else(|| Malformed::new("nothing"))
    }
}

impl<T> Part<T> for Option<T> {
    fn of(column: Option<T>) -> Result<Self, Malformed> {
        Ok(column)
    }
}

/// A kind of row.
pub trait Row: Sized {
    /// The table of the ledger file.
    const TABLE: &'static str;
    /// What tells it from other kinds in the hash chain.
    const KIND: u8;

    /// The number of the row: its place in the one order of the ledger.
    fn number(&self) -> u64;
    /// Gives the row its number.
    fn set_number(&mut self, number: u64);
    /// The columns of the table; the first is the number of the row.
    fn columns() -> Vec<ColumnSpec>;
    /// Gives the values of the columns.
    fn put<S: Sink>(&self, sink: &mut S) -> Result<(), S::Error>;
    /// Builds the row again from the values of its columns.
    fn take(source: &mut impl Source) -> Result<Self, Malformed>;
}

/// What every kind of row of a ledger is shown to.
pub trait Kinds {
    /// Looks at a kind.
    fn kind<R: Row>(&mut self);
}

/// Writes rows.
pub trait RowWriter {
    /// Why they are not written.
    type Error;
    /// Writes rows of one kind, in order.
    fn rows<R: Row, B: Borrow<R>>(
        &mut self,
        rows: impl Iterator<Item = B>,
    ) -> Result<(), Self::Error>;
}

/// Reads rows.
pub trait RowReader {
    /// Why they cannot be read.
    type Error;
    /// Reads all rows of one kind in ascending order.
    fn rows<R: Row>(&mut self) -> Result<Vec<R>, Self::Error>;
}

/// The bytes of rows in the hash chain: of each its kind and its values, every one with its own
/// kind and length, so that no two rows have the same.
impl Sink for Vec<u8> {
    type Error = std::convert::Infallible;

    fn put(&mut self, value: Value<'_>) -> Result<(), Self::Error> {
        let (kind, bytes) = match value {
            Value::Null => {
                self.push(0);
                return Ok(());
            }
            Value::Integer(number) => {
                self.push(1);
                self.extend(number.to_le_bytes());
                return Ok(());
            }
            Value::Text(text) => (2, text.as_bytes()),
            Value::Blob(bytes) => (3, bytes),
        };
        self.push(kind);
        self.extend((bytes.len() as u64).to_le_bytes());
        self.extend(bytes);
        Ok(())
    }
}

/// Appends the bytes of a row that the hash chain covers.
pub(crate) fn hash_into<R: Row>(row: &R, bytes: &mut Vec<u8>) {
    bytes.push(R::KIND);
    let Ok(()) = row.put(bytes);
}

#[cfg(test)]
mod tests;
