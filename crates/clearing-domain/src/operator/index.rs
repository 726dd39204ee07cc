//! Where things are found in memory, in few bytes: a large operator has millions of each.

use crate::money::WalletNumber;

/// The slots of wallets by number. Serials are given out in order, so a list per kind is an index.
#[derive(Debug, Default)]
pub(super) struct WalletSlots {
    by_kind: [Vec<u32>; 7],
}

impl WalletSlots {
    /// The serial of the next wallet of a kind.
    pub(super) fn next_serial(&self, kind_digit: u8) -> u64 {
        self.by_kind[usize::from(kind_digit)].len() as u64 + 1
    }

    /// Adds a wallet with the next serial of its kind; says whether it was the next.
    pub(super) fn push(&mut self, number: WalletNumber, slot: u32) -> bool {
        let digit = number.kind().digit();
        let next = number.serial() == self.next_serial(digit);
        if next {
            self.by_kind[usize::from(digit)].push(slot);
        }
        next
    }

    /// The slot of the wallet with this kind and serial, whatever its prefix.
    pub(super) fn slot_of(&self, number: WalletNumber) -> Option<u32> {
        let index = usize::try_from(number.serial().checked_sub(1)?).ok()?;
        self.by_kind[usize::from(number.kind().digit())].get(index).copied()
    }
}

/// Which record an earlier request made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestRef {
    Payment(u32),
    Event(u32),
}

/// A [`RequestRef`] in four bytes: the highest bit marks an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedRequestRef(u32);

const EVENT: u32 = 1 << 31;

impl From<RequestRef> for PackedRequestRef {
    fn from(request: RequestRef) -> Self {
        let (slot, mark) = match request {
            RequestRef::Payment(slot) => (slot, 0),
            RequestRef::Event(slot) => (slot, EVENT),
        };
        assert!(slot < EVENT, "a ledger holds at most 2,147,483,647 payments and as many wallet events");
        Self(slot | mark)
    }
}

impl From<PackedRequestRef> for RequestRef {
    fn from(PackedRequestRef(packed): PackedRequestRef) -> Self {
        if packed & EVENT == 0 { Self::Payment(packed) } else { Self::Event(packed & !EVENT) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Prefix, WalletKind};

    #[test]
    fn wallets_are_found_by_kind_and_serial() {
        let number = |kind, serial| WalletNumber::new(Prefix::new(2).unwrap(), kind, serial).unwrap();
        let mut slots = WalletSlots::default();
        assert!(slots.push(number(WalletKind::Personal, 1), 0));
        assert!(slots.push(number(WalletKind::Merchant, 1), 1));
        assert!(slots.push(number(WalletKind::Personal, 2), 2));
        assert!(!slots.push(number(WalletKind::Personal, 4), 3));
        assert_eq!(slots.slot_of(number(WalletKind::Personal, 2)), Some(2));
        assert_eq!(slots.slot_of(number(WalletKind::Merchant, 1)), Some(1));
        assert_eq!(slots.slot_of(number(WalletKind::Merchant, 2)), None);
        assert_eq!(slots.slot_of(number(WalletKind::Personal, 0)), None);
    }

    #[test]
    fn packed_references_read_back() {
        for request in
            [RequestRef::Payment(0), RequestRef::Event(0), RequestRef::Payment(EVENT - 1), RequestRef::Event(7)]
        {
            assert_eq!(RequestRef::from(PackedRequestRef::from(request)), request);
        }
    }
}
