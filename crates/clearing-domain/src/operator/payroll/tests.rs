//! A payroll is prepared, confirmed once, and paid line by line.

use crate::Reason;
use crate::link::{CentralBankMessage, Notice, Outcome, Side};
use crate::money::{Amount, CycleId, PaymentId, PayrollId, RequestId, Total, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, line, settings, yuan};
use crate::operator::{
    NewPayrollLine, OPEN_PAYROLLS_MAX, OperatorError, PAYROLL_LINES_MAX, PaymentOrder,
    PayrollFigures, RefusalRate,
};

fn reason<T: std::fmt::Debug>(refused: Result<T, OperatorError>) -> Reason {
    refused.unwrap_err().reason()
}

fn figures(test: &TestLedger, payroll: PayrollId) -> PayrollFigures {
    test.ledger.payroll_figures(test.ledger.payroll(payroll).unwrap())
}

/// The central bank reports how the payment of a line ended.
fn end(test: &mut TestLedger, id: PaymentId, outcome: Outcome) {
    let notices = vec![Notice { id, side: Side::Payer, outcome, at: test.now }];
    test.hear(CentralBankMessage { notices, ..CentralBankMessage::default() });
}

#[test]
fn a_payroll_with_one_bad_line_pays_the_others_and_says_so() {
    let mut test = TestLedger::new(settings());
    let (payer, person, shop) = (test.corporate(1_000), test.wallet(1, 0), test.merchant());
    let lines = vec![line(person, 100), line(shop, 50), line(abroad(), 200)];
    let payroll = test.prepare("may", payer, lines).unwrap();
    assert_eq!(test.lines(payroll), "prepared; bad KIND_NOT_ALLOWED; prepared");
    assert_eq!(test.balance(payer), 1_000);
    assert_eq!(test.confirm(payroll, 350), Err(Reason::PayrollTotal));
    assert_eq!(test.balance(payer), 1_000);
    test.confirm(payroll, 300).unwrap();
    assert_eq!(test.lines(payroll), "Completed; bad KIND_NOT_ALLOWED; InTransit");
    assert_eq!([payer, person, shop].map(|wallet| test.balance(wallet)), [700, 100, 0]);
    let id = test.ledger.payroll(payroll).unwrap().payment_of(3);
    end(&mut test, id, Outcome::Refused(Reason::PayeeUnknown));
    assert_eq!(test.lines(payroll), "Completed; bad KIND_NOT_ALLOWED; Returned PAYEE_UNKNOWN");
    let sum = |yuan_: i64| Total::from(yuan(yuan_));
    let found = PayrollFigures {
        bad: 1,
        completed: (1, sum(100)),
        in_transit: (0, Total::ZERO),
        refused: (1, sum(200)),
    };
    assert_eq!(figures(&test, payroll), found);
    test.check();
}

#[test]
fn every_kind_of_bad_line_is_named_with_its_reason() {
    let mut test = TestLedger::new(settings());
    let (payer, closed) = (test.corporate(0), test.wallet(1, 0));
    test.ledger.close_wallet(closed, test.now).unwrap();
    let stranger = WalletNumber::new(
        crate::money::Prefix::new(9).unwrap(),
        crate::money::WalletKind::Personal,
        1,
    );
    let of_nobody = WalletNumber::new(settings().prefix, crate::money::WalletKind::Personal, 77);
    let bad = |payee, amount| NewPayrollLine { payee, amount, reference: None };
    let lines = vec![
        bad(Err(Reason::WalletNumberMalformed), Ok(yuan(1))),
        bad(Ok(abroad()), Err(Reason::AmountScale)),
        bad(Ok(abroad()), Ok(Amount::ZERO)),
        bad(Ok(abroad()), Ok(Amount::SUM_MAX)),
        bad(Ok(elsewhere()), Ok(yuan(1))),
        bad(Ok(stranger.unwrap()), Ok(yuan(1))),
        bad(Ok(of_nobody.unwrap()), Ok(yuan(1))),
        bad(Ok(closed), Ok(yuan(1))),
    ];
    let payroll = test.prepare("may", payer, lines).unwrap();
    let expected = "bad WALLET_NUMBER_MALFORMED; bad AMOUNT_SCALE; bad AMOUNT_NOT_POSITIVE; \
        bad AMOUNT_TOO_LARGE; bad KIND_NOT_ALLOWED; bad WALLET_PREFIX_UNKNOWN; \
        bad PAYEE_UNKNOWN; bad PAYEE_CLOSED";
    assert_eq!(test.lines(payroll), expected);
    let nothing = test.ledger.confirm_payroll(payroll, Amount::ZERO, test.now);
    assert_eq!(reason(nothing), Reason::AmountNotPositive);
    test.check();
}

