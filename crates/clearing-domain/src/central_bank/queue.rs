//! The queue: payments that their payees' operators have accepted and that wait for cover.
//!
//! Which of them settle may depend on all of them, so nothing of them is spendable before: the
//! payee's operator holds room for the money, and this ledger alone decides.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::details::SettlementTimes;
use crate::money::{BusinessDate, OperatorNumber, Timestamp};
use crate::netting::{Obligation, Priority};
use crate::slots::Slot;

use super::transfer::{Transfer, TransferSlot};

/// Where a transfer stands in the queue: its level, the row that queued it, its slot.
pub(super) type Place = (Priority, u64, TransferSlot);

/// The transfers that wait, in queue order: by level, then by arrival.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: BTreeMap<Place, Obligation>,
    /// The places of each payer.
    by_payer: BTreeSet<(OperatorNumber, Place)>,
    /// How many of them wait by payer and payee: only their limits matter.
    pairs: BTreeMap<(OperatorNumber, OperatorNumber), u32>,
    /// How many of them may wait until when: the order of the queue is not that of the days.
    ends: BTreeMap<Timestamp, u32>,
    /// When those may settle that may not at all times.
    timed: BTreeMap<TransferSlot, SettlementTimes>,
    /// How many of them may settle from when on.
    begins: BTreeMap<Timestamp, u32>,
    /// How many of them are returned when.
    lasts: BTreeMap<Timestamp, u32>,
    /// Up to when those have been tried that may settle from then on.
    begun_until: Timestamp,
    /// Up to when all may wait that came before: a mode has ended that carried them over night.
    carried_until: Timestamp,
    /// The business day of the last release in the hours.
    tried_on: Option<BusinessDate>,
    /// Something came or moved since the last release.
    changed: bool,
    /// Queued since the last release; their payers are notified when they wait on.
    fresh: Vec<TransferSlot>,
    /// Up to when cut-offs have offset what waits, under the wall clock.
    cut_offs_passed: Timestamp,
}

/// What a release may settle, in queue order: both lists have the same places.
#[derive(Debug)]
pub struct Waiting {
    slots: Vec<TransferSlot>,
    obligations: Vec<Obligation>,
}

