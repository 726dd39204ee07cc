//! Old files: a process that starts from one is found out as soon as it links, whatever it did
//! before it linked.

use crate::chaos;
use crate::wall::CASH_NET;
use crate::world::{Plant, World};

/// A cluster that has worked for a while, told all of it and come to rest.
fn worked(world: &mut World, steps: usize) {
    world.crash_permille = 10;
    (0..steps).for_each(|_| chaos::step(world));
    world.drain();
    world.tell_witnesses();
    world.settle_wires();
    assert_eq!(world.alarms, [""; 0]);
}

/// Operators dial for as long as their numbers take; says what was found.
fn dial_until_found(world: &mut World) -> String {
    for _ in 0..200 {
        for number in 0..world.operators.len() {
            world.connect(number);
        }
        world.settle_wires();
        if let Some(found) = world.alarms.first() {
            return found.clone();
        }
    }
    panic!("nobody noticed the old file")
}

#[test]
fn an_operator_with_an_old_file_is_found() {
    for seed in 0..40 {
        let mut world = World::new(&CASH_NET, seed, Plant::Nothing);
        worked(&mut world, 100);
        let old = world.operators[0].disk.clone();
        worked(&mut world, 200);
        let settings = world.operators[0].settings;
        world.hang_up(0);
        world.operators[0].ledger = old.restore(settings);
        world.operators[0].disk = old;
        // Without a link it serves its own wallets, and its batches go on beyond what it told.
        (0..seed * 10).for_each(|_| chaos::client_pays(&mut world));
        let found = dial_until_found(&mut world);
        let expected = ["the ledger of operator", "operator 0 has another head"];
        assert!(
            expected.iter().any(|expected| found.starts_with(expected)),
            "seed {seed}: {found}"
        );
    }
}

#[test]
fn a_central_bank_with_an_old_file_is_found() {
    for seed in 0..40 {
        let mut world = World::new(&CASH_NET, seed, Plant::Nothing);
        worked(&mut world, 100);
        let old = world.bank.disk.clone();
        worked(&mut world, 200);
        (0..world.operators.len()).for_each(|number| world.hang_up(number));
        world.wires.clear();
        world.bank.ledger = old.restore(world.bank_settings.clone());
        world.bank.disk = old;
        (0..seed * 20).for_each(|_| chaos::people_act(&mut world));
        let found = dial_until_found(&mut world);
        let expected = ["this ledger ends at batch", "the central bank's ledger is a fork"];
        assert!(
            expected.iter().any(|expected| found.starts_with(expected)),
            "seed {seed}: {found}"
        );
    }
}
