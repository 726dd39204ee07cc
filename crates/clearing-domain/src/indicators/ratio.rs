//! Quotients of whole numbers as decimals.

use rust_decimal::Decimal;

/// The decimals of a quotient, where they fit.
const DECIMALS_MAX: u32 = 20;
/// Below this one more digit fits into a decimal.
const MANTISSA_MAX: u128 = 7_000_000_000_000_000_000_000_000_000;
/// Above this the sum of two remainders could overflow.
const DIVISOR_MAX: u128 = 1 << 127;

/// The quotient to 20 decimals, or to 28 digits when it is large, rounded half to even; `None` when
/// the denominator is zero or the quotient is beyond any decimal.
pub fn ratio(numerator: i128, denominator: i128) -> Option<Decimal> {
    let (divisor, dividend) = (denominator.unsigned_abs(), numerator.unsigned_abs());
    if divisor == 0 || divisor >= DIVISOR_MAX {
        return None;
    }
    let (mut mantissa, mut rest, mut scale) = (dividend / divisor, dividend % divisor, 0);
    while rest > 0 && scale < DECIMALS_MAX && mantissa < MANTISSA_MAX {
        let digit;
        (digit, rest) = next_digit(rest, divisor);
        mantissa = mantissa * 10 + digit;
        scale += 1;
    }
    let up = 2 * rest > divisor || (2 * rest == divisor && mantissa % 2 == 1);
    let mantissa = i128::try_from(mantissa + u128::from(up)).ok()?;
    let signed = if (numerator < 0) == (denominator < 0) { mantissa } else { -mantissa };
    Decimal::try_from_i128_with_scale(signed, scale).ok()
}

/// The next digit of the quotient and the new rest, without a product that could overflow.
fn next_digit(rest: u128, divisor: u128) -> (u128, u128) {
    let (mut digit, mut sum) = (0, 0);
    for _ in 0..10 {
        sum += rest;
        if sum >= divisor {
            sum -= divisor;
            digit += 1;
        }
    }
    (digit, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(numerator: i128, denominator: i128, expected: &str) {
        assert_eq!(
            ratio(numerator, denominator).map_or("none".to_owned(), |ratio| ratio.to_string()),
            expected
        );
    }

    #[test]
    fn quotients_are_exact_or_rounded_half_to_even_at_the_twentieth_decimal() {
        check(30, 290, "0.10344827586206896552");
        check(-1, 8, "-0.125");
        check(1, -8, "-0.125");
        check(0, 5, "0");
        check(5, 0, "none");
        check(7, 7, "1");
        check(25, 10_i128.pow(21), "0.00000000000000000002");
        check(35, 10_i128.pow(21), "0.00000000000000000004");
    }

    #[test]
    fn the_largest_sums_of_money_have_a_quotient() {
        let largest = i128::from(i64::MAX) * i128::from(i64::MAX);
        check(largest - 1, largest, "1.00000000000000000000");
        check(i128::from(i64::MAX), 3, "3074457345618258602.3333333333");
        check(i128::MAX, 1, "none");
    }
}
