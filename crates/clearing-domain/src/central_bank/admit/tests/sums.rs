//! The sums that are held below the largest one.

use crate::central_bank::settlement_mode::{SettlementMode, Shortfall};
use crate::central_bank::test_ledger::{
    NET, TestLedger, code, id, noon, request, settings, wallet, yuan,
};
use crate::central_bank::transfer::{Transfer, TransferState};
use crate::central_bank::{Action, CentralBankLedger, Operation};
use crate::ledger::SealedLedger;
use crate::link::{AdviceEvent, Decision, Instruction, OperationId, OperatorMessage};
use crate::money::{Amount, PaymentId, Position, RequestId, RequestKey, Total};
use crate::{Reason, Regime};

/// As many payments of the largest amount as are asked for, each of its own; the numbers begin with
/// `first`.
fn largest(test: &TestLedger, from: usize, to: usize, first: u32, count: u32) -> Vec<Instruction> {
    let instruction = |number: u32| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        Instruction {
            id: PaymentId(id),
            request_key: RequestKey(id),
            payer: wallet(from),
            payee: wallet(to),
            amount: Amount::MAX,
            submitted_at: test.now,
            expires_at: test.now.plus_ms(30_000),
            details: None,
        }
    };
    (first..first + count).map(instruction).collect()
}

fn pay_largest(test: &mut TestLedger, from: usize, to: usize, first: u32, count: u32) {
    let instructions = largest(test, from, to, first, count);
    test.instruct(from, instructions);
}

/// The payee's operator accepts everything that was delivered.
fn accept_all(test: &mut TestLedger, operator: usize) {
    let delivered = test
        .ledger
        .transfers()
        .iter()
        .filter(|transfer| transfer.state == TransferState::Delivered);
    let decision =
        |transfer: &Transfer| Decision { id: transfer.id, rejected: None, decided_at: test.now };
    let decisions = delivered.map(decision).collect();
    test.send(operator, OperatorMessage { decisions, ..OperatorMessage::default() });
}

fn states(test: &TestLedger, wanted: TransferState) -> usize {
    test.ledger.transfers().iter().filter(|transfer| transfer.state == wanted).count()
}

#[track_caller]
fn last_reason(test: &TestLedger) -> Option<Reason> {
    test.ledger.transfers().iter().last().unwrap().reason
}

/// Funds one operator by the largest amount until that is refused; says how often it was not.
fn fund_until_refused(test: &mut TestLedger, operator: usize) -> (usize, Reason) {
    for times in 0..2_000 {
        let id = RequestId::Text(format!("fund-{operator}-{times}").into());
        let funded = test.ledger.fund(code(operator), Amount::MAX.position(), &id, test.now);
        test.commit();
        if let Err(error) = funded {
            assert!(
                error.to_string().ends_with("more than the largest sum of 10000000000000000.00"),
                "{error}"
            );
            return (times, error.reason());
        }
    }
    panic!("no sum was too large");
}

#[test]
fn money_comes_in_until_all_accounts_together_hold_the_largest_sum() {
    let mut test = TestLedger::net(2, None);
    // Both operators open with 1,500 yuan, so the last of a thousand does not fit.
    assert_eq!(fund_until_refused(&mut test, 0), (999, Reason::SumTooLarge));
    assert_eq!(fund_until_refused(&mut test, 1), (0, Reason::SumTooLarge));
    let back = -Amount::MAX.position();
    test.ledger.fund(code(0), back, &request("back"), test.now).unwrap();
    test.ledger.fund(code(1), Amount::MAX.position(), &request("again"), test.now).unwrap();
    test.commit();
    test.check();
}

#[test]
fn e_cny_is_issued_until_the_sum_of_all_issues_is_the_largest() {
    let mut test = TestLedger::net(1, None);
    fund_until_refused(&mut test, 0);
    let mut issue = |times: i32| {
        let id = RequestId::Text(format!("issue-{times}").into());
        test.ledger.issue(code(0), Amount::MAX, &id, test.now)
    };
    assert!((0..999).all(|times| issue(times).is_ok()));
    let refused = issue(999).unwrap_err();
    // What is left of reserves does not cover it either; the sum is looked at first.
    assert_eq!((refused.reason(), refused.field()), (Reason::SumTooLarge, "amount"));
    test.commit();
    test.check();
}

