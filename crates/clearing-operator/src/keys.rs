//! The keys with which an operator hashes what holders show.

use std::sync::{Arc, OnceLock};

use clearing_api::status::FieldError;
use clearing_card::{Key, SEED_BYTES};
use clearing_domain::operator::IdentityHash;
use clearing_domain::{HashKey, Reason};
use clearing_node::secret::SecretSource;

/// The operator's own key, and that of the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// The key of the hashes of phone numbers and of marks, which no other operator has.
    pub(crate) own: HashKey,
    /// The key with which it certifies cards; it follows from its own.
    pub(crate) issuer: Key,
    /// Where the key of identity documents is found, which the central bank made for all operators.
    source: SecretSource,
    /// That key once it was read.
    identity: Arc<OnceLock<HashKey>>,
}

impl Keys {
    pub(crate) fn new(own: HashKey, source: SecretSource) -> Self {
        let halves = ["card issuer, first half", "card issuer, second half"];
        let mut seed = [0; SEED_BYTES];
        for (part, name) in seed.chunks_mut(SEED_BYTES / 2).zip(halves) {
            part.copy_from_slice(&own.hash(name));
        }
        Self { own, issuer: Key::from_seed(&seed), source, identity: Arc::default() }
    }

    /// The hash of an identity document. Read at the first document and not at the start: the
    /// central bank may not have made the key by then.
    pub(crate) fn identity_hash(&self, document: &str) -> Result<IdentityHash, FieldError> {
        if self.identity.get().is_none() {
            let secret = self.source.read().map_err(|error| {
                let message = format!("identity documents cannot be hashed: {error}");
                FieldError::new(Reason::Unavailable, "identity_document", message)
            })?;
            // Another caller may have read the same file meanwhile.
            let _ = self.identity.set(HashKey::new(secret.bytes()));
        }
        let key = self.identity.get().copied().unwrap_or_default();
        Ok(IdentityHash::of(&key, document))
    }
}
