//! The demand rate.

use std::fmt;

use super::{Amount, Total};

/// Days that a year of interest on a wallet has.
const DAYS: i128 = 360;
/// Days that a year of a wealth product has.
const YIELD_DAYS: i128 = 365;
/// Millionths of the whole.
const WHOLE: i128 = 1_000_000;

/// A yearly rate of interest in millionths; 500 is 0.05 percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterestRate(u32);

impl InterestRate {
    /// No interest.
    pub const ZERO: Self = Self(0);
    /// One hundred percent.
    pub const MAX: Self = Self(1_000_000);

    /// A rate in millionths, at most [`InterestRate::MAX`].
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths <= Self::MAX.0 { Some(Self(millionths)) } else { None }
    }

    /// The rate in millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// The interest on a sum of fen times days, by actual days over 360, rounded once to the nearest
    /// fen, half a fen up. `None` when it is more than an amount.
    pub fn interest(self, fen_days: Total) -> Option<Amount> {
        self.over(fen_days, 0, DAYS)
    }

    /// What a holding of a wealth product earns on a sum of fen times days, by actual days over 365,
    /// with the [rest](Self::rest) that was left before: rounded likewise, and never less than nothing.
    pub fn earned(self, fen_days: Total, rest: i128) -> Option<Amount> {
        self.over(fen_days, rest, YIELD_DAYS)
    }

    /// What a sum of fen times days has earned beyond an amount that was paid for it, in parts of a
    /// fen; below zero when that was more.
    pub fn rest(self, fen_days: Total, paid: Amount) -> i128 {
        let parts = fen_days.fen().saturating_mul(i128::from(self.0));
        parts.saturating_sub(i128::from(paid.fen()) * YIELD_DAYS * WHOLE)
    }

    fn over(self, fen_days: Total, rest: i128, days: i128) -> Option<Amount> {
        let (parts, whole) = (fen_days.fen().checked_mul(i128::from(self.0))?, days * WHOLE);
        let fen = parts.checked_add(rest)?.checked_add(whole / 2)?.div_euclid(whole).max(0);
        i64::try_from(fen).ok().and_then(|fen| Amount::from_fen(fen).ok())
    }
}

impl fmt::Display for InterestRate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (percent, rest) = (self.0 / 10_000, self.0 % 10_000);
        let text = format!("{percent}.{rest:04}");
        write!(formatter, "{} %", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(millionths: u32, yuan: i64, days: usize, fen: i64) {
        let balance = Amount::from_fen(yuan * 100).unwrap();
        let rate = InterestRate::from_millionths(millionths).unwrap();
        assert_eq!(
            rate.interest(Total::times(balance, days)),
            Some(Amount::from_fen(fen).unwrap())
        );
    }

    #[test]
    fn interest_is_exact_and_rounded_once() {
        // 10,000 yuan at 0.35 percent for 90 days: 8.75 yuan.
        check(3_500, 10_000, 90, 875);
        // 1,000 yuan at 0.05 percent for 92 days: 12.777... fen.
        check(500, 1_000, 92, 13);
        // Half a fen goes up: 360 yuan at 0.05 percent for one day are 0.05 fen, for ten 0.5.
        check(500, 360, 10, 1);
        check(500, 360, 9, 0);
        check(0, 1_000_000, 92, 0);
    }

    #[test]
    fn a_product_earns_by_a_year_of_365_days() {
        let rate = InterestRate::from_millionths(20_000).unwrap();
        let earned = |fen, days| {
            let holding = Amount::from_fen(fen).unwrap();
            rate.earned(Total::times(holding, days), 0).map(Amount::fen)
        };
        assert_eq!(earned(100_000, 365), Some(2_000));
        // Half a fen goes up: 2 percent of 36.50 yuan are 0.2 fen a day.
        assert_eq!([2, 3].map(|days| earned(3_650, days)), [Some(0), Some(1)]);
        assert_eq!(earned(1_825, 5), Some(1));
        assert_eq!(earned(100_000, 366), Some(2_005));
    }

    #[test]
    fn what_is_earned_in_parts_is_what_is_earned_at_once() {
        let rate = InterestRate::from_millionths(20_000).unwrap();
        let holding = Amount::from_fen(3_650).unwrap();
        let (mut rest, mut sum) = (0, 0);
        for day in 1..=20 {
            let part = Total::times(holding, 1);
            let earned = rate.earned(part, rest).unwrap();
            rest += rate.rest(part, earned);
            sum += earned.fen();
            let whole = rate.earned(Total::times(holding, day), 0).unwrap();
            assert_eq!(sum, whole.fen(), "after {day} days");
        }
        // What was paid too much is no less than nothing later.
        assert_eq!(rate.earned(Total::times(holding, 1), -365_000_000 * 3), Some(Amount::ZERO));
    }

    #[test]
    fn a_rate_is_at_most_the_whole() {
        assert_eq!(InterestRate::from_millionths(1_000_001), None);
        assert_eq!(InterestRate::from_millionths(500).unwrap().to_string(), "0.05 %");
        assert_eq!(InterestRate::MAX.to_string(), "100 %");
    }

    #[test]
    fn more_than_an_amount_is_none() {
        assert_eq!(InterestRate::MAX.interest(Total::times(Amount::MAX, 361)), None);
        assert_eq!(InterestRate::MAX.interest(Total::times(Amount::MAX, 360)), Some(Amount::MAX));
    }
}
