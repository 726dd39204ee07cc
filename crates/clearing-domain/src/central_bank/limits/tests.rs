//! Bilateral limits and receiver caps.

use crate::central_bank::bench::{Bench, NET, code, operator, settings, yuan};
use crate::central_bank::error::CentralBankError;
use crate::central_bank::{Action, QueueRule, SettlementMode};
use crate::money::Amount;
use crate::netting::Algorithm;

const HOUR: i64 = 3_600_000;

fn limited(mode: SettlementMode, limit: Option<i64>, receiver_cap: Option<i64>) -> Bench {
    let mut settings = settings(mode, 3, None);
    settings.operators[0].bilateral_limits.extend(limit.map(|limit| (code(1), yuan(limit))));
    settings.operators[2].receiver_cap = receiver_cap.map(yuan);
    Bench::new(settings)
}

fn queue(release: Algorithm) -> SettlementMode {
    SettlementMode::Queued(QueueRule { release, gross_first: true, at_cut_offs: None })
}

#[test]
fn payments_under_way_count_and_only_cleared_ones_bring_room() {
    let mut bench = limited(NET, Some(100), None);
    let [first, second] = [bench.pay(0, 1, 100), bench.pay(0, 1, 1)];
    assert_eq!(
        [first, second].map(|number| bench.state(number)),
        ["delivered", "refused BILATERAL_LIMIT"]
    );
    let back = bench.pay(1, 0, 30);
    let third = bench.pay(0, 1, 30);
    assert_eq!(bench.state(third), "refused BILATERAL_LIMIT");
    bench.decide(0, back, None);
    let fourth = bench.paid(0, 1, 30);
    assert_eq!(bench.state(fourth), "cleared 1");
    let other = bench.paid(0, 2, 900);
    assert_eq!(bench.state(other), "cleared 1");
    let limit = bench.ledger.bilateral_limits(operator(0), bench.now)[0];
    assert_eq!((limit.payee, limit.limit, limit.paid), (code(1), yuan(100), yuan(0).position()));
    bench.decide(1, first, None);
    assert_eq!(bench.ledger.bilateral_limits(operator(0), bench.now)[0].paid, yuan(100).position());
    bench.check();
}

#[test]
fn a_limit_is_on_a_business_day() {
    let mut bench = limited(NET, Some(100), None);
    bench.paid(0, 1, 100);
    bench.wait(12 * HOUR);
    let last_of_the_day = bench.pay(0, 1, 1);
    bench.wait(1);
    let first_of_the_next = bench.paid(0, 1, 99);
    let states = [last_of_the_day, first_of_the_next].map(|number| bench.state(number));
    assert_eq!(states, ["refused BILATERAL_LIMIT", "cleared 3"]);
    bench.restart();
    (0..2).for_each(|number| bench.up(number));
    let beyond = bench.pay(0, 1, 2);
    assert_eq!(bench.state(beyond), "refused BILATERAL_LIMIT");
    bench.check();
}

#[test]
fn a_receiver_takes_no_more_than_its_cap_net_of_what_it_sent() {
    let mut bench = limited(SettlementMode::Gross, None, Some(100));
    let [first, second] = [bench.paid(0, 2, 60), bench.pay(1, 2, 41)];
    assert_eq!(
        [first, second].map(|number| bench.state(number)),
        ["cleared 0", "refused RECEIVER_CAP"]
    );
    bench.paid(2, 0, 1);
    let third = bench.paid(1, 2, 41);
    assert_eq!(
        (bench.state(third), bench.ledger.receiver_cap(operator(2))),
        ("cleared 0".to_owned(), Some(yuan(100)))
    );
    bench.check();
}

#[test]
fn in_a_queue_payments_wait_for_room() {
    for release in [Algorithm::GrossFifo, Algorithm::PartialNet] {
        let mut bench = limited(queue(release), Some(100), Some(50));
        let [pair, receiver] = [bench.paid(0, 1, 150), bench.paid(1, 2, 60)];
        assert_eq!([pair, receiver].map(|number| bench.state(number)), ["queued", "queued"]);
        bench.paid(1, 0, 50);
        bench.restart();
        (0..3).for_each(|number| bench.up(number));
        assert_eq!(bench.state(pair), "queued", "the payment back waits behind the one to C");
        bench.ledger.set_receiver_cap(code(2), None, bench.now).unwrap();
        bench.commit();
        assert_eq!([pair, receiver].map(|number| bench.state(number)), ["cleared 0", "cleared 0"]);
        assert_eq!([0, 1, 2].map(|number| bench.money(number).0), [900, 1_040, 1_060]);
        bench.check();
    }
}

#[test]
fn limits_are_changed_and_read_back() {
    let mut bench = limited(NET, None, None);
    let now = bench.now;
    let set = |bench: &mut Bench, limit: Option<Amount>| {
        bench.ledger.set_bilateral_limit(code(0), code(1), limit, now)
    };
    set(&mut bench, Some(yuan(10))).unwrap();
    bench.commit();
    let refused = bench.pay(0, 1, 11);
    set(&mut bench, None).unwrap();
    bench.commit();
    let passed = bench.paid(0, 1, 11);
    assert_eq!(
        [refused, passed].map(|number| bench.state(number)),
        ["refused BILATERAL_LIMIT", "cleared 1"]
    );
    let itself = bench.ledger.set_bilateral_limit(code(0), code(0), None, now);
    assert_eq!(itself, Err(CentralBankError::LimitOnItself(code(0))));
    assert!(bench.ledger.bilateral_limits(operator(0), now).is_empty());
    bench.check();
}

#[test]
fn an_admission_beyond_a_limit_is_found_by_the_audit() {
    for (limit, cap, what) in
        [(Some(100), None, "bilateral limit"), (None, Some(100), "receiver cap")]
    {
        let mut bench = limited(NET, limit, cap);
        bench.paid(0, if limit.is_some() { 1 } else { 2 }, 100);
        bench.check();
        for operation in bench.ledger.operations.rows_mut() {
            if let Action::SetBilateralLimit { bound, .. } | Action::SetReceiverCap { bound } =
                &mut operation.action
            {
                *bound = Some(yuan(99));
            }
        }
        let audit = bench.ledger.audit_in_memory();
        let found = audit
            .iter()
            .find(|invariant| invariant.name == "nothing was admitted beyond cap or cover");
        assert!(found.is_some_and(|found| !found.ok && found.detail.contains(what)), "{audit:?}");
    }
}
