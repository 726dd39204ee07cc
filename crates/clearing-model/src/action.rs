//! What can happen.

use crate::ids::Ids;

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The central bank.
    Bank,
    /// An operator.
    Operator(usize),
}

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The operator at one end.
    pub operator: usize,
    /// On the wire before the one the operator believes in.
    pub old: bool,
    /// How many messages are before it.
    pub index: usize,
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A client submits a payment.
    Submit(usize),
    /// The central bank takes a message in one batch, commits and releases.
    BankTakes(Place),
    /// An operator takes a message in one batch, and refuses these of what is new to it.
    OperatorTakes(Place, Ids),
    /// What was written is synced.
    Sync(Role),
    /// A process dies and starts again; what was not synced is kept or lost.
    Crash {
        /// Whose.
        role: Role,
        /// By luck nothing is lost.
        kept: bool,
    },
    /// An operator loses its link.
    Break(usize),
    /// The central bank learns that an operator gave its link up.
    HangUp(usize),
    /// An operator dials and registers.
    Register(usize),
    /// The time of a payment runs out.
    Expire(usize),
    /// The central bank, started again, notices what expired before.
    LookAtClock,
    /// The day ends.
    EndDay,
    /// The first cycle closes and settles.
    Close,
    /// The central bank forgets a finished transfer.
    Forget(usize),
    /// The oldest message of a direction comes again later.
    Repeat {
        /// The operator.
        operator: usize,
        /// In which direction.
        to_bank: bool,
    },
    /// The oldest message of a direction is lost, although others follow.
    Lose {
        /// The operator.
        operator: usize,
        /// In which direction.
        to_bank: bool,
    },
    /// An instruction with a known id says something else.
    Forge(usize),
    /// An operator's file is copied.
    Copy,
    /// An operator starts from the copy of its file.
    Restore,
    /// A payer's operator gives up waiting, which no rule allows.
    GiveUp(usize),
}

impl Action {
    /// Whether it is a fault, or new work, without which everything must come to an end.
    pub const fn is_disturbance(&self) -> bool {
        matches!(
            self,
            Self::Submit(_)
                | Self::Crash { .. }
                | Self::Break(_)
                | Self::Repeat { .. }
                | Self::Lose { .. }
                | Self::Forge(_)
                | Self::Copy
                | Self::Restore
                | Self::GiveUp(_)
        )
    }
}
