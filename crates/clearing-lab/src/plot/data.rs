//! The data that a figure shows, as a table of its own.

use std::fmt::Write as _;

use clearing_domain::money::{BusinessDate, DAY_MS};
use serde::Serialize;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A name.
    Text,
    /// Seconds since midnight of the first day, written as date and time in Shanghai.
    Time,
    /// Fen, written in yuan.
    Yuan,
    /// A whole number.
    Number,
}

/// A table whose rows come in groups with the same names in front.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Data {
    /// Midnight of the first day as if Shanghai were at UTC, in milliseconds.
    midnight_ms: i64,
    columns: Vec<(&'static str, Kind)>,
    groups: Vec<Group>,
}

/// Some rows with the same names.
#[derive(Clone, Debug, Serialize)]
struct Group {
    names: Vec<String>,
    rows: Vec<Vec<i64>>,
}

impl Data {
    /// A table without rows; columns of text come first.
    pub(crate) fn new(midnight_ms: i64, columns: &[(&'static str, Kind)]) -> Self {
        Self { midnight_ms, columns: columns.to_vec(), groups: Vec::new() }
    }

    /// Adds rows that have the same names.
    pub(crate) fn add<const N: usize>(
        &mut self,
        names: &[&str],
        rows: impl IntoIterator<Item = [i64; N]>,
    ) {
        debug_assert_eq!(names.len() + N, self.columns.len(), "a row has a cell for each column");
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        self.groups.push(Group { names, rows: rows.into_iter().map(Vec::from).collect() });
    }

    /// The table as CSV.
    pub(crate) fn csv(&self) -> String {
        let header: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        let mut csv = header.join(",") + "\n";
        for group in &self.groups {
            let names: String = group.names.iter().map(|name| quoted(name) + ",").collect();
            let kinds = &self.columns[group.names.len()..];
            for row in &group.rows {
                let cells =
                    row.iter().zip(kinds).map(|(value, (_, kind))| self.cell(*kind, *value));
                let _ = writeln!(csv, "{names}{}", cells.collect::<Vec<_>>().join(","));
            }
        }
        csv
    }

    fn cell(&self, kind: Kind, value: i64) -> String {
        match kind {
            Kind::Time => self.moment(value),
            Kind::Yuan => {
                let sign = if value < 0 { "-" } else { "" };
                format!("{sign}{}.{:02}", value.unsigned_abs() / 100, value.unsigned_abs() % 100)
            }
            Kind::Text | Kind::Number => value.to_string(),
        }
    }

    fn moment(&self, seconds: i64) -> String {
        const DAY_S: i64 = DAY_MS / 1000;
        let since = self.midnight_ms / 1000 + seconds;
        let date =
            BusinessDate::from_days(i32::try_from(since.div_euclid(DAY_S)).unwrap_or_default());
        let of_day = since.rem_euclid(DAY_S);
        format!("{date}T{:02}:{:02}:{:02}+08:00", of_day / 3600, of_day / 60 % 60, of_day % 60)
    }
}

/// A name as a cell: in quotes where it would be more than one.
fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}
