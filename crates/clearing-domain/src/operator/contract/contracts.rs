//! The contracts of this operator's payers, and what is locked for them.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::money::{Amount, ContractId, PaymentId, Timestamp, WalletNumber};
use crate::slots::Slots;

use super::super::slot::{ContractSlot, WalletSlot};
use super::rows::{ContractStepRow, ReleaseRow, SuspensionRow};
use super::state::{Contract, ContractState};
use super::suspensions::Suspensions;
use super::totals::MerchantTotals;

/// The contracts of one payer.
#[derive(Debug, Default)]
pub(super) struct OfPayer {
    pub(super) all: Vec<ContractSlot>,
    pub(super) locked: Amount,
    /// How many are not over.
    pub(super) live: usize,
}

/// All contracts in the order they were created.
#[derive(Debug, Default)]
pub struct Contracts {
    pub(super) list: Slots<ContractSlot, Contract>,
    pub(super) ids: FxHashMap<ContractId, ContractSlot>,
    pub(super) of_payers: FxHashMap<WalletSlot, OfPayer>,
    pub(super) of_merchants: BTreeMap<WalletNumber, Vec<ContractSlot>>,
    /// The releases on their way.
    pub(super) in_flight: FxHashMap<PaymentId, (ContractSlot, u32)>,
    /// The lessons that were asked for, by the last moment to dispute them.
    pub(super) requests: BTreeSet<(Timestamp, ContractSlot, u32)>,
    /// The contracts that are not over, by their last moment.
    pub(super) ends: BTreeSet<(Timestamp, ContractSlot)>,
    /// These by their merchants, for when one is suspended.
    pub(super) asked: BTreeSet<(WalletNumber, ContractSlot, u32)>,
    /// What the contracts with each merchant come to, whoever has suspended it.
    pub(super) totals: BTreeMap<WalletNumber, MerchantTotals>,
    pub(super) suspended: Suspensions,
    pub(super) steps: Vec<ContractStepRow>,
    pub(super) releases: Vec<ReleaseRow>,
    pub(super) suspensions: Vec<SuspensionRow>,
}

impl Contracts {
    /// All of them.
    pub fn list(&self) -> &Slots<ContractSlot, Contract> {
        &self.list
    }

    /// The contract of an id.
    pub fn find(&self, contract: ContractId) -> Option<&Contract> {
        self.slot_of(contract).map(|slot| &self.list[slot])
    }

    pub(super) fn slot_of(&self, contract: ContractId) -> Option<ContractSlot> {
        self.ids.get(&contract).copied()
    }

    /// The contracts of a payer in the order they were created.
    pub fn of_payer(&self, payer: WalletSlot) -> impl Iterator<Item = &Contract> {
        let slots = self.of_payers.get(&payer).map_or(&[][..], |found| &found.all);
        slots.iter().map(|slot| &self.list[*slot])
    }

    /// How many contracts of a payer are not over.
    pub(super) fn live_of(&self, payer: WalletSlot) -> usize {
        self.of_payers.get(&payer).map_or(0, |found| found.live)
    }

    /// The contracts with a merchant in the order they were created.
    pub fn of_merchant(&self, merchant: WalletNumber) -> impl Iterator<Item = &Contract> {
        let slots = self.of_merchants.get(&merchant).map_or(&[][..], Vec::as_slice);
        slots.iter().map(|slot| &self.list[*slot])
    }

    /// The merchants with contracts, ascending.
    pub fn merchants(&self) -> impl Iterator<Item = WalletNumber> + '_ {
        self.of_merchants.keys().copied()
    }

    /// What is locked in a wallet.
    pub fn locked_in(&self, wallet: WalletSlot) -> Amount {
        // Nearly always there are none at all, and no wallet is looked up.
        if self.of_payers.is_empty() {
            return Amount::ZERO;
        }
        self.of_payers.get(&wallet).map_or(Amount::ZERO, |found| found.locked)
    }

    /// Where a contract stands.
    pub fn state_of(&self, contract: &Contract) -> ContractState {
        let state = contract.state_alone();
        let is_suspended = state.goes_on() && self.is_suspended(contract.row.terms.merchant);
        if is_suspended { ContractState::Suspended } else { state }
    }

    /// The rows of steps, in order.
    pub fn steps(&self) -> &[ContractStepRow] {
        &self.steps
    }

    /// The rows of releases, in order.
    pub fn releases(&self) -> &[ReleaseRow] {
        &self.releases
    }

    /// The rows of suspensions, in order.
    pub fn suspensions(&self) -> &[SuspensionRow] {
        &self.suspensions
    }

    /// The contract and the lesson that a payment on its way releases.
    pub(in super::super) fn released_by(&self, payment: PaymentId) -> Option<(&Contract, u32)> {
        if self.in_flight.is_empty() {
            return None;
        }
        self.in_flight.get(&payment).map(|(slot, lesson)| (&self.list[*slot], *lesson))
    }

    /// The lessons asked for of which the time to dispute them is over.
    pub(super) fn requests_due(&self, now: Timestamp) -> impl Iterator<Item = (ContractId, u32)> {
        let due = self.requests.iter().take_while(move |(last, ..)| *last < now);
        due.map(|(_, slot, lesson)| (self.list[*slot].row.contract, *lesson))
    }

    /// The contracts that are not over and of which the time is.
    pub(super) fn ends_due(&self, now: Timestamp) -> impl Iterator<Item = ContractId> {
        let due = self.ends.iter().take_while(move |(last, _)| *last < now);
        due.map(|(_, slot)| self.list[*slot].row.contract)
    }
}

#[cfg(test)]
impl Contracts {
    /// Keeps another sum for a merchant than its contracts come to.
    pub(super) fn forge_totals(&mut self, merchant: WalletNumber, amount: Amount) {
        if let Some(totals) = self.totals.get_mut(&merchant) {
            totals.released += amount;
        }
    }

    /// Keeps another sum for a contract than its rows say.
    pub(super) fn forge_lock(&mut self, contract: ContractId, locked: Amount) {
        if let Some(slot) = self.slot_of(contract) {
            self.list[slot].locked = locked;
        }
    }
}
