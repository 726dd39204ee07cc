//! What is admitted and what is refused.

mod sums;

use crate::Reason;
use crate::central_bank::settlement_mode::SettlementMode;
use crate::central_bank::test_ledger::{NET, TestLedger, code, settings, yuan};

#[test]
fn ten_payments_of_100_under_a_cap_of_100_admit_one() {
    let mut test = TestLedger::net(2, Some(100));
    let instructions = (1..=10).map(|number| test.instruction(number, 0, 1, 100)).collect();
    test.instruct(0, instructions);
    assert_eq!(test.state(1), "delivered");
    assert!((2..=10).all(|number| test.state(number) == "refused NET_DEBIT_CAP"));
    assert_eq!(test.headroom(0), Some(0));
    test.check();
}

#[test]
fn a_cap_is_exact_to_the_fen() {
    let mut test = TestLedger::net(2, Some(100));
    let one_more = crate::money::Amount::from_fen(10_001).unwrap();
    let instruction =
        crate::link::Instruction { amount: one_more, ..test.instruction(1, 0, 1, 100) };
    let fits = test.instruction(2, 0, 1, 100);
    test.instruct(0, vec![instruction, fits]);
    assert_eq!(
        (test.state(1).as_str(), test.state(2).as_str()),
        ("refused NET_DEBIT_CAP", "delivered")
    );
}

#[test]
fn only_cleared_inflow_and_refusals_restore_headroom() {
    let mut test = TestLedger::net(2, Some(100));
    let back = test.pay(1, 0, 50);
    assert_eq!(test.headroom(0), Some(100));
    test.decide(0, back, None);
    assert_eq!((test.headroom(0), test.headroom(1)), (Some(150), Some(50)));
    let refused = test.pay(0, 1, 150);
    assert_eq!(test.headroom(0), Some(0));
    test.decide(1, refused, Some(Reason::PayeeUnknown));
    assert_eq!(test.headroom(0), Some(150));
    test.check();
}

#[test]
fn gross_settlement_needs_cover_for_all_that_is_undecided() {
    let mut test = TestLedger::new(settings(SettlementMode::Gross, 2, None));
    test.pay(0, 1, 600);
    let uncovered = test.pay(0, 1, 401);
    let covered = test.pay(0, 1, 400);
    assert_eq!(test.state(uncovered), "refused COVER_INSUFFICIENT");
    assert_eq!(test.state(covered), "delivered");
    test.check();
}

#[test]
fn the_first_check_that_fails_gives_the_reason() {
    let mut test = TestLedger::new(settings(SettlementMode::Gross, 2, Some(2_000)));
    let now = test.now;
    test.now = now.plus_ms(-60_000);
    let late = test.instruction(1, 0, 1, 3_000);
    test.now = now;
    let send = |test: &mut TestLedger, number: u8, amount: i64| {
        let id = crate::central_bank::test_ledger::id(number);
        test.instruct(
            0,
            vec![crate::link::Instruction { id, amount: yuan(amount), ..late.clone() }],
        );
        test.state(number)
    };
    test.ledger.set_active(code(1), false, now).unwrap();
    assert_eq!(send(&mut test, 1, 3_000), "refused OPERATOR_INACTIVE");
    test.ledger.set_active(code(1), true, now).unwrap();
    assert_eq!(send(&mut test, 2, 3_000), "refused NET_DEBIT_CAP");
    assert_eq!(send(&mut test, 3, 1_500), "refused COVER_INSUFFICIENT");
    assert_eq!(send(&mut test, 4, 1_000), "refused EXPIRED");
}

#[test]
fn a_repeat_is_answered_once_the_payment_is_final() {
    let mut test = TestLedger::net(2, Some(100));
    let instruction = test.instruction(1, 0, 1, 100);
    test.instruct(0, vec![instruction.clone()]);
    test.instruct(0, vec![instruction.clone()]);
    assert_eq!((test.heard(0), test.heard(1)), (String::new(), "deliver #1".to_owned()));
    test.decide(1, 1, None);
    test.instruct(0, vec![instruction.clone()]);
    assert_eq!(test.heard(0), "#1 cleared 1 to payer; #1 cleared 1 to payer");
    assert_eq!((test.headroom(0), test.ledger.transfers().len()), (Some(0), 1));
    test.check();
}

#[test]
fn other_content_under_a_known_id_is_an_alarm_and_no_refusal() {
    let mut test = TestLedger::net(3, Some(100));
    test.pay(0, 1, 60);
    let other = [test.instruction(1, 0, 1, 61), test.instruction(1, 0, 2, 60)];
    test.instruct(0, other.to_vec());
    let foreign = test.instruction(1, 1, 2, 60);
    test.instruct(1, vec![foreign]);
    let answers = test.heard(0).matches("came again from A with other content").count();
    assert_eq!((test.alarms.len(), answers, test.state(1).as_str()), (3, 2, "delivered"));
    let heard = test.heard(1);
    assert!(
        heard.ends_with("came from two operators; #1 refused REQUEST_ID_REUSED to payer"),
        "{heard}"
    );
}

#[test]
fn an_instruction_that_cannot_come_from_its_sender_is_an_alarm() {
    let mut test = TestLedger::net(3, Some(100));
    let [foreign, on_us] = [test.instruction(1, 1, 2, 10), test.instruction(2, 0, 0, 10)];
    test.instruct(0, vec![foreign, on_us]);
    assert_eq!(
        (test.alarms.len(), test.state(1).as_str(), test.state(2).as_str()),
        (2, "unknown", "unknown")
    );
}

#[test]
fn what_waits_for_a_link_is_delivered_when_the_operator_has_said_everything_again() {
    let mut test = TestLedger::new(settings(NET, 2, Some(100)));
    test.down(1);
    test.pay(0, 1, 30);
    assert_eq!((test.state(1).as_str(), test.headroom(0)), ("admitted", Some(70)));
    test.register(1).unwrap();
    test.pay(0, 1, 30);
    assert_eq!((test.state(2).as_str(), test.heard(1)), ("admitted", "roster".to_owned()));
    test.up(1);
    assert_eq!(test.heard(1), "roster; deliver #1; deliver #2");
    assert_eq!(test.state(1), "delivered");
    test.check();
}
