use super::super::bench::{Bench, NET, code, id, noon, request, settings, wallet, yuan};
use super::super::settlement_mode::{SettlementMode, Shortfall};
use super::super::transfer::{Transfer, TransferState};
use super::super::{Action, CentralBankLedger, Operation};
use crate::ledger::SealedLedger;
use crate::link::{AdviceEvent, Decision, Instruction, OperationId, OperatorMessage};
use crate::money::{Amount, PaymentId, Position, RequestId, RequestKey, Total};
use crate::{Reason, Regime};

/// As many payments of the largest amount as are asked for, each of its own; the numbers begin with
/// `first`.
fn largest(bench: &Bench, from: usize, to: usize, first: u32, count: u32) -> Vec<Instruction> {
    let instruction = |number: u32| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        Instruction {
            id: PaymentId(id),
            request_key: RequestKey(id),
            payer: wallet(from),
            payee: wallet(to),
            amount: Amount::MAX,
            submitted_at: bench.now,
            expires_at: bench.now.plus_ms(30_000),
        }
    };
    (first..first + count).map(instruction).collect()
}

fn pay_largest(bench: &mut Bench, from: usize, to: usize, first: u32, count: u32) {
    let instructions = largest(bench, from, to, first, count);
    bench.instruct(from, instructions);
}

/// The payee's operator accepts everything that was delivered.
fn accept_all(bench: &mut Bench, operator: usize) {
    let delivered = bench
        .ledger
        .transfers()
        .iter()
        .filter(|transfer| transfer.state == TransferState::Delivered);
    let decision =
        |transfer: &Transfer| Decision { id: transfer.id, rejected: None, decided_at: bench.now };
    let decisions = delivered.map(decision).collect();
    bench.send(operator, OperatorMessage { decisions, ..OperatorMessage::default() });
}

fn states(bench: &Bench, wanted: TransferState) -> usize {
    bench.ledger.transfers().iter().filter(|transfer| transfer.state == wanted).count()
}

#[track_caller]
fn last_reason(bench: &Bench) -> Option<Reason> {
    bench.ledger.transfers().iter().last().unwrap().reason
}

