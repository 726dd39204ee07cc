//! The key with which the ledger hashes personal data that it must not store.

use std::fmt;

/// A key of hashes, or none, as in programs before there were keys.
///
/// Phone numbers and documents have so few values that the holder of a plain hash can try them all.
/// With a key, the ledger alone reveals nothing, and hashes of two processes cannot be matched.
#[derive(Clone, Copy, Default)]
pub struct HashKey(Option<[u8; 32]>);

impl HashKey {
    /// The key of these secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(Some(secret))
    }

    /// BLAKE3 of a text under the key, cut to 16 bytes.
    pub fn hash(&self, text: &str) -> [u8; 16] {
        let mut hash = [0; 16];
        hash.copy_from_slice(&self.hasher().update(text.as_bytes()).finalize().as_bytes()[..16]);
        hash
    }

    pub(crate) fn hasher(&self) -> blake3::Hasher {
        self.0.as_ref().map_or_else(blake3::Hasher::new, blake3::Hasher::new_keyed)
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "HashKey(…)" } else { "HashKey(none)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_the_key_and_the_key_is_never_printed() {
        let (one, other) = (HashKey::new([1; 32]), HashKey::new([2; 32]));
        assert_eq!(one.hash("13912345678"), one.hash("13912345678"));
        let all = [one.hash("13912345678"), one.hash("13912345679"), other.hash("13912345678")];
        let plain = HashKey::default().hash("13912345678");
        assert!(all[0] != all[1] && all[0] != all[2] && !all.contains(&plain));
        assert_eq!(
            plain[..],
            blake3::hash(b"13912345678").as_bytes()[..16],
            "as programs before made them"
        );
        assert_eq!(format!("{one:?}"), "HashKey(…)");
    }
}
