mod times;

use super::super::error::CentralBankError;
use super::super::settlement_mode::{QueueRule, SettlementMode};
use super::super::test_ledger::{TestLedger, code, id, in_lockstep, request, settings, yuan};
use crate::Regime;
use crate::link::{OperationId, OperatorMessage, WithdrawalAnswer};
use crate::money::RequestKey;
use crate::netting::{Algorithm, Priority};

thread_local! {
    static VISITS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts what a list of the queue looks at.
pub(super) fn count_visit() {
    VISITS.set(VISITS.get() + 1);
}

const HOUR: i64 = 3_600_000;

fn queued(release: Algorithm) -> SettlementMode {
    SettlementMode::Queued(QueueRule { release, gross_first: true, ..QueueRule::GROSS_QUEUE })
}

/// Three operators that hold 1,000 yuan each.
fn test_ledger(release: Algorithm) -> TestLedger {
    TestLedger::new(settings(queued(release), 3, None))
}

fn states<const N: usize>(test: &TestLedger, numbers: [u8; N]) -> [String; N] {
    numbers.map(|number| test.state(number))
}

#[test]
fn a_covered_payment_settles_with_its_acceptance_and_never_shows_as_queued() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let number = test.paid(0, 1, 1_000);
    assert_eq!((test.money(0), test.money(1)), ((0, 0), (2_000, 0)));
    assert_eq!(
        (test.heard(0), test.heard(1)),
        (format!("#{number} cleared 0 to payer"), "deliver #1; #1 cleared 0 to payee".into())
    );
    test.check();
}

#[test]
fn an_uncovered_payment_waits_and_settles_with_the_inflow_that_covers_it() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let waiting = test.paid(0, 1, 1_200);
    assert_eq!(
        (test.state(waiting).as_str(), test.heard(0)),
        ("queued", "#1 queued to payer".into())
    );
    assert_eq!((test.money(0), test.money(1)), ((1_000, 0), (1_000, 0)));
    test.paid(2, 0, 200);
    assert_eq!(test.state(waiting), "cleared 0");
    assert_eq!((test.money(0), test.money(1), test.money(2)), ((0, 0), (2_200, 0), (800, 0)));
    test.check();
}

#[test]
fn a_payment_that_waits_blocks_those_behind_it_unless_they_may_pass() {
    for (release, small) in
        [(Algorithm::GrossFifo, "queued"), (Algorithm::GrossBypass, "cleared 0")]
    {
        let mut test = test_ledger(release);
        let [large, behind] = [test.paid(0, 1, 1_200), test.paid(0, 1, 100)];
        assert_eq!(states(&test, [large, behind]), ["queued", small], "{release:?}");
        test.check();
    }
}

#[test]
fn opposite_payments_offset_without_money_for_either() {
    for release in [
        Algorithm::BilateralOffset { look_ahead: 10 },
        Algorithm::PartialNet,
        Algorithm::AllOrNothing,
    ] {
        let mut test = test_ledger(release);
        let there = test.paid(0, 1, 5_000);
        assert_eq!(test.state(there), "queued");
        let back = test.paid(1, 0, 4_500);
        assert_eq!(states(&test, [there, back]), ["cleared 0", "cleared 0"], "{release:?}");
        assert_eq!((test.money(0), test.money(1)), ((500, 0), (1_500, 0)));
        test.check();
    }
}

#[test]
fn a_ring_settles_multilaterally_but_not_bilaterally() {
    for (release, end) in [
        (Algorithm::PartialNet, "cleared 0"),
        (Algorithm::BilateralOffset { look_ahead: 10 }, "queued"),
    ] {
        let mut test = test_ledger(release);
        let ring = [test.paid(0, 1, 5_000), test.paid(1, 2, 5_000), test.paid(2, 0, 5_000)];
        assert_eq!(states(&test, ring), [end; 3], "{release:?}");
        test.check();
    }
}

