//! What was measured, row by row, as JSON and for tables.

use serde_json::{Value, json};

use super::Results;
use super::figure::Measured;
use super::limits::{Bound, Limits};
use super::machine::Machine;
use super::rows::{Better, ROWS, Row};

/// Everything that was measured.
#[derive(Debug)]
pub struct BenchReport {
    /// How much was measured: full, quick or smoke.
    pub mode: &'static str,
    /// On which machine.
    pub machine: Machine,
    /// What it allows.
    pub limits: Limits,
    /// Each row with what is known of it, in the order of the table.
    pub rows: Vec<(&'static Row, Measured)>,
}

/// How a row compares with its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It reaches its aim.
    Aim,
    /// It reaches what it must.
    Must,
    /// It reaches neither.
    Missed,
    /// It was not measured.
    Unmeasured,
    /// It has no target.
    Shown,
}

impl Verdict {
    /// Its name in JSON and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aim => "aim",
            Self::Must => "must",
            Self::Missed => "missed",
            Self::Unmeasured => "unmeasured",
            Self::Shown => "shown",
        }
    }
}

impl BenchReport {
    pub(super) fn new(
        mode: &'static str,
        machine: Machine,
        limits: Limits,
        mut results: Results,
    ) -> Self {
        let unknown = || Measured::Missing("left out by --only".to_owned());
        let rows = ROWS
            .iter()
            .map(|row| (row, results.0.remove(row.name).unwrap_or_else(unknown)))
            .collect();
        Self { mode, machine, limits, rows }
    }

    /// How a row compares with its targets.
    pub fn verdict(row: &Row, measured: &Measured) -> Verdict {
        let Measured::Value { figure, .. } = measured else { return Verdict::Unmeasured };
        let reaches =
            |target: Option<f64>| target.is_some_and(|target| row.reaches(figure.median, target));
        match () {
            () if row.must.is_none() => Verdict::Shown,
            () if reaches(row.aim) => Verdict::Aim,
            () if reaches(row.must) => Verdict::Must,
            () => Verdict::Missed,
        }
    }

    /// Whether a row's figure is of payments on the disk or of memory alone.
    pub fn durability(&self, row: &Row) -> &'static str {
        // Figures of memory would be the same on any disk.
        let of_memory =
            matches!(row.name, "idle_memory" | "wallet_memory" | "payment_memory" | "soak_memory");
        if of_memory { "memory" } else { self.machine.durability }
    }

    /// The bound that the machine sets on a row.
    pub fn bound(&self, row: &Row) -> Option<Bound> {
        self.limits.bound(row.limit)
    }

    /// All of it as one object.
    pub fn json(&self) -> Value {
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "mode": self.mode,
            "machine": self.machine.json(),
            "limits": self.limits.json(),
            "rows": self.rows.iter().map(|(row, measured)| self.row_json(row, measured)).collect::<Vec<_>>(),
        })
    }

    fn row_json(&self, row: &Row, measured: &Measured) -> Value {
        let (figure, note) = match measured {
            Measured::Value { figure, note } => (figure.json(), note),
            Measured::Missing(reason) => (Value::Null, reason),
        };
        let bound = self.bound(row);
        json!({
            "name": row.name,
            "title": row.title,
            "unit": row.unit,
            "better": match row.better { Better::Higher => "higher", Better::Lower => "lower" },
            "must": row.must,
            "aim": row.aim,
            "measured": figure,
            "bound": bound.map(|bound| bound.value),
            "bound_by": bound.map(|bound| bound.by),
            "durability": self.durability(row),
            "verdict": Self::verdict(row, measured).name(),
            "part": row.part.name(),
            "note": note,
        })
    }
}
