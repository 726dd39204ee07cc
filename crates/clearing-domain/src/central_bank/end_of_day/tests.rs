//! What becomes of the queue at the end of the business day.

use super::super::error::CentralBankError;
use super::super::settlement_mode::{EndOfDay, ModeChange, QueueRule, SettlementMode};
use super::super::test_ledger::{TestLedger, code, in_lockstep, noon, request, settings, yuan};
use super::*;
use crate::netting::Priority;

const HOUR: i64 = 3_600_000;

fn queued(end_of_day: EndOfDay) -> SettlementMode {
    SettlementMode::Queued(QueueRule { end_of_day, ..QueueRule::GROSS_QUEUE })
}

/// Three operators that hold 1,000 yuan each.
fn carrying() -> TestLedger {
    TestLedger::new(settings(queued(EndOfDay::Carry), 3, None))
}

/// Three operators with reserves of 1,500 yuan each, the first with a credit line of 100.
fn forcing() -> TestLedger {
    let mut settings = settings(queued(EndOfDay::ForceCredit), 3, None);
    settings.regime = Regime::Deposit;
    settings.operators[0].credit = yuan(100);
    TestLedger::new(settings)
}

fn states<const N: usize>(test: &TestLedger, numbers: [u8; N]) -> [String; N] {
    numbers.map(|number| test.state(number))
}

#[test]
fn what_is_carried_is_tried_anew_by_the_limits_of_the_next_day() {
    for restarts in [false, true] {
        let mut test = carrying();
        test.ledger.set_bilateral_limit(code(0), code(1), Some(yuan(100)), test.now).unwrap();
        test.commit();
        let [first, second] = [test.paid(0, 1, 80), test.paid(0, 1, 60)];
        assert_eq!(states(&test, [first, second]), ["cleared 0", "queued"]);
        test.wait(12 * HOUR);
        assert_eq!(test.state(second), "queued", "midnight ends the day before");
        if restarts {
            test.restart_linked();
        }
        test.wait(1);
        assert_eq!(test.state(second), "cleared 0");
        test.check();
    }
}

/// Drawn, repaid and overdrawn, in yuan.
fn lent(test: &TestLedger, operator: usize) -> [i64; 3] {
    let lending = test.ledger.accounts()[operator].lending;
    [lending.drawn, lending.repaid, lending.overdraft].map(|sum| sum.fen() / 100)
}

#[test]
fn what_is_carried_waits_on_before_all_that_comes_later_in_its_level() {
    let mut test = carrying();
    let first = test.paid(0, 1, 1_200);
    test.heard(0);
    test.heard(1);
    let next_day = test.now.date().next().start().plus_ms(1);
    assert_eq!(test.ledger.next_due(), Some(next_day), "no day ends it, and the next tries it");
    test.wait(12 * HOUR);
    assert_eq!((test.heard(0), test.heard(1)), (String::new(), String::new()));
    test.restart_linked();
    test.wait(24 * HOUR);
    let [second, urgent] = [test.paid(0, 1, 1_100), test.paid(0, 1, 1_300)];
    let slot = test.ledger.transfers.find(super::super::test_ledger::id(urgent)).unwrap();
    let id = test.ledger.transfers[slot].id;
    test.ledger.change_priority(id, Priority::Urgent, test.now).unwrap();
    test.commit();
    let order: Vec<_> = test.ledger.queue().map(|transfer| transfer.id.0[0]).collect();
    assert_eq!(order, [urgent, first, second]);
    test.ledger.cancel_queued(id, test.now).unwrap();
    test.paid(2, 0, 200);
    assert_eq!(states(&test, [first, second]), ["cleared 0", "queued"]);
    assert_eq!(test.money(1), (2_200, 0));
    test.check();
}

#[test]
fn what_was_carried_is_returned_at_the_end_of_the_first_day_whose_rule_says_so() {
    let mut settings = settings(queued(EndOfDay::Carry), 3, None);
    let from = noon().plus_ms(36 * HOUR);
    settings.changes = vec![ModeChange { from, mode: queued(EndOfDay::Return) }];
    let mut test = TestLedger::new(settings);
    let first = test.paid(0, 1, 1_200);
    test.wait(36 * HOUR);
    assert_eq!((test.state(first).as_str(), test.now), ("queued", from));
    test.restart_linked();
    let second = test.paid(0, 1, 1_300);
    assert_eq!(test.ledger.next_due(), Some(from.plus_ms(1)), "the new day tries what was carried");
    test.wait(1);
    assert_eq!(test.ledger.next_due(), Some(from.next_day()));
    test.wait(24 * HOUR - 2);
    assert_eq!(states(&test, [first, second]), ["queued"; 2]);
    test.wait(1);
    assert_eq!(states(&test, [first, second]), ["refused END_OF_DAY"; 2]);
    test.check();
}

