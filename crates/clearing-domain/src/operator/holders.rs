//! The holders of wallets as a file keeps them, with their digest.

use crate::money::WalletNumber;
use crate::seal::{Canonical, SetDigest};
use crate::slots::Slot;

use super::slot::WalletSlot;
use super::wallet::Holder;

/// The holders of wallets in the order these were opened. The digest of a million takes a while, so
/// it grows while they are read.
#[derive(Clone, Debug, Default)]
pub struct Holders {
    list: Vec<(WalletNumber, Holder)>,
    digest: HolderDigest,
}

impl Holders {
    /// Adds the holder of the wallet that was opened next.
    pub fn push(&mut self, wallet: WalletNumber, holder: Holder) {
        self.digest.insert(WalletSlot::from_place(self.list.len()), wallet, &holder);
        self.list.push((wallet, holder));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The holders, and the digest of all.
    pub(super) fn into_parts(self) -> (Vec<(WalletNumber, Holder)>, HolderDigest) {
        (self.list, self.digest)
    }
}

impl FromIterator<(WalletNumber, Holder)> for Holders {
    fn from_iter<I: IntoIterator<Item = (WalletNumber, Holder)>>(holders: I) -> Self {
        let mut all = Self::default();
        holders.into_iter().for_each(|(wallet, holder)| all.push(wallet, holder));
        all
    }
}

/// The digest of all wallets with their holders.
#[derive(Clone, Debug, Default)]
pub struct HolderDigest {
    set: SetDigest,
    /// The bytes of one element, so that none allocates.
    element: Vec<u8>,
}

impl HolderDigest {
    /// Adds the holder of a wallet.
    pub fn insert(&mut self, slot: WalletSlot, wallet: WalletNumber, holder: &Holder) {
        self.write(slot, wallet, holder);
        self.set.insert(&self.element);
    }

    /// Removes the holder of a wallet as it was added.
    pub fn remove(&mut self, slot: WalletSlot, wallet: WalletNumber, holder: &Holder) {
        self.write(slot, wallet, holder);
        self.set.remove(&self.element);
    }

    /// The digest.
    pub fn set(&self) -> &SetDigest {
        &self.set
    }

    fn write(&mut self, slot: WalletSlot, wallet: WalletNumber, holder: &Holder) {
        self.element.clear();
        self.element.extend(slot.number().to_le_bytes());
        self.element.extend(wallet.as_u64().to_le_bytes());
        holder.write_canonical(&mut self.element);
    }
}
