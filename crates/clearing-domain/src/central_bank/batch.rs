//! The central bank's ledger as it is driven: time passes, and batches are sealed and taken away.

use crate::Ledger;
use crate::money::{Timestamp, Total};

use super::changes::{CentralBankChanges, CentralBankEffects};
use super::ledger::CentralBankLedger;
use super::links::Outgoing;

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
