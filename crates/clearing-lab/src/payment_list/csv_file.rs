//! A file of payments as rows of text: columns by name or in the documented order.

use std::collections::HashMap;
use std::path::Path;

use clearing_config::PARTICIPANTS_MAX;
use clearing_domain::money::{BusinessDate, OperatorCode, cut};
use csv::StringRecord;
use rust_decimal::Decimal;

use super::PaymentListError;
use super::columns::{Column, Layout, is_header, no_layout};
use super::fields::{Fields, ListedPayment, NAME_CHARACTERS_SHOWN, Terms, check_printable};
use super::lines::{Comment, Lines, without_comments};
use super::moment::reads_as_date;

/// As much of a bad row is kept.
const ROW_CHARACTERS_MAX: usize = 1000;
/// What a file in UTF-16 starts with.
const UTF_16: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// How a file of payments is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Whether bad rows are left out; otherwise the first is an error.
    pub skip_bad_rows: bool,
    /// Whether values with more than two decimals are rounded; otherwise they are bad.
    pub round: bool,
}

/// The payments of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CsvFile {
    /// The good rows in their order.
    pub(crate) rows: Vec<Row>,
    /// What the file calls its participants, in the order in which they appear.
    participants: Vec<String>,
    /// The rows that were skipped.
    pub rejected: Vec<BadRow>,
    /// The values that were rounded.
    pub rounded: Rounded,
    /// BLAKE3 of the file, in hexadecimal.
    pub hash: String,
}

/// A payment between participants of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line, counted from 1.
    pub(crate) line: u64,
    pub(crate) reference: String,
    pub(crate) terms: Terms,
    /// The places of the participants in the file's list.
    pub(crate) from: usize,
    pub(crate) to: usize,
    payer: String,
    payee: String,
}

/// The values that were rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounded {
    /// How many.
    pub values: u64,
    /// By how much they became larger in sum.
    pub difference: Decimal,
}

/// A row that cannot be a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
    /// What stands there.
    pub text: String,
}

impl CsvFile {
    /// Reads a file.
    pub fn read(path: &Path, reading: Reading) -> Result<Self, PaymentListError> {
        let read = |source| PaymentListError::Read { path: path.to_owned(), source };
        let bytes = std::fs::read(path).map_err(read)?;
        let refuse = |BadRow { line, reason, .. }: BadRow, others| {
            Err(PaymentListError::Row { path: path.to_owned(), line, reason, others })
        };
        let mut file = match Self::parse(&bytes, reading) {
            Ok(file) => file,
            Err(header) => return refuse(header, 0),
        };
        if let (Some(first), false) = (file.rejected.first(), reading.skip_bad_rows) {
            return refuse(first.clone(), file.rejected.len() - 1);
        }
        if file.rows.is_empty() {
            return Err(PaymentListError::Empty { path: path.to_owned() });
        }
        let participants = file.participants.len();
        if participants > PARTICIPANTS_MAX {
            return Err(PaymentListError::Participants { path: path.to_owned(), participants });
        }
        // The hash is of the bytes as they lie on disk, so that other tools find the same.
        file.hash = blake3::hash(&bytes).to_hex().to_string();
        Ok(file)
    }

    /// Reads rows; good and bad ones apart. The error is a header that names no layout.
    fn parse(bytes: &[u8], reading: Reading) -> Result<Self, BadRow> {
        // As UTF-8 every second byte of it is a zero, and the error would be about the first field.
        if UTF_16.iter().any(|mark| bytes.starts_with(mark)) {
            let reason = "the file is UTF-16; save it as UTF-8".to_owned();
            return Err(BadRow { line: 1, reason, text: String::new() });
        }
        // Spreadsheets write the mark, and it would become a part of the first name of the header.
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let mut builder = csv::ReaderBuilder::new();
        // The width of a row and its header are judged here, where an error can name the line and
        // the columns.
        builder.has_headers(false).flexible(true);
        let plain = without_comments(bytes);
        let mut reader = builder.from_reader(&*plain);
        let mut rows = Rows { reading, ..Rows::default() };
        let (mut lines, mut record, mut end) = (Lines::new(bytes), csv::ByteRecord::new(), 0);
        loop {
            // Reading from memory does not fail, and rows may have any number of fields.
            let more = reader.read_byte_record(&mut record).unwrap_or(false);
            let (line, start) = lines.row_after(end, |comment| rows.comment(comment));
            if !more {
                return Ok(rows.file);
            }
            end = usize::try_from(reader.position().byte()).unwrap_or(bytes.len());
            rows.record(line, &record, bytes.get(start..end).unwrap_or_default())?;
        }
    }

