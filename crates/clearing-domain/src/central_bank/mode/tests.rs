//! Settlement modes that change between business days.

use crate::central_bank::bench::{Bench, NET, in_lockstep, noon, request, settings, yuan};
use crate::central_bank::{ModeChange, QueueRule, SettlementMode, TransferState};
use crate::link::{OperatorMessage, TickDone};
use crate::money::{Position, Timestamp};
use crate::netting::{Algorithm, LOOK_AHEAD};

const HOUR: i64 = 3_600_000;
const QUEUE: SettlementMode = SettlementMode::Queued(QueueRule {
    release: Algorithm::GrossFifo,
    gross_first: true,
    at_cut_offs: None,
});

fn tomorrow() -> Timestamp {
    noon().plus_ms(12 * HOUR)
}

fn changing(first: SettlementMode, then: SettlementMode) -> Bench {
    let mut settings = settings(first, 3, Some(2_000));
    settings.changes = vec![ModeChange { from: tomorrow(), mode: then }];
    Bench::new(settings)
}

#[test]
fn a_change_comes_with_its_business_day_and_survives_a_restart() {
    let mut bench = changing(NET, SettlementMode::Gross);
    bench.paid(0, 1, 100);
    bench.wait(12 * HOUR - 1);
    assert_eq!(bench.ledger.mode(), NET);
    assert_eq!(bench.ledger.next_due(), Some(tomorrow()));
    bench.wait(1);
    assert_eq!(bench.ledger.mode(), SettlementMode::Gross);
    assert_eq!((bench.money(0), bench.money(1)), ((900, 0), (1_100, 0)));
    let number = bench.paid(1, 0, 300);
    assert_eq!((bench.state(number), bench.money(0)), ("cleared 0".to_owned(), (1_200, 0)));
    assert_eq!((bench.ledger.open_cycle(), bench.ledger.next_due()), (None, None));
    bench.restart();
    bench.ledger.configure(bench.now);
    assert_eq!(bench.ledger.mode(), SettlementMode::Gross);
    bench.check();
}

#[test]
fn what_was_admitted_before_settles_as_it_would_have() {
    let mut bench = changing(NET, SettlementMode::Gross);
    bench.wait(12 * HOUR - 1);
    let net = bench.pay(0, 1, 900);
    bench.wait(1);
    let gross = bench.pay(0, 1, 800);
    bench.decide(1, gross, None);
    bench.decide(1, net, None);
    assert_eq!([net, gross].map(|number| bench.state(number)), ["cleared 3", "cleared 0"]);
    assert_eq!((bench.money(0), bench.money(1)), ((200, -900), (1_800, 900)));
    bench.restart();
    bench.wait(6 * HOUR);
    assert_eq!(bench.money(0), (200, -900));
    bench
        .ledger
        .fund("A".parse().unwrap(), Position::from_fen(50_000), &request("more"), bench.now)
        .unwrap();
    bench.ledger.issue("A".parse().unwrap(), yuan(700), &request("issued"), bench.now).unwrap();
    bench.commit();
    bench.wait(6 * HOUR);
    assert_eq!((bench.money(0), bench.money(1)), ((0, 0), (2_700, 0)));
    assert_eq!(bench.ledger.open_cycle(), None);
    bench.check();
}

#[test]
fn cover_set_aside_for_a_payment_is_not_settled_away_by_a_cycle() {
    let mut bench = changing(SettlementMode::Gross, NET);
    bench.wait(12 * HOUR - 1);
    let gross = bench.pay(0, 1, 600);
    bench.wait(1);
    bench.paid(0, 2, 500);
    bench.close();
    assert_eq!(bench.money(0), (1_000, -500), "only 400 are free, so 500 cannot settle");
    bench.decide(1, gross, None);
    assert_eq!((bench.state(gross), bench.money(0)), ("cleared 0".to_owned(), (400, -500)));
    bench.check();
}

