//! Columns of compact messages: identities one after the other, and lists of equal length.
//!
//! A column decodes several times faster than a message per item. The lengths of a message's
//! columns must be checked before its items are read: an item beyond the end of a list would be a
//! panic.

use clearing_domain::Reason;
use clearing_domain::link::ITEMS_MAX;
use clearing_domain::money::{Amount, Timestamp, WalletNumber};
use thiserror::Error;

/// The range of a Timestamp of the interface, in milliseconds since 1970.
const TIMES_MS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// A compact message whose columns do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ColumnError {
    /// The lists of one message have different lengths.
    #[error("{columns} has columns of {expected} and {found} items")]
    Length {
        /// The message.
        columns: &'static str,
        /// Items of the first column.
        expected: usize,
        /// Items of another.
        found: usize,
    },
    /// Bytes that are no whole number of identities.
    #[error("{columns} has {bytes} bytes of identities, not a multiple of 16")]
    Bytes {
        /// The message.
        columns: &'static str,
        /// How many bytes there are.
        bytes: usize,
    },
    /// More items than a message carries.
    #[error("{columns} has {items} items, more than {ITEMS_MAX}")]
    Items {
        /// The message.
        columns: &'static str,
        /// How many items there are.
        items: usize,
    },
    /// A value that no process can have written.
    #[error("{columns} has {value} where {expected} is due")]
    Value {
        /// The message.
        columns: &'static str,
        /// The value.
        value: String,
        /// The kind of value that is due.
        expected: &'static str,
    },
}

/// The identities of a column.
pub(crate) fn identities(
    columns: &'static str,
    bytes: &[u8],
) -> Result<Vec<[u8; 16]>, ColumnError> {
    let (chunks, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(ColumnError::Bytes { columns, bytes: bytes.len() });
    }
    // The number of items is checked before they are copied: a peer decides how many it sends.
    within(columns, chunks.len())?;
    Ok(chunks.to_vec())
}

/// A list with no more items than a message may carry.
pub(crate) fn few<T>(columns: &'static str, items: Vec<T>) -> Result<Vec<T>, ColumnError> {
    within(columns, items.len())?;
    Ok(items)
}

fn within(columns: &'static str, items: usize) -> Result<(), ColumnError> {
    if items > ITEMS_MAX { Err(ColumnError::Items { columns, items }) } else { Ok(()) }
}

/// A time of the years 1 to 9999.
pub(crate) fn time(columns: &'static str, ms: i64) -> Result<Timestamp, ColumnError> {
    if TIMES_MS.contains(&ms) {
        Ok(Timestamp::from_ms(ms))
    } else {
        Err(value(columns, ms, "a time up to the year 9999"))
    }
}

/// One identity.
pub(crate) fn identity(columns: &'static str, bytes: &[u8]) -> Result<[u8; 16], ColumnError> {
    let length = || format!("{} bytes", bytes.len());
    bytes.try_into().map_err(|_| value(columns, length(), "a value of 16 bytes"))
}

/// Checks that every column is as long as the first.
pub(crate) fn equal(
    columns: &'static str,
    expected: usize,
    lengths: &[usize],
) -> Result<(), ColumnError> {
    match lengths.iter().find(|length| **length != expected) {
        Some(found) => Err(ColumnError::Length { columns, expected, found: *found }),
        None => Ok(()),
    }
}

pub(crate) fn value(
    columns: &'static str,
    value: impl ToString,
    expected: &'static str,
) -> ColumnError {
    ColumnError::Value { columns, value: value.to_string(), expected }
}

/// A wallet number.
pub(crate) fn wallet(columns: &'static str, number: u64) -> Result<WalletNumber, ColumnError> {
    WalletNumber::from_u64(number).map_err(|error| value(columns, error, "a wallet number"))
}

/// The amount of a payment, above zero.
pub(crate) fn amount(columns: &'static str, fen: i64) -> Result<Amount, ColumnError> {
    Amount::from_fen(fen)
        .and_then(Amount::single)
        .map_err(|error| value(columns, error, "an amount"))
}

/// A reason; 0 is none.
pub(crate) fn reason(columns: &'static str, number: u32) -> Result<Option<Reason>, ColumnError> {
    if number == 0 {
        return Ok(None);
    }
    let known = u8::try_from(number).ok().and_then(Reason::from_number);
    known.map(Some).ok_or_else(|| value(columns, number, "a reason"))
}

/// The number of a reason; 0 is none.
pub(crate) fn reason_number(reason: Option<Reason>) -> u32 {
    reason.map_or(0, |reason| reason.number().into())
}

/// The message of a list; an empty list has none.
pub(crate) fn some<T, M>(items: &[T], message: impl FnOnce(&[T]) -> M) -> Option<M> {
    if items.is_empty() { None } else { Some(message(items)) }
}
