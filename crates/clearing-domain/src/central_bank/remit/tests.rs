//! The treasury is paid out of reserves, once, and waits where they do not suffice.

use crate::Regime;
use crate::central_bank::test_ledger::{NET, TestLedger, code, request, settings, yuan};
use crate::link::{OperationId, OperatorMessage, REMITTANCES_MAX, Remittance};
use crate::money::{Position, RequestKey};

fn remit(test: &mut TestLedger, number: u8, amount: i64) {
    remit_of(test, 0, OperationId([number; 16]), amount);
}

fn remit_of(test: &mut TestLedger, operator: usize, operation: OperationId, amount: i64) {
    let remittances = vec![Remittance { operation, amount: yuan(amount) }];
    test.send(operator, OperatorMessage { remittances, ..OperatorMessage::default() });
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

#[test]
fn an_operator_that_uses_an_id_first_stops_neither_another_nor_the_central_bank() {
    let mut test = ledger(Regime::Cash);
    let issue = OperationId(RequestKey::without_wallet(&request("issue")).0);
    for operation in [OperationId([1; 16]), issue] {
        remit_of(&mut test, 1, operation, 50);
        assert_eq!(test.heard(1), "remitted 50");
    }
    remit(&mut test, 1, 200);
    assert_eq!((test.heard(0).as_str(), balances(&test)), ("remitted 200", [300, 0, 300]));
    test.ledger.issue(code(0), yuan(100), &request("issue"), test.now).unwrap();
    test.commit();
    assert_eq!((test.heard(0).as_str(), test.refused_items), ("issued 100", 0));
    test.restart();
    test.up(0);
    test.heard(0);
    remit(&mut test, 1, 200);
    assert_eq!(balances(&test), [300, 0, 200], "a repeat after a restart");
    test.check_audit();
}

#[test]
fn no_more_than_a_thousand_remittances_of_an_operator_wait() {
    let mut test = ledger(Regime::Deposit);
    let numbered = |number: usize| OperationId((number as u128).to_be_bytes());
    for number in 0..REMITTANCES_MAX {
        remit_of(&mut test, 0, numbered(number), 1_600);
    }
    assert_eq!((test.ledger.waiting_remittances().count(), test.refused_items), (1_000, 0));
    remit_of(&mut test, 0, numbered(REMITTANCES_MAX), 1_600);
    assert_eq!((test.ledger.waiting_remittances().count(), test.refused_items), (1_000, 1));
    assert!(test.heard(0).contains("TOO_MANY_REMITTANCES"));
    remit_of(&mut test, 1, numbered(REMITTANCES_MAX), 100);
    assert_eq!(test.heard(1), "remitted 100");
    test.check_audit();
}
