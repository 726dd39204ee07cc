//! Money in whole fen, shown and read as decimal yuan.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use thiserror::Error;

/// A non-negative amount of money in fen (1/100 yuan): of a request at most [`Amount::MAX`], as a
/// sum of several at most [`Amount::SUM_MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// A signed sum of money in fen: a balance, a net position or a change of either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(i64);

/// Why a text or number is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// The text is not a plain decimal number.
    #[error("amount {0:?} is not a decimal number of yuan")]
    Malformed(String),
    /// More than two decimals: there is no money below one fen.
    #[error("amount {0} has more than two decimals")]
    Scale(String),
    /// Negative or, where a payment is meant, zero.
    #[error("amount {0} is not positive")]
    NotPositive(String),
    /// Larger than any ledger may hold.
    #[error("amount {0} is larger than {max} yuan", max = Amount::MAX)]
    TooLarge(String),
}

impl Amount {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// The largest amount of a request, a payment or a limit: ten trillion yuan.
    pub const MAX: Self = Self(1_000_000_000_000_000);
    /// The largest sum that a ledger lets come about: a thousand of the largest amounts. Nine such
    /// sums can be added and stay within `i64`; [`money`](crate::money) says why no ledger adds
    /// more.
    pub const SUM_MAX: Self = Self(1_000_000_000_000_000_000);

    /// The amount of a number of fen; a negative or too large number is refused.
    pub fn from_fen(fen: i64) -> Result<Self, AmountError> {
        if fen < 0 {
            return Err(AmountError::NotPositive(Position(fen).to_string()));
        }
        if fen > Self::MAX.0 {
            return Err(AmountError::TooLarge(Position(fen).to_string()));
        }
        Ok(Self(fen))
    }

    /// The sum of several amounts, as ledgers keep and store it; `None` when it is negative.
    ///
    /// A ledger written before sums were bounded may hold a larger one than [`Amount::SUM_MAX`].
    pub const fn from_sum(sum: Position) -> Option<Self> {
        if sum.0 < 0 { None } else { Some(Self(sum.0)) }
    }

    /// A part of the amount in thousandths, at most the whole, rounded down.
    #[must_use]
    pub fn permille(self, thousandths: u16) -> Self {
        // At most the whole amount, which fits into `i64`.
        Self((i128::from(self.0) * i128::from(thousandths.min(1000)) / 1000) as i64)
    }

    /// An amount in whole yuan, for tables in the code.
    pub(crate) const fn from_yuan_const(yuan: i64) -> Self {
        assert!(yuan >= 0 && yuan <= Self::MAX.0 / 100);
        Self(yuan * 100)
    }

    /// Reads a decimal number of yuan that must be greater than zero.
    pub fn positive(text: &str) -> Result<Self, AmountError> {
        let amount: Self = text.parse()?;
        if amount == Self::ZERO {
            return Err(AmountError::NotPositive(text.to_owned()));
        }
        Ok(amount)
    }

    /// The number of fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// The amount in yuan, with two decimals.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// The amount as a signed sum.
    pub const fn position(self) -> Position {
        Position(self.0)
    }

    /// The amount, if it may be that of one request or payment: above zero and at most
    /// [`Amount::MAX`].
    pub fn single(self) -> Result<Self, AmountError> {
        match self {
            Self::ZERO => Err(AmountError::NotPositive(self.to_string())),
            _ if self > Self::MAX => Err(AmountError::TooLarge(self.to_string())),
            _ => Ok(self),
        }
    }

    /// The sum, or `None` beyond [`Amount::SUM_MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).filter(|fen| *fen <= Self::SUM_MAX.0).map(Self)
    }

    /// The difference, or `None` below zero.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).filter(|fen| *fen >= 0).map(Self)
    }
}

