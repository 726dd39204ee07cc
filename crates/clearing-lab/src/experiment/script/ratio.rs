//! A part of what is counted, as a file states it.

use std::fmt;
use std::str::FromStr as _;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use toml::Value;

use super::read::Refused;

/// How many parts a whole has.
const WHOLE: u32 = 1_000_000;

/// A part of a whole in millionths, from none of it to all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u32);

impl Ratio {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// The whole.
    pub const ALL: Self = Self(WHOLE);
    /// The numbers below it are drawn to find what belongs to a part.
    pub const DRAWS: u64 = WHOLE as u64;

    /// Reads a number or text; of a number its shortest decimal text counts.
    pub(super) fn read(key: &'static str, value: &Value) -> Result<Self, Refused> {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let parts = Decimal::from_str(&text).ok().and_then(|part| part.checked_mul(WHOLE.into()));
        let parts = parts.filter(|parts| parts.fract().is_zero()).and_then(|parts| parts.to_u32());
        let parts = parts.filter(|parts| *parts <= WHOLE);
        let sentence = || format!("{text:?} is not a part from 0 to 1 with up to six decimals");
        parts.map(Self).ok_or_else(|| (key, sentence()))
    }

    /// Whether what drew a number belongs to the part; what belongs to a part belongs to any larger
    /// one.
    pub fn contains(self, drawn: u64) -> bool {
        drawn < u64::from(self.0)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::new(self.0.into(), WHOLE.ilog10()).normalize().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_and_shown_exactly() {
        let read = |value: Value| Ratio::read("sticky", &value);
        for (value, shown) in [
            (Value::Integer(0), "0"),
            (Value::Integer(1), "1"),
            (Value::Float(0.3), "0.3"),
            (Value::Float(1.0), "1"),
            (Value::String("0.000001".to_owned()), "0.000001"),
        ] {
            let ratio = read(value).unwrap();
            assert_eq!(ratio.to_string(), shown);
            assert_eq!(read(Value::String(ratio.to_string())), Ok(ratio));
        }
        for text in ["1.000001", "-0.1", "0.0000001", "half", ""] {
            let sentence = format!("{text:?} is not a part from 0 to 1 with up to six decimals");
            assert_eq!(read(Value::String(text.to_owned())), Err(("sticky", sentence)));
        }
    }

    #[test]
    fn a_larger_part_contains_a_smaller_one() {
        let ratio = |value: f64| Ratio::read("sticky", &Value::Float(value)).unwrap();
        assert!(!Ratio::NONE.contains(0));
        assert!(ratio(1.0).contains(Ratio::DRAWS - 1));
        assert!(ratio(0.5).contains(499_999) && !ratio(0.5).contains(500_000));
    }
}