#[test]
fn payments_under_way_are_held_below_the_largest_sum_and_all_of_them_end() {
    let mut test = TestLedger::net(3, None);
    pay_largest(&mut test, 0, 1, 1, 1_001);
    assert_eq!(
        (states(&test, TransferState::Delivered), last_reason(&test)),
        (1_000, Some(Reason::SumTooLarge))
    );
    // The sum is one of all operators.
    pay_largest(&mut test, 2, 1, 2_000, 1);
    assert_eq!(last_reason(&test), Some(Reason::SumTooLarge));
    accept_all(&mut test, 1);
    assert_eq!(test.ledger.open_cycle().unwrap().gross, Amount::SUM_MAX.position());
    assert_eq!(test.ledger.accounts()[0].unsettled, -Amount::SUM_MAX.position());
    // What is owed counts on, over cycles that carry it, too.
    test.close();
    pay_largest(&mut test, 2, 0, 3_000, 1);
    assert_eq!(last_reason(&test), Some(Reason::SumTooLarge));
    test.restart();
    test.check();
}

#[test]
fn claims_count_as_what_is_owed() {
    let mut test =
        TestLedger::new(settings(SettlementMode::DeferredNet(Shortfall::Unwind), 2, None));
    for round in 0..4 {
        pay_largest(&mut test, 0, 1, 1 + round * 1_000, 250);
        accept_all(&mut test, 1);
        test.close();
        // Another business day, so that only what is owed counts.
        test.wait(24 * 3_600_000);
    }
    assert_eq!(test.ledger.cycles.owed(), Total::from(Amount::SUM_MAX));
    pay_largest(&mut test, 0, 1, 9_000, 1);
    assert_eq!(last_reason(&test), Some(Reason::SumTooLarge));
    test.restart();
    assert_eq!(test.ledger.cycles.owed(), Total::from(Amount::SUM_MAX));
    test.check();
}

#[test]
fn amounts_that_no_payment_can_have_are_refused_and_booked_nowhere() {
    let mut test = TestLedger::net(2, None);
    for (number, fen, reason) in [
        (1, 0, Reason::AmountNotPositive),
        (2, Amount::MAX.fen() + 1, Reason::AmountTooLarge),
        (3, i64::MAX, Reason::AmountTooLarge),
    ] {
        let amount = Amount::from_sum(Position::from_fen(fen)).unwrap();
        let instruction = Instruction { amount, ..test.instruction(number, 0, 1, 1) };
        test.instruct(0, vec![instruction]);
        assert_eq!(test.ledger.transfer(id(number)).unwrap().reason, Some(reason));
    }
    assert_eq!(test.ledger.accounts()[0].outstanding, Amount::ZERO);
    test.check();
}

#[test]
fn guarantees_are_put_up_as_far_as_the_cap_stays_a_sum() {
    let mut settings = settings(NET, 1, None);
    settings.operators[0].credit = Amount::MAX;
    let mut test = TestLedger::new(settings);
    let pledge = |test: &mut TestLedger, times: i32| {
        let id = RequestId::Text(format!("pledge-{times}").into());
        test.ledger.pledge(code(0), Amount::MAX.position(), &id, test.now)
    };
    // More than one of the largest amounts is no sum to be cut off.
    pledge(&mut test, 0).unwrap();
    pledge(&mut test, 1).unwrap();
    assert_eq!(test.ledger.accounts()[0].cap.map(Amount::fen), Some(3 * Amount::MAX.fen()));
    assert!((2..999).all(|times| pledge(&mut test, times).is_ok()));
    assert_eq!(pledge(&mut test, 999).unwrap_err().reason(), Reason::SumTooLarge);
    test.restart();
    assert_eq!(test.ledger.accounts()[0].cap, Some(Amount::SUM_MAX));
    test.check();
}

#[test]
fn withdrawals_that_wait_may_add_up_to_more_than_one_amount() {
    let mut test = TestLedger::net(1, None);
    for number in 0..3 {
        let id = |what: &str| RequestId::Text(format!("{what}-{number}").into());
        test.ledger.fund(code(0), Amount::MAX.position(), &id("fund"), test.now).unwrap();
        test.ledger.issue(code(0), Amount::MAX, &id("issue"), test.now).unwrap();
    }
    for number in 0..3 {
        let id = RequestId::Text(format!("withdraw-{number}").into());
        test.ledger.withdraw(code(0), Amount::MAX, &id, test.now).unwrap();
    }
    assert_eq!(test.ledger.accounts()[0].withdrawing.fen(), 3 * Amount::MAX.fen());
    test.commit();
    test.restart();
    test.check();
}

