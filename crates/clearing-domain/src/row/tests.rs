//! Rows of a made-up ledger.

#![allow(
    unreachable_pub,
    dead_code,
    reason = "the declarations are made for items that others reach"
)]

use crate::money::{Amount, PaymentId, RequestId, Timestamp, WalletNumber};

use super::*;

numbered! {
    /// The colour of a test.
    pub enum Colour {
        /// Red.
        Red = 1,
        /// Green.
        Green = 3,
    }
}

row! {
    /// A row with a column of every form.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Paid in "paid", kind 1 {
        /// Number.
        pub row: u64,
        /// Id.
        pub id: PaymentId,
        /// Request.
        pub request_id: RequestId,
        /// Wallet.
        pub payee: Option<WalletNumber>,
        /// Amount.
        pub amount: Amount,
        /// Colour.
        pub colour: Colour,
        /// Text.
        pub remark: Option<Box<str>>,
    }
}

/// What happened to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    Seen,
    Coloured { colour: Colour, at: Option<Timestamp> },
    Moved { at: Timestamp, amount: Amount },
}

variants! {
    Happened as HappenedColumns { colour: Colour, at: Timestamp, amount: Amount }
    1 = Seen,
    2 = Coloured { colour, at },
    4 = Moved { at, amount },
}

group! {
    /// Values that belong together.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Span {
        /// The first moment.
        pub from: Timestamp,
        /// The last.
        pub until: Option<Timestamp>,
    }
}

row! {
    /// A row with what may be one of several things.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Told in "told", kind 3 {
        /// Number.
        pub row: u64,
        /// Event.
        pub happened: Happened,
        /// Times.
        pub span: Span,
    }
}

row! {
    /// Another kind.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Closed in "closed", kind 2 {
        /// Number.
        pub row: u64,
        /// Time.
        pub at: Timestamp,
    }
}

rows! {
    /// Any row.
    pub enum TestRow,
    /// All rows.
    pub struct TestRows {
        /// Paid.
        paid: Paid(Paid),
        /// Closed.
        closed: Closed(Closed),
    }
}

/// A value on its own.
#[derive(Clone, Debug, PartialEq)]
enum Owned {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

#[derive(Default)]
struct Stored(Vec<Owned>);

impl Sink for Stored {
    type Error = std::convert::Infallible;

    fn put(&mut self, value: Value<'_>) -> Result<(), Self::Error> {
        self.0.push(match value {
            Value::Null => Owned::Null,
            Value::Integer(number) => Owned::Integer(number),
            Value::Text(text) => Owned::Text(text.to_owned()),
            Value::Blob(bytes) => Owned::Blob(bytes.to_vec()),
        });
        Ok(())
    }
}

struct Reading<'a>(&'a [Owned]);

impl Source for Reading<'_> {
    fn next(&mut self) -> Result<Value<'_>, Malformed> {
        let (first, rest) = self.0.split_first().ok_or_else(|| Malformed::new("no value"))?;
        self.0 = rest;
        Ok(match first {
            Owned::Null => Value::Null,
            Owned::Integer(number) => Value::Integer(*number),
            Owned::Text(text) => Value::Text(text),
            Owned::Blob(bytes) => Value::Blob(bytes),
        })
    }
}

fn paid(row: u64) -> Paid {
    Paid {
        row,
        id: PaymentId([7; 16]),
        request_id: "lunch".parse().unwrap(),
        payee: None,
        amount: Amount::from_fen(150).unwrap(),
        colour: Colour::Green,
        remark: Some("面".into()),
    }
}

fn stored(row: &impl Row) -> Vec<Owned> {
    let mut stored = Stored::default();
    let Ok(()) = row.put(&mut stored);
    stored.0
}

#[test]
fn a_row_comes_back_as_it_was_put() {
    let row = paid(4);
    let values = stored(&row);
    assert_eq!(values.len(), Paid::columns().len());
    assert_eq!(Paid::take(&mut Reading(&values)), Ok(row));
}

