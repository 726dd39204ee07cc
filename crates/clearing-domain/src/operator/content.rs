//! What a client sent, in four bytes: enough to tell a repeat from another request under the same
//! id.

use std::num::NonZeroU32;

use crate::HashKey;
use crate::money::RequestKey;
use crate::row::{Column, Kind, Malformed, Value, unexpected};

/// A mark of what a record itself does not keep: the alias of a payee, the documents that a holder
/// showed.
///
/// It is BLAKE3 over the request and its content under the operator's key, cut to 32 bits. That is
/// short on purpose: it tells two contents of one request apart, but even who has the key finds
/// that of ten thousand million phone numbers two dozen have the same mark, and marks of different
/// requests cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentMark(NonZeroU32);

impl ContentMark {
    /// The mark of a request that asks for all that is left, whatever that is: one that names the
    /// same sum is another request.
    pub const ALL_LEFT: Self = Self(NonZeroU32::MIN);

    /// The mark of the parts of a request.
    pub fn of(key: &HashKey, request: &RequestKey, parts: &[&[u8]]) -> Self {
        let mut hasher = key.hasher();
        hasher.update(&request.0);
        for part in parts {
            // The length first, so that no two lists of parts run into the same bytes.
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        let mut bytes = [0; 4];
        hasher.finalize_xof().fill(&mut bytes);
        Self(NonZeroU32::new(u32::from_le_bytes(bytes)).unwrap_or(NonZeroU32::MIN))
    }

    /// The mark as stored.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// The mark of a stored number; there is none for zero.
    pub fn from_number(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }
}

impl Column for ContentMark {
    const KIND: Kind = Kind::Integer;

    fn value(&self) -> Value<'_> {
        Value::Integer(self.number().into())
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        Self::from_number(u32::from_value(value)?).ok_or_else(|| unexpected(value))
    }
}

impl Column for Option<ContentMark> {
    const KIND: Kind = Kind::Integer;
    const NULLABLE: bool = true;

    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Column::value)
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        if value == Value::Null { Ok(None) } else { ContentMark::from_value(value).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_differ_by_request_and_by_every_part() {
        let key = HashKey::new([7; 32]);
        let of =
            |request: u8, parts: &[&[u8]]| ContentMark::of(&key, &RequestKey([request; 16]), parts);
        let mark = of(1, &[b"ab", b"c"]);
        assert_eq!(mark, of(1, &[b"ab", b"c"]));
        for other in
            [of(2, &[b"ab", b"c"]), of(1, &[b"a", b"bc"]), of(1, &[b"abc"]), of(1, &[b"ab", b"d"])]
        {
            assert_ne!(mark, other);
        }
        for key in [HashKey::default(), HashKey::new([8; 32])] {
            assert_ne!(mark, ContentMark::of(&key, &RequestKey([1; 16]), &[b"ab", b"c"]));
        }
        assert_eq!(ContentMark::from_number(mark.number()), Some(mark));
        assert_eq!(ContentMark::from_number(0), None);
    }
}
