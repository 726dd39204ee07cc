//! The audit across ledgers: silent on a sound cluster, and precise about one that was forged.

use clearing_domain::audit::audit_across;
use clearing_domain::central_bank::{CentralBankLedger, LoadedCentralBank, TransferState};
use clearing_domain::money::Position;
use clearing_domain::operator::{Account, FundingRow, LoadedOperator, OperatorLedger};

use crate::chaos;
use crate::wall::CASH_NET;
use crate::world::{Plant, World};

/// A cluster in the middle of its work, without crashes.
fn busy() -> World {
    let mut world = World::new(&CASH_NET, 7, Plant::Nothing);
    for _ in 0..600 {
        chaos::step(&mut world);
    }
    world
}

fn at_rest() -> World {
    let mut world = busy();
    world.drain();
    world
}

fn broken(
    bank: &CentralBankLedger,
    operators: &[&OperatorLedger],
    running: bool,
) -> Vec<&'static str> {
    let invariants = audit_across(bank, operators, running);
    invariants
        .into_iter()
        .filter(|invariant| !invariant.ok)
        .map(|invariant| invariant.name)
        .collect()
}

fn ledgers(world: &World) -> Vec<&OperatorLedger> {
    world.operators.iter().map(|operator| &operator.ledger).collect()
}

/// Forges the file of the first operator and expects exactly these invariants to break.
#[track_caller]
fn check_operator(forge: impl FnOnce(&mut LoadedOperator), expected: &[&str]) {
    check_forged(&at_rest(), 0, forge, expected);
}

#[track_caller]
fn check_forged(
    world: &World,
    number: usize,
    forge: impl FnOnce(&mut LoadedOperator),
    expected: &[&str],
) {
    let mut loaded = world.operators[number].disk.load().unwrap();
    forge(&mut loaded);
    let forged = OperatorLedger::restore(world.operators[number].settings, loaded).unwrap();
    let mut operators = ledgers(world);
    operators[number] = &forged;
    assert_eq!(broken(&world.bank.ledger, &operators, false), expected);
}

/// Forges the file of the central bank and expects exactly these invariants to break.
#[track_caller]
fn check_bank(forge: impl FnOnce(&mut LoadedCentralBank), expected: &[&str]) {
    let world = at_rest();
    let mut loaded = world.bank.disk.load();
    forge(&mut loaded);
    let forged = CentralBankLedger::restore(world.bank_settings.clone(), loaded).unwrap();
    assert_eq!(broken(&forged, &ledgers(&world), false), expected);
}

const STATES: &str = "every payment is in a state that can be";
const CONTENTS: &str = "ledgers agree on amounts, wallets and outcomes";
const HELD: &str = "operators' views of what is held for them";
const POSITIONS: &str = "operators' views of their positions";
const CIRCULATION: &str = "money in circulation is what was issued";

#[test]
fn a_sound_cluster_breaks_nothing_busy_or_at_rest() {
    for world in [busy(), at_rest()] {
        for running in [false, true] {
            assert_eq!(broken(&world.bank.ledger, &ledgers(&world), running), Vec::<&str>::new());
        }
    }
}

#[test]
fn balances_that_were_forged_are_found() {
    let raise = |account: Account| {
        move |loaded: &mut LoadedOperator| {
            let found = loaded.accounts.iter_mut().filter(|(stored, _)| *stored == account);
            found.for_each(|(_, balance)| *balance += Position::from_fen(1));
        }
    };
    check_operator(raise(Account::Held), &[HELD]);
    check_operator(raise(Account::Stock), &[CIRCULATION]);
    check_bank(|loaded| loaded.accounts[1].held += Position::from_fen(1), &[HELD]);
    check_bank(|loaded| loaded.accounts[1].unsettled += Position::from_fen(1), &[POSITIONS]);
}

#[test]
fn a_payment_with_other_content_is_found() {
    check_operator(
        |loaded| {
            let delivered = loaded.rows.inbound.iter_mut().filter_map(|row| row.delivered.as_mut());
            delivered.for_each(|delivered| delivered.payer = delivered.payee);
        },
        &[CONTENTS],
    );
    check_bank(
        |loaded| {
            loaded.rows.transfers.iter_mut().for_each(|transfer| transfer.request_key.0[0] ^= 1)
        },
        &[CONTENTS],
    );
}

#[test]
fn a_decision_that_was_never_asked_for_is_found() {
    check_operator(|loaded| loaded.rows.inbound.last_mut().unwrap().id.0[0] ^= 1, &[STATES]);
}

#[test]
fn a_discount_that_was_never_asked_for_or_is_another_is_found() {
    let world = at_rest();
    let has_any = |ledger: &OperatorLedger| !ledger.fundings().is_empty();
    let sponsor = ledgers(&world).into_iter().position(has_any).unwrap();
    let check = |change: fn(&mut FundingRow), expected: &str| {
        let forge = |loaded: &mut LoadedOperator| loaded.rows.fundings.iter_mut().for_each(change);
        check_forged(&world, sponsor, forge, &[expected]);
    };
    check(|row| row.id.0[0] ^= 1, STATES);
    check(|row| row.payer = row.payee, CONTENTS);
}

#[test]
fn an_operator_without_a_ledger_is_found_unless_it_never_did_anything() {
    let world = at_rest();
    let operators = &ledgers(&world)[1..];
    assert!(broken(&world.bank.ledger, operators, false).contains(&STATES));
    let fresh = CentralBankLedger::new(world.bank_settings.clone(), world.now);
    assert_eq!(broken(&fresh, &[], false), Vec::<&str>::new());
}

#[test]
fn of_a_running_cluster_only_what_is_final_everywhere_is_compared() {
    let world = busy();
    let older = world.operators[0].disk.restore(world.operators[0].settings);
    let undecided = world
        .bank
        .ledger
        .transfers()
        .iter()
        .filter(|transfer| transfer.state == TransferState::Delivered);
    assert!(undecided.count() > 0, "nothing is in flight");
    let mut operators = ledgers(&world);
    operators[0] = &older;
    assert_eq!(broken(&world.bank.ledger, &operators, true), Vec::<&str>::new());
    let invariants = audit_across(&world.bank.ledger, &operators, true);
    assert!(invariants[0].detail.contains("in flight"), "{}", invariants[0].detail);
}
