//! How ticks are collected, decided and ended.

use crate::Reason;
use crate::central_bank::Phase;
use crate::central_bank::error::CentralBankError;
use crate::central_bank::settlement_mode::{QueueRule, SettlementMode};
use crate::central_bank::test_ledger::{
    NET, TestLedger, code, id, in_lockstep, noon, operator, settings,
};
use crate::central_bank::ticks::PRIORITIES_MAX;
use crate::link::{Instruction, OperatorMessage, TickDone};
use crate::money::Timestamp;
use crate::netting::{Algorithm, Priority};

fn test_ledger(operators: usize, cap: Option<i64>) -> TestLedger {
    TestLedger::new(in_lockstep(settings(NET, operators, cap)))
}

/// An operator says that a tick is complete with the payments named.
fn done(test: &mut TestLedger, operator: usize, tick: u64, numbers: &[u8]) {
    let tick_done = Some(TickDone::new(tick, numbers.iter().map(|number| id(*number)).collect()));
    test.send(operator, OperatorMessage { tick_done, ..OperatorMessage::default() });
}

fn acknowledge(test: &mut TestLedger, operator: usize, tick: u64) {
    test.send(
        operator,
        OperatorMessage { tick_acknowledged: Some(tick), ..OperatorMessage::default() },
    );
}

#[track_caller]
fn check(test: &TestLedger, tick: u64, phase: Phase, missing: &[usize]) {
    let clock = test.ledger.tick_clock();
    let expected: Vec<_> = missing.iter().map(|number| code(*number)).collect();
    assert_eq!((clock.tick, clock.phase, clock.missing), (tick, phase, expected));
    test.check();
}

#[test]
fn a_tick_is_admitted_when_every_operator_has_completed_it() {
    let mut test = test_ledger(2, Some(100));
    test.pay(0, 1, 60);
    check(&test, 0, Phase::Idle, &[]);
    done(&mut test, 0, 1, &[1]);
    check(&test, 1, Phase::Collecting, &[1]);
    assert_eq!(test.state(1), "unknown");
    done(&mut test, 1, 1, &[]);
    check(&test, 1, Phase::Deciding, &[1]);
    assert_eq!((test.state(1).as_str(), test.heard(1).as_str()), ("delivered", "deliver #1"));
    test.decide(1, 1, None);
    check(&test, 1, Phase::Ending, &[0, 1]);
    assert_eq!(test.heard(0), "#1 cleared 1 to payer; tick 1 ends");
    assert_eq!(test.heard(1), "#1 cleared 1 to payee; tick 1 ends");
    acknowledge(&mut test, 0, 1);
    check(&test, 1, Phase::Ending, &[1]);
    acknowledge(&mut test, 1, 1);
    check(&test, 1, Phase::Idle, &[]);
    let transfer = test.ledger.transfers().iter().next().unwrap();
    let end = noon().plus_ms(60_000);
    assert_eq!((transfer.admitted_at, transfer.finished_at()), (end, Some(end)));
}

#[test]
fn the_order_is_that_of_submission_whoever_was_heard_first() {
    let mut test = test_ledger(3, Some(100));
    let at = |ms: i64| Timestamp::from_ms(noon().ms() + ms);
    let instruction = |test: &TestLedger, number: u8, ms: i64| Instruction {
        submitted_at: at(ms),
        expires_at: at(ms + 120_000),
        ..test.instruction(number, usize::from(number % 2), 2, 60)
    };
    // Payments 2 and 4 are of A, 1 and 3 of B; each cap holds one of 60.
    let of_a = vec![instruction(&test, 4, 10), instruction(&test, 2, 10)];
    let of_b = vec![instruction(&test, 1, 20), instruction(&test, 3, 5)];
    test.instruct(1, of_b);
    test.instruct(0, of_a);
    done(&mut test, 2, 1, &[]);
    done(&mut test, 0, 1, &[4, 2]);
    done(&mut test, 1, 1, &[1, 3]);
    let order: Vec<_> = test.ledger.transfers().iter().map(|transfer| transfer.id.0[0]).collect();
    assert_eq!(order, [3, 2, 4, 1]);
    let states = [1, 2, 3, 4].map(|number| test.state(number));
    assert_eq!(
        states,
        ["refused NET_DEBIT_CAP", "delivered", "delivered", "refused NET_DEBIT_CAP"]
    );
    test.decide(2, 2, Some(Reason::PayeeFrozen));
    assert_eq!(test.state(2), "delivered");
    test.decide(2, 3, None);
    assert_eq!([2, 3].map(|number| test.state(number)), ["refused PAYEE_FROZEN", "cleared 1"]);
    test.check();
}

