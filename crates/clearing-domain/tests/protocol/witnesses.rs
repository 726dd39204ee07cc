//! What each side tells of its own ledger, and how the other compares it.

use clearing_domain::Ledger as _;
use clearing_domain::link::{CentralBankMessage, Head, Witness};
use clearing_domain::seal::BatchSeal;

use crate::world::{Plant, World};

impl World {
    /// An operator compares what it is said to have told of its own ledger with its file, as its
    /// process does before it goes on.
    pub(crate) fn compare_witness(&mut self, number: usize, message: &CentralBankMessage) {
        let told = message.witness.filter(|told| *told != Witness::default());
        let found = |told: &Witness| head_at(&self.operators[number].disk.seals(), told.batch);
        if let Some(told) =
            told.filter(|told| !found(told).is_some_and(|head| told.agrees_with(&head)))
        {
            self.alarms.push(format!(
                "operator {number} has another head at batch {} than it told",
                told.batch
            ));
        }
    }

    /// A second passes in which nothing else left: each side tells how far its ledger is.
    pub(crate) fn tell_witnesses(&mut self) {
        self.bank.ledger.send_witness();
        self.commit_bank();
        for number in 0..self.operators.len() {
            self.operators[number].ledger.send_witness();
            self.commit_operator(number, false);
            // What was told too early does harm only when it is lost before anything else is
            // synced.
            if self.plant == Plant::EarlyWitness && self.rng.chance(30) {
                self.crash_operator(number);
            }
        }
    }
}

/// The head of a chain at a batch; `None` where the file has no such batch.
pub(crate) fn head_at(seals: &[BatchSeal], batch: u64) -> Option<Head> {
    seals.iter().rev().find(|seal| seal.batch == batch).map(|seal| seal.hash)
}
