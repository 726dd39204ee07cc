//! The legs of transfers as cycles keep them.

use crate::slots::Slot;

use super::transfer::TransferSlot;

/// The slot of a transfer and the number of one of its legs. Cycles keep one for each obligation,
/// so both share four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegSlot(u32);

impl LegSlot {
    /// The leg of a transfer, counted from 0 among those that it has.
    ///
    /// # Panics
    ///
    /// When there are more transfers than 31 bits can number, or a third leg.
    pub fn new(transfer: TransferSlot, leg: usize) -> Self {
        let number = transfer.number();
        assert!(number < 1 << 31, "a ledger holds at most 2,147,483,648 transfers");
        assert!(leg < 2, "a transfer has two legs at most");
        Self(number << 1 | u32::from(leg == 1))
    }

    /// The transfer.
    pub fn transfer(self) -> TransferSlot {
        TransferSlot::from_number(self.0 >> 1)
    }

    /// The number of the leg.
    pub fn leg(self) -> usize {
        usize::from(self.0 & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_of_a_leg_keeps_both() {
        for (number, leg) in [(0, 0), (0, 1), ((1 << 31) - 1, 1)] {
            let slot = LegSlot::new(TransferSlot::from_number(number), leg);
            assert_eq!((slot.transfer().number(), slot.leg()), (number, leg));
        }
        assert_eq!(size_of::<LegSlot>(), 4);
    }
}