impl Waiting {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Their slots.
    pub fn slots(&self) -> impl Iterator<Item = TransferSlot> + '_ {
        self.slots.iter().copied()
    }

    /// What it would be to settle each, for an algorithm to choose from.
    pub fn obligations(&self) -> &[Obligation] {
        &self.obligations
    }

    /// Takes the marked ones out.
    pub fn take(&mut self, settles: &[bool]) -> Vec<TransferSlot> {
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
    pub fn insert(&mut self, slot: TransferSlot, transfer: &Transfer) {
        let place = place_of(slot, transfer);
        // What waits has no sponsor, and so one leg.
        let mut legs = transfer.legs();
        let Some(leg) = legs.next() else { panic!("payment {} owes nothing", transfer.id) };
        self.waiting.insert(place, leg.obligation());
        self.by_payer.insert((transfer.payer_operator, place));
        // The four are one fact seen from four sides, and change together here and in `remove`
        // alone.
        *self.pairs.entry((transfer.payer_operator, transfer.payee_operator)).or_default() += 1;
        *self.ends.entry(transfer.waits_until()).or_default() += 1;
        self.insert_times(slot, transfer.times());
        self.changed = true;
    }

    /// Takes a transfer out of where it stands.
    ///
    /// # Panics
    ///
    /// When it does not wait there: it would settle or be returned a second time.
    pub fn remove(&mut self, slot: TransferSlot, transfer: &Transfer) {
        let place = place_of(slot, transfer);
        let waited = self.waiting.remove(&place).is_some();
        assert!(waited, "payment {} does not wait where it stands in the queue", transfer.id);
        self.by_payer.remove(&(transfer.payer_operator, place));
        count_down(&mut self.pairs, (transfer.payer_operator, transfer.payee_operator));
        count_down(&mut self.ends, transfer.waits_until());
        if let Some(times) = self.timed.remove(&slot) {
            times.earliest.into_iter().for_each(|at| count_down(&mut self.begins, at));
            times.latest.into_iter().for_each(|at| count_down(&mut self.lasts, at));
        }
        self.changed = true;
    }

    fn insert_times(&mut self, slot: TransferSlot, times: SettlementTimes) {
        if times == SettlementTimes::default() {
            return;
        }
        self.timed.insert(slot, times);
        times.earliest.into_iter().for_each(|at| *self.begins.entry(at).or_default() += 1);
        times.latest.into_iter().for_each(|at| *self.lasts.entry(at).or_default() += 1);
    }

    /// When the next of what waits may settle that may not yet.
    pub fn begins_after(&self, at: Timestamp) -> Option<Timestamp> {
        let later = (Bound::Excluded(at.max(self.begun_until)), Bound::Unbounded);
        self.begins.range(later).next().map(|(begin, _)| *begin)
    }

    /// When the first of what waits is over: the latest time at which it may settle.
    pub fn lasts_until(&self) -> Option<Timestamp> {
        self.lasts.first_key_value().map(|(last, _)| *last)
    }

    /// Those that are over by a time, in queue order.
    pub fn over_by(&self, at: Timestamp) -> Vec<TransferSlot> {
        let is_over = |slot: &TransferSlot| {
            let latest = self.timed.get(slot).and_then(|times| times.latest);
            latest.is_some_and(|latest| latest <= at)
        };
        self.slots().filter(is_over).collect()
    }

    /// Begins what may settle from some time up to this one on.
    pub fn begin_until(&mut self, at: Timestamp) {
        self.changed |= self.begins_by(at);
        self.begun_until = self.begun_until.max(at);
    }

    fn begins_by(&self, at: Timestamp) -> bool {
        self.begins_after(Timestamp::ZERO).is_some_and(|begin| begin <= at)
    }

    /// Begins a day: what waited over it may settle by its limits and what is kept anew.
    pub fn begin_day(&mut self, day: BusinessDate) {
        let before = self.tried_on.replace(day);
        self.changed |= before != Some(day) && !self.waiting.is_empty();
    }

    /// The day on which anything was tried last, while anything waits.
    pub fn tried_on(&self) -> Option<BusinessDate> {
        self.tried_on.filter(|_| !self.waiting.is_empty())
    }

    /// What may have changed what can settle.
    pub fn mark_changed(&mut self) {
        self.changed = true;
    }

    /// Whether anything waits at a time to be tried.
    pub fn waits_for_opening(&self, at: Timestamp) -> bool {
        (self.changed || self.begins_by(at)) && !self.waiting.is_empty()
    }

    /// Whether anything may have changed since this was asked last, that lets something settle.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The payer of a transfer is notified at the next release, if it then still waits.
    pub fn add_fresh(&mut self, slot: TransferSlot) {
        self.fresh.push(slot);
    }

    /// Takes what was queued since the last release.
    pub fn take_fresh(&mut self) -> Vec<TransferSlot> {
        std::mem::take(&mut self.fresh)
    }

    /// Who waits to pay whom.
    pub fn pairs(&self) -> impl Iterator<Item = (OperatorNumber, OperatorNumber)> + '_ {
        self.pairs.keys().copied()
    }

    /// Notes up to when no cut-off has to offset any more; answers up to when it was before.
    pub fn pass_cut_offs(&mut self, at: Timestamp) -> Timestamp {
        std::mem::replace(&mut self.cut_offs_passed, at)
    }

    /// Up to when no cut-off has to offset what waits any more.
    pub fn cut_offs_passed(&self) -> Timestamp {
        self.cut_offs_passed
    }

    /// When the first of what waits can wait no longer, where nothing waits on over night.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.ends.first_key_value().map(|(end, _)| (*end).max(self.carried_until))
    }

    /// When a transfer can wait no longer, where nothing waits on over night.
    pub fn end_of(&self, transfer: &Transfer) -> Timestamp {
        transfer.waits_until().max(self.carried_until)
    }

    /// Lets all wait up to a time that may wait less long: they were carried over night.
    pub fn carry_until(&mut self, at: Timestamp) {
        self.carried_until = at;
    }

    /// The transfers that wait, in queue order.
    pub fn slots(&self) -> impl Iterator<Item = TransferSlot> + '_ {
        self.waiting.keys().map(|(_, _, slot)| *slot)
    }

    /// What waits up to a level between operators that are active and may settle at a time, in queue
    /// order. What is held back waits for a word of its operator and stands behind all levels that
    /// anybody asks for.
    pub fn between(&self, active: &[bool], last: Priority, at: Timestamp) -> Waiting {
        // Few have times, and mostly none of what waits does.
        let allowed =
            |slot: &TransferSlot| self.timed.get(slot).is_none_or(|times| times.allow(at));
        let waiting = self.waiting.iter().take_while(|((level, _, _), _)| *level <= last);
        let waiting = waiting.filter(|((_, _, slot), _)| allowed(slot));
        // What waits to or from a suspended operator keeps its place for the day that it resumes.
        let waiting = waiting.filter(|(_, owed)| active[owed.debtor] && active[owed.creditor]);
        let (slots, obligations) = waiting.map(|((_, _, slot), owed)| (*slot, *owed)).unzip();
        Waiting { slots, obligations }
    }

    /// The places behind a level and the row that queued one of it: all or those of one payer. What
    /// is before costs nothing.
    pub fn places_after(
        &self,
        payer: Option<OperatorNumber>,
        after: Option<(Priority, u64)>,
    ) -> Box<dyn Iterator<Item = Place> + '_> {
        let slot = TransferSlot::from_number;
        let first = (Priority::ALL[0], 0, slot(0));
        let start = after.map_or(Bound::Included(first), |(level, row)| {
            // The highest slot stands for any of the row: a page goes on behind what was shown,
            // also when that has left meanwhile.
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
    let entry = transfer.queue_entry();
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
