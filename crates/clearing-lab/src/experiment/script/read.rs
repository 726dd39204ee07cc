//! Scripts as they stand in a file, and what is refused of them.

use std::collections::BTreeSet;

use clearing_config::{ClusterConfig, ConfigError, read_value};
use clearing_domain::details::Purpose;
use clearing_domain::money::{Amount, DAY_MS, OperatorCode, WalletKind};
use clearing_domain::region::Region;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::payment_list::parse_time;

use super::super::raw::{RawExperiment, RawScenario, RawSeries, RawWallet};
use super::action::Actions;
use super::names::kind_named;
use super::{
    Assertion, Campaign, Cards, Contracts, Loans, NamedWallets, Payrolls, Ratio, Scale, Scenario,
    ScenarioPart, Script, Series, Story, WealthProducts, check_part_name,
};

/// The most items of each list.
const ITEMS_MAX: usize = 1000;
/// The most characters of a name: with a number behind it, it is the reference of a bill.
const NAME_MAX: usize = 24;
/// When a series begins and ends that does not say so.
const HOURS: [&str; 2] = ["09:00", "17:00"];

/// A key with what is wrong with its value.
pub(super) type Refused = (&'static str, String);

/// Reads the tables of a file; what they say is checked once the cluster and the days are known.
pub(in super::super) fn read(
    raw: &mut RawExperiment,
    table: &mut Table,
) -> Result<(), ConfigError> {
    raw.scale = table.remove("scale").map(|value| read_value("scale", value)).transpose()?;
    let scenario = table.remove("scenario").map(|value| read_value("scenario", value));
    raw.scenario = scenario.transpose()?;
    raw.parts = list(table, "part")?;
    raw.wallets = list(table, "wallet")?;
    raw.series = list(table, "series")?;
    raw.campaigns = list(table, "campaign")?;
    raw.contracts = list(table, "contract")?;
    raw.loans = list(table, "loan")?;
    raw.wealth = list(table, "wealth")?;
    raw.payrolls = list(table, "payroll")?;
    raw.cards = list(table, "card")?;
    raw.actions = list(table, "action")?;
    raw.assertions = list(table, "assert")?;
    Ok(())
}

fn list<T: DeserializeOwned>(table: &mut Table, key: &str) -> Result<Vec<T>, ConfigError> {
    let items = match table.remove(key) {
        None => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(other) => return Err(ConfigError::value(key, format!("{other} is not a list"))),
    };
    let count = items.len();
    if count > ITEMS_MAX {
        return Err(ConfigError::value(key, format!("{count} are more than {ITEMS_MAX}")));
    }
    let read = |(place, value)| read_value(&format!("{key}.{}", place + 1), value);
    items.into_iter().enumerate().map(read).collect()
}

/// Checks the script of an experiment of so many days. Each list may speak of those before it.
pub(in super::super) fn resolve(
    raw: &RawExperiment,
    cluster: &ClusterConfig,
    days: u32,
    regions: Vec<Region>,
) -> Result<Script, ConfigError> {
    let scale = raw.scale.map_or_else(Scale::default, Scale);
    let mut script = Script { days, regions, scale, ..Script::default() };
    script.parts = each("part", &raw.parts, |raw| ScenarioPart::read(raw, days))?;
    check_distinct("part", script.parts.iter().map(|part| &part.name))?;
    script.wallets = each("wallet", &raw.wallets, |raw| wallets(raw, cluster))?;
    check_distinct("wallet", script.wallets.iter().map(|wallets| &wallets.name))?;
    script.campaigns =
        each("campaign", &raw.campaigns, |raw| Campaign::read(raw, &script, cluster))?;
    check_distinct("campaign", script.campaigns.iter().map(|campaign| &campaign.name))?;
    script.contracts =
        each("contract", &raw.contracts, |raw| Contracts::read(raw, &script, cluster))?;
    check_distinct("contract", script.contracts.iter().map(|contracts| &contracts.name))?;
    script.loans = each("loan", &raw.loans, |raw| Loans::read(raw, &script, cluster))?;
    check_distinct("loan", script.loans.iter().map(|loans| &loans.name))?;
    script.wealth = each("wealth", &raw.wealth, |raw| WealthProducts::read(raw, &script))?;
    check_distinct("wealth", script.wealth.iter().map(|products| &products.name))?;
    script.payrolls = each("payroll", &raw.payrolls, |raw| Payrolls::read(raw, &script))?;
    check_distinct("payroll", script.payrolls.iter().map(|payrolls| &payrolls.name))?;
    script.cards = each("card", &raw.cards, |raw| Cards::read(raw, &script))?;
    check_distinct("card", script.cards.iter().map(|cards| &cards.name))?;
    for (place, one) in raw.series.iter().enumerate() {
        let series = series(one, &script, days);
        script.series.push(series.map_err(|refused| in_item("series", place, refused))?);
    }
    check_distinct("series", script.series.iter().map(|series| &series.name))?;
    let actions = Actions { cluster, days, script: &script };
    script.actions = each("action", &raw.actions, |raw| actions.read(raw))?;
    check_distinct("action", script.actions.iter().map(|action| &action.name))?;
    script.assertions =
        each("assert", &raw.assertions, |raw| Assertion::read(raw, &script, cluster))?;
    script.scenario =
        raw.scenario.as_ref().map(|raw| scenario(raw, &script, cluster)).transpose()?;
    check_parts(&script)?;
    let stories = each("part", &raw.parts, |raw| {
        Story::read(&raw.story, &script, cluster).map_err(|message| ("story", message))
    })?;
    script.parts.iter_mut().zip(stories).for_each(|(part, story)| part.scenario.story = story);
    Ok(script)
}

fn each<R, T>(
    key: &str,
    raw: &[R],
    read: impl Fn(&R) -> Result<T, Refused>,
) -> Result<Vec<T>, ConfigError> {
    let read = |(place, raw)| read(raw).map_err(|refused| in_item(key, place, refused));
    raw.iter().enumerate().map(read).collect()
}

fn in_item(key: &str, place: usize, (name, message): Refused) -> ConfigError {
    ConfigError::value(format!("{key}.{}.{name}", place + 1), message)
}

/// Figures and actions speak of one thing by a name, so no two have the same.
fn check_distinct<'a>(
    key: &str,
    names: impl Iterator<Item = &'a String>,
) -> Result<(), ConfigError> {
    let mut known = BTreeSet::new();
    for (place, name) in names.enumerate() {
        if !known.insert(name) {
            return Err(in_item(key, place, ("name", format!("{name:?} is taken by another one"))));
        }
    }
    Ok(())
}

