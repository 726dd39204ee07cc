//! Declares a table of the configuration once: what reads it, its defaults, its ranges and the
//! description of its keys.

use super::{ConfigError, Key};

/// A value that a declaration states as its default.
pub trait Declared<L> {
    /// The value of the literal.
    fn declared(literal: L) -> Self;
}

macro_rules! declared_as_is {
    ($($type:ty),+) => {$(
        impl Declared<$type> for $type {
            fn declared(literal: $type) -> Self {
                literal
            }
        }
    )+};
}

declared_as_is!(bool, u16, u32, usize);

impl Declared<&str> for String {
    fn declared(literal: &str) -> Self {
        literal.to_owned()
    }
}

/// A table, or a list of tables, with described keys.
pub trait Described {
    /// Adds its keys in the order of their declaration.
    fn describe(keys: &mut Vec<Key>);

    /// Refuses a number that is not within its range.
    fn check_ranges(&self) -> Result<(), ConfigError>;
}

macro_rules! described_within {
    ($($outer:ident),+) => {$(
        impl<T: Described> Described for $outer<T> {
            fn describe(keys: &mut Vec<Key>) {
                T::describe(keys);
            }

            fn check_ranges(&self) -> Result<(), ConfigError> {
                self.iter().try_for_each(T::check_ranges)
            }
        }
    )+};
}

described_within!(Option, Vec);

/// Declares a table under a path: for each key the meaning as a comment, then its type, `=` and the
/// default that an absent key has, or `= else` and what is said of it, the unit, and the range. A key
/// without them is a table of its own.
///
/// A range as a text is checked where the value is read. One of two numbers is checked by
/// `check_ranges`; what follows it is only described.
macro_rules! table {
    (
        $(#[$attribute:meta])*
        $visible:vis struct $table:ident at $path:literal {
            $(
                $(#[doc = $meaning:literal])*
                $(#[serde $serde:tt])?
                $key:ident: $type:ty
                    $(= $default:literal)? $(= else $absent:literal)?
                    $(, $unit:literal, $($range:literal)to+ $(, $more:literal)?)?;
            )+
        }
    ) => {
        $(#[$attribute])*
        $visible struct $table {
            $($(#[doc = $meaning])* $(#[serde $serde])? $visible $key: $type,)+
        }

        impl Default for $table {
            fn default() -> Self {
                Self { $($key: $crate::table::default_of!($($default)?),)+ }
            }
        }

        impl $crate::table::Described for $table {
            fn describe(keys: &mut Vec<$crate::Key>) {
                $($crate::table::describe_key!(
                    keys, concat!($path, ".", stringify!($key)), $type, [$($meaning)*],
                    [$($default)? $($absent)?] $(, $unit, $($range)to+ $(, $more)?)?
                );)+
            }

            fn check_ranges(&self) -> Result<(), $crate::ConfigError> {
                $($crate::table::check_range!(
                    concat!($path, ".", stringify!($key)), self.$key $(, $($range)to+)?
                );)+
                Ok(())
            }
        }
    };
}

/// What an absent key has.
macro_rules! default_of {
    () => {
        Default::default()
    };
    ($default:literal) => {
        $crate::table::Declared::declared($default)
    };
}

/// Describes a key, or every key of a table of its own.
macro_rules! describe_key {
    ($keys:ident, $path:expr, $type:ty, [], []) => {
        <$type as $crate::table::Described>::describe($keys)
    };
    (
        $keys:ident, $path:expr, $type:ty, [$($meaning:literal)+], [$default:literal],
        $unit:literal, $($range:literal)to+ $(, $more:literal)?
    ) => {
        $keys.push($crate::Key {
            path: $path,
            default: concat!($default),
            unit: $unit,
            range: concat!($crate::table::range_text!($($range)to+) $(, ", ", $more)?),
            meaning: concat!($($meaning),+).trim_ascii(),
        })
    };
}

/// A range as it is listed.
macro_rules! range_text {
    ($text:literal) => {
        $text
    };
    ($least:literal to $most:literal) => {
        concat!($least, " to ", $most)
    };
}

/// Refuses a number that is not within two others, or any such number of a table of its own.
macro_rules! check_range {
    ($path:expr, $value:expr) => {
        $crate::table::Described::check_ranges(&$value)?
    };
    ($path:expr, $value:expr, $text:literal) => {};
    ($path:expr, $value:expr, $least:literal to $most:literal) => {
        $crate::within($path, $value, $least, $most)?
    };
}

pub(crate) use {check_range, default_of, describe_key, range_text, table};
