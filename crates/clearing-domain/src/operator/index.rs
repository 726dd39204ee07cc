//! Where things are found in memory, in few bytes: a large operator has millions of each.

use crate::money::{PaymentId, RequestId, RequestKey, WalletNumber};
use crate::slots::{Slot, Slots};

use super::ledger::OperatorLedger;
use super::payment::WalletEventKind;
use super::slot::{EventSlot, InboundSlot, PaymentSlot, WalletSlot};

/// The slots of wallets by number. Serials are given out in order, so a list per kind is an index.
#[derive(Debug, Default)]
pub(super) struct WalletSlots {
    by_kind: [Slots<usize, WalletSlot>; 7],
}

impl WalletSlots {
    /// The serial of the next wallet of a kind.
    pub(super) fn next_serial(&self, kind_digit: u8) -> u64 {
        self.by_kind[usize::from(kind_digit)].len() as u64 + 1
    }

    /// Adds a wallet with the next serial of its kind; says whether it was the next.
    pub(super) fn push(&mut self, number: WalletNumber, slot: WalletSlot) -> bool {
        let digit = number.kind().digit();
        let next = number.serial() == self.next_serial(digit);
        if next {
            self.by_kind[usize::from(digit)].push(slot);
        }
        next
    }

    /// The slot of the wallet with this kind and serial, whatever its prefix.
    pub(super) fn slot_of(&self, number: WalletNumber) -> Option<WalletSlot> {
        let index = usize::try_from(number.serial().checked_sub(1)?).ok()?;
        self.by_kind[usize::from(number.kind().digit())].get(index).copied()
    }
}

/// Which record an earlier request made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestRef {
    Payment(PaymentSlot),
    Event(EventSlot),
}

const EVENT: u32 = 1 << 31;

/// In four bytes: the highest bit marks an event.
impl Slot for RequestRef {
    fn number(self) -> u32 {
        let (slot, mark) = match self {
            Self::Payment(slot) => (slot.number(), 0),
            Self::Event(slot) => (slot.number(), EVENT),
        };
        assert!(
            slot < EVENT - 1,
            "a ledger holds at most 2,147,483,646 payments and as many wallet events"
        );
        slot | mark
    }

    fn from_number(number: u32) -> Self {
        if number & EVENT == 0 {
            Self::Payment(PaymentSlot::from_number(number))
        } else {
            Self::Event(EventSlot::from_number(number & !EVENT))
        }
    }
}

impl OperatorLedger {
    /// The slot of the payment of an id.
    pub(super) fn payment_slot(&self, id: PaymentId) -> Option<PaymentSlot> {
        self.payment_index.find(&id, |slot| self.payments[slot].id == id)
    }

    /// The slot of the transfer of an id.
    pub(super) fn inbound_slot(&self, id: PaymentId) -> Option<InboundSlot> {
        self.inbound_index.find(&id, |slot| self.inbound[slot].id == id)
    }

    /// What an earlier request of the same name and wallet made; opening a wallet names none.
    pub(super) fn earlier(
        &self,
        key: &RequestKey,
        wallet: Option<WalletNumber>,
        request_id: &RequestId,
    ) -> Option<RequestRef> {
        self.requests.find(key, |earlier| match earlier {
            RequestRef::Payment(slot) => {
                let payment = &self.payments[slot];
                payment.request_id == *request_id && Some(self.payer_of(payment)) == wallet
            }
            RequestRef::Event(slot) => {
                let event = &self.events[slot];
                let scope = (event.kind != WalletEventKind::Opened)
                    .then(|| self.wallets[event.wallet].number);
                event.request_id.as_ref() == Some(request_id) && scope == wallet
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Prefix, WalletKind};

    #[test]
    fn wallets_are_found_by_kind_and_serial() {
        let number =
            |kind, serial| WalletNumber::new(Prefix::new(2).unwrap(), kind, serial).unwrap();
        let slot = WalletSlot::from_number;
        let mut slots = WalletSlots::default();
        assert!(slots.push(number(WalletKind::Personal, 1), slot(0)));
        assert!(slots.push(number(WalletKind::Merchant, 1), slot(1)));
        assert!(slots.push(number(WalletKind::Personal, 2), slot(2)));
        assert!(!slots.push(number(WalletKind::Personal, 4), slot(3)));
        assert_eq!(slots.slot_of(number(WalletKind::Personal, 2)), Some(slot(2)));
        assert_eq!(slots.slot_of(number(WalletKind::Merchant, 1)), Some(slot(1)));
        assert_eq!(slots.slot_of(number(WalletKind::Merchant, 2)), None);
        assert_eq!(slots.slot_of(number(WalletKind::Personal, 0)), None);
    }

    #[test]
    fn packed_references_read_back() {
        for number in [0, EVENT - 2] {
            for request in [
                RequestRef::Payment(PaymentSlot::from_number(number)),
                RequestRef::Event(EventSlot::from_number(number)),
            ] {
                assert_eq!(RequestRef::from_number(request.number()), request);
            }
        }
    }
}
