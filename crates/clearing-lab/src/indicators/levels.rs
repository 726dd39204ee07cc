//! The payments settled from queues at levels of liquidity between the bounds.

use clearing_domain::indicators::queue_day::{QueueAlgorithm, settle_day};
use clearing_domain::indicators::{Record, delay_indicator, liquidity_level};
use rust_decimal::Decimal;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::IndicatorsError;
use super::input::PaymentDay;
use super::numbers::{Pairs, each, number, yuan};
use super::report::Study;

/// The bounds of a day.
pub(super) struct Levels<'a> {
    pub(super) input: &'a PaymentDay,
    pub(super) lower: &'a [i128],
    pub(super) upper: &'a [i128],
}

/// What each algorithm does at a level.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LevelRow {
    level: Value,
    opening: Option<Pairs<String>>,
    found: Vec<(&'static str, Value)>,
}

impl Serialize for LevelRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("liquidity_level", &self.level)?;
        if let Some(opening) = &self.opening {
            map.serialize_entry("opening", opening)?;
        }
        self.found.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl Levels<'_> {
    /// The delay indicator of every algorithm at every level.
    pub(super) fn delays(&self, study: &Study) -> Result<Vec<LevelRow>, IndicatorsError> {
        self.rows(study, true, |records| number(delay_indicator(records, &self.input.day), 4))
    }

    /// Anything about the settled payments of every algorithm at every level.
    pub(super) fn rows(
        &self,
        study: &Study,
        with_opening: bool,
        measure: impl Fn(&[Record]) -> Value,
    ) -> Result<Vec<LevelRow>, IndicatorsError> {
        let row = |level: &Decimal| {
            let opening = self.opening(*level)?;
            let found = |algorithm: &QueueAlgorithm| {
                (algorithm.name(), measure(&self.settle(&opening, *algorithm)))
            };
            Ok(LevelRow {
                level: number(Some(*level), 20),
                found: study.algorithms.iter().map(found).collect(),
                opening: with_opening
                    .then(|| each(&self.input.names, opening.iter().copied(), yuan)),
            })
        };
        study.levels.iter().map(row).collect()
    }

    /// The payments with their times of settlement.
    pub(super) fn settle(&self, opening: &[i128], algorithm: QueueAlgorithm) -> Vec<Record> {
        settle_day(opening, &self.input.records, algorithm)
    }

    fn opening(&self, level: Decimal) -> Result<Vec<i128>, IndicatorsError> {
        let bounds = self.lower.iter().zip(self.upper);
        bounds
            .map(|(lower, upper)| {
                liquidity_level(*lower, *upper, level).ok_or(IndicatorsError::Level(level))
            })
            .collect()
    }
}
