use crate::Ledger;
use crate::Reason;
use crate::central_bank::test_ledger::{NET, TestLedger, noon, settings, yuan};
use crate::money::{BusinessDate, DAY_MS};
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;

#[test]
fn what_was_not_delivered_in_time_is_refused() {
    let mut test = TestLedger::net(2, Some(100));
    test.down(1);
    let number = test.pay(0, 1, 100);
    assert_eq!(test.ledger.next_due(), Some(test.now.plus_ms(30_001)));
    test.wait(30_000);
    assert_eq!(test.state(number), "admitted");
    test.wait(1);
    assert_eq!((test.state(number).as_str(), test.headroom(0)), ("refused EXPIRED", Some(100)));
    assert_eq!(test.heard(0), "#1 refused EXPIRED to payer");
    test.up(1);
    assert_eq!(test.heard(1), "roster");
    test.check();
}

#[test]
fn what_was_delivered_is_revoked_once_per_link_and_ends_by_its_decision() {
    let mut test = TestLedger::net(2, Some(100));
    let [accepted, rejected] = [test.pay(0, 1, 10), test.pay(0, 1, 20)];
    test.wait(30_001);
    test.wait(30_001);
    assert_eq!(test.heard(1), "deliver #1; deliver #2; revoke #1; revoke #2");
    test.up(1);
    assert_eq!(test.heard(1), "roster; revoke #1; revoke #2");
    assert_eq!(test.state(accepted), "delivered");
    test.decide(1, accepted, None);
    test.decide(1, rejected, Some(Reason::Expired));
    assert_eq!(
        [accepted, rejected].map(|number| test.state(number)),
        ["cleared 1", "refused EXPIRED"]
    );
    test.check();
}

#[test]
fn a_decision_before_the_expiry_leaves_nothing_due() {
    let mut test = TestLedger::net(2, Some(100));
    let number = test.paid(0, 1, 10);
    assert_eq!(test.ledger.next_due(), Some(test.now.plus_ms(6 * HOUR)));
    test.wait(30_001);
    assert_eq!(
        (test.state(number).as_str(), test.heard(1)),
        ("cleared 1", "deliver #1; #1 cleared 1 to payee".into())
    );
}

#[test]
fn at_the_end_of_the_day_what_waits_is_refused_and_what_is_delivered_carries_over() {
    let mut test = TestLedger::net(3, Some(100));
    test.wait(12 * HOUR - 10_000);
    test.down(1);
    let [waiting, delivered] = [test.pay(0, 1, 10), test.pay(0, 2, 10)];
    assert_eq!(test.ledger.next_due(), Some(test.now.plus_ms(10_000)));
    test.wait(10_000);
    assert_eq!(
        (test.state(waiting).as_str(), test.state(delivered).as_str()),
        ("refused END_OF_DAY", "delivered")
    );
    test.decide(2, delivered, None);
    assert_eq!(test.state(delivered), "cleared 3");
    test.check();
}

#[test]
fn the_reason_does_not_depend_on_when_the_clock_is_looked_at() {
    let mut test = TestLedger::new(settings(NET, 2, None));
    test.down(1);
    let expired = test.pay(0, 1, 10);
    test.wait(12 * HOUR - 10_000);
    assert_eq!(test.state(expired), "refused EXPIRED");
    let [late, early] = [test.pay(0, 1, 10), test.pay(0, 1, 10)];
    test.now = test.now.plus_ms(48 * HOUR);
    test.up(1);
    assert_eq!([late, early].map(|number| test.state(number)), ["refused END_OF_DAY"; 2]);
    test.check();
}

/// When the cycles that are over were closed, in hours after noon.
fn closed(test: &TestLedger) -> Vec<i64> {
    test.ledger
        .cycles()
        .iter()
        .map(|cycle| (cycle.closed_at.unwrap().ms() - noon().ms()) / HOUR)
        .collect()
}

#[test]
fn after_a_leap_everything_due_comes_at_its_own_moment_and_today_never_clears_into_yesterday() {
    let mut test = TestLedger::net(2, None);
    let [first, waiting] = [test.paid(0, 1, 10), {
        test.down(1);
        test.pay(0, 1, 20)
    }];
    // The machine sleeps until the next day; what comes first then is a payment.
    test.wait(31 * HOUR);
    test.up(1);
    let next = test.paid(0, 1, 30);
    assert_eq!(closed(&test), [6, 12, 18, 24, 30]);
    let states = [first, waiting, next].map(|number| test.state(number));
    assert_eq!(states, ["cleared 1", "refused EXPIRED", "cleared 6"]);
    let refused = test.ledger.transfer(crate::central_bank::test_ledger::id(waiting)).unwrap();
    assert_eq!(refused.finished_at().unwrap(), noon().plus_ms(30_001));
    test.check();
    test.restart();
    test.check();
}

