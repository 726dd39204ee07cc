//! Reads columns of a table back from its Parquet file.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};

use super::TableError;

/// A table of results being read.
pub(crate) struct Reader {
    path: PathBuf,
    file: SerializedFileReader<File>,
}

/// Some columns of a group of rows.
pub(crate) struct Group<'a> {
    path: &'a Path,
    names: &'a [&'static str],
    rows: usize,
    columns: Vec<Values>,
}

/// The cells of a column, absent ones as `None`.
enum Values {
    Text(Vec<Option<ByteArray>>),
    Integer(Vec<Option<i64>>),
}

impl Reader {
    pub(crate) fn open(folder: &Path, table: &str) -> Result<Self, TableError> {
        let path = folder.join(format!("{table}.parquet"));
        let file = File::open(&path).map_err(TableError::reading(&path))?;
        let file = SerializedFileReader::new(file)
            .map_err(|source| TableError::Foreign { path: path.clone(), source })?;
        Ok(Self { path, file })
    }

    /// Whether the table has a column; one written by another version may lack it.
    pub(crate) fn has(&self, column: &str) -> bool {
        let schema = self.file.metadata().file_metadata().schema_descr_ptr();
        schema.columns().iter().any(|known| known.name() == column)
    }

    /// The names and types of the columns, in order, as they are documented.
    #[cfg(test)]
    pub(crate) fn columns(&self) -> Vec<(String, String)> {
        use parquet::basic::{LogicalType, Repetition, Type};
        let schema = self.file.metadata().file_metadata().schema_descr_ptr();
        let describe = |column: &parquet::schema::types::ColumnDescPtr| {
            let kind = match (column.physical_type(), column.logical_type_ref()) {
                (Type::BYTE_ARRAY, Some(LogicalType::String)) => "text",
                (Type::INT64, Some(LogicalType::Timestamp(_))) => "time",
                (Type::INT64, None) => "integer",
                (Type::DOUBLE, None) => "number",
                other => panic!("{other:?}"),
            };
            let optional = column.self_type().get_basic_info().repetition() == Repetition::OPTIONAL;
            (column.name().to_owned(), format!("{kind}{}", if optional { "?" } else { "" }))
        };
        schema.columns().iter().map(describe).collect()
    }

    /// Hands some columns over, group by group.
    pub(crate) fn each_group(
        &self,
        names: &[&'static str],
        mut take: impl FnMut(&Group<'_>) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let schema = self.file.metadata().file_metadata().schema_descr_ptr();
        let place =
            |name: &&'static str| schema.columns().iter().position(|column| column.name() == *name);
        for index in 0..self.file.num_row_groups() {
            let group = self.file.get_row_group(index)?;
            let rows = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
            let column = |name: &&'static str| {
                let place =
                    place(name).ok_or_else(|| TableError::cell(&self.path, name, "is missing"))?;
                read(group.as_ref(), place, rows)
            };
            // Only the columns asked for are decoded; a table of payments has twenty.
            let columns = names.iter().map(column).collect::<Result<_, _>>()?;
            take(&Group { path: &self.path, names, rows, columns })?;
        }
        Ok(())
    }
}

fn read(group: &dyn RowGroupReader, place: usize, rows: usize) -> Result<Values, TableError> {
    let mut levels = Vec::with_capacity(rows);
    match group.get_column_reader(place)? {
        ColumnReader::ByteArrayColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(rows);
            reader.read_records(rows, Some(&mut levels), None, &mut values)?;
            Ok(Values::Text(spread(values, &levels)))
        }
        ColumnReader::Int64ColumnReader(mut reader) => {
            let mut values = Vec::with_capacity(rows);
            reader.read_records(rows, Some(&mut levels), None, &mut values)?;
            Ok(Values::Integer(spread(values, &levels)))
        }
        ColumnReader::BoolColumnReader(_)
        | ColumnReader::Int32ColumnReader(_)
        | ColumnReader::Int96ColumnReader(_)
        | ColumnReader::FloatColumnReader(_)
        | ColumnReader::DoubleColumnReader(_)
        | ColumnReader::FixedLenByteArrayColumnReader(_) => Ok(Values::Integer(Vec::new())),
    }
}

/// Puts the values that are there between those that are not. A required column has no levels.
fn spread<T>(values: Vec<T>, levels: &[i16]) -> Vec<Option<T>> {
    if levels.is_empty() {
        return values.into_iter().map(Some).collect();
    }
    let mut values = values.into_iter();
    levels.iter().map(|level| if *level == 0 { None } else { values.next() }).collect()
}

impl Group<'_> {
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The text of a cell, by the place of its column among those asked for; `None` when absent.
    pub(crate) fn optional_text(
        &self,
        column: usize,
        row: usize,
    ) -> Result<Option<&str>, TableError> {
        match &self.columns[column] {
            Values::Text(values) => {
                let text = values.get(row).and_then(Option::as_ref).map(ByteArray::as_utf8);
                text.transpose().map_err(|error| self.bad(column, error))
            }
            Values::Integer(_) => Err(self.bad(column, "is not text")),
        }
    }

    pub(crate) fn optional_integer(
        &self,
        column: usize,
        row: usize,
    ) -> Result<Option<i64>, TableError> {
        match &self.columns[column] {
            Values::Integer(values) => Ok(values.get(row).copied().flatten()),
            Values::Text(_) => Err(self.bad(column, "is not a column of integers")),
        }
    }

    pub(crate) fn text(&self, column: usize, row: usize) -> Result<&str, TableError> {
        self.optional_text(column, row)?.ok_or_else(|| self.bad(column, "has an empty cell"))
    }

    pub(crate) fn integer(&self, column: usize, row: usize) -> Result<i64, TableError> {
        self.optional_integer(column, row)?.ok_or_else(|| self.bad(column, "has an empty cell"))
    }

    /// A cell as something that is written as text.
    pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        column: usize,
        row: usize,
    ) -> Result<T, TableError> {
        self.text(column, row)?.parse().map_err(|error: T::Err| self.bad(column, error))
    }

    pub(crate) fn bad(&self, column: usize, message: impl std::fmt::Display) -> TableError {
        TableError::cell(self.path, self.names[column], message)
    }
}