#[test]
fn a_value_that_no_ledger_writes_is_named_with_its_column() {
    for (column, name, value) in [
        (1, "id", Owned::Blob(vec![7; 15])),
        (3, "payee", Owned::Integer(12)),
        (4, "amount", Owned::Integer(-1)),
        (4, "amount", Owned::Null),
        (5, "colour", Owned::Integer(2)),
        (6, "remark", Owned::Text(String::new())),
    ] {
        let mut values = stored(&paid(4));
        values[column] = value;
        let error = Paid::take(&mut Reading(&values)).unwrap_err();
        assert_eq!(error.column, name, "{error}");
    }
}

#[test]
fn columns_are_named_as_the_fields_and_say_what_may_be_missing() {
    let columns = Paid::columns();
    let named: Vec<_> = columns.iter().map(|column| column.name).collect();
    assert_eq!(named, ["row", "id", "request_id", "payee", "amount", "colour", "remark"]);
    let nullable: Vec<_> =
        columns.iter().filter(|column| column.nullable).map(|column| column.name).collect();
    assert_eq!(nullable, ["payee", "remark"]);
}

#[test]
fn rows_of_all_kinds_come_in_their_one_order() {
    let closed = |row| Closed { row, at: Timestamp::from_ms(9) };
    let mut rows = TestRows::default();
    assert!(rows.is_empty());
    rows.push(paid(1).into());
    rows.push(closed(2).into());
    rows.extend(TestRows { paid: vec![paid(4), paid(5)], closed: vec![closed(3), closed(6)] });
    assert_eq!(rows.len(), 6);
    let order: Vec<_> = rows.in_order().collect();
    assert_eq!(order.iter().map(TestRow::number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(order[2], TestRow::Closed(closed(3)));
}

#[test]
fn two_rows_never_have_the_same_bytes() {
    let bytes = |row: TestRow| {
        let mut bytes = Vec::new();
        row.hash_into(&mut bytes);
        bytes
    };
    let first = bytes(paid(1).into());
    let mut other = paid(1);
    other.remark = None;
    assert_ne!(first, bytes(other.into()));
    let mut other = paid(1);
    other.colour = Colour::Red;
    assert_ne!(first, bytes(other.into()));
    assert_ne!(first, bytes(Closed { row: 1, at: Timestamp::ZERO }.into()));
}

fn told(happened: Happened) -> Told {
    Told { row: 1, happened, span: Span { from: Timestamp::from_ms(3), until: None } }
}

#[test]
fn variants_and_groups_have_a_column_for_each_value_and_come_back() {
    let named: Vec<_> = Told::columns().iter().map(|column| column.name).collect();
    assert_eq!(named, ["row", "kind", "colour", "at", "amount", "from", "until"]);
    let (at, amount) = (Timestamp::from_ms(5), Amount::from_fen(7).unwrap());
    for happened in [
        Happened::Seen,
        Happened::Coloured { colour: Colour::Red, at: None },
        Happened::Coloured { colour: Colour::Red, at: Some(at) },
        Happened::Moved { at, amount },
    ] {
        let values = stored(&told(happened));
        assert_eq!(values.len(), named.len());
        assert_eq!(Told::take(&mut Reading(&values)), Ok(told(happened)));
    }
}

#[test]
fn a_variant_has_its_own_values_and_no_others() {
    let at = Timestamp::from_ms(5);
    for (happened, column, name, value) in [
        (Happened::Seen, 1, "kind", Owned::Integer(3)),
        (Happened::Seen, 2, "kind", Owned::Integer(1)),
        (Happened::Coloured { colour: Colour::Red, at: None }, 4, "kind", Owned::Integer(1)),
        (Happened::Coloured { colour: Colour::Red, at: None }, 2, "colour", Owned::Null),
        (Happened::Moved { at, amount: Amount::ZERO }, 3, "at", Owned::Null),
    ] {
        let mut values = stored(&told(happened));
        values[column] = value;
        let error = Told::take(&mut Reading(&values)).unwrap_err();
        assert_eq!(error.column, name, "{error}");
    }
}

#[test]
fn the_number_that_stands_for_no_time_is_no_time_of_a_row() {
    let mut values = stored(&Closed { row: 1, at: Timestamp::from_ms(-1) });
    values[1] = Owned::Integer(i64::MIN);
    assert_eq!(Closed::take(&mut Reading(&values)).unwrap_err().column, "at");
}