#[test]
fn a_tick_without_payments_ends_at_once() {
    let mut test = test_ledger(2, None);
    done(&mut test, 0, 7, &[]);
    done(&mut test, 1, 7, &[]);
    check(&test, 7, Phase::Ending, &[0, 1]);
    assert_eq!((test.heard(0).as_str(), test.heard(1).as_str()), ("tick 7 ends", "tick 7 ends"));
}

#[test]
fn advancing_asks_those_who_have_not_said_once_per_link() {
    let mut test = test_ledger(2, None);
    done(&mut test, 0, 3, &[]);
    for _ in 0..2 {
        assert_eq!(test.ledger.advance(3), Ok(false));
        test.commit();
    }
    assert_eq!((test.heard(0).as_str(), test.heard(1).as_str()), ("", "complete tick 3"));
    test.up(1);
    assert_eq!(test.heard(1), "roster; complete tick 3");
    done(&mut test, 1, 3, &[]);
    (0..2).for_each(|operator| acknowledge(&mut test, operator, 3));
    assert_eq!((test.ledger.advance(3), test.ledger.advance(2)), (Ok(true), Ok(true)));
    done(&mut test, 1, 4, &[]);
    assert_eq!(test.ledger.advance(5), Err(CentralBankError::TickEarly { running: 4, found: 5 }));
    assert_eq!(TestLedger::net(1, None).ledger.advance(1), Err(CentralBankError::NotLockstep));
    test.check();
}

#[test]
fn a_tick_asked_for_early_is_asked_for_when_the_one_before_is_over() {
    let mut test = test_ledger(1, None);
    done(&mut test, 0, 1, &[]);
    assert_eq!(test.ledger.advance(2), Ok(false));
    test.commit();
    assert_eq!(test.heard(0), "tick 1 ends");
    acknowledge(&mut test, 0, 1);
    assert_eq!(test.heard(0), "complete tick 2");
}

#[test]
fn a_tick_that_does_not_add_up_closes_the_link_and_comes_again() {
    let mut test = test_ledger(2, None);
    test.pay(0, 1, 10);
    done(&mut test, 0, 1, &[1, 2]);
    assert_eq!((test.alarms.len(), test.disconnected.as_slice()), (1, &[0][..]));
    let again = test.instruction(1, 0, 1, 10);
    let missed = test.instruction(2, 0, 1, 10);
    test.register(0).unwrap();
    test.instruct(0, vec![again, missed]);
    done(&mut test, 0, 1, &[1, 2]);
    done(&mut test, 1, 1, &[]);
    assert_eq!([1, 2].map(|number| test.state(number)), ["delivered"; 2]);
    test.check_audit();
}

#[test]
fn after_a_crash_the_tick_goes_on_from_what_was_admitted() {
    let mut test = test_ledger(2, None);
    test.pay(0, 1, 10);
    test.pay(0, 1, 20);
    done(&mut test, 0, 1, &[1, 2]);
    done(&mut test, 1, 1, &[]);
    test.decide(1, 1, None);
    test.up(1);
    assert_eq!(test.heard(1), "deliver #1; deliver #2; roster; deliver #2");
    test.restart();
    check(&test, 1, Phase::Deciding, &[1]);
    (0..2).for_each(|operator| test.up(operator));
    done(&mut test, 0, 1, &[1, 2]);
    assert_eq!(test.heard(1), "roster; deliver #1; deliver #2");
    test.decide(1, 2, None);
    test.decide(1, 1, None);
    test.decide(1, 1, None);
    check(&test, 1, Phase::Ending, &[0, 1]);
    test.restart();
    test.heard(0);
    test.up(0);
    assert_eq!(test.heard(0), "roster");
    check(&test, 1, Phase::Ending, &[1]);
}

