use clearing_domain::money::{DAY_MS, HOUR_MS, Timestamp};

use super::super::expected::Expected;
use super::super::observation::{Clock, Outgoing};
use super::*;

fn yuan(sum: i64) -> Amount {
    Amount::from_fen(sum * 100).unwrap()
}

fn code(text: &str) -> OperatorCode {
    text.parse().unwrap()
}

fn payment(number: u8, payee: &str, amount: i64, level: Priority) -> Outgoing {
    Outgoing {
        id: PaymentId([number; 16]),
        payee: code(payee),
        amount: yuan(amount),
        level,
        own_level: Priority::Normal,
        at: Timestamp::from_ms(i64::from(number)),
    }
}

/// A tick of an hour that ends at an hour, with 100 yuan, payments of 60 and 30 held and of 50 and
/// 20 to come.
fn at(hour: i64) -> Observation {
    let other = |name: &str| Counterparty {
        operator: code(name),
        sent: Position::ZERO,
        received: Position::ZERO,
        waiting: Position::ZERO,
        limit: None,
        expected: yuan(40).position(),
    };
    let tick = hour as u64;
    Observation {
        operator: code("A"),
        clock: Clock {
            day: 1,
            tick,
            tick_of_day: tick,
            ticks_per_day: (DAY_MS / HOUR_MS) as u64,
            at: Timestamp::from_ms(hour * HOUR_MS),
            ms_of_day: hour * HOUR_MS,
        },
        balance: yuan(100).position(),
        credit: Amount::ZERO,
        free: Some(yuan(100).position()),
        brought: Position::ZERO,
        room: yuan(1_000).position(),
        away: false,
        sent: Position::ZERO,
        received: Position::ZERO,
        expected: Expected {
            sent: yuan(300).position(),
            received: yuan(250).position(),
            lower_bound: yuan(50).position(),
            upper_bound: yuan(250).position(),
        },
        queue: vec![payment(1, "B", 60, Priority::Held), payment(2, "C", 30, Priority::Held)],
        coming: vec![payment(3, "B", 50, Priority::Normal), payment(4, "C", 20, Priority::Normal)],
        counterparties: vec![other("B"), other("C")],
    }
}

fn decide(rules: &[Policy], observation: &Observation) -> Decision {
    let decision = Rules::new(rules.to_vec()).decide(observation);
    assert_eq!(observation.check(&decision), Ok(()));
    decision
}

/// Which payments stand held after a decision.
#[track_caller]
fn holds(rules: &[Policy], observation: &Observation, expected: &[u8]) {
    let decision = decide(rules, observation);
    let moved = |payment: &&Outgoing| {
        let found = decision.levels.iter().find(|(id, _)| *id == payment.id);
        found.map_or(payment.level, |(_, level)| *level) == Priority::Held
    };
    let held: Vec<_> = observation.payments().filter(moved).map(|one| one.id.0[0]).collect();
    assert_eq!(held, expected);
}

#[test]
fn release_lets_everything_go_and_moves_only_what_is_held() {
    let moved = decide(&[Policy::Release], &at(9)).levels;
    assert_eq!(moved, [1, 2].map(|number| (PaymentId([number; 16]), Priority::Normal)));
}

#[test]
fn inflow_holds_what_would_leave_less_than_the_target_and_lets_smaller_ones_pass() {
    let inflow = |target, until| Policy::Inflow { target: yuan(target), until };
    holds(&[inflow(0, None)], &at(9), &[3, 4]);
    holds(&[inflow(40, None)], &at(9), &[2, 3, 4]);
    holds(&[inflow(41, None)], &at(9), &[1, 3]);
    holds(&[inflow(101, None)], &at(9), &[1, 2, 3, 4]);
    holds(&[inflow(101, Some(10 * HOUR_MS))], &at(9), &[1, 2, 3, 4]);
    holds(&[inflow(101, Some(10 * HOUR_MS))], &at(10), &[]);
}

#[test]
fn a_schedule_releases_the_part_of_the_value_that_is_due() {
    let schedule = [Policy::Schedule { steps: vec![(10 * HOUR_MS, 50), (16 * HOUR_MS, 100)] }];
    // Of 160, half is due from 10:00 on.
    holds(&schedule, &at(9), &[1, 2, 3, 4]);
    holds(&schedule, &at(10), &[3, 4]);
    let paid = Observation { sent: yuan(160).position(), ..at(10) };
    holds(&schedule, &paid, &[1, 2, 3, 4]);
    holds(&schedule, &at(16), &[]);
}

