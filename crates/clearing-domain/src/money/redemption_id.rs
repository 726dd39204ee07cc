//! The identity of the redemption of a wealth product.

use std::fmt;
use std::str::FromStr;

use super::WalletNumber;
use super::ids::{PaymentId, PaymentIdError, RequestKey};
use super::loan_id::{first, of_attempt};

/// The identity of a redemption: 16 bytes, written as a UUID.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedemptionId(pub [u8; 16]);

impl RedemptionId {
    /// The redemption that a request of a holder asks of a product: a repeat finds it.
    pub fn of_request(provider: WalletNumber, product: &str, key: RequestKey) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(b"redemption")
            .update(&provider.as_u64().to_le_bytes())
            .update(&key.0)
            .update(product.as_bytes());
        Self(first(&hasher))
    }
}

impl PaymentId {
    /// The id of a subscription in lockstep, where it must be the same in every run.
    pub fn of_subscription(key: RequestKey) -> Self {
        of_attempt(b"subscription", &key.0, None, 0)
    }

    /// The id of an attempt to pay a redemption, by how many there were before. The salt keeps other
    /// operators from deriving it, who could use it first.
    pub fn of_redemption(redemption: RedemptionId, salt: Option<&[u8; 32]>, attempt: u32) -> Self {
        of_attempt(b"redeemed", &redemption.0, salt, attempt)
    }
}

impl fmt::Display for RedemptionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        PaymentId(self.0).fmt(formatter)
    }
}

impl fmt::Debug for RedemptionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        PaymentId(self.0).fmt(formatter)
    }
}

impl FromStr for RedemptionId {
    type Err = PaymentIdError;

    fn from_str(text: &str) -> Result<Self, PaymentIdError> {
        text.parse().map(|PaymentId(bytes)| Self(bytes))
    }
}
