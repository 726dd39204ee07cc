use crate::Ledger;
use crate::Reason;
use crate::central_bank::bench::{Bench, NET, noon, settings, yuan};
use crate::money::{BusinessDate, DAY_MS};
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;

#[test]
fn what_was_not_delivered_in_time_is_refused() {
    let mut bench = Bench::net(2, Some(100));
    bench.down(1);
    let number = bench.pay(0, 1, 100);
    assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(30_001)));
    bench.wait(30_000);
    assert_eq!(bench.state(number), "admitted");
    bench.wait(1);
    assert_eq!((bench.state(number).as_str(), bench.headroom(0)), ("refused EXPIRED", Some(100)));
    assert_eq!(bench.heard(0), "#1 refused EXPIRED to payer");
    bench.up(1);
    assert_eq!(bench.heard(1), "roster");
    bench.check();
}

#[test]
fn what_was_delivered_is_revoked_once_per_link_and_ends_by_its_decision() {
    let mut bench = Bench::net(2, Some(100));
    let [accepted, rejected] = [bench.pay(0, 1, 10), bench.pay(0, 1, 20)];
    bench.wait(30_001);
    bench.wait(30_001);
    assert_eq!(bench.heard(1), "deliver #1; deliver #2; revoke #1; revoke #2");
    bench.up(1);
    assert_eq!(bench.heard(1), "roster; revoke #1; revoke #2");
    assert_eq!(bench.state(accepted), "delivered");
    bench.decide(1, accepted, None);
    bench.decide(1, rejected, Some(Reason::Expired));
    assert_eq!(
        [accepted, rejected].map(|number| bench.state(number)),
        ["cleared 1", "refused EXPIRED"]
    );
    bench.check();
}

#[test]
fn a_decision_before_the_expiry_leaves_nothing_due() {
    let mut bench = Bench::net(2, Some(100));
    let number = bench.paid(0, 1, 10);
    assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(6 * HOUR)));
    bench.wait(30_001);
    assert_eq!(
        (bench.state(number).as_str(), bench.heard(1)),
        ("cleared 1", "deliver #1; #1 cleared 1 to payee".into())
    );
}

#[test]
fn at_the_end_of_the_day_what_waits_is_refused_and_what_is_delivered_carries_over() {
    let mut bench = Bench::net(3, Some(100));
    bench.wait(12 * HOUR - 10_000);
    bench.down(1);
    let [waiting, delivered] = [bench.pay(0, 1, 10), bench.pay(0, 2, 10)];
    assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(10_000)));
    bench.wait(10_000);
    assert_eq!(
        (bench.state(waiting).as_str(), bench.state(delivered).as_str()),
        ("refused END_OF_DAY", "delivered")
    );
    bench.decide(2, delivered, None);
    assert_eq!(bench.state(delivered), "cleared 3");
    bench.check();
}

#[test]
fn the_reason_does_not_depend_on_when_the_clock_is_looked_at() {
    let mut bench = Bench::new(settings(NET, 2, None));
    bench.down(1);
    let expired = bench.pay(0, 1, 10);
    bench.wait(12 * HOUR - 10_000);
    assert_eq!(bench.state(expired), "refused EXPIRED");
    let [late, early] = [bench.pay(0, 1, 10), bench.pay(0, 1, 10)];
    bench.now = bench.now.plus_ms(48 * HOUR);
    bench.up(1);
    assert_eq!([late, early].map(|number| bench.state(number)), ["refused END_OF_DAY"; 2]);
    bench.check();
}

/// When the cycles that are over were closed, in hours after noon.
fn closed(bench: &Bench) -> Vec<i64> {
    bench
        .ledger
        .cycles()
        .iter()
        .map(|cycle| (cycle.closed_at.unwrap().ms() - noon().ms()) / HOUR)
        .collect()
}

#[test]
fn after_a_leap_everything_due_comes_at_its_own_moment_and_today_never_clears_into_yesterday() {
    let mut bench = Bench::net(2, None);
    let [first, waiting] = [bench.paid(0, 1, 10), {
        bench.down(1);
        bench.pay(0, 1, 20)
    }];
    // The machine sleeps until the next day; what comes first then is a payment.
    bench.wait(31 * HOUR);
    bench.up(1);
    let next = bench.paid(0, 1, 30);
    assert_eq!(closed(&bench), [6, 12, 18, 24, 30]);
    let states = [first, waiting, next].map(|number| bench.state(number));
    assert_eq!(states, ["cleared 1", "refused EXPIRED", "cleared 6"]);
    let refused = bench.ledger.transfer(crate::central_bank::bench::id(waiting)).unwrap();
    assert_eq!(refused.finished_at().unwrap(), noon().plus_ms(30_001));
    bench.check();
    bench.restart();
    bench.check();
}