/// Adds an amount that was checked to fit before; a wrapped sum would be invented money.
impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 = (self.position() + other.position()).0;
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let plain = text.strip_prefix('-').unwrap_or(text);
        let digits = plain.bytes().filter(u8::is_ascii_digit).count();
        let points = plain.bytes().filter(|byte| *byte == b'.').count();
        // Exponents, signs within and separators are refused here: the decimal type would read some
        // of them as numbers that the sender did not mean.
        if digits == 0 || points > 1 || digits + points != plain.len() {
            return Err(AmountError::Malformed(shorten(text)));
        }
        let decimal =
            Decimal::from_str_exact(text).map_err(|_| AmountError::TooLarge(shorten(text)))?;
        // A negative zero counts as zero; a caller that needs a positive amount refuses it itself.
        if decimal.is_sign_negative() && !decimal.is_zero() {
            return Err(AmountError::NotPositive(shorten(text)));
        }
        if decimal.scale() > 2 {
            return Err(AmountError::Scale(shorten(text)));
        }
        let fen = decimal.checked_mul(Decimal::ONE_HUNDRED).and_then(|fen| i64::try_from(fen).ok());
        fen.and_then(|fen| Self::from_fen(fen).ok())
            .ok_or_else(|| AmountError::TooLarge(shorten(text)))
    }
}

/// Cuts the text of a client, so that an error text stays readable.
fn shorten(text: &str) -> String {
    super::cut(text, 40)
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.position().fmt(formatter)
    }
}

impl Position {
    /// The position without a debt or claim.
    pub const ZERO: Self = Self(0);

    /// The position of a number of fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The number of fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// The sum in yuan, with two decimals.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// Whether there is neither debt nor claim.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The net debit: the debt of a negative position, zero otherwise.
    pub fn debit(self) -> Amount {
        Amount((-self.min(Self::ZERO)).0)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.to_decimal().to_string())
    }
}

/// Sums of positions panic on overflow: a wrapped sum would be invented money.
impl std::ops::Add for Position {
    type Output = Self;
    #[expect(
        clippy::expect_used,
        reason = "a wrapped sum would be invented money; stopping is the only safe answer"
    )]
    fn add(self, other: Self) -> Self {
        Self(self.0.checked_add(other.0).expect("sum of money overflows"))
    }
}

impl std::ops::Neg for Position {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl std::ops::Sub for Position {
    type Output = Self;
    #[expect(
        clippy::expect_used,
        reason = "a wrapped sum would be invented money; stopping is the only safe answer"
    )]
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("difference of money overflows"))
    }
}

impl std::ops::AddAssign for Position {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::SubAssign for Position {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::ops::AddAssign<Amount> for Position {
    fn add_assign(&mut self, other: Amount) {
        *self = *self + other.position();
    }
}

impl std::ops::SubAssign<Amount> for Position {
    fn sub_assign(&mut self, other: Amount) {
        *self = *self - other.position();
    }
}

impl std::iter::Sum for Position {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, |total, item| total + item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, &str>) {
        let found = Amount::positive(text).map(Amount::fen).map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn yuan_with_up_to_two_decimals_are_amounts() {
        check("1", Ok(100));
        check("0.01", Ok(1));
        check("12.3", Ok(1230));
        check("10000000000000", Ok(1_000_000_000_000_000));
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        check("", Err("amount \"\" is not a decimal number of yuan"));
        check("1e3", Err("amount \"1e3\" is not a decimal number of yuan"));
        check("1,000", Err("amount \"1,000\" is not a decimal number of yuan"));
        check("+1", Err("amount \"+1\" is not a decimal number of yuan"));
        check("1.005", Err("amount 1.005 has more than two decimals"));
        check("-5", Err("amount -5 is not positive"));
        check("0.00", Err("amount 0.00 is not positive"));
        check(
            "10000000000000.01",
            Err("amount 10000000000000.01 is larger than 10000000000000.00 yuan"),
        );
        check(
            "99999999999999999999999999999999999",
            Err("amount 99999999999999999999999999999999999 is larger than 10000000000000.00 yuan"),
        );
    }
}
