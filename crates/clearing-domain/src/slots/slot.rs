//! The slots of lists, each list with a type of its own.

/// Where an element lies in a list: a number below 2^32, counted from zero.
pub trait Slot: Copy {
    /// The slot of a number.
    fn from_number(number: u32) -> Self;
    /// Its number.
    fn number(self) -> u32;

    /// The slot of a place in a list. No list has room for more than the last number.
    fn from_place(place: usize) -> Self {
        Self::from_number(u32::try_from(place).unwrap_or(u32::MAX))
    }

    /// The place in the list.
    fn place(self) -> usize {
        self.number() as usize
    }
}

impl Slot for u32 {
    fn from_number(number: u32) -> Self {
        number
    }

    fn number(self) -> u32 {
        self
    }
}

/// For lists that nothing keeps slots of.
impl Slot for usize {
    fn from_number(number: u32) -> Self {
        number as Self
    }

    fn number(self) -> u32 {
        u32::try_from(self).unwrap_or(u32::MAX)
    }
}

/// Declares the slots of one list. An `Option` of one takes no more than the four bytes of a slot.
macro_rules! slot {
    ($(#[$attribute:meta])* $visibility:vis struct $Slot:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility struct $Slot(std::num::NonZeroU32);

        impl $crate::slots::Slot for $Slot {
            fn from_number(number: u32) -> Self {
                // Zero is left over for what has no slot.
                Self(std::num::NonZeroU32::MIN.saturating_add(number))
            }

            fn number(self) -> u32 {
                self.0.get() - 1
            }
        }
    };
}

pub(crate) use slot;
