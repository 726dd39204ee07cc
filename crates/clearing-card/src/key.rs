//! The keys of cards and of their issuers.

use clearing_domain::money::WalletNumber;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// How many bytes a key is made of.
pub const SEED_BYTES: usize = 32;
/// How many bytes a public key has.
pub const PUBLIC_BYTES: usize = 32;
/// How many bytes a signature has.
pub const SIGNATURE_BYTES: usize = 64;

/// What a certificate begins with, so that its bytes are those of nothing else.
const CERTIFICATE: &[u8; 26] = b"clearing.v1.CertifiedCard\n";

/// A secret key: that of a card, or of an issuer.
#[derive(Clone, Debug)]
pub struct Key(SigningKey);

impl Key {
    /// The key of a seed.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public part.
    pub fn public(&self) -> [u8; PUBLIC_BYTES] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs bytes; the same bytes always give the same signature.
    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(bytes).to_bytes()
    }

    /// Certifies as the issuer that a key is that of a card.
    pub fn certify(&self, card: WalletNumber, key: &[u8; PUBLIC_BYTES]) -> Certificate {
        Certificate { card, key: *key, signature: self.sign(&card_bytes(card, key)) }
    }
}

/// Whether bytes were signed with the secret part of a key. Weak keys and signatures that have
/// another form of the same value are refused, so that all who check agree.
pub(crate) fn is_signed(
    key: &[u8; PUBLIC_BYTES],
    bytes: &[u8],
    signature: &[u8; SIGNATURE_BYTES],
) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(bytes, &signature).is_ok())
}

/// An issuer's word that a key is that of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The card.
    pub card: WalletNumber,
    /// Its public key.
    pub key: [u8; PUBLIC_BYTES],
    /// The signature of the issuer.
    pub signature: [u8; SIGNATURE_BYTES],
}

impl Certificate {
    /// Whether an issuer has given it.
    pub fn is_of(&self, issuer: &[u8; PUBLIC_BYTES]) -> bool {
        is_signed(issuer, &card_bytes(self.card, &self.key), &self.signature)
    }
}

/// What an issuer signs for a card: 26 characters, the number of the card as 8 bytes, the highest
/// first, and the 32 bytes of its public key.
pub fn card_bytes(card: WalletNumber, key: &[u8; PUBLIC_BYTES]) -> [u8; 66] {
    let mut bytes = [0; 66];
    bytes[..26].copy_from_slice(CERTIFICATE);
    bytes[26..34].copy_from_slice(&card.as_u64().to_be_bytes());
    bytes[34..].copy_from_slice(key);
    bytes
}

/// The seed of a key that experiments make: it follows from the seed of the run, a name and a number.
pub fn card_seed(seed: u64, name: &str, number: u64) -> [u8; SEED_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(b"card")
        .update(&seed.to_le_bytes())
        .update(name.as_bytes())
        .update(&number.to_le_bytes());
    *hasher.finalize().as_bytes()
}
