//! The part of a wealth product that a payment is.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::money::{RedemptionId, cut};

/// The most characters of a product code.
const LENGTH_MAX: usize = 16;

/// The provider's code for a wealth product: 1 to 16 ASCII letters, digits and hyphens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductCode([u8; LENGTH_MAX]);

/// Why a text is not the code of a wealth product.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("product code {0:?} is not 1 to 16 ASCII letters, digits and hyphens")]
pub struct ProductCodeError(pub String);

/// What a payment is within a wealth product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WealthPart {
    /// A holder subscribes to a product of the payee.
    Subscription {
        /// The product.
        product: ProductCode,
        /// The class of the holder's wallet from 1 to 4, as its operator says: the provider's
        /// operator cannot know it.
        class: u8,
    },
    /// The provider pays a redemption.
    Redemption(RedemptionId),
}

impl ProductCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(LENGTH_MAX);
        std::str::from_utf8(&self.0[..length]).unwrap_or_default()
    }
}

impl FromStr for ProductCode {
    type Err = ProductCodeError;

    fn from_str(text: &str) -> Result<Self, ProductCodeError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(1..=LENGTH_MAX).contains(&text.len()) || !text.bytes().all(is_allowed) {
            return Err(ProductCodeError(cut(text, 2 * LENGTH_MAX)));
        }
        let mut code = [0; LENGTH_MAX];
        code[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self(code))
    }
}

impl fmt::Display for ProductCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for ProductCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_short_and_reads_back() {
        let longest = "X".repeat(LENGTH_MAX);
        for text in ["1", "CCB-DAILY-2022", &longest] {
            assert_eq!(text.parse::<ProductCode>().unwrap().as_str(), text);
        }
        for text in ["", "A B", "A:1", "理财", &"X".repeat(LENGTH_MAX + 1)] {
            assert!(text.parse::<ProductCode>().is_err(), "{text:?}");
        }
    }
}
