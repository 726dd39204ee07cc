//! Payments listed one by one, made into wallets and the payments of each day.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use clearing_config::ClusterConfig;
use clearing_domain::Details;
use clearing_domain::money::{
    Amount, BusinessDate, OperatorCode, PaymentId, WalletKind, WalletNumber,
};
use clearing_domain::operator::TickItem;

use super::schedule::DaySchedule;
use super::{WalletPlan, WorkloadError};
use crate::payment_list::{ListedPayment, Terms};

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
            // A wallet opens with all that it will pay, so no payment is refused for funds and the
            // outcome shows settlement alone.
            let sum = total.checked_add(payment.terms.amount).filter(|sum| *sum <= Amount::MAX);
            *total =
                sum.ok_or_else(|| WorkloadError::TooMuch { reference: payment.reference.clone() })?;
        }
        let (mut numbers, mut wallets) = (HashMap::new(), Vec::new());
        for operator in &config.operators {
            let mut serials = BTreeMap::<WalletKind, u64>::new();
            // Numbers are given in the order of the names, not of the payments: the same list in
            // another order has the same wallets.
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
                    is_known: false,
                    participant: None,
                })
            });
            wallets.push(plans.collect());
        }
        let places = (0..).zip(&config.operators).map(|(place, operator)| (operator.code, place));
        let places: HashMap<OperatorCode, u16> = places.collect();
        let entries = payments.iter().map(|payment| Entry::new(payment, &places, &numbers));
        let mut entries: Vec<_> = entries.collect::<Result<_, _>>()?;
        // The sort is stable, so payments of one time stay in the order of the list.
        entries.sort_by_key(|entry| (entry.terms.at, entry.terms.nanos));
        Ok(Self { entries, wallets })
    }

    pub(super) fn payments(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The payments of a day. Their ids ascend in their order, whoever pays, and no seed changes
    /// them: what comes of a list follows from the list.
    pub(super) fn day(&self, day: u32, date: BusinessDate) -> DaySchedule {
        let mut schedule = DaySchedule::empty(self.wallets.len());
        for (order, entry) in (0..).zip(self.of_day(date)) {
            let Terms { at, amount, priority, times, .. } = entry.terms;
            let id = id(day, order, &entry.reference);
            let details = Details { times, ..Details::default() }.boxed();
            let item = TickItem { id, payer: entry.payer, payee: entry.payee, amount, at, details };
            schedule.list(entry.operator, item, priority, entry.reference.clone());
        }
        schedule
    }

    fn of_day(&self, date: BusinessDate) -> &[Entry] {
        // By search and not by a filter: a list of years is asked once for each of its days.
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