#[test]
fn a_clock_that_is_set_back_opens_nothing_again() {
    let mut test = TestLedger::net(2, Some(100));
    test.wait(7 * HOUR);
    let before = test.paid(0, 1, 10);
    let now = test.now;
    for restarts in [false, true] {
        if restarts {
            test.restart();
            test.ledger.advance_clock(now.plus_ms(-30 * HOUR));
            (0..2).for_each(|number| test.up(number));
        }
        let at = test.ledger.advance_clock(now.plus_ms(-30 * HOUR));
        assert_eq!((at, test.ledger.business_time(noon())), (now, now));
    }
    test.now = now.plus_ms(-30 * HOUR);
    test.ledger
        .set_cap(crate::central_bank::test_ledger::code(0), Some(yuan(50)), test.now)
        .unwrap();
    test.commit();
    assert_eq!(test.ledger.operations().last().unwrap().at, now);
    assert_eq!((test.state(before).as_str(), closed(&test)), ("cleared 2", vec![6]));
    assert_eq!(test.ledger.next_due(), Some(noon().plus_ms(12 * HOUR)));
    test.check();
}

#[test]
fn one_cycle_spans_the_cut_offs_that_a_sleep_of_years_has_missed() {
    let mut test = TestLedger::net(2, None);
    test.paid(0, 1, 10);
    test.wait(800 * DAY_MS);
    let closed = closed(&test);
    assert_eq!(closed[..1], [6], "what is owed settles at its cut-off");
    assert!((28..32).contains(&closed.len()), "{} cycles", closed.len());
    assert_eq!(test.ledger.next_due(), Some(noon().plus_ms(800 * DAY_MS + 6 * HOUR)));
    test.check();
    test.restart();
    test.check();
}

#[test]
fn days_of_23_and_25_hours_have_their_cut_offs_and_end_at_midnight() {
    for (date, hours) in [("1988-04-17", 23), ("1988-09-11", 25), ("1988-07-01", 24)] {
        let date = BusinessDate::parse(date).unwrap();
        let mut test = TestLedger::opened_at(settings(NET, 2, None), date.start());
        test.wait(hours * HOUR - 10_000);
        test.down(1);
        let waiting = test.pay(0, 1, 10);
        test.wait(10_000);
        assert_eq!(test.state(waiting), "refused END_OF_DAY", "{date}");
        let closed: Vec<_> =
            test.ledger.cycles().iter().map(|cycle| cycle.closed_at.unwrap()).collect();
        assert_eq!(closed, [6, 12, 18, 24].map(|hour| date.at(hour * HOUR)), "{date}");
        assert_eq!(closed[3], date.start().plus_ms(hours * HOUR));
        test.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the clock shows, rows are in the order of their times, and every cycle ends at its
    /// cut-off.
    #[test]
    fn business_time_never_runs_back(leaps in prop::collection::vec((-40 * HOUR..40 * HOUR, 0..3_u8), 1..30)) {
        let mut test = TestLedger::net(2, None);
        for (leap, what) in leaps {
            test.wait(leap);
            match what {
                0 => drop(test.paid(0, 1, 1)),
                1 => test.restart_linked(),
                _ => {}
            }
        }
        let at: Vec<_> = test.ledger.cycles().iter().map(|cycle| cycle.closed_at.unwrap()).collect();
        prop_assert!(at.is_sorted());
        prop_assert!(at.iter().all(|at| at.ms_of_day() % (6 * HOUR) == 0));
        for cycle in test.ledger.cycles() {
            let cleared = test.ledger.transfers().iter().filter(|transfer| transfer.cycle == Some(cycle.id));
            let within = |at| cycle.opened_at <= at && Some(at) <= cycle.closed_at;
            prop_assert!(cleared.into_iter().all(|transfer| within(transfer.finished_at().unwrap())));
        }
        let admitted: Vec<_> = test.ledger.transfers().iter().map(|transfer| transfer.admitted_at).collect();
        prop_assert!(admitted.is_sorted());
        test.check();
    }
}

#[test]
fn a_queue_that_begins_at_a_cut_off_has_nothing_due_at_it() {
    let mut test = TestLedger::new(settings(crate::central_bank::SettlementMode::Gross, 2, None));
    let at_cut_offs = Some(crate::netting::Algorithm::PartialNet);
    let rule = crate::central_bank::QueueRule {
        release: crate::netting::Algorithm::GrossFifo,
        gross_first: false,
        at_cut_offs,
        ..crate::central_bank::QueueRule::HYBRID
    };
    let mode = crate::central_bank::SettlementMode::Queued(rule);
    test.ledger
        .change_mode(mode, &crate::central_bank::test_ledger::request("m"), test.now)
        .unwrap();
    test.wait(13 * HOUR);
    assert_eq!(test.ledger.mode(), mode);
    assert_eq!(test.ledger.next_due(), Some(noon().plus_ms(18 * HOUR)));
    test.check();
}
