//! A payment as its fields say it, whichever list they stand in.

use clearing_config::check_identifier;
use clearing_domain::details::SettlementTimes;
use clearing_domain::money::{Amount, OperatorCode, Timestamp, cut};
use clearing_domain::netting::Priority;
use rust_decimal::Decimal;

use super::amount::read_amount;
use super::moment::{Moment, read_moment, reads_as_date};

/// As much of an id or of the name of a wallet is shown in errors; as much as names of operators
/// may have is shown whole.
pub(super) const NAME_CHARACTERS_SHOWN: usize = 40;

/// A payment given one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPayment {
    /// Its name in the list.
    pub reference: String,
    /// When it is submitted, and how much.
    pub terms: Terms,
    /// The operator of the payer.
    pub from: OperatorCode,
    /// The operator of the payee.
    pub to: OperatorCode,
    /// The name of the payer's wallet in the list; empty for the operator's one wallet.
    pub payer: String,
    /// The name of the payee's wallet in the list; empty for the operator's one wallet.
    pub payee: String,
}

/// What a payment is about, whoever pays whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// When it is submitted.
    pub at: Timestamp,
    /// How many nanoseconds later; they order the payments of a millisecond.
    pub nanos: u32,
    /// How much.
    pub amount: Amount,
    /// Where it stands in a queue.
    pub priority: Priority,
    /// When it may settle from a queue.
    pub times: SettlementTimes,
}

/// The fields of a listed payment as text; those that are absent are empty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'a> {
    /// The name of the field that holds the day.
    pub(crate) day_column: &'a str,
    pub(crate) day: &'a str,
    pub(crate) time: &'a str,
    pub(crate) value: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) payer: &'a str,
    pub(crate) payee: &'a str,
    pub(crate) priority: &'a str,
    pub(crate) earliest: &'a str,
    pub(crate) latest: &'a str,
}

impl Fields<'_> {
    /// Reads the fields, and says by how much rounding made the value larger. The error is a
    /// sentence that names the field and its value.
    pub(crate) fn terms(&self, round: bool) -> Result<(Terms, Option<Decimal>), String> {
        let Moment { at, nanos } = read_moment(self.day_column, self.day, self.time)?;
        let (amount, rounded) =
            read_amount(self.value, round).map_err(|error| format!("value: {error}"))?;
        for (column, name) in [("from", self.from), ("to", self.to)] {
            check_identifier(name).map_err(|error| format!("{column}: {error}"))?;
        }
        for (column, name) in [("payer", self.payer), ("payee", self.payee)] {
            check_printable(column, name)?;
        }
        // A payment from a wallet to itself is refused by every ledger, so it is an error of the
        // list.
        if (self.from, self.payer) == (self.to, self.payee) {
            let who = if self.payer.is_empty() { self.from } else { self.payer };
            return Err(format!(
                "to: payer and payee are the same: {}",
                cut(who, NAME_CHARACTERS_SHOWN)
            ));
        }
        let priority =
            if self.priority.is_empty() { Ok(Priority::default()) } else { self.priority.parse() };
        let priority = priority
            .map_err(|error: clearing_domain::netting::UnknownPriority| error.to_string())?;
        let times = self.times(at)?;
        Ok((Terms { at, nanos, amount, priority, times }, rounded))
    }

    /// Reads between which times it may settle; a time of day is one of the day it is submitted on.
    fn times(&self, submitted_at: Timestamp) -> Result<SettlementTimes, String> {
        let moment = |column: &str, text: &str| {
            if text.is_empty() {
                return Ok(None);
            }
            let day = submitted_at.date().to_string();
            let read = match reads_as_date(text) {
                true => read_moment("date", text, ""),
                false => read_moment("date", &day, text),
            };
            read.map(|moment| Some(moment.at)).map_err(|error| format!("{column}: {error}"))
        };
        let times = SettlementTimes {
            earliest: moment("earliest", self.earliest)?,
            latest: moment("latest", self.latest)?,
        };
        let before = |text: &str, what: &str| Err(format!("latest: {text:?} is before {what}"));
        if !times.is_in_order() {
            return before(self.latest, "the earliest time");
        }
        match times.latest.filter(|latest| *latest < submitted_at) {
            Some(_) => before(self.latest, "the payment is submitted"),
            None => Ok(times),
        }
    }
}

/// An id or a name has no control characters, as tables and errors print it. The error names the
/// column and the value.
pub(super) fn check_printable(column: &str, name: &str) -> Result<(), String> {
    if name.chars().any(char::is_control) {
        return Err(format!(
            "{column}: {:?} has a control character",
            cut(name, NAME_CHARACTERS_SHOWN)
        ));
    }
    Ok(())
}
