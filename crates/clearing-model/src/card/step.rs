//! What each action changes.

use super::{Action, Config, Rule, Standing, State};

/// Changes a state by an action; nothing where the action cannot be.
pub(super) fn apply(config: &Config, state: &mut State, action: Action) {
    match action {
        Action::Upload(voucher) => {
            if state.left.0[voucher] > 0 {
                state.left.0[voucher] -= 1;
                state.questions[voucher] = true;
            }
        }
        Action::LoseQuestion(voucher) => state.questions[voucher] = false,
        Action::Decide(voucher) => {
            if state.questions[voucher] {
                state.questions[voucher] = false;
                decide(config, state, voucher);
            }
        }
        Action::Commit => state.disk = state.live.clone(),
        Action::Crash => crash(config, state),
        Action::Answer(voucher) => {
            if let Some(answer) = state.answers[voucher].take() {
                let first = *state.heard[voucher].get_or_insert(answer);
                state.changed |= first != answer;
            }
        }
        Action::LoseAnswer(voucher) => state.answers[voucher] = None,
        Action::Clear(id, voucher) => settle(state, (id, voucher), true),
        Action::Refuse(id, voucher) => {
            if state.left.2 > 0 && !state.bank.contains_key(&id) {
                state.left.2 -= 1;
                settle(state, (id, voucher), false);
            }
        }
        Action::Notice(id) => notice(config, state, id),
        Action::PayAgain(voucher) => pay_again(config, state, voucher),
    }
}

fn commit(config: &Config, state: &mut State) {
    if config.has(Rule::CommitFirst) {
        state.disk = state.live.clone();
    }
}

fn decide(config: &Config, state: &mut State, voucher: usize) {
    let is_known = state.live.vouchers[voucher].accepted.is_some();
    if !is_known {
        let others = state.live.vouchers.iter().enumerate();
        let is_used =
            others.clone().any(|(other, known)| other != voucher && known.accepted.is_some());
        let is_accepted = !(is_used && config.has(Rule::CounterIsKept)) && state.live.float > 0;
        state.live.frozen |= is_used;
        state.live.vouchers[voucher].accepted = Some(is_accepted);
        if is_accepted {
            state.live.float -= 1;
            instruct(config, state, voucher);
        }
    }
    commit(config, state);
    state.answers[voucher] = state.live.vouchers[voucher].accepted;
}

/// Asks the central bank for the next payment of a voucher.
fn instruct(config: &Config, state: &mut State, voucher: usize) {
    let known = &mut state.live.vouchers[voucher];
    let id = if config.has(Rule::IdFromCounter) {
        10 * known.attempts + u8::try_from(voucher).unwrap_or_default()
    } else {
        state.fresh += 1;
        state.fresh
    };
    known.attempts += 1;
    known.payment = Some((id, Standing::InTransit));
    state.instructions.insert((id, voucher));
}

/// What was not written is forgotten, and what was is sent again. Questions and answers end with the
/// streams that carry them.
fn crash(config: &Config, state: &mut State) {
    if state.left.1 == 0 {
        return;
    }
    state.left.1 -= 1;
    state.live = state.disk.clone();
    state.questions = Default::default();
    state.answers = Default::default();
    for voucher in 0..state.live.vouchers.len() {
        let Some((id, Standing::InTransit)) = state.live.vouchers[voucher].payment else {
            continue;
        };
        if config.has(Rule::IdFromCounter) {
            state.instructions.insert((id, voucher));
        } else {
            instruct(config, state, voucher);
        }
    }
}

/// The central bank ends a payment, once.
fn settle(state: &mut State, (id, voucher): (u8, usize), cleared: bool) {
    state.instructions.remove(&(id, voucher));
    if let std::collections::btree_map::Entry::Vacant(entry) = state.bank.entry(id) {
        entry.insert((voucher, cleared));
        state.credited[voucher] += u8::from(cleared);
    }
    state.notices.insert(id);
}

fn notice(config: &Config, state: &mut State, id: u8) {
    state.notices.remove(&id);
    let Some((voucher, cleared)) = state.bank.get(&id).copied() else { return };
    let known = &mut state.live.vouchers[voucher];
    if known.payment != Some((id, Standing::InTransit)) {
        return;
    }
    let standing = if cleared { Standing::Completed } else { Standing::Returned };
    known.payment = Some((id, standing));
    if !cleared {
        if config.has(Rule::ReturnIsUnclaimed) {
            state.live.unclaimed += 1;
        } else {
            state.live.float += 1;
        }
    }
    commit(config, state);
}

fn pay_again(config: &Config, state: &mut State, voucher: usize) {
    let Some((_, Standing::Returned)) = state.live.vouchers[voucher].payment else { return };
    if state.live.unclaimed == 0 {
        return;
    }
    state.live.unclaimed -= 1;
    instruct(config, state, voucher);
    commit(config, state);
}