#[test]
fn what_is_accepted_after_the_day_of_the_queue_settles_by_its_rule_or_is_returned() {
    let mut bench = changing(QUEUE, NET);
    bench.wait(12 * HOUR - 1);
    let [late, too_large, waiting] =
        [bench.pay(0, 1, 10), bench.pay(1, 2, 1_100), bench.paid(0, 1, 1_500)];
    assert_eq!(bench.state(waiting), "queued");
    bench.wait(1);
    assert_eq!(bench.state(waiting), "refused END_OF_DAY");
    bench.decide(1, late, None);
    bench.decide(2, too_large, None);
    assert_eq!([late, too_large].map(|number| bench.state(number)), ["cleared 0", "queued"]);
    bench.wait(1);
    assert_eq!(bench.state(too_large), "refused END_OF_DAY");
    let net = bench.paid(0, 1, 10);
    assert_eq!(bench.state(net), "cleared 1");
    bench.check();
}

#[test]
fn callers_change_the_mode_with_the_next_business_day() {
    let mut bench = Bench::net(2, None);
    let from = bench.ledger.change_mode(QUEUE, &request("queue"), bench.now).unwrap();
    assert_eq!((from, bench.ledger.mode()), (tomorrow(), NET));
    assert_eq!(bench.ledger.change_mode(QUEUE, &request("queue"), bench.now), Ok(from));
    assert!(bench.ledger.change_mode(NET, &request("queue"), bench.now).is_err());
    assert_eq!(bench.ledger.mode_changes(bench.now), [ModeChange { from, mode: QUEUE }]);
    bench.restart();
    bench.up(0);
    bench.up(1);
    bench.wait(12 * HOUR);
    assert_eq!((bench.ledger.mode(), bench.ledger.mode_changes(bench.now)), (QUEUE, Vec::new()));
    let number = bench.paid(0, 1, 5_000);
    assert_eq!(bench.state(number), "queued");
    bench.restart();
    bench.ledger.configure(bench.now);
    assert_eq!(
        bench.ledger.mode(),
        QUEUE,
        "the configuration is the same, so what was asked for stays"
    );
    bench.check();
}

#[test]
fn another_configuration_counts_from_the_start_with_it() {
    let mut bench = Bench::net(2, None);
    bench.paid(0, 1, 40);
    let mut settings = bench.ledger.settings().clone();
    settings.mode = SettlementMode::Gross;
    bench.ledger = crate::central_bank::CentralBankLedger::restore(settings, bench.rows()).unwrap();
    assert_eq!(bench.ledger.mode(), NET);
    bench.ledger.configure(bench.now);
    bench.commit();
    assert_eq!(bench.ledger.mode(), SettlementMode::Gross);
    (0..2).for_each(|number| bench.up(number));
    let number = bench.paid(0, 1, 60);
    assert_eq!((bench.state(number), bench.money(0)), ("cleared 0".to_owned(), (940, -40)));
    bench.close();
    assert_eq!((bench.money(0), bench.ledger.cycles().len()), ((900, 0), 1));
    bench.check();
}

