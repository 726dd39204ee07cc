//! The cells of a column.

use std::borrow::Cow;

use clearing_domain::money::{BusinessDate, DAY_MS};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8 text.
    Text,
    /// A signed 64-bit integer; money when the name ends with `_fen`.
    Integer,
    /// A number that need not be whole.
    Number,
    /// Milliseconds in UTC.
    Time,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    /// Whether a row may lack the cell.
    pub(crate) optional: bool,
}

/// The cells of one column: values of those that are there, and which are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cells {
    pub(super) column: Column,
    /// Texts one after the other, and where each ends.
    pub(super) bytes: Vec<u8>,
    ends: Vec<usize>,
    pub(super) integers: Vec<i64>,
    pub(super) numbers: Vec<f64>,
    pub(super) present: Vec<i16>,
}

impl Cells {
    /// A column without cells.
    pub(crate) fn new(column: Column) -> Self {
        Self {
            column,
            bytes: Vec::new(),
            ends: Vec::new(),
            integers: Vec::new(),
            numbers: Vec::new(),
            present: Vec::new(),
        }
    }

    fn named(name: &str, kind: Kind, optional: bool) -> Self {
        Self::new(Column { name: Cow::Owned(name.to_owned()), kind, optional })
    }

    /// A column of texts.
    pub(crate) fn texts(name: &str, texts: impl Iterator<Item = String>) -> Self {
        let mut cells = Self::named(name, Kind::Text, false);
        texts.for_each(|text| cells.push_text(Some(&text)));
        cells
    }

    /// A column of whole numbers, of which some may be missing.
    pub(crate) fn integers(name: &str, integers: impl Iterator<Item = Option<i64>>) -> Self {
        let mut cells = Self::named(name, Kind::Integer, true);
        integers.for_each(|integer| cells.push_integer(integer));
        cells
    }

    /// A column of numbers, of which some may be missing.
    pub(crate) fn numbers(name: &str, numbers: impl Iterator<Item = Option<f64>>) -> Self {
        let mut cells = Self::named(name, Kind::Number, true);
        numbers.for_each(|number| cells.push_number(number));
        cells
    }

    /// Adds a text.
    pub(crate) fn push_text(&mut self, text: Option<&str>) {
        self.present.push(i16::from(text.is_some()));
        if let Some(text) = text {
            // One buffer for a column: a string for each cell of a million rows would cost more
            // than writing them.
            self.bytes.extend_from_slice(text.as_bytes());
            self.ends.push(self.bytes.len());
        }
    }

    /// Adds a value as text, written straight into the column.
    pub(crate) fn push_shown(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        self.present.push(1);
        // Writing into a vector cannot fail.
        let _ = write!(self.bytes, "{value}");
        self.ends.push(self.bytes.len());
    }

    /// Adds a whole number, or milliseconds.
    pub(crate) fn push_integer(&mut self, value: Option<i64>) {
        self.present.push(i16::from(value.is_some()));
        self.integers.extend(value);
    }

    /// Adds a number.
    pub(crate) fn push_number(&mut self, value: Option<f64>) {
        self.present.push(i16::from(value.is_some()));
        self.numbers.extend(value);
    }

    /// How many cells there are, those that are missing included.
    pub(crate) fn rows(&self) -> usize {
        self.present.len()
    }

    /// Forgets all cells and keeps their room.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.integers.clear();
        self.numbers.clear();
        self.present.clear();
    }

    /// Where each text starts and ends.
    pub(super) fn spans(&self) -> impl Iterator<Item = (usize, usize)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(self.ends.iter().copied())
    }

    /// The cells as text, in order; missing ones are empty.
    pub(super) fn shown(&self) -> impl Iterator<Item = String> {
        let mut spans = self.spans();
        let mut integers = self.integers.iter();
        let mut numbers = self.numbers.iter();
        self.present.iter().map(move |present| match (present, self.column.kind) {
            (0, _) => String::new(),
            (_, Kind::Text) => {
                let (from, to) = spans.next().unwrap_or_default();
                String::from_utf8_lossy(&self.bytes[from..to]).into_owned()
            }
            (_, Kind::Integer) => integers.next().map(ToString::to_string).unwrap_or_default(),
            (_, Kind::Number) => numbers.next().map(ToString::to_string).unwrap_or_default(),
            (_, Kind::Time) => integers.next().map(|ms| utc(*ms)).unwrap_or_default(),
        })
    }
}

/// A time as text in UTC.
fn utc(ms: i64) -> String {
    let date = BusinessDate::from_days(i32::try_from(ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX));
    let ms = ms.rem_euclid(DAY_MS);
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{date}T{:02}:{:02}:{:02}.{ms:03}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
