//! Wallet numbers: operator prefix, kind, serial and check digit.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use thiserror::Error;

use super::whole_number;

/// The three-digit operator prefix of a wallet number; it routes without a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(u16);

/// The kind of a wallet, by its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum WalletKind {
    /// A natural person or sole trader.
    Personal = 1,
    /// A legal entity.
    Corporate = 2,
    /// A merchant.
    Merchant = 3,
    /// A government body or treasury.
    Government = 4,
    /// A hard wallet on a card or wearable.
    Hard = 5,
    /// The operator's own wallet.
    Operator = 6,
}

/// A wallet number: 3-digit operator prefix, 1-digit kind, 11-digit serial and a Luhn check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalletNumber(NonZeroU64);

/// Why a text is not a wallet number.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WalletNumberError {
    /// Not sixteen digits, or an unknown kind.
    #[error("wallet number {0:?} is not 16 digits with a known kind")]
    Malformed(String),
    /// The Luhn check digit is wrong: most likely a typing error.
    #[error("wallet number {0} has a wrong check digit")]
    CheckDigit(String),
}

impl Prefix {
    /// The prefix of a number from 1 to 999; `None` for another number.
    pub fn new(number: u16) -> Option<Self> {
        (1..=999).contains(&number).then_some(Self(number))
    }

    /// The prefix as a number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:03}", self.0)
    }
}

impl WalletKind {
    /// Every kind, in the order of its digit.
    pub const ALL: [Self; 6] = [
        Self::Personal,
        Self::Corporate,
        Self::Merchant,
        Self::Government,
        Self::Hard,
        Self::Operator,
    ];

    /// The digit in the wallet number.
    pub const fn digit(self) -> u8 {
        self as u8
    }

    /// The kind of a digit.
    pub fn from_digit(digit: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.digit() == digit)
    }
}

impl WalletNumber {
    /// The largest serial number.
    pub const SERIAL_MAX: u64 = 99_999_999_999;

    /// Builds a number; `None` when the serial has more than eleven digits.
    pub fn new(prefix: Prefix, kind: WalletKind, serial: u64) -> Option<Self> {
        if serial > Self::SERIAL_MAX {
            return None;
        }
        let body = (u64::from(prefix.0) * 10 + u64::from(kind.digit())) * 100_000_000_000 + serial;
        NonZeroU64::new(body * 10 + luhn_check_digit(body)).map(Self)
    }

    /// Checks a number as it is stored or sent between processes.
    pub fn from_u64(number: u64) -> Result<Self, WalletNumberError> {
        let malformed = || WalletNumberError::Malformed(format!("{number:016}"));
        if number >= 10_000_000_000_000_000 {
            return Err(malformed());
        }
        // The form is checked before the check digit, which detects a typing error only in a number
        // of the right form.
        let candidate = NonZeroU64::new(number).map(Self).ok_or_else(malformed)?;
        if Prefix::new(candidate.prefix_number()).is_none() || candidate.kind_digit().is_none() {
            return Err(malformed());
        }
        if luhn_check_digit(number / 10) != number % 10 {
            return Err(WalletNumberError::CheckDigit(format!("{number:016}")));
        }
        Ok(candidate)
    }

    /// The number as an integer below 10^16.
    pub const fn as_u64(self) -> u64 {
        self.0.get()
    }

    /// The operator prefix.
    pub const fn prefix(self) -> Prefix {
        Prefix(self.prefix_number())
    }

    /// The kind of holder.
    pub fn kind(self) -> WalletKind {
        self.kind_digit().unwrap_or(WalletKind::Personal)
    }

    /// The serial within the operator and kind.
    pub const fn serial(self) -> u64 {
        self.as_u64() / 10 % 100_000_000_000
    }

    const fn prefix_number(self) -> u16 {
        (self.as_u64() / 10_000_000_000_000) as u16
    }

    fn kind_digit(self) -> Option<WalletKind> {
        WalletKind::from_digit((self.as_u64() / 1_000_000_000_000 % 10) as u8)
    }
}

/// The contribution of two digits to the sum of Luhn's test when the right one counts double.
/// Numbers are checked at every border that they cross, so the test works by pairs and without
/// branches.
const LUHN_OF_PAIRS: [u8; 100] = {
    let mut sums = [0; 100];
    let mut pair = 0;
    while pair < 100 {
        let (left, right) = (pair / 10, pair % 10);
        let doubled = if right >= 5 { right * 2 - 9 } else { right * 2 };
        sums[pair] = (left + doubled) as u8;
        pair += 1;
    }
    sums
};

/// The digit that makes `body` followed by it pass the Luhn test.
pub(super) fn luhn_check_digit(body: u64) -> u64 {
    let mut rest = body;
    let mut sum = 0;
    while rest > 0 {
        sum += u64::from(LUHN_OF_PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    (10 - sum % 10) % 10
}

impl FromStr for WalletNumber {
    type Err = WalletNumberError;

    fn from_str(text: &str) -> Result<Self, WalletNumberError> {
        let malformed = || WalletNumberError::Malformed(super::cut(text, 40));
        let number = whole_number(text).filter(|_| text.len() == 16);
        Self::from_u64(number.ok_or_else(malformed)?)
    }
}

impl fmt::Display for WalletNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016}", self.0)
    }
}

impl fmt::Debug for WalletNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WalletNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(serial: u64) -> WalletNumber {
        WalletNumber::new(Prefix::new(2).unwrap(), WalletKind::Personal, serial).unwrap()
    }

    #[test]
    fn a_number_reads_back_as_written() {
        for serial in [0, 1, 42, WalletNumber::SERIAL_MAX] {
            let text = number(serial).to_string();
            assert_eq!(text.len(), 16);
            let read: WalletNumber = text.parse().unwrap();
            assert_eq!(
                (read.prefix().get(), read.kind(), read.serial()),
                (2, WalletKind::Personal, serial)
            );
        }
        assert_eq!(
            WalletNumber::new(Prefix::new(2).unwrap(), WalletKind::Personal, 100_000_000_000),
            None
        );
    }

    #[test]
    fn the_check_digit_is_that_of_the_published_examples() {
        // 4992739871-6 and 7992739871-3 are the numbers that texts on Luhn's test go through.
        for (body, digit) in [(4_992_739_871, 6), (7_992_739_871, 3), (0, 0), (5, 9)] {
            assert_eq!(luhn_check_digit(body), digit);
        }
    }

    #[test]
    fn every_single_wrong_digit_is_found() {
        let text = number(12_345_678_901).to_string();
        for place in 0..16 {
            for digit in b'0'..=b'9' {
                let mut wrong = text.clone().into_bytes();
                if wrong[place] == digit {
                    continue;
                }
                wrong[place] = digit;
                assert!(String::from_utf8(wrong).unwrap().parse::<WalletNumber>().is_err());
            }
        }
    }

    #[test]
    fn malformed_numbers_are_named() {
        for text in [
            "",
            "12",
            "00210000000000170",
            "002100000000001x",
            "0029000000000019",
            "0000000000000000",
        ] {
            assert!(
                matches!(text.parse::<WalletNumber>(), Err(WalletNumberError::Malformed(_))),
                "{text}"
            );
        }
    }
}
