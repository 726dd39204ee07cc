//! What a ledger takes from its file, and what it refuses.

mod extremes;

use crate::central_bank::settlement_mode::{SettlementMode, Shortfall};
use crate::central_bank::test_ledger::{TestLedger, settings};
use crate::central_bank::{
    Action, Admission, CentralBankLedger, CycleState, LoadedCentralBank, RestoreError, Step,
};
use crate::merchant::{MerchantCategory, MerchantTraits};
use crate::money::{Amount, CycleId, OperatorNumber, Position, WalletKind, WalletNumber};
use crate::region::Region;

/// A ledger with rows of every kind, one of each open state among its transfers.
fn test_ledger() -> TestLedger {
    let mut settings = settings(SettlementMode::DeferredNet(Shortfall::PartialNet), 3, Some(2_000));
    settings.operators[0].stock = Amount::from_fen(5_000).unwrap();
    let mut test = TestLedger::new(settings);
    test.paid(0, 1, 60);
    test.paid(1, 2, 10);
    test.close();
    test.down(2);
    test.pay(0, 2, 5);
    test.pay(0, 1, 6);
    let wallet = crate::central_bank::test_ledger::wallet(1);
    test.ledger.link_alias("phone:1", wallet, false).unwrap();
    let shop = WalletNumber::new(wallet.prefix(), WalletKind::Merchant, 1).unwrap();
    let traits =
        MerchantTraits { category: MerchantCategory::Retail, region: Some(Region::Shenzhen) };
    test.ledger.register_merchant(shop, traits).unwrap();
    test.commit();
    let funded = test.pay_with([0, 1, 2], 9, 4);
    test.fund(1, funded, None);
    test.pay_with([0, 1, 2], 9, 4);
    test
}

#[track_caller]
fn check(change: impl FnOnce(&mut LoadedCentralBank), expected: RestoreError) {
    let test = test_ledger();
    let mut rows = test.rows();
    change(&mut rows);
    let restored = CentralBankLedger::restore(test.ledger.settings().clone(), rows);
    assert_eq!(restored.err(), Some(expected));
}

#[test]
fn a_restored_ledger_is_the_one_that_was_stored() {
    let mut test = test_ledger();
    let (rows, before) = (test.rows(), format!("{:?}", test.ledger.cycles));
    test.restart();
    let again = test.rows();
    assert_eq!(rows.rows, again.rows);
    assert_eq!((rows.accounts, rows.clock), (again.accounts, again.clock));
    assert_eq!(format!("{:?}", test.ledger.cycles), before);
    test.check();
    test.up(2);
    assert!(test.heard(2).ends_with("deliver #3; deliver #5"));
}

#[test]
fn an_amount_that_no_payment_may_have_is_refused_before_it_is_added_up() {
    let row = test_ledger().rows().rows.transfers[0].row;
    check(
        |rows| {
            let most = Amount::from_sum(Position::from_fen(i64::MAX)).unwrap();
            rows.rows.transfers[0].amount = most;
        },
        RestoreError::Transfer { row },
    );
}

#[test]
fn rows_that_cannot_be_a_history_are_refused() {
    let first = test_ledger().rows().rows.advices[0].row;
    let gap = RestoreError::Order { previous: first - 1, found: first + 1 };
    check(|rows| rows.rows.advices.retain(|advice| advice.row != first), gap);
    check(
        |rows| rows.rows.operations[1].operator = Some(OperatorNumber::FIRST),
        RestoreError::Operation { row: 2 },
    );
    check(|rows| rows.rows.cycles[0].payments += 1, RestoreError::Cycle(CycleId::FIRST));
    check(
        |rows| rows.rows.transfers[0].payee_operator = OperatorNumber::new(7),
        RestoreError::Operator {
            row: test_ledger().rows().rows.transfers[0].row,
            operator: OperatorNumber::new(7),
        },
    );
    let (row, of) =
        (test_ledger().rows().rows.events[1].row, test_ledger().rows().rows.transfers[0].row);
    check(|rows| rows.rows.events[1].of = of, RestoreError::Event { row, of });
    let codes = ["A", "B", "C"].map(|code| code.parse().unwrap());
    check(
        |rows| rows.accounts.truncate(2),
        RestoreError::Roster { stored: codes[..2].to_vec(), configured: codes.to_vec() },
    );
}

