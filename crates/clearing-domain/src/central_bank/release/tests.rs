use super::super::bench::{Bench, code, id, in_lockstep, request, settings, yuan};
use super::super::error::CentralBankError;
use super::super::settlement_mode::{QueueRule, SettlementMode};
use crate::Regime;
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
    SettlementMode::Queued(QueueRule { release, gross_first: true, at_cut_offs: None })
}

/// Three operators that hold 1,000 yuan each.
fn bench(release: Algorithm) -> Bench {
    Bench::new(settings(queued(release), 3, None))
}

fn states<const N: usize>(bench: &Bench, numbers: [u8; N]) -> [String; N] {
    numbers.map(|number| bench.state(number))
}

#[test]
fn a_covered_payment_settles_with_its_acceptance_and_never_shows_as_queued() {
    let mut bench = bench(Algorithm::GrossFifo);
    let number = bench.paid(0, 1, 1_000);
    assert_eq!((bench.money(0), bench.money(1)), ((0, 0), (2_000, 0)));
    assert_eq!(
        (bench.heard(0), bench.heard(1)),
        (format!("#{number} cleared 0 to payer"), "deliver #1; #1 cleared 0 to payee".into())
    );
    bench.check();
}

#[test]
fn an_uncovered_payment_waits_and_settles_with_the_inflow_that_covers_it() {
    let mut bench = bench(Algorithm::GrossFifo);
    let waiting = bench.paid(0, 1, 1_200);
    assert_eq!(
        (bench.state(waiting).as_str(), bench.heard(0)),
        ("queued", "#1 queued to payer".into())
    );
    assert_eq!((bench.money(0), bench.money(1)), ((1_000, 0), (1_000, 0)));
    bench.paid(2, 0, 200);
    assert_eq!(bench.state(waiting), "cleared 0");
    assert_eq!((bench.money(0), bench.money(1), bench.money(2)), ((0, 0), (2_200, 0), (800, 0)));
    bench.check();
}

#[test]
fn a_payment_that_waits_blocks_those_behind_it_unless_they_may_pass() {
    for (release, small) in
        [(Algorithm::GrossFifo, "queued"), (Algorithm::GrossBypass, "cleared 0")]
    {
        let mut bench = bench(release);
        let [large, behind] = [bench.paid(0, 1, 1_200), bench.paid(0, 1, 100)];
        assert_eq!(states(&bench, [large, behind]), ["queued", small], "{release:?}");
        bench.check();
    }
}

#[test]
fn opposite_payments_offset_without_money_for_either() {
    for release in [
        Algorithm::BilateralOffset { look_ahead: 10 },
        Algorithm::PartialNet,
        Algorithm::AllOrNothing,
    ] {
        let mut bench = bench(release);
        let there = bench.paid(0, 1, 5_000);
        assert_eq!(bench.state(there), "queued");
        let back = bench.paid(1, 0, 4_500);
        assert_eq!(states(&bench, [there, back]), ["cleared 0", "cleared 0"], "{release:?}");
        assert_eq!((bench.money(0), bench.money(1)), ((500, 0), (1_500, 0)));
        bench.check();
    }
}

#[test]
fn a_ring_settles_multilaterally_but_not_bilaterally() {
    for (release, end) in [
        (Algorithm::PartialNet, "cleared 0"),
        (Algorithm::BilateralOffset { look_ahead: 10 }, "queued"),
    ] {
        let mut bench = bench(release);
        let ring = [bench.paid(0, 1, 5_000), bench.paid(1, 2, 5_000), bench.paid(2, 0, 5_000)];
        assert_eq!(states(&bench, ring), [end; 3], "{release:?}");
        bench.check();
    }
}

#[test]
fn a_hybrid_offsets_pairs_at_once_and_rings_at_the_cut_off() {
    let rule = QueueRule {
        release: Algorithm::BilateralOffset { look_ahead: 10 },
        gross_first: true,
        at_cut_offs: Some(Algorithm::PartialNet),
    };
    let mut bench = Bench::new(settings(SettlementMode::Queued(rule), 3, None));
    bench.wait(1);
    let ring = [bench.paid(0, 1, 5_000), bench.paid(1, 2, 5_000), bench.paid(2, 0, 5_000)];
    assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(6 * HOUR - 1)));
    bench.wait(6 * HOUR - 2);
    assert_eq!(states(&bench, ring), ["queued"; 3]);
    bench.wait(1);
    assert_eq!(states(&bench, ring), ["cleared 0"; 3]);
    bench.check();
}