/// What has the name of a part before its own belongs to a part that there is.
fn check_parts(script: &Script) -> Result<(), ConfigError> {
    let lists: [(&str, Vec<&String>); 9] = [
        ("wallet", script.wallets.iter().map(|one| &one.name).collect()),
        ("campaign", script.campaigns.iter().map(|one| &one.name).collect()),
        ("contract", script.contracts.iter().map(|one| &one.name).collect()),
        ("card", script.cards.iter().map(|one| &one.name).collect()),
        ("loan", script.loans.iter().map(|one| &one.name).collect()),
        ("wealth", script.wealth.iter().map(|one| &one.name).collect()),
        ("payroll", script.payrolls.iter().map(|one| &one.name).collect()),
        ("series", script.series.iter().map(|one| &one.name).collect()),
        ("action", script.actions.iter().map(|one| &one.name).collect()),
    ];
    for (key, names) in lists {
        for (place, name) in names.into_iter().enumerate() {
            if let Some((part, _)) = name.split_once('.')
                && script.part_named(part).is_none()
            {
                let sentence =
                    format!("{name:?} belongs to no part, as there is none called {part}");
                return Err(in_item(key, place, ("name", sentence)));
            }
        }
    }
    Ok(())
}

/// Names are parts of figures and of references, where a point ends the name of a part.
pub(super) fn check_name(name: &str) -> Result<(), Refused> {
    let own = match name.split_once('.') {
        Some((part, own)) => check_part_name(part).map(|()| own)?,
        None => name,
    };
    if is_name(own, NAME_MAX) {
        return Ok(());
    }
    Err(("name", format!("{own:?} is not 1 to {NAME_MAX} letters, digits, - and _")))
}

/// Whether a text is a name of so many characters at most.
pub(super) fn is_name(text: &str, most: usize) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=most).contains(&text.len()) && text.bytes().all(valid)
}

/// What a key must state.
pub(super) fn stated<'a>(key: &'static str, text: Option<&'a str>) -> Result<&'a str, Refused> {
    text.ok_or_else(|| (key, "is missing".to_owned()))
}

/// What a key names.
pub(super) fn named<T>(
    key: &'static str,
    text: Option<&str>,
    find: impl FnOnce(&str) -> Option<T>,
    what: &str,
) -> Result<T, Refused> {
    let text = stated(key, text)?;
    find(text).ok_or_else(|| (key, format!("{text:?} is not {what}")))
}

/// The place of what a key names.
pub(super) fn place<'a>(
    key: &'static str,
    text: Option<&str>,
    names: impl Iterator<Item = &'a str>,
) -> Result<usize, Refused> {
    let mut names = names;
    named(key, text, |text| names.position(|name| name == text), "the name of one above")
}