#[test]
fn repeats_change_nothing_and_decisions_are_final() {
    let mut test = TestLedger::new(settings());
    let (payer, person) = (test.corporate(1_000), test.wallet(1, 0));
    let payroll = test.prepare("may", payer, vec![line(person, 100)]).unwrap();
    assert_eq!(test.prepare("may", payer, vec![line(person, 100)]), Ok(payroll));
    let mut other = test.payroll_order("may", payer, vec![line(person, 101)]);
    other.content = crate::operator::ContentMark::from_number(2).unwrap();
    let reused = test.ledger.prepare_payroll(other, test.now);
    assert_eq!(reason(reused), Reason::RequestIdReused);
    for _ in 0..2 {
        test.confirm(payroll, 100).unwrap();
        assert_eq!(test.balance(person), 100);
    }
    assert_eq!(test.confirm(payroll, 99), Err(Reason::PayrollTotal));
    assert_eq!(test.prepare("may", payer, vec![line(person, 100)]), Ok(payroll));
    assert_eq!(reason(test.ledger.cancel_payroll(payroll, test.now)), Reason::PayrollConfirmed);
    let given_up = test.prepare("june", payer, vec![line(person, 100)]).unwrap();
    test.ledger.cancel_payroll(given_up, test.now).unwrap();
    test.ledger.cancel_payroll(given_up, test.now).unwrap();
    assert_eq!(test.confirm(given_up, 100), Err(Reason::PayrollCancelled));
    assert_eq!(test.lines(given_up), "cancelled");
    let unknown = PayrollId([9; 16]);
    assert_eq!(test.confirm(unknown, 1), Err(Reason::PayrollUnknown));
    test.restart();
    test.up();
    test.confirm(payroll, 100).unwrap();
    assert_eq!(test.balance(person), 100);
    test.check();
}

#[test]
fn a_payroll_that_cannot_be_paid_whole_is_not_begun() {
    let mut test = TestLedger::new(settings());
    let (payer, person) = (test.corporate(199), test.wallet(1, 0));
    let lines = vec![line(person, 100), line(abroad(), 100)];
    let payroll = test.prepare("may", payer, lines).unwrap();
    assert_eq!(test.confirm(payroll, 200), Err(Reason::InsufficientFunds));
    test.refill(payer, yuan(1));
    test.ledger.freeze(payer, false, test.now).unwrap();
    assert_eq!(test.confirm(payroll, 200), Err(Reason::WalletFrozen));
    assert_eq!(test.lines(payroll), "prepared; prepared");
    test.ledger.unfreeze(payer, test.now).unwrap();
    test.confirm(payroll, 200).unwrap();
    assert_eq!(test.lines(payroll), "Completed; InTransit");
    assert_eq!(test.balance(payer), 0);
    test.check();
}

#[test]
fn refusals_of_lines_are_outcomes_and_use_up_no_budget() {
    let mut test = TestLedger::new(settings());
    test.ledger.limit_refusals(RefusalRate { burst: 1, per_second: 1 });
    let (payer, frozen) = (test.corporate(1_000), test.wallet(1, 0));
    test.ledger.freeze(frozen, false, test.now).unwrap();
    let lines = (0..5).map(|_| line(frozen, 10)).collect();
    let payroll = test.prepare("may", payer, lines).unwrap();
    test.confirm(payroll, 50).unwrap();
    assert_eq!(test.lines(payroll), ["Rejected PAYEE_FROZEN"; 5].join("; "));
    assert_eq!(test.balance(payer), 1_000);
    test.check();
}

