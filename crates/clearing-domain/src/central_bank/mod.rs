//! The central bank's ledger: admits, delivers, clears and settles what operators owe each other.
//!
//! Every fact is an appended row (transfers and their events, operations, advices, cycles,
//! aliases); accounts and positions follow from the rows.

mod account;
mod accounts;
mod admit;
mod advice;
mod alias;
mod apply;
mod audit;
mod batch;
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
mod notify;
mod operate;
mod operation;
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
#[cfg(test)]
mod test_ledger;
mod tick;
mod ticks;
mod transfer;
mod transfers;
#[cfg(test)]
mod traps;
mod view;

pub use account::{AccountRow, OperatorAccount};
pub use accounts::Accounts;
pub use advice::{AdviceRow, Advices};
pub use alias::{AliasHash, AliasRow};
pub use bounds::Sent;
pub use changes::{CentralBankChanges, CentralBankEffects, EventKind, LedgerEvent};
pub use check::RestoreError;
pub use claims::{Claim, Claims, CycleDefault};
pub use credit::Overdraft;
pub use cycle::{Cycle, CyclePosition, CycleRow, CycleState, OpenCycle, PositionRow};
pub use cycles::{Cycles, LeftOver};
pub use directory::Directory;
pub use error::CentralBankError;
pub use guarantees::Guarantees;
pub use ledger::CentralBankLedger;
pub use lending::Lending;
pub use limits::{BilateralLimit, Limits};
pub use links::{Links, OperatorLink, Outgoing};
pub use modes::Modes;
pub use operation::{Action, Operation, Operations};
pub use queue::{Queue, Waiting};
pub use restore::LoadedCentralBank;
pub use rows::{CentralBankRow, CentralBankRows};
pub use settings::{CentralBankSettings, OperatorOpening, Overdrafts};
pub use settlement_mode::{Manner, ModeChange, QueueRule, SettlementMode, Shortfall};
pub use tick::{ClockState, Collected, Completion, Phase, TickClock};
pub use ticks::Ticks;
pub use transfer::{
    Admission, QueueEntry, Step, Transfer, TransferEvent, TransferRow, TransferSlot, TransferState,
};
pub use transfers::Transfers;
