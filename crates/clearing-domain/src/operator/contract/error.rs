//! The values of fields that requests about contracts get wrong.

use std::fmt;

use crate::money::{Amount, ContractId, Timestamp, WalletNumber};

/// The value of a field with which a contract cannot do what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractValue {
    /// A contract.
    Contract(ContractId),
    /// A wallet.
    Wallet(WalletNumber),
    /// A lesson, or a number of something.
    Count(u64),
    /// An amount.
    Amount(Amount),
    /// A moment.
    Time(Timestamp),
}

impl fmt::Display for ContractValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contract(contract) => contract.fmt(formatter),
            Self::Wallet(wallet) => wallet.fmt(formatter),
            Self::Count(count) => count.fmt(formatter),
            Self::Amount(amount) => write!(formatter, "{amount} yuan"),
            Self::Time(at) => at.fmt(formatter),
        }
    }
}
