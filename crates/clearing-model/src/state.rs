//! The whole: every role, the wires, and what the checker remembers.

use clearing_domain::operator::LinkPhase;

use crate::bank::Bank;
use crate::config::{Budget, Config, OPERATORS};
use crate::ids::Ids;
use crate::ledger::Ledger;
use crate::operator::Operator;
use crate::wire::{Sent, ToBank, ToOperator, Wire};

/// How far the central bank's end of a link has come; gone with its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// There is none.
    Down,
    /// The operator has registered and says again what is undecided; only answers are sent.
    Resending,
    /// Everything is sent.
    Ready,
}

/// What no process knows, but the checker remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Payments of which a client has the id.
    pub promised: Ids,
    /// Payments cleared after they were cleared and forgotten.
    pub cleared_again: Ids,
    /// Payments that the central bank has forgotten.
    pub forgotten: Ids,
    /// Something that cannot be was noticed by a process.
    pub alarm: bool,
}

/// A state of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The operators' ledgers.
    pub operators: [Ledger<Operator>; OPERATORS],
    /// The operators' ends of their links.
    pub phases: [LinkPhase; OPERATORS],
    /// The central bank's ledger.
    pub bank: Ledger<Bank>,
    /// The central bank's ends of the links.
    pub links: [Link; OPERATORS],
    /// Whether the central bank's end is that of the wire the operator believes in.
    pub meets: [bool; OPERATORS],
    /// Whether the operator has applied the settlement, as it registered with or was sent.
    pub told: [bool; OPERATORS],
    /// The wires that the operators believe in.
    pub wires: [Wire; OPERATORS],
    /// The wires before them, with what is still in flight.
    pub old: [Wire; OPERATORS],
    /// A copy of the file that may be restored.
    pub backup: Option<Operator>,
    /// Payments whose time has run out.
    pub expired: Ids,
    /// Of these what the central bank has not noticed since it started again.
    pub unnoticed: Ids,
    /// What may still happen.
    pub left: Budget,
    /// What the checker remembers.
    pub seen: Seen,
}

impl State {
    /// Everything connected and nothing submitted.
    pub fn new(config: &Config) -> Self {
        let none = Wire::default();
        Self {
            operators: config.opening.map(|opening| Ledger::new(Operator::open(opening))),
            phases: [LinkPhase::Up; OPERATORS],
            bank: Ledger::new(Bank { held: config.opening, ..Bank::default() }),
            links: [Link::Ready; OPERATORS],
            meets: [true; OPERATORS],
            told: [false; OPERATORS],
            wires: [none.clone(), none.clone(), none.clone()],
            old: [none.clone(), none.clone(), none],
            backup: None,
            expired: Ids::NONE,
            unnoticed: Ids::NONE,
            left: config.budget,
            seen: Seen::default(),
        }
    }

    /// An operator's message enters its wire, unless nobody is at the other end.
    pub(crate) fn send_to_bank(&mut self, operator: usize, message: ToBank) {
        let wire = &mut self.wires[operator];
        if !wire.dead && !message.is_empty() {
            wire.to_bank.push(Sent::new(message));
        }
    }

    /// A message of the central bank enters the wire; on a wire that was given up it is lost.
    pub(crate) fn send_to_operator(&mut self, operator: usize, message: ToOperator) {
        if self.meets[operator] && !message.is_empty() {
            self.wires[operator].to_operator.push(Sent::new(message));
        }
    }

    /// The central bank's end of a link is closed.
    pub(crate) fn bank_closes(&mut self, config: &Config, operator: usize) {
        self.links[operator] = Link::Down;
        self.told[operator] = false;
        if self.meets[operator] {
            self.wires[operator].dead = true;
            self.wires[operator].to_bank.clear();
        }
        if config.has(crate::Rule::FenceFirst) {
            self.old[operator].to_bank.clear();
        }
        self.meets[operator] = false;
    }

    /// An operator gives its wire up; what is in flight may still arrive.
    pub(crate) fn operator_closes(&mut self, config: &Config, operator: usize) {
        let mut wire = std::mem::take(&mut self.wires[operator]);
        if config.has(crate::Rule::FenceFirst) {
            wire.to_operator.clear();
            if !self.meets[operator] {
                // Its registration has not arrived; the link before it is what the other end knows.
                wire = std::mem::take(&mut self.old[operator]);
            }
        }
        self.old[operator] = Wire { dead: false, ..wire };
        self.meets[operator] = false;
        self.wires[operator].dead = true;
        self.phases[operator] = LinkPhase::Down;
    }
}
