//! The reference by which a payment names a bill.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::money::cut;

/// The most characters of a reference, as in ISO 20022 (`Max35Text`).
const LENGTH_MAX: usize = 35;

/// The payee's name for a bill: 1 to 35 printable ASCII characters without spaces.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillReference(Box<str>);

/// Why a text is not the reference of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("bill reference {0:?} is not 1 to 35 printable ASCII characters without spaces")]
pub struct BillReferenceError(pub String);

impl BillReference {
    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BillReference {
    type Err = BillReferenceError;

    fn from_str(text: &str) -> Result<Self, BillReferenceError> {
        let fits = (1..=LENGTH_MAX).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(BillReferenceError(cut(text, 2 * LENGTH_MAX)))
        }
    }
}

impl fmt::Display for BillReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for BillReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_short_and_printable() {
        let longest = "X".repeat(LENGTH_MAX);
        for text in ["1", "TAX-2022/0042", &longest] {
            assert_eq!(text.parse::<BillReference>().unwrap().as_str(), text);
        }
        for text in ["", "A B", "A\n", "税单", &"X".repeat(LENGTH_MAX + 1)] {
            assert!(text.parse::<BillReference>().is_err(), "{text:?}");
        }
    }
}
