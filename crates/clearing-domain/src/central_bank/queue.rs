//! The queue: payments that their payees' operators have accepted and that wait for cover.
//!
//! Which of them settle may depend on all of them, so nothing of them is spendable before: the
//! payee's operator holds room for the money, and this ledger alone decides.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::money::{OperatorNumber, Timestamp};
use crate::netting::{Obligation, Priority};
use crate::slots::Slot;

use super::transfer::{Transfer, TransferSlot};

/// Where a transfer stands in the queue: its level, the row that queued it, its slot.
pub(super) type Place = (Priority, u64, TransferSlot);

/// The transfers that wait, in queue order: by level, then by arrival.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<Place, Obligation>,
    /// The places of each payer.
    by_payer: BTreeSet<(OperatorNumber, Place)>,
    /// How many of them wait by payer and payee: only their limits matter.
    pairs: BTreeMap<(OperatorNumber, OperatorNumber), u32>,
    /// How many of them may wait until when: the order of the queue is not that of the days.
    ends: BTreeMap<Timestamp, u32>,
    /// Something came or moved since the last release.
    changed: bool,
    /// Queued since the last release; their payers hear of it when they wait on.
    fresh: Vec<TransferSlot>,
    /// Up to when cut-offs have been looked at, under the wall clock.
    looked_at: Timestamp,
}

/// What a release may settle, in queue order: both lists have the same places.
pub(super) struct Waiting {
    pub(super) slots: Vec<TransferSlot>,
    pub(super) obligations: Vec<Obligation>,
}

impl Waiting {
    /// Takes the marked ones out.
    pub(super) fn take(&mut self, settles: &[bool]) -> Vec<TransferSlot> {
        let settled = self.slots.iter().zip(settles).filter(|(_, settled)| **settled);
        let settled: Vec<_> = settled.map(|(slot, _)| *slot).collect();
        if !settled.is_empty() {
            let (mut of_slots, mut of_obligations) = (settles.iter(), settles.iter());
            self.slots.retain(|_| of_slots.next() == Some(&false));
            self.obligations.retain(|_| of_obligations.next() == Some(&false));
        }
        settled
    }
}

impl Queue {
    /// Takes a transfer in where it stands.
    ///
    /// # Panics
    ///
    /// When it was never queued.
    pub(super) fn insert(&mut self, slot: TransferSlot, transfer: &Transfer) {
        let place = place_of(slot, transfer);
        self.waiting.insert(place, transfer.obligation());
        self.by_payer.insert((transfer.payer_operator, place));
        *self.pairs.entry((transfer.payer_operator, transfer.payee_operator)).or_default() += 1;
        *self.ends.entry(ends_at(transfer)).or_default() += 1;
        self.changed = true;
    }

    /// Takes a transfer out of where it stands.
    ///
    /// # Panics
    ///
    /// When it does not wait there: it would settle or be returned a second time.
    pub(super) fn remove(&mut self, slot: TransferSlot, transfer: &Transfer) {
        let place = place_of(slot, transfer);
        let waited = self.waiting.remove(&place).is_some();
        assert!(waited, "payment {} does not wait where it stands in the queue", transfer.id);
        self.by_payer.remove(&(transfer.payer_operator, place));
        count_down(&mut self.pairs, (transfer.payer_operator, transfer.payee_operator));
        count_down(&mut self.ends, ends_at(transfer));
        self.changed = true;
    }

    /// What may have changed what can settle.
    pub(super) fn mark_changed(&mut self) {
        self.changed = true;
    }

    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The payer of a transfer hears at the next release that it waits.
    pub(super) fn add_fresh(&mut self, slot: TransferSlot) {
        self.fresh.push(slot);
    }

    pub(super) fn take_fresh(&mut self) -> Vec<TransferSlot> {
        std::mem::take(&mut self.fresh)
    }

    /// Who waits to pay whom.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (OperatorNumber, OperatorNumber)> + '_ {
        self.pairs.keys().copied()
    }

    /// Notes up to when cut-offs have been looked at; gives back up to when they had been.
    pub(super) fn look_at(&mut self, at: Timestamp) -> Timestamp {
        std::mem::replace(&mut self.looked_at, at)
    }

    pub(super) fn looked_at(&self) -> Timestamp {
        self.looked_at
    }

    /// When the first of what waits can wait no longer.
    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        self.ends.first_key_value().map(|(end, _)| *end)
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = TransferSlot> + '_ {
        self.waiting.keys().map(|(_, _, slot)| *slot)
    }

    /// What waits between operators that are active, in queue order.
    pub(super) fn between(&self, active: &[bool]) -> Waiting {
        let waiting = self.waiting.iter();
        let waiting = waiting.filter(|(_, owed)| active[owed.debtor] && active[owed.creditor]);
        let (slots, obligations) = waiting.map(|((_, _, slot), owed)| (*slot, *owed)).unzip();
        Waiting { slots, obligations }
    }

    /// The places behind a level and the row that queued one of it: all or those of one payer. What
    /// is before costs nothing.
    pub(super) fn places_after(
        &self,
        payer: Option<OperatorNumber>,
        after: Option<(Priority, u64)>,
    ) -> Box<dyn Iterator<Item = Place> + '_> {
        let slot = TransferSlot::from_number;
        let first = (Priority::ALL[0], 0, slot(0));
        let start = after.map_or(Bound::Included(first), |(level, row)| {
            Bound::Excluded((level, row, slot(u32::MAX)))
        });
        match payer {
            None => {
                Box::new(self.waiting.range((start, Bound::Unbounded)).map(|(place, _)| *place))
            }
            Some(payer) => {
                let start = start.map(|place| (payer, place));
                let places = self.by_payer.range((start, Bound::Unbounded));
                let own = places.take_while(move |(found, _)| *found == payer);
                Box::new(own.map(|(_, place)| *place))
            }
        }
    }
}

fn place_of(slot: TransferSlot, transfer: &Transfer) -> Place {
    let Some(entry) = transfer.queued.as_deref() else {
        panic!("payment {} has no place in the queue", transfer.id)
    };
    (entry.priority, entry.row, slot)
}

/// Takes one off a count, and the count away when nothing is left.
fn count_down<K: Ord>(counts: &mut BTreeMap<K, u32>, key: K) {
    if let Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

/// The end of the business day that a transfer was submitted on, when it can wait no longer.
pub(super) fn ends_at(transfer: &Transfer) -> Timestamp {
    transfer.submitted_at.next_day()
}
