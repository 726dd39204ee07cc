//! The central bank's ledger: admits, delivers, clears and settles what operators owe each other.
//!
//! Every fact is an appended row (transfers and their events, operations, advices, cycles,
//! aliases); accounts and positions follow from the rows.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "of the many actions each part takes a few, and check sees that every one is known"
)]

mod account;
mod accounts;
mod admit;
mod advance;
mod advice;
mod alias;
mod apply;
mod audit;
#[cfg(test)]
mod bench;
mod beside;
mod bounds;
mod changes;
mod check;
mod claims;
mod clear;
mod clock;
mod closing;
mod credit;
mod cycle;
mod cycles;
mod directory;
mod error;
mod guarantees;
#[cfg(test)]
mod largest;
mod ledger;
mod lending;
mod limits;
mod link;
mod link_alias;
mod links;
mod lockstep;
mod mode;
mod modes;
mod operate;
mod operation;
mod outbox;
#[cfg(test)]
mod properties;
mod queue;
mod recount;
mod release;
mod restore;
mod rows;
mod settings;
mod settle;
mod settlement_mode;
mod sums;
mod tell;
mod ticks;
mod transfer;
mod transfers;
#[cfg(test)]
mod traps;
mod view;

pub use account::{AccountRow, OperatorAccount};
pub use advice::AdviceRow;
pub use alias::{AliasHash, AliasRow};
pub use changes::{CentralBankChanges, CentralBankEffects, EventKind, LedgerEvent};
pub use check::RestoreError;
pub use claims::{Claim, CycleDefault};
pub use credit::Overdraft;
pub use cycle::{Cycle, CyclePosition, CycleRow, CycleState, PositionRow};
pub use error::CentralBankError;
pub use guarantees::Guarantees;
pub use ledger::CentralBankLedger;
pub use lending::Lending;
pub use limits::BilateralLimit;
pub use operation::{Action, Operation};
pub use restore::LoadedCentralBank;
pub use rows::{CentralBankRow, CentralBankRows};
pub use settings::{CentralBankSettings, OperatorOpening, Overdrafts};
pub use settlement_mode::{Manner, ModeChange, QueueRule, SettlementMode, Shortfall};
pub use ticks::{ClockState, Phase, TickClock};
pub use transfer::{
    Admission, QueueEntry, Step, Transfer, TransferEvent, TransferRow, TransferSlot, TransferState,
};
