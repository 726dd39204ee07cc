//! What can happen, and when.

use clearing_domain::operator::LinkPhase;

use super::config::Config;
use super::state::{BANK, Kind, State};
use crate::rule::Rule;
use crate::state::Link;

/// Something that happens. Files are numbered: the operators', and last the central bank's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A payment inside an operator, or administration at the central bank: written, synced,
    /// acknowledged.
    Act(usize),
    /// A batch without a row that answers nobody, such as a link that was counted. It is not
    /// synced.
    Idle(usize),
    /// What was written is synced.
    Sync(usize),
    /// A second has passed in which nothing left: the others are told how far the ledger is.
    Tell(usize),
    /// The central bank takes a message of an operator, on the wire it gave up or the present one.
    BankTakes {
        /// The operator.
        operator: usize,
        /// On the wire that it gave up.
        old: bool,
    },
    /// An operator takes a message.
    OperatorTakes(usize),
    /// The oldest message to the central bank is heard again later.
    Repeat(usize),
    /// An operator loses its link.
    Break(usize),
    /// The central bank learns that an operator gave its link up.
    HangUp(usize),
    /// An operator dials and registers.
    Register(usize),
    /// A process dies and starts again; what was not synced is kept or lost.
    Crash {
        /// Whose.
        party: usize,
        /// By luck nothing is lost.
        kept: bool,
    },
    /// The file is copied that may be restored.
    Copy,
    /// A process starts from the copy.
    Restore,
}

/// Lists what can happen in a state.
pub(super) fn list(config: &Config, state: &State, actions: &mut Vec<Action>) {
    for party in config.parties() {
        list_process(config, state, party, actions);
    }
    for operator in 0..config.operators {
        list_link(state, operator, actions);
    }
    if state.left.restores > 0 {
        match state.backup {
            None => actions.push(Action::Copy),
            Some(backup) if backup != state.books[config.restored].disk => {
                actions.push(Action::Restore)
            }
            Some(_) => {}
        }
    }
}

fn list_process(config: &Config, state: &State, party: usize, actions: &mut Vec<Action>) {
    let (left, synced) = (&state.left, state.books[party].is_synced());
    if left.acts[party] > 0 {
        actions.push(Action::Act(party));
    }
    if left.idle > 0 {
        actions.push(Action::Idle(party));
    }
    if !synced {
        actions.push(Action::Sync(party));
    }
    let mut peers = (0..config.operators).filter(|operator| party == BANK || party == *operator);
    if config.has(Rule::TellEverySecond) && peers.any(|operator| state.has_news(party, operator)) {
        actions.push(Action::Tell(party));
    }
    if left.crashes > 0 {
        actions.push(Action::Crash { party, kept: true });
        if !synced {
            actions.push(Action::Crash { party, kept: false });
        }
    }
}

fn list_link(state: &State, operator: usize, actions: &mut Vec<Action>) {
    let (wire, left) = (&state.wires[operator], &state.left);
    let opens =
        wire.to_bank.first().is_some_and(|message| matches!(message.kind, Kind::Registration(..)));
    if !wire.to_bank.is_empty() && (opens || wire.meets) {
        actions.push(Action::BankTakes { operator, old: false });
    }
    if !wire.old.is_empty() && wire.link != Link::Down && !wire.meets {
        actions.push(Action::BankTakes { operator, old: true });
    }
    if !wire.to_operator.is_empty() {
        actions.push(Action::OperatorTakes(operator));
    }
    if left.repeats > 0 && wire.meets && !wire.to_bank.is_empty() {
        actions.push(Action::Repeat(operator));
    }
    if left.breaks > 0 && wire.phase != LinkPhase::Down && !wire.dead {
        actions.push(Action::Break(operator));
    }
    if wire.link != Link::Down && !wire.meets {
        actions.push(Action::HangUp(operator));
    }
    if left.registrations > 0 && (wire.phase == LinkPhase::Down || wire.dead) {
        actions.push(Action::Register(operator));
    }
}
