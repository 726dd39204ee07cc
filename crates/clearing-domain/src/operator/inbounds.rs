//! All transfers into wallets, and the room that is held for those that wait for cover.

use std::ops::Index;

use rustc_hash::FxHashMap;

use crate::money::{Amount, PaymentId, Total};
use crate::slots::{SlotIndex, Slots};

use super::inbound::Inbound;
use super::rows::OutcomeRow;
use super::slot::{InboundSlot, WalletSlot};
use super::state::InboundState;

/// The transfers in the order they were decided.
#[derive(Debug, Default)]
pub struct Inbounds {
    list: Slots<InboundSlot, Inbound>,
    index: SlotIndex<InboundSlot>,
    /// Room held in wallets for payments that wait for cover.
    room: FxHashMap<WalletSlot, Amount>,
    /// All of that room.
    total_room: Total,
}

impl Inbounds {
    /// All of them.
    pub fn list(&self) -> &Slots<InboundSlot, Inbound> {
        &self.list
    }

    /// The slot of the transfer of an id.
    pub fn find(&self, id: PaymentId) -> Option<InboundSlot> {
        self.index.find(&id, |slot| self.list[slot].id == id)
    }

    /// The slot of the transfer with a row.
    pub fn of_row(&self, row: u64) -> Option<InboundSlot> {
        self.list.binary_search_by_key(&row, |inbound| inbound.row).ok()
    }

    /// Makes room for so many, before any is there.
    pub fn reserve(&mut self, count: usize) {
        self.index.reserve(count);
    }

    /// Adds a transfer that was decided, and holds the room that it needs.
    pub fn push(&mut self, inbound: Inbound) -> InboundSlot {
        if inbound.state == InboundState::Held
            && let Some(wallet) = inbound.wallet
        {
            *self.room.entry(wallet).or_default() += inbound.amount();
            self.total_room += inbound.amount();
        }
        let slot = self.list.next_slot();
        self.index.insert(&inbound.id, slot);
        self.list.push(inbound)
    }

    /// Ends a transfer, and gives up the room that was held for it.
    pub fn end(&mut self, slot: InboundSlot, outcome: &OutcomeRow) {
        let inbound = &mut self.list[slot];
        inbound.end(outcome);
        if let Some(wallet) = inbound.wallet.filter(|_| inbound.held) {
            let amount = inbound.amount();
            self.give_up_room(wallet, amount);
        }
    }

    fn give_up_room(&mut self, wallet: WalletSlot, amount: Amount) {
        let held = self.room_in(wallet);
        let left = held.checked_sub(amount).unwrap_or_default();
        self.total_room = self.total_room - held + left;
        if left > Amount::ZERO {
            self.room.insert(wallet, left);
        } else {
            self.room.remove(&wallet);
        }
    }

    /// Room held in a wallet.
    pub fn room_in(&self, wallet: WalletSlot) -> Amount {
        self.room.get(&wallet).copied().unwrap_or_default()
    }

    /// All room held.
    pub fn room(&self) -> Total {
        self.total_room
    }

    /// All room held, summed up wallet by wallet.
    pub fn room_by_wallet(&self) -> Total {
        #[expect(clippy::disallowed_methods, reason = "a sum is the same in any order")]
        self.room.values().copied().sum()
    }
}

impl Index<InboundSlot> for Inbounds {
    type Output = Inbound;

    fn index(&self, slot: InboundSlot) -> &Inbound {
        &self.list[slot]
    }
}
