//! Finds the first of many amounts that a balance covers.

/// A tournament tree of amounts by place, which finds the first amount that fits without a scan. A
/// place may be empty.
#[derive(Clone, Debug)]
pub(crate) struct FirstFit<A> {
    /// The value of an empty place; no balance covers it.
    nothing: A,
    /// Node 1 is the root, the children of node n are 2n and 2n + 1, the last half are the leaves.
    least: Vec<A>,
}

impl<A: Copy + Ord> FirstFit<A> {
    /// Builds the tree over amounts by place; `nothing`, more than any balance, marks an empty one.
    pub(crate) fn new(nothing: A, amounts: impl ExactSizeIterator<Item = A>) -> Self {
        // The last level is full, so that the place of a child follows from the number of its
        // parent.
        let leaves = amounts.len().next_power_of_two();
        let mut least = vec![nothing; leaves];
        least.extend(amounts);
        least.resize(2 * leaves, nothing);
        let mut tree = Self { nothing, least };
        (1..leaves).rev().for_each(|node| tree.update(node));
        tree
    }

    fn update(&mut self, node: usize) {
        self.least[node] = self.least[2 * node].min(self.least[2 * node + 1]);
    }

    /// Sets the amount of a place.
    pub(crate) fn set(&mut self, place: usize, amount: A) {
        let mut node = self.least.len() / 2 + place;
        self.least[node] = amount;
        while node > 1 {
            node /= 2;
            self.update(node);
        }
    }

    /// Empties a place.
    pub(crate) fn remove(&mut self, place: usize) {
        self.set(place, self.nothing);
    }

    /// The first place, not before `from`, whose amount the balance covers.
    pub(crate) fn next_that_fits(&self, from: usize, balance: A) -> Option<usize> {
        let leaves = self.least.len() / 2;
        let fits = |node: usize| self.least[node] <= balance;
        if from >= leaves {
            return None;
        }
        let mut node = leaves + from;
        while !fits(node) {
            // The next subtree to the right: up from every right child, then to the sibling.
            while node % 2 == 1 {
                node /= 2;
            }
            if node == 0 {
                return None;
            }
            node += 1;
        }
        // Down to the left wherever that fits: the first place is wanted, not any.
        while node < leaves {
            node = if fits(2 * node) { 2 * node } else { 2 * node + 1 };
        }
        Some(node - leaves)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_that_fits_is_what_a_scan_finds(
            mut amounts in prop::collection::vec(0..20_u32, 1..20),
            changes in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(0..20_u32)), 0..10),
            (from, balance) in (0..25_usize, 0..20_u32),
        ) {
            let mut tree = FirstFit::new(u32::MAX, amounts.iter().copied());
            for (place, amount) in changes {
                let place = place.index(amounts.len());
                match amount {
                    Some(amount) => tree.set(place, amount),
                    None => tree.remove(place),
                }
                amounts[place] = amount.unwrap_or(u32::MAX);
            }
            let scanned = (from..amounts.len()).find(|place| amounts[*place] <= balance);
            prop_assert_eq!(tree.next_that_fits(from, balance), scanned);
        }
    }
}
