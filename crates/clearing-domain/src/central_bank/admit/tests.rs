//! What is admitted and what is refused.

use crate::Reason;
use crate::central_bank::bench::{Bench, NET, code, settings, yuan};
use crate::central_bank::settlement_mode::SettlementMode;

#[test]
fn ten_payments_of_100_under_a_cap_of_100_admit_one() {
    let mut bench = Bench::net(2, Some(100));
    let instructions = (1..=10).map(|number| bench.instruction(number, 0, 1, 100)).collect();
    bench.instruct(0, instructions);
    assert_eq!(bench.state(1), "delivered");
    assert!((2..=10).all(|number| bench.state(number) == "refused NET_DEBIT_CAP"));
    assert_eq!(bench.headroom(0), Some(0));
    bench.check();
}

#[test]
fn a_cap_is_exact_to_the_fen() {
    let mut bench = Bench::net(2, Some(100));
    let one_more = crate::money::Amount::from_fen(10_001).unwrap();
    let instruction =
        crate::link::Instruction { amount: one_more, ..bench.instruction(1, 0, 1, 100) };
    let fits = bench.instruction(2, 0, 1, 100);
    bench.instruct(0, vec![instruction, fits]);
    assert_eq!(
        (bench.state(1).as_str(), bench.state(2).as_str()),
        ("refused NET_DEBIT_CAP", "delivered")
    );
}

#[test]
fn only_cleared_inflow_and_refusals_restore_headroom() {
    let mut bench = Bench::net(2, Some(100));
    let back = bench.pay(1, 0, 50);
    assert_eq!(bench.headroom(0), Some(100));
    bench.decide(0, back, None);
    assert_eq!((bench.headroom(0), bench.headroom(1)), (Some(150), Some(50)));
    let refused = bench.pay(0, 1, 150);
    assert_eq!(bench.headroom(0), Some(0));
    bench.decide(1, refused, Some(Reason::PayeeUnknown));
    assert_eq!(bench.headroom(0), Some(150));
    bench.check();
}

#[test]
fn gross_settlement_needs_cover_for_all_that_is_undecided() {
    let mut bench = Bench::new(settings(SettlementMode::Gross, 2, None));
    bench.pay(0, 1, 600);
    let uncovered = bench.pay(0, 1, 401);
    let covered = bench.pay(0, 1, 400);
    assert_eq!(bench.state(uncovered), "refused COVER_INSUFFICIENT");
    assert_eq!(bench.state(covered), "delivered");
    bench.check();
}

#[test]
fn the_first_check_that_fails_gives_the_reason() {
    let mut bench = Bench::new(settings(SettlementMode::Gross, 2, Some(2_000)));
    let now = bench.now;
    bench.now = now.plus_ms(-60_000);
    let late = bench.instruction(1, 0, 1, 3_000);
    bench.now = now;
    let send = |bench: &mut Bench, number: u8, amount: i64| {
        let id = crate::central_bank::bench::id(number);
        bench.instruct(0, vec![crate::link::Instruction { id, amount: yuan(amount), ..late }]);
        bench.state(number)
    };
    bench.ledger.set_active(code(1), false, now).unwrap();
    assert_eq!(send(&mut bench, 1, 3_000), "refused OPERATOR_INACTIVE");
    bench.ledger.set_active(code(1), true, now).unwrap();
    assert_eq!(send(&mut bench, 2, 3_000), "refused NET_DEBIT_CAP");
    assert_eq!(send(&mut bench, 3, 1_500), "refused COVER_INSUFFICIENT");
    assert_eq!(send(&mut bench, 4, 1_000), "refused EXPIRED");
}

#[test]
fn a_repeat_is_answered_once_the_payment_is_final() {
    let mut bench = Bench::net(2, Some(100));
    let instruction = bench.instruction(1, 0, 1, 100);
    bench.instruct(0, vec![instruction]);
    bench.instruct(0, vec![instruction]);
    assert_eq!((bench.heard(0), bench.heard(1)), (String::new(), "deliver #1".to_owned()));
    bench.decide(1, 1, None);
    bench.instruct(0, vec![instruction]);
    assert_eq!(bench.heard(0), "#1 cleared 1 to payer; #1 cleared 1 to payer");
    assert_eq!((bench.headroom(0), bench.ledger.transfers().len()), (Some(0), 1));
    bench.check();
}

#[test]
fn other_content_under_a_known_id_is_an_alarm_and_no_refusal() {
    let mut bench = Bench::net(3, Some(100));
    bench.pay(0, 1, 60);
    let other = [bench.instruction(1, 0, 1, 61), bench.instruction(1, 0, 2, 60)];
    bench.instruct(0, other.to_vec());
    let foreign = bench.instruction(1, 1, 2, 60);
    bench.instruct(1, vec![foreign]);
    let answers = bench.heard(0).matches("came again from A with other content").count();
    assert_eq!((bench.alarms.len(), answers, bench.state(1).as_str()), (3, 2, "delivered"));
    let heard = bench.heard(1);
    assert!(
        heard.ends_with("came from two operators; #1 refused REQUEST_ID_REUSED to payer"),
        "{heard}"
    );
}

#[test]
fn an_instruction_that_cannot_come_from_its_sender_is_an_alarm() {
    let mut bench = Bench::net(3, Some(100));
    let [foreign, on_us] = [bench.instruction(1, 1, 2, 10), bench.instruction(2, 0, 0, 10)];
    bench.instruct(0, vec![foreign, on_us]);
    assert_eq!(
        (bench.alarms.len(), bench.state(1).as_str(), bench.state(2).as_str()),
        (2, "unknown", "unknown")
    );
}

#[test]
fn what_waits_for_a_link_is_delivered_when_the_operator_has_said_everything_again() {
    let mut bench = Bench::new(settings(NET, 2, Some(100)));
    bench.down(1);
    bench.pay(0, 1, 30);
    assert_eq!((bench.state(1).as_str(), bench.headroom(0)), ("admitted", Some(70)));
    bench.register(1).unwrap();
    bench.pay(0, 1, 30);
    assert_eq!((bench.state(2).as_str(), bench.heard(1)), ("admitted", "roster".to_owned()));
    bench.up(1);
    assert_eq!(bench.heard(1), "roster; deliver #1; deliver #2");
    assert_eq!(bench.state(1), "delivered");
    bench.check();
}
