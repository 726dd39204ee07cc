//! What the audit finds.

use crate::central_bank::test_ledger::TestLedger;
use crate::central_bank::{Action, TransferSlot};
use crate::ledger::SealedLedger;
use crate::money::{Amount, OperatorNumber, Position};
use crate::slots::Slot;

/// A ledger that was tampered with fails exactly the invariants named.
#[track_caller]
fn check(tamper: impl FnOnce(&mut TestLedger), broken: &[&str]) {
    let mut test = TestLedger::net(2, Some(500));
    test.paid(0, 1, 100);
    test.close();
    test.paid(1, 0, 30);
    test.pay(0, 1, 7);
    test.check();
    let seals = test.seals().to_vec();
    tamper(&mut test);
    // What is kept beside the rows is sealed as a whole; here each part is asked for by itself.
    let beside = test.ledger.check_beside().name;
    let failed = test
        .ledger
        .audit(&seals)
        .into_iter()
        .filter(|invariant| !invariant.ok && invariant.name != beside);
    assert_eq!(failed.map(|invariant| invariant.name).collect::<Vec<_>>(), broken);
}

#[test]
fn what_was_changed_behind_the_ledgers_back_is_found() {
    let fen = Position::from_fen;
    check(
        |test| test.ledger.accounts.forge(0).reserves += fen(1),
        &["accounts follow from the rows"],
    );
    check(
        |test| test.ledger.accounts.forge(0).held += fen(1),
        &["e-CNY held is what was issued and not withdrawn", "accounts follow from the rows"],
    );
    check(
        |test| test.ledger.accounts.forge(0).unsettled += fen(1),
        &["positions sum to zero", "accounts follow from the rows"],
    );
    check(
        |test| test.ledger.accounts.forge(0).outstanding = Amount::ZERO,
        &["outstanding admissions"],
    );
    let standing = ["caps, withdrawals and standing follow from the rows"];
    check(|test| test.ledger.accounts.forge(0).cap = Some(Amount::ZERO), &standing);
    check(|test| test.ledger.accounts.forge(0).withdrawing = Amount::MAX, &standing);
    check(|test| test.ledger.accounts.forge(0).peak_net_debit = Amount::MAX, &standing);
    check(|test| test.ledger.accounts.forge(0).active = false, &standing);
    check(
        |test| test.ledger.cycles.forge(0).positions[0].sent += fen(1),
        &["cycles are the sums of their payments", "hash chain"],
    );
    check(
        |test| test.ledger.transfers.forge(TransferSlot::from_number(0)).request_key.0[0] ^= 1,
        &["hash chain"],
    );
    check(
        |test| {
            test.ledger.directory.rows_mut().push(crate::central_bank::AliasRow {
                row: 1,
                alias: crate::central_bank::AliasHash::default(),
                wallet: None,
                shown: None,
            })
        },
        &["hash chain"],
    );
}

#[test]
fn what_is_kept_beside_the_rows_is_sealed() {
    let changes: [fn(&mut TestLedger); 6] = [
        |test| test.ledger.accounts.forge(0).reserves += Position::from_fen(1),
        |test| *test.ledger.links[OperatorNumber::new(0)].forge().0 += 1,
        |test| *test.ledger.links[OperatorNumber::new(1)].forge().1 += 1,
        |test| test.ledger.links[OperatorNumber::new(1)].forge().2[0] ^= 1,
        |test| test.ledger.stored_clock.tick += 1,
        |test| test.ledger.file[0] ^= 1,
    ];
    for change in changes {
        let mut test = TestLedger::net(2, Some(500));
        test.paid(0, 1, 100);
        assert!(test.ledger.check_beside().ok);
        change(&mut test);
        assert!(!test.ledger.check_beside().ok);
    }
}

#[test]
fn an_admission_beyond_the_cap_is_found() {
    let tamper = |test: &mut TestLedger| {
        for operation in test.ledger.operations.rows_mut() {
            if let Action::SetCap { bound: limit } = &mut operation.action {
                *limit = Some(Amount::from_fen(9_000).unwrap());
            }
        }
    };
    let standing = "caps, withdrawals and standing follow from the rows";
    check(tamper, &[standing, "nothing was admitted beyond cap or cover", "hash chain"]);
}
