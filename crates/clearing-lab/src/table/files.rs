//! The files of a table.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::{Cells, Column, Kind, TableError};

/// A table as Parquet.
pub(crate) struct ParquetFile {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
}

impl ParquetFile {
    /// Creates the file of a table.
    pub(crate) fn create<'a>(
        path: &Path,
        table: &str,
        columns: impl Iterator<Item = &'a Column>,
    ) -> Result<Self, TableError> {
        let file = File::create(path).map_err(TableError::creating(path))?;
        let fields = columns
            .map(|column| Ok(Arc::new(field(column)?)))
            .collect::<Result<_, ParquetError>>()?;
        let schema = Arc::new(Type::group_type_builder(table).with_fields(fields).build()?);
        // The lowest level, because writing must not take longer than the run.
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .build();
        let writer = SerializedFileWriter::new(file, schema, Arc::new(properties))
            .map_err(TableError::writing(path))?;
        Ok(Self { path: path.to_owned(), writer })
    }

    /// Writes a group of rows.
    pub(crate) fn write(&mut self, columns: &[Cells]) -> Result<(), TableError> {
        self.write_group(columns).map_err(TableError::writing(&self.path))
    }

    fn write_group(&mut self, columns: &[Cells]) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for cells in columns {
            if let Some(writer) = group.next_column()? {
                write_cells(cells, writer)?;
            }
        }
        group.close()?;
        Ok(())
    }

    /// Writes the end of the file.
    pub(crate) fn close(self) -> Result<(), TableError> {
        self.writer.close().map_err(TableError::writing(&self.path))?;
        Ok(())
    }
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    let repetition = if column.optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let field = Type::primitive_type_builder(&column.name, physical).with_repetition(repetition);
    field.with_logical_type(logical).build()
}

fn write_cells(cells: &Cells, mut writer: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
    // A required column has no levels, and the format refuses them.
    let levels = cells.column.optional.then_some(&cells.present[..]);
    match cells.column.kind {
        Kind::Text => {
            let whole = ByteArray::from(cells.bytes.clone());
            let texts: Vec<_> =
                cells.spans().map(|(from, to)| whole.slice(from, to - from)).collect();
            writer.typed::<ByteArrayType>().write_batch(&texts, levels, None)?;
        }
        Kind::Integer | Kind::Time => {
            writer.typed::<Int64Type>().write_batch(&cells.integers, levels, None)?;
        }
        Kind::Number => {
            writer.typed::<DoubleType>().write_batch(&cells.numbers, levels, None)?;
        }
    }
    writer.close()
}

/// A table as CSV.
pub(crate) struct CsvFile {
    path: PathBuf,
    writer: csv::Writer<File>,
}

impl CsvFile {
    /// Creates the file of a table, with the names of its columns.
    pub(crate) fn create<'a>(
        path: &Path,
        columns: impl Iterator<Item = &'a Column>,
    ) -> Result<Self, TableError> {
        let file = File::create(path).map_err(TableError::creating(path))?;
        let mut writer = csv::Writer::from_writer(file);
        let header = writer.write_record(columns.map(|column| &*column.name));
        header.map_err(TableError::writing(path))?;
        Ok(Self { path: path.to_owned(), writer })
    }

    /// Writes rows; what is missing is empty.
    pub(crate) fn write(&mut self, columns: &[Cells]) -> Result<(), TableError> {
        let rows = columns.first().map_or(0, Cells::rows);
        let mut columns: Vec<_> = columns.iter().map(Cells::shown).collect();
        for _ in 0..rows {
            let row = columns.iter_mut().map(|cells| cells.next().unwrap_or_default());
            self.writer.write_record(row).map_err(TableError::writing(&self.path))?;
        }
        Ok(())
    }

    /// Writes what is left.
    pub(crate) fn close(mut self) -> Result<(), TableError> {
        self.writer.flush().map_err(TableError::writing(&self.path))
    }
}

impl Cells {
    /// Writes columns of the same length as Parquet.
    pub(crate) fn write_parquet(
        path: &Path,
        table: &str,
        columns: &[Self],
    ) -> Result<(), TableError> {
        let mut file = ParquetFile::create(path, table, columns.iter().map(|cells| &cells.column))?;
        file.write(columns)?;
        file.close()
    }

    /// Writes columns of the same length as CSV.
    pub(crate) fn write_csv(path: &Path, columns: &[Self]) -> Result<(), TableError> {
        let mut file = CsvFile::create(path, columns.iter().map(|cells| &cells.column))?;
        file.write(columns)?;
        file.close()
    }
}
