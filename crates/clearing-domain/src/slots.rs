//! A list that grows without moving what is in it.
//!
//! A `Vec` of ten million records takes a second to grow, because all of them move, and everything
//! waits meanwhile. Here they lie in chunks of one size, and only the list of chunks ever moves.

mod index;
mod slot;

use std::fmt;
use std::iter::Flatten;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};
use std::slice;

pub use index::SlotIndex;
pub use slot::Slot;
pub(crate) use slot::slot;

/// How many elements a chunk holds. The first one grows up to it, so that a short list takes
/// little.
const CHUNK: usize = 4096;

/// A list of which elements are only appended, found by their slots of type `I`.
///
/// Each list has a type of slots of its own, so that the slot of one is never looked up in another.
#[derive(Clone)]
pub struct Slots<I, T> {
    /// All but the last are full.
    chunks: Vec<Vec<T>>,
    slot: PhantomData<fn(I) -> I>,
}

impl<I, T> Slots<I, T> {
    /// An empty list.
    pub const fn new() -> Self {
        Self { chunks: Vec::new(), slot: PhantomData }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The elements in order.
    pub fn iter(&self) -> Iter<'_, T> {
        self.chunks.iter().flatten()
    }

    /// The elements as one piece of memory.
    pub fn to_vec(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.chunks.concat()
    }
}

impl<I: Slot, T> Slots<I, T> {
    /// The slot of the next element.
    pub fn next_slot(&self) -> I {
        I::from_place(self.len())
    }

    /// Appends an element and answers its slot. Moves at most one chunk of others.
    pub fn push(&mut self, element: T) -> I {
        let slot = self.next_slot();
        if self.chunks.last().is_none_or(|last| last.len() == CHUNK) {
            let room = if self.chunks.is_empty() { 0 } else { CHUNK };
            self.chunks.push(Vec::with_capacity(room));
        }
        if let Some(last) = self.chunks.last_mut() {
            last.push(element);
        }
        slot
    }

    /// The element in a slot.
    pub fn get(&self, slot: I) -> Option<&T> {
        let place = slot.place();
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)
    }

    /// The element in a slot, to be changed.
    pub fn get_mut(&mut self, slot: I) -> Option<&mut T> {
        let place = slot.place();
        self.chunks.get_mut(place / CHUNK)?.get_mut(place % CHUNK)
    }

    /// The elements with their slots, in order.
    pub fn enumerate(&self) -> impl Iterator<Item = (I, &T)> {
        self.iter().enumerate().map(|(place, element)| (I::from_place(place), element))
    }

    /// The elements from a slot on, in order.
    pub fn iter_from(&self, slot: I) -> impl Iterator<Item = &T> {
        let place = slot.place();
        let chunks = self.chunks.get(place / CHUNK..).unwrap_or_default();
        chunks.iter().flatten().skip(place % CHUNK)
    }

    /// Looks for a key in a list that is sorted by it: the slot of the element, or where it would
    /// be.
    pub fn binary_search_by_key<K: Ord>(
        &self,
        key: &K,
        mut key_of: impl FnMut(&T) -> K,
    ) -> Result<I, I> {
        let after = self
            .chunks
            .partition_point(|chunk| chunk.first().is_some_and(|first| key_of(first) <= *key));
        let Some(number) = after.checked_sub(1) else { return Err(I::from_place(0)) };
        let within = self.chunks[number].binary_search_by_key(key, key_of);
        let slot = |place| I::from_place(number * CHUNK + place);
        within.map(slot).map_err(slot)
    }
}

/// The elements of [`Slots`] in order.
pub type Iter<'a, T> = Flatten<slice::Iter<'a, Vec<T>>>;

impl<I, T> Default for Slots<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I, T: fmt::Debug> fmt::Debug for Slots<I, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self).finish()
    }
}

impl<I: Slot, T> Index<I> for Slots<I, T> {
    type Output = T;

    fn index(&self, slot: I) -> &T {
        let place = slot.place();
        &self.chunks[place / CHUNK][place % CHUNK]
    }
}

impl<I: Slot, T> IndexMut<I> for Slots<I, T> {
    fn index_mut(&mut self, slot: I) -> &mut T {
        let place = slot.place();
        &mut self.chunks[place / CHUNK][place % CHUNK]
    }
}

impl<'a, I, T> IntoIterator for &'a Slots<I, T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<I: Slot, T> Extend<T> for Slots<I, T> {
    fn extend<E: IntoIterator<Item = T>>(&mut self, elements: E) {
        elements.into_iter().for_each(|element| {
            self.push(element);
        });
    }
}

impl<I: Slot, T> FromIterator<T> for Slots<I, T> {
    fn from_iter<E: IntoIterator<Item = T>>(elements: E) -> Self {
        let mut slots = Self::new();
        slots.extend(elements);
        slots
    }
}

#[cfg(test)]
mod tests;