    /// What the file calls its participants, ascending.
    pub fn participants(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.participants.iter().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// What the file calls a participant of a row.
    pub(crate) fn name(&self, place: usize) -> &str {
        &self.participants[place]
    }

    /// The first and the last day of the file.
    pub fn dates(&self) -> Option<(BusinessDate, BusinessDate)> {
        let dates = || self.rows.iter().map(|row| row.terms.at.date());
        dates().min().zip(dates().max())
    }

    /// The payments between the operators of a roster, which tells the code of a participant; the
    /// error is the first row with one that it does not know.
    pub(crate) fn listed(
        &self,
        path: &Path,
        code: impl Fn(&str) -> Option<OperatorCode>,
    ) -> Result<Vec<ListedPayment>, PaymentListError> {
        // A file has few participants and many rows: each name is looked up once.
        let codes: Vec<_> = self.participants.iter().map(|name| code(name)).collect();
        let known = |row: &Row, column: Column, place: usize| {
            let unknown = || {
                let reason = format!(
                    "{}: {:?} is not in the roster of the configuration",
                    column.name(),
                    self.name(place)
                );
                PaymentListError::Row { path: path.to_owned(), line: row.line, reason, others: 0 }
            };
            codes[place].ok_or_else(unknown)
        };
        let payment = |row: &Row| {
            Ok(ListedPayment {
                reference: row.reference.clone(),
                terms: row.terms,
                from: known(row, Column::From, row.from)?,
                to: known(row, Column::To, row.to)?,
                payer: row.payer.clone(),
                payee: row.payee.clone(),
            })
        };
        self.rows.iter().map(payment).collect()
    }
}

/// What is found while rows are read.
#[derive(Default)]
struct Rows {
    reading: Reading,
    file: CsvFile,
    layout: Option<Layout>,
    /// Whether a row was seen: only the first can be a header.
    begun: bool,
    /// The lines of references.
    seen: HashMap<String, u64>,
    /// The places of participants.
    places: HashMap<String, usize>,
}

impl Rows {
    /// Takes the next row; the error is a header that names no layout.
    fn record(&mut self, line: u64, record: &csv::ByteRecord, raw: &[u8]) -> Result<(), BadRow> {
        let text = || cut(&String::from_utf8_lossy(raw.trim_ascii_end()), ROW_CHARACTERS_MAX);
        let fields = match StringRecord::from_byte_record(record.clone()) {
            Ok(fields) => fields,
            Err(error) => {
                let place = error.utf8_error().field() + 1;
                self.reject(line, format!("field {place} is not UTF-8"), text());
                return Ok(());
            }
        };
        // Spreadsheets end a table with rows of commas alone.
        if fields.iter().all(|field| field.trim().is_empty()) {
            return Ok(());
        }
        let first = !std::mem::replace(&mut self.begun, true);
        if first && is_header(&fields) {
            let layout = Layout::of_header(&fields).map_err(|reason| BadRow {
                line,
                reason,
                text: text(),
            })?;
            self.layout = Some(layout);
            return Ok(());
        }
        if let Err(reason) = self.row(line, &fields) {
            // A mark that is not closed swallows the rows behind it, and an error about the fields
            // alone would mislead.
            let open = raw.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
            let hint = if open { "; a quotation mark is not closed" } else { "" };
            self.reject(line, format!("{reason}{hint}"), text());
        }
        Ok(())
    }

    /// Takes a row of data. Without a header the first good row shows the layout.
    fn row(&mut self, line: u64, fields: &StringRecord) -> Result<(), String> {
        let known = self.layout.take();
        let is_known = known.is_some();
        let layout =
            known.or_else(|| Layout::of_width(fields.len())).ok_or_else(|| no_layout(fields))?;
        // A bad first row shows no layout: it may itself have a field too many.
        let read = self.row_of(&layout, line, fields);
        self.layout = (is_known || read.is_ok()).then_some(layout);
        read
    }

    fn row_of(&mut self, layout: &Layout, line: u64, fields: &StringRecord) -> Result<(), String> {
        layout.check_width(fields)?;
        let field = |column| layout.field(fields, column);
        let (day, day_column) = match layout.has(Column::DateTime) {
            true => (field(Column::DateTime), Column::DateTime.name()),
            false => (field(Column::Date), Column::Date.name()),
        };
        let read = Fields {
            day_column,
            day,
            time: field(Column::Time),
            value: field(Column::Value),
            from: field(Column::From),
            to: field(Column::To),
            payer: field(Column::Payer),
            payee: field(Column::Payee),
            priority: field(Column::Priority),
            earliest: field(Column::Earliest),
            latest: field(Column::Latest),
        };
        let (terms, rounded) = read.terms(self.reading.round)?;
        let reference = field(Column::Id);
        if reference.is_empty() {
            return Err("ID \"\" is empty".to_owned());
        }
        check_printable("ID", reference)?;
        // Ids of payments follow from references, so a second payment of the same name would be a
        // repeat of the first.
        if let Some(first) = self.seen.get(reference) {
            let shown = cut(reference, NAME_CHARACTERS_SHOWN);
            return Err(format!("ID {shown:?} is there twice; the first is in line {first}"));
        }
        self.seen.insert(reference.to_owned(), line);
        if let Some(by) = rounded {
            self.file.rounded.values += 1;
            self.file.rounded.difference += by;
        }
        let [reference, payer, payee] = [reference, read.payer, read.payee].map(str::to_owned);
        let (from, to) = (self.place(read.from), self.place(read.to));
        self.file.rows.push(Row { line, reference, terms, from, to, payer, payee });
        Ok(())
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.file.participants.len();
        self.places.insert(name.to_owned(), place);
        self.file.participants.push(name.to_owned());
        place
    }

    /// Passes over a comment, unless it is a payment whose ID starts with the mark of comments.
    fn comment(&mut self, comment: Comment<'_>) {
        let text = String::from_utf8_lossy(comment.text);
        let fields: Vec<_> = text.split(',').map(str::trim).collect();
        let width = self.layout.as_ref().map_or(6..=9, |layout| layout.width()..=layout.width());
        if width.contains(&fields.len()) && fields.iter().any(|field| reads_as_date(field)) {
            let reason = format!(
                "ID {:?} starts like a comment; put it in quotation marks",
                cut(fields[0], NAME_CHARACTERS_SHOWN)
            );
            self.reject(comment.line, reason, cut(&text, ROW_CHARACTERS_MAX));
        }
    }

    fn reject(&mut self, line: u64, reason: String, text: String) {
        self.file.rejected.push(BadRow { line, reason, text });
    }
}

#[cfg(test)]
mod tests;