#[test]
fn a_hybrid_offsets_pairs_at_once_and_rings_at_the_cut_off() {
    let rule = QueueRule {
        release: Algorithm::BilateralOffset { look_ahead: 10 },
        gross_first: true,
        at_cut_offs: Some(Algorithm::PartialNet),
        ..QueueRule::HYBRID
    };
    let mut test = TestLedger::new(settings(SettlementMode::Queued(rule), 3, None));
    test.wait(1);
    let ring = [test.paid(0, 1, 5_000), test.paid(1, 2, 5_000), test.paid(2, 0, 5_000)];
    assert_eq!(test.ledger.next_due(), Some(test.now.plus_ms(6 * HOUR - 1)));
    test.wait(6 * HOUR - 2);
    assert_eq!(states(&test, ring), ["queued"; 3]);
    test.wait(1);
    assert_eq!(states(&test, ring), ["cleared 0"; 3]);
    test.check();
}

#[test]
fn money_of_the_central_bank_and_a_credit_line_are_cover() {
    let mut deposit = settings(queued(Algorithm::GrossFifo), 2, None);
    deposit.regime = Regime::Deposit;
    deposit.operators[0].credit = yuan(300);
    let mut test = TestLedger::new(deposit);
    let on_credit = test.paid(0, 1, 1_800);
    assert_eq!((test.state(on_credit).as_str(), test.money(0)), ("cleared 0", (-300, 0)));
    let waiting = test.paid(0, 1, 1);
    assert_eq!(test.state(waiting), "queued");
    test.ledger.fund(code(0), yuan(1).position(), &request("fund"), test.now).unwrap();
    test.commit();
    assert_eq!((test.state(waiting).as_str(), test.money(0)), ("cleared 0", (-300, 0)));
    test.check();
}

#[test]
fn at_the_end_of_the_day_the_queue_is_returned_to_both_sides() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let waiting = test.paid(0, 1, 1_200);
    test.heard(0);
    test.heard(1);
    assert_eq!(test.ledger.next_due(), Some(test.now.plus_ms(12 * HOUR)));
    test.wait(12 * HOUR - 1);
    assert_eq!(test.state(waiting), "queued", "a queued payment does not expire");
    test.wait(1);
    assert_eq!(test.state(waiting), "refused END_OF_DAY");
    assert_eq!(
        (test.heard(0), test.heard(1)),
        ("#1 refused END_OF_DAY to payer".into(), "#1 refused END_OF_DAY to payee".into())
    );
    assert_eq!(test.ledger.queue().count(), 0);
    test.check();
}

#[test]
fn what_waits_behind_a_payment_of_the_next_day_is_returned_when_its_own_day_is_over() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    test.wait(12 * HOUR - 1);
    let late = test.pay(0, 1, 1_200);
    test.wait(1);
    let next = test.paid(0, 1, 1_300);
    test.decide(1, late, None);
    test.wait(0);
    assert_eq!(states(&test, [late, next]), ["refused END_OF_DAY", "queued"]);
    assert_eq!(
        test.ledger.next_due(),
        Some(test.now.plus_ms(1)),
        "the new day begins behind midnight"
    );
    // A more urgent level puts the next day's in front of this one's.
    let today = test.paid(0, 1, 1_400);
    test.wait(24 * HOUR - 1);
    let late = test.pay(0, 1, 1_500);
    test.wait(1);
    let tomorrow = test.paid(0, 1, 1_600);
    test.ledger.change_priority(id(tomorrow), Priority::from_level(1).unwrap(), test.now).unwrap();
    test.decide(1, late, None);
    assert_eq!(test.ledger.next_due(), Some(test.now), "what came too late is due at once");
    test.restart();
    test.wait(0);
    let expected = ["refused END_OF_DAY", "refused END_OF_DAY", "refused END_OF_DAY", "queued"];
    assert_eq!(states(&test, [next, today, late, tomorrow]), expected);
    test.check();
}

#[test]
fn a_cancelled_payment_lets_those_behind_it_go() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let [large, behind] = [test.paid(0, 1, 1_200), test.paid(0, 1, 100)];
    test.ledger.cancel_queued(id(large), test.now).unwrap();
    test.commit();
    assert_eq!(states(&test, [large, behind]), ["refused CANCELLED", "cleared 0"]);
    assert_eq!(
        test.ledger.cancel_queued(id(large), test.now),
        Err(CentralBankError::NotQueued(id(large)))
    );
    assert_eq!(
        test.ledger.cancel_queued(id(9), test.now),
        Err(CentralBankError::PaymentUnknown(id(9)))
    );
    test.check();
}

