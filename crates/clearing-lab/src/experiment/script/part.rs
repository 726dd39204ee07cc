//! Scenarios that are parts of an experiment.

use super::super::raw::RawPart;
use super::read::{Refused, is_name};
use super::{Scenario, Script, Story};

/// The most characters of a name: it stands before others, which are references of bills.
const NAME_MAX: usize = 8;

/// A scenario that is a part of an experiment: what has its name before its own belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioPart {
    /// The name.
    pub name: String,
    /// The scenario.
    pub scenario: Scenario,
    /// The first and the last day of the run on which it goes on, counted from 1.
    pub days: [u32; 2],
    /// Whether it stands for the payments that are drawn.
    pub background: bool,
}

/// The names of parts stand before a point.
pub(in super::super) fn check_part_name(name: &str) -> Result<(), Refused> {
    if is_name(name, NAME_MAX) {
        return Ok(());
    }
    Err(("name", format!("{name:?} is not 1 to {NAME_MAX} letters, digits, - and _")))
}

impl ScenarioPart {
    /// Reads a part; the figures of its story are known once all of the script is.
    pub(super) fn read(raw: &RawPart, days: u32) -> Result<Self, Refused> {
        check_part_name(&raw.name)?;
        let [first, last] = raw.days;
        if first < 1 || first > last || last > days {
            let sentence = format!("{:?} are not two days of the run, 1 to {days}", raw.days);
            return Err(("days", sentence));
        }
        let scenario = Scenario {
            number: raw.number,
            title: raw.title.clone(),
            statement: raw.statement.clone(),
            place: raw.place.clone(),
            date: raw.date.clone(),
            story: Story::default(),
        };
        let background = raw.background.unwrap_or_default();
        Ok(Self { name: raw.name.clone(), scenario, days: raw.days, background })
    }

    /// The part as it stands in a file.
    pub(super) fn show(&self) -> RawPart {
        RawPart {
            name: self.name.clone(),
            days: self.days,
            background: Some(self.background),
            number: self.scenario.number,
            title: self.scenario.title.clone(),
            statement: self.scenario.statement.clone(),
            place: self.scenario.place.clone(),
            date: self.scenario.date.clone(),
            story: self.scenario.story.to_string(),
        }
    }

    /// Whether something of a name belongs to it.
    pub fn owns(&self, name: &str) -> bool {
        name.strip_prefix(self.name.as_str()).is_some_and(|rest| rest.starts_with('.'))
    }
}

impl Script {
    /// The place of the part of a name.
    pub fn part_named(&self, name: &str) -> Option<usize> {
        self.parts.iter().position(|part| part.name == name)
    }
}
