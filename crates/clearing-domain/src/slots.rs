//! A list that grows without moving what is in it.
//!
//! A `Vec` of ten million records takes a second to grow, because all of them move, and everything
//! waits meanwhile. Here they lie in chunks of one size, and only the list of chunks ever moves.

mod index;

use std::fmt;
use std::iter::Flatten;
use std::ops::{Index, IndexMut};
use std::slice;

pub use index::SlotIndex;

/// How many elements a chunk holds. The first one grows up to it, so that a short list takes
/// little.
const CHUNK: usize = 4096;

/// A list of which elements are only appended, found by their place.
#[derive(Clone)]
pub struct Slots<T> {
    /// All but the last are full.
    chunks: Vec<Vec<T>>,
}

impl<T> Slots<T> {
    /// An empty list.
    pub const fn new() -> Self {
        Self { chunks: Vec::new() }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The place of the next element, as ledgers keep it.
    pub(crate) fn next_slot(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    /// Appends an element. Moves at most one chunk of others.
    pub fn push(&mut self, element: T) {
        if self.chunks.last().is_none_or(|last| last.len() == CHUNK) {
            let room = if self.chunks.is_empty() { 0 } else { CHUNK };
            self.chunks.push(Vec::with_capacity(room));
        }
        if let Some(last) = self.chunks.last_mut() {
            last.push(element);
        }
    }

    /// The element at a place.
    pub fn get(&self, place: usize) -> Option<&T> {
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    /// The element at a place, to be changed.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.chunks.get_mut(place / CHUNK)?.get_mut(place % CHUNK)
    }

    /// The elements in order.
    pub fn iter(&self) -> Iter<'_, T> {
        self.chunks.iter().flatten()
    }

    /// The elements from a place on, in order.
    pub fn iter_from(&self, place: usize) -> impl Iterator<Item = &T> {
        let chunks = self.chunks.get(place / CHUNK..).unwrap_or_default();
        chunks.iter().flatten().skip(place % CHUNK)
    }

    /// The elements as one piece of memory.
    pub fn to_vec(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.chunks.concat()
    }

    /// Looks for a key in a list that is sorted by it: the place of the element, or where it would
    /// be.
    pub fn binary_search_by_key<K: Ord>(
        &self,
        key: &K,
        mut key_of: impl FnMut(&T) -> K,
    ) -> Result<usize, usize> {
        let after = self
            .chunks
            .partition_point(|chunk| chunk.first().is_some_and(|first| key_of(first) <= *key));
        let Some(number) = after.checked_sub(1) else { return Err(0) };
        let within = self.chunks[number].binary_search_by_key(key, key_of);
        within.map(|place| number * CHUNK + place).map_err(|place| number * CHUNK + place)
    }
}

/// The elements of [`Slots`] in order.
pub type Iter<'a, T> = Flatten<slice::Iter<'a, Vec<T>>>;

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Slots<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self).finish()
    }
}

impl<T> Index<usize> for Slots<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.chunks[place / CHUNK][place % CHUNK]
    }
}

impl<T> IndexMut<usize> for Slots<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        &mut self.chunks[place / CHUNK][place % CHUNK]
    }
}

impl<'a, T> IntoIterator for &'a Slots<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> Extend<T> for Slots<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        elements.into_iter().for_each(|element| self.push(element));
    }
}

impl<T> FromIterator<T> for Slots<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut slots = Self::new();
        slots.extend(elements);
        slots
    }
}

#[cfg(test)]
mod tests;
