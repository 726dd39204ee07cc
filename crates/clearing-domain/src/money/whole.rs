//! Whole numbers in text.

use std::str::FromStr;

/// Reads a whole number that consists of digits only.
///
/// The standard library also reads "+5" as 5. Here each number has one form, because texts of
/// people and peers are compared elsewhere, as texts, with those that this program wrote.
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
