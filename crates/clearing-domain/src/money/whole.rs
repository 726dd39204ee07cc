//! Whole numbers in text.

use std::str::FromStr;

/// Reads a whole number written in digits and nothing else.
///
/// The standard library reads "+5" as 5, too. Where text has one meaning only, it has one form:
/// what a person or a peer sends and what this program wrote itself are compared as text elsewhere.
pub fn whole_number<T: FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::whole_number;

    #[test]
    fn only_digits_are_a_whole_number() {
        assert_eq!((whole_number("5"), whole_number("007")), (Some(5_u64), Some(7_u8)));
        for text in ["", "+5", "-5", " 5", "5 ", "5.0", "5e1", "٥", "five", "256"] {
            assert_eq!(whole_number::<u8>(text), None, "{text:?}");
        }
    }
}
