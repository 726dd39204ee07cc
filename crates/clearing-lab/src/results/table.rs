//! Tables on disk: rows are collected by column and written in groups, as Parquet and perhaps CSV.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clearing_domain::money::{BusinessDate, DAY_MS, Timestamp};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use super::ResultsError;
use super::labels::Labels;
use super::schema::{Column, Kind, STAMP, Schema};

/// How many rows are collected before they are written.
const GROUP_ROWS: usize = 65_536;

/// What every row of a run starts with.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) run_id: String,
    pub(super) seed: i64,
    pub(super) scenario: String,
    pub(super) algorithm: String,
    /// What operators are called in place of their codes.
    pub(super) labels: Labels,
}

/// A table being written. The cells of a row are given in the order of the columns.
pub(super) struct Table<'a> {
    stamp: &'a Stamp,
    columns: Vec<Cells>,
    next: usize,
    rows: usize,
    path: PathBuf,
    parquet: SerializedFileWriter<File>,
    csv: Option<csv::Writer<File>>,
}

/// The cells of one column: values of those that are there, and which are.
struct Cells {
    column: Column,
    /// Texts one after the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    integers: Vec<i64>,
    present: Vec<i16>,
}

impl<'a> Table<'a> {
    /// Creates the files of a table in a folder.
    pub(super) fn create(
        folder: &Path,
        schema: &Schema,
        stamp: &'a Stamp,
        csv: bool,
    ) -> Result<Self, ResultsError> {
        let path = folder.join(format!("{}.parquet", schema.name));
        let file = File::create(&path).map_err(ResultsError::io("cannot create", &path))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .build();
        let message = Arc::new(parse_message_type(&schema.message())?);
        let csv = csv.then(|| csv_writer(folder, schema)).transpose()?;
        Ok(Self {
            stamp,
            columns: schema.columns().map(Cells::new).collect(),
            next: STAMP.len(),
            rows: 0,
            parquet: SerializedFileWriter::new(file, message, Arc::new(properties))
                .map_err(|error| ResultsError::from(error).writing(&path))?,
            path,
            csv,
        })
    }

    pub(super) fn text(&mut self, text: &str) {
        self.optional_text(Some(text));
    }

    pub(super) fn optional_text(&mut self, text: Option<&str>) {
        let stamp = self.stamp;
        let cells = self.cells_of(&[Kind::Text, Kind::Operator]);
        cells.present.push(i16::from(text.is_some()));
        if let Some(text) = text {
            let text =
                if cells.column.kind == Kind::Operator { stamp.labels.of(text) } else { text };
            cells.bytes.extend_from_slice(text.as_bytes());
            cells.ends.push(cells.bytes.len());
        }
    }

    /// A text that is written straight into the column.
    pub(super) fn display(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        let cells = self.cells(Kind::Text);
        cells.present.push(1);
        // Writing into a vector cannot fail.
        let _ = write!(cells.bytes, "{value}");
        cells.ends.push(cells.bytes.len());
    }

    pub(super) fn integer(&mut self, value: i64) {
        self.optional_integer(Some(value));
    }

    pub(super) fn optional_integer(&mut self, value: Option<i64>) {
        let cells = self.cells(Kind::Integer);
        cells.present.push(i16::from(value.is_some()));
        cells.integers.extend(value);
    }

    pub(super) fn time(&mut self, at: Timestamp) {
        self.optional_time(Some(at));
    }

    pub(super) fn optional_time(&mut self, at: Option<Timestamp>) {
        let cells = self.cells(Kind::Time);
        cells.present.push(i16::from(at.is_some()));
        cells.integers.extend(at.map(Timestamp::ms));
    }

    fn cells(&mut self, kind: Kind) -> &mut Cells {
        self.cells_of(&[kind])
    }

    fn cells_of(&mut self, kinds: &[Kind]) -> &mut Cells {
        let cells = &mut self.columns[self.next];
        assert!(kinds.contains(&cells.column.kind), "column {} is no {kinds:?}", cells.column.name);
        self.next += 1;
        cells
    }