fn scenario(
    raw: &RawScenario,
    script: &Script,
    cluster: &ClusterConfig,
) -> Result<Scenario, ConfigError> {
    let story = Story::read(&raw.story, script, cluster)
        .map_err(|message| ConfigError::value("scenario.story", message))?;
    Ok(Scenario {
        number: raw.number,
        title: raw.title.clone(),
        statement: raw.statement.clone(),
        place: raw.place.clone(),
        date: raw.date.clone(),
        story,
    })
}

fn wallets(raw: &RawWallet, cluster: &ClusterConfig) -> Result<NamedWallets, Refused> {
    check_name(&raw.name)?;
    let kind = named("kind", Some(&raw.kind), kind_named, "a kind of wallet")?;
    let is_person = matches!(kind, WalletKind::Personal | WalletKind::Hard);
    let class = u8::try_from(raw.class.unwrap_or(1)).unwrap_or(u8::MAX);
    if class != 1 && !is_person {
        return Err(("class", format!("{class} is not the class of a {} wallet, 1", raw.kind)));
    }
    let code = |text: &str| cluster.operator_named(text).map(|operator| operator.code);
    let operator = raw.operator.as_deref();
    let operator = operator
        .map(|text| named("operator", Some(text), code, "in the roster of the configuration"))
        .transpose()?;
    if operator.is_some() && raw.operators.is_some() {
        return Err(("operators", "stands beside operator; keep one of the two".to_owned()));
    }
    let operators = raw.operators.iter().flatten();
    let operators = operators
        .map(|text| named("operators", Some(text), code, "in the roster of the configuration"))
        .collect::<Result<_, _>>()?;
    if raw.participant.is_some() && raw.operators.is_some() {
        return Err(("operators", "stands beside participant; keep one of the two".to_owned()));
    }
    let participant = participant(raw, operator, cluster)?;
    // Who takes part through one operator has wallets at no other.
    let operator = participant.map(|(through, _)| through).or(operator);
    Ok(NamedWallets {
        name: raw.name.clone(),
        kind,
        operator,
        participant: participant.map(|(_, code)| code),
        operators,
        count: raw.count.unwrap_or(1),
        class,
        opening: raw.opening.map_or(Amount::ZERO, |yuan| yuan.0),
    })
}

/// The bank whose customers hold wallets, with the operator that it takes part through.
fn participant(
    raw: &RawWallet,
    operator: Option<OperatorCode>,
    cluster: &ClusterConfig,
) -> Result<Option<(OperatorCode, OperatorCode)>, Refused> {
    let through = |text: &str| {
        cluster.operators.iter().find_map(|operator| {
            let code = operator.indirect.iter().find(|code| code.as_str() == text)?;
            Some((operator.code, *code))
        })
    };
    let Some(text) = raw.participant.as_deref() else { return Ok(None) };
    let found = named("participant", Some(text), through, "in cluster.operators[].indirect")?;
    match operator.filter(|operator| *operator != found.0) {
        None => Ok(Some(found)),
        Some(other) => {
            let sentence =
                format!("{text:?} takes part through {}, and not through {other}", found.0);
            Err(("participant", sentence))
        }
    }
}

fn series(raw: &RawSeries, script: &Script, days: u32) -> Result<Series, Refused> {
    check_name(&raw.name)?;
    let wallet = |key, name: &str| {
        place(key, Some(name), script.wallets.iter().map(|wallets| wallets.name.as_str()))
    };
    let mut on_days = raw.days.clone().unwrap_or_else(|| vec![1]);
    on_days.dedup();
    if !on_days.is_sorted() || on_days.iter().any(|day| !(1..=days).contains(day)) {
        let sentence = format!("{on_days:?} are not days of the run, 1 to {days}, ascending");
        return Err(("days", sentence));
    }
    let time = |key, text: Option<&str>, default| {
        let ms = |text: &str| if text == "24:00" { Some(DAY_MS) } else { parse_time(text) };
        named(key, text.or(Some(default)), ms, "a time of day as in 09:30")
    };
    let begin = time("begin", raw.begin.as_deref(), HOURS[0])?;
    let until = time("until", raw.until.as_deref(), HOURS[1])?;
    if begin >= until {
        return Err(("until", "is not after begin".to_owned()));
    }
    // A series may pay its own bills, and comes after those that it speaks of.
    let names = script.series.iter().map(|series| series.name.as_str()).chain([raw.name.as_str()]);
    let bills = raw.bills.as_deref().map(|name| place("bills", Some(name), names)).transpose()?;
    let redeems = redeems(raw, script)?;
    let other = redeems.map(|(of, _)| of).or(bills);
    let purpose = raw.purpose.as_deref();
    let purpose = purpose.map(|name| named("purpose", Some(name), Purpose::named, "a purpose"));
    let series = Series {
        name: raw.name.clone(),
        from: wallet("from", &raw.from)?,
        to: wallet("to", &raw.to)?,
        count: raw.count,
        days: on_days,
        begin,
        until,
        amount: amounts(raw, script, other)?,
        purpose: purpose.transpose()?,
        bills,
        redeems,
        short: raw.short.map_or(Amount::ZERO, |yuan| yuan.0),
        campaign: campaign(raw, script)?,
        share: share(raw)?,
        sticky: sticky(raw)?,
        front_end: raw.front_end.clone(),
    };
    check_bills(&series, script)?;
    Ok(series)
}

