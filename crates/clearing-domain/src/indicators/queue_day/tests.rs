use proptest::prelude::*;

use super::super::tests::{any_records, fen, records};
use super::super::{Flows, lower_bound_liquidity};
use super::*;
use crate::money::{Amount, Position};
use crate::netting::{Obligation, gross_bypass, gross_fifo, partial_net};

#[track_caller]
fn check(opening: &[i128], text: &str, expected: [&[i64]; 3]) {
    for (algorithm, expected) in QueueAlgorithm::ALL.into_iter().zip(expected) {
        let times = settlement_times(&fen(opening), &records(text), algorithm);
        let times: Vec<_> = times.into_iter().map(|time| time.unwrap_or(-1)).collect();
        assert_eq!(times, expected, "{algorithm:?}");
    }
}

#[test]
fn what_is_covered_settles_as_it_arrives() {
    check(&[10, 0], "1 A B 10; 2 B A 4; 3 A B 4", [&[1, 2, 3]; 3]);
}

#[test]
fn a_blocked_head_is_waited_for_passed_or_netted() {
    check(&[5, 0], "1 A B 9; 2 A B 4; 3 B A 8", [&[-1, -1, -1], &[-1, 2, -1], &[3, 3, 3]]);
}

#[test]
fn money_that_comes_in_frees_a_whole_chain() {
    check(&[0, 0, 3], "1 A B 3; 2 B C 3; 3 C A 3", [&[3, 3, 3]; 3]);
}

#[test]
fn payments_arrive_by_time_whatever_their_order_in_the_list() {
    check(&[0, 3], "5 A B 3; 4 B A 3", [&[5, 4]; 3]);
}

#[test]
fn a_payment_that_settles_at_once_can_complete_a_set() {
    check(&[0, 0, 2], "1 A B 5; 2 B A 3; 3 C A 2", [&[-1, -1, 3], &[-1, -1, 3], &[3, 3, 3]]);
}

/// What marks the payments of a queue that settle.
type Pass = fn(&[Position], &[Obligation]) -> Vec<bool>;

/// What an algorithm tries after each arrival, until nothing moves.
fn passes(algorithm: QueueAlgorithm) -> &'static [Pass] {
    match algorithm {
        QueueAlgorithm::GrossFifo => &[gross_fifo],
        QueueAlgorithm::GrossBypass => &[gross_bypass],
        QueueAlgorithm::GrossFifoWithPartialNet => &[gross_fifo, partial_net],
    }
}

/// The day word for word: the algorithms of netting over the whole queue after each arrival.
fn by_rescanning(
    opening: &[i128],
    records: &[Record],
    algorithm: QueueAlgorithm,
) -> Vec<Option<i64>> {
    let mut balances: Vec<_> =
        opening.iter().map(|fen| Position::from_fen(i64::try_from(*fen).unwrap())).collect();
    let (mut queue, mut times) = (Vec::new(), vec![None; records.len()]);
    for arrival in in_order(records) {
        queue.push(arrival);
        let mut before = usize::MAX;
        while queue.len() < before {
            before = queue.len();
            for settles in passes(algorithm) {
                let owed = queue.iter().map(|place: &usize| {
                    let Record { sender, receiver, value, .. } = records[*place];
                    Obligation { debtor: sender, creditor: receiver, amount: value }
                });
                let obligations: Vec<_> = owed.collect();
                let settled = settles(&balances, &obligations);
                for (place, obligation) in (0..queue.len())
                    .filter(|place| settled[*place])
                    .map(|at| (queue[at], obligations[at]))
                {
                    balances[obligation.debtor] -= obligation.amount;
                    balances[obligation.creditor] += obligation.amount;
                    times[place] = Some(records[arrival].submitted);
                }
                queue.retain(|place| times[*place].is_none());
            }
        }
    }
    times
}

/// A long day between ten participants. Some send much more than they receive.
fn long_day(payments: i64) -> Vec<Record> {
    let mut state = 1_u64;
    let mut draw = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut payment = |submitted| {
        let sender = (draw(10) * draw(10) / 9) as usize;
        let receiver = (sender + 1 + draw(9) as usize) % 10;
        let value = Amount::from_fen(1 + draw(1_000) as i64 * draw(1_000) as i64).unwrap();
        Record { sender, receiver, value, submitted, settled: None }
    };
    (0..payments).map(&mut payment).collect()
}

/// A payment between participants at a time.
fn record(submitted: i64, sender: usize, receiver: usize, fen: i64) -> Record {
    Record { sender, receiver, value: Amount::from_fen(fen).unwrap(), submitted, settled: None }
}

