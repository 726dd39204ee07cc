//! A sweep as it stands in a file.

use std::path::Path;
use std::str::FromStr;

use clearing_config::{ConfigError, check_keys, parse_table, read_value, within};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::experiment::{RunInfo, check_name};
use crate::files::read_text;

use super::SweepError;
use super::grid::Axis;
use super::keys::SWEEP_KEYS;

/// A grid of experiments with replications, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// What every point starts from, as it stands in the file.
    pub base: Table,
    /// How many runs each point has.
    pub seeds: u32,
    /// The first seed; the others follow it.
    pub first_seed: u64,
    /// How many days are left out of the indicators.
    pub warm_up_days: u32,
    /// The parameters and their values, the last one changing fastest.
    pub axes: Vec<Axis>,
    /// Levels of opening balances between the bounds of the flow.
    pub levels: Option<Vec<Decimal>>,
    /// What liquidity and delay cost.
    pub cost: Cost,
}

/// Prices of liquidity and delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Of a yuan of liquidity in a year of 365 days.
    pub liquidity_price: Option<f64>,
    /// Of a yuan that waits for an hour.
    pub delay_price: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSweep {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default, skip_serializing)]
    experiment: Option<String>,
    seeds: Option<u32>,
    first_seed: Option<u64>,
    warm_up_days: Option<u32>,
    liquidity: Option<RawLiquidity>,
    cost: Option<Cost>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLiquidity {
    levels: Vec<f64>,
}

impl Sweep {
    /// Reads a sweep; its experiment is found from the folder of the file.
    pub fn read(path: &Path) -> Result<Self, SweepError> {
        let text = read_text(path)?;
        Self::from_text(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads the text of a sweep; its experiment is found from a folder.
    pub fn from_text(text: &str, folder: &Path) -> Result<Self, SweepError> {
        let mut table = parse_table(text)?;
        let axes = Axis::read(table.remove("grid"))?;
        let base = table.remove("base");
        check_keys("", &Value::Table(table.clone()), SWEEP_KEYS)?;
        table.remove("run");
        let raw: RawSweep = read_value("sweep", Value::Table(table))?;
        check_name(&raw.name)?;
        let sweep = Self {
            base: read_base(base, raw.experiment.as_deref(), folder)?,
            seeds: within("seeds", raw.seeds.unwrap_or(1), 1, 10_000)?,
            first_seed: within(
                "first_seed",
                raw.first_seed.unwrap_or(1),
                0,
                i64::MAX.unsigned_abs() - 10_000,
            )?,
            warm_up_days: raw.warm_up_days.unwrap_or(0),
            axes,
            levels: raw.liquidity.map(|liquidity| levels(&liquidity.levels)).transpose()?,
            cost: raw.cost.unwrap_or_default(),
            name: raw.name,
            description: raw.description,
        };
        let prices = [
            ("liquidity_price", sweep.cost.liquidity_price),
            ("delay_price", sweep.cost.delay_price),
        ];
        for (name, price) in prices {
            within(&format!("cost.{name}"), price.unwrap_or_default(), 0.0, 1_000_000.0)?;
        }
        Ok(sweep)
    }

    /// The sweep as a file that gives it again, with every value of its own stated.
    pub fn to_toml(&self, run: Option<&RunInfo>) -> String {
        let floats = |levels: &Vec<Decimal>| {
            levels.iter().filter_map(|level| level.to_string().parse().ok()).collect()
        };
        let raw = RawSweep {
            name: self.name.clone(),
            description: self.description.clone(),
            experiment: None,
            seeds: Some(self.seeds),
            first_seed: Some(self.first_seed),
            warm_up_days: Some(self.warm_up_days),
            liquidity: self.levels.as_ref().map(|levels| RawLiquidity { levels: floats(levels) }),
            cost: Some(self.cost),
        };
        let mut table = Table::try_from(raw).unwrap_or_default();
        let grid =
            self.axes.iter().map(|axis| (axis.key.clone(), Value::Array(axis.values.clone())));
        table.insert("grid".to_owned(), Value::Table(grid.collect()));
        table.insert("base".to_owned(), Value::Table(self.base.clone()));
        if let Some(run) = run {
            let texts = [
                ("version", Some(&run.version)),
                ("commit", run.commit.as_ref()),
                ("host", Some(&run.host)),
            ];
            let texts = texts
                .into_iter()
                .filter_map(|(name, text)| Some((name.to_owned(), text?.as_str().into())));
            let id = [("id".to_owned(), Value::String(self.id()))];
            table.insert("run".to_owned(), Value::Table(texts.chain(id).collect()));
        }
        toml::to_string(&table).unwrap_or_default()
    }

    /// Identifies the sweep: what is stated alike gives the same id.
    pub fn id(&self) -> String {
        blake3::hash(self.to_toml(None).as_bytes()).to_hex()[..16].to_owned()
    }
}

fn read_base(
    base: Option<Value>,
    experiment: Option<&str>,
    folder: &Path,
) -> Result<Table, SweepError> {
    match (base, experiment) {
        (Some(Value::Table(base)), None) => Ok(base),
        (None, Some(path)) => {
            let path = folder.join(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|source| SweepError::Base { path, source })?;
            Ok(parse_table(&text)?)
        }
        (Some(_), None) => Err(ConfigError::value("base", "is not a table").into()),
        (Some(_), Some(_)) => {
            Err(ConfigError::value("experiment", "stands beside base; keep one of the two").into())
        }
        (None, None) => Err(ConfigError::value("experiment", "is missing").into()),
    }
}

fn levels(levels: &[f64]) -> Result<Vec<Decimal>, ConfigError> {
    if levels.is_empty() {
        return Err(ConfigError::value("liquidity.levels", "is empty"));
    }
    let level = |level: &f64| {
        let found = Decimal::from_str(&level.to_string()).ok();
        let found = found.filter(|level| (Decimal::ZERO..=Decimal::ONE).contains(level));
        found.ok_or_else(|| {
            ConfigError::value("liquidity.levels", format!("{level} is not between 0 and 1"))
        })
    };
    levels.iter().map(level).collect()
}
