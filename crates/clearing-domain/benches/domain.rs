//! The cost of the rules alone: no disk, no network, no threads. `cargo bench -p clearing-domain`.

#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "what is measured is time")]

mod campaign;
mod pair;

use std::hint::black_box;
use std::time::{Duration, Instant};

use clearing_domain::money::{Amount, Position};
use clearing_domain::netting::{Algorithm, LOOK_AHEAD, Obligation, net_positions, partial_net};
use criterion::Criterion;

use pair::Pair;

/// Obligations to net.
const MANY: usize = 1_000_000;
/// Participants among whom they are.
const PARTICIPANTS: usize = 10;
/// Payments applied together, as a busy ledger loop would.
const BATCH: u64 = 100;

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    criterion.bench_function("apply one payment through both tiers, alone", |bencher| {
        bencher.iter_custom(|count| timed(count, 1));
    });
    criterion.bench_function(
        "apply one payment through both tiers, in batches of 100",
        |bencher| {
            bencher.iter_custom(|count| timed(count, BATCH));
        },
    );
    let obligations = obligations();
    criterion.bench_function("net 1 m obligations among 10", |bencher| {
        bencher.iter(|| net_positions(PARTICIPANTS, black_box(&obligations)));
    });
    for (name, balance) in [("all settle", 100_000_000), ("a part settles", 1_000)] {
        let balances = [Position::from_fen(balance); PARTICIPANTS];
        criterion.bench_function(&format!("partial_net of 1 m among 10, {name}"), |bencher| {
            bencher.iter(|| partial_net(black_box(&balances), black_box(&obligations)));
        });
        let offset = Algorithm::BilateralOffset { look_ahead: LOOK_AHEAD };
        for algorithm in [Algorithm::GrossFifo, Algorithm::GrossBypass, offset, Algorithm::Unwind] {
            criterion.bench_function(&format!("{algorithm} of 1 m among 10, {name}"), |bencher| {
                bencher.iter(|| algorithm.run(black_box(&balances), black_box(&obligations)));
            });
        }
    }
    criterion.bench_function("1 m registrations and a draw of 50,000", |bencher| {
        bencher.iter_custom(|count| {
            (0..count).map(|_| campaign::register_and_draw(1_000_000, 50_000)).sum()
        });
    });
    criterion.final_summary();
}

/// The time of so many payments, not counting the ledgers that take them.
fn timed(count: u64, batch: u64) -> Duration {
    let mut pair = Pair::new();
    let begun = Instant::now();
    let mut left = count;
    while left > 0 {
        let part = left.min(batch);
        pair.pay(part);
        left -= part;
    }
    let took = begun.elapsed();
    assert_eq!(pair.completed(), count);
    took
}

/// Obligations in a fixed order that a multiplier gives: no generator, the same in every run.
fn obligations() -> Vec<Obligation> {
    let obligation = |index: usize| {
        let mixed = index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let debtor = mixed % PARTICIPANTS;
        let creditor = (debtor + 1 + mixed / PARTICIPANTS % (PARTICIPANTS - 1)) % PARTICIPANTS;
        Obligation {
            debtor,
            creditor,
            amount: Amount::from_fen(1 + (mixed % 10_000) as i64).unwrap(),
        }
    };
    (0..MANY).map(obligation).collect()
}