#[test]
fn the_open_brings_the_balance_to_its_level_and_no_other_tick_does() {
    let fund = |opening, hour| decide(&[Policy::Opening(opening)], &at(hour)).fund.fen() / 100;
    let share = |text: &str| text.parse().unwrap();
    assert_eq!(fund(Opening::Amount(yuan(130)), 1), 30);
    assert_eq!(fund(Opening::Amount(yuan(130)), 2), 0);
    assert_eq!(fund(Opening::Amount(yuan(0)), 1), -100);
    assert_eq!(fund(Opening::Outflow(share("0.5")), 1), 50);
    assert_eq!(fund(Opening::Bounds(share("0.25")), 1), 0);
    assert_eq!(fund(Opening::Bounds(share("1")), 1), 150);
}

#[test]
fn limits_are_set_at_the_open_where_they_differ() {
    let limits =
        |rule, observation: &Observation| decide(&[Policy::Limits(rule)], observation).limits;
    let half = LimitRule::Outflow("0.5".parse().unwrap());
    let both = ["B", "C"].map(|name| (code(name), Some(yuan(20))));
    assert_eq!(limits(half, &at(1)), both);
    assert_eq!(limits(half, &at(2)), []);
    let mut set = at(1);
    set.counterparties[0].limit = Some(yuan(20));
    assert_eq!(limits(LimitRule::Amount(yuan(20)), &set), both[1..]);
}

#[test]
fn silence_holds_payments_to_who_owes_until_it_pays() {
    let mut rules = Rules::new(vec![Policy::Silence { ticks: 3, until: None }]);
    let mut held = |hour, sent: i64, received: i64| {
        let mut observation = at(hour);
        observation.counterparties[0].sent = yuan(sent).position();
        observation.counterparties[0].received = yuan(received).position();
        let moved = rules.decide(&observation).levels.into_iter();
        let held = moved.filter(|(_, level)| *level == Priority::Held);
        held.map(|(id, _)| id.0[0]).collect::<Vec<_>>()
    };
    assert_eq!(held(1, 0, 0), [0_u8; 0]);
    assert_eq!(held(3, 10, 0), [0_u8; 0]);
    // From the fourth tick on B has been silent for three; what it is to get is held.
    assert_eq!(held(4, 10, 0), [3]);
    assert_eq!(held(5, 0, 0), [0_u8; 0]);
    assert_eq!(held(6, 10, 5), [0_u8; 0]);
    assert_eq!(held(8, 10, 5), [0_u8; 0]);
    assert_eq!(held(9, 10, 5), [3]);
}

#[test]
fn what_one_rule_holds_the_next_does_not_count_as_released() {
    let mut observation = at(5);
    observation.counterparties[0].sent = yuan(1).position();
    let mut rules = Rules::new(vec![
        Policy::Silence { ticks: 4, until: None },
        Policy::Inflow { target: yuan(50), until: None },
    ]);
    rules.decide(&at(1));
    let held: Vec<_> = rules.decide(&observation).levels;
    // B gets nothing, so both payments to C leave the target.
    assert_eq!(
        held,
        [(PaymentId([2; 16]), Priority::Normal), (PaymentId([3; 16]), Priority::Held)]
    );
}

#[test]
fn what_cannot_be_carried_out_is_named() {
    let observation = at(9);
    let refused = |decision: Decision| observation.check(&decision).unwrap_err();
    let stranger = PaymentId([9; 16]);
    let levels = |ids: &[PaymentId]| Decision {
        levels: ids.iter().map(|id| (*id, Priority::Held)).collect(),
        ..Decision::default()
    };
    let limits = |names: &[&str]| Decision {
        limits: names.iter().map(|name| (code(name), None)).collect(),
        ..Decision::default()
    };
    let fund = |sum: i64| Decision { fund: Position::from_fen(sum), ..Decision::default() };
    let expected = format!("payment {stranger} neither waits nor comes in this tick");
    assert_eq!(refused(levels(&[stranger])), ("levels", expected));
    let known = PaymentId([3; 16]);
    let expected = format!("payment {known} is named twice");
    assert_eq!(refused(levels(&[known, known])), ("levels", expected));
    assert_eq!(refused(limits(&["A"])), ("limits", "A is no other operator of the roster".into()));
    assert_eq!(refused(limits(&["B", "B"])), ("limits", "B is named twice".into()));
    let expected = "-100.01 takes out more than the free 100.00";
    assert_eq!(refused(fund(-10_001)), ("fund", expected.into()));
    assert_eq!(observation.check(&fund(-10_000)), Ok(()));
    let expected = "1000.01 is more than 1000.00, which is what may come in now";
    assert_eq!(refused(fund(100_001)), ("fund", expected.into()));
    assert_eq!(observation.check(&fund(100_000)), Ok(()));
    let cash = Observation { free: None, ..at(9) };
    assert_eq!(cash.check(&fund(1)).unwrap_err().0, "fund");
}
