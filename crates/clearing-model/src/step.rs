//! What an action does to the state.

use crate::action::{Action, Place, Role};
use crate::central::Central;
use crate::config::Config;
use crate::ids::Ids;
use crate::local::Local;
use crate::rule::Rule;
use crate::state::{Link, State};
use crate::wire::{Sent, ToBank, Wire};

/// Applies an action.
pub(crate) fn apply(config: &Config, state: &mut State, action: Action) {
    match action {
        Action::Submit(id) => Local::new(config, state, config.plans[id].payer).submit(id),
        Action::BankTakes(place) => bank_takes(config, state, place),
        Action::OperatorTakes(place, refuses) => operator_takes(config, state, place, refuses),
        Action::Sync(Role::Bank) => state.bank.sync(),
        Action::Sync(Role::Operator(operator)) => Local::new(config, state, operator).sync_now(),
        Action::Crash { role, kept } => crash(config, state, role, kept),
        Action::Break(operator) => {
            state.left.breaks -= 1;
            state.operator_closes(config, operator);
        }
        Action::HangUp(operator) => state.bank_closes(config, operator),
        Action::Register(operator) => {
            state.wires[operator] = Wire::default();
            state.meets[operator] = false;
            Local::new(config, state, operator).register();
        }
        Action::Expire(id) => Central::new(config, state).expire(id),
        Action::LookAtClock => Central::new(config, state).look_at_clock(),
        Action::EndDay => Central::new(config, state).end_day(),
        Action::Close => {
            state.left.closes -= 1;
            Central::new(config, state).close();
        }
        Action::Forget(id) => forget(state, id),
        Action::Repeat { operator, to_bank } => {
            state.left.repeats -= 1;
            repeat(&mut state.wires[operator], to_bank);
        }
        Action::Lose { operator, to_bank } => {
            state.left.losses -= 1;
            lose(&mut state.wires[operator], to_bank);
        }
        Action::Forge(id) => {
            state.left.forgeries -= 1;
            state.send_to_bank(
                config.plans[id].payer,
                ToBank { forged: Ids::of(id), ..ToBank::default() },
            );
        }
        Action::Copy => state.backup = Some(state.operators[config.restored].disk),
        Action::Restore => restore(config, state),
        Action::GiveUp(id) => Local::new(config, state, config.plans[id].payer).give_up(id),
    }
}

fn bank_takes(config: &Config, state: &mut State, place: Place) {
    let wires = if place.old { &mut state.old } else { &mut state.wires };
    let sent = wires[place.operator].to_bank.remove(place.index);
    match fate(config, &sent) {
        Fate::Drop => {}
        Fate::Close => state.bank_closes(config, place.operator),
        Fate::Apply => Central::new(config, state).take(place.operator, sent.message),
    }
}

fn operator_takes(config: &Config, state: &mut State, place: Place, refuses: Ids) {
    let wires = if place.old { &mut state.old } else { &mut state.wires };
    let sent = wires[place.operator].to_operator.remove(place.index);
    match fate(config, &sent) {
        Fate::Drop => {}
        Fate::Close => state.operator_closes(config, place.operator),
        Fate::Apply => Local::new(config, state, place.operator).take(sent.message, refuses),
    }
}

enum Fate {
    Apply,
    Drop,
    Close,
}

/// What the number of a message says about it.
fn fate<M>(config: &Config, sent: &Sent<M>) -> Fate {
    if config.unordered {
        Fate::Apply
    } else if sent.repeated && config.has(Rule::DropRepeats) {
        Fate::Drop
    } else if sent.after_gap && config.has(Rule::NeverSkip) {
        Fate::Close
    } else {
        Fate::Apply
    }
}

fn crash(config: &Config, state: &mut State, role: Role, kept: bool) {
    state.left.crashes -= 1;
    match role {
        Role::Operator(operator) => {
            state.operators[operator].crash(kept);
            state.operator_closes(config, operator);
            state.old[operator].to_operator.clear();
        }
        Role::Bank => {
            state.bank.crash(kept);
            let open =
                |id: &usize| state.bank.live.rows[*id].is_some_and(|row| row.outcome().is_none());
            state.unnoticed = state.expired.iter().filter(open).collect();
            for operator in 0..config.operators {
                if state.links[operator] != Link::Down || !state.wires[operator].to_bank.is_empty()
                {
                    state.wires[operator].dead = true;
                    state.wires[operator].to_bank.clear();
                }
                state.old[operator].to_bank.clear();
                (state.links[operator], state.meets[operator]) = (Link::Down, false);
                state.told[operator] = false;
            }
        }
    }
}

fn restore(config: &Config, state: &mut State) {
    let operator = config.restored;
    let Some(backup) = state.backup.take() else { return };
    state.left.restores -= 1;
    state.operators[operator] =
        crate::ledger::Ledger::new(crate::operator::Operator { behind: true, ..backup });
    // What nobody but the lost file knew is lost, and reported as such.
    let known = |id: &usize| state.bank.disk.rows[*id].is_some() || backup.payments[*id].is_some();
    let lost: Ids = state.seen.promised.iter().filter(|id| !known(id)).collect();
    state.seen.promised = state.seen.promised.without(lost);
    state.operator_closes(config, operator);
    state.old[operator].to_operator.clear();
}

fn forget(state: &mut State, id: usize) {
    state.bank.live.rows[id] = None;
    state.bank.disk.rows[id] = None;
    for acknowledged in
        state.bank.live.acknowledged.iter_mut().chain(&mut state.bank.disk.acknowledged)
    {
        acknowledged.remove(id);
    }
    state.seen.forgotten.insert(id);
}

fn repeat(wire: &mut Wire, to_bank: bool) {
    if to_bank {
        again(&mut wire.to_bank);
    } else {
        again(&mut wire.to_operator);
    }
}

fn again<M: Copy>(queue: &mut Vec<Sent<M>>) {
    if let Some(first) = queue.first() {
        queue.push(Sent { repeated: true, ..*first });
    }
}

fn lose(wire: &mut Wire, to_bank: bool) {
    if to_bank {
        leave_gap(&mut wire.to_bank);
    } else {
        leave_gap(&mut wire.to_operator);
    }
}

fn leave_gap<M>(queue: &mut Vec<Sent<M>>) {
    let lost = queue.remove(0);
    if let Some(next) = queue.first_mut() {
        next.after_gap = !lost.repeated;
    }
}