#[test]
fn in_lockstep_the_mode_changes_with_the_end_of_the_day() {
    let mut settings = in_lockstep(settings(NET, 2, None));
    settings.changes = vec![ModeChange { from: tomorrow(), mode: SettlementMode::Gross }];
    let mut bench = Bench::new(settings);
    let last = 12 * 60;
    let tick = |bench: &mut Bench, tick: u64, pay: Option<u8>| {
        bench.now = noon().plus_ms(i64::try_from(tick).unwrap() * 60_000 - 30_000);
        bench.ledger.advance(tick).unwrap();
        let instructions: Vec<_> =
            pay.into_iter().map(|number| bench.instruction(number, 0, 1, 70)).collect();
        let ids = instructions.iter().map(|instruction| instruction.id).collect();
        bench.instruct(0, instructions);
        for (operator, ids) in [(0, ids), (1, Vec::new())] {
            let tick_done = Some(TickDone::new(tick, ids));
            bench.send(operator, OperatorMessage { tick_done, ..OperatorMessage::default() });
        }
        pay.into_iter().for_each(|number| bench.decide(1, number, None));
        for operator in 0..2 {
            let tick_acknowledged = Some(tick);
            bench.send(
                operator,
                OperatorMessage { tick_acknowledged, ..OperatorMessage::default() },
            );
        }
    };
    tick(&mut bench, last, Some(1));
    assert_eq!(
        (bench.state(1), bench.ledger.mode()),
        ("cleared 1".to_owned(), SettlementMode::Gross)
    );
    assert_eq!(bench.money(0), (930, 0), "the cycle of the day settled with its last tick");
    tick(&mut bench, last + 1, Some(2));
    assert_eq!((bench.state(2), bench.money(0)), ("cleared 0".to_owned(), (860, 0)));
    assert!(
        bench.ledger.transfers().iter().all(|transfer| transfer.state == TransferState::Cleared)
    );
    bench.check();
}

#[test]
fn a_look_ahead_is_part_of_the_mode() {
    let rule = |look_ahead| QueueRule {
        release: Algorithm::BilateralOffset { look_ahead },
        gross_first: true,
        at_cut_offs: Some(Algorithm::PartialNet),
    };
    let [usual, other] = [LOOK_AHEAD, 3].map(|look_ahead| SettlementMode::Queued(rule(look_ahead)));
    assert_ne!(usual, other);
}

#[test]
fn a_change_that_was_called_off_leaves_nothing_due() {
    let mut bench = Bench::new(settings(SettlementMode::Gross, 2, None));
    bench.ledger.change_mode(QUEUE, &request("queue"), bench.now).unwrap();
    assert_eq!(bench.ledger.next_due(), Some(tomorrow()));
    bench.ledger.change_mode(SettlementMode::Gross, &request("stay"), bench.now).unwrap();
    bench.commit();
    assert_eq!(bench.ledger.next_due(), None);
    bench.wait(12 * HOUR);
    assert_eq!((bench.ledger.mode(), bench.ledger.next_due()), (SettlementMode::Gross, None));
    bench.ledger.change_mode(QUEUE, &request("again"), bench.now).unwrap();
    bench.commit();
    assert_eq!(bench.ledger.next_due(), Some(bench.now.plus_ms(24 * HOUR)));
    bench.check();
}

#[test]
fn a_change_that_is_not_in_force_can_be_called_off_and_one_in_force_cannot() {
    let mut bench = Bench::net(2, None);
    let change = |bench: &mut Bench, id: &str| {
        bench.ledger.change_mode(SettlementMode::Gross, &request(id), bench.now)
    };
    let from = change(&mut bench, "a").unwrap();
    for _ in 0..2 {
        let cancelled = bench.ledger.cancel_mode_change(&request("a"), bench.now).unwrap();
        assert_eq!((cancelled.from, cancelled.mode), (from, SettlementMode::Gross));
        assert_eq!(bench.ledger.mode_changes(bench.now), []);
        bench.commit();
        bench.restart();
    }
    assert_eq!(change(&mut bench, "a").unwrap_err().reason().name(), "CANCELLED");
    change(&mut bench, "b").unwrap();
    bench.wait(12 * 3_600_000);
    assert_eq!(bench.ledger.mode(), SettlementMode::Gross);
    let late = bench.ledger.cancel_mode_change(&request("b"), bench.now).unwrap_err();
    let unknown = bench.ledger.cancel_mode_change(&request("c"), bench.now).unwrap_err();
    assert_eq!(
        [late, unknown].map(|error| error.reason().name()),
        ["TRANSITION_INVALID", "FIELD_INVALID"]
    );
    bench.commit();
    bench.check_audit();
}
