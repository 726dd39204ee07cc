//! The cost of looking at a queue once in which nothing can settle, by what holds it back: money,
//! what operators may pay each other, or what they may receive. `cargo bench -p clearing-domain
//! --bench queue`.

#![allow(clippy::disallowed_methods, reason = "what is measured is time")]
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use clearing_domain::money::{Amount, Position};
use clearing_domain::netting::{Algorithm, Limits, Obligation, balances_after};
use criterion::{BenchmarkId, Criterion};

/// Payments that wait.
const WAITING: [usize; 3] = [10_000, 100_000, 1_000_000];
/// Participants between whom they are.
const PARTICIPANTS: usize = 10;

/// Balances, limits and what waits for one or the other.
struct Held {
    balances: Vec<Position>,
    limits: Limits,
    queue: Vec<Obligation>,
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    for (name, rich, bilateral, receiving) in [
        ("money", false, None, None),
        ("bilateral limits", true, Some(20), None),
        ("receiver caps", true, None, Some(200)),
        ("both", true, Some(40), Some(200)),
    ] {
        let mut group = criterion.benchmark_group(format!("held back by {name}"));
        for (waiting, algorithm) in WAITING
            .iter()
            .flat_map(|waiting| Algorithm::ALL[..6].iter().map(move |one| (waiting, one)))
        {
            group.bench_function(BenchmarkId::new(algorithm.name(), waiting), |bencher| {
                // Only what is asked for is made.
                let held = held(*algorithm, *waiting, rich, (bilateral, receiving));
                bencher.iter(|| {
                    let Held { balances, limits, queue } = black_box(&held);
                    algorithm.run_within(balances, limits, queue).unwrap()
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
}

/// A queue of which so many are left once whatever can has settled. Limits are in payments of the
/// mean value.
fn held(
    algorithm: Algorithm,
    waiting: usize,
    rich: bool,
    limits: (Option<i64>, Option<i64>),
) -> Held {
    let mean = 5_000;
    let balance = if rich { i64::from(u32::MAX) * mean } else { 20 * mean };
    let mut held = Held {
        balances: vec![Position::from_fen(balance); PARTICIPANTS],
        limits: Limits::default(),
        queue: Vec::new(),
    };
    let mut left = (
        vec![limits.0.map(|limit| limit * mean); PARTICIPANTS * PARTICIPANTS],
        vec![limits.1.map(|limit| limit * mean); PARTICIPANTS],
    );
    let mut payments = (0..).map(payment);
    while held.queue.len() < waiting {
        let more = (waiting - held.queue.len()).max(1_000);
        held.queue.extend(payments.by_ref().take(more));
        held.limits = limits_of(&left);
        let settles =
            algorithm.run_within(&held.balances, &held.limits, &held.queue).unwrap().settles;
        held.balances = balances_after(&held.balances, &held.queue, &settles);
        let mut kept = settles.iter();
        for (payment, _) in held.queue.iter().zip(&settles).filter(|(_, settled)| **settled) {
            take(&mut left, payment);
        }
        held.queue.retain(|_| kept.next() == Some(&false));
    }
    held.queue.truncate(waiting);
    held.limits = limits_of(&left);
    held
}

fn take(left: &mut (Vec<Option<i64>>, Vec<Option<i64>>), payment: &Obligation) {
    let (debtor, creditor, fen) = (payment.debtor, payment.creditor, payment.amount.fen());
    for (place, change) in
        [(debtor * PARTICIPANTS + creditor, -fen), (creditor * PARTICIPANTS + debtor, fen)]
    {
        left.0[place] = left.0[place].map(|limit| limit + change);
    }
    left.1[creditor] = left.1[creditor].map(|limit| limit - fen);
    left.1[debtor] = left.1[debtor].map(|limit| limit + fen);
}

fn limits_of((pairs, receivers): &(Vec<Option<i64>>, Vec<Option<i64>>)) -> Limits {
    let mut limits = Limits::default();
    for (place, left) in
        pairs.iter().enumerate().filter_map(|(place, left)| left.map(|left| (place, left)))
    {
        limits.set_bilateral(place / PARTICIPANTS, place % PARTICIPANTS, Position::from_fen(left));
    }
    for (who, left) in
        receivers.iter().enumerate().filter_map(|(who, left)| left.map(|left| (who, left)))
    {
        limits.set_receiving(who, Position::from_fen(left));
    }
    limits
}

/// A payment by its number: no generator, the same in every run. Three in four go from a lower
/// participant to a higher one, so that money and limits run out.
fn payment(number: usize) -> Obligation {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let one = mixed % PARTICIPANTS;
    let other = (one + 1 + mixed / PARTICIPANTS % (PARTICIPANTS - 1)) % PARTICIPANTS;
    let up = !(mixed / 1_000).is_multiple_of(4);
    let (debtor, creditor) =
        if up { (one.min(other), one.max(other)) } else { (one.max(other), one.min(other)) };
    Obligation {
        debtor,
        creditor,
        amount: Amount::from_fen(1 + (mixed / 4_000 % 10_000) as i64).unwrap(),
    }
}
