//! Exact sums of any length, for checks and audits.

use std::fmt;

use super::{Amount, Position};

/// A sum of money in fen that no ledger can overflow: it has room for more amounts than a file has
/// bytes.
///
/// Ledgers keep [`Position`]s and [`Amount`]s and hold them below [`Amount::SUM_MAX`]. The checks
/// of that bound, and the audits of ledgers that may be wrong, add in this type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Total(i128);

impl Total {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Whether the sum is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether a ledger may keep the sum, on either side of zero.
    pub const fn is_bounded(self) -> bool {
        self.0.unsigned_abs() <= Amount::SUM_MAX.fen() as u128
    }

    /// The debt of a negative sum, zero otherwise.
    #[must_use]
    pub const fn debit(self) -> Self {
        Self(if self.0 < 0 { -self.0 } else { 0 })
    }

    /// The sum without its sign.
    #[must_use]
    pub const fn magnitude(self) -> Self {
        Self(if self.0 < 0 { -self.0 } else { self.0 })
    }

    /// A part of it in thousandths, rounded towards zero.
    #[must_use]
    pub fn permille(self, thousandths: u16) -> Self {
        Self(self.0 * i128::from(thousandths) / 1000)
    }

    /// The share of a part of an amount in it, rounded down; all of it when the part is the whole.
    #[must_use]
    pub fn share(self, part: Amount, of: Amount) -> Self {
        if part == of {
            return self;
        }
        let parts = self.0.checked_mul(i128::from(part.fen()));
        Self(parts.and_then(|parts| parts.checked_div(i128::from(of.fen()))).unwrap_or_default())
    }

    /// So many times an amount.
    pub fn times(amount: Amount, count: usize) -> Self {
        Self(i128::from(amount.fen()) * count as i128)
    }

    /// The sum in fen.
    pub const fn fen(self) -> i128 {
        self.0
    }

    /// The sum as a position; `None` when it does not fit.
    pub fn position(self) -> Option<Position> {
        i64::try_from(self.0).ok().map(Position::from_fen)
    }
}

impl From<Position> for Total {
    fn from(position: Position) -> Self {
        Self(position.fen().into())
    }
}

impl From<Amount> for Total {
    fn from(amount: Amount) -> Self {
        Self(amount.fen().into())
    }
}

impl<T: Into<Self>> std::ops::Add<T> for Total {
    type Output = Self;
    fn add(self, other: T) -> Self {
        Self(self.0 + other.into().0)
    }
}

impl<T: Into<Self>> std::ops::Sub<T> for Total {
    type Output = Self;
    fn sub(self, other: T) -> Self {
        Self(self.0 - other.into().0)
    }
}

impl<T: Into<Self>> std::ops::AddAssign<T> for Total {
    fn add_assign(&mut self, other: T) {
        *self = *self + other;
    }
}

impl<T: Into<Self>> std::ops::SubAssign<T> for Total {
    fn sub_assign(&mut self, other: T) {
        *self = *self - other;
    }
}

impl<T: Into<Self>> std::iter::Sum<T> for Total {
    fn sum<I: Iterator<Item = T>>(items: I) -> Self {
        items.fold(Self::ZERO, |total, item| total + item)
    }
}

/// In yuan with two decimals, as positions are written.
impl fmt::Display for Total {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, fen) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        formatter.pad(&format!("{sign}{}.{:02}", fen / 100, fen % 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_beyond_every_ledger_are_exact_and_written_in_yuan() {
        let total: Total =
            [Position::from_fen(i64::MAX), Position::from_fen(i64::MAX)].into_iter().sum();
        assert_eq!(total.to_string(), "184467440737095516.14");
        assert_eq!((total.position(), total.is_bounded()), (None, false));
        let back = total - Position::from_fen(i64::MAX) - Position::from_fen(i64::MAX);
        assert!(back.is_zero() && back.is_bounded());
    }

    #[test]
    fn it_reads_like_a_position() {
        for fen in [0, 1, -1, 99, -100, 123_456, i64::MIN] {
            let position = Position::from_fen(fen);
            assert_eq!(Total::from(position).to_string(), position.to_string());
        }
    }

    #[test]
    fn the_bound_holds_on_both_sides() {
        let most = Total::from(Amount::SUM_MAX);
        let fen = Position::from_fen(1);
        assert!(most.is_bounded() && !(most + fen).is_bounded());
        assert!((Total::ZERO - most).is_bounded() && !(Total::ZERO - most - fen).is_bounded());
    }
}
