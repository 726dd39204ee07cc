//! The central bank's ledger as it is driven: time passes, and batches are sealed and taken away.
//! A seal covers the rows of its batch and what the file keeps beside the rows.

use crate::Ledger;
use crate::ledger::SealedLedger;
use crate::money::{Amount, Timestamp, Total};
use crate::seal::{Beside, Canonical, Chain, Invariant, check_beside};

use super::CentralBankLedger;
use super::account::AccountRow;
use super::changes::{CentralBankChanges, CentralBankEffects};
use super::guarantees::Guarantees;
use super::links::Outgoing;
use super::tick::ClockState;

impl Ledger for CentralBankLedger {
    type Changes = CentralBankChanges;
    type Effects = CentralBankEffects;

    fn advance_clock(&mut self, clock: Timestamp) -> Timestamp {
        self.catch_up(clock)
    }

    fn take_batch(&mut self) -> (CentralBankChanges, CentralBankEffects) {
        let mut changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            self.seal(&mut changes);
        }
        changes.chain = self.chain;
        self.effects.accounts.extend(&changes.accounts);
        // Before anything leaves: what is wrong must reach neither the file nor an operator.
        self.assert_balanced();
        // Messages are numbered after the seal: each carries the head of the chain with this batch.
        for number in self.accounts.list().numbers() {
            let messages = self.links[number].take_messages(&self.chain);
            self.effects.messages.extend(messages.into_iter().map(|message| (number, message)));
        }
        (changes, std::mem::take(&mut self.effects))
    }

    fn is_unchanged(changes: &CentralBankChanges) -> bool {
        changes.is_empty()
    }

    fn needs_sync(effects: &CentralBankEffects) -> bool {
        !effects.messages.is_empty()
    }

    fn send_witness(&mut self) {
        self.links.send_to_all(&Outgoing::Head(self.chain.row));
    }
}

impl SealedLedger for CentralBankLedger {
    fn chain_of(changes: &CentralBankChanges) -> Chain {
        changes.chain
    }

    fn cover_file(&mut self, file: [u8; 32]) {
        self.file = file;
        if self.chain.beside != Some(self.beside()) {
            self.changes.state = true;
        }
    }

    fn check_beside(&self) -> Invariant {
        check_beside(self.chain, self.beside())
    }
}

impl CentralBankLedger {
    fn seal(&mut self, changes: &mut CentralBankChanges) {
        self.chain.batch += 1;
        if self.hasher.is_off() {
            return;
        }
        let clock = self.clock_state();
        // Stored with the batch that moved it, because the seal covers what the file then holds.
        if clock != self.stored_clock {
            changes.state = true;
            self.stored_clock = clock;
        }
        self.chain.beside = Some(self.beside());
        self.chain.hash =
            self.hasher.seal(&self.chain.hash, self.chain.batch, self.chain.beside.as_ref());
    }

    /// The digest of all that the file holds besides rows after the present batch.
    fn beside(&self) -> [u8; 32] {
        let mut beside = Beside::new(self.chain.batch, &self.file);
        beside.part(&self.stored_clock);
        for operator in self.accounts.list().numbers() {
            beside.part(&self.account_row(operator));
        }
        beside.digest()
    }

    /// Clearing neither creates nor destroys money.
    fn assert_balanced(&self) {
        let accounts = self.accounts.list().iter();
        let unsettled: Total = accounts.clone().map(|account| account.unsettled).sum();
        assert!(unsettled.is_zero(), "positions sum to {unsettled}");
        let held: Total = accounts.map(|account| account.held).sum();
        let (issued, withdrawn) = self.accounts.circulation();
        let circulating = Total::from(issued) - withdrawn;
        assert!(held == circulating, "{held} yuan are held but {circulating} are in circulation");
    }
}

impl Canonical for AccountRow {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        // Taken apart whole, so that a new column cannot be forgotten.
        let Self {
            code,
            active,
            cap,
            guarantees,
            reserves,
            held,
            withdrawing,
            unsettled,
            outstanding,
            peak_net_debit,
            incarnation,
            batch_seen,
            head_seen,
        } = self;
        let Guarantees { earmarked, collateral } = guarantees;
        code.write_canonical(bytes);
        bytes.push(u8::from(*active));
        // No amount is negative, and no time that a ledger writes is the lowest: neither is taken
        // for a value that is missing.
        bytes.extend(cap.map_or(-1, Amount::fen).to_le_bytes());
        for amount in [earmarked, collateral, withdrawing, outstanding, peak_net_debit] {
            bytes.extend(amount.fen().to_le_bytes());
        }
        for sum in [reserves, held, unsettled] {
            bytes.extend(sum.fen().to_le_bytes());
        }
        bytes.extend(incarnation.to_le_bytes());
        bytes.extend(batch_seen.to_le_bytes());
        bytes.extend(head_seen);
    }
}

impl Canonical for ClockState {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        let Self { opened_at, tick, phase } = self;
        bytes.extend(opened_at.map_or(i64::MIN, Timestamp::ms).to_le_bytes());
        bytes.extend(tick.to_le_bytes());
        bytes.push(*phase as u8);
    }
}
