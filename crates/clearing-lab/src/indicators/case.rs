//! A JSON file with the hours of a day and its payments, times being plain numbers.

use std::collections::HashSet;
use std::path::Path;

use clearing_config::check_identifier;
use clearing_domain::indicators::Day;
use clearing_domain::money::Amount;
use serde_json::{Map, Value};

use super::IndicatorsError;
use super::input::{Entry, Hours, PaymentDay, stated};
use super::numbers::ticks;

/// What a file may say for people and tests, without effect.
const IGNORED: [&str; 4] = ["name", "source", "note", "expect"];
/// Throughput is stated in so many steps.
const STEPS: i64 = 10;

/// An object of the file with the path that leads to it.
struct Object<'a> {
    file: &'a Path,
    path: String,
    map: &'a Map<String, Value>,
}

/// Reads the file.
pub(super) fn read(
    path: &Path,
    bytes: &[u8],
    hours: &Hours,
) -> Result<PaymentDay, IndicatorsError> {
    let json = |source| IndicatorsError::Json { path: path.to_owned(), source };
    let value: Value = serde_json::from_slice(bytes).map_err(json)?;
    let known: Vec<_> = IGNORED.into_iter().chain(["day", "payments"]).collect();
    let case = Object::new(path, String::new(), &value, &known)?;
    let open = stated("open", hours.open.as_ref(), false)?;
    let close = stated("close", hours.close.as_ref(), false)?;
    // Hours beside the file stand over those in it, one by one.
    let (open, close) = match open.zip(close) {
        Some(both) if !case.map.contains_key("day") => both,
        Some(_) | None => {
            let day = Object::new(path, "day".to_owned(), case.field("day")?, &["open", "close"])?;
            let or_in_file = |key, beside: Option<i64>| beside.map_or_else(|| day.time(key), Ok);
            (or_in_file("open", open)?, or_in_file("close", close)?)
        }
    };
    let items = case
        .field("payments")?
        .as_array()
        .ok_or_else(|| case.wrong("payments", "is not a list"))?;
    let mut seen = HashSet::new();
    let payments =
        items.iter().enumerate().map(|(place, item)| payment(path, place, item, &mut seen));
    let payments: Vec<_> = payments.collect::<Result<_, _>>()?;
    if payments.is_empty() {
        return Err(case.wrong("payments", "is empty"));
    }
    let step = ((close - open) / STEPS).max(1);
    PaymentDay::new(path, payments, Day::single(open, close), step)
}

fn payment(
    file: &Path,
    place: usize,
    item: &Value,
    seen: &mut HashSet<String>,
) -> Result<Entry, IndicatorsError> {
    let path = format!("payments[{place}]");
    let payment = Object::new(file, path.clone(), item, &["id", "time", "from", "to", "value"])?;
    let id = payment.id()?;
    if !seen.insert(id.clone()) {
        return Err(payment.wrong("id", format!("{id} is there twice")));
    }
    let value =
        Amount::positive(payment.text("value")?).map_err(|error| payment.wrong("value", error))?;
    let (from, to) = (payment.participant("from")?, payment.participant("to")?);
    Ok(Entry { id, time: payment.time("time")?, from, to, value, place: path })
}

impl<'a> Object<'a> {
    /// Takes an object that has no other keys than these.
    fn new(
        file: &'a Path,
        path: String,
        value: &'a Value,
        known: &[&str],
    ) -> Result<Self, IndicatorsError> {
        let place = if path.is_empty() { "the file".to_owned() } else { path.clone() };
        let map = value
            .as_object()
            .ok_or_else(|| IndicatorsError::place(file, place, "is not an object"))?;
        let object = Self { file, path, map };
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(object.wrong(key, "is an unknown key")),
            None => Ok(object),
        }
    }

    fn wrong(&self, key: &str, message: impl std::fmt::Display) -> IndicatorsError {
        let place =
            if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        IndicatorsError::place(self.file, place, message)
    }

    fn field(&self, key: &str) -> Result<&'a Value, IndicatorsError> {
        self.map.get(key).ok_or_else(|| self.wrong(key, "is missing"))
    }

    fn text(&self, key: &str) -> Result<&'a str, IndicatorsError> {
        let value = self.field(key)?;
        value.as_str().ok_or_else(|| self.wrong(key, format!("{value} is not text")))
    }

    fn participant(&self, key: &str) -> Result<String, IndicatorsError> {
        let name = self.text(key)?;
        check_identifier(name).map_err(|error| self.wrong(key, error))?;
        Ok(name.to_owned())
    }

    fn time(&self, key: &str) -> Result<i64, IndicatorsError> {
        let value = self.field(key)?;
        let number =
            value.as_number().ok_or_else(|| self.wrong(key, format!("{value} is not a number")))?;
        ticks(&number.to_string()).map_err(|message| self.wrong(key, message))
    }

    /// An id, which is a number or text.
    fn id(&self) -> Result<String, IndicatorsError> {
        let value = self.field("id")?;
        let text = value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let id = text.or_else(|| value.as_number().map(ToString::to_string));
        id.ok_or_else(|| self.wrong("id", format!("{value} is neither a number nor text")))
    }
}
