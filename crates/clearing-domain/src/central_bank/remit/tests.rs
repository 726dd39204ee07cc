//! The treasury is paid out of reserves, once, and waits where they do not suffice.

use crate::Regime;
use crate::central_bank::test_ledger::{NET, TestLedger, code, request, settings, yuan};
use crate::link::{OperationId, OperatorMessage, Remittance};
use crate::money::Position;

fn remit(test: &mut TestLedger, number: u8, amount: i64) {
    let operation = OperationId([number; 16]);
    let remittances = vec![Remittance { operation, amount: yuan(amount) }];
    test.send(0, OperatorMessage { remittances, ..OperatorMessage::default() });
}

/// What the treasury has, what it waits for, and the reserves of operator A, in yuan.
fn balances(test: &TestLedger) -> [i64; 3] {
    let waiting = test.ledger.waiting_remittances().map(|one| one.amount.position()).sum();
    let sums: [Position; 3] = [test.ledger.treasury(), waiting, test.ledger.accounts()[0].reserves];
    sums.map(|sum| sum.fen() / 100)
}

fn ledger(regime: Regime) -> TestLedger {
    TestLedger::new(crate::central_bank::CentralBankSettings { regime, ..settings(NET, 2, None) })
}

#[test]
fn the_treasury_is_paid_once_out_of_the_reserves() {
    for (regime, reserves) in [(Regime::Cash, 500), (Regime::Deposit, 1_500)] {
        let mut test = ledger(regime);
        remit(&mut test, 1, 200);
        assert_eq!(test.heard(0), "remitted 200");
        remit(&mut test, 1, 200);
        assert_eq!((balances(&test), test.heard(0).as_str()), ([200, 0, reserves - 200], ""));
        remit(&mut test, 1, 201);
        assert_eq!(balances(&test), [200, 0, reserves - 200], "another content");
        assert_eq!(test.refused_items, 1);
        test.check_audit();
    }
}

#[test]
fn what_the_reserves_do_not_cover_waits_and_is_paid_with_the_next_inflow() {
    let mut test = ledger(Regime::Deposit);
    remit(&mut test, 1, 1_600);
    remit(&mut test, 2, 100);
    assert_eq!(balances(&test), [100, 1_600, 1_400], "the smaller one passes");
    test.restart();
    assert_eq!(balances(&test), [100, 1_600, 1_400]);
    test.up(0);
    test.heard(0);
    let fund = Position::from_fen(19_999);
    test.ledger.fund(code(0), fund, &request("f"), test.now).unwrap();
    test.commit();
    assert_eq!(balances(&test)[..2], [100, 1_600], "a fen short");
    test.ledger.fund(code(0), Position::from_fen(1), &request("g"), test.now).unwrap();
    test.commit();
    assert_eq!(balances(&test), [1_700, 0, 0]);
    assert!(test.heard(0).ends_with("remitted 1600"));
    test.check();
}
