//! Treasurers of an experiment: by what rules operators decide on their liquidity between ticks.

mod read;

#[cfg(test)]
mod tests;

use clearing_domain::money::{Amount, OperatorCode};

use super::fault::Share;

pub(super) use read::{raw, read, resolve};

/// A rule by which one operator, or each of them, decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Treasury {
    /// Who decides by it; `None` is every operator.
    pub operator: Option<OperatorCode>,
    /// The rule.
    pub policy: Policy,
}

/// A rule of a treasurer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Every payment goes at once.
    Release,
    /// A payment is held while it would take the settlement balance below a target.
    Inflow {
        /// What must be left.
        target: Amount,
        /// From which time of the day on nothing is held, in milliseconds.
        until: Option<i64>,
    },
    /// A payment is held while a part of the value of the day so far has been released.
    Schedule {
        /// Up to what time of the day which part must be released, in percent; ascending.
        steps: Vec<(i64, u32)>,
    },
    /// At the open of a day the settlement balance is brought to a level.
    Opening(Opening),
    /// At the open of a day the limits on payments to others are set.
    Limits(LimitRule),
    /// Payments are held to whoever owes and has paid nothing for some time.
    Silence {
        /// For how many ticks.
        ticks: u64,
        /// From which time of the day on nothing is held, in milliseconds.
        until: Option<i64>,
    },
    /// A program outside decides.
    Outside,
}

/// A level of liquidity at the open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// A sum.
    Amount(Amount),
    /// A part of what the wallets will pay to other operators on the day.
    Outflow(Share),
    /// A point between what the day needs netted and what it needs payment by payment.
    Bounds(Share),
}

/// What an operator may pay each other on a day, net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitRule {
    /// The same for all.
    Amount(Amount),
    /// A part of what the wallets will pay to those of the other on the day.
    Outflow(Share),
}

impl Policy {
    /// The name in the configuration and in results.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Inflow { .. } => "inflow",
            Self::Schedule { .. } => "schedule",
            Self::Opening(_) => "opening",
            Self::Limits(_) => "limits",
            Self::Silence { .. } => "silence",
            Self::Outside => "outside",
        }
    }
}
