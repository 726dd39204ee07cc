//! Wallet events as kept in memory.

use crate::money::{RequestId, Timestamp, WalletNumber};

use super::facts::WalletChange;
use super::rows::WalletEventRow;
use super::slot::WalletSlot;

/// An event of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletEvent {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The slot of the wallet.
    pub wallet: WalletSlot,
    /// What happened.
    pub change: WalletChange,
    /// The client's name for the request, if it gave one.
    pub request_id: Option<RequestId>,
    /// When.
    pub at: Timestamp,
}

impl WalletEvent {
    /// The row that was appended for it, of a wallet of this number.
    pub fn as_row(&self, wallet: WalletNumber) -> WalletEventRow {
        let Self { row, wallet: _, change, ref request_id, at } = *self;
        WalletEventRow { row, wallet, change, request_id: request_id.clone(), at }
    }
}
