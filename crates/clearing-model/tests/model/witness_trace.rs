//! The code against the model of witnesses: on any walk the same is on each disk, told, and
//! refused.

use clearing_model::Rule;
use clearing_model::witness::{BANK, Config, State};
use stateright::Model;

use crate::random::Random;
use crate::witness_replay::Replay;

#[track_caller]
fn same<T: PartialEq + std::fmt::Debug>(what: &str, code: T, model: T) -> Result<(), String> {
    if code == model {
        Ok(())
    } else {
        Err(format!("{what}: {code:?}, but in the model {model:?}"))
    }
}

/// Compares everything.
fn compare(replay: &Replay, model: &State) -> Result<(), String> {
    for (number, operator) in replay.operators.iter().enumerate() {
        let (book, wire) = (&model.books[number], &model.wires[number]);
        let mut durable = operator.disk.clone();
        durable.lose(durable.unsynced());
        let durable = durable.restore(operator.settings);
        same("memory", operator.ledger.payments().len(), usize::from(book.live.acts.len()))?;
        same("disk", durable.payments().len(), usize::from(book.disk.acts.len()))?;
        same("link", operator.ledger.link_phase(), wire.phase)?;
        same("dead", operator.dead, wire.dead)?;
        same("to the central bank", operator.to_bank.len(), wire.to_bank.len())?;
        same("on the old wire", operator.old.len(), wire.old.len())?;
        same("to the operator", operator.to_operator.len(), wire.to_operator.len())?;
        let heard = replay.acts[&operator.ledger.link().central_bank_head];
        same("heard of the central bank", heard, usize::from(book.live.heard[0].acts.len()))?;
        let other = replay.bank.operator_number(operator.settings.code).unwrap();
        let connected = wire.link != clearing_model::Link::Down;
        same("the other end", replay.bank.is_connected(other), connected)?;
        let heard = replay.acts[&replay.bank.witness_of(other).head];
        same(
            "heard of the operator",
            heard,
            usize::from(model.books[BANK].live.heard[number].acts.len()),
        )?;
    }
    let mut durable = replay.bank_disk.clone();
    durable.lose(durable.unsynced());
    let durable = durable.restore(replay.bank_settings.clone());
    let acts = |ledger| replay.acts_of_bank(ledger);
    same("central bank", acts(&replay.bank), usize::from(model.books[BANK].live.acts.len()))?;
    same("central bank's disk", acts(&durable), usize::from(model.books[BANK].disk.acts.len()))?;
    same(
        "refused",
        !replay.refused.is_empty(),
        model.seen.refused_old || model.seen.refused_healthy,
    )?;
    same("alarms", replay.alarms.as_slice(), &[])
}

/// Takes one walk; says how many steps it had, or where the code left it.
fn walk(config: &Config, seed: u64) -> Result<(usize, bool), String> {
    let mut random = Random(seed);
    let mut model = State::new(config);
    let mut replay = Replay::new(config);
    compare(&replay, &model)?;
    let mut taken = Vec::new();
    for _ in 0..60 {
        let mut actions = Vec::new();
        config.actions(&model, &mut actions);
        if actions.is_empty() {
            break;
        }
        let action = actions[random.below(actions.len())];
        taken.push(action);
        replay.apply(action);
        let next = config.next_state(&model, action);
        model = next.unwrap_or(model);
        compare(&replay, &model)
            .map_err(|error| format!("seed {seed}: {error} after {taken:#?}"))?;
    }
    Ok((taken.len(), model.seen.refused_old))
}

/// What the ledgers can be led through: no batch without a cause, and repeats are dropped before
/// they are heard.
fn of_the_code(mut config: Config) -> Config {
    config.budget.idle = 0;
    config.budget.repeats = 0;
    config.budget.crashes = 3;
    config.budget.breaks = 2;
    config.budget.registrations = 6;
    config
}

#[track_caller]
fn check(config: Config) {
    let config = of_the_code(config);
    let walked = (0..700).map(|seed| walk(&config, seed).unwrap_or_else(|error| panic!("{error}")));
    let (mut steps, mut refused) = (0, 0);
    for (length, refuses) in walked {
        steps += length;
        refused += usize::from(refuses);
    }
    assert!(steps > 10_000, "only {steps} steps");
    assert_eq!(refused > 0, config.budget.restores > 0, "{refused} refused");
    println!("{}: {steps} steps, {refused} old files refused", config.name);
}

#[test]
fn the_ledgers_tell_and_hear_what_the_model_does() {
    check(Config::healthy());
}

#[test]
fn the_central_bank_is_refused_as_in_the_model() {
    check(Config::old_bank());
}

#[test]
fn two_operators_refuse_the_central_bank_as_in_the_model() {
    check(Config::old_bank_of_two());
}

#[test]
fn a_model_that_lacks_a_rule_of_witnesses_is_noticed() {
    let rules = [Rule::CentralBankComparesHead, Rule::ReplyAfterCommit, Rule::WitnessAfterSync];
    for rule in rules {
        let mut config = of_the_code(Config::old_bank()).without(rule);
        config.budget.acts[0] = 1;
        let left = (0..3_000).find_map(|seed| walk(&config, seed).err());
        let left = left.unwrap_or_else(|| panic!("no walk notices that the model lacks {rule:?}"));
        println!("without {rule:?}: {}", left.lines().next().unwrap_or_default());
    }
}
