//! Values of payments as files have them.

use clearing_domain::money::{self, Amount};
use rust_decimal::{Decimal, RoundingStrategy};

/// A value, and by how much rounding made it larger; `None` when it has no more than two decimals.
pub(super) type ReadAmount = (Amount, Option<Decimal>);

/// Reads a value in yuan. One with more than two decimals is rounded half up when that is asked
/// for. The error is a sentence that carries the text.
pub(super) fn read_amount(text: &str, round: bool) -> Result<ReadAmount, String> {
    // Another notation is refused before it is read: "1,000" must not become an error about
    // decimals, nor "1e5" a number.
    if let Some(sentence) = other_notation(text) {
        return Err(sentence);
    }
    let decimals =
        text.split_once('.').map_or(0, |(_, decimals)| decimals.trim_end_matches('0').len());
    if decimals <= 2 || !round {
        // Zeros beyond two decimals say nothing.
        let text = text
            .split_once('.')
            .filter(|_| decimals <= 2)
            .map_or(text, |(whole, _)| text.get(..whole.len() + 3).unwrap_or(text));
        let read =
            Amount::positive(text).map(|amount| (amount, None)).map_err(|error| error.to_string());
        return read.map_err(|sentence| {
            if decimals > 2 { format!("{sentence}; --round rounds it") } else { sentence }
        });
    }
    let exact = Decimal::from_str_exact(text)
        .map_err(|_| format!("amount {:?} is not a decimal number of yuan", cut(text)))?;
    let rounded = exact.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    // Rounding must not make a payment vanish without a word.
    if rounded.is_zero() {
        return Err(format!("amount {} rounds to 0", cut(text)));
    }
    let amount = Amount::positive(&rounded.to_string()).map_err(|error| error.to_string())?;
    Ok((amount, Some(rounded - exact)))
}

/// What makes a number one of another notation.
fn other_notation(text: &str) -> Option<String> {
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    if text.is_empty() {
        return Some("amount \"\" is empty".to_owned());
    }
    if !has_digit {
        return None;
    }
    let only = |others: &str| {
        text.chars().all(|letter| letter.is_ascii_digit() || others.contains(letter))
    };
    if only("+-.eE") && text.contains(['e', 'E']) {
        return Some(format!("amount {:?} has an exponent; write all its digits", cut(text)));
    }
    if only("+-.,_' \u{a0}\u{202f}") && text.contains([',', '_', '\'', ' ', '\u{a0}', '\u{202f}']) {
        return Some(format!("amount {:?} has separators; write it as 1234.50", cut(text)));
    }
    None
}

fn cut(text: &str) -> String {
    money::cut(text, 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(text: &str, round: bool) -> Result<(i64, Option<String>), String> {
        read_amount(text, round)
            .map(|(amount, by)| (amount.fen(), by.map(|by| by.normalize().to_string())))
    }

    #[test]
    fn values_with_more_decimals_are_rounded_half_up_only_when_asked_for() {
        assert_eq!(fen("12.50", true), Ok((1250, None)));
        assert_eq!(fen("12.5000", false), Ok((1250, None)));
        assert_eq!(fen("0.005", true), Ok((1, Some("0.005".to_owned()))));
        assert_eq!(fen("2.994999", true), Ok((299, Some("-0.004999".to_owned()))));
        assert_eq!(
            fen("1.005", false),
            Err("amount 1.005 has more than two decimals; --round rounds it".to_owned())
        );
        assert_eq!(fen("0.004", true), Err("amount 0.004 rounds to 0".to_owned()));
        assert_eq!(fen("-1.005", true), Err("amount -1.01 is not positive".to_owned()));
    }

    #[test]
    fn other_notations_are_refused_with_what_to_write() {
        for (text, expected) in [
            ("1e5", "amount \"1e5\" has an exponent; write all its digits"),
            ("1,000.00", "amount \"1,000.00\" has separators; write it as 1234.50"),
            ("12,50", "amount \"12,50\" has separators; write it as 1234.50"),
            ("", "amount \"\" is empty"),
            ("x", "amount \"x\" is not a decimal number of yuan"),
            ("-5", "amount -5 is not positive"),
            ("0.00", "amount 0.00 is not positive"),
            ("10000000000000.01", "amount 10000000000000.01 is larger than 10000000000000.00 yuan"),
        ] {
            for round in [false, true] {
                assert_eq!(fen(text, round), Err(expected.to_owned()));
            }
        }
    }
}
