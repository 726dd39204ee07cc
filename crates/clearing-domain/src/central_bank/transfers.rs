//! All transfers: found by payment, watched until they are decided, counted while they are under
//! way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Index;

use crate::money::{ByOperator, OperatorNumber, PaymentId, Timestamp, Total};
use crate::slots::{Slot, SlotIndex, Slots};

use super::transfer::{Step, Transfer, TransferEvent, TransferSlot, TransferState};

/// The transfers of the ledger.
#[derive(Debug)]
pub(super) struct Transfers {
    list: Slots<TransferSlot, Transfer>,
    by_id: SlotIndex<TransferSlot>,
    /// No transfer before this one is open.
    first_open: TransferSlot,
    /// When undecided transfers expire, the earliest first; decided ones are skipped when found.
    expiries: BinaryHeap<Reverse<(Timestamp, TransferSlot)>>,
    /// Those admitted that wait for the link of their payee's operator, in order.
    pending: ByOperator<Vec<TransferSlot>>,
    /// Changes of the priority of queued transfers.
    priorities: Vec<TransferEvent>,
    /// Admitted and not final, whether they wait in the queue or not.
    under_way: Total,
}

impl Transfers {
    pub(super) fn new(operators: usize) -> Self {
        Self {
            list: Slots::new(),
            by_id: SlotIndex::default(),
            first_open: TransferSlot::from_number(0),
            expiries: BinaryHeap::new(),
            pending: ByOperator::filled(operators, Vec::new()),
            priorities: Vec::new(),
            under_way: Total::ZERO,
        }
    }

    pub(super) fn reserve(&mut self, transfers: usize) {
        self.by_id.reserve(transfers);
    }

    pub(super) fn list(&self) -> &Slots<TransferSlot, Transfer> {
        &self.list
    }

    pub(super) fn slot_of(&self, id: PaymentId) -> Option<TransferSlot> {
        self.by_id.find(&id, |slot| self.list[slot].id == id)
    }

    pub(super) fn slot_of_row(&self, row: u64) -> Option<TransferSlot> {
        self.list.binary_search_by_key(&row, |transfer| transfer.row).ok()
    }

    /// The value of all that are not final.
    pub(super) fn under_way(&self) -> Total {
        self.under_way
    }

    /// The slots from one on; they borrow nothing.
    pub(super) fn slots_from(
        &self,
        first: TransferSlot,
    ) -> impl Iterator<Item = TransferSlot> + use<> {
        (first.number()..self.list.next_slot().number()).map(TransferSlot::from_number)
    }

    /// The slots from the first open transfer on. What is final at the front is never looked at
    /// again.
    pub(super) fn open_slots(&mut self) -> impl Iterator<Item = TransferSlot> + use<> {
        let found =
            self.slots_from(self.first_open).find(|slot| !self.list[*slot].state.is_final());
        self.first_open = found.unwrap_or_else(|| self.list.next_slot());
        self.slots_from(self.first_open)
    }

    /// The first open transfer when that was last looked for.
    pub(super) fn first_open(&self) -> TransferSlot {
        self.first_open
    }

    /// Takes a new transfer in.
    pub(super) fn push(&mut self, transfer: Transfer) -> TransferSlot {
        if !transfer.state.is_final() {
            self.under_way += transfer.amount;
        }
        let (id, payee, state) = (transfer.id, transfer.payee_operator, transfer.state);
        let slot = self.list.push(transfer);
        self.by_id.insert(&id, slot);
        if state == TransferState::Admitted {
            self.pending[payee].push(slot);
        }
        slot
    }

    /// Moves a transfer on by an event of its own.
    pub(super) fn step(&mut self, slot: TransferSlot, event: &TransferEvent) {
        let transfer = &mut self.list[slot];
        transfer.take(event);
        if transfer.state.is_final() {
            self.under_way -= transfer.amount;
        }
        if matches!(event.step, Step::Prioritised { .. }) {
            self.priorities.push(*event);
        }
    }

    /// Every event of a transfer in the order it was appended.
    pub(super) fn events(&self) -> Vec<TransferEvent> {
        let of_transfers = self.list.iter().flat_map(Transfer::events);
        let mut events: Vec<_> = of_transfers.chain(self.priorities.iter().copied()).collect();
        events.sort_unstable_by_key(|event| event.row);
        events
    }

    /// Remembers when a transfer that waits for its decision expires.
    pub(super) fn watch(&mut self, slot: TransferSlot) {
        let transfer = &self.list[slot];
        if !transfer.state.is_final() {
            self.expiries.push(Reverse((transfer.expires_at, slot)));
        }
    }

    /// The first moment after the earliest expiry.
    pub(super) fn next_expiry(&self) -> Option<Timestamp> {
        self.expiries.peek().map(|Reverse((expires_at, _))| expires_at.plus_ms(1))
    }

    /// Takes the earliest transfer that expired before a time.
    pub(super) fn take_expired(&mut self, now: Timestamp) -> Option<TransferSlot> {
        let Reverse((expires_at, slot)) = self.expiries.peek().copied()?;
        if expires_at >= now {
            return None;
        }
        self.expiries.pop();
        Some(slot)
    }

    /// Forgets the expiry of transfers that are decided.
    pub(super) fn prune_expiries(&mut self) {
        while let Some(Reverse((_, slot))) = self.expiries.peek()
            && self.list[*slot].state.is_decided()
        {
            self.expiries.pop();
        }
    }

    /// The transfers that wait for the link of an operator, in the order of their admission.
    pub(super) fn pending(&self, operator: OperatorNumber) -> &[TransferSlot] {
        &self.pending[operator]
    }

    pub(super) fn take_pending(&mut self, operator: OperatorNumber) -> Vec<TransferSlot> {
        std::mem::take(&mut self.pending[operator])
    }

    /// Forgets those that wait no longer.
    pub(super) fn prune_pending(&mut self) {
        for pending in &mut self.pending {
            pending.retain(|slot| self.list[*slot].state == TransferState::Admitted);
        }
    }
}

impl Index<TransferSlot> for Transfers {
    type Output = Transfer;

    fn index(&self, slot: TransferSlot) -> &Transfer {
        &self.list[slot]
    }
}

#[cfg(test)]
impl Transfers {
    /// A transfer, to be changed behind the back of the ledger.
    pub(super) fn forge(&mut self, slot: TransferSlot) -> &mut Transfer {
        &mut self.list[slot]
    }
}