/// Which part of the payments spend money of the campaign.
fn share(raw: &RawSeries) -> Result<Ratio, Refused> {
    let share = raw.share.as_ref().map(|value| Ratio::read("share", value)).transpose()?;
    if share.is_some() && raw.campaign.is_none() {
        return Err(("share", "stands beside no campaign".to_owned()));
    }
    Ok(share.unwrap_or(Ratio::ALL))
}

/// How likely who has just paid pays once more. Such a payment is no answer to a bill or to another
/// payment, and needs nothing of a campaign or a front-end.
fn sticky(raw: &RawSeries) -> Result<Ratio, Refused> {
    let sticky = raw.sticky.as_ref().map(|value| Ratio::read("sticky", value)).transpose()?;
    let sticky = sticky.unwrap_or(Ratio::NONE);
    let beside = [&raw.bills, &raw.redeems, &raw.campaign, &raw.front_end];
    if sticky > Ratio::NONE && beside.into_iter().any(Option::is_some) {
        let sentence = "stands beside bills, redeems, campaign or front_end";
        return Err(("sticky", sentence.to_owned()));
    }
    Ok(sticky)
}

/// The campaign whose money a series spends.
fn campaign(raw: &RawSeries, script: &Script) -> Result<Option<usize>, Refused> {
    let names = script.campaigns.iter().map(|campaign| campaign.name.as_str());
    raw.campaign.as_deref().map(|name| place("campaign", Some(name), names)).transpose()
}

/// The series whose payments are redeemed, and one in how many.
fn redeems(raw: &RawSeries, script: &Script) -> Result<Option<(usize, u64)>, Refused> {
    let Some(name) = raw.redeems.as_deref() else {
        return match raw.every {
            None => Ok(None),
            Some(_) => Err(("every", "stands beside no series that is redeemed".to_owned())),
        };
    };
    let names = script.series.iter().map(|series| series.name.as_str());
    let place = place("redeems", Some(name), names)?;
    let of = &script.series[place];
    let back = [&script.wallets[of.to].name, &script.wallets[of.from].name];
    if back != [&raw.from, &raw.to] || raw.bills.is_some() || raw.count.is_some() {
        let sentence = "goes from the payees of a series to its payers, without bills and count";
        return Err(("redeems", sentence.to_owned()));
    }
    if of.sticky > Ratio::NONE {
        return Err(("redeems", format!("{name:?} has payments that a habit adds")));
    }
    // Which of them are made is known in the run alone, and one that is not made is not paid back.
    if of.campaign.is_some() || of.front_end.is_some() {
        let sentence = format!("{name:?} has payments that a campaign or a front-end withholds");
        return Err(("redeems", sentence));
    }
    Ok(Some((place, raw.every.unwrap_or(1))))
}

/// The least and the most of a payment: of one that belongs to another series, those of that.
fn amounts(raw: &RawSeries, script: &Script, other: Option<usize>) -> Result<[Amount; 2], Refused> {
    let other = other.and_then(|place| script.series.get(place));
    let least = match (raw.amount, other) {
        (Some(_), Some(_)) => {
            return Err(("amount", "stands beside another series, which has it".to_owned()));
        }
        (None, Some(other)) => return Ok(other.amount),
        (amount, None) => amount.ok_or_else(|| ("amount", "is missing".to_owned()))?.0,
    };
    let most = raw.amount_max.map_or(least, |yuan| yuan.0);
    if least == Amount::ZERO || most < least {
        return Err(("amount", "is not above 0.00 and up to amount_max".to_owned()));
    }
    Ok([least, most])
}

fn check_bills(series: &Series, script: &Script) -> Result<(), Refused> {
    if series.short >= series.amount[0] || (series.short > Amount::ZERO && series.bills.is_none()) {
        return Err(("short", "is not less than the amount of a bill".to_owned()));
    }
    let other = series.bills.and_then(|place| script.series.get(place));
    if other.is_some_and(|other| other.to != series.to) {
        return Err(("bills", "are those of other payees".to_owned()));
    }
    Ok(())
}
