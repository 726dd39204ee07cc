//! The identity of a prepaid contract.

use std::fmt;
use std::str::FromStr;

use super::ids::{PaymentId, PaymentIdError, RequestKey};

/// The identity of a prepaid contract: 16 bytes, written as a UUID.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractId(pub [u8; 16]);

impl ContractId {
    /// The contract that a request of a payer creates: a repeat finds it.
    pub fn of_request(key: RequestKey) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"contract").update(&key.0);
        Self(first(&hasher))
    }
}

impl PaymentId {
    /// The id of an attempt to release a lesson of a contract. The salt of the contract keeps other
    /// operators from deriving it, who could use it first.
    pub fn of_release(
        contract: ContractId,
        salt: Option<&[u8; 32]>,
        lesson: u32,
        attempt: u32,
    ) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(b"release")
            .update(&contract.0)
            .update(&lesson.to_le_bytes())
            .update(&attempt.to_le_bytes())
            .update(salt.map_or(&[], |salt| &salt[..]));
        Self(first(&hasher))
    }
}

fn first(hasher: &blake3::Hasher) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    bytes
}

impl fmt::Display for ContractId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        PaymentId(self.0).fmt(formatter)
    }
}

impl fmt::Debug for ContractId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        PaymentId(self.0).fmt(formatter)
    }
}

impl FromStr for ContractId {
    type Err = PaymentIdError;

    fn from_str(text: &str) -> Result<Self, PaymentIdError> {
        text.parse().map(|PaymentId(bytes)| Self(bytes))
    }
}