#[test]
fn a_more_urgent_level_goes_first_and_keeps_its_order() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let numbers = [test.paid(0, 1, 1_200), test.paid(0, 1, 1_100), test.paid(0, 1, 900)];
    for number in [numbers[1], numbers[2]] {
        test.ledger.change_priority(id(number), Priority::Urgent, test.now).unwrap();
        test.commit();
    }
    let order: Vec<_> = test.ledger.queue().map(|transfer| transfer.id.0[0]).collect();
    assert_eq!(
        order,
        [numbers[1], numbers[2], numbers[0]],
        "the first of a level blocks the level"
    );
    test.ledger.change_priority(id(numbers[2]), Priority::ExtraUrgent, test.now).unwrap();
    test.commit();
    assert_eq!(states(&test, numbers), ["queued", "queued", "cleared 0"]);
    test.check();
}

#[test]
fn what_is_held_waits_with_cover_blocks_nothing_and_is_returned_with_the_day() {
    let mut test = test_ledger(Algorithm::PartialNet);
    // Both wait: their payer has 1,000.
    let [large, back] = [test.paid(0, 1, 1_200), test.paid(1, 0, 1_100)];
    let hold = |test: &mut TestLedger, number, priority| {
        test.ledger.change_priority(id(number), priority, test.now).unwrap();
        test.commit();
    };
    assert_eq!(states(&test, [large, back]), ["cleared 0", "cleared 0"]);
    let first = test.paid(0, 1, 1_500);
    hold(&mut test, first, Priority::Held);
    let behind = test.paid(0, 1, 100);
    let offset = test.paid(1, 0, 1_400);
    test.ledger.fund(code(0), yuan(5_000).position(), &request("fund"), test.now).unwrap();
    test.commit();
    assert_eq!(states(&test, [first, behind, offset]), ["queued", "cleared 0", "queued"]);
    test.restart();
    (0..3).for_each(|number| test.up(number));
    assert_eq!(test.state(first), "queued");
    hold(&mut test, first, Priority::Normal);
    assert_eq!(states(&test, [first, offset]), ["cleared 0", "cleared 0"]);
    let last = test.paid(0, 1, 50_000);
    hold(&mut test, last, Priority::Held);
    test.wait(14 * 3_600_000);
    test.commit();
    assert_eq!(test.state(last), "refused END_OF_DAY");
    test.check();
}

#[test]
fn a_suspended_operators_payments_wait_for_it() {
    let mut test = test_ledger(Algorithm::PartialNet);
    let there = test.paid(0, 1, 5_000);
    test.ledger.set_active(code(0), false, test.now).unwrap();
    let back = test.paid(1, 2, 10);
    assert_eq!(states(&test, [there, back]), ["queued", "cleared 0"]);
    test.ledger.fund(code(0), yuan(1).position(), &request("fund"), test.now).unwrap();
    test.ledger.set_active(code(0), true, test.now).unwrap();
    test.commit();
    assert_eq!(test.state(there), "queued");
    test.check();
}

#[test]
fn repeats_and_a_restart_find_the_queue_as_it_was() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    test.repeats = true;
    let [first, second] = [test.paid(0, 1, 1_200), test.paid(0, 1, 1_100)];
    test.ledger.change_priority(id(second), Priority::Urgent, test.now).unwrap();
    test.restart();
    let order: Vec<_> = test.ledger.queue().map(|transfer| transfer.id.0[0]).collect();
    assert_eq!(order, [second, first]);
    (0..3).for_each(|number| test.up(number));
    test.heard(0);
    let instruction = test.instruction(first, 0, 1, 1_200);
    test.instruct(0, vec![instruction]);
    test.decide(1, first, None);
    assert_eq!(test.heard(0), "#1 queued to payer");
    test.paid(2, 0, 1_000);
    assert_eq!(states(&test, [first, second]), ["queued", "cleared 0"]);
    test.check();
}

