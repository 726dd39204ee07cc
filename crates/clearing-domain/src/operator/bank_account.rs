//! What is kept of a bank account: enough to find it again and to show it, in eight bytes.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU64};

use crate::HashKey;
use crate::row::{Column, Kind, Malformed, Value, unexpected};

/// How many bits of a bank account are its last four digits; the others are its hash.
const DIGIT_BITS: u32 = 14;
const DIGITS_MAX: u64 = 9_999;
/// How many bits of the hash an exchange keeps.
const USED_BITS: u32 = 31;

/// A bank account: 50 bits of a hash of its number under the operator's key, and the last four
/// digits. So few bits suffice to tell apart the accounts of one wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BankAccount(NonZeroU64);

/// The bank account that an exchange went through, in the six bytes that an event has room for: 31
/// bits of the hash, the last four digits, and whether the request named it. So a repeat that names
/// another account, or none, is told from the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedAccount {
    digits: LastDigits,
    mark: [u16; 2],
}

/// The last four digits of a bank account, which are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastDigits(NonZeroU16);

impl BankAccount {
    /// The account of a number; `None` when this is not 1 to 34 digits.
    pub fn of(key: &HashKey, number: &str) -> Option<Self> {
        let digits = (1..=34).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        let shown = number.len().saturating_sub(4);
        let last: u64 = digits.then(|| number[shown..].parse().ok())??;
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&key.hash(&format!("account:{number}"))[..8]);
        // The lowest bit of the hash is set, so that no account is zero.
        let hash = u64::from_le_bytes(bytes) >> DIGIT_BITS | 1;
        Self::from_number(hash << DIGIT_BITS | last)
    }

    /// The last four digits.
    pub fn digits(self) -> LastDigits {
        let digits = self.0.get() & ((1 << DIGIT_BITS) - 1);
        LastDigits::new(u16::try_from(digits).unwrap_or_default()).unwrap_or(LastDigits::ZEROS)
    }

    /// What an exchange through it keeps; the request may have named it.
    pub fn used(self, named: bool) -> UsedAccount {
        // Below the digits lies the bit that every hash has set, which tells nothing apart.
        let hash = self.0.get() >> (DIGIT_BITS + 1) & ((1 << USED_BITS) - 1);
        UsedAccount::new(self.digits(), hash << 1 | u64::from(named))
    }

    /// The account as stored.
    pub fn number(self) -> u64 {
        self.0.get()
    }

    /// The account of a stored number; there is none for zero, and none with digits above 9999.
    pub fn from_number(number: u64) -> Option<Self> {
        let fits = number & ((1 << DIGIT_BITS) - 1) <= DIGITS_MAX;
        NonZeroU64::new(number).filter(|_| fits).map(Self)
    }
}

impl UsedAccount {
    fn new(digits: LastDigits, mark: u64) -> Self {
        let half = |shift: u32| u16::try_from(mark >> shift & 0xffff).unwrap_or_default();
        Self { digits, mark: [half(0), half(16)] }
    }

    /// The last four digits.
    pub const fn digits(self) -> LastDigits {
        self.digits
    }

    /// Whether the request named it; else it was the only one of the wallet.
    pub const fn is_named(self) -> bool {
        self.mark[0] & 1 == 1
    }

    /// The account as stored.
    pub fn number(self) -> u64 {
        let mark = u64::from(self.mark[1]) << 16 | u64::from(self.mark[0]);
        mark << DIGIT_BITS | u64::from(self.digits.get())
    }

    /// The account of a stored number; there is none with digits above 9999, or with more bits.
    pub fn from_number(number: u64) -> Option<Self> {
        let digits = u16::try_from(number & ((1 << DIGIT_BITS) - 1)).ok();
        let mark = number >> DIGIT_BITS;
        let digits = digits.and_then(LastDigits::new).filter(|_| mark >> (USED_BITS + 1) == 0)?;
        Some(Self::new(digits, mark))
    }
}

impl LastDigits {
    /// 0000.
    const ZEROS: Self = Self(NonZeroU16::MIN);

