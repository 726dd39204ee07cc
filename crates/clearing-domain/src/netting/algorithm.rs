//! The algorithms by name, so that a file, a command or a ledger can choose one.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::money::Position;

use super::{
    ClearingVector, LossSharing, OPTIMAL_PAYMENTS_MAX, Obligation, TooManyPayments, Unwinding,
    all_or_nothing, bilateral_offset, bilateral_then_multilateral, eisenberg_noe, gross_bypass,
    gross_fifo, loss_sharing, optimal, partial_net, unwind,
};

/// The default number of payments that bilateral offsetting considers on each side of a pair.
pub const LOOK_AHEAD: usize = 10;

/// The most that may be chosen in its place.
pub const LOOK_AHEAD_MAX: usize = 1_000_000;

/// The most participants for which eisenberg_noe is quick, whoever defaults.
const EISENBERG_NOE_PARTICIPANTS: usize = 100;

/// A way to decide which payments of a queue settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// See [`gross_fifo`].
    GrossFifo,
    /// See [`gross_bypass`].
    GrossBypass,
    /// See [`all_or_nothing`].
    AllOrNothing,
    /// See [`partial_net`].
    PartialNet,
    /// See [`bilateral_offset`].
    BilateralOffset {
        /// How many payments it considers on each side of a pair; not zero.
        look_ahead: usize,
    },
    /// See [`bilateral_then_multilateral`].
    BilateralThenMultilateral {
        /// How many payments it considers on each side of a pair; not zero.
        look_ahead: usize,
    },
    /// See [`unwind`].
    Unwind,
    /// See [`loss_sharing`].
    LossSharing,
    /// See [`eisenberg_noe`].
    EisenbergNoe,
    /// See [`optimal`].
    Optimal,
}

/// A name that no algorithm has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("algorithm {0:?} is none of {names}", names = Algorithm::ALL.map(Algorithm::name).join(", "))]
pub struct UnknownAlgorithm(pub String);

/// The result of an algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Which payments settle in full, in queue order.
    pub settles: Vec<bool>,
    /// The further results of the algorithm.
    pub detail: Detail,
}

impl Resolution {
    /// What a clearing vector leaves of a queue.
    pub fn cleared(vector: ClearingVector, queue: &[Obligation]) -> Self {
        // A defaulter pays a part of every debt, so none of its payments settles in full.
        let defaulted = vector.rounds.concat();
        let settles = queue.iter().map(|payment| !defaulted.contains(&payment.debtor)).collect();
        Self { settles, detail: Detail::Cleared(vector) }
    }
}

/// Further results of some algorithms, beside the payments that settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// Of [`unwind`]: the participants that were removed in each round, by number.
    Rounds(Vec<Vec<usize>>),
    /// Of [`loss_sharing`]: the contribution of each participant for others.
    Contributions(Vec<Position>),
    /// Of [`eisenberg_noe`]: the clearing vector.
    Cleared(ClearingVector),
}

impl Algorithm {
    /// All algorithms, with the usual look-ahead.
    pub const ALL: [Self; 10] = [
        Self::GrossFifo,
        Self::GrossBypass,
        Self::AllOrNothing,
        Self::PartialNet,
        Self::BilateralOffset { look_ahead: LOOK_AHEAD },
        Self::BilateralThenMultilateral { look_ahead: LOOK_AHEAD },
        Self::Unwind,
        Self::LossSharing,
        Self::EisenbergNoe,
        Self::Optimal,
    ];