/// A day in which three participants owe each other in a ring, `round` payments each, of which the
/// first also owes outside and is short of half a payment, which a fourth pays it fen by fen. The
/// last payment that the first lacks never comes.
fn gridlock(rounds: i64, feeds: i64, amount: impl Fn(i64) -> i64) -> (Vec<i128>, Vec<Record>) {
    let ring = (0..3 * rounds)
        .map(|at| record(at, (at % 3) as usize, ((at + 1) % 3) as usize, amount(at)));
    let feed = (0..feeds).map(|at| record(3 * rounds + at, 3, 0, 1));
    let records = std::iter::once(record(-1, 0, 4, feeds + 1)).chain(ring).chain(feed);
    (vec![0, 0, 0, i128::from(feeds), 0], records.collect())
}

/// A search at each arrival would drop every payment of the queue again.
#[test]
fn tiny_payments_into_a_gridlock_are_told_apart_without_a_search() {
    let rounds = 3_000;
    let (opening, day) = gridlock(rounds, 10 * rounds, |_| 20 * rounds);
    let mut queues = partial::Partial::new(&opening, &day);
    let waiting = run(&day, &mut queues).iter().filter(|time| time.is_none()).count();
    assert_eq!(waiting, 3 * 3_000 + 1);
    let drops = queues.drops.get();
    assert!(drops < 3 * day.len(), "{drops} drops for {} payments", day.len());
}

/// Each of them could settle if the gridlock did, so that only a search to its front tells.
#[test]
fn payments_that_hang_on_a_gridlock_are_told_apart_without_a_search() {
    let rounds = 3_000;
    let (opening, mut day) = gridlock(rounds, 0, |_| 20 * rounds);
    // The payee of the first payment of the gridlock owes little, and nobody else pays it.
    day[0] = record(-1, 0, 4, 20 * rounds);
    day.extend((0..10 * rounds).map(|at| record(3 * rounds + at, 4, 0, 1)));
    let mut queues = partial::Partial::new(&opening, &day);
    let waiting = run(&day, &mut queues).iter().filter(|time| time.is_none()).count();
    let drops = queues.drops.get();
    assert_eq!(waiting, day.len());
    assert!(drops < 3 * day.len(), "{drops} drops for {} payments", day.len());
}

/// Walking the queue at each arrival would take minutes, after which the runner ends a test.
#[test]
fn a_hundred_thousand_payments_settle_however_long_the_queues() {
    let day = long_day(100_000);
    let lower = lower_bound_liquidity(&Flows::of(10, &day));
    let scarce: Vec<_> = lower.iter().map(|fen| fen / 2).collect();
    for algorithm in QueueAlgorithm::ALL {
        for opening in [&lower, &scarce, &vec![0; 10]] {
            let waiting = settlement_times(opening, &day, algorithm)
                .iter()
                .filter(|time| time.is_none())
                .count();
            // Without a fen nothing moves.
            let nothing_settles = opening.iter().all(|fen| *fen == 0);
            assert!(
                waiting < day.len() || nothing_settles,
                "{algorithm:?} leaves all of {waiting}"
            );
        }
    }
}

/// Days of few different amounts in a gridlock between three that open with nothing, into which a
/// fourth with plenty pays little by little, and a fifth draws from it.
fn any_gridlock() -> impl Strategy<Value = Vec<Record>> {
    let owed = (0..3_usize, 1..4_usize, prop_oneof![Just(10), Just(10), Just(7), 1..30_i64]);
    let owed = owed.prop_map(|(sender, other, fen)| {
        (sender, if other == 3 { 4 } else { (sender + other) % 3 }, fen)
    });
    let feed = (0..3_usize, 1..4_i64).prop_map(|(receiver, fen)| (3, receiver, fen));
    let payments = prop::collection::vec(prop_oneof![2 => owed, 1 => feed], 1..=80);
    let timed =
        |(at, (sender, receiver, fen)): (usize, _)| record(at as i64, sender, receiver, fen);
    payments.prop_map(move |payments| payments.into_iter().enumerate().map(timed).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_gridlock_is_what_rescanning_the_queues_gives(
        records in any_gridlock(),
        opening in prop::collection::vec(prop_oneof![Just(0), 0..10_i128], 3),
    ) {
        let opening = [&opening[..], &[1_000, 0]].concat();
        for algorithm in QueueAlgorithm::ALL {
            let found = settlement_times(&opening, &records, algorithm);
            prop_assert_eq!(&found, &by_rescanning(&opening, &records, algorithm), "{:?}", algorithm);
        }
    }

    #[test]
    fn a_day_is_what_rescanning_the_queues_gives(
        records in any_records(5, 40),
        opening in prop::collection::vec(0..25_i128, 5),
    ) {
        for algorithm in QueueAlgorithm::ALL {
            let found = settlement_times(&opening, &records, algorithm);
            prop_assert_eq!(&found, &by_rescanning(&opening, &records, algorithm), "{:?}", algorithm);
        }
    }
}
