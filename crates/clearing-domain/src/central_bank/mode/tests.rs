//! Settlement modes that change between business days.

use crate::central_bank::test_ledger::{
    NET, TestLedger, in_lockstep, noon, request, settings, yuan,
};
use crate::central_bank::{ModeChange, QueueRule, SettlementMode, TransferState};
use crate::link::{OperatorMessage, TickDone};
use crate::money::{Position, Timestamp};
use crate::netting::{Algorithm, LOOK_AHEAD};

const HOUR: i64 = 3_600_000;
const QUEUE: SettlementMode = SettlementMode::Queued(QueueRule {
    release: Algorithm::GrossFifo,
    gross_first: true,
    ..QueueRule::GROSS_QUEUE
});

fn tomorrow() -> Timestamp {
    noon().plus_ms(12 * HOUR)
}

fn changing(first: SettlementMode, then: SettlementMode) -> TestLedger {
    let mut settings = settings(first, 3, Some(2_000));
    settings.changes = vec![ModeChange { from: tomorrow(), mode: then }];
    TestLedger::new(settings)
}

#[test]
fn a_change_comes_with_its_business_day_and_survives_a_restart() {
    let mut test = changing(NET, SettlementMode::Gross);
    test.paid(0, 1, 100);
    test.wait(12 * HOUR - 1);
    assert_eq!(test.ledger.mode(), NET);
    assert_eq!(test.ledger.next_due(), Some(tomorrow()));
    test.wait(1);
    assert_eq!(test.ledger.mode(), SettlementMode::Gross);
    assert_eq!((test.money(0), test.money(1)), ((900, 0), (1_100, 0)));
    let number = test.paid(1, 0, 300);
    assert_eq!((test.state(number), test.money(0)), ("cleared 0".to_owned(), (1_200, 0)));
    assert_eq!((test.ledger.open_cycle(), test.ledger.next_due()), (None, None));
    test.restart();
    test.ledger.configure(test.now);
    assert_eq!(test.ledger.mode(), SettlementMode::Gross);
    test.check();
}

#[test]
fn what_was_admitted_before_settles_as_it_would_have() {
    let mut test = changing(NET, SettlementMode::Gross);
    test.wait(12 * HOUR - 1);
    let net = test.pay(0, 1, 900);
    test.wait(1);
    let gross = test.pay(0, 1, 800);
    test.decide(1, gross, None);
    test.decide(1, net, None);
    assert_eq!([net, gross].map(|number| test.state(number)), ["cleared 3", "cleared 0"]);
    assert_eq!((test.money(0), test.money(1)), ((200, -900), (1_800, 900)));
    test.restart();
    test.wait(6 * HOUR);
    assert_eq!(test.money(0), (200, -900));
    test.ledger
        .fund("A".parse().unwrap(), Position::from_fen(50_000), &request("more"), test.now)
        .unwrap();
    test.ledger.issue("A".parse().unwrap(), yuan(700), &request("issued"), test.now).unwrap();
    test.commit();
    test.wait(6 * HOUR);
    assert_eq!((test.money(0), test.money(1)), ((0, 0), (2_700, 0)));
    assert_eq!(test.ledger.open_cycle(), None);
    test.check();
}

#[test]
fn cover_set_aside_for_a_payment_is_not_settled_away_by_a_cycle() {
    let mut test = changing(SettlementMode::Gross, NET);
    test.wait(12 * HOUR - 1);
    let gross = test.pay(0, 1, 600);
    test.wait(1);
    test.paid(0, 2, 500);
    test.close();
    assert_eq!(test.money(0), (1_000, -500), "only 400 are free, so 500 cannot settle");
    test.decide(1, gross, None);
    assert_eq!((test.state(gross), test.money(0)), ("cleared 0".to_owned(), (400, -500)));
    test.check();
}

#[test]
fn what_is_accepted_after_the_day_of_the_queue_settles_by_its_rule_or_is_returned() {
    let mut test = changing(QUEUE, NET);
    test.wait(12 * HOUR - 1);
    let [late, too_large, waiting] =
        [test.pay(0, 1, 10), test.pay(1, 2, 1_100), test.paid(0, 1, 1_500)];
    assert_eq!(test.state(waiting), "queued");
    test.wait(1);
    assert_eq!(test.state(waiting), "refused END_OF_DAY");
    test.decide(1, late, None);
    test.decide(2, too_large, None);
    assert_eq!([late, too_large].map(|number| test.state(number)), ["cleared 0", "queued"]);
    test.wait(1);
    assert_eq!(test.state(too_large), "refused END_OF_DAY");
    let net = test.paid(0, 1, 10);
    assert_eq!(test.state(net), "cleared 1");
    test.check();
}

#[test]
fn callers_change_the_mode_with_the_next_business_day() {
    let mut test = TestLedger::net(2, None);
    let from = test.ledger.change_mode(QUEUE, &request("queue"), test.now).unwrap();
    assert_eq!((from, test.ledger.mode()), (tomorrow(), NET));
    assert_eq!(test.ledger.change_mode(QUEUE, &request("queue"), test.now), Ok(from));
    assert!(test.ledger.change_mode(NET, &request("queue"), test.now).is_err());
    assert_eq!(test.ledger.mode_changes(test.now), [ModeChange { from, mode: QUEUE }]);
    test.restart();
    test.up(0);
    test.up(1);
    test.wait(12 * HOUR);
    assert_eq!((test.ledger.mode(), test.ledger.mode_changes(test.now)), (QUEUE, Vec::new()));
    let number = test.paid(0, 1, 5_000);
    assert_eq!(test.state(number), "queued");
    test.restart();
    test.ledger.configure(test.now);
    assert_eq!(
        test.ledger.mode(),
        QUEUE,
        "the configuration is the same, so what was asked for stays"
    );
    test.check();
}

