//! What a batch of commands leaves to be written and released.

use std::collections::BTreeSet;

use crate::link::CentralBankMessage;
use crate::money::{OperatorNumber, WalletNumber};
use crate::seal::Chain;

use super::alias::AliasHash;
use super::error::CentralBankError;
use super::rows::CentralBankRows;

/// What changed since the last batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CentralBankChanges {
    /// The rows appended.
    pub rows: CentralBankRows,
    /// Operators whose accounts or links changed.
    pub accounts: BTreeSet<OperatorNumber>,
    /// The clock changed.
    pub state: bool,
    /// The seal of the batch; set when it is taken.
    pub chain: Chain,
}

impl CentralBankChanges {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        !self.state && self.rows.is_empty() && self.accounts.is_empty()
    }
}

/// What a batch releases once it is written.
#[derive(Debug, Default)]
pub struct CentralBankEffects {
    /// Messages by the operator's number in the roster, in order.
    pub messages: Vec<(OperatorNumber, CentralBankMessage)>,
    /// Operators whose link must be closed.
    pub disconnect: Vec<OperatorNumber>,
    /// Why, of those that reported what cannot be.
    pub refused: Vec<(OperatorNumber, CentralBankError)>,
    /// How many messages, or parts of them, were refused.
    pub refused_items: u64,
    /// Aliases linked or unlinked, for readers beside the ledger.
    pub aliases: Vec<(AliasHash, Option<WalletNumber>)>,
    /// Operators whose accounts changed.
    pub accounts: Vec<OperatorNumber>,
    /// What people who watch the central bank see.
    pub events: Vec<LedgerEvent>,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// An operator registered.
    LinkUp,
    /// A link ended.
    LinkDown,
    /// A cycle closed and settled in full.
    CycleSettled,
    /// A cycle closed and something was carried to the next.
    CycleCarried,
    /// A cycle is not covered, and waits for operators to bring in money.
    CycleFrozen,
    /// An operator owes the central bank after the close of a day.
    Overdrawn,
    /// Another settlement mode is in force.
    ModeChanged,
    /// An operator was suspended.
    OperatorSuspended,
    /// An operator takes part again.
    OperatorResumed,
    /// An operator reported what cannot be; it was refused or ignored.
    Refused,
    /// Something that must never happen.
    Alarm,
}

/// Something that people who watch the central bank see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEvent {
    /// What kind.
    pub kind: EventKind,
    /// The sentence.
    pub text: String,
}
