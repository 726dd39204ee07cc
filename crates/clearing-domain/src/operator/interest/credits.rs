//! What was credited.

use crate::money::Total;
use crate::slots::Slots;

use super::super::slot::InterestSlot;
use super::rows::InterestRow;

/// Interest that was credited, in order.
#[derive(Debug, Default)]
pub struct Interest {
    pub(super) list: Slots<InterestSlot, InterestRow>,
    pub(super) total: Total,
}

impl Interest {
    /// The rows of all credits.
    pub const fn list(&self) -> &Slots<InterestSlot, InterestRow> {
        &self.list
    }

    /// All that was ever credited.
    pub const fn total(&self) -> Total {
        self.total
    }
}
