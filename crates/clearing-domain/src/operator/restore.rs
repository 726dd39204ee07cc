//! A ledger from its file: every row is checked and applied again, in the order it was appended.

use crate::link::RosterEntry;
use crate::money::{Position, WalletKind};
use crate::seal::Chain;
use crate::slots::Slot;

use super::accounts::Account;
use super::check::RestoreError;
use super::holders::Holders;
use super::link::LinkState;
use super::rows::OperatorRows;
use super::slot::WalletSlot;
use super::state::PaymentState;
use super::tick::TickState;
use super::wallet::WalletStatus;
use super::wallets::HolderError;
use super::{OperatorLedger, OperatorSettings};

/// What a ledger file holds.
#[derive(Clone, Debug, Default)]
pub struct LoadedOperator {
    /// The rows.
    pub rows: OperatorRows,
    /// The holders of wallets in the order these were opened.
    pub holders: Holders,
    /// The stored balances of the accounts.
    pub accounts: Vec<(Account, Position)>,
    /// The link.
    pub link: LinkState,
    /// The ticks.
    pub tick: TickState,
    /// The operators known.
    pub roster: Vec<RosterEntry>,
    /// The hash chain.
    pub chain: Chain,
    /// The digest of the file's own texts.
    pub file: [u8; 32],
}

impl OperatorLedger {
    /// Builds the ledger again from what its file holds.
    pub fn restore(
        settings: OperatorSettings,
        loaded: LoadedOperator,
    ) -> Result<Self, RestoreError> {
        let mut ledger = Self::empty(settings);
        ledger.reserve(&loaded.rows);
        // Who has said something of a merchant must be its operator.
        ledger.roster = loaded.roster;
        for row in loaded.rows.in_order() {
            ledger.check_order(row.number())?;
            let known = ledger.check(&row)?;
            ledger.apply(row, known);
        }
        ledger.check_order(loaded.chain.row + 1)?;
        ledger.restore_holders(loaded.holders)?;
        for (account, balance) in loaded.accounts {
            ledger.accounts.load(account, balance);
        }
        ledger.link = loaded.link;
        ledger.restore_queued()?;
        ledger.tick = loaded.tick;
        ledger.chain = loaded.chain;
        ledger.file = loaded.file;
        Ok(ledger)
    }

    /// Whether this is the number of the next row.
    fn check_order(&self, found: u64) -> Result<(), RestoreError> {
        let previous = self.chain.row;
        if found == previous + 1 { Ok(()) } else { Err(RestoreError::Order { previous, found }) }
    }

    /// Spares the indexes growing on the way.
    fn reserve(&mut self, rows: &OperatorRows) {
        let named = rows.events.iter().filter(|event| event.request_id.is_some()).count();
        self.payments.reserve(rows.payments.len());
        self.inbound.reserve(rows.inbound.len());
        self.requests.reserve(rows.payments.len() + named);
    }

    /// Gives every wallet its holder; both lists are in the order of opening.
    fn restore_holders(&mut self, holders: Holders) -> Result<(), RestoreError> {
        self.wallets.load_holders(holders).map_err(|error| match error {
            HolderError::Missing(slot) => {
                let wallet = &self.wallets[slot];
                let row = self.events[wallet.opened].row;
                RestoreError::WalletUnknown { row, wallet: wallet.number }
            }
            HolderError::NeverOpened(wallet) => RestoreError::NeverOpened(wallet),
        })?;
        for place in 0..self.wallets.list().len() {
            let slot = WalletSlot::from_place(place);
            let wallet = &self.wallets[slot];
            let counts = wallet.kind() == WalletKind::Personal
                && wallet.status != WalletStatus::Closed
                && self.families.sub_wallet(slot).is_none();
            if let Some(identity) = wallet.holder.identity_hash.filter(|_| counts) {
                self.note_person(identity, slot);
            }
        }
        Ok(())
    }

    /// Marks the payments that waited for cover when the last batch was written.
    fn restore_queued(&mut self) -> Result<(), RestoreError> {
        for row in self.link.queued.iter() {
            let slot = self.payments.of_row(row);
            let in_transit = |slot: &_| self.payments[*slot].state == PaymentState::InTransit;
            let slot = slot.filter(in_transit).ok_or(RestoreError::Queued(row))?;
            self.payments.wait(slot);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
