//! A file of payments: six columns at the level of operators, or eight with wallets.

use std::collections::HashSet;
use std::path::Path;

use clearing_domain::money::{BusinessDate, OperatorCode};
use clearing_node::config::OPERATORS_MAX;
use csv::StringRecord;

use super::{Fields, ListedPayment, WorkloadError};

/// The columns of the six-column layout; the full one has the two wallets after them.
const COLUMNS: [&str; 8] = ["ID", "date", "time", "value", "from", "to", "payer", "payee"];
const SHORT: usize = 6;

/// The payments of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFile {
    /// The good rows in their order.
    pub payments: Vec<ListedPayment>,
    /// The lines of the good rows, counted from 1.
    pub lines: Vec<u64>,
    /// The rows that were skipped.
    pub rejected: Vec<BadRow>,
    /// BLAKE3 of the file, in hexadecimal.
    pub hash: String,
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
    /// Reads a file. The first bad row is an error unless bad rows are skipped.
    pub fn read(path: &Path, skip_bad_rows: bool) -> Result<Self, WorkloadError> {
        let read = |source| WorkloadError::Read { path: path.to_owned(), source };
        let bytes = std::fs::read(path).map_err(read)?;
        let mut file = Self::parse(&bytes);
        if let (Some(first), false) = (file.rejected.first(), skip_bad_rows) {
            let (line, reason, others) = (first.line, first.reason.clone(), file.rejected.len() - 1);
            return Err(WorkloadError::Row { path: path.to_owned(), line, reason, others });
        }
        if file.payments.is_empty() {
            return Err(WorkloadError::Empty { path: path.to_owned() });
        }
        let operators = file.operators().len();
        if operators > OPERATORS_MAX {
            return Err(WorkloadError::Operators { path: path.to_owned(), operators });
        }
        file.hash = blake3::hash(&bytes).to_hex().to_string();
        Ok(file)
    }

    /// Reads rows; good and bad ones apart.
    fn parse(bytes: &[u8]) -> Self {
        let mut file = Self { payments: Vec::new(), lines: Vec::new(), rejected: Vec::new(), hash: String::new() };
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(bytes);
        let (mut columns, mut seen) = (None, HashSet::new());
        for record in reader.byte_records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    file.rejected.push(BadRow { line, reason: error.to_string(), text: String::new() });
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            let record = StringRecord::from_byte_record_lossy(record);
            if columns.is_none() {
                columns = Some(record.len());
                if is_header(&record) {
                    continue;
                }
            }
            match payment(&record, columns.unwrap_or(SHORT), &mut seen) {
                Ok(payment) => {
                    file.payments.push(payment);
                    file.lines.push(line);
                }
                Err(reason) => {
                    let text = record.iter().collect::<Vec<_>>().join(",");
                    file.rejected.push(BadRow { line, reason, text });
                }
            }
        }
        file
    }

    /// The operators of the file, ascending by code.
    pub fn operators(&self) -> Vec<OperatorCode> {
        let both = self.payments.iter().flat_map(|payment| [payment.from, payment.to]);
        let mut codes: Vec<_> = both.collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// The first and the last day of the file.
    pub fn dates(&self) -> Option<(BusinessDate, BusinessDate)> {
        let dates = || self.payments.iter().map(|payment| payment.at.date());
        dates().min().zip(dates().max())
    }
}

fn is_header(record: &StringRecord) -> bool {
    record.get(0).is_some_and(|first| first.trim_start_matches('\u{feff}').eq_ignore_ascii_case(COLUMNS[0]))
}

