//! The values of fields that requests about loans get wrong.

use std::fmt;

use crate::details::Purpose;
use crate::link::Head;
use crate::money::{Amount, BusinessDate, LoanId, Timestamp, WalletNumber};

/// The value of a field with which a loan cannot do what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoanValue {
    /// A loan.
    Loan(LoanId),
    /// A wallet.
    Wallet(WalletNumber),
    /// A number of something.
    Count(u64),
    /// An amount.
    Amount(Amount),
    /// A day.
    Date(BusinessDate),
    /// A moment.
    Time(Timestamp),
    /// A purpose.
    Purpose(Purpose),
    /// The hash of terms.
    Hash(Head),
}

impl fmt::Display for LoanValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loan(loan) => loan.fmt(formatter),
            Self::Wallet(wallet) => wallet.fmt(formatter),
            Self::Count(count) => count.fmt(formatter),
            Self::Amount(amount) => write!(formatter, "{amount} yuan"),
            Self::Date(day) => day.fmt(formatter),
            Self::Time(at) => at.fmt(formatter),
            Self::Purpose(purpose) => formatter.write_str(purpose.name()),
            Self::Hash(hash) => blake3::Hash::from_bytes(*hash).fmt(formatter),
        }
    }
}
