//! How obligations between operators settle, and how that stands in a row.

use crate::money::Timestamp;
use crate::netting::{Algorithm, LOOK_AHEAD};
use crate::row::{ColumnSpec, Field, Malformed, OptionalField, Sink, Source, group, numbered};

/// How obligations between operators are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementMode {
    /// Each payment moves the settlement asset when it clears; a payment without cover is refused.
    Gross,
    /// Payments move the settlement asset when they clear; those without cover wait in a queue.
    Queued(QueueRule),
    /// Payments join a cycle; its nets settle at the cut-off.
    DeferredNet(Shortfall),
}

/// How payments that wait for cover are released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueRule {
    /// Tried whenever something has changed, under lockstep once in a tick.
    pub release: Algorithm,
    /// Whether payments that fit by themselves go first: an algorithm that offsets is tried on what
    /// they leave, in turn, until nothing settles. Otherwise it runs alone and once.
    pub gross_first: bool,
    /// Tried at the cut-offs of the day, too.
    pub at_cut_offs: Option<Algorithm>,
    /// What becomes of what still waits when the business day ends.
    pub end_of_day: EndOfDay,
}

numbered! {
    /// What becomes of payments that wait for cover when the business day ends.
    pub enum EndOfDay {
        /// They are returned.
        Return = 1,
        /// They wait on, before what comes on the next day in their level.
        Carry = 2,
        /// The central bank lends what is short, and they settle; only in the deposit regime.
        ForceCredit = 3,
    }
}

numbered! {
    /// What happens at the close of a cycle when an operator cannot cover its net.
    pub enum Shortfall {
        /// Nothing settles; everything is carried to the next cycle.
        AllOrNothing = 1,
        /// What can settle in queue order settles; the rest is carried to the next cycle.
        PartialNet = 2,
        /// Obligations to and from those who are short leave settlement and become claims between
        /// the operators; the rest settles.
        Unwind = 3,
        /// Everything settles; the others pay what is short by their exposures, and claim it.
        /// Carried when they cannot.
        LossSharing = 4,
        /// Everything settles; the central bank lends what is short.
        CentralBankCredit = 5,
        /// Those who are short pay all they have, to everyone the same part of what they owe; the
        /// rest becomes claims on them.
        ProRata = 6,
    }
}

impl Default for Shortfall {
    /// The rule where none is chosen.
    fn default() -> Self {
        Self::PartialNet
    }
}

impl QueueRule {
    /// The rule of gross settlement with a queue where nothing else is chosen.
    pub const GROSS_QUEUE: Self = Self {
        release: Algorithm::GrossFifo,
        gross_first: true,
        at_cut_offs: None,
        end_of_day: EndOfDay::Return,
    };

    /// The rule of hybrid settlement where nothing else is chosen.
    pub const HYBRID: Self = Self {
        release: Algorithm::BilateralOffset { look_ahead: LOOK_AHEAD },
        gross_first: true,
        at_cut_offs: Some(Algorithm::PartialNet),
        end_of_day: EndOfDay::Return,
    };
}

/// In what manner a payment settles; decided when it is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As an obligation in a cycle.
    Net,
    /// By itself, with cover set aside for it.
    Gross,
    /// By itself, once there is cover.
    Queued,
}

/// A settlement mode and when it comes into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeChange {
    /// The first moment of it.
    pub from: Timestamp,
    /// The mode.
    pub mode: SettlementMode,
}

impl SettlementMode {
    /// The name in files, results and texts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeferredNet(_) => "deferred-net",
            Self::Gross => "gross",
            Self::Queued(QueueRule { at_cut_offs: None, .. }) => "gross-queue",
            Self::Queued(QueueRule { at_cut_offs: Some(_), .. }) => "hybrid",
        }
    }

    /// Whether the central bank settles on credit what waits at the end of the day.
    pub const fn forces_credit(self) -> bool {
        matches!(self, Self::Queued(QueueRule { end_of_day: EndOfDay::ForceCredit, .. }))
    }

    /// The manner in which payments settle.
    pub const fn manner(self) -> Manner {
        match self {
            Self::Gross => Manner::Gross,
            Self::Queued(_) => Manner::Queued,
            Self::DeferredNet(_) => Manner::Net,
        }
    }
}

impl EndOfDay {
    /// All rules.
    pub const ALL: [Self; 3] = [Self::Return, Self::Carry, Self::ForceCredit];
}

