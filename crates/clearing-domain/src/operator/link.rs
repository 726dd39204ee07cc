//! What the operator keeps of its link to the central bank.

use std::collections::BTreeSet;

use crate::link::{Head, OperationId};
use crate::money::Amount;
use crate::seal::{Canonical, SetDigest};

/// How far the link has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkPhase {
    /// There is no link; what has to be said is said again after the next registration.
    #[default]
    Down,
    /// The registration is sent, the roster not yet received.
    Registering,
    /// Messages flow.
    Up,
}

/// What the file of the operator keeps of its link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkState {
    /// Counts the registrations of this ledger.
    pub incarnation: u64,
    /// The number of the last advice applied.
    pub advice: u64,
    /// The highest batch of the central bank heard of.
    pub central_bank_batch: u64,
    /// The head of the central bank's hash chain at that batch.
    pub central_bank_head: Head,
    /// Withdrawals for which stock is set aside.
    pub withdrawing: Vec<(OperationId, Amount)>,
    /// Withdrawals declined for lack of stock. The central bank hears of them at every
    /// registration, and knows a repeat.
    pub declined: Vec<OperationId>,
    /// What was swept for the treasury and is not reported paid yet. The central bank hears of it
    /// at every registration, and knows a repeat.
    pub remitting: Vec<(OperationId, Amount)>,
    /// The rows of payments that wait for cover at the central bank.
    pub queued: QueuedRows,
}

/// The rows of payments that wait for cover, with their digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueuedRows {
    rows: BTreeSet<u64>,
    digest: SetDigest,
}

impl QueuedRows {
    /// The rows in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.rows.iter().copied()
    }

    /// Takes in the row of a payment that came to wait.
    pub fn insert(&mut self, row: u64) {
        if self.rows.insert(row) {
            self.digest.insert(&row.to_le_bytes());
        }
    }

    /// Takes out the row of a payment that no longer waits.
    pub fn remove(&mut self, row: u64) {
        if self.rows.remove(&row) {
            self.digest.remove(&row.to_le_bytes());
        }
    }
}

impl FromIterator<u64> for QueuedRows {
    fn from_iter<T: IntoIterator<Item = u64>>(rows: T) -> Self {
        let mut queued = Self::default();
        rows.into_iter().for_each(|row| queued.insert(row));
        queued
    }
}

/// The file keeps operations by their ids, whatever order they came in.
fn write_amounts(operations: &[(OperationId, Amount)], bytes: &mut Vec<u8>) {
    let amounts = operations.iter().map(|(operation, amount)| (operation.0, amount.fen()));
    let amounts: BTreeSet<_> = amounts.collect();
    bytes.extend((amounts.len() as u64).to_le_bytes());
    for (operation, amount) in amounts {
        bytes.extend(operation);
        bytes.extend(amount.to_le_bytes());
    }
}

impl Canonical for LinkState {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.incarnation.to_le_bytes());
        bytes.extend(self.advice.to_le_bytes());
        bytes.extend(self.central_bank_batch.to_le_bytes());
        bytes.extend(self.central_bank_head);
        self.queued.digest.write_canonical(bytes);
        write_amounts(&self.withdrawing, bytes);
        let declined: BTreeSet<_> = self.declined.iter().map(|operation| operation.0).collect();
        bytes.extend((declined.len() as u64).to_le_bytes());
        declined.iter().for_each(|operation| bytes.extend(operation));
        write_amounts(&self.remitting, bytes);
    }
}
