//! The faults of a run as its summary tells them.

use serde::Serialize;

use crate::engine::FaultRecord;

/// A fault; money in fen, times in milliseconds in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultSummary {
    /// What went wrong.
    pub kind: &'static str,
    /// Whom the configuration names: a code, or how one is chosen.
    pub target: String,
    /// Whom it hit.
    pub operator: String,
    /// When it began: the end of a tick.
    pub at: i64,
    /// When it ended, at the latest with the run; null when it has no duration.
    pub until: Option<i64>,
    /// By how many ticks payments were late, of a slow operator.
    pub delay_ticks: Option<u64>,
    /// Payments that were never submitted because of it.
    pub withheld: u64,
    /// Their value.
    pub withheld_fen: i64,
    /// Payments that were submitted late.
    pub delayed: u64,
    /// What left the settlement balance.
    pub lost_fen: i64,
    /// What a funding brought in.
    pub brought_fen: i64,
}

impl From<&FaultRecord> for FaultSummary {
    fn from(record: &FaultRecord) -> Self {
        Self {
            kind: record.fault.kind.name(),
            target: record.fault.target.to_string(),
            operator: record.hit.to_string(),
            at: record.at.ms(),
            until: record.until.map(|until| until.ms()),
            delay_ticks: record.fault.kind.delay_ticks(),
            withheld: record.withheld,
            withheld_fen: record.withheld_value.fen(),
            delayed: record.delayed,
            lost_fen: record.lost.fen(),
            brought_fen: record.brought.fen(),
        }
    }
}
