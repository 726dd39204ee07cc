//! The queue: payments that their payees' operators have accepted and that wait for cover.
//!
//! Which of them settle may depend on all of them, so nothing of them is spendable before: the
//! payee's operator holds room for the money, and this ledger alone decides.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::Reason;
use crate::link::Side;
use crate::money::{PaymentId, Timestamp};
use crate::netting::{Algorithm, Obligation, Priority};

use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::settings::QueueRule;
use super::transfer::{QueueEntry, Transfer, TransferEvent, TransferEventKind, TransferState};

/// Where a transfer stands in the queue: its level, the row that queued it, its slot.
type Place = (Priority, u64, u32);

/// The transfers that wait, in queue order: by level, then by arrival.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<Place, Obligation>,
    /// The places of each payer.
    by_payer: BTreeSet<(u16, Place)>,
    /// How many of them wait by payer and payee: only their limits matter.
    pairs: BTreeMap<(u16, u16), u32>,
    /// How many of them may wait until when: the order of the queue is not that of the days.
    ends: BTreeMap<Timestamp, u32>,
    /// Something came or moved since the last release.
    pub(super) changed: bool,
    /// Queued since the last release; their payers hear of it when they wait on.
    fresh: Vec<u32>,
    /// Up to when cut-offs have been looked at, under the wall clock.
    offset_at: Timestamp,
}

impl Queue {
    fn insert(&mut self, entry: &QueueEntry, slot: u32, transfer: &Transfer) {
        let place = (entry.priority, entry.row, slot);
        self.waiting.insert(place, transfer.obligation());
        self.by_payer.insert((transfer.payer_operator, place));
        *self.pairs.entry((transfer.payer_operator, transfer.payee_operator)).or_default() += 1;
        *self.ends.entry(transfer.queue_ends_at()).or_default() += 1;
        self.changed = true;
    }

    pub(super) fn remove(&mut self, entry: &QueueEntry, slot: u32, transfer: &Transfer) {
        let place = (entry.priority, entry.row, slot);
        if self.waiting.remove(&place).is_some() {
            self.by_payer.remove(&(transfer.payer_operator, place));
            count_down(&mut self.pairs, (transfer.payer_operator, transfer.payee_operator));
            count_down(&mut self.ends, transfer.queue_ends_at());
        }
        self.changed = true;
    }

    /// Who waits to pay whom.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (u16, u16)> + '_ {
        self.pairs.keys().copied()
    }

    /// Up to when cut-offs have been looked at, as a ledger file tells.
    pub(super) fn looked_at(&mut self, at: Timestamp) {
        self.offset_at = at;
    }

    /// When the first of what waits can wait no longer.
    fn ends_at(&self) -> Option<Timestamp> {
        self.ends.first_key_value().map(|(end, _)| *end)
    }

    fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.waiting.keys().map(|(_, _, slot)| *slot)
    }
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

/// What a release may settle, in queue order: both lists have the same places.
struct Waiting {
    slots: Vec<u32>,
    obligations: Vec<Obligation>,
}

impl Waiting {
    /// Takes the marked ones out.
    fn take(&mut self, settles: &[bool]) -> Vec<u32> {
        let settled = self.slots.iter().zip(settles).filter(|(_, settled)| **settled);
        let settled: Vec<u32> = settled.map(|(slot, _)| *slot).collect();
        if !settled.is_empty() {
            let (mut of_slots, mut of_obligations) = (settles.iter(), settles.iter());
            self.slots.retain(|_| of_slots.next() == Some(&false));
            self.obligations.retain(|_| of_obligations.next() == Some(&false));
        }
        settled
    }
}

impl CentralBankLedger {
    /// The rule of the queue, where payments without cover wait; what waits when the settlement
    /// mode changes goes on to be released by it.
    pub(super) fn queue_rule(&self) -> Option<QueueRule> {
        self.modes.queue_rule
    }

    /// Takes an accepted transfer into the queue.
    pub(super) fn enqueue(&mut self, slot: u32, decided_at: Timestamp, at: Timestamp) {
        self.append_event(slot, TransferEventKind::Queued, None, None, decided_at, at);
        let id = self.transfers[slot as usize].id;
        if let Some(priority) =
            self.ticks.priorities.get(&id).copied().filter(|it| *it != Priority::default())
        {
            self.prioritise(slot, priority, at);
        }
        self.queue.fresh.push(slot);
    }

