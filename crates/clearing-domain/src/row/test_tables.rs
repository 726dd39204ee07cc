//! Tables of a ledger file in memory, whose values a test may change.

use std::borrow::Borrow;
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;

use super::{Field, Malformed, Row, RowReader, RowWriter, Sink, Source, Value};

/// A value as a file keeps it.
#[derive(Clone, Debug)]
enum Stored {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// The rows of each kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestTables(VecDeque<Table>);

/// The rows of a kind by their values, and which columns may hold nothing.
#[derive(Clone, Debug)]
struct Table {
    rows: Vec<Values>,
    nullable: Vec<bool>,
}

/// The values of a row.
#[derive(Clone, Debug, Default)]
struct Values {
    list: Vec<Stored>,
    read: usize,
}

impl Sink for Values {
    type Error = Infallible;

    fn put(&mut self, value: Value<'_>) -> Result<(), Infallible> {
        self.list.push(match value {
            Value::Null => Stored::Null,
            Value::Integer(number) => Stored::Integer(number),
            Value::Text(text) => Stored::Text(text.to_owned()),
            Value::Blob(bytes) => Stored::Blob(bytes.to_vec()),
        });
        Ok(())
    }
}

impl Source for Values {
    fn next(&mut self) -> Result<Value<'_>, Malformed> {
        self.read += 1;
        Ok(match &self.list[self.read - 1] {
            Stored::Null => Value::Null,
            Stored::Integer(number) => Value::Integer(*number),
            Stored::Text(text) => Value::Text(text),
            Stored::Blob(bytes) => Value::Blob(bytes),
        })
    }
}

impl RowWriter for TestTables {
    type Error = Infallible;

    fn rows<R: Row, B: Borrow<R>>(
        &mut self,
        rows: impl Iterator<Item = B>,
    ) -> Result<(), Infallible> {
        let values = rows.map(|row| {
            let mut values = Values::default();
            let Ok(()) = row.borrow().put(&mut values);
            values
        });
        let nullable = R::columns().iter().map(|column| column.nullable).collect();
        self.0.push_back(Table { rows: values.collect(), nullable });
        Ok(())
    }
}

impl RowReader for TestTables {
    type Error = Malformed;

    fn rows<R: Row>(&mut self) -> Result<Vec<R>, Malformed> {
        self.0.pop_front().unwrap().rows.iter_mut().map(|values| R::take(values)).collect()
    }
}

impl TestTables {
    /// Checks that there are rows of every kind.
    #[track_caller]
    pub(crate) fn check_every_kind(&self) {
        let without = self.0.iter().position(|table| table.rows.is_empty());
        assert_eq!(without, None, "the place of a kind without rows");
    }

    /// Shows the tables with each whole number at both ends of what a column holds, and with each
    /// value that may be missing taken out: one at a time, and which it is.
    #[track_caller]
    pub(crate) fn extremes(&self, mut check: impl FnMut(Self, &str)) {
        let forgeries = self.forgeries();
        let missing = forgeries.iter().filter(|forgery| matches!(forgery.value, Stored::Null));
        let (all, missing) = (forgeries.len(), missing.count());
        assert!(all > 200 && missing > 10, "{all} forgeries, of which {missing} take a value out");
        for Forgery { table, row, column, value } in forgeries {
            let mut forged = self.clone();
            forged.0[table].rows[row].list[column] = value;
            let shown = format!("column {column} of {:?}", forged.0[table].rows[row].list);
            check(forged, &shown);
        }
    }

    fn forgeries(&self) -> Vec<Forgery> {
        let mut forgeries = Vec::new();
        for (table, Table { rows, nullable }) in self.0.iter().enumerate() {
            for (row, values) in rows.iter().enumerate() {
                for (column, (found, nullable)) in values.list.iter().zip(nullable).enumerate() {
                    let extremes = [Stored::Integer(i64::MAX), Stored::Integer(i64::MIN)];
                    let extremes =
                        extremes.into_iter().filter(|_| matches!(found, Stored::Integer(_)));
                    let is_there = *nullable && !matches!(found, Stored::Null);
                    let values = extremes.chain(is_there.then_some(Stored::Null));
                    let forgery = |value| Forgery { table, row, column, value };
                    forgeries.extend(values.map(forgery));
                }
            }
        }
        forgeries
    }
}

/// A value that a test writes over one of a file.
struct Forgery {
    table: usize,
    row: usize,
    column: usize,
    value: Stored,
}

/// An enumeration that rows keep by the numbers of its variants.
pub(crate) trait Variants: Field {
    /// The number of each variant.
    const NUMBERS: &'static [u8];
}

/// Checks that rows hold every variant of an enumeration.
#[track_caller]
pub(crate) fn check_every_variant<V: Variants>(found: impl Iterator<Item = V>) {
    let number = |variant: V| {
        let mut values = Values::default();
        let Ok(()) = variant.put(&mut values);
        let Stored::Integer(number) = values.list[0] else { panic!("{values:?} has no number") };
        number
    };
    let found: BTreeSet<i64> = found.map(number).collect();
    assert_eq!(found, V::NUMBERS.iter().map(|number| i64::from(*number)).collect());
}