#[test]
fn an_operator_that_missed_the_end_of_a_tick_is_told_after_it_has_said_everything_again() {
    let mut test = test_ledger(2, None);
    test.down(1);
    done(&mut test, 0, 1, &[]);
    test.register(1).unwrap();
    done(&mut test, 1, 1, &[]);
    assert_eq!(test.heard(1), "roster");
    test.send(1, OperatorMessage { resend_complete: true, ..OperatorMessage::default() });
    assert_eq!(test.heard(1), "tick 1 ends");
    test.check();
}

#[test]
fn cycles_close_with_the_tick_that_reaches_their_cut_off() {
    let mut test = test_ledger(2, None);
    for (tick, cycles) in [(359, 0), (360, 1), (1_500, 2)] {
        done(&mut test, 0, tick, &[]);
        done(&mut test, 1, tick, &[]);
        (0..2).for_each(|operator| acknowledge(&mut test, operator, tick));
        assert_eq!(test.ledger.cycles().len(), cycles);
    }
    assert_eq!(test.ledger.cycles()[0].closed_at.unwrap(), noon().plus_ms(6 * 3_600_000));
    test.check();
}

#[test]
fn a_suspended_operator_keeps_the_ticks_and_its_payments_are_refused_in_them() {
    let mut test = test_ledger(2, None);
    test.ledger.set_active(code(1), false, noon()).unwrap();
    done(&mut test, 0, 1, &[]);
    check(&test, 1, Phase::Collecting, &[1]);
    test.pay(1, 0, 10);
    done(&mut test, 1, 1, &[1]);
    assert_eq!(test.state(1), "refused OPERATOR_INACTIVE");
    check(&test, 1, Phase::Ending, &[0, 1]);
    (0..2).for_each(|operator| acknowledge(&mut test, operator, 1));
    test.ledger.set_active(code(1), true, noon()).unwrap();
    let resumed = test.ledger.operations().last().unwrap();
    assert_eq!(resumed.at, noon().plus_ms(60_000));
    test.pay(1, 0, 10);
    done(&mut test, 0, 2, &[]);
    done(&mut test, 1, 2, &[2]);
    assert_eq!(test.state(2), "delivered");
    test.check();
}

#[test]
fn of_two_operators_payments_with_one_id_the_second_is_returned_in_the_same_tick() {
    const REFUSED: &str = "#1 refused REQUEST_ID_REUSED to payer";
    let mut test = test_ledger(3, None);
    let (first, second) = (test.instruction(1, 1, 2, 10), test.instruction(1, 0, 2, 20));
    test.instruct(1, vec![Instruction { submitted_at: noon(), ..first }]);
    test.instruct(0, vec![Instruction { submitted_at: noon().plus_ms(1), ..second.clone() }]);
    let complete = |test: &mut TestLedger, tick| {
        (0..3).for_each(|operator| {
            done(test, operator, tick, if operator == 2 { &[] } else { &[1] })
        });
    };
    complete(&mut test, 1);
    assert_eq!((test.heard(0).as_str(), test.heard(1).as_str()), (REFUSED, ""));
    // The answer is lost: it comes again although the tick is admitted.
    test.up(0);
    test.heard(0);
    test.instruct(0, vec![second.clone()]);
    assert_eq!(test.heard(0), REFUSED);
    test.decide(2, 1, None);
    assert_eq!(
        (test.heard(0).as_str(), test.heard(1).as_str()),
        ("tick 1 ends", "#1 cleared 1 to payer; tick 1 ends")
    );
    (0..3).for_each(|operator| acknowledge(&mut test, operator, 1));
    // In a later tick the id belongs to what that tick counts.
    test.instruct(0, vec![second]);
    assert_eq!(test.heard(0), "");
    done(&mut test, 0, 2, &[1]);
    (1..3).for_each(|operator| done(&mut test, operator, 2, &[]));
    assert_eq!(test.heard(0), format!("{REFUSED}; tick 2 ends"));
    let transfer = test.ledger.transfers().iter().next().unwrap();
    assert_eq!((test.ledger.transfers().len(), transfer.payer_operator), (1, operator(1)));
    assert!(test.disconnected.is_empty(), "every tick added up: {:?}", test.disconnected);
    test.check_audit();
}

