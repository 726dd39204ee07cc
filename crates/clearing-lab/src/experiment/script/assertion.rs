//! What must come of a run: a figure and what is expected of it.

use std::fmt;
use std::str::FromStr as _;

use clearing_config::ClusterConfig;
use clearing_domain::money::Amount;
use toml::Value;

use super::super::raw::RawAssertion;
use super::{Figure, Script, Story, Unit};

/// A claim about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// What it claims, as a sentence; empty when nobody wrote one.
    pub that: String,
    /// The figure.
    pub figure: Figure,
    /// How it is to what is expected.
    pub relation: Relation,
    /// What is expected.
    pub expected: Expected,
}

/// How a figure is to what is expected of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is that.
    Equals,
    /// It is that or more.
    AtLeast,
    /// It is that or less.
    AtMost,
}

/// What is expected of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A number of things, or of fen.
    Number(i64),
    /// Another figure of the run.
    Figure(Figure),
}

impl Relation {
    /// The key in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
        }
    }

    /// Whether it holds between what was found and what is expected.
    pub const fn holds(self, found: i64, expected: i64) -> bool {
        match self {
            Self::Equals => found == expected,
            Self::AtLeast => found >= expected,
            Self::AtMost => found <= expected,
        }
    }
}

impl Assertion {
    /// Reads an assertion; the error names the key at fault.
    pub(super) fn read(
        raw: &RawAssertion,
        script: &Script,
        cluster: &ClusterConfig,
    ) -> Result<Self, (&'static str, String)> {
        let figure =
            Figure::parse(&raw.figure, script, cluster).map_err(|message| ("figure", message))?;
        let stated = [
            (Relation::Equals, &raw.equals),
            (Relation::AtLeast, &raw.at_least),
            (Relation::AtMost, &raw.at_most),
        ];
        let stated: Vec<_> = stated
            .into_iter()
            .filter_map(|(relation, value)| Some((relation, value.as_ref()?)))
            .collect();
        let [(relation, value)] = stated[..] else {
            return Err(("figure", "needs one of equals, at_least and at_most".to_owned()));
        };
        let expected = expected(value, figure.unit(), script, cluster)
            .map_err(|message| (relation.name(), message))?;
        Ok(Self { that: raw.that.clone().unwrap_or_default(), figure, relation, expected })
    }
}

fn expected(
    value: &Value,
    unit: Unit,
    script: &Script,
    cluster: &ClusterConfig,
) -> Result<Expected, String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        let figure = Figure::parse(&text, script, cluster)?;
        return if figure.unit() == unit {
            Ok(Expected::Figure(figure))
        } else {
            Err(format!("{text:?} counts something else than the figure"))
        };
    }
    let number = match unit {
        Unit::Count => text.parse().ok().filter(|count: &i64| *count >= 0),
        Unit::Money => fen(&text),
    };
    let what = if unit == Unit::Count { "a number of things" } else { "yuan" };
    number.map(Expected::Number).ok_or_else(|| format!("{text:?} is not {what} and no figure"))
}

/// The fen of yuan as text, which may be negative.
fn fen(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    Amount::from_str(digits).ok().map(|amount| sign * amount.fen())
}

impl Story {
    /// Reads a text with figures in braces.
    pub(super) fn read(
        text: &str,
        script: &Script,
        cluster: &ClusterConfig,
    ) -> Result<Self, String> {
        let mut parts = text.split('{');
        let first = parts.next().unwrap_or_default().to_owned();
        let part = |part: &str| {
            let (name, after) =
                part.split_once('}').ok_or_else(|| format!("{part:?} has no end of its figure"))?;
            Ok((Figure::parse(name, script, cluster)?, after.to_owned()))
        };
        Ok(Self { first, rest: parts.map(part).collect::<Result<_, String>>()? })
    }

    /// The text with each figure as it is shown.
    pub fn tell(&self, mut show: impl FnMut(&Figure) -> String) -> String {
        let rest = self.rest.iter().map(|(figure, after)| show(figure) + after);
        let rest: String = rest.collect();
        self.first.clone() + &rest
    }
}

impl fmt::Display for Story {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.tell(|figure| format!("{{{figure}}}")))
    }
}
