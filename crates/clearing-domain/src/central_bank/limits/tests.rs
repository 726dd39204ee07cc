//! Bilateral limits and receiver caps.

use crate::central_bank::error::CentralBankError;
use crate::central_bank::test_ledger::{NET, TestLedger, code, operator, settings, yuan};
use crate::central_bank::{Action, QueueRule, SettlementMode};
use crate::money::Amount;
use crate::netting::Algorithm;

const HOUR: i64 = 3_600_000;

fn limited(mode: SettlementMode, limit: Option<i64>, receiver_cap: Option<i64>) -> TestLedger {
    let mut settings = settings(mode, 3, None);
    settings.operators[0].bilateral_limits.extend(limit.map(|limit| (code(1), yuan(limit))));
    settings.operators[2].receiver_cap = receiver_cap.map(yuan);
    TestLedger::new(settings)
}

fn queue(release: Algorithm) -> SettlementMode {
    SettlementMode::Queued(QueueRule { release, gross_first: true, ..QueueRule::GROSS_QUEUE })
}

#[test]
fn payments_under_way_count_and_only_cleared_ones_bring_room() {
    let mut test = limited(NET, Some(100), None);
    let [first, second] = [test.pay(0, 1, 100), test.pay(0, 1, 1)];
    assert_eq!(
        [first, second].map(|number| test.state(number)),
        ["delivered", "refused BILATERAL_LIMIT"]
    );
    let back = test.pay(1, 0, 30);
    let third = test.pay(0, 1, 30);
    assert_eq!(test.state(third), "refused BILATERAL_LIMIT");
    test.decide(0, back, None);
    let fourth = test.paid(0, 1, 30);
    assert_eq!(test.state(fourth), "cleared 1");
    let other = test.paid(0, 2, 900);
    assert_eq!(test.state(other), "cleared 1");
    let limit = test.ledger.bilateral_limits(operator(0), test.now)[0];
    assert_eq!((limit.payee, limit.limit, limit.paid), (code(1), yuan(100), yuan(0).position()));
    test.decide(1, first, None);
    assert_eq!(test.ledger.bilateral_limits(operator(0), test.now)[0].paid, yuan(100).position());
    test.check();
}

#[test]
fn flows_are_what_each_has_paid_each_on_the_day() {
    let mut test = limited(NET, None, None);
    for (from, to, sum) in [(0, 1, 70), (1, 0, 30), (0, 1, 5), (2, 1, 1)] {
        test.paid(from, to, sum);
    }
    let flows = |test: &TestLedger, after| {
        let flows = test.ledger.flows_after(after, test.now);
        flows.map(|(from, to, sum)| (from.place(), to.place(), sum.fen() / 100)).collect::<Vec<_>>()
    };
    assert_eq!(flows(&test, None), [(0, 1, 75), (1, 0, 30), (2, 1, 1)]);
    let behind_the_first = Some((operator(0), operator(1)));
    assert_eq!(flows(&test, behind_the_first), [(1, 0, 30), (2, 1, 1)]);
    test.restart();
    assert_eq!(flows(&test, behind_the_first), [(1, 0, 30), (2, 1, 1)]);
    test.wait(13 * HOUR);
    assert_eq!(flows(&test, None), []);
    test.check();
}

#[test]
fn a_limit_is_on_a_business_day() {
    let mut test = limited(NET, Some(100), None);
    test.paid(0, 1, 100);
    test.wait(12 * HOUR);
    let last_of_the_day = test.pay(0, 1, 1);
    test.wait(1);
    let first_of_the_next = test.paid(0, 1, 99);
    let states = [last_of_the_day, first_of_the_next].map(|number| test.state(number));
    assert_eq!(states, ["refused BILATERAL_LIMIT", "cleared 3"]);
    test.restart();
    (0..2).for_each(|number| test.up(number));
    let beyond = test.pay(0, 1, 2);
    assert_eq!(test.state(beyond), "refused BILATERAL_LIMIT");
    test.check();
}

#[test]
fn a_receiver_takes_no_more_than_its_cap_net_of_what_it_sent() {
    let mut test = limited(SettlementMode::Gross, None, Some(100));
    let [first, second] = [test.paid(0, 2, 60), test.pay(1, 2, 41)];
    assert_eq!(
        [first, second].map(|number| test.state(number)),
        ["cleared 0", "refused RECEIVER_CAP"]
    );
    test.paid(2, 0, 1);
    let third = test.paid(1, 2, 41);
    assert_eq!(
        (test.state(third), test.ledger.receiver_cap(operator(2))),
        ("cleared 0".to_owned(), Some(yuan(100)))
    );
    test.check();
}

#[test]
fn in_a_queue_payments_wait_for_room() {
    for release in [Algorithm::GrossFifo, Algorithm::PartialNet] {
        let mut test = limited(queue(release), Some(100), Some(50));
        let [pair, receiver] = [test.paid(0, 1, 150), test.paid(1, 2, 60)];
        assert_eq!([pair, receiver].map(|number| test.state(number)), ["queued", "queued"]);
        test.paid(1, 0, 50);
        test.restart();
        (0..3).for_each(|number| test.up(number));
        assert_eq!(test.state(pair), "queued", "the payment back waits behind the one to C");
        test.ledger.set_receiver_cap(code(2), None, test.now).unwrap();
        test.commit();
        assert_eq!([pair, receiver].map(|number| test.state(number)), ["cleared 0", "cleared 0"]);
        assert_eq!([0, 1, 2].map(|number| test.money(number).0), [900, 1_040, 1_060]);
        test.check();
    }
}

#[test]
fn limits_are_changed_and_read_back() {
    let mut test = limited(NET, None, None);
    let now = test.now;
    let set = |test: &mut TestLedger, limit: Option<Amount>| {
        test.ledger.set_bilateral_limit(code(0), code(1), limit, now)
    };
    set(&mut test, Some(yuan(10))).unwrap();
    test.commit();
    let refused = test.pay(0, 1, 11);
    set(&mut test, None).unwrap();
    test.commit();
    let passed = test.paid(0, 1, 11);
    assert_eq!(
        [refused, passed].map(|number| test.state(number)),
        ["refused BILATERAL_LIMIT", "cleared 1"]
    );
    let itself = test.ledger.set_bilateral_limit(code(0), code(0), None, now);
    assert_eq!(itself, Err(CentralBankError::LimitOnItself(code(0))));
    assert!(test.ledger.bilateral_limits(operator(0), now).is_empty());
    test.check();
}

#[test]
fn an_admission_beyond_a_limit_is_found_by_the_audit() {
    for (limit, cap, what) in
        [(Some(100), None, "bilateral limit"), (None, Some(100), "receiver cap")]
    {
        let mut test = limited(NET, limit, cap);
        test.paid(0, if limit.is_some() { 1 } else { 2 }, 100);
        test.check();
        for operation in test.ledger.operations.rows_mut() {
            if let Action::SetBilateralLimit { bound, .. } | Action::SetReceiverCap { bound } =
                &mut operation.action
            {
                *bound = Some(yuan(99));
            }
        }
        let audit = test.ledger.audit_in_memory();
        let found = audit
            .iter()
            .find(|invariant| invariant.name == "nothing was admitted beyond cap or cover");
        assert!(found.is_some_and(|found| !found.ok && found.detail.contains(what)), "{audit:?}");
    }
}
