//! A table whose columns are known only when the sweep is.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::SweepError;

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) cells: Cells,
}

/// The cells of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cells {
    Text(Vec<String>),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
}

impl Column {
    pub(super) fn text(name: &str, cells: impl Iterator<Item = String>) -> Self {
        Self { name: name.to_owned(), cells: Cells::Text(cells.collect()) }
    }

    pub(super) fn integer(name: &str, cells: impl Iterator<Item = Option<i64>>) -> Self {
        Self { name: name.to_owned(), cells: Cells::Integer(cells.collect()) }
    }

    pub(super) fn number(name: &str, cells: impl Iterator<Item = Option<f64>>) -> Self {
        Self { name: name.to_owned(), cells: Cells::Number(cells.collect()) }
    }

    fn field(&self) -> Result<Type, SweepError> {
        let (physical, logical, repetition) = match self.cells {
            Cells::Text(_) => {
                (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED)
            }
            Cells::Integer(_) => (Physical::INT64, None, Repetition::OPTIONAL),
            Cells::Number(_) => (Physical::DOUBLE, None, Repetition::OPTIONAL),
        };
        let field = Type::primitive_type_builder(&self.name, physical).with_repetition(repetition);
        Ok(field.with_logical_type(logical).build()?)
    }

    fn write(&self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), SweepError> {
        match &self.cells {
            Cells::Text(texts) => {
                let texts: Vec<_> =
                    texts.iter().map(|text| ByteArray::from(text.as_str())).collect();
                writer.typed::<ByteArrayType>().write_batch(&texts, None, None)?;
            }
            Cells::Integer(integers) => {
                let (values, present) = split(integers);
                writer.typed::<Int64Type>().write_batch(&values, Some(&present), None)?;
            }
            Cells::Number(numbers) => {
                let (values, present) = split(numbers);
                writer.typed::<DoubleType>().write_batch(&values, Some(&present), None)?;
            }
        }
        Ok(())
    }

    fn text_of(&self, row: usize) -> String {
        match &self.cells {
            Cells::Text(texts) => texts[row].clone(),
            Cells::Integer(integers) => {
                integers[row].map_or(String::new(), |integer| integer.to_string())
            }
            Cells::Number(numbers) => {
                numbers[row].map_or(String::new(), |number| number.to_string())
            }
        }
    }

    fn rows(&self) -> usize {
        match &self.cells {
            Cells::Text(texts) => texts.len(),
            Cells::Integer(integers) => integers.len(),
            Cells::Number(numbers) => numbers.len(),
        }
    }
}

/// The values that are there, and which are.
fn split<T: Copy>(cells: &[Option<T>]) -> (Vec<T>, Vec<i16>) {
    (
        cells.iter().copied().flatten().collect(),
        cells.iter().map(|cell| i16::from(cell.is_some())).collect(),
    )
}

/// Writes columns of the same length as Parquet.
pub(super) fn write_parquet(path: &Path, columns: &[Column]) -> Result<(), SweepError> {
    encode_parquet(path, columns).map_err(|error| error.writing(path))
}

fn encode_parquet(path: &Path, columns: &[Column]) -> Result<(), SweepError> {
    let fields = columns
        .iter()
        .map(|column| Ok(Arc::new(column.field()?)))
        .collect::<Result<_, SweepError>>()?;
    let schema = Arc::new(Type::group_type_builder("sweep").with_fields(fields).build()?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .build();
    let file = File::create(path).map_err(SweepError::io("cannot create", path))?;
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for column in columns {
        if let Some(mut cells) = group.next_column()? {
            column.write(&mut cells)?;
            cells.close()?;
        }
    }
    group.close()?;
    writer.close()?;
    Ok(())
}

/// Writes columns of the same length as CSV; what is missing is empty.
pub(super) fn write_csv(path: &Path, columns: &[Column]) -> Result<(), SweepError> {
    encode_csv(path, columns).map_err(|error| SweepError::from(error).writing(path))
}

fn encode_csv(path: &Path, columns: &[Column]) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(columns.iter().map(|column| &column.name))?;
    for row in 0..columns.first().map_or(0, Column::rows) {
        writer.write_record(columns.iter().map(|column| column.text_of(row)))?;
    }
    Ok(writer.flush()?)
}
