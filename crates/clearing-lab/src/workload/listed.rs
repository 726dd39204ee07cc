//! Payments given one by one: in the experiment itself or in a file.

use std::collections::{BTreeMap, BTreeSet};

use clearing_domain::money::{Amount, BusinessDate, OperatorCode, Timestamp, WalletKind, WalletNumber};
use clearing_node::config::ClusterConfig;

use super::schedule::{DaySchedule, Draft};
use super::{WalletPlan, WorkloadError};

/// A payment given one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPayment {
    /// Its name in the list.
    pub reference: String,
    /// When it is submitted.
    pub at: Timestamp,
    /// How much.
    pub amount: Amount,
    /// The operator of the payer.
    pub from: OperatorCode,
    /// The operator of the payee.
    pub to: OperatorCode,
    /// The name of the payer's wallet in the list; empty for the operator's one wallet.
    pub payer: String,
    /// The name of the payee's wallet in the list; empty for the operator's one wallet.
    pub payee: String,
}

/// The fields of a listed payment as text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) reference: &'a str,
    pub(crate) date: &'a str,
    pub(crate) time: &'a str,
    pub(crate) value: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) payer: &'a str,
    pub(crate) payee: &'a str,
}

impl ListedPayment {
    /// Reads the fields; the error is a sentence that names the field.
    pub(crate) fn parse(fields: Fields<'_>) -> Result<Self, String> {
        let Fields { reference, date, time, value, from, to, payer, payee } = fields;
        let date = BusinessDate::parse(date).ok_or_else(|| format!("date {date:?} is not a day as in 2022-08-24"))?;
        let ms = parse_time(time).ok_or_else(|| format!("time {time:?} is not a time as in 09:30 or 09:30:05.250"))?;
        let amount = Amount::positive(value).map_err(|error| format!("value: {error}"))?;
        let from: OperatorCode = from.parse().map_err(|error| format!("from: {error}"))?;
        let to: OperatorCode = to.parse().map_err(|error| format!("to: {error}"))?;
        if (from, payer) == (to, payee) {
            let who = if payer.is_empty() { from.as_str() } else { payer };
            return Err(format!("payer and payee are the same: {who}"));
        }
        let at = date.start().plus_ms(ms);
        let [reference, payer, payee] = [reference, payer, payee].map(str::to_owned);
        Ok(Self { reference, at, amount, from, to, payer, payee })
    }
}

/// Milliseconds since midnight of HH:MM, HH:MM:SS or HH:MM:SS.mmm.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let (clock, ms) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Vec<i64> = clock.split(':').map(two_digits).collect::<Option<_>>()?;
    let ms_valid = ms.len() <= 3 && !ms.is_empty() && ms.bytes().all(|byte| byte.is_ascii_digit());
    let ms: i64 = if ms_valid { format!("{ms:0<3}").parse().ok()? } else { return None };
    let (hour, minute, second) = match parts[..] {
        [hour, minute] if !text.contains('.') => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then_some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
}

fn two_digits(text: &str) -> Option<i64> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Listed payments with the wallets they need.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) payments: Vec<ListedPayment>,
    numbers: BTreeMap<(OperatorCode, String), WalletNumber>,
    pub(super) wallets: Vec<Vec<WalletPlan>>,
    operators: Vec<OperatorCode>,
}

impl Listed {
    /// Opens one wallet per name, funded for everything it pays, so that only limits, caps and
    /// settlement decide.
    pub(super) fn new(config: &ClusterConfig, payments: Vec<ListedPayment>) -> Result<Self, WorkloadError> {
        let operators: Vec<_> = config.operators.iter().map(|operator| operator.code).collect();
        let mut names: BTreeSet<(OperatorCode, &str)> = BTreeSet::new();
        let mut pays: BTreeMap<(OperatorCode, &str), Amount> = BTreeMap::new();
        for payment in &payments {
            let payer = (payment.from, payment.payer.as_str());
            names.extend([payer, (payment.to, payment.payee.as_str())]);
            let total = pays.entry(payer).or_default();
            let sum = total.checked_add(payment.amount).filter(|sum| *sum <= Amount::MAX);
            *total = sum.ok_or_else(|| WorkloadError::TooMuch { reference: payment.reference.clone() })?;
        }
        let mut listed = Self { payments: Vec::new(), numbers: BTreeMap::new(), wallets: Vec::new(), operators };
        for operator in &config.operators {
            let mut serials = BTreeMap::<WalletKind, u64>::new();
            let own = names.iter().filter(|(code, _)| *code == operator.code);
            let plans = own.filter_map(|(code, name)| {
                let serial = serials.entry(kind(name)).or_default();
                *serial += 1;
                let number = WalletNumber::new(operator.prefix, kind(name), *serial)?;
                listed.numbers.insert((*code, (*name).to_owned()), number);
                let opening = pays.get(&(*code, *name)).copied().unwrap_or_default();
                Some(WalletPlan { number, class: 1, opening })
            });
            let plans = plans.collect();
            listed.wallets.push(plans);
        }
        listed.check_roster(&payments)?;
        listed.payments = payments;
        Ok(listed)
    }

    fn check_roster(&self, payments: &[ListedPayment]) -> Result<(), WorkloadError> {
        let known = |code: &OperatorCode| self.operators.contains(code);
        let unknown = payments.iter().flat_map(|payment| [payment.from, payment.to]).find(|code| !known(code));
        unknown.map_or(Ok(()), |code| Err(WorkloadError::OperatorUnknown(code)))
    }

    /// The payments of a day, with their names by id.
    pub(super) fn day(&self, seed: u64, day: u32, date: BusinessDate) -> (DaySchedule, Vec<&str>) {
        let of_day = |payment: &&ListedPayment| payment.at.date() == date;
        let chosen: Vec<_> = self.payments.iter().filter(of_day).collect();
        let mut drafts = Vec::with_capacity(chosen.len());
        for (order, payment) in chosen.iter().enumerate() {
            let number = |code, name: &String| self.numbers.get(&(code, name.clone())).copied();
            let operator = self.operators.iter().position(|code| *code == payment.from);
            let wallets = number(payment.from, &payment.payer).zip(number(payment.to, &payment.payee));
            if let Some((operator, (payer, payee))) = operator.zip(wallets) {
                let (at, amount, operator) = (payment.at, payment.amount, operator as u16);
                drafts.push(Draft { operator, at, order: order as u64, payer, payee, amount });
            }
        }
        let mut order: Vec<_> = drafts.clone();
        order.sort_unstable_by_key(|draft| (draft.operator, draft.at, draft.order));
        let references = order.iter().map(|draft| chosen[draft.order as usize].reference.as_str()).collect();
        (DaySchedule::new(seed, day, &self.operators, drafts), references)
    }
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
