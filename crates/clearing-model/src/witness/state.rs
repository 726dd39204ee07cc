//! The whole: every file, the links, and what the checker remembers.

use clearing_domain::operator::LinkPhase;

use super::book::{Book, OPERATORS, Witness};
use super::config::{Budget, Config};
use crate::ids::Ids;
use crate::ledger::Ledger;
use crate::state::Link;

/// What a message from an operator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The first message of a link: the ledger before it, and the last heard of the central bank's.
    Registration(Witness, Witness),
    /// Everything undecided has been said again.
    Resent,
    /// Nothing else has left for a second.
    Alone,
}

/// From an operator to the central bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ToBank {
    /// What it is.
    pub kind: Kind,
    /// How far the operator's ledger is.
    pub told: Witness,
}

/// From the central bank to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ToOperator {
    /// Answers a registration: the last that the operator told.
    pub roster: Option<Witness>,
    /// How far the central bank's ledger is.
    pub told: Witness,
}

/// A link and both its ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wire {
    /// The operator's end.
    pub phase: LinkPhase,
    /// The central bank's end.
    pub link: Link,
    /// Whether the central bank's end is that of the wire the operator believes in.
    pub meets: bool,
    /// The central bank is gone; the operator does not know yet.
    pub dead: bool,
    /// Towards the central bank.
    pub to_bank: Vec<ToBank>,
    /// Towards the central bank, on the wire that the operator gave up.
    pub old: Vec<ToBank>,
    /// Towards the operator.
    pub to_operator: Vec<ToOperator>,
    /// Of what the central bank was told, as the operator believes.
    pub told_bank: Ids,
    /// Of what the operator was told, as the central bank believes.
    pub told_operator: Ids,
}

/// What no process knows, but the checker remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// What each operator, and last the central bank, has acknowledged.
    pub acknowledged: [Ids; OPERATORS + 1],
    /// Whose file was replaced by an older one.
    pub restored: Ids,
    /// A file was refused that nobody had replaced.
    pub refused_healthy: bool,
    /// A file was refused that had been replaced.
    pub refused_old: bool,
    /// One heard two heads of one batch.
    pub alarm: bool,
}

/// A state of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The files of the operators, and last that of the central bank.
    pub books: [Ledger<Book>; OPERATORS + 1],
    /// Counts how often each lost a part of its past.
    pub lives: [u8; OPERATORS + 1],
    /// The links.
    pub wires: [Wire; OPERATORS],
    /// A copy of the file that may be restored.
    pub backup: Option<Book>,
    /// What may still happen.
    pub left: Budget,
    /// What the checker remembers.
    pub seen: Seen,
}

/// The central bank's place after the operators.
pub const BANK: usize = OPERATORS;

impl State {
    /// Nobody has dialled yet.
    pub fn new(config: &Config) -> Self {
        let wire = Wire {
            phase: LinkPhase::Down,
            link: Link::Down,
            meets: false,
            dead: false,
            to_bank: Vec::new(),
            old: Vec::new(),
            to_operator: Vec::new(),
            told_bank: Ids::NONE,
            told_operator: Ids::NONE,
        };
        Self {
            books: [Ledger::new(Book::default()); OPERATORS + 1],
            lives: [0; OPERATORS + 1],
            wires: [wire.clone(), wire],
            backup: None,
            left: config.budget,
            seen: Seen::default(),
        }
    }

    /// Whether messages flow in both directions, as far as the operator knows.
    pub fn is_linked(&self, operator: usize) -> bool {
        let wire = &self.wires[operator];
        wire.phase == LinkPhase::Up && !wire.dead && wire.meets && wire.link != Link::Down
    }

    /// Whether one appended rows of which the other was not told.
    pub fn has_news(&self, party: usize, operator: usize) -> bool {
        let wire = &self.wires[operator];
        let acts = self.books[party].live.acts;
        if party == BANK {
            wire.link == Link::Ready && !acts.without(wire.told_operator).is_empty()
        } else {
            wire.phase == LinkPhase::Up && !acts.without(wire.told_bank).is_empty()
        }
    }

    /// An operator gives its wire up; what is in flight to the central bank may still arrive.
    pub(super) fn operator_closes(&mut self, operator: usize) {
        let wire = &mut self.wires[operator];
        if wire.meets && !wire.dead {
            wire.old = std::mem::take(&mut wire.to_bank);
        }
        wire.to_bank.clear();
        wire.to_operator.clear();
        wire.meets = false;
        wire.dead = false;
        wire.phase = LinkPhase::Down;
    }

    /// The central bank's end of a link is gone.
    pub(super) fn bank_closes(&mut self, operator: usize) {
        let wire = &mut self.wires[operator];
        wire.link = Link::Down;
        wire.old.clear();
        wire.told_operator = Ids::NONE;
        if wire.meets || !wire.to_bank.is_empty() {
            wire.dead = true;
            wire.to_bank.clear();
        }
        wire.meets = false;
    }
}