#[test]
fn a_clock_that_is_set_back_opens_nothing_again() {
    let mut bench = Bench::net(2, Some(100));
    bench.wait(7 * HOUR);
    let before = bench.paid(0, 1, 10);
    let now = bench.now;
    for restarts in [false, true] {
        if restarts {
            bench.restart();
            bench.ledger.advance_clock(now.plus_ms(-30 * HOUR));
            (0..2).for_each(|number| bench.up(number));
        }
        let at = bench.ledger.advance_clock(now.plus_ms(-30 * HOUR));
        assert_eq!((at, bench.ledger.business_time(noon())), (now, now));
    }
    bench.now = now.plus_ms(-30 * HOUR);
    bench.ledger.set_cap(crate::central_bank::bench::code(0), Some(yuan(50)), bench.now).unwrap();
    bench.commit();
    assert_eq!(bench.ledger.operations().last().unwrap().at, now);
    assert_eq!((bench.state(before).as_str(), closed(&bench)), ("cleared 2", vec![6]));
    assert_eq!(bench.ledger.next_due(), Some(noon().plus_ms(12 * HOUR)));
    bench.check();
}

#[test]
fn one_cycle_spans_the_cut_offs_that_a_sleep_of_years_has_missed() {
    let mut bench = Bench::net(2, None);
    bench.paid(0, 1, 10);
    bench.wait(800 * DAY_MS);
    let closed = closed(&bench);
    assert_eq!(closed[..1], [6], "what is owed settles at its cut-off");
    assert!((28..32).contains(&closed.len()), "{} cycles", closed.len());
    assert_eq!(bench.ledger.next_due(), Some(noon().plus_ms(800 * DAY_MS + 6 * HOUR)));
    bench.check();
    bench.restart();
    bench.check();
}

#[test]
fn days_of_23_and_25_hours_have_their_cut_offs_and_end_at_midnight() {
    for (date, hours) in [("1988-04-17", 23), ("1988-09-11", 25), ("1988-07-01", 24)] {
        let date = BusinessDate::parse(date).unwrap();
        let mut bench = Bench::opened_at(settings(NET, 2, None), date.start());
        bench.wait(hours * HOUR - 10_000);
        bench.down(1);
        let waiting = bench.pay(0, 1, 10);
        bench.wait(10_000);
        assert_eq!(bench.state(waiting), "refused END_OF_DAY", "{date}");
        let closed: Vec<_> =
            bench.ledger.cycles().iter().map(|cycle| cycle.closed_at.unwrap()).collect();
        assert_eq!(closed, [6, 12, 18, 24].map(|hour| date.at(hour * HOUR)), "{date}");
        assert_eq!(closed[3], date.start().plus_ms(hours * HOUR));
        bench.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the clock shows, rows are in the order of their times, and every cycle ends at its
    /// cut-off.
    #[test]
    fn business_time_never_runs_back(leaps in prop::collection::vec((-40 * HOUR..40 * HOUR, 0..3_u8), 1..30)) {
        let mut bench = Bench::net(2, None);
        for (leap, what) in leaps {
            bench.wait(leap);
            match what {
                0 => drop(bench.paid(0, 1, 1)),
                1 => bench.restart_linked(),
                _ => {}
            }
        }
        let at: Vec<_> = bench.ledger.cycles().iter().map(|cycle| cycle.closed_at.unwrap()).collect();
        prop_assert!(at.is_sorted());
        prop_assert!(at.iter().all(|at| at.ms_of_day() % (6 * HOUR) == 0));
        for cycle in bench.ledger.cycles() {
            let cleared = bench.ledger.transfers().iter().filter(|transfer| transfer.cycle == Some(cycle.id));
            let within = |at| cycle.opened_at <= at && Some(at) <= cycle.closed_at;
            prop_assert!(cleared.into_iter().all(|transfer| within(transfer.finished_at().unwrap())));
        }
        let admitted: Vec<_> = bench.ledger.transfers().iter().map(|transfer| transfer.admitted_at).collect();
        prop_assert!(admitted.is_sorted());
        bench.check();
    }
}

#[test]
fn a_queue_that_begins_at_a_cut_off_has_nothing_due_at_it() {
    let mut bench = Bench::new(settings(crate::central_bank::SettlementMode::Gross, 2, None));
    let at_cut_offs = Some(crate::netting::Algorithm::PartialNet);
    let rule = crate::central_bank::QueueRule {
        release: crate::netting::Algorithm::GrossFifo,
        gross_first: false,
        at_cut_offs,
    };
    let mode = crate::central_bank::SettlementMode::Queued(rule);
    bench.ledger.change_mode(mode, &crate::central_bank::bench::request("m"), bench.now).unwrap();
    bench.wait(13 * HOUR);
    assert_eq!(bench.ledger.mode(), mode);
    assert_eq!(bench.ledger.next_due(), Some(noon().plus_ms(18 * HOUR)));
    bench.check();
}
