//! Numbers as people read them.

/// Fen as yuan with two decimals and thousands set apart.
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", grouped(fen / 100), fen % 100)
}

/// A count with thousands set apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One payment, two payments.
pub fn counted(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { more })
}

/// A figure with four digits that tell: never zero unless it is.
pub fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let rounded = format!("{value:.3e}");
    let exponent = rounded.split_once('e').and_then(|(_, power)| power.parse::<i32>().ok());
    match exponent {
        Some(power @ -5..=8) => {
            format!("{value:.0$}", usize::try_from(3 - power).unwrap_or_default())
        }
        // Beyond that the zeros would hide the digits.
        Some(_) | None => rounded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_in_yuan_with_thousands_set_apart() {
        assert_eq!(yuan(-123_456_789), "-1,234,567.89");
        assert_eq!([5, 100, 99_999].map(yuan), ["0.05", "1.00", "999.99"]);
        assert_eq!(grouped(1_000_000), "1,000,000");
    }

    #[test]
    fn figures_have_four_digits_that_tell_however_small_they_are() {
        let values = [0.0, 0.123_456, 0.000_012_346, 9.999_96, 1_234.6, 1.5e-9, -0.05];
        let told = ["0", "0.1235", "0.00001235", "10.00", "1235", "1.500e-9", "-0.05000"];
        assert_eq!(values.map(significant), told);
    }
}
