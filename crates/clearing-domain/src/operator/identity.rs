//! What is kept of an identity document.

use std::num::NonZeroU64;

use crate::HashKey;
use crate::row::{Column, Kind, Malformed, Value, unexpected};

/// A hash of an identity document under the key of the cluster.
///
/// Every operator of a cluster has the same key, so that one person is recognised whatever operator
/// the documents were shown to. Eight bytes are few on purpose: among a thousand million people
/// hardly any two have the same hash, and a wallet stays small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdentityHash(NonZeroU64);

impl IdentityHash {
    /// The hash of a document, however its letters and the spaces around it were typed.
    pub fn of(key: &HashKey, document: &str) -> Self {
        let hash = key.hash(&format!("identity:{}", document.trim().to_ascii_uppercase()));
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash[..8]);
        Self(NonZeroU64::new(u64::from_le_bytes(bytes)).unwrap_or(NonZeroU64::MIN))
    }

    /// The hash as stored.
    pub fn number(self) -> u64 {
        self.0.get()
    }

    /// The hash of a stored number; there is none for zero.
    pub fn from_number(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }
}

impl Column for IdentityHash {
    const KIND: Kind = Kind::Integer;

    fn value(&self) -> Value<'_> {
        Value::Integer(self.number().cast_signed())
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        let Value::Integer(number) = value else { return Err(unexpected(value)) };
        Self::from_number(number.cast_unsigned()).ok_or_else(|| unexpected(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_one_hash_under_a_key_however_it_is_typed() {
        let (key, other) = (HashKey::new([1; 32]), HashKey::new([2; 32]));
        let hash = IdentityHash::of(&key, "11010119900307447X");
        assert_eq!(hash, IdentityHash::of(&key, " 11010119900307447x "));
        assert_ne!(hash, IdentityHash::of(&key, "110101199003074477"));
        assert_ne!(hash, IdentityHash::of(&other, "11010119900307447X"));
        assert_eq!(IdentityHash::from_number(hash.number()), Some(hash));
        assert_eq!((IdentityHash::from_number(0), size_of::<Option<IdentityHash>>()), (None, 8));
    }
}