#[test]
fn money_of_the_central_bank_and_a_credit_line_are_cover() {
    let mut deposit = settings(queued(Algorithm::GrossFifo), 2, None);
    deposit.regime = Regime::Deposit;
    deposit.operators[0].credit = yuan(300);
    let mut bench = Bench::new(deposit);
    let on_credit = bench.paid(0, 1, 1_800);
    assert_eq!((bench.state(on_credit).as_str(), bench.money(0)), ("cleared 0", (-300, 0)));
    let waiting = bench.paid(0, 1, 1);
    assert_eq!(bench.state(waiting), "queued");
    bench.ledger.fund(code(0), yuan(1).position(), &request("fund"), bench.now).unwrap();
    bench.commit();
    assert_eq!((bench.state(waiting).as_str(), bench.money(0)), ("cleared 0", (-300, 0)));
    bench.check();
}

#[test]
fn at_the_end_of_the_day_the_queue_is_returned_to_both_sides() {
    let mut bench = bench(Algorithm::GrossFifo);
    let waiting = bench.paid(0, 1, 1_200);
    bench.heard(0);
    bench.heard(1);
    assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(12 * HOUR)));
    bench.wait(12 * HOUR - 1);
    assert_eq!(bench.state(waiting), "queued", "a queued payment does not expire");
    bench.wait(1);
    assert_eq!(bench.state(waiting), "refused END_OF_DAY");
    assert_eq!(
        (bench.heard(0), bench.heard(1)),
        ("#1 refused END_OF_DAY to payer".into(), "#1 refused END_OF_DAY to payee".into())
    );
    assert_eq!(bench.ledger.queue().count(), 0);
    bench.check();
}

#[test]
fn what_waits_behind_a_payment_of_the_next_day_is_returned_when_its_own_day_is_over() {
    let mut bench = bench(Algorithm::GrossFifo);
    bench.wait(12 * HOUR - 1);
    let late = bench.pay(0, 1, 1_200);
    bench.wait(1);
    let next = bench.paid(0, 1, 1_300);
    bench.decide(1, late, None);
    bench.wait(0);
    assert_eq!(states(&bench, [late, next]), ["refused END_OF_DAY", "queued"]);
    assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(24 * HOUR)));
    // A more urgent level puts the next day's in front of this one's.
    let today = bench.paid(0, 1, 1_400);
    bench.wait(24 * HOUR - 1);
    let late = bench.pay(0, 1, 1_500);
    bench.wait(1);
    let tomorrow = bench.paid(0, 1, 1_600);
    bench
        .ledger
        .change_priority(id(tomorrow), Priority::from_level(1).unwrap(), bench.now)
        .unwrap();
    bench.decide(1, late, None);
    assert_eq!(bench.ledger.next_due(), Some(bench.now), "what came too late is due at once");
    bench.restart();
    bench.wait(0);
    let expected = ["refused END_OF_DAY", "refused END_OF_DAY", "refused END_OF_DAY", "queued"];
    assert_eq!(states(&bench, [next, today, late, tomorrow]), expected);
    bench.check();
}

#[test]
fn a_cancelled_payment_lets_those_behind_it_go() {
    let mut bench = bench(Algorithm::GrossFifo);
    let [large, behind] = [bench.paid(0, 1, 1_200), bench.paid(0, 1, 100)];
    bench.ledger.cancel_queued(id(large), bench.now).unwrap();
    bench.commit();
    assert_eq!(states(&bench, [large, behind]), ["refused CANCELLED", "cleared 0"]);
    assert_eq!(
        bench.ledger.cancel_queued(id(large), bench.now),
        Err(CentralBankError::NotQueued(id(large)))
    );
    assert_eq!(
        bench.ledger.cancel_queued(id(9), bench.now),
        Err(CentralBankError::PaymentUnknown(id(9)))
    );
    bench.check();
}

#[test]
fn a_more_urgent_level_goes_first_and_keeps_its_order() {
    let mut bench = bench(Algorithm::GrossFifo);
    let numbers = [bench.paid(0, 1, 1_200), bench.paid(0, 1, 1_100), bench.paid(0, 1, 900)];
    for number in [numbers[1], numbers[2]] {
        bench.ledger.change_priority(id(number), Priority::Urgent, bench.now).unwrap();
        bench.commit();
    }
    let order: Vec<_> = bench.ledger.queue().map(|transfer| transfer.id.0[0]).collect();
    assert_eq!(
        order,
        [numbers[1], numbers[2], numbers[0]],
        "the first of a level blocks the level"
    );
    bench.ledger.change_priority(id(numbers[2]), Priority::ExtraUrgent, bench.now).unwrap();
    bench.commit();
    assert_eq!(states(&bench, numbers), ["queued", "queued", "cleared 0"]);
    bench.check();
}

