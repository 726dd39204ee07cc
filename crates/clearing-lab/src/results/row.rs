//! Rows of the tables of a run that write themselves: one declaration gives the row and its columns.

use std::borrow::Cow;
use std::path::Path;

use clearing_domain::money::{Amount, PaymentId, Position, Timestamp, WalletNumber};

use super::labels::Labels;
use crate::table::{Cells, Column, CsvFile, Kind, ParquetFile, TableError};

/// How many rows are collected before they are written.
const GROUP_ROWS: usize = 65_536;

/// What a cell is written as.
pub(super) trait Cell {
    /// What its column holds.
    const KIND: Kind;
    /// Whether a row may lack it.
    const OPTIONAL: bool = false;

    /// Adds the cell, or that it is missing, to its column.
    fn push(cell: Option<&Self>, cells: &mut Cells, labels: &Labels);
}

/// The code of an operator, or what it is called in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator<'a>(pub(super) &'a str);

impl<T: Cell> Cell for Option<T> {
    const KIND: Kind = T::KIND;
    const OPTIONAL: bool = true;

    fn push(cell: Option<&Self>, cells: &mut Cells, labels: &Labels) {
        T::push(cell.and_then(Option::as_ref), cells, labels);
    }
}

impl Cell for &str {
    const KIND: Kind = Kind::Text;

    fn push(cell: Option<&Self>, cells: &mut Cells, _: &Labels) {
        cells.push_text(cell.copied());
    }
}

impl Cell for f64 {
    const KIND: Kind = Kind::Number;

    fn push(cell: Option<&Self>, cells: &mut Cells, _: &Labels) {
        cells.push_number(cell.copied());
    }
}

impl Cell for Operator<'_> {
    const KIND: Kind = Kind::Text;

    fn push(cell: Option<&Self>, cells: &mut Cells, labels: &Labels) {
        cells.push_text(cell.map(|operator| labels.of(operator.0)));
    }
}

macro_rules! shown {
    ($($type:ty),+) => {$(
        impl Cell for $type {
            const KIND: Kind = Kind::Text;

            fn push(cell: Option<&Self>, cells: &mut Cells, _: &Labels) {
                match cell {
                    Some(value) => cells.push_shown(value),
                    None => cells.push_text(None),
                }
            }
        }
    )+};
}

macro_rules! whole {
    ($($type:ty as $kind:ident by $number:expr;)+) => {$(
        impl Cell for $type {
            const KIND: Kind = Kind::$kind;

            fn push(cell: Option<&Self>, cells: &mut Cells, _: &Labels) {
                cells.push_integer(cell.copied().map($number));
            }
        }
    )+};
}

shown!(PaymentId, WalletNumber, String);
whole! {
    i64 as Integer by |number| number;
    Amount as Integer by Amount::fen;
    Position as Integer by Position::fen;
    Timestamp as Time by Timestamp::ms;
}

/// A row of a table.
pub(super) trait Row {
    /// The name of the table, which its files have.
    const TABLE: &'static str;

    /// Its columns in order.
    fn columns() -> Vec<Column>;

    /// Adds a cell to each column.
    fn push(&self, columns: &mut [Cells], labels: &Labels);
}

/// The column of cells of a type.
pub(super) const fn column<T: Cell>(name: &'static str) -> Column {
    Column { name: Cow::Borrowed(name), kind: T::KIND, optional: T::OPTIONAL }
}

/// Declares a row: the cells in the order of the columns, which have their names.
macro_rules! row {
    (
        $(#[$attribute:meta])*
        $row:ident$(<$life:lifetime>)? in $table:literal {
            $($(#[$about:meta])* $cell:ident: $type:ty,)+
        }
    ) => {
        $(#[$attribute])*
        pub(super) struct $row$(<$life>)? {
            $($(#[$about])* pub(super) $cell: $type,)+
        }

        impl$(<$life>)? $crate::results::row::Row for $row$(<$life>)? {
            const TABLE: &'static str = $table;

            fn columns() -> Vec<$crate::table::Column> {
                vec![$($crate::results::row::column::<$type>(stringify!($cell)),)+]
            }

            fn push(
                &self,
                columns: &mut [$crate::table::Cells],
                labels: &$crate::results::labels::Labels,
            ) {
                // The columns are made from the same declaration, so there are as many as cells.
                let [$($cell),+] = columns else { unreachable!("the columns are those of the row") };
                $($crate::results::row::Cell::push(Some(&self.$cell), $cell, labels);)+
            }
        }
    };
}

pub(super) use row;

row! {
    /// What every row of a run starts with, so that rows of several runs can lie in one table.
    Stamp<'a> in "" {
        run_id: &'a str,
        seed: i64,
        scenario: &'a str,
        algorithm: &'a str,
    }
}

/// Where the tables of a run go.
pub(super) struct Target<'a> {
    pub(super) folder: &'a Path,
    /// What every row starts with.
    pub(super) stamp: Stamp<'a>,
    /// What operators are called in place of their codes.
    pub(super) labels: &'a Labels,
    /// Whether the tables are written as CSV, too.
    pub(super) csv: bool,
}

impl Target<'_> {
    /// Writes a table as Parquet and perhaps CSV.
    pub(super) fn write<R: Row>(
        &self,
        rows: impl IntoIterator<Item = R>,
    ) -> Result<(), TableError> {
        let stamps = Stamp::columns();
        let first = stamps.len();
        let columns: Vec<_> = stamps.into_iter().chain(R::columns()).collect();
        let path = self.folder.join(format!("{}.parquet", R::TABLE));
        let mut parquet = ParquetFile::create(&path, R::TABLE, columns.iter())?;
        let csv_path = path.with_extension("csv");
        let csv = self.csv.then(|| CsvFile::create(&csv_path, columns.iter())).transpose();
        let mut csv = csv?;
        let mut cells: Vec<_> = columns.into_iter().map(Cells::new).collect();
        let mut write = |cells: &mut [Cells]| {
            parquet.write(cells)?;
            csv.as_mut().map_or(Ok(()), |csv| csv.write(cells))?;
            cells.iter_mut().for_each(Cells::clear);
            Ok::<_, TableError>(())
        };
        for row in rows {
            self.stamp.push(&mut cells[..first], self.labels);
            row.push(&mut cells[first..], self.labels);
            if cells[0].rows() == GROUP_ROWS {
                write(&mut cells)?;
            }
        }
        if cells[0].rows() > 0 {
            write(&mut cells)?;
        }
        parquet.close()?;
        csv.map_or(Ok(()), CsvFile::close)?;
        Ok(())
    }
}
