//! What the wallets of one participant sent and received.

use crate::money::{BusinessDate, CycleId, Timestamp, Total};

/// In what payments settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// In a cycle.
    Cycle(CycleId),
    /// By themselves, on a business day.
    Day(BusinessDate),
}

impl Period {
    /// Where a payment belongs that was cleared at a moment.
    pub fn of(cycle: Option<CycleId>, at: Timestamp) -> Self {
        cycle.map_or(Self::Day(at.date()), Self::Cycle)
    }

    /// The cycle; none of what settled by itself.
    pub const fn cycle(self) -> Option<CycleId> {
        match self {
            Self::Cycle(cycle) => Some(cycle),
            Self::Day(_) => None,
        }
    }
}

/// What the wallets of one participant sent and received in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndirectPosition {
    /// Paid to wallets of other operators, and cleared.
    pub sent: Total,
    /// Received from wallets of other operators, and cleared.
    pub received: Total,
    /// Paid to wallets of this operator that are not of the same participant.
    pub on_us_sent: Total,
    /// Received from such wallets.
    pub on_us_received: Total,
}

impl IndirectPosition {
    /// Received less sent between operators: its part in the position of the operator.
    pub fn net(&self) -> Total {
        self.received - self.sent
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            received: self.received + other.received,
            on_us_sent: self.on_us_sent + other.on_us_sent,
            on_us_received: self.on_us_received + other.on_us_received,
        }
    }
}