    pub(super) fn end_row(&mut self) -> Result<(), ResultsError> {
        assert!(
            self.next == self.columns.len(),
            "a row ends before column {}",
            self.columns[self.next].column.name
        );
        self.next = STAMP.len();
        self.rows += 1;
        if self.rows == GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    /// Writes what is left and the ends of the files.
    pub(super) fn finish(mut self) -> Result<(), ResultsError> {
        self.write_group()?;
        self.parquet.close().map_err(|error| ResultsError::from(error).writing(&self.path))?;
        let csv_path = self.path.with_extension("csv");
        self.csv.map_or(Ok(()), |mut csv| {
            csv.flush().map_err(ResultsError::io("cannot write", &csv_path))
        })
    }

    fn write_group(&mut self) -> Result<(), ResultsError> {
        if self.rows == 0 {
            return Ok(());
        }
        self.stamp_rows();
        self.write_parquet().map_err(|error| error.writing(&self.path))?;
        if let Some(csv) = &mut self.csv {
            let path = self.path.with_extension("csv");
            write_csv(csv, &self.columns, self.rows).map_err(|error| error.writing(&path))?;
        }
        self.columns.iter_mut().for_each(Cells::clear);
        self.rows = 0;
        Ok(())
    }

    fn write_parquet(&mut self) -> Result<(), ResultsError> {
        let mut group = self.parquet.next_row_group()?;
        for cells in &self.columns {
            if let Some(writer) = group.next_column()? {
                cells.write(writer)?;
            }
        }
        group.close()?;
        Ok(())
    }

    fn stamp_rows(&mut self) {
        let Stamp { run_id, seed, scenario, algorithm, labels: _ } = self.stamp;
        let [first, second, third, fourth, ..] = &mut self.columns[..] else { return };
        first.fill_text(run_id, self.rows);
        second.integers.resize(self.rows, *seed);
        second.present.resize(self.rows, 1);
        third.fill_text(scenario, self.rows);
        fourth.fill_text(algorithm, self.rows);
    }
}

impl Cells {
    fn new(column: Column) -> Self {
        Self {
            column,
            bytes: Vec::new(),
            ends: Vec::new(),
            integers: Vec::new(),
            present: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.integers.clear();
        self.present.clear();
    }

    fn fill_text(&mut self, text: &str, rows: usize) {
        for _ in 0..rows {
            self.bytes.extend_from_slice(text.as_bytes());
            self.ends.push(self.bytes.len());
        }
        self.present.resize(rows, 1);
    }

    fn write(&self, mut writer: SerializedColumnWriter<'_>) -> Result<(), ResultsError> {
        let levels = self.column.optional.then_some(&self.present[..]);
        match self.column.kind {
            Kind::Text | Kind::Operator => {
                let whole = ByteArray::from(self.bytes.clone());
                let texts: Vec<_> =
                    self.spans().map(|(from, to)| whole.slice(from, to - from)).collect();
                writer.typed::<ByteArrayType>().write_batch(&texts, levels, None)?;
            }
            Kind::Integer | Kind::Time => {
                writer.typed::<Int64Type>().write_batch(&self.integers, levels, None)?;
            }
        }
        writer.close()?;
        Ok(())
    }

    /// Where each text starts and ends.
    fn spans(&self) -> impl Iterator<Item = (usize, usize)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(self.ends.iter().copied())
    }

    /// The cells as text, in order; absent ones are empty.
    fn texts(&self) -> impl Iterator<Item = String> {
        let mut spans = self.spans();
        let mut integers = self.integers.iter();
        self.present.iter().map(move |present| match (present, self.column.kind) {
            (0, _) => String::new(),
            (_, Kind::Text | Kind::Operator) => {
                let (from, to) = spans.next().unwrap_or_default();
                String::from_utf8_lossy(&self.bytes[from..to]).into_owned()
            }
            (_, Kind::Integer) => integers.next().map(ToString::to_string).unwrap_or_default(),
            (_, Kind::Time) => integers.next().map(|ms| utc(*ms)).unwrap_or_default(),
        })
    }
}

fn csv_writer(folder: &Path, schema: &Schema) -> Result<csv::Writer<File>, ResultsError> {
    let path = folder.join(format!("{}.csv", schema.name));
    let mut writer = csv::Writer::from_writer(
        File::create(&path).map_err(ResultsError::io("cannot create", &path))?,
    );
    let header = writer.write_record(schema.columns().map(|column| column.name));
    header.map_err(|error| ResultsError::from(error).writing(&path))?;
    Ok(writer)
}

fn write_csv(
    csv: &mut csv::Writer<File>,
    columns: &[Cells],
    rows: usize,
) -> Result<(), ResultsError> {
    let mut columns: Vec<_> = columns.iter().map(Cells::texts).collect();
    for _ in 0..rows {
        csv.write_record(columns.iter_mut().map(|cells| cells.next().unwrap_or_default()))?;
    }
    Ok(())
}

/// A time as text in UTC.
fn utc(ms: i64) -> String {
    let date = BusinessDate::from_days(i32::try_from(ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX));
    let ms = ms.rem_euclid(DAY_MS);
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{date}T{:02}:{:02}:{:02}.{ms:03}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