impl Shortfall {
    /// All rules.
    pub const ALL: [Self; 6] = [
        Self::AllOrNothing,
        Self::PartialNet,
        Self::Unwind,
        Self::LossSharing,
        Self::CentralBankCredit,
        Self::ProRata,
    ];
}

numbered! {
    /// A mode without its rules.
    enum ModeKind {
        /// See [`SettlementMode::Gross`].
        Gross = 1,
        /// See [`SettlementMode::DeferredNet`].
        DeferredNet = 2,
        /// See [`SettlementMode::Queued`].
        Queued = 3,
    }
}

group! {
    /// The columns of a mode that may be missing.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    struct ModeColumns {
        /// Which mode.
        pub mode: Option<ModeKind>,
        /// Of deferred net settlement.
        pub shortfall: Option<Shortfall>,
        /// Of a queue: the algorithm.
        pub release: Option<u8>,
        /// How far it looks ahead, if it does.
        pub release_look_ahead: Option<u32>,
        /// Of a queue.
        pub gross_first: Option<bool>,
        /// Of a queue: the algorithm at cut-offs, if there is one.
        pub at_cut_offs: Option<u8>,
        /// How far it looks ahead, if it does.
        pub at_cut_offs_look_ahead: Option<u32>,
        /// Of a queue: what becomes of what waits at the end of the day.
        pub end_of_day: Option<EndOfDay>,
    }
}

impl From<SettlementMode> for ModeColumns {
    fn from(mode: SettlementMode) -> Self {
        match mode {
            SettlementMode::Gross => Self { mode: Some(ModeKind::Gross), ..Self::default() },
            SettlementMode::DeferredNet(shortfall) => Self {
                mode: Some(ModeKind::DeferredNet),
                shortfall: Some(shortfall),
                ..Self::default()
            },
            SettlementMode::Queued(QueueRule { release, gross_first, at_cut_offs, end_of_day }) => {
                Self {
                    mode: Some(ModeKind::Queued),
                    shortfall: None,
                    release: Some(release.number()),
                    release_look_ahead: look_ahead(release),
                    gross_first: Some(gross_first),
                    at_cut_offs: at_cut_offs.map(Algorithm::number),
                    at_cut_offs_look_ahead: at_cut_offs.and_then(look_ahead),
                    end_of_day: Some(end_of_day),
                }
            }
        }
    }
}

impl ModeColumns {
    /// The mode that they name; `None` when it is none or lacks something.
    fn mode(&self) -> Option<SettlementMode> {
        Some(match self.mode? {
            ModeKind::Gross => SettlementMode::Gross,
            ModeKind::DeferredNet => SettlementMode::DeferredNet(self.shortfall?),
            ModeKind::Queued => SettlementMode::Queued(QueueRule {
                release: algorithm(self.release?, self.release_look_ahead)?,
                gross_first: self.gross_first?,
                at_cut_offs: match self.at_cut_offs {
                    None => None,
                    Some(number) => Some(algorithm(number, self.at_cut_offs_look_ahead)?),
                },
                end_of_day: self.end_of_day?,
            }),
        })
    }
}

fn look_ahead(algorithm: Algorithm) -> Option<u32> {
    algorithm.look_ahead().map(|look_ahead| u32::try_from(look_ahead).unwrap_or(u32::MAX))
}

fn algorithm(number: u8, look_ahead: Option<u32>) -> Option<Algorithm> {
    let algorithm = Algorithm::from_number(number)?;
    Some(look_ahead.map_or(algorithm, |ahead| algorithm.looking_ahead(ahead as usize)))
}

impl OptionalField for SettlementMode {
    fn columns(name: &'static str, columns: &mut Vec<ColumnSpec>) {
        <ModeColumns as Field>::columns(name, columns);
    }

    fn put<S: Sink>(mode: Option<&Self>, sink: &mut S) -> Result<(), S::Error> {
        mode.map_or_else(ModeColumns::default, |mode| (*mode).into()).put(sink)
    }

    fn take(source: &mut impl Source) -> Result<Option<Self>, Malformed> {
        let columns = ModeColumns::take(source)?;
        let mode = columns.mode();
        // A part that the mode does not have would be lost, and no seal would tell.
        if mode.map_or_else(ModeColumns::default, Into::into) == columns {
            Ok(mode)
        } else {
            Err(Malformed::new("a mode that does not exist or has other parts").within("mode"))
        }
    }
}

#[cfg(test)]
mod tests;
