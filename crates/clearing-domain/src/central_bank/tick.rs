//! A tick: where it stands, as people are shown it and as the file has it, and what comes of it.

use crate::money::{OperatorCode, Timestamp};
use crate::row::numbered;

numbered! {
    /// Where a tick stands.
    #[derive(Default)]
    pub enum Phase {
        /// The tick is over and every operator has acknowledged its end.
        #[default]
        Idle = 1,
        /// The instructions of the next tick are coming in. Never stored.
        Collecting = 2,
        /// They are admitted; decisions are coming in.
        Deciding = 3,
        /// Everything is final; operators acknowledge the end.
        Ending = 4,
        /// They are admitted; answers of sponsors are coming in, and nothing is delivered yet. A
        /// tick without sponsors has no such phase.
        Funding = 5,
    }
}

/// The clock of ticks as shown and waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickClock {
    /// The present tick; in its phase of collecting, the next one.
    pub tick: u64,
    /// Where it stands.
    pub phase: Phase,
    /// The operators that are waited for.
    pub missing: Vec<OperatorCode>,
    /// The end of the last tick that was admitted, in business time.
    pub business_time: Timestamp,
}

/// What of the clock is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockState {
    /// When the open cycle was opened; `None` before the first.
    pub opened_at: Option<Timestamp>,
    /// The last tick whose instructions were admitted.
    pub tick: u64,
    /// Where it stands.
    pub phase: Phase,
}

/// What a report is that an operator's instructions of a tick are complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// A repeat: the tick is admitted.
    Repeated,
    /// Early or late: another tick is being collected.
    OfAnotherTick {
        /// The tick being collected.
        running: u64,
    },
    /// Wrong: other instructions came than it names.
    Incomplete {
        /// How many came.
        came: u64,
    },
    /// Right: all have come.
    Complete,
}

/// What a decision is among those of its tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collected {
    /// A new one, which is kept.
    New,
    /// The same again.
    Repeated,
    /// Another one than before on the same payment.
    Contradicted,
    /// One on a payment of no tick, or of an earlier one.
    OutsideTick,
}
