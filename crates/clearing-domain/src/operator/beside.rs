//! What an operator's file keeps beside its rows, as the seals cover it.

use std::collections::BTreeSet;

use crate::link::RosterEntry;
use crate::seal::{Beside, Canonical, Invariant, SetDigest, check_beside};
use crate::slots::Slot;

use super::accounts::{Account, OperatorAccounts};
use super::ledger::OperatorLedger;
use super::link::LinkState;
use super::lockstep::TickState;
use super::slot::WalletSlot;
use super::wallet::{Holder, HolderName};

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

impl OperatorLedger {
    /// Takes the digest of the file's own texts. When the last batch sealed others, the next one,
    /// which is then due at once, seals these.
    pub fn cover_file(&mut self, file: [u8; 32]) {
        self.file = file;
        if self.chain.beside != Some(self.beside()) {
            self.changes.state = true;
        }
    }

    /// Checks what is kept beside the rows against what the last batch sealed.
    pub fn check_beside(&self) -> Invariant {
        check_beside(self.chain, self.beside())
    }

    /// The digest of all that the file holds besides rows after the present batch.
    pub(super) fn beside(&self) -> [u8; 32] {
        let mut beside = Beside::new(self.chain.batch, &self.file);
        beside.part(&self.accounts).part(&self.link).part(&self.tick).part(&self.holders);
        self.roster.iter().for_each(|entry| {
            beside.part(entry);
        });
        beside.digest()
    }

    /// Takes a wallet into the digest of holders.
    pub(super) fn cover_holder(&mut self, slot: WalletSlot) {
        if !self.hasher.is_off() {
            let element = self.holder_element(slot);
            self.holders.insert(&element);
        }
    }

    /// Takes a wallet whose holder is about to change out of the digest of holders.
    pub(super) fn uncover_holder(&mut self, slot: WalletSlot) {
        if !self.hasher.is_off() {
            let element = self.holder_element(slot);
            self.holders.remove(&element);
        }
    }

    fn holder_element(&self, slot: WalletSlot) -> Vec<u8> {
        let wallet = &self.wallets[slot];
        let mut element = Vec::with_capacity(64);
        element.extend(slot.number().to_le_bytes());
        element.extend(wallet.number.as_u64().to_le_bytes());
        wallet.holder.write_canonical(&mut element);
        element
    }
}

impl Canonical for Holder {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.evidence());
        bytes.push(u8::from(self.phone_hash.is_some()));
        bytes.extend(self.phone_hash.unwrap_or_default());
        bytes.push(u8::from(self.name.is_some()));
        bytes.extend(self.name.as_ref().map_or("", HolderName::as_str).as_bytes());
    }
}

impl Canonical for OperatorAccounts {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        for account in Account::FIXED {
            bytes.extend(self.balance(account).fen().to_le_bytes());
        }
        for (cycle, position) in self.positions() {
            bytes.extend(cycle.number().to_le_bytes());
            bytes.extend(position.fen().to_le_bytes());
        }
        bytes.push(0xff);
    }
}

impl Canonical for LinkState {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.incarnation.to_le_bytes());
        bytes.extend(self.advice.to_le_bytes());
        bytes.extend(self.central_bank_batch.to_le_bytes());
        bytes.extend(self.central_bank_head);
        self.queued.digest.write_canonical(bytes);
        // The file keeps these by their ids, whatever order they came in.
        let held: BTreeSet<_> = self
            .withdrawing
            .iter()
            .map(|(operation, amount)| (operation.0, amount.fen()))
            .collect();
        bytes.extend((held.len() as u64).to_le_bytes());
        for (operation, amount) in held {
            bytes.extend(operation);
            bytes.extend(amount.to_le_bytes());
        }
        let declined: BTreeSet<_> = self.declined.iter().map(|operation| operation.0).collect();
        bytes.extend((declined.len() as u64).to_le_bytes());
        declined.iter().for_each(|operation| bytes.extend(operation));
    }
}

impl Canonical for TickState {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        let Self { tick, next_index, complete, tick_ended } = self;
        bytes.extend(tick.to_le_bytes());
        bytes.extend(next_index.to_le_bytes());
        bytes.push(u8::from(*complete));
        bytes.extend(tick_ended.to_le_bytes());
    }
}

impl Canonical for RosterEntry {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.prefix.get().to_le_bytes());
        self.code.write_canonical(bytes);
    }
}
