//! The identity of a loan.

use std::fmt;
use std::str::FromStr;

use super::ids::{PaymentId, PaymentIdError, RequestKey};

/// The identity of a loan: 16 bytes, written as a UUID.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoanId(pub [u8; 16]);

impl LoanId {
    /// The loan that a request of a lender agrees on: a repeat finds it.
    pub fn of_request(key: RequestKey) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"loan").update(&key.0);
        Self(first(&hasher))
    }
}

impl PaymentId {
    /// The id of an attempt to pay a loan out. The salt of the loan keeps other operators from
    /// deriving it, who could use it first.
    pub fn of_disbursement(loan: LoanId, salt: Option<&[u8; 32]>, attempt: u32) -> Self {
        of_loan(b"disbursement", loan, salt, attempt)
    }

    /// The id of an attempt to pay an instalment of a loan, by how many there were before. The salt
    /// is that of the mandate.
    pub fn of_instalment(loan: LoanId, salt: Option<&[u8; 32]>, attempt: u32) -> Self {
        of_loan(b"instalment", loan, salt, attempt)
    }
}

fn of_loan(kind: &[u8], loan: LoanId, salt: Option<&[u8; 32]>, attempt: u32) -> PaymentId {
    of_attempt(kind, &loan.0, salt, attempt)
}

/// The id of an attempt to pay something, by how many there were before.
pub(super) fn of_attempt(
    kind: &[u8],
    of: &[u8; 16],
    salt: Option<&[u8; 32]>,
    attempt: u32,
) -> PaymentId {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(kind)
        .update(of)
        .update(&attempt.to_le_bytes())
        .update(salt.map_or(&[], |salt| &salt[..]));
    PaymentId(first(&hasher))
}

/// The first bytes of a hash.
pub(super) fn first(hasher: &blake3::Hasher) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    bytes
}

impl fmt::Display for LoanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        PaymentId(self.0).fmt(formatter)
    }
}

impl fmt::Debug for LoanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        PaymentId(self.0).fmt(formatter)
    }
}

impl FromStr for LoanId {
    type Err = PaymentIdError;

    fn from_str(text: &str) -> Result<Self, PaymentIdError> {
        text.parse().map(|PaymentId(bytes)| Self(bytes))
    }
}
