//! The central bank's ledger: admits, delivers, clears and settles what operators owe each other.
//!
//! Every fact is an appended row (transfers and their events, operations, advices, cycles,
//! aliases); accounts and positions follow from the rows.

mod account;
mod admit;
mod alias;
mod audit;
#[cfg(test)]
mod bench;
mod beside;
mod bounds;
mod changes;
mod clear;
mod clock;
mod closing;
mod credit;
mod cut_off;
mod cycle;
mod error;
#[cfg(test)]
mod largest;
mod ledger;
mod limits;
mod link;
mod lockstep;
mod mode;
mod operate;
mod operation;
mod outbox;
#[cfg(test)]
mod properties;
mod queue;
mod recount;
mod restore;
mod settings;
mod settle;
mod sums;
mod tell;
mod ticks;
mod transfer;
#[cfg(test)]
mod traps;
mod view;

pub use account::{AccountRow, Guarantees, OperatorAccount};
pub use alias::{AliasHash, AliasRow};
pub use changes::{CentralBankChanges, CentralBankEffects, EventKind, LedgerEvent};
pub use closing::{Claim, CycleDefault};
pub use credit::{Lending, Overdraft};
pub use cycle::{Cycle, CyclePosition, CycleState};
pub use error::CentralBankError;
pub use ledger::CentralBankLedger;
pub use limits::BilateralLimit;
pub use mode::{Manner, ModeChange};
pub use operation::{Operation, OperationKind};
pub use restore::{LoadedCentralBank, RestoreError};
pub use settings::{
    CentralBankSettings, OperatorOpening, Overdrafts, QueueRule, SettlementMode, Shortfall,
};
pub use ticks::{ClockState, Phase, TickClock};
pub use transfer::{
    AdviceRow, QueueEntry, Transfer, TransferEvent, TransferEventKind, TransferState,
};
