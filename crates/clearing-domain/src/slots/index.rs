//! Finds the slot of a record by its key, and grows without a pause.
//!
//! A hash map moves everything when it grows. Here the hash chooses one of many small tables first,
//! and each grows by itself: at ten million records that moves ten thousand numbers of eight bytes.
//! Keys are not kept, only 32 bits of their hashes. Who asks says whether a slot holds the key.

use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use rustc_hash::FxBuildHasher;

use super::Slot;

/// How many tables there are.
const TABLES: usize = 1 << TABLE_BITS;
const TABLE_BITS: u32 = 10;
/// How many cells the smallest table has.
const CELLS_MIN: usize = 16;
/// Marks a cell in which there is no slot.
const EMPTY: u32 = u32::MAX;

/// The slots of records by the hashes of their keys. Nothing is ever removed.
#[derive(Debug)]
pub struct SlotIndex<I> {
    /// None until there is something to be found.
    tables: Vec<Table>,
    slot: PhantomData<fn(I) -> I>,
}

impl<I> Default for SlotIndex<I> {
    fn default() -> Self {
        Self { tables: Vec::new(), slot: PhantomData }
    }
}

#[derive(Clone, Debug, Default)]
struct Table {
    /// Sorted by hash as far as possible: one that finds its cell taken is put into the next free
    /// one.
    cells: Vec<Cell>,
    taken: usize,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    hash: u32,
    slot: u32,
}

impl<I: Slot> SlotIndex<I> {
    /// Makes room for so many slots, when there are many and nothing has been put in yet.
    pub fn reserve(&mut self, slots: usize) {
        if self.tables.is_empty() && slots >= TABLES {
            let cells = CELLS_MIN.max(slots / TABLES * 5 / 4);
            self.tables =
                (0..TABLES).map(|number| Table::with_cells(cells_of(number, cells))).collect();
        }
    }

    /// Adds the slot of a key that has none yet.
    ///
    /// # Panics
    ///
    /// When the number of the slot is `u32::MAX`, which marks that there is none.
    pub fn insert(&mut self, key: &impl Hash, slot: I) {
        let slot = slot.number();
        assert!(slot != EMPTY, "an index holds slots below {EMPTY}");
        if self.tables.is_empty() {
            self.tables = vec![Table::default(); TABLES];
        }
        let (number, hash) = place(key);
        let table = &mut self.tables[number];
        if table.is_full() {
            table.grow(number);
        }
        table.insert(Cell { hash, slot });
    }

    /// How many slots it has.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.tables.iter().map(|table| table.taken).sum()
    }

    /// Puts another slot in the place of that of a key: an index has one entry for a key, as many
    /// entries of one key would all be passed in every search.
    pub fn replace(&mut self, key: &impl Hash, old: I, new: I) {
        let (number, hash) = place(key);
        if let Some(table) = self.tables.get_mut(number) {
            table.replace(hash, old.number(), new.number());
        }
    }

    /// The slot of a key. `is_at` says whether the key is that of the record in a slot.
    pub fn find(&self, key: &impl Hash, is_at: impl Fn(I) -> bool) -> Option<I> {
        let (number, hash) = place(key);
        let found = self.tables.get(number)?.find(hash, |slot| is_at(I::from_number(slot)));
        found.map(I::from_number)
    }
}

impl Table {
    fn with_cells(count: usize) -> Self {
        Self { cells: vec![Cell { hash: 0, slot: EMPTY }; count], taken: 0 }
    }

    /// Four fifths of the cells may be taken: then a search passes a dozen of them at worst on
    /// average.
    fn is_full(&self) -> bool {
        (self.taken + 1) * 5 > self.cells.len() * 4
    }

    fn grow(&mut self, number: usize) {
        let count = if self.cells.is_empty() {
            cells_of(number, CELLS_MIN)
        } else {
            self.cells.len() / 2 * 3
        };
        let cells = std::mem::replace(self, Self::with_cells(count)).cells;
        // They are sorted by hash and so go to the new cells in order.
        cells.into_iter().filter(|cell| cell.slot != EMPTY).for_each(|cell| self.insert(cell));
    }

    fn insert(&mut self, new: Cell) {
        let first = self.home(new.hash);
        let (before, after) = self.cells.split_at_mut(first);
        if let Some(cell) = after.iter_mut().chain(before).find(|cell| cell.slot == EMPTY) {
            *cell = new;
            self.taken += 1;
        }
    }

    fn find(&self, hash: u32, is_at: impl Fn(u32) -> bool) -> Option<u32> {
        let (before, after) = self.cells.split_at(self.home(hash));
        let taken = after.iter().chain(before).take_while(|cell| cell.slot != EMPTY);
        taken.filter(|cell| cell.hash == hash).map(|cell| cell.slot).find(|slot| is_at(*slot))
    }

    fn replace(&mut self, hash: u32, old: u32, new: u32) {
        let first = self.home(hash);
        let (before, after) = self.cells.split_at_mut(first);
        let is_it = |cell: &&mut Cell| cell.hash == hash && cell.slot == old;
        if let Some(cell) = after.iter_mut().chain(before).find(is_it) {
            cell.slot = new;
        }
    }

    /// The cell where the search for a hash begins.
    fn home(&self, hash: u32) -> usize {
        ((u64::from(hash) * self.cells.len() as u64) >> 32) as usize
    }
}

/// How many cells a table starts with: up to half as many again, so that they do not all grow at
/// the same time.
fn cells_of(number: usize, least: usize) -> usize {
    least + least * number / (2 * TABLES)
}

/// The table of a key, and the part of its hash that places it there.
fn place(key: &impl Hash) -> (usize, u32) {
    let hash = FxBuildHasher.hash_one(key);
    ((hash >> (64 - TABLE_BITS)) as usize, hash as u32)
}

#[cfg(test)]
mod tests;