#[test]
fn a_suspended_operators_payments_wait_for_it() {
    let mut bench = bench(Algorithm::PartialNet);
    let there = bench.paid(0, 1, 5_000);
    bench.ledger.set_active(code(0), false, bench.now).unwrap();
    let back = bench.paid(1, 2, 10);
    assert_eq!(states(&bench, [there, back]), ["queued", "cleared 0"]);
    bench.ledger.fund(code(0), yuan(1).position(), &request("fund"), bench.now).unwrap();
    bench.ledger.set_active(code(0), true, bench.now).unwrap();
    bench.commit();
    assert_eq!(bench.state(there), "queued");
    bench.check();
}

#[test]
fn repeats_and_a_restart_find_the_queue_as_it_was() {
    let mut bench = bench(Algorithm::GrossFifo);
    bench.repeats = true;
    let [first, second] = [bench.paid(0, 1, 1_200), bench.paid(0, 1, 1_100)];
    bench.ledger.change_priority(id(second), Priority::Urgent, bench.now).unwrap();
    bench.restart();
    let order: Vec<_> = bench.ledger.queue().map(|transfer| transfer.id.0[0]).collect();
    assert_eq!(order, [second, first]);
    (0..3).for_each(|number| bench.up(number));
    bench.heard(0);
    let instruction = bench.instruction(first, 0, 1, 1_200);
    bench.instruct(0, vec![instruction]);
    bench.decide(1, first, None);
    assert_eq!(bench.heard(0), "#1 queued to payer");
    bench.paid(2, 0, 1_000);
    assert_eq!(states(&bench, [first, second]), ["queued", "cleared 0"]);
    bench.check();
}

#[test]
fn the_payees_repeated_acceptance_of_a_returned_payment_is_answered() {
    let mut bench = bench(Algorithm::GrossFifo);
    let number = bench.paid(0, 1, 1_200);
    bench.ledger.cancel_queued(id(number), bench.now).unwrap();
    bench.commit();
    bench.heard(1);
    bench.decide(1, number, None);
    assert_eq!(bench.heard(1), "#1 refused CANCELLED to payee");
    bench.check();
}

#[test]
fn under_lockstep_the_queue_is_released_once_in_a_tick() {
    let bench = Bench::new(in_lockstep(settings(queued(Algorithm::PartialNet), 2, None)));
    assert_eq!(bench.ledger.next_due(), None);
    bench.check();
}

#[test]
fn an_algorithm_alone_does_not_let_payments_go_that_fit_by_themselves() {
    for (gross_first, small) in [(true, "cleared 0"), (false, "queued")] {
        let rule = QueueRule { release: Algorithm::AllOrNothing, gross_first, at_cut_offs: None };
        let mut bench = Bench::new(settings(SettlementMode::Queued(rule), 3, None));
        let [large, fits] = [bench.paid(0, 1, 5_000), bench.paid(2, 1, 10)];
        assert_eq!(states(&bench, [large, fits]), ["queued", small]);
        bench.check();
    }
}

#[test]
fn a_page_of_the_queue_looks_at_what_it_shows_wherever_it_starts_and_whoever_pays() {
    let mut bench = bench(Algorithm::GrossFifo);
    // One of operator 1 and 40 of operator 0, so that a list of one payer meets the other's.
    for number in 0..82 {
        let payer = u16::from(number % 41 == 0);
        bench.paid(payer.into(), 2, 1_200);
    }
    let of_payers = [(None, 82), (Some(0), 80), (Some(1), 2), (Some(2), 0)];
    for (payer, count) in of_payers {
        let whole: Vec<_> = bench
            .ledger
            .queue_after(payer.map(super::super::bench::operator), None)
            .map(|(place, _)| place)
            .collect();
        assert_eq!(whole.len(), count);
        assert!(whole.is_sorted());
        for (index, place) in whole.iter().enumerate() {
            VISITS.set(0);
            let page: Vec<_> = bench
                .ledger
                .queue_after(payer.map(super::super::bench::operator), Some(*place))
                .take(3)
                .map(|(place, _)| place)
                .collect();
            assert_eq!(page, whole[index + 1..whole.len().min(index + 4)]);
            assert_eq!(VISITS.get(), page.len());
        }
    }
    // The place of one that has left still says where to go on.
    let (place, gone) =
        bench.ledger.queue_after(None, None).nth(5).map(|(place, it)| (place, it.id)).unwrap();
    let next = bench.ledger.queue_after(None, Some(place)).next().map(|(place, _)| place);
    bench.ledger.cancel_queued(gone, bench.now).unwrap();
    assert_eq!(bench.ledger.queue_after(None, Some(place)).next().map(|(place, _)| place), next);
}