#[test]
fn the_wall_clock_does_nothing_in_lockstep() {
    let mut test = test_ledger(2, None);
    test.pay(0, 1, 10);
    done(&mut test, 0, 1, &[1]);
    done(&mut test, 1, 1, &[]);
    test.wait(100 * 3_600_000);
    assert_eq!((test.ledger.next_due(), test.state(1).as_str()), (None, "delivered"));
    check(&test, 1, Phase::Deciding, &[1]);
}

#[test]
fn levels_told_before_a_tick_order_its_queue_and_a_restart_waits_to_be_told_again() {
    let rule =
        QueueRule { release: Algorithm::GrossFifo, gross_first: true, ..QueueRule::GROSS_QUEUE };
    for restarts in [false, true] {
        let mut test =
            TestLedger::new(in_lockstep(settings(SettlementMode::Queued(rule), 2, None)));
        let tell = |test: &mut TestLedger| {
            test.ledger.set_tick_priorities(1, [(id(3), Priority::Urgent)]).unwrap();
            test.ledger.advance(1).unwrap();
        };
        tell(&mut test);
        // 1,000 are there for 1,200, then 600 and last 900, which goes first.
        for amount in [1_200, 600, 900] {
            test.pay(0, 1, amount);
        }
        done(&mut test, 0, 1, &[1, 2, 3]);
        done(&mut test, 1, 1, &[]);
        if restarts {
            test.restart();
            (0..2).for_each(|operator| test.up(operator));
        }
        (1..=3).for_each(|number| test.decide(1, number, None));
        if restarts {
            check(&test, 1, Phase::Deciding, &[]);
            tell(&mut test);
            test.commit();
        }
        check(&test, 1, Phase::Ending, &[0, 1]);
        assert_eq!([1, 2, 3].map(|number| test.state(number)), ["queued", "queued", "cleared 0"]);
        test.restart();
        test.check();
    }
    let wall = TestLedger::net(1, None).ledger.set_tick_priorities(1, []);
    assert_eq!(wall, Err(CentralBankError::NotLockstep));
}

#[test]
fn levels_are_kept_of_one_tick_and_not_without_end() {
    let mut test = test_ledger(2, None);
    let level = |number: u32| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        (crate::money::PaymentId(id), Priority::Urgent)
    };
    let most = u32::try_from(PRIORITIES_MAX).unwrap();
    for tick in 1..=100 {
        test.ledger.set_tick_priorities(tick, [level(u32::try_from(tick).unwrap())]).unwrap();
        assert_eq!(test.ledger.ticks.priorities(), 1);
    }
    test.ledger.set_tick_priorities(1, (0..most).map(level)).unwrap();
    test.ledger.set_tick_priorities(1, [level(0), level(most - 1)]).unwrap();
    let full = test.ledger.set_tick_priorities(1, [level(most)]);
    let too_many =
        CentralBankError::TooManyPriorities { found: PRIORITIES_MAX + 1, most: PRIORITIES_MAX };
    assert_eq!((full, test.ledger.ticks.priorities()), (Err(too_many), PRIORITIES_MAX));
    // While a tick is collected or decided its own are kept, and those of no other are taken.
    test.pay(0, 1, 10);
    for (operator, ids) in [(0, &[1][..]), (1, &[])] {
        done(&mut test, operator, 1, ids);
        let early = test.ledger.set_tick_priorities(2, [level(0)]);
        assert_eq!(early, Err(CentralBankError::TickEarly { running: 1, found: 2 }));
        assert_eq!(test.ledger.ticks.priorities(), PRIORITIES_MAX);
        test.ledger.set_tick_priorities(1, [level(0)]).unwrap();
    }
    let unknown = test.ledger.set_tick_priorities(u64::MAX, [level(0)]);
    assert_eq!(unknown, Err(CentralBankError::TickUnknown(u64::MAX)));
    test.decide(1, 1, None);
    assert_eq!(test.ledger.ticks.priorities(), 0);
}

#[test]
fn ticks_beyond_all_time_are_refused() {
    let mut test = TestLedger::new(in_lockstep(settings(NET, 2, None)));
    for tick in [u64::MAX, 1 << 62] {
        let error = test.ledger.advance(tick).unwrap_err();
        assert_eq!((error.reason().name(), error.field()), ("FIELD_INVALID", "tick"));
        assert!(error.to_string().contains(&tick.to_string()));
    }
    test.check();
}
