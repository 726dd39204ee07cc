//! The bills that wallets of this operator have published, and which payment has paid each.

use std::collections::BTreeMap;
use std::ops::Index;

use crate::Reason;
use crate::details::BillReference;
use crate::money::{Amount, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber};
use crate::slots::{SlotIndex, Slots};

use super::rows::{BillRow, CancelledBillRow};
use super::slot::BillSlot;

/// Where a bill stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BillState {
    /// It can be paid.
    Open,
    /// A payment of it waits for cover; no other is accepted meanwhile.
    Reserved(PaymentId),
    /// It is paid.
    Paid(PaymentId),
    /// It was paid, and all of that was given back.
    Refunded(PaymentId),
    /// The biller has taken it back before it was paid.
    Cancelled,
}

/// A published bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// What was published.
    pub row: BillRow,
    /// Where it stands.
    pub state: BillState,
}

/// The bills in the order they were published.
#[derive(Debug, Default)]
pub struct Bills {
    list: Slots<BillSlot, Bill>,
    index: SlotIndex<BillSlot>,
    of_billers: BTreeMap<WalletNumber, Vec<BillSlot>>,
    cancelled: Vec<CancelledBillRow>,
}

impl Bill {
    /// Whether a payment may pay it. A bill is paid once and in one sum.
    fn check(&self, amount: Amount, submitted_at: Timestamp) -> Result<(), Reason> {
        match self.state {
            BillState::Open => {}
            BillState::Reserved(_) | BillState::Paid(_) | BillState::Refunded(_) => {
                return Err(Reason::BillPaid);
            }
            BillState::Cancelled => return Err(Reason::BillCancelled),
        }
        if amount != self.row.amount {
            return Err(Reason::BillAmount);
        }
        if submitted_at > self.row.due_at { Err(Reason::BillOverdue) } else { Ok(()) }
    }
}

impl Bills {
    /// All of them.
    pub fn list(&self) -> &Slots<BillSlot, Bill> {
        &self.list
    }

    /// The rows by which bills were taken back, in order.
    pub fn cancellations(&self) -> &[CancelledBillRow] {
        &self.cancelled
    }

    /// The bills of a biller in the order they were published.
    pub fn of_biller(&self, biller: WalletNumber) -> &[BillSlot] {
        self.of_billers.get(&biller).map_or(&[], Vec::as_slice)
    }

    /// The slot of a biller's bill with a reference.
    pub fn find(&self, biller: WalletNumber, reference: &BillReference) -> Option<BillSlot> {
        self.index.find(&key(biller, reference), |slot| {
            let row = &self.list[slot].row;
            row.biller == biller && row.reference == *reference
        })
    }

    /// Whether a payment to a biller may pay a bill. Overdue is what is submitted after the due
    /// time, by the payer's clock: how long it was under way is not the payer's fault.
    pub fn check(
        &self,
        biller: WalletNumber,
        reference: &BillReference,
        amount: Amount,
        submitted_at: Timestamp,
    ) -> Result<(), Reason> {
        let slot = self.find(biller, reference).ok_or(Reason::BillUnknown)?;
        self.list[slot].check(amount, submitted_at)
    }

    /// Takes in a bill.
    pub fn publish(&mut self, row: BillRow) {
        let slot = self.list.next_slot();
        self.index.insert(&key(row.biller, &row.reference), slot);
        self.of_billers.entry(row.biller).or_default().push(slot);
        self.list.push(Bill { row, state: BillState::Open });
    }

    /// Takes a bill back.
    pub fn cancel(&mut self, row: CancelledBillRow) {
        if let Some(slot) = self.find(row.biller, &row.reference) {
            self.list[slot].state = BillState::Cancelled;
        }
        self.cancelled.push(row);
    }

    /// Moves a bill on with a payment of it.
    pub fn set(&mut self, biller: WalletNumber, reference: &BillReference, state: BillState) {
        if let Some(slot) = self.find(biller, reference) {
            self.list[slot].state = state;
        }
    }
}

/// Clients choose references, and could choose them to meet in one place of the index; nobody
/// chooses a hash.
fn key(biller: WalletNumber, reference: &BillReference) -> RequestKey {
    RequestKey::new(biller, &RequestId::Text(reference.as_str().into()))
}

impl Index<BillSlot> for Bills {
    type Output = Bill;

    fn index(&self, slot: BillSlot) -> &Bill {
        &self.list[slot]
    }
}
