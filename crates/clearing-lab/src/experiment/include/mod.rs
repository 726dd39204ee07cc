//! Scenarios that become parts of an experiment: their tables join its own, under the name of the
//! part and on the days of their own dates.

mod figures;
mod lists;
mod origins;

#[cfg(test)]
mod tests;

use clearing_config::{
    ClusterConfig, ConfigError, Described as _, check_keys, parse_table, read_value, within,
};
use clearing_domain::money::{BusinessDate, OperatorCode, whole_number};
use toml::{Table, Value};

use crate::scenarios::SHIPPED;

use super::Override;
use super::keys::all_keys;
use super::raw::{RawInclude, RawScenario};
use super::script::check_part_name;
use lists::LISTS;
pub(super) use origins::Origins;
use origins::of_include;

/// The most parts of an experiment.
const PARTS_MAX: usize = 99;
/// What a scenario may say of its cluster: when it begins, which operators there were, and what an
/// experiment has in common with its parts.
const OF_CLUSTER: [&str; 5] =
    ["start", "operator_count", "cycles_per_day", "tick_seconds", "limits"];
/// What an include may set beside the lists of a scenario and what it models.
const SETTABLE: [&str; 3] = ["days", "cluster.start", "cluster.operator_count"];
/// The keys of a scenario that are not those of its part.
const OF_FILE: [&str; 7] = ["name", "description", "seed", "days", "scale", "cluster", "workload"];

/// What the names, times and counts of a scenario become in the experiment that includes it.
#[derive(Clone, Debug)]
struct Place {
    /// The name of the part.
    name: String,
    /// How many days after the experiment it begins.
    after: u32,
    /// How many days it goes on.
    days: u32,
    /// What counts are multiplied by and divided by.
    scale: [u64; 2],
    /// The operators that there were, when not all of them.
    operators: Option<Vec<OperatorCode>>,
    /// Whether it stands for the payments that are drawn.
    background: bool,
}

/// The experiment that includes.
struct Host {
    start: BusinessDate,
    days: u32,
    scale: u64,
}

/// Puts the tables of the scenarios that an experiment includes beside its own, and says where each
/// item comes from.
pub(super) fn expand(document: Value) -> Result<(Value, Origins), ConfigError> {
    let mut origins = Origins::default();
    let Value::Table(mut table) = document else { return Ok((document, origins)) };
    let includes: Vec<RawInclude> = match table.remove("include") {
        None => return Ok((Value::Table(table), origins)),
        Some(value) => read_value("include", value)?,
    };
    if includes.len() > PARTS_MAX {
        let sentence = format!("{} are more than {PARTS_MAX}", includes.len());
        return Err(ConfigError::value("include", sentence));
    }
    includes.check_ranges()?;
    let host = Host::of(&table)?;
    for (number, include) in (1..).zip(&includes) {
        let refused = |error| of_include(number, error);
        let part = read(include).map_err(refused)?;
        let place = host.place(include, &part).map_err(refused)?;
        let tables = tables(part, &place).map_err(refused)?;
        for (key, items) in tables {
            add(&mut table, key, items, |before, count| {
                origins.note(key, before, number, count);
            })?;
        }
    }
    Ok((Value::Table(table), origins))
}

impl Host {
    fn of(table: &Table) -> Result<Self, ConfigError> {
        let cluster = table.get("cluster").cloned().unwrap_or_else(|| Table::new().into());
        let number = |key: &str, default: u64| match table.get(key) {
            None => Ok(default),
            Some(value) => read_value(key, value.clone()),
        };
        let days = number("days", 1)?;
        Ok(Self {
            start: ClusterConfig::from_value(cluster)?.lockstep.start.date(),
            days: u32::try_from(days).unwrap_or(u32::MAX),
            scale: number("scale", 1)?.max(1),
        })
    }

    /// Where a scenario stands in the experiment.
    fn place(&self, include: &RawInclude, part: &Table) -> Result<Place, ConfigError> {
        let whole = |message: String| ConfigError::value("", message);
        let cluster = part.get("cluster").cloned().unwrap_or_else(|| Table::new().into());
        let states_roster = cluster.get("operator_count").is_some();
        let config = ClusterConfig::from_value(cluster)?;
        let first = config.lockstep.start.date();
        let days = part.get("days").cloned().map(|value| read_value("days", value));
        let days = within("days", days.transpose()?.unwrap_or(1), 1, 3660)?;
        let after = i64::from(first.days()) - i64::from(self.start.days());
        let early = || whole(format!("begins on {first}, before the experiment on {}", self.start));
        let after = u32::try_from(after).map_err(|_| early())?;
        if after.saturating_add(days) > self.days {
            let last = first.plus_days(days.saturating_sub(1));
            let end = self.start.plus_days(self.days.saturating_sub(1));
            return Err(whole(format!("ends on {last}, after the experiment on {end}")));
        }
        let none = || whole("models no scenario".to_owned());
        let scenario = part.get("scenario").cloned().ok_or_else(none)?;
        let scenario: RawScenario = read_value("scenario", scenario)?;
        let name = include.name.clone().unwrap_or_else(|| format!("s{:02}", scenario.number));
        check_part_name(&name).map_err(|(key, message)| ConfigError::value(key, message))?;
        let codes = || config.operators.iter().map(|operator| operator.code).collect();
        Ok(Place {
            name,
            after,
            days,
            scale: [self.scale, include.scale.unwrap_or(self.scale).max(1)],
            operators: states_roster.then(codes),
            background: part.contains_key("workload"),
        })
    }
}

