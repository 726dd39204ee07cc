//! The row of a credit.

use crate::money::{Amount, BusinessDate, InterestRate, Timestamp, WalletNumber};
use crate::row::row;

row! {
    /// Interest was credited to a wallet.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct InterestRow in "interest", kind 45 {
        /// The number of the row.
        pub row: u64,
        /// The wallet.
        pub wallet: WalletNumber,
        /// How much.
        pub amount: Amount,
        /// The first day that is not counted in it.
        pub until: BusinessDate,
        /// The rate.
        pub rate: InterestRate,
        /// When.
        pub at: Timestamp,
    }
}
