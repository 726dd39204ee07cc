//! What the contracts with a merchant come to, as its supervisor sees it.

use std::collections::BTreeMap;

use crate::money::{Total, WalletNumber};

use super::contracts::Contracts;
use super::state::ContractState;

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

impl Contracts {
    /// What the contracts of this operator's payers with a merchant come to.
    pub fn totals_of(&self, merchant: WalletNumber) -> MerchantTotals {
        let mut totals = MerchantTotals::default();
        for contract in self.of_merchant(merchant) {
            *totals.contracts.entry(self.state_of(contract)).or_default() += 1;
            totals.locked += contract.locked;
            totals.released += contract.released;
            totals.refunded += contract.refunded;
        }
        totals
    }
}