    /// The name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GrossFifo => "gross_fifo",
            Self::GrossBypass => "gross_bypass",
            Self::AllOrNothing => "all_or_nothing",
            Self::PartialNet => "partial_net",
            Self::BilateralOffset { .. } => "bilateral_offset",
            Self::BilateralThenMultilateral { .. } => "bilateral_then_multilateral",
            Self::Unwind => "unwind",
            Self::LossSharing => "loss_sharing",
            Self::EisenbergNoe => "eisenberg_noe",
            Self::Optimal => "optimal",
        }
    }

    /// Its number in ledger files, which never changes.
    pub const fn number(self) -> u8 {
        match self {
            Self::GrossFifo => 1,
            Self::GrossBypass => 2,
            Self::AllOrNothing => 3,
            Self::PartialNet => 4,
            Self::BilateralOffset { .. } => 5,
            Self::BilateralThenMultilateral { .. } => 6,
            Self::Unwind => 7,
            Self::LossSharing => 8,
            Self::EisenbergNoe => 9,
            Self::Optimal => 10,
        }
    }

    /// The algorithm of a number, with the usual look-ahead.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.number() == number)
    }

    /// The same algorithm with another look-ahead, if it has one.
    #[must_use]
    pub const fn looking_ahead(self, look_ahead: usize) -> Self {
        match self {
            Self::BilateralOffset { .. } => Self::BilateralOffset { look_ahead },
            Self::BilateralThenMultilateral { .. } => {
                Self::BilateralThenMultilateral { look_ahead }
            }
            Self::GrossFifo
            | Self::GrossBypass
            | Self::AllOrNothing
            | Self::PartialNet
            | Self::Unwind
            | Self::LossSharing
            | Self::EisenbergNoe
            | Self::Optimal => self,
        }
    }

    /// How far it looks ahead, if it does.
    pub const fn look_ahead(self) -> Option<usize> {
        match self {
            Self::BilateralOffset { look_ahead }
            | Self::BilateralThenMultilateral { look_ahead } => Some(look_ahead),
            Self::GrossFifo
            | Self::GrossBypass
            | Self::AllOrNothing
            | Self::PartialNet
            | Self::Unwind
            | Self::LossSharing
            | Self::EisenbergNoe
            | Self::Optimal => None,
        }
    }

    /// Whether a queue is small enough to run the algorithm without being named: optimal accepts
    /// only a short queue, and the exact solution of eisenberg_noe takes more than a second among
    /// many participants.
    pub const fn applies_to(self, participants: usize, payments: usize) -> bool {
        match self {
            Self::Optimal => payments <= OPTIMAL_PAYMENTS_MAX,
            Self::EisenbergNoe => participants <= EISENBERG_NOE_PARTICIPANTS,
            Self::GrossFifo
            | Self::GrossBypass
            | Self::AllOrNothing
            | Self::PartialNet
            | Self::BilateralOffset { .. }
            | Self::BilateralThenMultilateral { .. }
            | Self::Unwind
            | Self::LossSharing => true,
        }
    }

    /// Decides which payments settle. A balance includes the credit line; the queue is in queue
    /// order.
    pub fn run(
        self,
        balances: &[Position],
        queue: &[Obligation],
    ) -> Result<Resolution, TooManyPayments> {
        let settles = match self {
            Self::GrossFifo => gross_fifo(balances, queue),
            Self::GrossBypass => gross_bypass(balances, queue),
            Self::AllOrNothing => all_or_nothing(balances, queue),
            Self::PartialNet => partial_net(balances, queue),
            Self::BilateralOffset { look_ahead } => bilateral_offset(balances, queue, look_ahead),
            Self::BilateralThenMultilateral { look_ahead } => {
                bilateral_then_multilateral(balances, queue, look_ahead)
            }
            Self::Unwind => {
                let Unwinding { settles, rounds, destroyed: _ } = unwind(balances, queue);
                return Ok(Resolution { settles, detail: Detail::Rounds(rounds) });
            }
            Self::LossSharing => {
                let LossSharing { settles, contributions, .. } = loss_sharing(balances, queue);
                return Ok(Resolution { settles, detail: Detail::Contributions(contributions) });
            }
            Self::EisenbergNoe => {
                return Ok(Resolution::cleared(eisenberg_noe(balances, queue), queue));
            }
            Self::Optimal => optimal(balances, queue)?,
        };
        Ok(Resolution { settles, detail: Detail::None })
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        let found = Self::ALL.into_iter().find(|algorithm| algorithm.name() == name);
        found.ok_or_else(|| UnknownAlgorithm(crate::money::cut(name, 40)))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