/// Reads the scenario of an include, with the values that are set over its own.
fn read(include: &RawInclude) -> Result<Table, ConfigError> {
    let name = include.file.strip_prefix("scenarios/").and_then(|name| name.strip_suffix(".toml"));
    let shipped = SHIPPED.iter().find(|(known, _)| Some(*known) == name);
    let unknown =
        || ConfigError::value("file", format!("{:?} is none that is shipped", include.file));
    let mut table = parse_table(shipped.ok_or_else(unknown)?.1)?;
    for (path, value) in &include.set {
        Override::new(path, value.clone()).apply(&mut table)?;
    }
    check_keys("", &Value::Table(table.clone()), &all_keys())?;
    let is_drawn = table.contains_key("workload");
    if let Some(path) = include.set.keys().find(|path| !may_be_set(path, is_drawn)) {
        return Err(ConfigError::value(path, "is that of the experiment, not of a part"));
    }
    let beside = |list: &&lists::List| list.key != "assert" && table.contains_key(list.key);
    if let Some(list) = LISTS.iter().find(beside).filter(|_| is_drawn) {
        let sentence = "stands beside workload, of which a part is measured and not run";
        return Err(ConfigError::value(list.key, sentence));
    }
    let of_cluster = table.get("cluster").and_then(Value::as_table);
    let of_cluster = of_cluster.into_iter().flat_map(Table::keys);
    let foreign = of_cluster
        .filter(|key| !OF_CLUSTER.contains(&key.as_str()))
        .map(|key| format!("cluster.{key}"))
        .chain(table.keys().filter(|key| !is_known(key)).cloned());
    match foreign.into_iter().next() {
        None => Ok(table),
        Some(key) => Err(ConfigError::value(key, "is that of the experiment, not of a part")),
    }
}

fn is_known(key: &str) -> bool {
    key == "scenario" || OF_FILE.contains(&key) || LISTS.iter().any(|list| list.key == key)
}

/// Whether an include may set the value of a path. Anything else of a scenario would change nothing of
/// its part, as the experiment has it.
fn may_be_set(path: &str, is_drawn: bool) -> bool {
    // Operators that there were not open no wallets, and of what is drawn a part has none.
    if is_drawn && path == "cluster.operator_count" {
        return false;
    }
    let root = path.split_once('.').map_or(path, |(root, _)| root);
    let is_list = LISTS.iter().any(|list| list.key == root);
    SETTABLE.contains(&path) || root == "scenario" || is_list
}

/// The items of a part, list by list, as the experiment states them.
fn tables(mut part: Table, place: &Place) -> Result<Vec<(&'static str, Vec<Value>)>, ConfigError> {
    let heading = part.remove("scenario").unwrap_or_else(|| Table::new().into());
    let mut tables = vec![("part", vec![place.heading(heading)?])];
    for list in LISTS {
        let items = match part.remove(list.key) {
            None => Vec::new(),
            Some(value) => read_value::<Vec<Table>>(list.key, value)?,
        };
        let items = items.into_iter().enumerate().map(|(number, item)| {
            let refused = |(key, message): (&str, String)| {
                ConfigError::value(format!("{}.{}.{key}", list.key, number + 1), message)
            };
            list.item(item, place).map(Value::Table).map_err(refused)
        });
        tables.push((list.key, items.collect::<Result<_, _>>()?));
    }
    Ok(tables)
}

/// Puts items behind those of a list, and notes how many it had and gets.
fn add(
    table: &mut Table,
    key: &str,
    items: Vec<Value>,
    note: impl FnOnce(usize, usize),
) -> Result<(), ConfigError> {
    let found = table.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(list) = found else {
        return Err(ConfigError::value(key, format!("{found} is not a list")));
    };
    note(list.len(), items.len());
    list.extend(items);
    Ok(())
}

impl Place {
    /// The part as the experiment states it.
    fn heading(&self, scenario: Value) -> Result<Value, ConfigError> {
        let Value::Table(mut heading) = scenario else { return Ok(scenario) };
        if let Some(Value::String(story)) = heading.get_mut("story") {
            let wrong = |message: String| ConfigError::value("scenario.story", message);
            *story = figures::in_text(story, self).map_err(wrong)?;
        }
        let days = [self.after + 1, self.after + self.days].map(|day| Value::from(i64::from(day)));
        heading.insert("name".to_owned(), self.name.clone().into());
        heading.insert("days".to_owned(), Value::Array(days.to_vec()));
        if self.background {
            heading.insert("background".to_owned(), true.into());
        }
        Ok(Value::Table(heading))
    }

    /// A time of the scenario as one of the experiment.
    fn moment(&self, text: &str) -> Option<String> {
        let (day, time) = text.split_once(' ').unwrap_or(("1", text));
        let day: u32 = whole_number(day)?;
        Some(format!("{} {time}", day.checked_add(self.after)?))
    }
}
