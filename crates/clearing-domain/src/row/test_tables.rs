//! Tables of a ledger file in memory, whose values a test may change.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::convert::Infallible;

use super::{Malformed, Row, RowReader, RowWriter, Sink, Source, Value};

/// A value as a file keeps it.
#[derive(Clone, Debug)]
enum Stored {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// The rows of each kind, by their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestTables(VecDeque<Vec<Values>>);

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
        self.0.push_back(values.collect());
        Ok(())
    }
}

impl RowReader for TestTables {
    type Error = Malformed;

    fn rows<R: Row>(&mut self) -> Result<Vec<R>, Malformed> {
        self.0.pop_front().unwrap().iter_mut().map(|values| R::take(values)).collect()
    }
}

impl TestTables {
    /// Shows the tables with each whole number at both ends of what a column holds, one at a time,
    /// and which number it is.
    #[track_caller]
    pub(crate) fn extremes(&self, mut check: impl FnMut(Self, &str)) {
        let numbers = self.numbers();
        assert!(numbers.len() > 100, "only {} numbers", numbers.len());
        for (table, row, column) in numbers {
            for extreme in [i64::MAX, i64::MIN] {
                let mut forged = self.clone();
                forged.0[table][row].list[column] = Stored::Integer(extreme);
                let shown = format!("column {column} of {:?}", forged.0[table][row].list);
                check(forged, &shown);
            }
        }
    }

    /// The place of every whole number: its table, row and column.
    fn numbers(&self) -> Vec<(usize, usize, usize)> {
        let mut places = Vec::new();
        for (table, rows) in self.0.iter().enumerate() {
            for (row, values) in rows.iter().enumerate() {
                let numbers = values.list.iter().enumerate();
                let numbers = numbers.filter(|(_, value)| matches!(value, Stored::Integer(_)));
                places.extend(numbers.map(|(column, _)| (table, row, column)));
            }
        }
        places
    }
}
