//! Treasurers as they stand in a file, and what is refused of them.

use std::collections::BTreeMap;

use clearing_config::{ClusterConfig, ConfigError, Described as _, check_keys, read_value};
use clearing_domain::Regime;
use clearing_domain::central_bank::SettlementMode;
use clearing_domain::money::{Amount, OperatorCode};
use toml::{Table, Value};

use crate::payment_list::parse_time;

use super::super::fault::Share;
use super::super::keys::all_keys;
use super::super::moment::time_of_day;
use super::super::raw::RawTreasury;
use super::{LimitRule, Opening, Policy, Treasury};

/// The most rules of an experiment.
const TREASURIES_MAX: usize = 1000;
/// The policies as an error lists them.
const POLICIES: &str = "release, inflow, schedule, opening, limits, silence or outside";
/// Whom a rule for every operator names.
const EVERYONE: &str = "*";
/// What a share is of.
const OUTFLOW: &str = "outflow";
const BOUNDS: &str = "bounds";

/// A key with what is wrong with its value.
type Refused = (&'static str, String);

/// Reads the list of a file; what it says is checked once the cluster is known.
pub(in super::super) fn read(list: Value) -> Result<Vec<RawTreasury>, ConfigError> {
    let table = Table::from_iter([("treasury".to_owned(), list.clone())]);
    check_keys("", &Value::Table(table), &all_keys())?;
    let Value::Array(list) = list else {
        return Err(ConfigError::value("treasury", format!("{list} is not a list of rules")));
    };
    let count = list.len();
    if count > TREASURIES_MAX {
        let message = format!("{count} rules are more than {TREASURIES_MAX}");
        return Err(ConfigError::value("treasury", message));
    }
    let read = |(place, value)| read_value(&format!("treasury.{}", place + 1), value);
    list.into_iter().enumerate().map(read).collect()
}

/// Checks the rules against the cluster that they are of.
pub(in super::super) fn resolve(
    rules: &[RawTreasury],
    cluster: &ClusterConfig,
) -> Result<Vec<Treasury>, ConfigError> {
    let mut resolved = Vec::with_capacity(rules.len());
    for (place, raw) in rules.iter().enumerate() {
        let refused = |(key, message): Refused| {
            ConfigError::value(format!("treasury.{}.{key}", place + 1), message)
        };
        let rule = rule(raw, cluster).map_err(refused)?;
        raw.check_ranges().map_err(|error| error.in_item(place))?;
        check_outside(&resolved, &rule).map_err(refused)?;
        resolved.push(rule);
    }
    Ok(resolved)
}

/// The rule as it stands in a file with every value stated.
pub(in super::super) fn raw(rule: &Treasury) -> RawTreasury {
    let mut raw = RawTreasury {
        operator: Some(rule.operator.map_or_else(|| EVERYONE.to_owned(), |code| code.to_string())),
        policy: Some(rule.policy.name().to_owned()),
        ..RawTreasury::default()
    };
    let text = |amount: &Amount| Some(Value::from(amount.to_string()));
    let share = |share: &Share| Some(Value::from(share.to_string()));
    match &rule.policy {
        Policy::Release | Policy::Outside => {}
        Policy::Inflow { target, until } => {
            raw.target = text(target);
            raw.until = until.map(time_of_day);
        }
        Policy::Schedule { steps } => {
            raw.throughput =
                steps.iter().map(|(by, percent)| (time_of_day(*by), *percent)).collect();
        }
        Policy::Opening(Opening::Amount(amount)) => raw.amount = text(amount),
        Policy::Opening(Opening::Outflow(part)) => {
            raw.share = share(part);
            raw.of = Some(OUTFLOW.to_owned());
        }
        Policy::Opening(Opening::Bounds(part)) => {
            raw.share = share(part);
            raw.of = Some(BOUNDS.to_owned());
        }
        Policy::Limits(LimitRule::Amount(amount)) => raw.amount = text(amount),
        Policy::Limits(LimitRule::Outflow(part)) => raw.share = share(part),
        Policy::Silence { ticks, until } => {
            raw.ticks = Some(*ticks);
            raw.until = until.map(time_of_day);
        }
    }
    raw
}

fn rule(raw: &RawTreasury, cluster: &ClusterConfig) -> Result<Treasury, Refused> {
    let operator = operator(raw, cluster)?;
    let name = raw.policy.as_deref().ok_or_else(|| missing("policy"))?;
    check_beside(raw, name)?;
    let later = cluster.changes.iter().map(|change| change.mode);
    let is_queue = |mode: SettlementMode| matches!(mode, SettlementMode::Queued(_));
    // A payment can be held only where it may wait.
    if let Some(mode) = [cluster.mode].into_iter().chain(later).find(|mode| !is_queue(*mode)) {
        let needed = "needs cluster.settlement = \"gross-queue\" or \"hybrid\"";
        return Err(("policy", format!("{name:?} {needed}, not {:?}", mode.name())));
    }
    let policy = match name {
        "release" => Policy::Release,
        "outside" => Policy::Outside,
        "inflow" => Policy::Inflow {
            target: amount("target", raw.target.as_ref())?.unwrap_or_default(),
            until: until(raw)?,
        },
        "schedule" => Policy::Schedule { steps: steps(&raw.throughput)? },
        "opening" => Policy::Opening(opening(raw, cluster)?),
        "limits" => Policy::Limits(limits(raw)?),
        "silence" => Policy::Silence {
            ticks: raw.ticks.ok_or_else(|| missing("ticks"))?,
            until: until(raw)?,
        },
        _ => return Err(("policy", format!("{name:?} is not {POLICIES}"))),
    };
    Ok(Treasury { operator, policy })
}

fn operator(raw: &RawTreasury, cluster: &ClusterConfig) -> Result<Option<OperatorCode>, Refused> {
    let name = raw.operator.as_deref().ok_or_else(|| missing("operator"))?;
    let found = cluster.operator_named(name).map(|operator| Some(operator.code));
    let found = found.or_else(|| (name == EVERYONE).then_some(None));
    found.ok_or_else(|| ("operator", format!("{name:?} is not in the roster, and not \"*\"")))
}

/// Refuses a value that the policy does not read: it is most likely meant for another one.
fn check_beside(raw: &RawTreasury, name: &str) -> Result<(), Refused> {
    let reads: &[&str] = match name {
        "inflow" => &["target", "until"],
        "schedule" => &["throughput"],
        "opening" => &["amount", "share", "of"],
        "limits" => &["amount", "share"],
        "silence" => &["ticks", "until"],
        _ => &[],
    };
    let shown = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let throughput = (!raw.throughput.is_empty()).then(|| format!("{:?}", raw.throughput));
    let stated = [
        ("target", shown(&raw.target)),
        ("until", raw.until.clone()),
        ("throughput", throughput),
        ("amount", shown(&raw.amount)),
        ("share", shown(&raw.share)),
        ("of", raw.of.clone()),
        ("ticks", raw.ticks.map(|ticks| ticks.to_string())),
    ];
    for (key, value) in stated {
        if let Some(value) = value.filter(|_| !reads.contains(&key)) {
            let message =
                format!("{value} stands beside policy = {name:?}, which does not have it");
            return Err((key, message));
        }
    }
    Ok(())
}

/// Two who decide for one operator would contradict each other.
fn check_outside(before: &[Treasury], rule: &Treasury) -> Result<(), Refused> {
    let meets = |other: &&Treasury| {
        let same =
            other.operator.is_none() || rule.operator.is_none() || other.operator == rule.operator;
        same && (rule.policy == Policy::Outside || other.policy == Policy::Outside)
    };
    match before.iter().find(meets) {
        None => Ok(()),
        Some(other) => {
            let message = format!(
                "{:?} stands beside {:?} of the same operator, where only one may decide",
                rule.policy.name(),
                other.policy.name()
            );
            Err(("policy", message))
        }
    }
}

fn opening(raw: &RawTreasury, cluster: &ClusterConfig) -> Result<Opening, Refused> {
    if cluster.regime == Regime::Cash {
        let sentence = "\"opening\" needs cluster.regime = \"deposit\": in the cash regime what settles is e-CNY";
        return Err(("policy", sentence.to_owned()));
    }
    let (sum, part) = (amount("amount", raw.amount.as_ref())?, share(raw)?);
    match (sum, part, raw.of.as_deref()) {
        (Some(sum), None, None) => Ok(Opening::Amount(sum)),
        (None, Some(part), Some(OUTFLOW)) => Ok(Opening::Outflow(part)),
        (None, Some(part), Some(BOUNDS)) => Ok(Opening::Bounds(part)),
        (None, Some(_), None) => Err(missing("of")),
        (None, Some(_), Some(other)) => Err(("of", format!("{other:?} is not bounds or outflow"))),
        (Some(_), Some(_), _) => Err(("share", "stands beside amount".to_owned())),
        (Some(_), None, Some(of)) => Err(("of", format!("{of:?} stands beside amount"))),
        (None, None, _) => Err(("amount", "is missing, and so is share".to_owned())),
    }
}

fn limits(raw: &RawTreasury) -> Result<LimitRule, Refused> {
    match (amount("amount", raw.amount.as_ref())?, share(raw)?) {
        (Some(sum), None) => Ok(LimitRule::Amount(sum)),
        (None, Some(part)) => Ok(LimitRule::Outflow(part)),
        (Some(_), Some(_)) => Err(("share", "stands beside amount".to_owned())),
        (None, None) => Err(("amount", "is missing, and so is share".to_owned())),
    }
}

fn steps(throughput: &BTreeMap<String, u32>) -> Result<Vec<(i64, u32)>, Refused> {
    let step = |(by, percent): (&String, &u32)| {
        let by = time("throughput", by)?;
        let valid = *percent <= 100;
        let refused = || ("throughput", format!("{percent} is not a percentage from 0 to 100"));
        valid.then_some((by, *percent)).ok_or_else(refused)
    };
    let mut steps: Vec<_> = throughput.iter().map(step).collect::<Result<_, _>>()?;
    steps.sort_unstable();
    if steps.is_empty() {
        return Err(missing("throughput"));
    }
    match steps.windows(2).find(|pair| pair[0].1 > pair[1].1) {
        None => Ok(steps),
        Some(pair) => {
            let message =
                format!("{} by {} is less than before", pair[1].1, time_of_day(pair[1].0));
            Err(("throughput", message))
        }
    }
}

fn until(raw: &RawTreasury) -> Result<Option<i64>, Refused> {
    raw.until.as_deref().map(|text| time("until", text)).transpose()
}

fn time(key: &'static str, text: &str) -> Result<i64, Refused> {
    parse_time(text).ok_or_else(|| (key, format!("{text:?} is not a time of day as in 15:30")))
}

/// A sum of money, which may be zero.
fn amount(key: &'static str, value: Option<&Value>) -> Result<Option<Amount>, Refused> {
    let read = |value: &Value| {
        let text = text_of(value);
        text.parse::<Amount>().map_err(|error| (key, error.to_string()))
    };
    value.map(read).transpose()
}

fn share(raw: &RawTreasury) -> Result<Option<Share>, Refused> {
    let read = |value: &Value| match text_of(value).as_str() {
        "0" | "0.0" => Ok(Share::NONE),
        text => text.parse::<Share>().map_err(|message| ("share", format!("{message}, nor 0"))),
    };
    raw.share.as_ref().map(read).transpose()
}

/// A value is text or a number; of a number its shortest decimal text counts.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn missing(key: &'static str) -> Refused {
    (key, "is missing".to_owned())
}
