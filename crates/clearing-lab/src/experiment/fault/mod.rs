//! Faults of an experiment: what goes wrong for whom, from when to when in business time.

mod read;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use clearing_domain::money::{Amount, OperatorCode, Position, Timestamp};

pub(super) use read::{raw, read, resolve};

/// The text of a target that is decided by the positions.
const LARGEST_NET_DEBTOR: &str = "largest-net-debtor";
/// The text of a target that is decided by what was sent.
const LARGEST_SENDER: &str = "largest-sender";
/// The text of a sum that is decided by what an operator is short of.
const SHORTFALL: &str = "shortfall";
/// The text of a target that is decided by what operators are short of.
const LARGEST_SHORTFALL: &str = "largest-shortfall";
/// The text of the target that is no operator.
const CENTRAL_BANK: &str = "central-bank";
/// A share counts in millionths.
const WHOLE: u32 = 1_000_000;
/// The digits of a millionth.
const SHARE_DIGITS: usize = 6;

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// For whom.
    pub target: FaultTarget,
    /// From when on.
    pub at: Timestamp,
    /// When it is over; `None` is the end of the run, or that it has no duration.
    pub until: Option<Timestamp>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The operator is away: its wallets submit nothing, and nothing reaches it.
    Outage,
    /// The operator has no connection to the central bank; payments within it go on.
    Cut,
    /// The operator takes the payments of its wallets so many ticks late.
    Slow {
        /// How late.
        delay_ticks: u64,
    },
    /// The operator loses a part of its settlement balance.
    LiquidityLoss {
        /// Which part.
        share: Share,
    },
    /// The operator brings money in; no fault, but something that happens, too.
    Funding {
        /// How much.
        amount: Funding,
    },
    /// An outage that never ends.
    Failure,
    /// The process is killed and started again; business time does not see it.
    Crash,
}

/// How much money an operator brings in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funding {
    /// A sum.
    Amount(Amount),
    /// What it is short of: what it owes beyond its settlement balance and credit line.
    Shortfall,
}

/// Whom a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultTarget {
    /// An operator.
    Operator(OperatorCode),
    /// Whoever owes most at that moment.
    LargestNetDebtor,
    /// Whoever has sent most to other operators by then.
    LargestSender,
    /// Whoever owes most beyond its settlement balance and credit line.
    LargestShortfall,
    /// The central bank.
    CentralBank,
}

/// A part of a sum, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl FaultKind {
    /// The name in the configuration and in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Cut => "cut",
            Self::Slow { .. } => "slow",
            Self::LiquidityLoss { .. } => "liquidity-loss",
            Self::Funding { .. } => "funding",
            Self::Failure => "failure",
            Self::Crash => "crash",
        }
    }

    /// Whether it lasts.
    pub const fn has_duration(self) -> bool {
        self.lasts() || matches!(self, Self::Failure)
    }

    /// Whether it lasts until a time that the configuration may name.
    pub const fn lasts(self) -> bool {
        matches!(self, Self::Outage | Self::Cut | Self::Slow { .. })
    }

    /// Whether the central bank suspends the operator meanwhile.
    pub const fn suspends(self) -> bool {
        matches!(self, Self::Outage | Self::Cut | Self::Failure)
    }

    /// By how many ticks payments are late meanwhile.
    pub const fn delay_ticks(self) -> Option<u64> {
        match self {
            Self::Slow { delay_ticks } => Some(delay_ticks),
            Self::Outage
            | Self::Cut
            | Self::LiquidityLoss { .. }
            | Self::Funding { .. }
            | Self::Failure
            | Self::Crash => None,
        }
    }

    /// Whether the wallets of the operator submit nothing meanwhile.
    pub const fn closes(self) -> bool {
        matches!(self, Self::Outage | Self::Failure)
    }
}

impl Share {
    /// Nothing.
    pub(super) const NONE: Self = Self(0);

    /// This part of a sum, rounded down to a fen; nothing of what is owed.
    pub fn of(self, sum: Position) -> Position {
        // In 64 bits a large sum times a million overflows.
        let part = i128::from(sum.fen()) * i128::from(self.0) / i128::from(WHOLE);
        Position::from_fen(i64::try_from(part).unwrap_or_default().max(0))
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (whole, parts) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let valid =
            digits(whole) && digits(parts) && whole.len() <= 3 && parts.len() <= SHARE_DIGITS;
        // Digits are put together instead of multiplied: 0.3 of a float is not 300,000 millionths.
        let share = || format!("{whole}{parts:0<SHARE_DIGITS$}").parse::<u32>().ok();
        let share = valid.then(share).flatten().filter(|share| (1..=WHOLE).contains(share));
        share.map(Self).ok_or_else(|| format!("{text:?} is not a part from 0.000001 to 1"))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:06}", self.0 / WHOLE, self.0 % WHOLE);
        formatter.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl FromStr for Funding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == SHORTFALL {
            return Ok(Self::Shortfall);
        }
        Amount::positive(text)
            .map(Self::Amount)
            .map_err(|error| format!("{error}, and not {SHORTFALL:?}"))
    }
}

impl fmt::Display for Funding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(amount) => amount.fmt(formatter),
            Self::Shortfall => formatter.pad(SHORTFALL),
        }
    }
}

impl FromStr for FaultTarget {
    type Err = clearing_domain::money::OperatorCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            LARGEST_NET_DEBTOR => Ok(Self::LargestNetDebtor),
            LARGEST_SENDER => Ok(Self::LargestSender),
            LARGEST_SHORTFALL => Ok(Self::LargestShortfall),
            CENTRAL_BANK => Ok(Self::CentralBank),
            code => code.parse().map(Self::Operator),
        }
    }
}

impl fmt::Display for FaultTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(code) => formatter.pad(code.as_str()),
            Self::LargestNetDebtor => formatter.pad(LARGEST_NET_DEBTOR),
            Self::LargestSender => formatter.pad(LARGEST_SENDER),
            Self::LargestShortfall => formatter.pad(LARGEST_SHORTFALL),
            Self::CentralBank => formatter.pad(CENTRAL_BANK),
        }
    }
}
