//! What the lists of a script speak of: one line for each list, one word for each key.

use clearing_domain::money::{Amount, OperatorCode};
use toml::{Table, Value};

use super::{Place, figures};

/// What becomes of the keys of a list when its items join an experiment; the others stay.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    /// The name of the list.
    pub(super) key: &'static str,
    /// Names: they get that of the part before them.
    pub(super) names: &'static [&'static str],
    /// Times with a day.
    pub(super) times: &'static [&'static str],
    /// Days of the run.
    pub(super) days: &'static [&'static str],
    /// What a scale makes less of: numbers and sums of money.
    pub(super) counts: &'static [&'static str],
    /// Figures.
    pub(super) figures: &'static [&'static str],
}

const NONE: List = List { key: "", names: &[], times: &[], days: &[], counts: &[], figures: &[] };

/// Every list of a script.
pub(super) const LISTS: &[List] = &[
    List { key: "wallet", names: &["name"], counts: &["count"], ..NONE },
    List {
        key: "series",
        names: &["name", "from", "to", "bills", "redeems", "campaign"],
        days: &["days"],
        counts: &["count"],
        ..NONE
    },
    List {
        key: "campaign",
        names: &["name", "sponsor"],
        times: &["register", "claim_until", "valid"],
        counts: &["winners", "pool"],
        ..NONE
    },
    List { key: "contract", names: &["name", "payer", "merchant"], times: &["expires"], ..NONE },
    List {
        key: "loan",
        names: &["name", "lender", "borrower", "payee"],
        days: &["first_due"],
        ..NONE
    },
    List { key: "wealth", names: &["name", "provider"], ..NONE },
    List { key: "payroll", names: &["name", "payer", "payee"], ..NONE },
    List { key: "card", names: &["name", "wallet", "payees", "loss_wallet"], ..NONE },
    List {
        key: "action",
        names: &[
            "name", "series", "wallet", "campaign", "contract", "card", "loan", "wealth",
            "payroll", "to", "cheat_to",
        ],
        times: &["at", "begin", "end", "due"],
        ..NONE
    },
    List { key: "assert", figures: &["figure", "equals", "at_least", "at_most"], ..NONE },
];

/// A key with what is wrong with its value.
type Refused = (&'static str, String);

impl List {
    /// An item of a scenario as one of the experiment.
    pub(super) fn item(&self, mut item: Table, place: &Place) -> Result<Table, Refused> {
        self.state(&mut item, place);
        for key in self.names {
            each(&mut item, key, |text| Ok(format!("{}.{text}", place.name)))?;
        }
        for key in self.times {
            let wrong = |text: &str| format!("{text:?} is not what the key has");
            each(&mut item, key, |text| place.moment(text).ok_or_else(|| wrong(text)))?;
        }
        for key in self.figures {
            // Numbers and yuan are expected as they are.
            let figure = |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic());
            each(&mut item, key, |text| {
                if figure(text) { figures::renamed(text, place) } else { Ok(text.to_owned()) }
            })?;
        }
        for key in self.days {
            days(&mut item, key, place)?;
        }
        for key in self.counts {
            count(&mut item, key, place)?;
        }
        Ok(item)
    }

    /// States what is left out and would be another thing in the experiment.
    fn state(&self, item: &mut Table, place: &Place) {
        let kind = item.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        match self.key {
            "series" => {
                item.entry("days").or_insert_with(|| vec![1].into());
            }
            "action" => {
                if kind == "publish-bills" {
                    let end = format!("{} 00:00", place.days + 1);
                    item.entry("due").or_insert_with(|| end.into());
                }
                item.entry("name").or_insert_with(|| kind.into());
            }
            "assert" => {
                // Several scenarios claim the same of themselves.
                if let Some(Value::String(that)) = item.get_mut("that") {
                    *that = format!("{}: {that}", place.name);
                }
            }
            "wallet" if !item.contains_key("operator") => {
                if let Some(operators) = &place.operators {
                    let codes = operators.iter().map(OperatorCode::to_string);
                    item.entry("operators").or_insert_with(|| codes.collect::<Vec<_>>().into());
                }
            }
            _ => {}
        }
    }
}

/// Changes a text, or each text of a list.
fn each(
    item: &mut Table,
    key: &'static str,
    change: impl Fn(&str) -> Result<String, String>,
) -> Result<(), Refused> {
    let changed = |text: &mut String| {
        *text = change(text).map_err(|wrong| (key, wrong))?;
        Ok(())
    };
    if let Some(Value::String(text)) = item.get_mut(key) {
        changed(text)?;
    } else if let Some(Value::Array(texts)) = item.get_mut(key) {
        for value in texts {
            if let Value::String(text) = value {
                changed(text)?;
            }
        }
    }
    Ok(())
}

fn days(item: &mut Table, key: &'static str, place: &Place) -> Result<(), Refused> {
    let days = match item.get_mut(key) {
        Some(Value::Array(days)) => days.iter_mut().collect(),
        one => Vec::from_iter(one),
    };
    for day in days {
        let later = day.as_integer().and_then(|day| day.checked_add(place.after.into()));
        *day = later.ok_or_else(|| (key, format!("{day} is not a day")))?.into();
    }
    Ok(())
}

/// A count in the scale of the experiment: so many that those of the scale of the part are run.
fn count(item: &mut Table, key: &'static str, place: &Place) -> Result<(), Refused> {
    let [times, of] = place.scale;
    let scaled = |number: i64| {
        let number = u64::try_from(number).ok()?;
        let product = number.checked_mul(times)?.div_ceil(of);
        i64::try_from(product).ok()
    };
    let Some(value) = item.get_mut(key).filter(|_| times != of) else { return Ok(()) };
    let wrong = (key, format!("{value} is not what a scale of {times} and of {of} divides"));
    *value = if let Some(number) = value.as_integer() {
        scaled(number).ok_or(wrong)?.into()
    } else {
        let fen = value.as_str().and_then(|text| text.parse::<Amount>().ok()).map(Amount::fen);
        let amount = fen.and_then(scaled).and_then(|fen| Amount::from_fen(fen).ok());
        amount.ok_or(wrong)?.to_string().into()
    };
    Ok(())
}