#[test]
fn what_waits_at_the_end_of_the_day_settles_on_credit_that_is_an_overdraft() {
    let mut test = forcing();
    let [large, behind] = [test.paid(0, 1, 2_000), test.paid(0, 2, 300)];
    let back = test.paid(1, 0, 200);
    assert_eq!(states(&test, [large, behind, back]), ["queued", "queued", "cleared 0"]);
    test.heard(0);
    test.wait(12 * HOUR - 1);
    assert_eq!(lent(&test, 0), [0; 3]);
    test.restart_linked();
    test.heard(0);
    test.wait(1);
    assert_eq!(states(&test, [large, behind]), ["cleared 0"; 2]);
    // Of 1,700 and a line of 100 it lacks 500.
    assert_eq!(test.heard(0), "#1 cleared 0 to payer; #2 cleared 0 to payer; reserves 500");
    assert_eq!((test.money(0), test.money(1), test.money(2)), ((-100, 0), (3_300, 0), (1_800, 0)));
    assert_eq!((lent(&test, 0), lent(&test, 1)), ([500, 0, 600], [0; 3]));
    test.check();
    test.restart_linked();
    test.paid(1, 0, 1_000);
    test.wait(24 * HOUR);
    assert_eq!((lent(&test, 0), test.money(0)), ([500, 500, 0], (400, 0)));
    test.check();
}

#[test]
fn a_ring_that_offsets_needs_no_credit() {
    let mut test = forcing();
    let ring = [test.paid(0, 1, 5_000), test.paid(1, 2, 5_000), test.paid(2, 0, 5_000)];
    assert_eq!(states(&test, ring), ["queued"; 3]);
    test.wait(12 * HOUR);
    assert_eq!(states(&test, ring), ["cleared 0"; 3]);
    assert_eq!((lent(&test, 0), test.money(0)), ([0; 3], (1_500, 0)));
    test.check();
}

#[test]
fn credit_settles_neither_for_the_suspended_nor_beyond_limits() {
    let mut test = forcing();
    let limit = Some(yuan(2_500));
    test.ledger.set_bilateral_limit(code(0), code(1), limit, test.now).unwrap();
    let numbers = [
        test.paid(0, 1, 2_000),
        test.paid(0, 1, 700),
        test.paid(0, 1, 500),
        test.paid(2, 1, 1_600),
    ];
    test.ledger.set_active(code(2), false, test.now).unwrap();
    test.commit();
    assert_eq!(states(&test, numbers), ["queued"; 4]);
    test.wait(12 * HOUR);
    // Of what exceeds a limit the last payments are held back.
    let ended = ["cleared 0", "refused END_OF_DAY", "refused END_OF_DAY", "refused END_OF_DAY"];
    assert_eq!(states(&test, numbers), ended);
    assert_eq!((lent(&test, 0), lent(&test, 2)), ([400, 0, 500], [0; 3]));
    test.check();
}

#[test]
fn what_is_accepted_after_its_day_settles_on_credit_at_once_and_what_is_of_today_waits() {
    let mut test = forcing();
    test.wait(12 * HOUR - 1);
    let late = test.pay(0, 1, 2_000);
    test.wait(1);
    let today = test.paid(2, 1, 1_700);
    test.decide(1, late, None);
    test.wait(1);
    assert_eq!(states(&test, [late, today]), ["cleared 0", "queued"]);
    // At midnight, which is the end of its day, too.
    assert_eq!((lent(&test, 0), lent(&test, 2)), ([400, 0, 500], [0; 3]));
    test.check();
}

#[test]
fn credit_at_the_end_of_the_day_needs_reserve_accounts_that_may_be_overdrawn() {
    let mode = queued(EndOfDay::ForceCredit);
    let refused = |test: &mut TestLedger| test.ledger.change_mode(mode, &request("m"), test.now);
    let mut cash = TestLedger::net(2, None);
    assert_eq!(refused(&mut cash), Err(CentralBankError::NoCreditAtEndOfDay));
    let mut settings = settings(super::super::test_ledger::NET, 2, None);
    settings.regime = Regime::Deposit;
    assert!(refused(&mut TestLedger::new(settings.clone())).is_ok());
    settings.overdrafts = Overdrafts::Refused;
    assert_eq!(
        refused(&mut TestLedger::new(settings.clone())),
        Err(CentralBankError::NoCreditAtEndOfDay)
    );
    // A file from before it was so returns what waits.
    settings.mode = mode;
    let mut test = TestLedger::new(settings);
    let waiting = test.paid(0, 1, 1_600);
    test.wait(12 * HOUR);
    assert_eq!(test.state(waiting), "refused END_OF_DAY");
    test.check();
}

#[test]
fn in_lockstep_no_clock_ends_the_day_of_the_queue() {
    let test = TestLedger::new(in_lockstep(settings(queued(EndOfDay::Carry), 2, None)));
    assert_eq!((test.ledger.next_due(), test.ledger.queue_ends_at()), (None, None));
}
