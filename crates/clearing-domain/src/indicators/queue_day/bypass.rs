//! Queues from which whatever fits may settle.

use std::collections::BTreeSet;

use super::super::Record;
use super::{Queues, in_order};

/// What stands where nothing is queued.
const NOTHING: i128 = i128::MAX;

/// Balances and queues without order of precedence.
pub(super) struct Bypass<'a> {
    records: &'a [Record],
    balances: Vec<i128>,
    /// All payments of a day by their sender, in the order in which they will arrive.
    payments: Vec<Vec<usize>>,
    /// The place of a payment among those of its sender.
    places: Vec<usize>,
    waiting: Vec<Waiting>,
}

impl<'a> Bypass<'a> {
    pub(super) fn new(opening: &[i128], records: &'a [Record]) -> Self {
        let (mut payments, mut places) = (vec![Vec::new(); opening.len()], vec![0; records.len()]);
        for index in in_order(records) {
            let own: &mut Vec<usize> = &mut payments[records[index].sender];
            places[index] = own.len();
            own.push(index);
        }
        let waiting = payments.iter().map(|own| Waiting::new(own.len())).collect();
        Self { records, balances: opening.to_vec(), payments, places, waiting }
    }

    /// Goes once through a queue, oldest first; gives who was paid.
    fn visit(&mut self, who: usize, settle: &mut dyn FnMut(usize), paid: &mut BTreeSet<usize>) {
        let mut from = 0;
        while let Some(place) = self.waiting[who].next_that_fits(from, self.balances[who]) {
            let index = self.payments[who][place];
            let Record { receiver, value, .. } = self.records[index];
            self.waiting[who].set(place, NOTHING);
            self.balances[who] -= i128::from(value.fen());
            self.balances[receiver] += i128::from(value.fen());
            settle(index);
            paid.insert(receiver);
            from = place + 1;
        }
    }
}

impl Queues for Bypass<'_> {
    fn arrive(&mut self, index: usize, settle: &mut dyn FnMut(usize)) {
        let Record { sender, value, .. } = self.records[index];
        self.waiting[sender].set(self.places[index], i128::from(value.fen()));
        // Passes in the order of the codes, without those for whom nothing changed.
        let (mut changed, mut next) = (BTreeSet::from([sender]), 0);
        while let Some(who) = changed.range(next..).next().or_else(|| changed.first()).copied() {
            changed.remove(&who);
            self.visit(who, settle, &mut changed);
            next = who + 1;
        }
    }
}

/// A tournament of amounts by place: finds the oldest that fits without a scan.
struct Waiting {
    /// Node 1 is the root, the children of node n are 2n and 2n + 1, the last half are the leaves.
    least: Vec<i128>,
}

impl Waiting {
    fn new(places: usize) -> Self {
        Self { least: vec![NOTHING; 2 * places.next_power_of_two()] }
    }

    fn set(&mut self, place: usize, fen: i128) {
        let mut node = self.least.len() / 2 + place;
        self.least[node] = fen;
        while node > 1 {
            node /= 2;
            self.least[node] = self.least[2 * node].min(self.least[2 * node + 1]);
        }
    }

    /// The first place, not before `from`, that the balance covers.
    fn next_that_fits(&self, from: usize, balance: i128) -> Option<usize> {
        let leaves = self.least.len() / 2;
        if from >= leaves {
            return None;
        }
        let mut node = leaves + from;
        while self.least[node] > balance {
            // Up from every right child, then to the sibling on the right.
            while node % 2 == 1 {
                node /= 2;
            }
            if node == 0 {
                return None;
            }
            node += 1;
        }
        while node < leaves {
            node = if self.least[2 * node] <= balance { 2 * node } else { 2 * node + 1 };
        }
        Some(node - leaves)
    }
}
