//! What a run keeps of each of its faults.

use clearing_domain::money::{Position, Timestamp};
use clearing_domain::operator::TickItem;

use crate::experiment::Fault;
use clearing_cluster::cluster::Member;

/// What became of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRecord {
    /// As configured.
    pub fault: Fault,
    /// Whom it hit.
    pub hit: Member,
    /// When it began: the end of a tick.
    pub at: Timestamp,
    /// When it ended, at the latest with the run; `None` when it has no duration.
    pub until: Option<Timestamp>,
    /// Payments that were never submitted because of it.
    pub withheld: u64,
    /// Their value.
    pub withheld_value: Position,
    /// Payments that were submitted late.
    pub delayed: u64,
    /// What left the settlement balance.
    pub lost: Position,
    /// What came in on it.
    pub brought: Position,
}

impl FaultRecord {
    pub(super) fn new(fault: Fault, hit: Member, at: Timestamp, until: Option<Timestamp>) -> Self {
        let none = Position::ZERO;
        Self {
            fault,
            hit,
            at,
            until,
            withheld: 0,
            withheld_value: none,
            delayed: 0,
            lost: none,
            brought: none,
        }
    }

    /// Counts payments that are not submitted.
    pub(super) fn withhold<'a>(&mut self, items: impl IntoIterator<Item = &'a TickItem>) {
        for item in items {
            self.withheld += 1;
            self.withheld_value += item.amount;
        }
    }
}
