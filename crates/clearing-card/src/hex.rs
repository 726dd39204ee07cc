//! Bytes as hexadecimal digits, as people pass them on.

use thiserror::Error;

/// A text that is not the bytes that were wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{found} characters are not {wanted} hexadecimal digits")]
pub struct HexError {
    /// How many digits were wanted.
    pub wanted: usize,
    /// How many characters there are.
    pub found: usize,
}

/// Bytes as digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Digits as bytes.
pub fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let wrong = HexError { wanted: 2 * N, found: text.chars().count() };
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong);
    }
    let mut bytes = [0; N];
    for (byte, place) in bytes.iter_mut().zip((0..).step_by(2)) {
        let digits = text.get(place..place + 2).ok_or(wrong)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_back_and_nothing_else_is() {
        assert_eq!(to_hex(&[0, 171]), "00ab");
        assert_eq!(from_hex::<2>("00aB"), Ok([0, 171]));
        for text in ["00a", "00ag", "+0ab", "00ab0", "0äb"] {
            assert!(from_hex::<2>(text).is_err(), "{text}");
        }
    }
}
