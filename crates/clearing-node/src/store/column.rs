//! Columns of ledger files as values of the domain.

use clearing_domain::Reason;
use clearing_domain::money::{Amount, Position, Timestamp, WalletNumber};
use rusqlite::{Connection, Error, Result, Row, types::Type};

/// Every row of a query.
pub fn rows<T>(
    connection: &Connection,
    sql: &str,
    read: fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare(sql)?.query_map([], read)?.collect()
}

/// A wallet number.
pub fn number(row: &Row<'_>, column: usize) -> Result<WalletNumber> {
    let number: i64 = row.get(column)?;
    // The check digit is tested again: a number that was changed by hand must not find a wallet.
    let checked = u64::try_from(number).ok().and_then(|number| WalletNumber::from_u64(number).ok());
    checked.ok_or_else(|| broken(column, &format!("wallet number {number}")))
}

/// A wallet number that may be missing.
pub fn optional_number(row: &Row<'_>, column: usize) -> Result<Option<WalletNumber>> {
    row.get::<_, Option<i64>>(column)?.map(|_| number(row, column)).transpose()
}

/// An amount.
pub fn amount(row: &Row<'_>, column: usize) -> Result<Amount> {
    Amount::from_fen(row.get(column)?).map_err(|error| broken(column, &error.to_string()))
}

/// A sum of amounts, which may be larger than one amount.
pub fn sum(row: &Row<'_>, column: usize) -> Result<Amount> {
    let sum = position(row, column)?;
    Amount::from_sum(sum).ok_or_else(|| broken(column, &format!("the negative sum {sum}")))
}

/// A sum of amounts that may be missing.
pub fn optional_sum(row: &Row<'_>, column: usize) -> Result<Option<Amount>> {
    row.get::<_, Option<i64>>(column)?.map(|_| sum(row, column)).transpose()
}

/// A signed sum.
pub fn position(row: &Row<'_>, column: usize) -> Result<Position> {
    row.get(column).map(Position::from_fen)
}

/// A time.
pub fn time(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    row.get(column).map(Timestamp::from_ms)
}

/// A flag: 0 or 1, and no other value that SQLite would accept as one.
pub fn flag(row: &Row<'_>, column: usize) -> Result<bool> {
    match row.get::<_, i64>(column)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(broken(column, &format!("flag {other}"))),
    }
}

/// Checks that the rows of a list are numbered from 0 without a gap.
pub fn numbered(row: &Row<'_>, column: usize, expected: usize) -> Result<()> {
    let number: i64 = row.get(column)?;
    let same = i64::try_from(expected).is_ok_and(|expected| expected == number);
    if same {
        Ok(())
    } else {
        Err(broken(column, &format!("number {number} in place of {expected}")))
    }
}

/// A text that is never stored empty.
pub fn optional_text(row: &Row<'_>, column: usize) -> Result<Option<Box<str>>> {
    let text: Option<Box<str>> = row.get(column)?;
    if text.as_deref() == Some("") { Err(broken(column, "an empty text")) } else { Ok(text) }
}

/// A reason; 0 is none.
pub fn reason(row: &Row<'_>, column: usize) -> Result<Option<Reason>> {
    let number: u8 = row.get(column)?;
    if number == 0 { Ok(None) } else { known(row, column, Reason::from_number).map(Some) }
}

/// A kind or state by its number.
pub fn known<T>(row: &Row<'_>, column: usize, from_number: fn(u8) -> Option<T>) -> Result<T> {
    let number: u8 = row.get(column)?;
    from_number(number).ok_or_else(|| broken(column, &format!("number {number}")))
}

/// The error of a value that no ledger writes.
pub fn broken(column: usize, value: &str) -> Error {
    Error::FromSqlConversionFailure(column, Type::Null, format!("{value} cannot stand here").into())
}
