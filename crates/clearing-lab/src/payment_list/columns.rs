//! The columns of a file of payments: by the names in its header, or in the documented order.

use csv::StringRecord;

use super::amount::read_amount;
use super::moment::{parse_time, reads_as_date};

/// A column of a file of payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Date,
    Time,
    DateTime,
    Value,
    From,
    To,
    Payer,
    Payee,
    Priority,
    Earliest,
    Latest,
}

use Column::{Date, DateTime, Earliest, From, Id, Latest, Payee, Payer, Priority, Time, To, Value};

/// Without a header: the short layout, and the long one with the wallets.
const SHORT: [Column; 6] = [Id, Date, Time, Value, From, To];
const LONG: [Column; 8] = [Id, Date, Time, Value, From, To, Payer, Payee];
/// What other tools call a column, for suggestions.
const SYNONYMS: [(&str, Column); 24] = [
    ("reference", Id),
    ("payment_id", Id),
    ("paymentid", Id),
    ("amount", Value),
    ("sum", Value),
    ("fee", Value),
    ("timestamp", DateTime),
    ("date_time", DateTime),
    ("submitted_at", DateTime),
    ("day", Date),
    ("sender", From),
    ("debtor", From),
    ("source", From),
    ("payer_operator", From),
    ("payer_bank", From),
    ("receiver", To),
    ("creditor", To),
    ("target", To),
    ("payee_operator", To),
    ("payee_bank", To),
    ("prio", Priority),
    ("urgency", Priority),
    ("not_before", Earliest),
    ("deadline", Latest),
];

impl Column {
    pub(super) const ALL: [Self; 12] =
        [Id, Date, Time, DateTime, Value, From, To, Payer, Payee, Priority, Earliest, Latest];

    /// The name in headers and in errors.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Id => "ID",
            Date => "date",
            Time => "time",
            DateTime => "datetime",
            Value => "value",
            From => "from",
            To => "to",
            Payer => "payer",
            Payee => "payee",
            Priority => "priority",
            Earliest => "earliest",
            Latest => "latest",
        }
    }

    /// The column of a name, in whatever case.
    fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name().eq_ignore_ascii_case(text))
    }

    /// The column that was probably meant by an unknown name.
    fn suggested(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        // What other tools call a column is meant more often than what merely looks like one.
        let synonym =
            SYNONYMS.into_iter().find(|(name, _)| *name == text).map(|(_, column)| column);
        let likeness =
            |column: &Self| strsim::damerau_levenshtein(&column.name().to_lowercase(), &text);
        let nearest = || Self::ALL.into_iter().min_by_key(likeness);
        synonym.or_else(|| nearest().filter(|column| likeness(column) * 2 <= text.chars().count()))
    }
}

/// Where the columns of a file stand in its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    columns: Vec<Column>,
    places: [Option<usize>; Column::ALL.len()],
    has_header: bool,
}

impl Layout {
    fn new(columns: Vec<Column>, has_header: bool) -> Self {
        let place = |column: Column| columns.iter().position(|known| *known == column);
        Self { places: Column::ALL.map(place), columns, has_header }
    }

    /// The layout that a header names; the error names the column at fault.
    pub(super) fn of_header(header: &StringRecord) -> Result<Self, String> {
        let mut columns = Vec::new();
        for (place, name) in header.iter().map(str::trim).enumerate() {
            let Some(column) = Column::named(name) else { return Err(unknown(place, name)) };
            if columns.contains(&column) {
                return Err(format!("column {name:?} is there twice"));
            }
            columns.push(column);
        }
        let layout = Self::new(columns, true);
        // Two columns that both have the time could contradict each other.
        if layout.has(DateTime) {
            let other = [Date, Time].into_iter().find(|column| layout.has(*column));
            return match other {
                Some(other) => Err(format!(
                    "column {:?} stands beside \"datetime\"; keep one of the two",
                    other.name()
                )),
                None => layout.complete(&[Id, Value, From, To]),
            };
        }
        layout.complete(&[Id, Date, Value, From, To])
    }

    fn complete(self, needed: &[Column]) -> Result<Self, String> {
        match needed.iter().find(|column| !self.has(**column)) {
            None => Ok(self),
            Some(column) => Err(format!("the header has no column {:?}", column.name())),
        }
    }

    /// The documented layout of rows without a header.
    pub(super) fn of_width(width: usize) -> Option<Self> {
        let with_priority = |columns: &[Column]| [columns, &[Priority]].concat();
        let columns = match width {
            6 => SHORT.to_vec(),
            7 => with_priority(&SHORT),
            8 => LONG.to_vec(),
            9 => with_priority(&LONG),
            _ => return None,
        };
        Some(Self::new(columns, false))
    }

