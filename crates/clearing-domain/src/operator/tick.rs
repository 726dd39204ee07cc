//! Ticks: what an operator submits in one, and where it stands in them.

use crate::Details;
use crate::money::{Amount, PaymentId, Timestamp, WalletNumber};

/// One payment of a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickItem {
    /// The payment; also its request id.
    pub id: PaymentId,
    /// The wallet to debit.
    pub payer: WalletNumber,
    /// The wallet to credit.
    pub payee: WalletNumber,
    /// How much.
    pub amount: Amount,
    /// When the payer submits it, in business time.
    pub at: Timestamp,
    /// What it is for.
    pub details: Option<Box<Details>>,
}

/// Where the operator stands in the ticks; stored with every batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TickState {
    /// The present tick.
    pub tick: u64,
    /// The index of the next item of the present tick.
    pub next_index: u64,
    /// All items of the present tick have been applied.
    pub complete: bool,
    /// The last tick whose end was applied.
    pub tick_ended: u64,
}

/// What a driver of ticks needs to know to go on after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TickProgress {
    /// The tick and the index of its next item.
    pub state: TickState,
    /// Items of this call that left no record, such as those of an unknown payer.
    pub errors: u64,
}