#[test]
fn a_transfer_with_a_sponsor_is_refused_when_its_parts_cannot_be() {
    let place = test_ledger().rows().rows.transfers.len() - 1;
    let row = test_ledger().rows().rows.transfers[place].row;
    let forged = |change: fn(&mut crate::central_bank::TransferRow)| {
        check(|rows| change(&mut rows.rows.transfers[place]), RestoreError::Transfer { row });
    };
    forged(|row| row.admission = Admission::Delivered);
    forged(|row| row.details = None);
    forged(|row| row.details.as_mut().unwrap().voucher.as_mut().unwrap().discount = row.amount);
}

#[test]
fn an_event_is_refused_where_it_cannot_be_applied() {
    // An obligation that is of no cycle would be owed to nobody.
    let event = test_ledger().rows().rows.events[0];
    let Step::Cleared { decided_at, .. } = event.step else { panic!("{event:?}") };
    check(
        |rows| rows.rows.events[0].step = Step::Cleared { cycle: None, decided_at },
        RestoreError::Event { row: event.row, of: event.of },
    );
}

#[test]
fn guarantees_below_nothing_are_refused() {
    let operations = test_ledger().rows().rows.operations;
    let row = operations.iter().position(|operation| operation.operator.is_some()).unwrap();
    let freed = Position::from_fen(-1);
    for action in [Action::Earmark { sum: freed }, Action::Pledge { sum: freed }] {
        check(
            |rows| rows.rows.operations[row].action = action,
            RestoreError::Operation { row: operations[row].row },
        );
    }
}

#[test]
fn positions_are_those_of_the_closing_that_follows_them() {
    let broken = RestoreError::Cycle(CycleId::FIRST);
    check(|rows| rows.rows.positions[1].position.sent += Position::from_fen(1), broken.clone());
    check(|rows| rows.rows.positions[1].operator = OperatorNumber::FIRST, broken.clone());
    check(|rows| rows.rows.cycles[0].state = CycleState::Frozen, broken.clone());
    // The file ends behind the positions.
    let unclosed = |rows: &mut LoadedCentralBank| {
        rows.chain.row = rows.rows.positions[2].row;
        rows.rows.truncate(rows.chain.row);
    };
    check(unclosed, broken.clone());
    // Another row comes in the place of the closing.
    let other = |rows: &mut LoadedCentralBank| {
        let closing = rows.rows.cycles.remove(0);
        let mut advice = rows.rows.advices[0];
        advice.row = closing.row;
        rows.rows.advices.push(advice);
        rows.rows.advices.sort_by_key(|advice| advice.row);
    };
    check(other, broken);
}

#[test]
fn sums_that_no_ledger_can_hold_are_refused_or_found_and_nothing_panics() {
    // The first issue finds reserves on the account that it moves.
    let operations = test_ledger().rows().rows.operations;
    let is_issue = |action| matches!(action, Action::Issue { .. });
    let issue = operations.iter().position(|operation| is_issue(operation.action)).unwrap();
    let most = Amount::from_sum(Position::from_fen(i64::MAX)).unwrap();
    let least = Position::from_fen(i64::MIN);
    for action in [Action::Issue { amount: most }, Action::Fund { sum: least }] {
        let refused = RestoreError::Operation { row: operations[issue].row };
        check(|rows| rows.rows.operations[issue].action = action, refused);
    }
    for fen in [i64::MAX, i64::MIN] {
        let test = test_ledger();
        let mut rows = test.rows();
        for account in &mut rows.accounts {
            let sum = Position::from_fen(fen);
            (account.reserves, account.held, account.unsettled) = (sum, sum, sum);
            let amount = Amount::from_sum(Position::from_fen(i64::MAX)).unwrap();
            (account.outstanding, account.withdrawing, account.peak_net_debit) =
                (amount, amount, amount);
            (account.guarantees.earmarked, account.guarantees.collateral, account.cap) =
                (amount, amount, Some(amount));
        }
        let restored = CentralBankLedger::restore(test.ledger.settings().clone(), rows).unwrap();
        assert!(restored.audit(test.seals()).iter().filter(|invariant| !invariant.ok).count() >= 4);
    }
}

#[test]
fn a_forged_balance_is_kept_and_found_by_the_audit() {
    let test = test_ledger();
    let mut rows = test.rows();
    rows.accounts[1].reserves += Position::from_fen(1);
    let restored = CentralBankLedger::restore(test.ledger.settings().clone(), rows).unwrap();
    let broken = restored
        .audit(&[])
        .into_iter()
        .find(|invariant| invariant.name == "accounts follow from the rows");
    assert!(!broken.unwrap().ok);
}
