//! The values of fields that requests about campaigns get wrong.

use std::fmt;

use crate::link::Head;
use crate::money::{Amount, Timestamp, WalletNumber};

/// The value of a field with which a campaign cannot do what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignValue {
    /// A wallet, or a campaign by its wallet.
    Wallet(WalletNumber),
    /// A moment.
    Time(Timestamp),
    /// A number of winners.
    Count(u32),
    /// An amount.
    Amount(Amount),
    /// A seed, by its SHA-256: the seed of another campaign must not come to light by an error.
    Commitment(Head),
}

impl fmt::Display for CampaignValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wallet(wallet) => wallet.fmt(formatter),
            Self::Time(at) => at.fmt(formatter),
            Self::Count(count) => count.fmt(formatter),
            Self::Amount(amount) => write!(formatter, "{amount} yuan"),
            Self::Commitment(head) => {
                formatter.write_str("with the SHA-256 ")?;
                head.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
            }
        }
    }
}
