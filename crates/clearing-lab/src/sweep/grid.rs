//! The points of a grid.

use clearing_config::ConfigError;
use rust_decimal::Decimal;
use toml::{Table, Value};

use crate::experiment::script::Figure;
use crate::experiment::{Experiment, ExperimentError, Override};

use super::keys::SweepFigure;
use super::row::{MEASURES, REFUSED, column_of};
use super::{Sweep, SweepError};

/// A parameter with the values it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The key of the experiment, by its path.
    pub key: String,
    /// The values.
    pub values: Vec<Value>,
}

/// One combination of values.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its number, counted from 0.
    pub index: usize,
    /// The value of each parameter, in the order of the axes.
    pub values: Vec<Value>,
    /// The level of opening balances, when there are levels.
    pub level: Option<Decimal>,
}

impl Axis {
    /// Reads `[grid]`. A dotted key may stand in quotes or as tables within tables.
    pub(super) fn read(grid: Option<Value>) -> Result<Vec<Self>, ConfigError> {
        let mut axes = Vec::new();
        match grid {
            None => {}
            Some(Value::Table(grid)) => collect("", grid, &mut axes)?,
            Some(_) => return Err(ConfigError::value("grid", "is not a table")),
        }
        // TOML keeps no order between tables, so the order of the axes must be one of their own.
        axes.sort_by(|one, other| one.key.cmp(&other.key));
        match axes.windows(2).find(|pair| pair[0].key == pair[1].key) {
            Some(pair) => {
                Err(ConfigError::value(format!("grid.{}", pair[0].key), "is there twice"))
            }
            None => Ok(axes),
        }
    }
}

fn collect(prefix: &str, table: Table, axes: &mut Vec<Axis>) -> Result<(), ConfigError> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        let refuse = |message: &str| Err(ConfigError::value(format!("grid.{key}"), message));
        match value {
            Value::Table(table) => collect(&key, table, axes)?,
            Value::Array(values) if values.is_empty() => return refuse("has no values"),
            // Every point runs under the same seeds; that is what makes points comparable.
            Value::Array(_) if ["seed", "name"].contains(&key.as_str()) => {
                return refuse("cannot be a parameter; seeds and first_seed give the seeds");
            }
            Value::Array(values) => axes.push(Axis { key, values }),
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_) => {
                return refuse("is not a list of values");
            }
        }
    }
    Ok(())
}

impl Sweep {
    /// Every point: the last parameter changes faster than those before it, the level fastest.
    pub fn points(&self) -> Vec<Point> {
        let mut combinations = vec![Vec::new()];
        for axis in &self.axes {
            let extended = |values: &Vec<Value>| {
                let values = values.clone();
                axis.values.iter().map(move |value| [values.clone(), vec![value.clone()]].concat())
            };
            combinations = combinations.iter().flat_map(extended).collect();
        }
        let levels = self
            .levels
            .as_ref()
            .map_or(vec![None], |levels| levels.iter().copied().map(Some).collect());
        let points =
            combinations.iter().flat_map(|values| levels.iter().map(move |level| (values, level)));
        points
            .enumerate()
            .map(|(index, (values, level))| Point { index, values: values.clone(), level: *level })
            .collect()
    }

    /// The seeds of every point.
    pub fn seeds(&self) -> impl Iterator<Item = u64> + use<> {
        self.first_seed..self.first_seed + u64::from(self.seeds)
    }

    /// The experiment of a point under a seed, before a level of liquidity.
    pub fn experiment(&self, point: &Point, seed: u64) -> Result<Experiment, SweepError> {
        let fail = |source: ExperimentError| SweepError::Point {
            point: point.index,
            source: Box::new(source),
        };
        let sets = self
            .axes
            .iter()
            .zip(&point.values)
            .map(|(axis, value)| Override::new(&axis.key, value.clone()));
        let experiment =
            Experiment::from_base(self.base.clone(), &sets.collect::<Vec<_>>(), Some(seed))
                .map_err(fail)?;
        let value_error =
            |key: &str, message: String| Err(fail(ConfigError::value(key, message).into()));
        if self.warm_up_days >= experiment.days {
            let (warm_up, days) = (self.warm_up_days, experiment.days);
            return value_error("warm_up_days", format!("{warm_up} leaves nothing of {days} days"));
        }
        if self.levels.is_some() && experiment.cluster.regime == clearing_domain::Regime::Cash {
            let message =
                "needs the deposit regime: in the cash regime settlement moves what wallets hold";
            return value_error("liquidity.levels", message.to_owned());
        }
        self.figures_of(&experiment).map_err(|error| fail(error.into()))?;
        Ok(experiment)
    }

    /// The figures of scripts that are columns, for the things that an experiment names.
    pub(super) fn figures_of(&self, experiment: &Experiment) -> Result<Vec<Figure>, ConfigError> {
        let figure = |(place, one): (usize, &SweepFigure)| {
            let refused =
                |message| Err(ConfigError::value(format!("figure.{}.figure", place + 1), message));
            let figure = match experiment.figure(&one.figure) {
                Ok(figure) => figure,
                Err(message) => return refused(message),
            };
            let column = column_of(&figure);
            let is_taken =
                column.starts_with(REFUSED) || MEASURES.iter().any(|(name, _)| *name == column);
            if is_taken {
                return refused(format!("{:?} is the column {column} of every sweep", one.figure));
            }
            Ok(figure)
        };
        self.figures.iter().enumerate().map(figure).collect()
    }
}
