//! What an action does to the state.

use clearing_domain::operator::LinkPhase;

use super::book::{Book, Witness};
use super::choice::Action;
use super::config::Config;
use super::state::{BANK, Kind, State, ToBank, ToOperator};
use crate::ids::Ids;
use crate::ledger::Ledger;
use crate::rule::Rule;
use crate::state::Link;

/// Applies an action.
pub(super) fn apply(config: &Config, state: &mut State, action: Action) {
    match action {
        Action::Act(party) => act(config, state, party),
        Action::Idle(party) => {
            state.left.idle -= 1;
            write(state, party);
        }
        Action::Sync(party) => state.books[party].sync(),
        Action::Tell(party) => tell(config, state, party),
        Action::BankTakes { operator, old } => bank_takes(config, state, operator, old),
        Action::OperatorTakes(operator) => operator_takes(config, state, operator),
        Action::Repeat(operator) => {
            state.left.repeats -= 1;
            let queue = &mut state.wires[operator].to_bank;
            queue.extend_from_within(..1);
        }
        Action::Break(operator) => {
            state.left.breaks -= 1;
            state.operator_closes(operator);
        }
        Action::HangUp(operator) => state.bank_closes(operator),
        Action::Register(operator) => register(config, state, operator),
        Action::Crash { party, kept } => {
            state.left.crashes -= 1;
            state.lives[party] += u8::from(!kept);
            state.books[party].crash(kept);
            start(config, state, party);
        }
        Action::Copy => state.backup = Some(state.books[config.restored].disk),
        Action::Restore => restore(config, state),
    }
}

fn write(state: &mut State, party: usize) {
    state.books[party].live.write(state.lives[party]);
}

fn act(config: &Config, state: &mut State, party: usize) {
    let left = &mut state.left.acts[party];
    *left -= 1;
    let act = usize::from(config.budget.acts[party] - *left);
    state.books[party].live.acts.insert(act);
    write(state, party);
    if config.has(Rule::ReplyAfterCommit) {
        state.books[party].sync();
    }
    state.seen.acknowledged[party].insert(act);
}

/// What is told must be on disk, although the batch that tells it wrote nothing.
fn release(config: &Config, state: &mut State, party: usize) -> Witness {
    if config.has(Rule::WitnessAfterSync) {
        state.books[party].sync();
    }
    state.books[party].live.witness()
}

fn tell(config: &Config, state: &mut State, party: usize) {
    for operator in 0..config.operators {
        if (party != BANK && party != operator) || !state.has_news(party, operator) {
            continue;
        }
        if party == BANK {
            send_to_operator(config, state, operator, None);
        } else {
            send_to_bank(config, state, operator, Kind::Alone);
        }
    }
}

fn send_to_bank(config: &Config, state: &mut State, operator: usize, kind: Kind) {
    let told = release(config, state, operator);
    let wire = &mut state.wires[operator];
    wire.told_bank = told.acts;
    if !wire.dead {
        wire.to_bank.push(ToBank { kind, told });
    }
}

fn send_to_operator(config: &Config, state: &mut State, operator: usize, roster: Option<Witness>) {
    let told = release(config, state, BANK);
    let wire = &mut state.wires[operator];
    wire.told_operator = told.acts;
    if wire.meets {
        wire.to_operator.push(ToOperator { roster, told });
    }
}

fn register(config: &Config, state: &mut State, operator: usize) {
    state.left.registrations -= 1;
    state.operator_closes(operator);
    let book = &state.books[operator].live;
    let (before, heard) = (book.witness(), book.heard[0]);
    write(state, operator);
    state.wires[operator].phase = LinkPhase::Registering;
    send_to_bank(config, state, operator, Kind::Registration(before, heard));
}

fn bank_takes(config: &Config, state: &mut State, operator: usize, old: bool) {
    let wire = &mut state.wires[operator];
    let message = if old { wire.old.remove(0) } else { wire.to_bank.remove(0) };
    match message.kind {
        Kind::Registration(before, heard) => {
            answer_registration(config, state, operator, (before, heard))
        }
        Kind::Resent | Kind::Alone => {
            hear(state, BANK, operator, message.told);
            if message.kind == Kind::Resent && !old {
                state.wires[operator].link = Link::Ready;
            }
        }
    }
    write(state, BANK);
    if let Kind::Registration(..) = message.kind {
        if !config.has(Rule::RegistrationIsNoWitness) {
            hear(state, BANK, operator, message.told);
        }
        if state.wires[operator].meets {
            let told = state.books[BANK].live.heard[operator];
            send_to_operator(config, state, operator, Some(told));
        }
    }
}

/// Compares the ledgers; a registration that is refused closes the link, and so does one that is
/// not.
fn answer_registration(
    config: &Config,
    state: &mut State,
    operator: usize,
    said: (Witness, Witness),
) {
    let (before, heard) = said;
    let bank = state.books[BANK].live;
    let told = bank.heard[operator];
    let behind =
        before.batch < told.batch || (before.batch == told.batch && before.head != told.head);
    let bank_behind = heard.batch > bank.batch();
    let bank_forked =
        config.has(Rule::CentralBankComparesHead) && !bank_behind && !bank.agrees_with(heard);
    let wire = &mut state.wires[operator];
    wire.old.clear();
    if behind || bank_behind || bank_forked {
        wire.link = Link::Down;
        refuse(state, operator, if behind { operator } else { BANK });
    } else {
        wire.link = Link::Resending;
        wire.meets = true;
    }
}

/// A file is found to be another than it was told to be. Whoever starts its process again starts
/// from the same file.
fn refuse(state: &mut State, operator: usize, refused: usize) {
    if state.seen.restored.contains(refused) {
        state.seen.refused_old = true;
    } else {
        state.seen.refused_healthy = true;
    }
    state.operator_closes(operator);
}

fn operator_takes(config: &Config, state: &mut State, operator: usize) {
    let message = state.wires[operator].to_operator.remove(0);
    if let Some(told) = message.roster
        && config.has(Rule::OperatorComparesHead)
        && !state.books[operator].live.agrees_with(told)
    {
        return refuse(state, operator, operator);
    }
    hear(state, operator, 0, message.told);
    write(state, operator);
    if message.roster.is_some() {
        state.wires[operator].phase = LinkPhase::Up;
        send_to_bank(config, state, operator, Kind::Resent);
    }
}

fn hear(state: &mut State, listener: usize, teller: usize, told: Witness) {
    let agrees = state.books[listener].live.heard[teller].hear(told);
    state.seen.alarm |= !agrees;
}

/// A process starts: its links are gone.
fn start(config: &Config, state: &mut State, party: usize) {
    if party == BANK {
        (0..config.operators).for_each(|operator| state.bank_closes(operator));
    } else {
        state.operator_closes(party);
        state.wires[party].told_bank = Ids::NONE;
    }
}

fn restore(config: &Config, state: &mut State) {
    let party = config.restored;
    let Some(backup) = state.backup.take() else { return };
    state.left.restores -= 1;
    state.books[party] = Ledger::<Book>::new(backup);
    state.lives[party] += 1;
    state.seen.restored.insert(party);
    start(config, state, party);
}
