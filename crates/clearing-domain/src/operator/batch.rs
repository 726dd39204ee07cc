//! The operator's ledger as it is driven: time passes, and batches are sealed and taken away.

use crate::Ledger;
use crate::money::Timestamp;

use super::changes::{OperatorChanges, OperatorEffects};
use super::ledger::OperatorLedger;

impl Ledger for OperatorLedger {
    type Changes = OperatorChanges;
    type Effects = OperatorEffects;

    fn advance_clock(&mut self, clock: Timestamp) -> Timestamp {
        self.shown = Some(clock);
        // A clock that is set back opens no day again, on which limits would count anew.
        self.pass(clock);
        self.business_time(clock)
    }

    fn take_batch(&mut self) -> (OperatorChanges, OperatorEffects) {
        let mut changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            self.seal();
        }
        changes.chain = self.chain;
        assert!(
            self.accounts.imbalance().is_zero(),
            "accounts do not balance: {:?}",
            self.accounts
        );
        (changes, self.take_effects())
    }

    fn is_unchanged(changes: &OperatorChanges) -> bool {
        changes.is_empty()
    }

    fn needs_sync(effects: &OperatorEffects) -> bool {
        !effects.messages.is_empty()
    }

    fn send_witness(&mut self) {
        self.session.tell_place(self.chain.row);
    }
}

impl OperatorLedger {
    fn seal(&mut self) {
        self.chain.batch += 1;
        if self.hasher.is_off() {
            return;
        }
        let beside = self.beside();
        self.chain.hash = self.hasher.seal(&self.chain.hash, self.chain.batch, Some(&beside));
        self.chain.beside = Some(beside);
    }

    /// Every message says how far the ledger is once this batch is written.
    fn take_effects(&mut self) -> OperatorEffects {
        let mut effects = std::mem::take(&mut self.effects);
        let tick_done = if self.session.completes_tick() { self.tick_done() } else { None };
        let (incarnation, advice) = (self.link.incarnation, self.link.advice);
        effects.messages = self.session.take_messages(tick_done, incarnation, advice, &self.chain);
        effects
    }
}
