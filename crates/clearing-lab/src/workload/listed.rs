//! Payments given one by one: in the experiment itself or in a file.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use clearing_config::{ClusterConfig, check_identifier};
use clearing_domain::money::{
    Amount, BusinessDate, OperatorCode, PaymentId, Timestamp, WalletKind, WalletNumber, cut,
};
use clearing_domain::netting::Priority;
use rust_decimal::Decimal;

use super::amount::read_amount;
use super::moment::{Moment, read_moment};
use super::schedule::{DaySchedule, Draft};
use super::{WalletPlan, WorkloadError};

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
        Ok((Terms { at, nanos, amount, priority }, rounded))
    }
}

/// Listed payments with the wallets they need.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// In the order of time; those of one time in the order of the list.
    entries: Vec<Entry>,
    pub(super) wallets: Vec<Vec<WalletPlan>>,
}

/// A payment of the list between wallets.
#[derive(Clone, Debug)]
struct Entry {
    reference: String,
    terms: Terms,
    /// The place of the payer's operator in the configuration.
    operator: u16,
    payer: WalletNumber,
    payee: WalletNumber,
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

/// A wallet by its operator and its name in the list.
type Name<'a> = (OperatorCode, &'a str);

impl Listed {
    /// Opens one wallet per name, funded for everything it pays, so that only limits, caps and
    /// settlement decide.
    pub(super) fn new(
        config: &ClusterConfig,
        payments: &[ListedPayment],
    ) -> Result<Self, WorkloadError> {
        let mut names: BTreeSet<Name<'_>> = BTreeSet::new();
        let mut pays: BTreeMap<Name<'_>, Amount> = BTreeMap::new();
        for payment in payments {
            let payer = (payment.from, payment.payer.as_str());
            names.extend([payer, (payment.to, payment.payee.as_str())]);
            let total = pays.entry(payer).or_default();
            let sum = total.checked_add(payment.terms.amount).filter(|sum| *sum <= Amount::MAX);
            *total =
                sum.ok_or_else(|| WorkloadError::TooMuch { reference: payment.reference.clone() })?;
        }
        let (mut numbers, mut wallets) = (HashMap::new(), Vec::new());
        for operator in &config.operators {
            let mut serials = BTreeMap::<WalletKind, u64>::new();
            let own =
                names.range((operator.code, "")..).take_while(|(code, _)| *code == operator.code);
            let plans = own.filter_map(|name| {
                let serial = serials.entry(kind(name.1)).or_default();
                *serial += 1;
                let number = WalletNumber::new(operator.prefix, kind(name.1), *serial)?;
                numbers.insert(*name, number);
                Some(WalletPlan {
                    number,
                    class: 1,
                    opening: pays.get(name).copied().unwrap_or_default(),
                })
            });
            wallets.push(plans.collect());
        }
        let places = (0..).zip(&config.operators).map(|(place, operator)| (operator.code, place));
        let places: HashMap<OperatorCode, u16> = places.collect();
        let entries = payments.iter().map(|payment| Entry::new(payment, &places, &numbers));
        let mut entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        entries.sort_by_key(|entry| (entry.terms.at, entry.terms.nanos));
        Ok(Self { entries, wallets })
    }

    pub(super) fn payments(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The payments of a day. Their ids ascend in their order, whoever pays, and no seed changes
    /// them: what comes of a list follows from the list.
    pub(super) fn day(&self, day: u32, date: BusinessDate) -> DaySchedule {
        let drafts = (0..).zip(self.of_day(date)).map(|(order, entry)| {
            let Entry { operator, payer, payee, terms: Terms { at, amount, .. }, .. } = *entry;
            let id = id(day, order, &entry.reference);
            (id, Draft { operator, at, order, payer, payee, amount })
        });
        DaySchedule::listed(self.wallets.len(), drafts)
    }

    /// What the payments of a day are called in the list, by id.
    pub(super) fn references(
        &self,
        day: u32,
        date: BusinessDate,
    ) -> impl Iterator<Item = (PaymentId, String)> {
        let entries = (0..).zip(self.of_day(date));
        entries
            .map(move |(order, entry)| (id(day, order, &entry.reference), entry.reference.clone()))
    }

    /// The payments of a day that go before normal ones in a queue.
    pub(super) fn priorities(
        &self,
        day: u32,
        date: BusinessDate,
    ) -> impl Iterator<Item = (PaymentId, Priority)> {
        let entries = (0..)
            .zip(self.of_day(date))
            .filter(|(_, entry)| entry.terms.priority != Priority::default());
        entries.map(move |(order, entry)| (id(day, order, &entry.reference), entry.terms.priority))
    }

    fn of_day(&self, date: BusinessDate) -> &[Entry] {
        let from = self.entries.partition_point(|entry| entry.terms.at.date() < date);
        let until = self.entries.partition_point(|entry| entry.terms.at.date() <= date);
        &self.entries[from..until]
    }
}

impl Entry {
    fn new(
        payment: &ListedPayment,
        places: &HashMap<OperatorCode, u16>,
        numbers: &HashMap<Name<'_>, WalletNumber>,
    ) -> Result<Self, WorkloadError> {
        let place = |code| places.get(&code).copied().ok_or(WorkloadError::OperatorUnknown(code));
        let number = |code: OperatorCode, name: &str| {
            let unknown = || WorkloadError::TooManyWallets { operator: code };
            place(code).and_then(|_| numbers.get(&(code, name)).copied().ok_or_else(unknown))
        };
        Ok(Self {
            reference: payment.reference.clone(),
            terms: payment.terms,
            operator: place(payment.from)?,
            payer: number(payment.from, &payment.payer)?,
            payee: number(payment.to, &payment.payee)?,
        })
    }
}

/// The id of a payment by its place among those of its day, counted from 0.
fn id(day: u32, order: u64, reference: &str) -> PaymentId {
    PaymentId::in_list(u64::from(day) << 32 | (order + 1), reference)
}

/// An operator's one wallet is of a legal entity, which has no class limits; a wallet number says
/// its kind; anything else is a person.
fn kind(name: &str) -> WalletKind {
    match name.parse::<WalletNumber>() {
        Ok(number) => number.kind(),
        Err(_) if name.is_empty() => WalletKind::Corporate,
        Err(_) => WalletKind::Personal,
    }
}