    /// How many fields a row has.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.places[column as usize].is_some()
    }

    /// The text of a column in a row; empty where the file has none.
    pub(super) fn field<'a>(&self, record: &'a StringRecord, column: Column) -> &'a str {
        self.places[column as usize].and_then(|place| record.get(place)).unwrap_or_default().trim()
    }

    /// A row has a field for each column; the error says what is expected.
    pub(super) fn check_width(&self, record: &StringRecord) -> Result<(), String> {
        let (found, expected) = (record.len(), self.columns.len());
        if found == expected {
            return Ok(());
        }
        let names = self.columns.iter().map(|column| column.name()).collect::<Vec<_>>().join(",");
        let by = if self.has_header { "the header has" } else { "are expected:" };
        Err(if self.has_header {
            format!("{found} fields where {by} {expected}: {names}")
        } else {
            format!("{found} fields where {expected} {by} {names}")
        })
    }
}

/// What is expected of a row that fits no layout.
pub(super) fn no_layout(record: &StringRecord) -> String {
    let other = record
        .iter()
        .find_map(|field| [';', '\t', '|'].into_iter().find(|letter| field.contains(*letter)));
    let hint = other
        .filter(|_| record.len() == 1)
        .map(|letter| format!("; fields are separated by commas, not {letter:?}"));
    format!(
        "{} fields where 6 to 9 are expected: ID,date,time,value,from,to[,payer,payee][,priority]{}",
        record.len(),
        hint.unwrap_or_default()
    )
}

/// Whether the first row of a file is a header: when more of its fields are names of columns than
/// read as a date, a time or a number. One in which there is neither is a header when no field
/// starts like a number.
pub(super) fn is_header(record: &StringRecord) -> bool {
    let fields = || record.iter().map(str::trim);
    let names = fields().filter(|field| Column::named(field).is_some()).count();
    let is_data = |field: &str| {
        let value = read_amount(field, true).is_ok();
        value || parse_time(field).is_some() || reads_as_date(field)
    };
    let data = fields().filter(|field| is_data(field)).count();
    // A row that has neither names nor data is undecided here and goes by its digits below.
    if names > 0 || data > 0 {
        return names > data;
    }
    let like_a_number = |field: &str| {
        field
            .trim_start_matches(['-', '+', '.'])
            .starts_with(|letter: char| letter.is_ascii_digit())
    };
    record.len() > 1 && !fields().any(like_a_number)
}

fn unknown(place: usize, name: &str) -> String {
    if name.is_empty() {
        return format!("column {} of the header has no name", place + 1);
    }
    let all = Column::ALL.map(Column::name).join(", ");
    let shown = clearing_domain::money::cut(name, 40);
    match Column::suggested(name) {
        Some(column) => format!("column {shown:?} is unknown; did you mean {:?}?", column.name()),
        None => format!("column {shown:?} is unknown; the columns are {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> StringRecord {
        StringRecord::from(text.split(',').collect::<Vec<_>>())
    }

    #[test]
    fn a_header_is_told_from_data() {
        for header in [
            "ID,date,time,value,from,to",
            "id,DATE,Time,Value,FROM,To",
            "ID,date,time,value,to,from,2nd",
            "date,time,value,from,to",
            "a,b,c,d,e,f",
            "reference,when,amount,debtor,creditor",
        ] {
            assert!(is_header(&record(header)), "{header}");
        }
        for data in [
            "p1,2024-02-29,09:00,1.00,A,B",
            "ID,2024-02-29,09:00,1.00,to,from",
            "1,2024-02-30,25:00,x,A,B",
            "p1,29/02/2024,9 am,x,A,B",
            "p1,2024-02-29T09:00Z,,x,A,B",
        ] {
            assert!(!is_header(&record(data)), "{data}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_header_is_named() {
        let error = |header: &str| Layout::of_header(&record(header)).unwrap_err();
        assert_eq!(
            error("ID,date,time,fee,from,to"),
            "column \"fee\" is unknown; did you mean \"value\"?"
        );
        assert_eq!(
            error("ID,date,time,valeu,from,to"),
            "column \"valeu\" is unknown; did you mean \"value\"?"
        );
        assert!(
            error("ID,date,time,value,from,to,status")
                .starts_with("column \"status\" is unknown; the columns are ID, ")
        );
        assert_eq!(error("ID,date,time,value,from"), "the header has no column \"to\"");
        assert_eq!(error("date,time,value,from,to"), "the header has no column \"ID\"");
        assert_eq!(error("ID,date,time,value,from,to,From"), "column \"From\" is there twice");
        assert_eq!(error("ID,date,time,value,from,to,"), "column 7 of the header has no name");
        let both = "column \"date\" stands beside \"datetime\"; keep one of the two";
        assert_eq!(error("ID,datetime,date,value,from,to"), both);
    }

    #[test]
    fn fields_are_found_by_the_names_in_the_header() {
        let layout = Layout::of_header(&record("ID,Priority,to,FROM,value,datetime")).unwrap();
        let row = record("p1,2,B,A,5,2024-02-29T09:00Z");
        let found = [Id, Priority, To, From, Value, DateTime, Payer]
            .map(|column| layout.field(&row, column).to_owned());
        assert_eq!(found, ["p1", "2", "B", "A", "5", "2024-02-29T09:00Z", ""]);
        let short = layout.check_width(&record("p1,2,B")).unwrap_err();
        assert_eq!(short, "3 fields where the header has 6: ID,priority,to,from,value,datetime");
    }
}
