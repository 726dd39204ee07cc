//! Priority levels, which order the payments of a queue.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The urgency of a payment, most urgent first: levels 1 to 6, as large-value systems order their
/// queues, and below them a level that waits for a word of its operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Level 1: reversals of errors.
    ErrorReversal,
    /// Level 2: extra urgent payments.
    ExtraUrgent,
    /// Level 3: interest and fees.
    InterestAndFees,
    /// Level 4: nets of other clearing systems.
    ClearingNets,
    /// Level 5: urgent payments.
    Urgent,
    /// Level 6: all other payments.
    #[default]
    Normal,
    /// Level 7: payments that their operator holds back. They wait until their level is changed or
    /// their day ends, and nothing waits behind them.
    Held,
}

/// A text that is no priority.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("priority {0:?} is none of {names}", names = settling().map(Priority::name).collect::<Vec<_>>().join(", "))]
pub struct UnknownPriority(pub String);

impl Priority {
    /// All levels, most urgent first.
    pub const ALL: [Self; 7] = [
        Self::ErrorReversal,
        Self::ExtraUrgent,
        Self::InterestAndFees,
        Self::ClearingNets,
        Self::Urgent,
        Self::Normal,
        Self::Held,
    ];

    /// The level, from 1; lower settles first.
    pub const fn level(self) -> u8 {
        self as u8 + 1
    }

    /// The priority of a level.
    pub fn from_level(level: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.level() == level)
    }

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ErrorReversal => "error_reversal",
            Self::ExtraUrgent => "extra_urgent",
            Self::InterestAndFees => "interest_and_fees",
            Self::ClearingNets => "clearing_nets",
            Self::Urgent => "urgent",
            Self::Normal => "normal",
            Self::Held => "held",
        }
    }
}

impl FromStr for Priority {
    type Err = UnknownPriority;

    /// Reads a name or the number of a level at which payments settle: nobody would release what a
    /// file of payments holds back.
    fn from_str(text: &str) -> Result<Self, UnknownPriority> {
        let found = settling().find(|one| one.name() == text || one.level().to_string() == text);
        found.ok_or_else(|| UnknownPriority(crate::money::cut(text, 40)))
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The levels at which payments settle.
fn settling() -> impl Iterator<Item = Priority> {
    Priority::ALL.into_iter().filter(|priority| *priority != Priority::Held)
}

/// The places of payments in queue order: by level, then by arrival. The priorities are in order of
/// arrival.
pub fn queue_order(priorities: &[Priority]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..priorities.len()).collect();
    // A stable sort keeps the order of arrival within a level.
    order.sort_by_key(|index| priorities[*index]);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_ones_overtake_and_equals_keep_their_order() {
        use Priority::{ErrorReversal, Normal, Urgent};
        assert_eq!(queue_order(&[Normal, Urgent, Normal, ErrorReversal, Urgent]), [3, 1, 4, 0, 2]);
    }

    #[test]
    fn levels_are_read_by_name_and_by_number() {
        for priority in settling() {
            assert_eq!(priority.name().parse(), Ok(priority));
            assert_eq!(priority.level().to_string().parse(), Ok(priority));
        }
        for unknown in ["high", "held", "7"] {
            let refused = unknown.parse::<Priority>().unwrap_err().to_string();
            let expected = format!("priority {unknown:?} is none of error_reversal, ");
            assert!(refused.starts_with(&expected) && refused.ends_with("normal"), "{refused}");
        }
    }
}
