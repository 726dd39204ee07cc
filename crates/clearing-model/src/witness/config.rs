//! What a run of the checker explores, and the configurations that are checked.

use super::book::OPERATORS;
use super::state::BANK;
use crate::rule::{Rule, Rules};

/// How many events and faults of a kind a run may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Payments inside each operator, and last administration at the central bank.
    pub acts: [u8; OPERATORS + 1],
    /// Batches that append no row and answer nobody, of anybody.
    pub idle: u8,
    /// Crashes, of anybody.
    pub crashes: u8,
    /// Broken links.
    pub breaks: u8,
    /// Messages that are heard again later.
    pub repeats: u8,
    /// Registrations.
    pub registrations: u8,
    /// Starts from an old copy of a file.
    pub restores: u8,
}

/// A configuration of the model of witnesses.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name.
    pub name: &'static str,
    /// How many operators there are.
    pub operators: usize,
    /// Whose file may be replaced by an old copy.
    pub restored: usize,
    /// Bounds of the run.
    pub budget: Budget,
    /// The rules in force.
    pub rules: Rules,
}

impl Config {
    /// An operator and a central bank whose disks keep what they synced.
    pub fn healthy() -> Self {
        let acts = [1, 0, 1];
        Self {
            name: "witnesses of healthy files",
            operators: 1,
            restored: 0,
            budget: Budget {
                acts,
                idle: 1,
                crashes: 1,
                breaks: 1,
                repeats: 1,
                registrations: 2,
                ..Budget::default()
            },
            rules: Rules::ALL,
        }
    }

    /// The same with two crashes, over links that break with nothing else.
    pub fn healthy_again() -> Self {
        let budget =
            Budget { acts: [1, 0, 1], idle: 1, crashes: 2, registrations: 3, ..Budget::default() };
        Self {
            name: "witnesses of healthy files that lose what is not synced twice",
            budget,
            ..Self::healthy()
        }
    }

    /// An operator starts from an old file, and goes on alone before it dials.
    pub fn old_operator() -> Self {
        let budget = Budget {
            acts: [2, 0, 0],
            idle: 1,
            breaks: 1,
            registrations: 3,
            restores: 1,
            ..Budget::default()
        };
        Self { name: "witnesses against an old file of an operator", budget, ..Self::healthy() }
    }

    /// The central bank starts from an old file.
    pub fn old_bank() -> Self {
        let budget = Budget {
            acts: [0, 0, 2],
            crashes: 1,
            registrations: 3,
            restores: 1,
            ..Budget::default()
        };
        Self {
            name: "witnesses against an old file of the central bank",
            restored: BANK,
            budget,
            ..Self::healthy()
        }
    }

    /// The central bank starts from an old file, and only one of two operators knows better.
    pub fn old_bank_of_two() -> Self {
        let budget = Budget { acts: [0, 0, 1], registrations: 4, restores: 1, ..Budget::default() };
        Self { name: "witnesses of two operators", operators: 2, budget, ..Self::old_bank() }
    }

    /// The same with one more crash.
    #[must_use]
    pub fn deeper(mut self) -> Self {
        self.budget.crashes += 1;
        self
    }

    /// Every configuration.
    pub fn suite() -> Vec<Self> {
        vec![
            Self::healthy(),
            Self::healthy_again(),
            Self::old_operator(),
            Self::old_bank(),
            Self::old_bank_of_two(),
        ]
    }

    /// The same with a rule turned off.
    #[must_use]
    pub fn without(mut self, rule: Rule) -> Self {
        self.rules = self.rules.without(rule);
        self
    }

    /// Whether a rule is in force.
    pub fn has(&self, rule: Rule) -> bool {
        self.rules.has(rule)
    }

    /// The places of all that have a file.
    pub fn parties(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.operators).chain([BANK])
    }
}