#[test]
fn the_payees_repeated_acceptance_of_a_returned_payment_is_answered() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    let number = test.paid(0, 1, 1_200);
    test.ledger.cancel_queued(id(number), test.now).unwrap();
    test.commit();
    test.heard(1);
    test.decide(1, number, None);
    assert_eq!(test.heard(1), "#1 refused CANCELLED to payee");
    test.check();
}

#[test]
fn under_lockstep_the_queue_is_released_once_in_a_tick() {
    let test = TestLedger::new(in_lockstep(settings(queued(Algorithm::PartialNet), 2, None)));
    assert_eq!(test.ledger.next_due(), None);
    test.check();
}

#[test]
fn an_algorithm_alone_does_not_let_payments_go_that_fit_by_themselves() {
    for (gross_first, small) in [(true, "cleared 0"), (false, "queued")] {
        let rule =
            QueueRule { release: Algorithm::AllOrNothing, gross_first, ..QueueRule::GROSS_QUEUE };
        let mut test = TestLedger::new(settings(SettlementMode::Queued(rule), 3, None));
        let [large, fits] = [test.paid(0, 1, 5_000), test.paid(2, 1, 10)];
        assert_eq!(states(&test, [large, fits]), ["queued", small]);
        test.check();
    }
}

#[test]
fn a_page_of_the_queue_looks_at_what_it_shows_wherever_it_starts_and_whoever_pays() {
    let mut test = test_ledger(Algorithm::GrossFifo);
    // One of operator 1 and 40 of operator 0, so that a list of one payer meets the other's.
    for number in 0..82 {
        let payer = u16::from(number % 41 == 0);
        test.paid(payer.into(), 2, 1_200);
    }
    let of_payers = [(None, 82), (Some(0), 80), (Some(1), 2), (Some(2), 0)];
    for (payer, count) in of_payers {
        let whole: Vec<_> = test
            .ledger
            .queue_after(payer.map(super::super::test_ledger::operator), None)
            .map(|(place, _)| place)
            .collect();
        assert_eq!(whole.len(), count);
        assert!(whole.is_sorted());
        for (index, place) in whole.iter().enumerate() {
            VISITS.set(0);
            let page: Vec<_> = test
                .ledger
                .queue_after(payer.map(super::super::test_ledger::operator), Some(*place))
                .take(3)
                .map(|(place, _)| place)
                .collect();
            assert_eq!(page, whole[index + 1..whole.len().min(index + 4)]);
            assert_eq!(VISITS.get(), page.len());
        }
    }
    // The place of one that has left still says where to go on.
    let (place, gone) =
        test.ledger.queue_after(None, None).nth(5).map(|(place, it)| (place, it.id)).unwrap();
    let next = test.ledger.queue_after(None, Some(place)).next().map(|(place, _)| place);
    test.ledger.cancel_queued(gone, test.now).unwrap();
    assert_eq!(test.ledger.queue_after(None, Some(place)).next().map(|(place, _)| place), next);
}

#[test]
fn a_withdrawal_takes_nothing_that_a_set_settles_with() {
    let mut test = test_ledger(Algorithm::PartialNet);
    let request_id = request("back");
    test.ledger.withdraw(code(1), yuan(1_000), &request_id, test.now).unwrap();
    test.commit();
    // B pays away what it set aside, so that its withdrawal waits for the next inflow.
    test.paid(1, 2, 1_000);
    let operation = OperationId(RequestKey::without_wallet(&request_id).0);
    let withdrawals = vec![WithdrawalAnswer { operation, held: true }];
    test.send(1, OperatorMessage { withdrawals, ..OperatorMessage::default() });
    let away = test.paid(1, 2, 300);
    assert_eq!((test.state(away).as_str(), test.money(1)), ("queued", (0, 0)));
    let inflow = test.paid(0, 1, 1_000);
    assert_eq!(states(&test, [away, inflow]), ["cleared 0", "cleared 0"]);
    assert_eq!(test.money(1), (700, 0), "the withdrawal waits on for 1,000");
    test.check();
}