    /// Queues a transfer or moves it in the queue; the one place for live operation and restore.
    pub(super) fn apply_queue_event(&mut self, slot: u32, event: &TransferEvent) {
        let transfer = &mut self.transfers[slot as usize];
        let entry = match transfer.queued.as_deref().copied() {
            Some(entry) => {
                self.queue.remove(&entry, slot, transfer);
                self.priorities.push(*event);
                QueueEntry { priority: event.priority, ..entry }
            }
            None => {
                let TransferEvent { row, at, decided_at, priority, .. } = *event;
                transfer.state = TransferState::Queued;
                QueueEntry { row, at, decided_at, priority }
            }
        };
        self.queue.insert(&entry, slot, transfer);
        transfer.queued = Some(Box::new(entry));
    }

    /// Under the wall clock: releases whatever the last change allows. Ticks have a place of their
    /// own for it.
    pub(super) fn release_at_once(&mut self, now: Timestamp) {
        if self.settings.lockstep.is_none() {
            self.release(now);
        }
    }

    /// Settles what the rule allows, and tells the payers of what came and waits on.
    pub(super) fn release(&mut self, at: Timestamp) {
        let Some(rule) = self.queue_rule() else { return };
        if std::mem::take(&mut self.queue.changed) {
            self.settle_queue(rule, at);
        }
        for slot in std::mem::take(&mut self.queue.fresh) {
            if self.transfers[slot as usize].state == TransferState::Queued {
                self.notify(slot, Side::Payer);
            }
        }
    }

    fn settle_queue(&mut self, QueueRule { release, gross_first, .. }: QueueRule, at: Timestamp) {
        let mut waiting = self.waiting();
        let one_by_one = matches!(release, Algorithm::GrossFifo | Algorithm::GrossBypass);
        if one_by_one || !gross_first {
            self.settle_by(release, &mut waiting, at);
            return;
        }
        loop {
            self.settle_by(Algorithm::GrossFifo, &mut waiting, at);
            if !self.settle_by(release, &mut waiting, at) {
                return;
            }
        }
    }

    /// What waits between operators that are active, in queue order.
    fn waiting(&self) -> Waiting {
        let active: Vec<bool> = self.accounts.iter().map(|account| account.active).collect();
        let waiting = self.queue.waiting.iter();
        let waiting = waiting.filter(|(_, owed)| active[owed.debtor] && active[owed.creditor]);
        let (slots, obligations) = waiting.map(|((_, _, slot), owed)| (*slot, *owed)).unzip();
        Waiting { slots, obligations }
    }

    /// Settles what an algorithm takes out of the queue, all in one commit. Says whether it was
    /// anything.
    fn settle_by(&mut self, algorithm: Algorithm, waiting: &mut Waiting, at: Timestamp) -> bool {
        if waiting.slots.is_empty() {
            return false;
        }
        let cover = self.covers();
        let resolution = match self.limits.left(self.queue.pairs(), at) {
            None => algorithm.run(&cover, &waiting.obligations),
            Some(limits) => algorithm.run_within(&cover, &limits, &waiting.obligations),
        };
        // Only the search for the best set finds a queue too long; that waits until it is shorter.
        let Ok(resolution) = resolution else { return false };
        let settled = waiting.take(&resolution.settles);
        for slot in &settled {
            let decided_at = self.accepted_at(*slot);
            self.clear(*slot, decided_at, at);
        }
        !settled.is_empty()
    }

    fn accepted_at(&self, slot: u32) -> Timestamp {
        self.transfers[slot as usize]
            .queued
            .as_ref()
            .map_or(Timestamp::ZERO, |entry| entry.decided_at)
    }

    /// Offsets multilaterally when a cut-off has come.
    pub(super) fn offset_due(&mut self, at: Timestamp) {
        let Some(algorithm) = self.queue_rule().and_then(|rule| rule.at_cut_offs) else { return };
        let from = self
            .settings
            .lockstep
            .map_or(self.queue.offset_at, |lockstep| at.plus_ms(-lockstep.tick_ms));
        self.queue.offset_at = at;
        if self.settings.next_cut_off(from) <= at {
            self.settle_by(algorithm, &mut self.waiting(), at);
        }
    }

