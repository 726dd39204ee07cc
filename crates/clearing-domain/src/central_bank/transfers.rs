//! All transfers: found by payment, watched until they are decided, counted while they are under
//! way.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::ops::Index;

use crate::money::{ByOperator, OperatorNumber, PaymentId, Timestamp, Total};
use crate::slots::{Slot, SlotIndex, Slots};

use super::transfer::{Step, Transfer, TransferEvent, TransferSlot, TransferState};

/// The transfers of the ledger.
#[derive(Debug)]
pub struct Transfers {
    list: Slots<TransferSlot, Transfer>,
    by_id: SlotIndex<TransferSlot>,
    /// No transfer before this one is open.
    first_open: TransferSlot,
    /// Expiry is watched: under the wall clock, where somebody may be absent.
    watches: bool,
    /// When undecided transfers expire, the earliest first; decided ones are skipped when found.
    expiries: BinaryHeap<Reverse<(Timestamp, TransferSlot)>>,
    /// Those admitted that wait for the link of their payee's operator, in order.
    pending: ByOperator<Vec<TransferSlot>>,
    /// Those whose sponsor has not answered.
    funding: BTreeSet<TransferSlot>,
    /// Changes of the priority of queued transfers.
    priorities: Vec<TransferEvent>,
    /// Admitted and not final, whether they wait in the queue or not.
    under_way: Total,
}

impl Transfers {
    /// No transfers yet, between so many operators, and whether their expiry is watched.
    pub fn new(operators: usize, watches: bool) -> Self {
        Self {
            list: Slots::new(),
            by_id: SlotIndex::default(),
            first_open: TransferSlot::from_number(0),
            watches,
            expiries: BinaryHeap::new(),
            pending: ByOperator::filled(operators, Vec::new()),
            funding: BTreeSet::new(),
            priorities: Vec::new(),
            under_way: Total::ZERO,
        }
    }

    /// Makes room for so many, before any is there.
    pub fn reserve(&mut self, transfers: usize) {
        self.by_id.reserve(transfers);
    }

    /// All of them.
    pub fn list(&self) -> &Slots<TransferSlot, Transfer> {
        &self.list
    }

    /// The slot of the transfer of a payment.
    pub fn find(&self, id: PaymentId) -> Option<TransferSlot> {
        self.by_id.find(&id, |slot| self.list[slot].id == id)
    }

    /// The slot of the transfer with a row.
    pub fn of_row(&self, row: u64) -> Option<TransferSlot> {
        self.list.binary_search_by_key(&row, |transfer| transfer.row).ok()
    }

    /// The value of all that are not final.
    pub fn under_way(&self) -> Total {
        self.under_way
    }

    /// The first transfer that is not final. What is final at the front is never looked at again,
    /// so that this costs nothing however many there are.
    pub fn first_open(&mut self) -> TransferSlot {
        let open = self.slots_from(self.first_open).find(|slot| !self.list[*slot].state.is_final());
        self.first_open = open.unwrap_or_else(|| self.list.next_slot());
        self.first_open
    }

    /// The slots from the first open transfer on; they borrow nothing.
    pub fn open_slots(&mut self) -> impl Iterator<Item = TransferSlot> + use<> {
        let first = self.first_open();
        self.slots_from(first)
    }

    fn slots_from(&self, first: TransferSlot) -> impl Iterator<Item = TransferSlot> + use<> {
        (first.number()..self.list.next_slot().number()).map(TransferSlot::from_number)
    }

    /// Takes a new transfer in.
    pub fn push(&mut self, transfer: Transfer) -> TransferSlot {
        if !transfer.state.is_final() {
            self.under_way += transfer.amount;
        }
        let (id, payee, state) = (transfer.id, transfer.payee_operator, transfer.state);
        let slot = self.list.push(transfer);
        self.by_id.insert(&id, slot);
        // Slots ascend, so the list of each operator is in the order of admission.
        if state == TransferState::Admitted {
            self.pending[payee].push(slot);
        }
        if state == TransferState::Funding {
            self.funding.insert(slot);
        }
        slot
    }

    /// Moves a transfer on by an event of its own.
    pub fn step(&mut self, slot: TransferSlot, event: &TransferEvent) {
        let transfer = &mut self.list[slot];
        if transfer.state == TransferState::Funding {
            self.funding.remove(&slot);
        }
        transfer.step(event);
        let pending = &mut self.pending[transfer.payee_operator];
        if transfer.state == TransferState::Admitted {
            // All that wait are of the present day, so that the first is as due as any.
            pending.push(slot);
        } else {
            // With a link up, what its sponsor has funded is delivered in the same batch.
            pending.pop_if(|last| *last == slot);
        }
        if transfer.state.is_final() {
            self.under_way -= transfer.amount;
        }
        if matches!(event.step, Step::Prioritised { .. }) {
            self.priorities.push(*event);
        }
    }

    /// Every event of a transfer in the order it was appended.
    pub fn events(&self) -> Vec<TransferEvent> {
        let of_transfers = self.list.iter().flat_map(Transfer::events);
        let mut events: Vec<_> = of_transfers.chain(self.priorities.iter().copied()).collect();
        events.sort_unstable_by_key(|event| event.row);
        events
    }

    /// Remembers when a transfer that waits for its decision expires.
    pub fn watch(&mut self, slot: TransferSlot) {
        let transfer = &self.list[slot];
        if self.watches && !transfer.state.is_final() {
            self.expiries.push(Reverse((transfer.expires_at, slot)));
        }
    }

    /// The first moment after the earliest expiry.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.expiries.peek().map(|Reverse((expires_at, _))| expires_at.plus_ms(1))
    }

    /// Takes the earliest transfer that expired before a time.
    pub fn take_expired(&mut self, now: Timestamp) -> Option<TransferSlot> {
        let Reverse((expires_at, slot)) = self.expiries.peek().copied()?;
        // At the very moment it may still be decided; its time is over behind it.
        if expires_at >= now {
            return None;
        }
        self.expiries.pop();
        Some(slot)
    }

    /// Forgets the expiry of transfers that are decided.
    pub fn prune_expiries(&mut self) {
        // One at the front that is decided would wake the clock for nothing.
        while let Some(Reverse((_, slot))) = self.expiries.peek()
            && self.list[*slot].state.is_decided()
        {
            self.expiries.pop();
        }
    }

    /// The transfers whose sponsor has not answered, in the order of their admission.
    pub fn funding(&self) -> impl Iterator<Item = TransferSlot> + '_ {
        self.funding.iter().copied()
    }

    /// The transfers that wait for the link of an operator, in the order in which they came to.
    pub fn pending(&self, operator: OperatorNumber) -> &[TransferSlot] {
        &self.pending[operator]
    }

    /// Takes those that wait for the link of an operator, which has come.
    pub fn take_pending(&mut self, operator: OperatorNumber) -> Vec<TransferSlot> {
        std::mem::take(&mut self.pending[operator])
    }

    /// Takes up what a file leaves open, once its rows are applied: forgets who waits no longer for
    /// a link, and watches when what is not decided expires.
    pub fn take_up(&mut self) {
        self.prune_pending();
        for slot in self.open_slots() {
            self.watch(slot);
        }
    }

    /// Forgets those that wait no longer.
    pub fn prune_pending(&mut self) {
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
