//! The operator's ledger: commands in, changes and messages out.
//!
//! Rows (payments, transfers, outcomes, wallet events) are only ever appended; wallets and account
//! balances are kept beside them and must follow from them.

mod accounts;
mod audit;
#[cfg(test)]
mod bench;
mod beside;
mod changes;
mod content;
mod error;
mod exchange;
mod inbound;
mod index;
#[cfg(test)]
mod largest;
mod ledger;
mod limits;
mod link;
mod lockstep;
mod outcome;
mod pay;
mod payers;
mod payment;
mod refusals;
mod restore;
mod slot;
mod statement;
mod sums;
mod wallet;
mod wallets;

pub use accounts::{Account, OperatorAccounts};
pub use beside::QueuedRows;
pub use changes::{OperatorChanges, OperatorEffects, PaymentUpdate};
pub use content::ContentMark;
pub use error::OperatorError;
pub use ledger::{OperatorLedger, OperatorSettings};
pub use limits::{LimitSchedule, Limits, SCHEDULES, WalletClass};
pub use link::{LinkPhase, LinkState};
pub use lockstep::{TickItem, TickProgress, TickState};
pub use pay::{PayeeError, PaymentOrder};
pub use payment::{
    Inbound, InboundState, OutcomeRow, Payment, PaymentRow, PaymentState, WalletEvent,
    WalletEventKind, WalletEventRow,
};
pub use refusals::RefusalRate;
pub use restore::{LoadedOperator, RestoreError};
pub use slot::{EntrySlot, EventSlot, InboundSlot, PaymentSlot, WalletSlot};
pub use statement::{Entry, EntryKind, EntryPlace};
pub use wallet::{Holder, HolderName, Wallet, WalletStatus};
pub use wallets::WalletOrder;
