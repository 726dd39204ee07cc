//! The row of a wallet of another bank.

use crate::money::{OperatorCode, Timestamp, WalletNumber};
use crate::row::row;

row! {
    /// A wallet, just opened, is that of a customer of another bank, which takes part through this
    /// operator.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ParticipantRow in "participants", kind 47 {
        /// The number of the row.
        pub row: u64,
        /// The wallet.
        pub wallet: WalletNumber,
        /// The bank.
        pub participant: OperatorCode,
        /// When.
        pub at: Timestamp,
    }
}
