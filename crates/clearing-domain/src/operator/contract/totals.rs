//! What the contracts with a merchant come to, as its supervisor sees it.

use std::collections::BTreeMap;

use crate::money::{Total, WalletNumber};

use super::super::slot::ContractSlot;
use super::contracts::Contracts;
use super::state::{Contract, ContractState};

/// What the contracts with one merchant come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MerchantTotals {
    /// How many contracts there are in each state.
    pub contracts: BTreeMap<ContractState, u64>,
    /// What is locked for them.
    pub locked: Total,
    /// What the merchant has of them for good.
    pub released: Total,
    /// What the payers have back of them.
    pub refunded: Total,
}

impl MerchantTotals {
    /// Adds the totals of other contracts.
    pub fn add(&mut self, other: &Self) {
        for (state, count) in &other.contracts {
            let sum = self.contracts.entry(*state).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.locked += other.locked;
        self.released += other.released;
        self.refunded += other.refunded;
    }
}

impl MerchantTotals {
    /// Counts a contract as it stands.
    fn count(&mut self, contract: &Contract) {
        *self.contracts.entry(contract.state_alone()).or_default() += 1;
        self.locked += contract.locked;
        self.released += contract.released;
        self.refunded += contract.refunded;
    }

    /// Counts it no longer.
    fn uncount(&mut self, contract: &Contract) {
        let state = contract.state_alone();
        if let Some(count) = self.contracts.get_mut(&state) {
            *count -= 1;
            if *count == 0 {
                self.contracts.remove(&state);
            }
        }
        self.locked -= contract.locked;
        self.released -= contract.released;
        self.refunded -= contract.refunded;
    }
}

impl Contracts {
    /// What the contracts of this operator's payers with a merchant come to.
    pub fn totals_of(&self, merchant: WalletNumber) -> MerchantTotals {
        let mut totals = self.totals.get(&merchant).cloned().unwrap_or_default();
        if self.is_suspended(merchant) {
            let mut suspended = 0;
            totals.contracts.retain(|state, count| {
                suspended += if state.goes_on() { *count } else { 0 };
                !state.goes_on()
            });
            if suspended > 0 {
                totals.contracts.insert(ContractState::Suspended, suspended);
            }
        }
        totals
    }

    pub(super) fn count(&mut self, slot: ContractSlot) {
        let contract = &self.list[slot];
        self.totals.entry(contract.row.terms.merchant).or_default().count(contract);
    }

    /// Before a contract changes; it is counted again when it has.
    pub(super) fn uncount(&mut self, slot: ContractSlot) {
        let contract = &self.list[slot];
        if let Some(totals) = self.totals.get_mut(&contract.row.terms.merchant) {
            totals.uncount(contract);
        }
    }
}
