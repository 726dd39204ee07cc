//! A sweep as it stands in a file.

use std::path::Path;
use std::str::FromStr;

use clearing_config::{ConfigError, Described as _, check_keys, parse_table, read_value};
use rust_decimal::Decimal;
use toml::{Table, Value};

use crate::experiment::{RunInfo, check_name};
use crate::files::read_text;

use super::SweepError;
use super::grid::Axis;
use super::keys::{Cost, RawLiquidity, RawRun, RawSweep, SWEEP_KEYS, SweepFigure};
use super::until::Until;

/// The most figures of scripts: each is a column and a chart.
const FIGURES_MAX: usize = 100;

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
    /// The place of the parameter along the horizontal axis of the figures, if it is stated.
    pub horizontal: Option<usize>,
    /// The figures of scripts that are columns.
    pub figures: Vec<SweepFigure>,
    /// How sure each point must be, if it says.
    pub until: Option<Until>,
    /// Levels of opening balances between the bounds of the flow.
    pub levels: Option<Vec<Decimal>>,
    /// What liquidity and delay cost.
    pub cost: Cost,
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
        // The grid and the base have keys of experiments, which are checked with each point.
        let axes = Axis::read(table.remove("grid"))?;
        let base = table.remove("base");
        check_keys("", &Value::Table(table.clone()), &SWEEP_KEYS)?;
        table.remove("run");
        if !table.contains_key("name") {
            return Err(ConfigError::value("sweep", "missing field `name`").into());
        }
        let raw: RawSweep = read_value("sweep", Value::Table(table))?;
        check_name(&raw.name)?;
        raw.check_ranges()?;
        check_figures(&raw.figures)?;
        let sweep = Self {
            base: read_base(base, raw.experiment.as_deref(), folder)?,
            seeds: raw.seeds,
            first_seed: raw.first_seed,
            warm_up_days: raw.warm_up_days,
            horizontal: raw.horizontal.map(|key| horizontal(&key, &axes)).transpose()?,
            axes,
            figures: raw.figures,
            until: raw.until.map(|until| Until::read(&until, raw.seeds)).transpose()?,
            levels: raw.liquidity.map(|liquidity| levels(&liquidity.levels)).transpose()?,
            cost: raw.cost,
            name: raw.name,
            description: raw.description,
        };
        if let Some(until) = &sweep.until {
            until.check_indicator(&sweep.figures)?;
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
            seeds: self.seeds,
            first_seed: self.first_seed,
            warm_up_days: self.warm_up_days,
            horizontal: self.horizontal.map(|place| self.axes[place].key.clone()),
            figures: self.figures.clone(),
            until: self.until.as_ref().map(Until::to_raw),
            liquidity: self.levels.as_ref().map(|levels| RawLiquidity { levels: floats(levels) }),
            cost: self.cost,
            run: run.map(|run| RawRun {
                version: Some(run.version.clone()),
                commit: run.commit.clone(),
                host: Some(run.host.clone()),
                id: Some(self.id()),
            }),
        };
        let mut table = Table::try_from(raw).unwrap_or_default();
        let grid =
            self.axes.iter().map(|axis| (axis.key.clone(), Value::Array(axis.values.clone())));
        table.insert("grid".to_owned(), Value::Table(grid.collect()));
        table.insert("base".to_owned(), Value::Table(self.base.clone()));
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

/// The place of a parameter with several values: one value alone gives no line.
fn horizontal(key: &str, axes: &[Axis]) -> Result<usize, ConfigError> {
    axes.iter().position(|axis| axis.key == key && axis.values.len() > 1).ok_or_else(|| {
        let sentence = format!("{key:?} is no key of the grid with several values");
        ConfigError::value("horizontal", sentence)
    })
}

/// Whether a figure is one of an experiment is checked with each point.
fn check_figures(figures: &[SweepFigure]) -> Result<(), ConfigError> {
    if figures.len() > FIGURES_MAX {
        let sentence = format!("{} are more than {FIGURES_MAX}", figures.len());
        return Err(ConfigError::value("figure", sentence));
    }
    for (place, one) in figures.iter().enumerate() {
        if figures[..place].iter().any(|other| other.figure == one.figure) {
            let key = format!("figure.{}.figure", place + 1);
            return Err(ConfigError::value(key, format!("{:?} is there twice", one.figure)));
        }
    }
    Ok(())
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
