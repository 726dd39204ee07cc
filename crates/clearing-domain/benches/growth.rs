//! The longest single push while a ledger's lists and indexes grow to twenty million records,
//! beside those of a `Vec` and a hash map. `cargo bench -p clearing-domain --bench growth`.

#![allow(clippy::disallowed_methods, reason = "what is measured is time")]

use std::time::{Duration, Instant};

use clearing_domain::money::PaymentId;
use clearing_domain::slots::{SlotIndex, Slots};
use rustc_hash::FxHashMap;

/// That of the processes. The C library's moves large lists by exchanging pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RECORDS: u32 = 20_000_000;
/// Others may take the processor during a push, but hardly during the longest one of every run.
const RUNS: usize = 3;
/// As large as a transfer of the central bank.
type Record = [u64; 19];

fn main() {
    measure("Vec", |list: &mut Vec<Record>, number| list.push([number.into(); 19]));
    measure("Slots", |list: &mut Slots<u32, Record>, number| {
        list.push([number.into(); 19]);
    });
    measure("FxHashMap", |map: &mut FxHashMap<PaymentId, u32>, number| {
        map.insert(id(number), number);
    });
    measure("SlotIndex", |index: &mut SlotIndex<u32>, number| index.insert(&id(number), number));
}

/// Prints the longest push and the mean of a run, each from the run in which it was the shortest.
fn measure<T: Default>(name: &str, push: impl Fn(&mut T, u32)) {
    let runs: Vec<_> = (0..RUNS).map(|_| run(T::default(), &push)).collect();
    let longest = runs.iter().map(|(longest, _)| *longest).min().unwrap_or_default();
    let mean = runs.iter().map(|(_, mean)| *mean).min().unwrap_or_default();
    println!(
        "{name:<10} longest {:>8.2} ms, mean {:>4} ns",
        longest.as_secs_f64() * 1000.0,
        mean.as_nanos()
    );
}

/// The longest push and the mean.
fn run<T>(mut into: T, push: impl Fn(&mut T, u32)) -> (Duration, Duration) {
    let mut longest = Duration::ZERO;
    let begun = Instant::now();
    for number in 0..RECORDS {
        let pushed = Instant::now();
        push(&mut into, number);
        longest = longest.max(pushed.elapsed());
    }
    (longest, begun.elapsed() / RECORDS)
}

/// Ids with a random end, as payments have.
fn id(number: u32) -> PaymentId {
    let mut bytes = [0x70; 16];
    bytes[8..]
        .copy_from_slice(&u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    PaymentId(bytes)
}