#[test]
fn a_loan_of_more_than_one_amount_reaches_the_operator_in_full() {
    let mut test = TestLedger::new(settings(
        SettlementMode::DeferredNet(Shortfall::CentralBankCredit),
        2,
        None,
    ));
    for number in 0..2 {
        pay_largest(&mut test, 0, 1, number + 1, 1);
    }
    accept_all(&mut test, 1);
    test.close();
    let lent = Position::from_fen(2 * Amount::MAX.fen()) - yuan(1_000).position();
    let told = test.ledger.advices().iter().filter(
        |row| matches!(row.event, AdviceEvent::Issued { amount, .. } if amount.position() == lent),
    );
    assert_eq!(told.count(), 1);
    test.check();
}

/// Six trillion yuan, of which two are more than the largest amount.
fn six_trillion() -> Amount {
    Amount::from_fen(600_000_000_000_000).unwrap()
}

/// Starts a ledger again with other outstanding admissions than its rows tell.
fn restart_with_outstanding(test: &mut TestLedger, outstanding: Amount) {
    let mut rows = test.rows();
    rows.accounts[0].outstanding = outstanding;
    test.ledger = CentralBankLedger::restore(test.ledger.settings().clone(), rows).unwrap();
    (0..2).for_each(|operator| test.up(operator));
}

#[test]
fn an_outstanding_that_the_rows_do_not_tell_is_kept_and_found() {
    let mut test = TestLedger::net(2, None);
    let instruction = Instruction { amount: six_trillion(), ..test.instruction(1, 0, 1, 1) };
    test.instruct(0, vec![instruction]);
    restart_with_outstanding(&mut test, Amount::MAX);
    let broken: Vec<_> =
        test.ledger.audit_in_memory().into_iter().filter(|invariant| !invariant.ok).collect();
    assert_eq!(
        broken.iter().map(|invariant| invariant.name).collect::<Vec<_>>(),
        ["outstanding admissions"]
    );
}

#[test]
fn a_sealed_sum_that_was_changed_is_found() {
    let mut test = TestLedger::net(2, None);
    for number in [1, 2] {
        let instruction =
            Instruction { amount: six_trillion(), ..test.instruction(number, 0, 1, 1) };
        test.instruct(0, vec![instruction]);
    }
    let mut rows = test.rows();
    rows.accounts[0].outstanding = Amount::MAX;
    let forged = CentralBankLedger::restore(test.ledger.settings().clone(), rows).unwrap();
    assert!(!forged.check_beside().ok);
}

/// A ledger that was funded, before sums were bounded, with more than all accounts together can be.
fn overfunded(regime: Regime) -> TestLedger {
    let mut settings = settings(NET, 2, None);
    settings.regime = regime;
    let mut test = TestLedger::new(settings);
    let mut rows = test.rows();
    for operator in [0, 1] {
        let sum = Position::from_fen(4_750 * Amount::MAX.fen());
        rows.chain.row += 1;
        rows.accounts[operator].reserves += sum;
        rows.rows.operations.push(Operation {
            row: rows.chain.row,
            id: Some(OperationId([operator as u8 + 1; 16])),
            operator: Some(crate::money::OperatorNumber::at(operator)),
            at: noon(),
            action: Action::Fund { sum },
        });
    }
    test.ledger = CentralBankLedger::restore(test.ledger.settings().clone(), rows).unwrap();
    (0..2).for_each(|operator| test.up(operator));
    test
}

#[test]
fn a_ledger_that_holds_more_than_the_largest_sum_opens_and_takes_in_no_more() {
    for regime in [Regime::Cash, Regime::Deposit] {
        let mut test = overfunded(regime);
        let broken: Vec<_> =
            test.ledger.audit_in_memory().into_iter().filter(|invariant| !invariant.ok).collect();
        assert!(broken.is_empty(), "{broken:?}");
        let refused =
            test.ledger.fund(code(0), yuan(1).position(), &request("more"), test.now).unwrap_err();
        assert_eq!(refused.reason(), Reason::SumTooLarge);
        test.ledger.fund(code(0), -yuan(1).position(), &request("less"), test.now).unwrap();
        test.commit();
        let paid = test.paid(0, 1, 5);
        let expected = if regime == Regime::Cash { "cleared 1" } else { "refused SUM_TOO_LARGE" };
        assert_eq!(test.state(paid), expected);
    }
}
