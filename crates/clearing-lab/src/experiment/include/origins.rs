//! Where the items of an experiment's lists were stated: in itself, or in a scenario that it includes.

use std::collections::BTreeMap;

use clearing_config::ConfigError;
use clearing_domain::money::whole_number;

use crate::experiment::ExperimentError;

/// The include of an item and its place in the list there, both counted from 1; `None` of the
/// experiment's own.
type Origin = Option<(usize, usize)>;

/// The origins of the items of each list that includes have made longer.
#[derive(Debug, Default)]
pub(in super::super) struct Origins(BTreeMap<&'static str, Vec<Origin>>);

impl Origins {
    /// Notes that so many items of an include follow those that a list has.
    pub(super) fn note(&mut self, list: &'static str, before: usize, include: usize, count: usize) {
        let origins = self.0.entry(list).or_insert_with(|| vec![None; before]);
        origins.extend((1..=count).map(|place| Some((include, place))));
    }

    /// The error with the path under which its key was stated.
    pub(in super::super) fn name(&self, error: ExperimentError) -> ExperimentError {
        if let ExperimentError::Config(ConfigError::Value { path, message }) = error {
            let path = self.stated(&path).unwrap_or(path);
            return ConfigError::Value { path, message }.into();
        }
        error
    }

    fn stated(&self, path: &str) -> Option<String> {
        let (list, rest) = path.split_once('.')?;
        let (number, key) = rest.split_once('.').unwrap_or((rest, ""));
        let number = whole_number::<usize>(number)?.checked_sub(1)?;
        let (include, place) = (*self.0.get(list)?.get(number)?)?;
        // A part is made of the include itself and of what its scenario says.
        let within = match (list, key) {
            ("part", "" | "name" | "days" | "background") => key.to_owned(),
            ("part", key) => format!("scenario.{key}"),
            (list, "") => format!("{list}.{place}"),
            (list, key) => format!("{list}.{place}.{key}"),
        };
        Some(under(include, &within))
    }
}

/// The path of a key of an include.
pub(super) fn under(include: usize, path: &str) -> String {
    let point = if path.is_empty() { "" } else { "." };
    format!("include.{include}{point}{path}")
}

/// The error of a scenario as one of the experiment that includes it.
pub(super) fn of_include(include: usize, error: ConfigError) -> ConfigError {
    match error {
        ConfigError::Value { path, message } => ConfigError::value(under(include, &path), message),
        other @ (ConfigError::Syntax { .. }
        | ConfigError::UnknownKey { .. }
        | ConfigError::OperatorUnknown(_)) => ConfigError::value(under(include, ""), other),
    }
}
