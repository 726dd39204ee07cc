//! All discounts that campaigns were asked for, found by payment and by row.

use std::ops::Index;

use crate::money::{Amount, PaymentId, Total};
use crate::slots::{SlotIndex, Slots};

use super::funding::{Funding, FundingState};
use super::rows::OutcomeRow;
use super::slot::FundingSlot;

/// The discounts in the order they were decided.
#[derive(Debug, Default)]
pub struct Fundings {
    list: Slots<FundingSlot, Funding>,
    index: SlotIndex<FundingSlot>,
}

impl Fundings {
    /// All of them.
    pub fn list(&self) -> &Slots<FundingSlot, Funding> {
        &self.list
    }

    /// The slot of the discount of a payment.
    pub fn find(&self, id: PaymentId) -> Option<FundingSlot> {
        self.index.find(&id, |slot| self.list[slot].as_row().id == id)
    }

    /// The slot of the discount with a row.
    pub fn of_row(&self, row: u64) -> Option<FundingSlot> {
        self.list.binary_search_by_key(&row, |funding| funding.as_row().row).ok()
    }

    /// Adds one that was decided.
    pub fn push(&mut self, funding: Funding) -> FundingSlot {
        let slot = self.list.next_slot();
        self.index.insert(&funding.as_row().id, slot);
        self.list.push(funding)
    }

    /// Ends one that is held.
    pub fn end(&mut self, slot: FundingSlot, outcome: &OutcomeRow) {
        self.list[slot].end(outcome);
    }

    /// The sum of what is held.
    pub fn held(&self) -> Total {
        let held = self.list.iter().filter(|funding| funding.state == FundingState::Funded);
        held.map(Funding::discount).map(|amount: Amount| Total::from(amount)).sum()
    }
}

impl Index<FundingSlot> for Fundings {
    type Output = Funding;

    fn index(&self, slot: FundingSlot) -> &Funding {
        &self.list[slot]
    }
}
