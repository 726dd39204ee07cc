//! Exact fractions, for payments that are divided pro rata.

use std::fmt;

use num_bigint::BigInt;

use crate::money::Position;

/// A reduced fraction with a positive denominator; written as `350/3`, or `110` when it is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fraction {
    numerator: BigInt,
    denominator: BigInt,
}

impl Fraction {
    /// Reduces a fraction.
    ///
    /// # Panics
    /// With a denominator of zero.
    pub fn new(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Self {
        let (mut numerator, mut denominator) = (numerator.into(), denominator.into());
        let zero = BigInt::ZERO;
        assert!(denominator != zero, "a fraction of zero");
        // A positive denominator makes equal fractions equal fields.
        if denominator < zero {
            (numerator, denominator) = (-numerator, -denominator);
        }
        let (mut divisor, mut rest) = (denominator.clone(), &numerator % &denominator);
        // Reduced at once (Euclid): unreduced, the numbers would grow with every sum.
        while rest != zero {
            (divisor, rest) = (rest.clone(), divisor % rest);
        }
        if divisor < zero {
            divisor = -divisor;
        }
        Self { numerator: numerator / &divisor, denominator: denominator / divisor }
    }

    /// Its numerator and denominator.
    pub(super) fn parts(&self) -> (&BigInt, &BigInt) {
        (&self.numerator, &self.denominator)
    }

    /// The whole number of fen at or below it.
    pub fn rounded_down(&self) -> Position {
        // Whole numbers are divided towards zero, which is upwards for a negative fraction.
        let down = BigInt::from(u8::from(self.is_negative() && self.whole().is_none()));
        Position::from_fen(
            i64::try_from(&self.numerator / &self.denominator - down).unwrap_or(i64::MAX),
        )
    }

    /// The sum of two fractions.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let numerator = &self.numerator * &other.denominator + &other.numerator * &self.denominator;
        Self::new(numerator, &self.denominator * &other.denominator)
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.numerator < BigInt::ZERO
    }

    /// The fraction less a sum of money in fen.
    #[must_use]
    pub fn less(&self, position: Position) -> Self {
        Self::new(&self.numerator - &self.denominator * position.fen(), self.denominator.clone())
    }

    /// A number of fen as yuan.
    #[must_use]
    pub fn in_yuan(&self) -> Self {
        Self::new(self.numerator.clone(), &self.denominator * 100)
    }

    /// The fraction as whole fen, if it is whole.
    pub fn whole(&self) -> Option<Position> {
        let whole = self.denominator == BigInt::from(1);
        whole.then(|| i64::try_from(&self.numerator).ok().map(Position::from_fen)).flatten()
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == BigInt::from(1) {
            return write!(formatter, "{}", self.numerator);
        }
        write!(formatter, "{}/{}", self.numerator, self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(numerator: i64, denominator: i64, expected: &str) {
        assert_eq!(Fraction::new(numerator, denominator).to_string(), expected);
    }

    #[test]
    fn fractions_are_reduced_and_their_denominator_is_positive() {
        check(35_000, 300, "350/3");
        check(-4, 6, "-2/3");
        check(4, -6, "-2/3");
        check(-4, -2, "2");
        check(0, 7, "0");
        check(3, 1, "3");
    }

    #[test]
    fn fen_become_yuan() {
        assert_eq!(Fraction::new(250, 1).in_yuan().to_string(), "5/2");
        assert_eq!(
            Fraction::new(250, 1).less(Position::from_fen(300)).whole(),
            Some(Position::from_fen(-50))
        );
        assert_eq!(Fraction::new(1, 2).whole(), None);
    }
}
