//! What earlier requests made, in few bytes: a large operator has millions of them.

use crate::slots::Slot;

use super::slot::{EventSlot, PaymentSlot};

/// Which record an earlier request made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestRef {
    /// A payment.
    Payment(PaymentSlot),
    /// A wallet event.
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

#[cfg(test)]
mod tests {
    use super::*;

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