#[test]
fn the_most_lines_and_payrolls_are_taken_and_no_more() {
    let mut test = TestLedger::new(settings());
    let (payer, person) = (test.corporate(99_999), test.wallet(1, 0));
    let lines = |count| (0..count).map(|_| line(abroad(), 9)).collect::<Vec<_>>();
    for count in [0, PAYROLL_LINES_MAX + 1] {
        let refused = test.prepare("may", payer, lines(count));
        assert_eq!(refused, Err(OperatorError::PayrollLines(count)));
    }
    let largest = test.prepare("may", payer, lines(PAYROLL_LINES_MAX)).unwrap();
    test.confirm(largest, 90_000).unwrap();
    let found = figures(&test, largest);
    assert_eq!((found.in_transit.0, test.balance(payer)), (10_000, 9_999));
    let open: Vec<_> = (0..OPEN_PAYROLLS_MAX)
        .map(|number| test.prepare(&format!("p{number}"), payer, vec![line(person, 1)]).unwrap())
        .collect();
    let refused = test.prepare("more", payer, vec![line(person, 1)]);
    assert_eq!(reason(refused), Reason::TooManyPayrolls);
    test.ledger.cancel_payroll(open[0], test.now).unwrap();
    test.prepare("more", payer, vec![line(person, 1)]).unwrap();
    let huge = vec![
        NewPayrollLine { amount: Ok(Amount::MAX), ..line(person, 1) },
        NewPayrollLine { amount: Ok(Amount::MAX), ..line(person, 1) },
    ];
    test.ledger.cancel_payroll(open[1], test.now).unwrap();
    assert_eq!(reason(test.prepare("huge", payer, huge)), Reason::SumTooLarge);
    let of_a_person = test.prepare("own", person, vec![line(abroad(), 1)]);
    assert_eq!(reason(of_a_person), Reason::KindNotAllowed);
    test.check();
}

#[test]
fn who_uses_the_name_of_a_line_first_pays_none_of_them() {
    let mut test = TestLedger::new(settings());
    let (payer, person) = (test.corporate(1_000), test.wallet(1, 0));
    let payroll = test.prepare("may", payer, vec![line(person, 100), line(person, 5)]).unwrap();
    let id = test.ledger.payroll(payroll).unwrap().payment_of(2);
    let order = test.order(payer, person, 7);
    test.submit(PaymentOrder { request_id: RequestId::Uuid(id.0), ..order });
    assert_eq!(test.confirm(payroll, 105), Err(Reason::RequestIdReused));
    assert_eq!((test.balance(payer), test.balance(person)), (993, 7));
    test.check();
}

#[test]
fn cleared_lines_are_completed_after_a_restart() {
    let mut test = TestLedger::new(settings());
    let payer = test.corporate(1_000);
    let payroll = test.prepare("may", payer, vec![line(abroad(), 100)]).unwrap();
    test.confirm(payroll, 100).unwrap();
    test.restart();
    test.up();
    let id = test.ledger.payroll(payroll).unwrap().payment_of(1);
    end(&mut test, id, Outcome::Cleared(CycleId::new(1)));
    assert_eq!(test.lines(payroll), "Completed");
    test.check();
}

#[test]
fn lines_that_come_to_nothing_are_bounded_for_each_payer() {
    let mut test = TestLedger::new(settings());
    test.ledger.limit_refusals(RefusalRate { burst: 1, per_second: 10 });
    let (payer, frozen) = (test.corporate(20_000), test.wallet(1, 0));
    test.ledger.freeze(frozen, false, test.now).unwrap();
    let lines = |payee| (0..PAYROLL_LINES_MAX).map(|_| line(payee, 1)).collect::<Vec<_>>();
    // Lines that are bad, refused when they are paid, and given up all count.
    test.prepare("bad", payer, lines(payer)).unwrap();
    let refused = test.prepare("refused", payer, lines(frozen)).unwrap();
    test.confirm(refused, 10_000).unwrap();
    let given_up = test.prepare("given-up", payer, lines(abroad())).unwrap();
    test.ledger.cancel_payroll(given_up, test.now).unwrap();
    test.ledger.cancel_payroll(given_up, test.now).unwrap();
    test.commit();
    let order = test.payroll_order("more", payer, lines(abroad()));
    let error = test.ledger.prepare_payroll(order, test.now).unwrap_err();
    assert_eq!((error.field(), error.reason()), ("payer_wallet", Reason::RefusedTooOften));
    assert_eq!(error.wait_ms(), Some(100));
    // A repeat of what was prepared is answered, and other payers go on.
    assert_eq!(test.prepare("given-up", payer, lines(abroad())), Ok(given_up));
    let other = test.corporate(10);
    test.prepare("more", other, vec![line(abroad(), 1)]).unwrap();
    test.wait(100);
    test.prepare("more", payer, lines(payer)).unwrap();
    let waits = test.prepare("again", payer, vec![line(abroad(), 1)]).unwrap_err().wait_ms();
    assert_eq!(waits, Some(1_000_000));
    test.check();
}
