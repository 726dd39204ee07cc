//! What is kept for levels of the queue, and who may use it.

use super::super::error::CentralBankError;
use super::super::settlement_mode::{QueueRule, SettlementMode};
use super::super::test_ledger::{TestLedger, code, id, operator, settings, yuan};
use super::*;
use crate::netting::Algorithm;

const HOUR: i64 = 3_600_000;

/// Three operators that hold 1,000 yuan each; the first keeps 300 for extra urgent payments and 200
/// for urgent ones.
fn reserving(release: Algorithm) -> TestLedger {
    let rule = QueueRule { release, ..QueueRule::GROSS_QUEUE };
    let mut settings = settings(SettlementMode::Queued(rule), 3, None);
    settings.operators[0].reserved.set(Priority::ExtraUrgent, yuan(300));
    settings.operators[0].reserved.set(Priority::Urgent, yuan(200));
    TestLedger::new(settings)
}

fn left(test: &TestLedger) -> [i64; 2] {
    [Priority::ExtraUrgent, Priority::Urgent]
        .map(|level| test.ledger.reservations.left(operator(0), level, test.now).fen() / 100)
}

fn raise(test: &mut TestLedger, number: u8, level: Priority) {
    test.ledger.change_priority(id(number), level, test.now).unwrap();
    test.commit();
}

fn states<const N: usize>(test: &TestLedger, numbers: [u8; N]) -> [String; N] {
    numbers.map(|number| test.state(number))
}

#[test]
fn a_level_may_use_all_but_what_is_kept_for_those_before_it() {
    for release in [Algorithm::GrossFifo, Algorithm::PartialNet] {
        let mut test = reserving(release);
        let [fits, normal] = [test.paid(0, 1, 500), test.paid(0, 1, 1)];
        assert_eq!(states(&test, [fits, normal]), ["cleared 0", "queued"], "{release:?}");
        let urgent = test.paid(0, 1, 150);
        raise(&mut test, urgent, Priority::Urgent);
        assert_eq!((test.state(urgent).as_str(), left(&test)), ("cleared 0", [300, 50]));
        let large = test.paid(0, 1, 60);
        raise(&mut test, large, Priority::Urgent);
        assert_eq!(test.state(large), "queued", "50 are left for urgent ones");
        raise(&mut test, large, Priority::ExtraUrgent);
        assert_eq!((test.state(large).as_str(), left(&test)), ("cleared 0", [240, 50]));
        test.restart_linked();
        assert_eq!((left(&test), test.state(normal).as_str()), ([240, 50], "queued"));
        // 290 are there, and as many are kept.
        test.paid(1, 0, 1);
        assert_eq!((test.state(normal).as_str(), test.money(0)), ("cleared 0", (290, 0)));
        test.check();
    }
}

#[test]
fn offsetting_needs_nothing_of_what_is_kept() {
    let mut test = reserving(Algorithm::BilateralOffset { look_ahead: 10 });
    let there = test.paid(0, 1, 5_000);
    let back = test.paid(1, 0, 4_600);
    assert_eq!(states(&test, [there, back]), ["cleared 0", "cleared 0"]);
    let [there, back] = [test.paid(0, 1, 5_000), test.paid(1, 0, 4_800)];
    assert_eq!(states(&test, [there, back]), ["queued", "queued"], "100 are free and 200 lack");
    test.check();
}

#[test]
fn who_keeps_more_than_it_has_stops_no_offset_of_others() {
    for release in [Algorithm::AllOrNothing, Algorithm::Optimal, Algorithm::PartialNet] {
        let mut test = reserving(release);
        test.ledger.set_reserved(code(0), Priority::Urgent, yuan(2_000), test.now).unwrap();
        test.commit();
        let [there, back] = [test.paid(1, 2, 5_000), test.paid(2, 1, 5_000)];
        assert_eq!(states(&test, [there, back]), ["cleared 0", "cleared 0"], "{release:?}");
        let own = test.paid(0, 1, 1);
        assert_eq!(test.state(own), "queued", "{release:?}: all of its cover is kept");
        test.check();
    }
}

#[test]
fn what_is_kept_is_whole_again_on_the_next_day_and_can_be_changed_in_the_day() {
    let mut test = reserving(Algorithm::GrossFifo);
    let first = test.paid(0, 1, 600);
    raise(&mut test, first, Priority::Urgent);
    assert_eq!((test.state(first).as_str(), left(&test)), ("cleared 0", [300, 0]));
    test.wait(13 * HOUR);
    assert_eq!(left(&test), [300, 200]);
    let normal = test.paid(0, 1, 50);
    assert_eq!(test.state(normal), "queued");
    let set = |test: &mut TestLedger, level, amount| {
        let set = test.ledger.set_reserved(code(0), level, yuan(amount), test.now);
        test.commit();
        set
    };
    set(&mut test, Priority::Urgent, 51).unwrap();
    assert_eq!((test.state(normal).as_str(), left(&test)), ("queued", [300, 51]));
    let rows = test.ledger.chain().row;
    set(&mut test, Priority::Urgent, 51).unwrap();
    assert_eq!(test.ledger.chain().row, rows, "a repeat leaves no row");
    set(&mut test, Priority::Urgent, 50).unwrap();
    assert_eq!(test.state(normal), "cleared 0");
    let refused = set(&mut test, Priority::Normal, 50);
    assert_eq!(refused, Err(CentralBankError::ReservedForNormal));
    test.restart_linked();
    assert_eq!(left(&test), [300, 50]);
    test.check();
}

#[test]
fn a_payment_with_two_payers_is_a_normal_one() {
    let mut test = reserving(Algorithm::GrossFifo);
    let number = test.pay_with([0, 2, 1], 521, 20);
    assert_eq!(test.state(number), "refused COVER_INSUFFICIENT");
    let number = test.pay_with([0, 2, 1], 520, 20);
    test.fund(2, number, None);
    test.decide(1, number, None);
    assert_eq!(test.state(number), "cleared 0");
    test.check();
}
