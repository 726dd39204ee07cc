use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// An index of keys that are kept beside it, as the ledgers do.
struct Indexed<K> {
    keys: Vec<K>,
    index: SlotIndex<u32>,
}

impl<K: Hash + PartialEq> Indexed<K> {
    fn new() -> Self {
        Self { keys: Vec::new(), index: SlotIndex::default() }
    }

    fn push(&mut self, key: K) {
        self.index.insert(&key, self.keys.len() as u32);
        self.keys.push(key);
    }

    fn find(&self, key: &K) -> Option<u32> {
        self.index.find(key, |slot| self.keys[slot as usize] == *key)
    }

    /// Taken and all cells.
    fn cells(&self) -> (usize, usize) {
        let tables = &self.index.tables;
        (
            tables.iter().map(|table| table.taken).sum(),
            tables.iter().map(|table| table.cells.len()).sum(),
        )
    }
}

/// A key of which the hash says as much as is wanted: two keys may share all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    hashed: u64,
    rest: u8,
}

impl Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.hashed.hash(state);
    }
}

/// Ids as they are given out: by time, with a random end.
fn id(number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(0x0190_0000_0000_7000 + ((number / 100) << 16)).to_be_bytes());
    bytes[8..].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_index_finds_what_a_hash_map_does(
        keys in prop::collection::vec((0..300_u64, 0..4_u8), 0..2000),
        reserved in prop_oneof![Just(0), 1..100_000_usize],
    ) {
        let mut map: HashMap<(u64, u8), u32> = HashMap::new();
        let mut indexed = Indexed::new();
        if reserved > 0 {
            indexed.index.reserve(reserved);
        }
        let key = |(hashed, rest)| Key { hashed, rest };
        for (hashed, rest) in keys {
            prop_assert_eq!(indexed.find(&key((hashed, rest))), map.get(&(hashed, rest)).copied());
            map.entry((hashed, rest)).or_insert_with(|| {
                indexed.push(key((hashed, rest)));
                indexed.keys.len() as u32 - 1
            });
        }
        for (hashed, rest) in (0..301).flat_map(|hashed| (0..4).map(move |rest| (hashed, rest))) {
            prop_assert_eq!(indexed.find(&key((hashed, rest))), map.get(&(hashed, rest)).copied());
        }
    }
}

#[test]
fn a_million_ids_are_found_again_and_others_are_not() {
    let mut indexed = Indexed::new();
    (0..1_000_000).for_each(|number| indexed.push(id(number)));
    assert!((0..1_000_000).all(|number| indexed.find(&id(number)) == Some(number as u32)));
    assert!((1_000_000..1_100_000).all(|number| indexed.find(&id(number)).is_none()));
}

/// Bytes of memory per slot, and how many cells the largest growth moves.
#[track_caller]
fn check_room(slots: u64, reserve: bool) {
    let mut indexed = Indexed::new();
    if reserve {
        indexed.index.reserve(slots as usize);
    }
    (0..slots).for_each(|number| indexed.push(id(number)));
    let (taken, cells) = indexed.cells();
    assert_eq!(taken as u64, slots);
    let bytes = 8 * cells;
    assert!((10 * taken..14 * taken).contains(&bytes), "{slots} slots take {bytes} bytes");
    let largest = indexed.index.tables.iter().map(|table| table.cells.len()).max().unwrap();
    assert!(largest < 4 * slots as usize / TABLES, "a table of {slots} slots has {largest} cells");
}

#[test]
fn an_index_takes_a_dozen_bytes_for_each_slot_whatever_their_number() {
    for slots in [300_000, 400_000, 500_000, 600_000] {
        check_room(slots, false);
        check_room(slots, true);
    }
}

#[test]
fn tables_do_not_all_grow_at_the_same_time() {
    let mut indexed = Indexed::new();
    let mut before = 0;
    let mut grown: Vec<usize> = Vec::new();
    for number in 0..400_000 {
        indexed.push(id(number));
        if number % 20_000 == 0 {
            let (_, cells) = indexed.cells();
            grown.push(cells - before);
            before = cells;
        }
    }
    let (total, most) = (grown[10..].iter().sum::<usize>(), grown[10..].iter().max().unwrap());
    // Ten periods: all at once would be everything in one or two of them.
    assert!(*most < total / 3, "{grown:?}");
}