    /// The digits of a number up to 9999.
    pub fn new(digits: u16) -> Option<Self> {
        if u64::from(digits) > DIGITS_MAX { None } else { NonZeroU16::new(digits + 1).map(Self) }
    }

    /// The digits as a number up to 9999.
    pub const fn get(self) -> u16 {
        self.0.get() - 1
    }
}

impl fmt::Display for LastDigits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}", self.get())
    }
}

impl Column for BankAccount {
    const KIND: Kind = Kind::Integer;

    fn value(&self) -> Value<'_> {
        Value::Integer(self.number().cast_signed())
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        let Value::Integer(number) = value else { return Err(unexpected(value)) };
        Self::from_number(number.cast_unsigned()).ok_or_else(|| unexpected(value))
    }
}

impl Column for UsedAccount {
    const KIND: Kind = Kind::Integer;

    fn value(&self) -> Value<'_> {
        Value::Integer(self.number().cast_signed())
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        let Value::Integer(number) = value else { return Err(unexpected(value)) };
        Self::from_number(number.cast_unsigned()).ok_or_else(|| unexpected(value))
    }
}

/// Declares a column that may be empty.
macro_rules! nullable {
    ($($type:ty),+) => {
        $(impl Column for Option<$type> {
            const KIND: Kind = Kind::Integer;
            const NULLABLE: bool = true;

            fn value(&self) -> Value<'_> {
                self.as_ref().map_or(Value::Null, Column::value)
            }

            fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
                if value == Value::Null { Ok(None) } else { <$type>::from_value(value).map(Some) }
            }
        })+
    };
}

nullable!(BankAccount, UsedAccount);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_known_by_its_number_and_shows_its_last_digits_alone() {
        let (key, other) = (HashKey::new([1; 32]), HashKey::new([2; 32]));
        let account = BankAccount::of(&key, "6222020200112230045").unwrap();
        assert_eq!(account.digits().to_string(), "0045");
        assert_eq!(BankAccount::of(&key, "6222020200112230045"), Some(account));
        assert_eq!(BankAccount::from_number(account.number()), Some(account));
        let same_digits = BankAccount::of(&key, "6222020200112240045").unwrap();
        assert_ne!(account, same_digits);
        assert_ne!(BankAccount::of(&other, "6222020200112230045"), Some(account));
        assert_eq!(BankAccount::of(&key, "7").unwrap().digits().to_string(), "0007");
        assert_ne!(BankAccount::of(&key, "7"), BankAccount::of(&key, "07"));
        for malformed in ["", "6 2", "62220202 0011", "IBAN6222", &"1".repeat(35)] {
            assert_eq!(BankAccount::of(&key, malformed), None, "{malformed}");
        }
    }

    #[test]
    fn every_four_digits_fit_and_no_others() {
        for digits in [0, 1, 9_999] {
            assert_eq!(LastDigits::new(digits).unwrap().get(), digits);
        }
        assert_eq!(LastDigits::new(10_000), None);
        assert_eq!((BankAccount::from_number(0), BankAccount::from_number(10_000)), (None, None));
        assert_eq!([size_of::<Option<BankAccount>>(), size_of::<Option<UsedAccount>>()], [8, 6]);
    }

    #[test]
    fn what_an_exchange_keeps_tells_accounts_of_the_same_digits_apart() {
        let key = HashKey::new([1; 32]);
        let [account, other] = ["6222020200112230045", "6222020200112240045"]
            .map(|number| BankAccount::of(&key, number).unwrap());
        assert_eq!(account.digits(), other.digits());
        assert_ne!(account.used(true), other.used(true));
        assert_ne!(account.used(true), account.used(false));
        for used in [account.used(true), account.used(false), other.used(true)] {
            assert_eq!(used.digits().to_string(), "0045");
            assert_eq!(UsedAccount::from_number(used.number()), Some(used));
        }
        assert!(account.used(true).is_named() && !account.used(false).is_named());
        assert_eq!(
            [UsedAccount::from_number(10_000), UsedAccount::from_number(1 << 46)],
            [None; 2]
        );
    }
}
