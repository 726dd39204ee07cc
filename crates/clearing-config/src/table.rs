//! Declares a table of the configuration once: what reads it, its defaults, its ranges and the
//! description of its keys.

use super::{ConfigError, Key, within};

/// A value that a declaration states as its default.
pub trait Declared<L> {
    /// The value of the literal.
    fn declared(literal: L) -> Self;
}

/// A value that a declaration keeps between two literals.
pub trait Bounded<L> {
    /// Refuses a value that is not between them.
    fn check(&self, path: &str, least: L, most: L) -> Result<(), ConfigError>;
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

macro_rules! bounded {
    ($($type:ty: $literal:ty),+) => {$(
        impl Bounded<$literal> for $type {
            fn check(&self, path: &str, least: $literal, most: $literal) -> Result<(), ConfigError> {
                within(path, *self, least.into(), most.into()).map(|_| ())
            }
        }
    )+};
}

declared_as_is!(bool, u16, u32, u64, usize, f64);
// Bounds of floats are stated as whole numbers, as they are listed.
bounded!(u16: u16, u32: u32, u64: u64, usize: usize, f64: i32);

impl Declared<i32> for f64 {
    fn declared(literal: i32) -> Self {
        literal.into()
    }
}

impl Declared<&str> for String {
    fn declared(literal: &str) -> Self {
        literal.to_owned()
    }
}

impl<L, T: Bounded<L>> Bounded<L> for Option<T> {
    fn check(&self, path: &str, least: L, most: L) -> Result<(), ConfigError> {
        self.as_ref().map_or(Ok(()), |value| value.check(path, least, most))
    }
}

impl<L: Copy, T: Bounded<L>, const N: usize> Bounded<L> for [T; N] {
    fn check(&self, path: &str, least: L, most: L) -> Result<(), ConfigError> {
        self.iter().try_for_each(|value| value.check(path, least, most))
    }
}

/// A table, or a list of tables, with described keys.
pub trait Described {
    /// Adds its keys in the order of their declaration.
    fn describe(keys: &mut Vec<Key>);

    /// Refuses a number that is not within its range.
    fn check_ranges(&self) -> Result<(), ConfigError>;
}

impl<T: Described> Described for Option<T> {
    fn describe(keys: &mut Vec<Key>) {
        T::describe(keys);
    }

    fn check_ranges(&self) -> Result<(), ConfigError> {
        self.as_ref().map_or(Ok(()), T::check_ranges)
    }
}

impl<T: Described> Described for Vec<T> {
    fn describe(keys: &mut Vec<Key>) {
        T::describe(keys);
    }

    fn check_ranges(&self) -> Result<(), ConfigError> {
        let check =
            |(place, item): (usize, &T)| item.check_ranges().map_err(|error| error.in_item(place));
        self.iter().enumerate().try_for_each(check)
    }
}

/// The keys of a table in the order of their declaration.
pub fn keys_of<T: Described>() -> Vec<Key> {
    let mut keys = Vec::new();
    T::describe(&mut keys);
    keys
}

/// Declares a table under a path, or without one the file itself: for each key the meaning as a
/// comment, then its type, `=` and the default that an absent key has, the unit, and the range. A
/// key without them is a table of its own.
///
/// The default is a literal; `const` with the name of a constant and what is listed of it; or
/// `else` with what is listed of the default of the type.
///
/// A range as a text is checked where the value is read. One of two numbers is checked by
/// `check_ranges`; what follows it is only described.
#[macro_export]
macro_rules! table {
    ($(#[$attribute:meta])* $visible:vis struct $table:ident at $path:literal { $($keys:tt)+ }) => {
        $crate::declare_table! {
            [$path] $(#[$attribute])* $visible struct $table { $($keys)+ }
        }
    };
    ($(#[$attribute:meta])* $visible:vis struct $table:ident { $($keys:tt)+ }) => {
        $crate::declare_table! {
            [] $(#[$attribute])* $visible struct $table { $($keys)+ }
        }
    };
}

/// What `table!` makes of a path, which may be absent, and keys.
#[doc(hidden)]
#[macro_export]
macro_rules! declare_table {
    (
        $path:tt
        $(#[$attribute:meta])*
        $visible:vis struct $table:ident {
            $(
                $(#[doc = $meaning:literal])*
                $(#[serde $serde:tt])?
                $key:ident: $type:ty
                    $(= $default:literal)?
                    $(= const $constant:ident $shown:literal)?
                    $(= else $absent:literal)?
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
                // One source of defaults: serde fills an absent key from this value, and the list
                // states the same literal.
                Self { $($key: $crate::default_of!($($default)? $(const $constant)?),)+ }
            }
        }

        impl $crate::Described for $table {
            fn describe(keys: &mut Vec<$crate::Key>) {
                $($crate::describe_key!(
                    keys, $crate::key_path!($path $key), $type, [$($meaning)*],
                    [$($default)? $($shown)? $($absent)?] $(, $unit, $($range)to+ $(, $more)?)?
                );)+
            }

            fn check_ranges(&self) -> Result<(), $crate::ConfigError> {
                $($crate::check_range!(
                    $crate::key_path!($path $key), self.$key $(, $($range)to+)?
                );)+
                Ok(())
            }
        }
    };
}

/// The path of a key.
#[doc(hidden)]
#[macro_export]
macro_rules! key_path {
    ([] $key:ident) => {
        stringify!($key)
    };
    ([$path:literal] $key:ident) => {
        concat!($path, ".", stringify!($key))
    };
}

/// What an absent key has.
#[doc(hidden)]
#[macro_export]
macro_rules! default_of {
    () => {
        Default::default()
    };
    (const $constant:ident) => {
        $constant
    };
    ($default:literal) => {
        $crate::Declared::declared($default)
    };
}

/// Describes a key, or every key of a table of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! describe_key {
    ($keys:ident, $path:expr, $type:ty, [$($meaning:literal)*], []) => {
        <$type as $crate::Described>::describe($keys)
    };
    (
        $keys:ident, $path:expr, $type:ty, [$($meaning:literal)+], [$default:literal],
        $unit:literal, $($range:literal)to+ $(, $more:literal)?
    ) => {
        $keys.push($crate::Key {
            path: $path,
            default: concat!($default),
            unit: $unit,
            range: concat!($crate::range_text!($($range)to+) $(, ", ", $more)?),
            meaning: concat!($($meaning),+).trim_ascii(),
        })
    };
}

/// A range as it is listed.
#[doc(hidden)]
#[macro_export]
macro_rules! range_text {
    ($text:literal) => {
        $text
    };
    ($least:literal to $most:literal) => {
        concat!($least, " to ", $most)
    };
}

/// Refuses a number that is not within two others, or any such number of a table of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! check_range {
    ($path:expr, $value:expr) => {
        $crate::Described::check_ranges(&$value)?
    };
    ($path:expr, $value:expr, $text:literal) => {};
    ($path:expr, $value:expr, $least:literal to $most:literal) => {
        $crate::Bounded::check(&$value, $path, $least, $most)?
    };
}
