//! What an operator's file keeps beside its rows, as the seals cover it.

use crate::ledger::SealedLedger;
use crate::link::RosterEntry;
use crate::seal::{Beside, Canonical, Chain, Invariant, check_beside};

use super::accounts::{Account, OperatorAccounts};
use super::changes::OperatorChanges;
use super::ledger::OperatorLedger;
use super::tick::TickState;
use super::wallet::{Holder, HolderName};

impl SealedLedger for OperatorLedger {
    fn chain_of(changes: &OperatorChanges) -> Chain {
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

impl OperatorLedger {
    /// The digest of all that the file holds besides rows after the present batch.
    pub(super) fn beside(&self) -> [u8; 32] {
        let mut beside = Beside::new(self.chain.batch, &self.file);
        beside.part(&self.accounts).part(&self.link).part(&self.tick).part(self.wallets.holders());
        self.roster.iter().for_each(|entry| {
            beside.part(entry);
        });
        beside.digest()
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