    /// When the wall clock next has something to do for the queue.
    pub(super) fn queue_due(&self) -> Option<Timestamp> {
        let offset = self.queue_rule().and_then(|rule| rule.at_cut_offs);
        let offset = offset.map(|_| self.settings.next_cut_off(self.queue.offset_at));
        [offset, self.queue.ends_at()].into_iter().flatten().min()
    }

    /// Returns what still waits at the end of the business day.
    pub(super) fn return_queued(&mut self, at: Timestamp) {
        if self.queue.ends_at().is_none_or(|end| end > at) {
            return;
        }
        let over = |slot: &u32| self.transfers[*slot as usize].queue_ends_at() <= at;
        let returned: Vec<_> = self.queue.slots().filter(over).collect();
        for slot in returned {
            self.refuse(slot, Reason::EndOfDay, self.accepted_at(slot), at);
        }
    }

    /// The payments that wait, in queue order.
    pub fn queue(&self) -> impl Iterator<Item = &Transfer> {
        self.queue.slots().map(|slot| &self.transfers[slot as usize])
    }

    /// The payments that wait behind a level and the row that queued one of it, with their levels
    /// and rows: all or those of one payer. What is before costs nothing.
    pub fn queue_after(
        &self,
        payer: Option<u16>,
        after: Option<(Priority, u64)>,
    ) -> Box<dyn Iterator<Item = ((Priority, u64), &Transfer)> + '_> {
        let first = (Priority::ALL[0], 0, 0);
        let start = after
            .map_or(Bound::Included(first), |(level, row)| Bound::Excluded((level, row, u32::MAX)));
        let shown = |place: &Place| {
            #[cfg(test)]
            tests::count_visit();
            ((place.0, place.1), &self.transfers[place.2 as usize])
        };
        match payer {
            None => Box::new(
                self.queue
                    .waiting
                    .range((start, Bound::Unbounded))
                    .map(move |(place, _)| shown(place)),
            ),
            Some(payer) => {
                let places = self
                    .queue
                    .by_payer
                    .range((start.map(|place| (payer, place)), Bound::Unbounded));
                let own = places.take_while(move |(found, _)| *found == payer);
                Box::new(own.map(move |(_, place)| shown(place)))
            }
        }
    }

    /// Takes a payment out of the queue: its money goes back to the payer.
    pub fn cancel_queued(&mut self, id: PaymentId, now: Timestamp) -> Result<(), CentralBankError> {
        let slot = self.queued_slot(id)?;
        let at = self.business_time(now);
        self.refuse(slot, Reason::Cancelled, self.accepted_at(slot), at);
        self.release_at_once(now);
        Ok(())
    }

    /// Moves a payment to another level, behind those of this level that came before it. The
    /// present level again changes nothing.
    pub fn change_priority(
        &mut self,
        id: PaymentId,
        priority: Priority,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let slot = self.queued_slot(id)?;
        let transfer = &self.transfers[slot as usize];
        if transfer.queued.as_ref().is_some_and(|entry| entry.priority == priority) {
            return Ok(());
        }
        let at = self.business_time(now);
        self.prioritise(slot, priority, at);
        self.release_at_once(now);
        Ok(())
    }

    fn prioritise(&mut self, slot: u32, priority: Priority, at: Timestamp) {
        let event = TransferEvent {
            row: self.next_row(),
            of: self.transfers[slot as usize].row,
            kind: TransferEventKind::Prioritised,
            reason: None,
            cycle: None,
            decided_at: Timestamp::ZERO,
            at,
            priority,
        };
        self.apply_event(slot, &event);
        self.changes.events.push(event);
    }

    fn queued_slot(&self, id: PaymentId) -> Result<u32, CentralBankError> {
        let slot = self.slot_of(id).ok_or(CentralBankError::PaymentUnknown(id))?;
        match self.transfers[slot as usize].state {
            TransferState::Queued => Ok(slot),
            TransferState::Admitted
            | TransferState::Delivered
            | TransferState::Cleared
            | TransferState::Refused => Err(CentralBankError::NotQueued(id)),
        }
    }
}

impl Transfer {
    /// What the payer's operator owes the payee's.
    pub(super) fn obligation(&self) -> Obligation {
        Obligation {
            debtor: usize::from(self.payer_operator),
            creditor: usize::from(self.payee_operator),
            amount: self.amount,
        }
    }

    /// The end of the business day it was submitted on, when it can wait no longer.
    fn queue_ends_at(&self) -> Timestamp {
        self.submitted_at.date().next().start()
    }
}

#[cfg(test)]
mod tests;
