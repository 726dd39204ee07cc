//! What the central bank's file keeps beside its rows, as the seals cover it.

use crate::ledger::SealedLedger;
use crate::money::{Amount, Timestamp};
use crate::seal::{Beside, Canonical, Chain, Invariant, check_beside};

use super::account::AccountRow;
use super::changes::CentralBankChanges;
use super::guarantees::Guarantees;
use super::ledger::CentralBankLedger;
use super::tick::ClockState;

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
    /// The digest of all that the file holds besides rows after the present batch.
    pub(super) fn beside(&self) -> [u8; 32] {
        let mut beside = Beside::new(self.chain.batch, &self.file);
        beside.part(&self.stored_clock);
        for operator in self.accounts.list().numbers() {
            beside.part(&self.account_row(operator));
        }
        beside.digest()
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
