//! The longest single push while a ledger's lists and indexes grow to twenty million records, beside
//! those of a `Vec` and a `HashMap`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use clearing_domain::money::PaymentId;
use clearing_domain::slots::{SlotIndex, Slots};

const RECORDS: u32 = 20_000_000;
/// As large as a transfer of the central bank.
type Record = [u64; 19];

fn main() {
    measure("Vec", Vec::new(), |list: &mut Vec<Record>, number| list.push([number.into(); 19]));
    measure("Slots", Slots::new(), |list: &mut Slots<Record>, number| list.push([number.into(); 19]));
    measure("FxHashMap", HashMap::default(), |map: &mut HashMap<_, _, rustc_hash::FxBuildHasher>, number| {
        map.insert(id(number), number);
    });
    measure("SlotIndex", SlotIndex::default(), |index: &mut SlotIndex, number| index.insert(&id(number), number));
}

/// Pushes every record and prints how long the longest push and all of them took.
fn measure<T>(name: &str, mut into: T, push: impl Fn(&mut T, u32)) {
    let mut longest = Duration::ZERO;
    let begun = Instant::now();
    for number in 0..RECORDS {
        let pushed = Instant::now();
        push(&mut into, number);
        longest = longest.max(pushed.elapsed());
    }
    let mean_ns = begun.elapsed().as_nanos() / u128::from(RECORDS);
    println!("{name:<10} longest {:>8.2} ms, mean {mean_ns:>4} ns", longest.as_secs_f64() * 1000.0);
}

/// Ids with a random end, as payments have.
fn id(number: u32) -> PaymentId {
    let mut bytes = [0x70; 16];
    bytes[8..].copy_from_slice(&u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    PaymentId(bytes)
}