/// Funds one operator by the largest amount until that is refused; says how often it was not.
fn fund_until_refused(bench: &mut Bench, operator: usize) -> (usize, Reason) {
    for times in 0..2_000 {
        let id = RequestId::Text(format!("fund-{operator}-{times}").into());
        let funded = bench.ledger.fund(code(operator), Amount::MAX.position(), &id, bench.now);
        bench.commit();
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
    let mut bench = Bench::net(2, None);
    // Both operators open with 1,500 yuan, so the last of a thousand does not fit.
    assert_eq!(fund_until_refused(&mut bench, 0), (999, Reason::SumTooLarge));
    assert_eq!(fund_until_refused(&mut bench, 1), (0, Reason::SumTooLarge));
    let back = -Amount::MAX.position();
    bench.ledger.fund(code(0), back, &request("back"), bench.now).unwrap();
    bench.ledger.fund(code(1), Amount::MAX.position(), &request("again"), bench.now).unwrap();
    bench.commit();
    bench.check();
}

#[test]
fn e_cny_is_issued_until_the_sum_of_all_issues_is_the_largest() {
    let mut bench = Bench::net(1, None);
    fund_until_refused(&mut bench, 0);
    let mut issue = |times: i32| {
        let id = RequestId::Text(format!("issue-{times}").into());
        bench.ledger.issue(code(0), Amount::MAX, &id, bench.now)
    };
    assert!((0..999).all(|times| issue(times).is_ok()));
    let refused = issue(999).unwrap_err();
    // What is left of reserves does not cover it either; the sum is looked at first.
    assert_eq!((refused.reason(), refused.field()), (Reason::SumTooLarge, "amount"));
    bench.commit();
    bench.check();
}

#[test]
fn payments_under_way_are_held_below_the_largest_sum_and_all_of_them_end() {
    let mut bench = Bench::net(3, None);
    pay_largest(&mut bench, 0, 1, 1, 1_001);
    assert_eq!(
        (states(&bench, TransferState::Delivered), last_reason(&bench)),
        (1_000, Some(Reason::SumTooLarge))
    );
    // The sum is one of all operators.
    pay_largest(&mut bench, 2, 1, 2_000, 1);
    assert_eq!(last_reason(&bench), Some(Reason::SumTooLarge));
    accept_all(&mut bench, 1);
    assert_eq!(bench.ledger.open_cycle().unwrap().gross, Amount::SUM_MAX.position());
    assert_eq!(bench.ledger.accounts()[0].unsettled, -Amount::SUM_MAX.position());
    // What is owed counts on, over cycles that carry it, too.
    bench.close();
    pay_largest(&mut bench, 2, 0, 3_000, 1);
    assert_eq!(last_reason(&bench), Some(Reason::SumTooLarge));
    bench.restart();
    bench.check();
}

#[test]
fn claims_count_as_what_is_owed() {
    let mut bench = Bench::new(settings(SettlementMode::DeferredNet(Shortfall::Unwind), 2, None));
    for round in 0..4 {
        pay_largest(&mut bench, 0, 1, 1 + round * 1_000, 250);
        accept_all(&mut bench, 1);
        bench.close();
        // Another business day, so that only what is owed counts.
        bench.wait(24 * 3_600_000);
    }
    assert_eq!(bench.ledger.cycles.owed(), Total::from(Amount::SUM_MAX));
    pay_largest(&mut bench, 0, 1, 9_000, 1);
    assert_eq!(last_reason(&bench), Some(Reason::SumTooLarge));
    bench.restart();
    assert_eq!(bench.ledger.cycles.owed(), Total::from(Amount::SUM_MAX));
    bench.check();
}

#[test]
fn amounts_that_no_payment_can_have_are_refused_and_booked_nowhere() {
    let mut bench = Bench::net(2, None);
    for (number, fen, reason) in [
        (1, 0, Reason::AmountNotPositive),
        (2, Amount::MAX.fen() + 1, Reason::AmountTooLarge),
        (3, i64::MAX, Reason::AmountTooLarge),
    ] {
        let amount = Amount::from_sum(Position::from_fen(fen)).unwrap();
        let instruction = Instruction { amount, ..bench.instruction(number, 0, 1, 1) };
        bench.instruct(0, vec![instruction]);
        assert_eq!(bench.ledger.transfer(id(number)).unwrap().reason, Some(reason));
    }
    assert_eq!(bench.ledger.accounts()[0].outstanding, Amount::ZERO);
    bench.check();
}

#[test]
fn guarantees_are_put_up_as_far_as_the_cap_stays_a_sum() {
    let mut settings = settings(NET, 1, None);
    settings.operators[0].credit = Amount::MAX;
    let mut bench = Bench::new(settings);
    let pledge = |bench: &mut Bench, times: i32| {
        let id = RequestId::Text(format!("pledge-{times}").into());
        bench.ledger.pledge(code(0), Amount::MAX.position(), &id, bench.now)
    };
    // More than one of the largest amounts is no sum to be cut off.
    pledge(&mut bench, 0).unwrap();
    pledge(&mut bench, 1).unwrap();
    assert_eq!(bench.ledger.accounts()[0].cap.map(Amount::fen), Some(3 * Amount::MAX.fen()));
    assert!((2..999).all(|times| pledge(&mut bench, times).is_ok()));
    assert_eq!(pledge(&mut bench, 999).unwrap_err().reason(), Reason::SumTooLarge);
    bench.restart();
    assert_eq!(bench.ledger.accounts()[0].cap, Some(Amount::SUM_MAX));
    bench.check();
}

#[test]
fn withdrawals_that_wait_may_add_up_to_more_than_one_amount() {
    let mut bench = Bench::net(1, None);
    for number in 0..3 {
        let id = |what: &str| RequestId::Text(format!("{what}-{number}").into());
        bench.ledger.fund(code(0), Amount::MAX.position(), &id("fund"), bench.now).unwrap();
        bench.ledger.issue(code(0), Amount::MAX, &id("issue"), bench.now).unwrap();
    }
    for number in 0..3 {
        let id = RequestId::Text(format!("withdraw-{number}").into());
        bench.ledger.withdraw(code(0), Amount::MAX, &id, bench.now).unwrap();
    }
    assert_eq!(bench.ledger.accounts()[0].withdrawing.fen(), 3 * Amount::MAX.fen());
    bench.commit();
    bench.restart();
    bench.check();
}

#[test]
fn a_loan_of_more_than_one_amount_reaches_the_operator_in_full() {
    let mut bench =
        Bench::new(settings(SettlementMode::DeferredNet(Shortfall::CentralBankCredit), 2, None));
    for number in 0..2 {
        pay_largest(&mut bench, 0, 1, number + 1, 1);
    }
    accept_all(&mut bench, 1);
    bench.close();
    let lent = Position::from_fen(2 * Amount::MAX.fen()) - yuan(1_000).position();
    let told = bench.ledger.advices().iter().filter(
        |row| matches!(row.event, AdviceEvent::Issued { amount, .. } if amount.position() == lent),
    );
    assert_eq!(told.count(), 1);
    bench.check();
}

/// Six trillion yuan, of which two are more than the largest amount.
fn six_trillion() -> Amount {
    Amount::from_fen(600_000_000_000_000).unwrap()
}

/// Starts a ledger again with other outstanding admissions than its rows tell.
fn restart_with_outstanding(bench: &mut Bench, outstanding: Amount) {
    let mut rows = bench.rows();
    rows.accounts[0].outstanding = outstanding;
    bench.ledger = CentralBankLedger::restore(bench.ledger.settings().clone(), rows).unwrap();
    (0..2).for_each(|operator| bench.up(operator));
}

#[test]
fn an_outstanding_that_the_rows_do_not_tell_is_kept_and_found() {
    let mut bench = Bench::net(2, None);
    let instruction = Instruction { amount: six_trillion(), ..bench.instruction(1, 0, 1, 1) };
    bench.instruct(0, vec![instruction]);
    restart_with_outstanding(&mut bench, Amount::MAX);
    let broken: Vec<_> =
        bench.ledger.audit_in_memory().into_iter().filter(|invariant| !invariant.ok).collect();
    assert_eq!(
        broken.iter().map(|invariant| invariant.name).collect::<Vec<_>>(),
        ["outstanding admissions"]
    );
}

#[test]
fn a_sealed_sum_that_was_changed_is_found() {
    let mut bench = Bench::net(2, None);
    for number in [1, 2] {
        let instruction =
            Instruction { amount: six_trillion(), ..bench.instruction(number, 0, 1, 1) };
        bench.instruct(0, vec![instruction]);
    }
    let mut rows = bench.rows();
    rows.accounts[0].outstanding = Amount::MAX;
    let forged = CentralBankLedger::restore(bench.ledger.settings().clone(), rows).unwrap();
    assert!(!forged.check_beside().ok);
}

/// A ledger that was funded, before sums were bounded, with more than all accounts together can be.
fn overfunded(regime: Regime) -> Bench {
    let mut settings = settings(NET, 2, None);
    settings.regime = regime;
    let mut bench = Bench::new(settings);
    let mut rows = bench.rows();
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
    bench.ledger = CentralBankLedger::restore(bench.ledger.settings().clone(), rows).unwrap();
    (0..2).for_each(|operator| bench.up(operator));
    bench
}

#[test]
fn a_ledger_that_holds_more_than_the_largest_sum_opens_and_takes_in_no_more() {
    for regime in [Regime::Cash, Regime::Deposit] {
        let mut bench = overfunded(regime);
        let broken: Vec<_> =
            bench.ledger.audit_in_memory().into_iter().filter(|invariant| !invariant.ok).collect();
        assert!(broken.is_empty(), "{broken:?}");
        let refused = bench
            .ledger
            .fund(code(0), yuan(1).position(), &request("more"), bench.now)
            .unwrap_err();
        assert_eq!(refused.reason(), Reason::SumTooLarge);
        bench.ledger.fund(code(0), -yuan(1).position(), &request("less"), bench.now).unwrap();
        bench.commit();
        let paid = bench.paid(0, 1, 5);
        let expected = if regime == Regime::Cash { "cleared 1" } else { "refused SUM_TOO_LARGE" };
        assert_eq!(bench.state(paid), expected);
    }
}