fn payment(record: &StringRecord, columns: usize, seen: &mut HashSet<String>) -> Result<ListedPayment, String> {
    if ![SHORT, COLUMNS.len()].contains(&columns) || record.len() != columns {
        let expected = if columns == COLUMNS.len() { &COLUMNS[..] } else { &COLUMNS[..SHORT] };
        return Err(format!("{} columns where {} are expected: {}", record.len(), expected.len(), expected.join(",")));
    }
    let field = |place: usize| record.get(place).unwrap_or_default();
    let payment = ListedPayment::parse(Fields {
        reference: field(0),
        date: field(1),
        time: field(2),
        value: field(3),
        from: field(4),
        to: field(5),
        payer: field(6),
        payee: field(7),
    })?;
    if payment.reference.is_empty() {
        return Err("ID is empty".to_owned());
    }
    if !seen.insert(payment.reference.clone()) {
        return Err(format!("ID {:?} is there twice", payment.reference));
    }
    Ok(payment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(text: &str) -> Vec<(u64, String)> {
        CsvFile::parse(text.as_bytes()).rejected.into_iter().map(|row| (row.line, row.reason)).collect()
    }

    #[test]
    fn both_layouts_are_read_with_and_without_a_header() {
        let rows = "1,2022-08-24,09:30,12.50,A,B\n2,2022-08-25,23:59:59.999,1,B,A\n";
        let with = CsvFile::parse(format!("ID,date,time,value,from,to\n{rows}").as_bytes());
        let without = CsvFile::parse(rows.as_bytes());
        assert_eq!(with.payments, without.payments);
        assert_eq!((&with.lines[..], &without.lines[..]), (&[2, 3][..], &[1, 2][..]));
        assert_eq!((with.payments.len(), with.rejected.len()), (2, 0));
        assert_eq!(with.payments[1].at.to_string(), "2022-08-25T23:59:59.999+08:00");
        assert_eq!(with.operators().iter().map(OperatorCode::as_str).collect::<Vec<_>>(), ["A", "B"]);
        let full = CsvFile::parse(b"ID,date,time,value,from,to,payer,payee\n1,2022-08-24,09:30,5,A,A,anna,bo\n");
        assert_eq!((full.payments[0].payer.as_str(), full.rejected.len()), ("anna", 0));
    }

    #[test]
    fn bad_rows_are_named_by_line_and_reason() {
        let text = "ID,date,time,value,from,to
1,2022-08-24,09:30,12.50,A,B
2,2022-02-30,09:30,1,A,B
3,2022-08-24,9:30,1,A,B
4,2022-08-24,09:30,1.005,A,B
5,2022-08-24,09:30,-1,A,B
6,2022-08-24,09:30,1,Bank of A,B
7,2022-08-24,09:30,1,A,A
1,2022-08-24,09:30,1,A,B
9,2022-08-24,09:30,1,A
";
        let expected = [
            (3, "date \"2022-02-30\" is not a day as in 2022-08-24"),
            (4, "time \"9:30\" is not a time as in 09:30 or 09:30:05.250"),
            (5, "value: amount 1.005 has more than two decimals"),
            (6, "value: amount -1 is not positive"),
            (7, "from: operator code \"Bank of A\" is not 1 to 8 letters or digits"),
            (8, "payer and payee are the same: A"),
            (9, "ID \"1\" is there twice"),
            (10, "5 columns where 6 are expected: ID,date,time,value,from,to"),
        ];
        assert_eq!(reasons(text), expected.map(|(line, reason)| (line, reason.to_owned())));
    }

    #[test]
    fn an_error_counts_the_other_bad_rows_and_skipping_lists_them() {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), "x,2022-08-24,09:30,0,A,B\ny,2022-08-24,09:30,0,A,B\nz,2022-08-24,09:30,1,A,B\n")
            .unwrap();
        let error = CsvFile::read(path.path(), false).unwrap_err().to_string();
        assert!(error.ends_with(", line 1: value: amount 0 is not positive; one more row is wrong"), "{error}");
        let file = CsvFile::read(path.path(), true).unwrap();
        assert_eq!((file.payments.len(), file.rejected.len(), file.hash.len()), (1, 2, 64));
        std::fs::write(path.path(), "").unwrap();
        assert!(CsvFile::read(path.path(), true).unwrap_err().to_string().ends_with("has no payments"));
    }
}
