//! A scenario as it is stated: what happens to whoever is hit, and when.

use std::fmt;
use std::str::FromStr;

use clearing_config::ClusterConfig;
use clearing_domain::Regime;
use clearing_domain::money::HOUR_MS;
use toml::{Table, Value};

use super::StressError;

/// The kinds that hit one participant and outlast a tick.
const KINDS: [&str; 5] = ["outage", "failure", "liquidity-loss", "cut", "slow"];
/// What a scenario may state beside its kind and times.
const MEASURES: [&str; 2] = ["share", "delay_ticks"];

/// A fault without whom it hits, as in `outage 09:00-13:00` or `liquidity-loss 09:00 share=0.5`.
#[derive(Clone, Debug, PartialEq)]
pub struct StressScenario {
    kind: String,
    at: String,
    until: Option<String>,
    /// The share that is lost, or the ticks of a delay.
    measure: Option<(&'static str, Value)>,
}

impl StressScenario {
    /// One of each kind over the morning; money can be lost in the deposit regime alone.
    pub(super) fn defaults(cluster: &ClusterConfig) -> Vec<Self> {
        let lasting = |kind: &str, until: Option<&str>, measure| Self {
            kind: kind.to_owned(),
            at: "09:00".to_owned(),
            until: until.map(str::to_owned),
            measure,
        };
        let (noon, share) = (Some("13:00"), Value::String("0.5".to_owned()));
        let ticks = (HOUR_MS / cluster.lockstep.tick_ms).max(1);
        let mut scenarios = vec![lasting("outage", noon, None), lasting("failure", None, None)];
        if cluster.regime == Regime::Deposit {
            scenarios.push(lasting("liquidity-loss", None, Some(("share", share))));
        }
        scenarios.push(lasting("cut", noon, None));
        scenarios.push(lasting("slow", noon, Some(("delay_ticks", Value::Integer(ticks)))));
        scenarios
    }

    /// The kind of fault.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The fault as one of `[[fault]]` that hits a participant.
    pub(super) fn fault(&self, hit: &str) -> Value {
        let text = |text: &str| Value::String(text.to_owned());
        let mut fault = Table::new();
        fault.insert("kind".to_owned(), text(&self.kind));
        fault.insert("operator".to_owned(), text(hit));
        fault.insert("at".to_owned(), text(&self.at));
        if let Some(until) = &self.until {
            fault.insert("until".to_owned(), text(until));
        }
        if let Some((key, value)) = &self.measure {
            fault.insert((*key).to_owned(), value.clone());
        }
        Value::Table(fault)
    }
}

impl FromStr for StressScenario {
    type Err = StressError;

    /// Reads `KIND [DAY] FROM[-[DAY] UNTIL] [share=PART | delay_ticks=TICKS]`. What the values must
    /// be is checked with the experiment, as for any fault.
    fn from_str(stated: &str) -> Result<Self, StressError> {
        let refused =
            |message: String| StressError::Scenario { scenario: stated.to_owned(), message };
        let mut words = stated.split_whitespace();
        let kind = words.next().unwrap_or_default();
        if !KINDS.contains(&kind) {
            let message = format!("kind: {kind:?} is none of {}", KINDS.join(", "));
            return Err(refused(message));
        }
        let (measures, times): (Vec<&str>, Vec<&str>) = words.partition(|word| word.contains('='));
        let times = times.join(" ");
        let (at, until) = match times.split_once('-') {
            None => (times.as_str(), None),
            Some((at, until)) => (at, Some(until.trim().to_owned())),
        };
        if at.trim().is_empty() {
            return Err(refused("at: is missing, as in outage 09:00-13:00".to_owned()));
        }
        let mut measure = None;
        for word in measures {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            let Some(key) = MEASURES.into_iter().find(|known| *known == key) else {
                return Err(refused(format!(
                    "unknown key {key}; there are {}",
                    MEASURES.join(", ")
                )));
            };
            if measure.is_some() {
                return Err(refused(format!("{key}: {value:?} is one key too many")));
            }
            let number = (key == "delay_ticks").then(|| value.parse().ok()).flatten();
            let text = || Value::String(value.to_owned());
            measure = Some((key, number.map_or_else(text, Value::Integer)));
        }
        Ok(Self { kind: kind.to_owned(), at: at.trim().to_owned(), until, measure })
    }
}

impl fmt::Display for StressScenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, self.at)?;
        if let Some(until) = &self.until {
            write!(formatter, "-{until}")?;
        }
        match &self.measure {
            None => Ok(()),
            Some((key, Value::String(text))) => write!(formatter, " {key}={text}"),
            Some((key, value)) => write!(formatter, " {key}={value}"),
        }
    }
}
