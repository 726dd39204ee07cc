//! The operator's ledger: commands in, changes and messages out.
//!
//! A command is decided into rows (payments, transfers, outcomes, wallet events), which are only
//! ever appended. What follows from them changes in `apply` alone, live and when a file is read
//! again; account balances, link and ticks are kept beside them.

mod accounts;
mod advice;
mod apply;
mod audit;
mod batch;
mod beside;
mod changes;
mod check;
mod content;
mod decide;
mod error;
mod event;
mod exchange;
mod facts;
mod holders;
mod inbound;
mod inbounds;
#[cfg(test)]
mod largest;
mod ledger;
mod limits;
mod link;
mod lockstep;
mod messages;
mod notify;
mod opening;
mod pay;
mod payment;
mod payments;
mod recount;
mod refusals;
mod requests;
mod restore;
mod rows;
mod session;
mod slot;
mod state;
mod statement;
mod sums;
#[cfg(test)]
mod test_ledger;
mod tick;
mod view;
mod wallet;
mod wallets;

pub use accounts::{Account, OperatorAccounts};
pub use changes::{Appended, OperatorChanges, OperatorEffects, PaymentUpdate};
pub use check::RestoreError;
pub use content::ContentMark;
pub use error::OperatorError;
pub use event::WalletEvent;
pub use facts::{Decided, Delivered, End, Taken, WalletChange};
pub use holders::{HolderDigest, Holders};
pub use inbound::Inbound;
pub use inbounds::Inbounds;
pub use ledger::{OperatorLedger, OperatorSettings};
pub use limits::{LimitSchedule, Limits, SCHEDULES, WalletClass};
pub use link::{LinkPhase, LinkState, QueuedRows};
pub use opening::WalletOrder;
pub use pay::{PayeeError, PaymentOrder};
pub use payment::{Ended, Payment};
pub use payments::Payments;
pub use refusals::{RefusalBudget, RefusalRate};
pub use requests::RequestRef;
pub use restore::LoadedOperator;
pub use rows::{InboundRow, OperatorRow, OperatorRows, OutcomeRow, PaymentRow, WalletEventRow};
pub use session::Session;
pub use slot::{EntrySlot, EventSlot, InboundSlot, PaymentSlot, WalletSlot};
pub use state::{InboundState, PaymentState};
pub use statement::{Entry, EntryKind, EntryLink, EntryPlace, EntrySource};
pub use tick::{TickItem, TickProgress, TickState};
pub use wallet::{Holder, HolderName, Wallet, WalletStatus};
pub use wallets::{HolderError, Wallets};
