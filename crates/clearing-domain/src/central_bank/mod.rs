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
mod bounds;
mod caps;
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
mod end_of_day;
mod error;
mod funding;
mod guarantees;
mod hours;
#[cfg(test)]
mod largest;
mod leg_slot;
mod legs;
mod lending;
mod limits;
mod link;
mod link_alias;
mod links;
mod lockstep;
mod merchants;
mod mode;
mod modes;
mod notify;
mod operate;
mod operation;
#[cfg(test)]
mod properties;
mod queue;
mod recount;
mod register_merchant;
mod release;
mod remit;
mod reservations;
mod restore;
mod rows;
mod settings;
mod settle;
mod settlement_mode;
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
pub use hours::SettlementHours;
pub use leg_slot::LegSlot;
pub use legs::Leg;
pub use lending::Lending;
pub use limits::{BilateralLimit, Limits};
pub use links::{Links, OperatorLink, Outgoing};
pub use merchants::{MerchantRow, Merchants};
pub use modes::Modes;
pub use operation::{Action, Operation, Operations};
pub use queue::{Queue, Waiting};
pub use remit::WaitingRemittance;
pub use reservations::{Reservations, Reserved};
pub use restore::LoadedCentralBank;
pub use rows::{CentralBankRow, CentralBankRows};
pub use settings::{CentralBankSettings, OperatorOpening, Overdrafts};
pub use settlement_mode::{EndOfDay, Manner, ModeChange, QueueRule, SettlementMode, Shortfall};
pub use tick::{ClockState, Collected, Completion, Phase, TickClock};
pub use ticks::Ticks;
pub use transfer::{
    Admission, QueueEntry, Step, Transfer, TransferEvent, TransferRow, TransferSlot, TransferState,
};
pub use transfers::Transfers;

use crate::money::{OperatorCode, OperatorNumber, Timestamp};
use crate::seal::{BatchHasher, Chain};

/// The central bank's ledger. The steps in this folder see its fields, and nobody else does.
#[derive(Debug)]
pub struct CentralBankLedger {
    settings: CentralBankSettings,
    accounts: Accounts,
    transfers: Transfers,
    operations: Operations,
    advices: Advices,
    queue: Queue,
    cycles: Cycles,
    modes: Modes,
    limits: Limits,
    reservations: Reservations,
    directory: Directory,
    merchants: Merchants,
    links: Links,
    ticks: Ticks,
    /// The business time under the wall clock: the latest that the clock has shown.
    time: Timestamp,
    chain: Chain,
    /// The digest of the file's own texts, which the seals cover.
    file: [u8; 32],
    /// The clock as it was last stored.
    stored_clock: ClockState,
    changes: CentralBankChanges,
    effects: CentralBankEffects,
    hasher: BatchHasher,
}

impl CentralBankLedger {
    /// A ledger without a row.
    fn empty(settings: CentralBankSettings) -> Self {
        let operators = settings.operators.len();
        Self {
            accounts: Accounts::new(&settings),
            transfers: Transfers::new(operators, settings.lockstep.is_none()),
            operations: Operations::new(operators),
            advices: Advices::new(operators),
            queue: Queue::default(),
            cycles: Cycles::new(operators),
            modes: Modes::new(&settings),
            limits: Limits::new(operators),
            reservations: Reservations::new(operators),
            directory: Directory::default(),
            merchants: Merchants::default(),
            links: Links::new(operators),
            ticks: Ticks::new(operators),
            settings,
            time: Timestamp::ZERO,
            chain: Chain::default(),
            file: [0; 32],
            stored_clock: ClockState::default(),
            changes: CentralBankChanges::default(),
            effects: CentralBankEffects::default(),
            hasher: BatchHasher::default(),
        }
    }

    /// The end of the present tick under lockstep, the given clock otherwise; never earlier than
    /// before.
    pub fn business_time(&self, now: Timestamp) -> Timestamp {
        self.settings
            .lockstep
            .map_or_else(|| self.time.max(now), |lockstep| lockstep.end_of(self.ticks.tick()))
    }

    /// The number of an operator in the roster.
    pub fn operator_number(&self, code: OperatorCode) -> Result<OperatorNumber, CentralBankError> {
        self.accounts.find(code).ok_or(CentralBankError::OperatorUnknown(code))
    }

    /// Marks an operator's accounts to be stored.
    fn touch(&mut self, operator: OperatorNumber) {
        self.changes.accounts.insert(operator);
    }

    /// Notes what people who watch the central bank see.
    fn note(&mut self, kind: EventKind, text: String) {
        self.effects.events.push(LedgerEvent { kind, text });
    }
}