#[test]
fn another_configuration_counts_from_the_start_with_it() {
    let mut test = TestLedger::net(2, None);
    test.paid(0, 1, 40);
    let mut settings = test.ledger.settings().clone();
    settings.mode = SettlementMode::Gross;
    test.ledger = crate::central_bank::CentralBankLedger::restore(settings, test.rows()).unwrap();
    assert_eq!(test.ledger.mode(), NET);
    test.ledger.configure(test.now);
    test.commit();
    assert_eq!(test.ledger.mode(), SettlementMode::Gross);
    (0..2).for_each(|number| test.up(number));
    let number = test.paid(0, 1, 60);
    assert_eq!((test.state(number), test.money(0)), ("cleared 0".to_owned(), (940, -40)));
    test.close();
    assert_eq!((test.money(0), test.ledger.cycles().len()), ((900, 0), 1));
    test.check();
}

#[test]
fn in_lockstep_the_mode_changes_with_the_end_of_the_day() {
    let mut settings = in_lockstep(settings(NET, 2, None));
    settings.changes = vec![ModeChange { from: tomorrow(), mode: SettlementMode::Gross }];
    let mut test = TestLedger::new(settings);
    let last = 12 * 60;
    let tick = |test: &mut TestLedger, tick: u64, pay: Option<u8>| {
        test.now = noon().plus_ms(i64::try_from(tick).unwrap() * 60_000 - 30_000);
        test.ledger.advance(tick).unwrap();
        let instructions: Vec<_> =
            pay.into_iter().map(|number| test.instruction(number, 0, 1, 70)).collect();
        let ids = instructions.iter().map(|instruction| instruction.id).collect();
        test.instruct(0, instructions);
        for (operator, ids) in [(0, ids), (1, Vec::new())] {
            let tick_done = Some(TickDone::new(tick, ids));
            test.send(operator, OperatorMessage { tick_done, ..OperatorMessage::default() });
        }
        pay.into_iter().for_each(|number| test.decide(1, number, None));
        for operator in 0..2 {
            let tick_acknowledged = Some(tick);
            test.send(
                operator,
                OperatorMessage { tick_acknowledged, ..OperatorMessage::default() },
            );
        }
    };
    tick(&mut test, last, Some(1));
    assert_eq!(
        (test.state(1), test.ledger.mode()),
        ("cleared 1".to_owned(), SettlementMode::Gross)
    );
    assert_eq!(test.money(0), (930, 0), "the cycle of the day settled with its last tick");
    tick(&mut test, last + 1, Some(2));
    assert_eq!((test.state(2), test.money(0)), ("cleared 0".to_owned(), (860, 0)));
    assert!(
        test.ledger.transfers().iter().all(|transfer| transfer.state == TransferState::Cleared)
    );
    test.check();
}

#[test]
fn a_look_ahead_is_part_of_the_mode() {
    let rule = |look_ahead| QueueRule {
        release: Algorithm::BilateralOffset { look_ahead },
        gross_first: true,
        at_cut_offs: Some(Algorithm::PartialNet),
        ..QueueRule::HYBRID
    };
    let [usual, other] = [LOOK_AHEAD, 3].map(|look_ahead| SettlementMode::Queued(rule(look_ahead)));
    assert_ne!(usual, other);
}

#[test]
fn a_change_that_was_called_off_leaves_nothing_due() {
    let mut test = TestLedger::new(settings(SettlementMode::Gross, 2, None));
    test.ledger.change_mode(QUEUE, &request("queue"), test.now).unwrap();
    assert_eq!(test.ledger.next_due(), Some(tomorrow()));
    test.ledger.change_mode(SettlementMode::Gross, &request("stay"), test.now).unwrap();
    test.commit();
    assert_eq!(test.ledger.next_due(), None);
    test.wait(12 * HOUR);
    assert_eq!((test.ledger.mode(), test.ledger.next_due()), (SettlementMode::Gross, None));
    test.ledger.change_mode(QUEUE, &request("again"), test.now).unwrap();
    test.commit();
    assert_eq!(test.ledger.next_due(), Some(test.now.plus_ms(24 * HOUR)));
    test.check();
}

#[test]
fn a_change_that_is_not_in_force_can_be_called_off_and_one_in_force_cannot() {
    let mut test = TestLedger::net(2, None);
    let change = |test: &mut TestLedger, id: &str| {
        test.ledger.change_mode(SettlementMode::Gross, &request(id), test.now)
    };
    let from = change(&mut test, "a").unwrap();
    for _ in 0..2 {
        let cancelled = test.ledger.cancel_mode_change(&request("a"), test.now).unwrap();
        assert_eq!((cancelled.from, cancelled.mode), (from, SettlementMode::Gross));
        assert_eq!(test.ledger.mode_changes(test.now), []);
        test.commit();
        test.restart();
    }
    assert_eq!(change(&mut test, "a").unwrap_err().reason().name(), "CANCELLED");
    change(&mut test, "b").unwrap();
    test.wait(12 * 3_600_000);
    assert_eq!(test.ledger.mode(), SettlementMode::Gross);
    let late = test.ledger.cancel_mode_change(&request("b"), test.now).unwrap_err();
    let unknown = test.ledger.cancel_mode_change(&request("c"), test.now).unwrap_err();
    assert_eq!(
        [late, unknown].map(|error| error.reason().name()),
        ["TRANSITION_INVALID", "FIELD_INVALID"]
    );
    test.commit();
    test.check_audit();
}
