//! Scenarios that become parts of an experiment: their tables join its own, under the name of the
//! part and on the days of their own dates.

mod figures;
mod lists;

#[cfg(test)]
mod tests;

use clearing_config::{
    ClusterConfig, ConfigError, Described as _, check_keys, parse_table, read_value,
};
use clearing_domain::money::{BusinessDate, OperatorCode, whole_number};
use toml::{Table, Value};

use crate::scenarios::SHIPPED;

use super::Override;
use super::keys::all_keys;
use super::raw::{RawInclude, RawScenario};
use super::script::check_part_name;
use lists::LISTS;

/// The most parts of an experiment.
const PARTS_MAX: usize = 99;
/// What a scenario may say of its cluster: when it begins, which operators there were, and what an
/// experiment has in common with its parts.
const OF_CLUSTER: [&str; 5] =
    ["start", "operator_count", "cycles_per_day", "tick_seconds", "limits"];
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

/// Puts the tables of the scenarios that an experiment includes beside its own.
pub(super) fn expand(document: Value) -> Result<Value, ConfigError> {
    let Value::Table(mut table) = document else { return Ok(document) };
    let includes: Vec<RawInclude> = match table.remove("include") {
        None => return Ok(Value::Table(table)),
        Some(value) => read_value("include", value)?,
    };
    if includes.len() > PARTS_MAX {
        let sentence = format!("{} are more than {PARTS_MAX}", includes.len());
        return Err(ConfigError::value("include", sentence));
    }
    includes.check_ranges()?;
    let host = Host::of(&table)?;
    for (place, include) in includes.iter().enumerate() {
        let refused =
            |message: String| ConfigError::value(format!("include.{}", place + 1), message);
        let part = read(include).map_err(|error| refused(error.to_string()))?;
        let place = host.place(include, &part).map_err(refused)?;
        join(&mut table, part, &place).map_err(|error| refused(error.to_string()))?;
    }
    Ok(Value::Table(table))
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
    fn place(&self, include: &RawInclude, part: &Table) -> Result<Place, String> {
        let text = |error: ConfigError| error.to_string();
        let cluster = part.get("cluster").cloned().unwrap_or_else(|| Table::new().into());
        let states_roster = cluster.get("operator_count").is_some();
        let config = ClusterConfig::from_value(cluster).map_err(text)?;
        let first = config.lockstep.start.date();
        let days = part.get("days").and_then(Value::as_integer).unwrap_or(1);
        let days = u32::try_from(days).unwrap_or(u32::MAX);
        let after = i64::from(first.days()) - i64::from(self.start.days());
        let after = u32::try_from(after)
            .map_err(|_| format!("begins on {first}, before the experiment on {}", self.start))?;
        if after.saturating_add(days) > self.days {
            let last = first.plus_days(days.saturating_sub(1));
            let end = self.start.plus_days(self.days.saturating_sub(1));
            return Err(format!("ends on {last}, after the experiment on {end}"));
        }
        let scenario = part.get("scenario").cloned().ok_or("models no scenario")?;
        let scenario: RawScenario = read_value("scenario", scenario).map_err(text)?;
        let name = include.name.clone().unwrap_or_else(|| format!("s{:02}", scenario.number));
        check_part_name(&name).map_err(|(key, message)| format!("{key}: {message}"))?;
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

/// Puts the tables of a part beside those of the experiment.
fn join(table: &mut Table, mut part: Table, place: &Place) -> Result<(), ConfigError> {
    let heading = part.remove("scenario").unwrap_or_else(|| Table::new().into());
    add(table, "part", vec![place.heading(heading)])?;
    // What is drawn is measured by the experiment itself.
    let lists = LISTS.iter().filter(|list| !place.background || list.key == "assert");
    for list in lists {
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
        add(table, list.key, items.collect::<Result<_, _>>()?)?;
    }
    Ok(())
}

fn add(table: &mut Table, key: &str, items: Vec<Value>) -> Result<(), ConfigError> {
    let found = table.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(list) = found else {
        return Err(ConfigError::value(key, format!("{found} is not a list")));
    };
    list.extend(items);
    Ok(())
}

impl Place {
    /// The part as the experiment states it.
    fn heading(&self, scenario: Value) -> Value {
        let Value::Table(mut heading) = scenario else { return scenario };
        if let Some(Value::String(story)) = heading.get_mut("story") {
            *story = figures::in_text(story, self);
        }
        let days = [self.after + 1, self.after + self.days].map(|day| Value::from(i64::from(day)));
        heading.insert("name".to_owned(), self.name.clone().into());
        heading.insert("days".to_owned(), Value::Array(days.to_vec()));
        if self.background {
            heading.insert("background".to_owned(), true.into());
        }
        Value::Table(heading)
    }

    /// A time of the scenario as one of the experiment.
    fn moment(&self, text: &str) -> Option<String> {
        let (day, time) = text.split_once(' ').unwrap_or(("1", text));
        let day: u32 = whole_number(day)?;
        Some(format!("{} {time}", day.checked_add(self.after)?))
    }
}
