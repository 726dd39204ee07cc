//! What can happen next.

use clearing_domain::operator::{LinkPhase, PaymentState};

use crate::action::{Action, Place, Role};
use crate::bank::Outcome;
use crate::config::Config;
use crate::ids::Ids;
use crate::rule::Rule;
use crate::state::{Link, State};
use crate::wire::Sent;

/// Lists what can happen in a state.
pub(crate) fn list(config: &Config, state: &State, actions: &mut Vec<Action>) {
    for id in config.ids() {
        list_payment(config, state, id, actions);
    }
    for operator in 0..config.operators {
        list_wires(config, state, operator, actions);
        list_link(state, operator, actions);
        list_faults(config, state, operator, actions);
        list_process(config, state, Role::Operator(operator), actions);
    }
    list_process(config, state, Role::Bank, actions);
    list_bank(config, state, actions);
    list_restore(config, state, actions);
}

fn list_payment(config: &Config, state: &State, id: usize, actions: &mut Vec<Action>) {
    let payer = config.plans[id].payer;
    let ledger = &state.operators[payer].live;
    // Payments that are alike are numbered in the order of their submission.
    let mut alike = (0..id).filter(|earlier| config.plans[*earlier] == config.plans[id]);
    let is_next =
        ledger.payments[id].is_none() && alike.all(|earlier| ledger.payments[earlier].is_some());
    if is_next && ledger.wallets > 0 && !ledger.behind {
        actions.push(Action::Submit(id));
    }
    if config.may_expire.contains(id)
        && !state.expired.contains(id)
        && ledger.payments[id] == Some(PaymentState::InTransit)
    {
        actions.push(Action::Expire(id));
    }
    let waits = ledger.payments[id] == Some(PaymentState::InTransit) && state.expired.contains(id);
    if waits && !config.has(Rule::PayerWaitsForOutcome) {
        actions.push(Action::GiveUp(id));
    }
    let rows = &state.bank.disk.rows;
    if config.forgets
        && rows[id].is_some_and(|row| matches!(row.outcome(), Some(Outcome::Cleared(_))))
    {
        let of_both = [payer, config.plans[id].payee];
        let acknowledged =
            of_both.iter().all(|operator| state.bank.disk.acknowledged[*operator].contains(id));
        if acknowledged || !config.has(Rule::ForgetAfterBothAcknowledged) {
            actions.push(Action::Forget(id));
        }
    }
}

fn list_wires(config: &Config, state: &State, operator: usize, actions: &mut Vec<Action>) {
    let fenced = config.has(Rule::FenceFirst);
    let current = |index| Place { operator, old: false, index };
    let old = |index| Place { operator, old: true, index };
    let (wire, before) = (&state.wires[operator], &state.old[operator]);
    let connected = state.links[operator] != Link::Down;
    let opens = wire.to_bank.first().is_some_and(|sent| sent.message.registration);
    if opens || (connected && state.meets[operator]) {
        choices(config, &wire.to_bank, |sent| sent.message.registration)
            .for_each(|index| actions.push(Action::BankTakes(current(index))));
    }
    if !fenced || (connected && !state.meets[operator]) {
        choices(config, &before.to_bank, |_| false)
            .for_each(|index| actions.push(Action::BankTakes(old(index))));
    }
    let ledger = &state.operators[operator].live;
    let mut takes = |place: Place, sent: &Sent<crate::wire::ToOperator>| {
        let message = &sent.message;
        let new =
            |id: &usize| ledger.inbound[*id].is_none() || !config.has(Rule::DecisionsAreRecorded);
        let deliveries = message.deliveries.iter().filter(new);
        let funds = message.funds.iter().filter(|id| ledger.payments[*id].is_none());
        let open: Ids = deliveries.chain(funds).collect();
        let refusable = open.intersection(config.may_reject);
        actions.extend(refusable.subsets().map(|refuses| Action::OperatorTakes(place, refuses)));
    };
    if state.phases[operator] != LinkPhase::Down {
        choices(config, &wire.to_operator, |sent| sent.message.roster)
            .for_each(|index| takes(current(index), &wire.to_operator[index]));
    }
    choices(config, &before.to_operator, |_| false)
        .for_each(|index| takes(old(index), &before.to_operator[index]));
}

/// The messages that may come next: the first, or any when order is not kept. Nothing overtakes
/// the opening of a link.
fn choices<M>(
    config: &Config,
    queue: &[Sent<M>],
    opens: impl Fn(&Sent<M>) -> bool,
) -> std::ops::Range<usize> {
    let any = config.unordered && !queue.first().is_some_and(opens);
    0..if any { queue.len() } else { queue.len().min(1) }
}

fn list_link(state: &State, operator: usize, actions: &mut Vec<Action>) {
    if state.phases[operator] == LinkPhase::Down || state.wires[operator].dead {
        actions.push(Action::Register(operator));
    }
    if state.links[operator] != Link::Down && !state.meets[operator] {
        actions.push(Action::HangUp(operator));
    }
}

fn list_faults(config: &Config, state: &State, operator: usize, actions: &mut Vec<Action>) {
    let wire = &state.wires[operator];
    if state.left.breaks > 0 && state.phases[operator] != LinkPhase::Down && !wire.dead {
        actions.push(Action::Break(operator));
    }
    // A loss at the end of what was sent would be noticed only with the next message.
    let length = |to_bank: bool| if to_bank { wire.to_bank.len() } else { wire.to_operator.len() };
    let in_order = |to_bank: bool| match to_bank {
        true => wire.to_bank.get(1).is_some_and(|next| !next.repeated),
        false => wire.to_operator.get(1).is_some_and(|next| !next.repeated),
    };
    for to_bank in [true, false] {
        if state.left.repeats > 0 && length(to_bank) > 0 {
            actions.push(Action::Repeat { operator, to_bank });
        }
        if state.left.losses > 0 && in_order(to_bank) {
            actions.push(Action::Lose { operator, to_bank });
        }
    }
    let in_transit =
        |id: &usize| state.operators[operator].live.payments[*id] == Some(PaymentState::InTransit);
    if state.left.forgeries > 0 && state.phases[operator] == LinkPhase::Up {
        let own = config.ids().filter(|id| config.plans[*id].payer == operator);
        actions.extend(own.filter(in_transit).map(Action::Forge));
    }
}

fn list_process(config: &Config, state: &State, role: Role, actions: &mut Vec<Action>) {
    let (synced, number) = match role {
        Role::Bank => (state.bank.is_synced(), config.operators),
        Role::Operator(operator) => (state.operators[operator].is_synced(), operator),
    };
    if !synced {
        actions.push(Action::Sync(role));
    }
    if state.left.crashes > 0 && config.may_crash.contains(number) {
        actions.push(Action::Crash { role, kept: true });
        if !synced {
            actions.push(Action::Crash { role, kept: false });
        }
    }
}

fn list_bank(config: &Config, state: &State, actions: &mut Vec<Action>) {
    if config.day_ends {
        actions.push(Action::EndDay);
    }
    if !state.unnoticed.is_empty() {
        actions.push(Action::LookAtClock);
    }
    if state.left.closes > 0 {
        actions.push(Action::Close);
    }
}

fn list_restore(config: &Config, state: &State, actions: &mut Vec<Action>) {
    if state.left.restores == 0 {
        return;
    }
    match state.backup {
        None => actions.push(Action::Copy),
        Some(backup) if backup != state.operators[config.restored].disk => {
            actions.push(Action::Restore)
        }
        Some(_) => {}
    }
}
