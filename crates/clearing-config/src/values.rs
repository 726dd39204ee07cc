//! Values as they stand in a file: money, caps, prefixes, times of day.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use clearing_domain::money::{Amount, DAY_MS, MINUTE_MS, Prefix, whole_number};
use rust_decimal::Decimal;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Declared;

/// The word for a cap that never binds.
const UNLIMITED: &str = "unlimited";

/// Money in a file: a decimal text or number of yuan with at most two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yuan(
    /// The amount.
    pub Amount,
);

/// A net debit cap; `None` is unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cap(pub(super) Option<Amount>);

/// A price that is not negative, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Price(pub(super) Decimal);

/// A wallet prefix, as three digits or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PrefixText(pub(super) Prefix);

/// A time of day in milliseconds, written HH:MM, from 00:01 to 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeOfDay(pub(super) i64);

/// A time of day in milliseconds at which something begins, written HH:MM, from 00:00 to 23:59.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpeningTime(pub(super) i64);

impl FromStr for Yuan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|error: clearing_domain::money::AmountError| error.to_string())
    }
}

impl FromStr for Cap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == UNLIMITED {
            Ok(Self(None))
        } else {
            Yuan::from_str(text).map(|yuan| Self(Some(yuan.0)))
        }
    }
}

impl FromStr for Price {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Decimals are read with a plus sign and with underscores, too.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let price = Some(text)
            .filter(|_| plain)
            .and_then(|text| text.parse().ok())
            .filter(|price| *price >= Decimal::ZERO && *price <= Decimal::from(1_000_000));
        price.map(Self).ok_or_else(|| format!("{text:?} is not a price from 0 to 1000000"))
    }
}

impl FromStr for PrefixText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = whole_number(text).and_then(Prefix::new);
        number.map(Self).ok_or_else(|| format!("{text:?} is not a prefix from 001 to 999"))
    }
}

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ms = clock(text).filter(|ms| (1..=DAY_MS).contains(ms));
        ms.map(Self).ok_or_else(|| format!("{text:?} is not a time from 00:01 to 24:00"))
    }
}

impl FromStr for OpeningTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ms = clock(text).filter(|ms| (0..DAY_MS).contains(ms));
        ms.map(Self).ok_or_else(|| format!("{text:?} is not a time from 00:00 to 23:59"))
    }
}

/// The milliseconds that a clock as in 09:30 has shown since midnight.
fn clock(text: &str) -> Option<i64> {
    let parts = text.split_once(':').filter(|parts| parts.0.len() == 2 && parts.1.len() == 2);
    let (hour, minute) = parts?;
    let (hour, minute) = (whole_number::<i64>(hour)?, whole_number::<i64>(minute)?);
    (0..60).contains(&minute).then_some((hour * 60 + minute) * MINUTE_MS)
}

impl fmt::Display for Yuan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(amount) => amount.fmt(formatter),
            None => formatter.write_str(UNLIMITED),
        }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(formatter)
    }
}

impl fmt::Display for PrefixText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0 / MINUTE_MS;
        write!(formatter, "{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl fmt::Display for OpeningTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        TimeOfDay(self.0).fmt(formatter)
    }
}

/// Reads a value from text, or from a number by its shortest decimal text: no arithmetic on floats.
struct FromText<T>(PhantomData<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(FromText(PhantomData))
            }
        }

        impl Declared<&str> for $type {
            // A default is a constant of this crate, and a test reads each.
            fn declared(literal: &str) -> Self {
                literal.parse().expect("a declared default can be read")
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

as_text!(Yuan, Cap, Price, PrefixText, TimeOfDay, OpeningTime);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, &str>) {
        #[derive(Deserialize)]
        struct Row {
            value: Yuan,
        }
        let read: Result<Row, toml::de::Error> = toml::from_str(&format!("value = {text}"));
        let found = read.map(|row| row.value.0.fen()).map_err(|error| error.message().to_owned());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn money_is_decimal_text_or_a_number_with_two_decimals() {
        check("\"12.30\"", Ok(1230));
        check("12", Ok(1200));
        check("12.3", Ok(1230));
        check("0.1", Ok(10));
        check("8765432109876.54", Ok(876_543_210_987_654));
        check("12.345", Err("amount 12.345 has more than two decimals"));
        check("-1", Err("amount -1 is not positive"));
        check("\"12,30\"", Err("amount \"12,30\" is not a decimal number of yuan"));
        check("true", Err("invalid type: boolean `true`, expected a text or a number"));
    }

    #[test]
    fn times_caps_and_prefixes_read_back_as_written() {
        for text in ["00:01", "06:30", "24:00"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["00:00", "24:01", "6:30", "12:60", "noon", "-1:10", "+9:30", "09:+5"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
        assert_eq!("unlimited".parse::<Cap>().unwrap().0, None);
        assert_eq!("7".parse::<PrefixText>().unwrap().to_string(), "007");
        for text in ["0", "+7", "-7", "1000", ""] {
            assert!(text.parse::<PrefixText>().is_err(), "{text}");
        }
    }
}
