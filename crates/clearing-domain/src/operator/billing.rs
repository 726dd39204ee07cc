//! Billing: wallets publish bills and take them back.

use crate::Reason;
use crate::details::{BillReference, Purpose};
use crate::money::{Amount, Power, Timestamp, WalletNumber};

use super::OperatorLedger;
use super::apply::Known;
use super::bills::{Bill, BillState};
use super::error::OperatorError;
use super::exchange::check_power;
use super::rows::{BillRow, CancelledBillRow};
use super::slot::BillSlot;

/// A bill to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillOrder {
    /// The wallet that is to be paid.
    pub biller: WalletNumber,
    /// The biller's name for it.
    pub reference: BillReference,
    /// The exact sum.
    pub amount: Amount,
    /// The last moment at which a payment of it may be submitted.
    pub due_at: Timestamp,
    /// What the payment is for.
    pub purpose: Option<Purpose>,
    /// What is billed.
    pub subject: Option<Box<str>>,
    /// What the payer gets for the payment, and not before it.
    pub release: Option<Box<str>>,
}

impl BillOrder {
    fn is_of(&self, row: &BillRow) -> bool {
        let Self { biller, reference, amount, due_at, purpose, subject, release } = self;
        (biller, reference, amount, due_at)
            == (&row.biller, &row.reference, &row.amount, &row.due_at)
            && (purpose, subject, release) == (&row.purpose, &row.subject, &row.release)
    }
}

impl OperatorLedger {
    /// The bills of this operator's wallets.
    pub fn bill(&self, slot: BillSlot) -> &Bill {
        &self.bills[slot]
    }

    /// The bill of a biller with a reference.
    pub fn find_bill(
        &self,
        biller: WalletNumber,
        reference: &BillReference,
    ) -> Result<BillSlot, OperatorError> {
        let unknown =
            || OperatorError::Bill { reference: reference.clone(), reason: Reason::BillUnknown };
        self.bills.find(biller, reference).ok_or_else(unknown)
    }

    /// The bills of a biller in the order they were published.
    pub fn bills_of(&self, biller: WalletNumber) -> Result<&[BillSlot], OperatorError> {
        self.wallets.slot_of(biller).ok_or(OperatorError::WalletUnknown(biller))?;
        Ok(self.bills.of_biller(biller))
    }

    /// Publishes a bill. A repeat finds it; another bill under its reference is refused.
    pub fn publish_bill(
        &mut self,
        order: BillOrder,
        now: Timestamp,
    ) -> Result<BillSlot, OperatorError> {
        if let Some(slot) = self.bills.find(order.biller, &order.reference) {
            let same = order.is_of(&self.bills[slot].row);
            return if same { Ok(slot) } else { Err(of_bill(order.reference, Reason::BillTaken)) };
        }
        self.check_open(order.biller)?;
        let amount = order.amount.single()?;
        check_power(order.biller, Power::PublishBills)?;
        if order.due_at < now {
            return Err(of_bill(order.reference, Reason::BillOverdue));
        }
        let BillOrder { biller, reference, amount: _, due_at, purpose, subject, release } = order;
        let slot = self.bills.list().next_slot();
        let row = BillRow {
            row: 0,
            biller,
            reference,
            amount,
            due_at,
            purpose,
            subject,
            release,
            at: now,
        };
        self.append(row, Known::Nothing);
        Ok(slot)
    }

    /// Takes back a bill that is not paid. A repeat changes nothing.
    pub fn cancel_bill(
        &mut self,
        biller: WalletNumber,
        reference: BillReference,
        now: Timestamp,
    ) -> Result<BillSlot, OperatorError> {
        let slot = self.find_bill(biller, &reference)?;
        match self.bills[slot].state {
            BillState::Cancelled => {}
            BillState::Open => {
                let row = CancelledBillRow { row: 0, biller, reference, at: now };
                self.append(row, Known::Nothing);
            }
            BillState::Reserved(_) | BillState::Paid(_) | BillState::Refunded(_) => {
                return Err(of_bill(reference, Reason::BillPaid));
            }
        }
        Ok(slot)
    }
}

fn of_bill(reference: BillReference, reason: Reason) -> OperatorError {
    OperatorError::Bill { reference, reason }
}

#[cfg(test)]
mod tests;
