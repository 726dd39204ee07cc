//! The bank accounts that wallets are linked to, through which they exchange.

use rustc_hash::FxHashMap;

use crate::Reason;
use crate::money::{Power, Timestamp, WalletNumber};

use super::OperatorLedger;
use super::bank_account::{BankAccount, UsedAccount};
use super::error::OperatorError;
use super::exchange::check_power;
use super::facts::WalletChange;
use super::slot::WalletSlot;
use super::wallet::WalletStatus;

/// The most bank accounts of one wallet.
pub const BANK_ACCOUNTS_MAX: usize = 10;

/// The accounts of those wallets that have linked or unlinked one since they were opened. Those of
/// all others are in the events of their opening, and take no memory here.
#[derive(Debug, Default)]
pub struct BankAccounts(FxHashMap<WalletSlot, Vec<BankAccount>>);

impl BankAccounts {
    /// The accounts of a wallet in the order they were linked; the first may be that of its
    /// opening.
    fn of(&self, wallet: WalletSlot, first: Option<BankAccount>) -> Vec<BankAccount> {
        self.0.get(&wallet).cloned().unwrap_or_else(|| first.into_iter().collect())
    }

    /// Whether a wallet had accounts and has none any more.
    pub(super) fn all_unlinked(&self, wallet: WalletSlot) -> bool {
        self.0.get(&wallet).is_some_and(Vec::is_empty)
    }

    /// A wallet was closed, which has no accounts.
    pub(super) fn forget(&mut self, wallet: WalletSlot) {
        self.0.remove(&wallet);
    }

    /// Sets the accounts of a wallet.
    fn set(&mut self, wallet: WalletSlot, accounts: Vec<BankAccount>) {
        self.0.insert(wallet, accounts);
    }
}

impl OperatorLedger {
    /// The bank accounts of a wallet in the order they were linked.
    pub fn bank_accounts_of(&self, wallet: WalletNumber) -> Vec<BankAccount> {
        self.wallets.slot_of(wallet).map_or_else(Vec::new, |slot| self.linked(slot))
    }

    pub(super) fn linked(&self, wallet: WalletSlot) -> Vec<BankAccount> {
        if self.wallets[wallet].status == WalletStatus::Closed {
            return Vec::new();
        }
        let opened = self.events[self.wallets[wallet].opened].change;
        self.bank_accounts.of(wallet, opened.opening_account())
    }

    /// Links a bank account to a wallet. A repeat changes nothing.
    pub fn link_bank_account(
        &mut self,
        wallet: WalletNumber,
        account: BankAccount,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let slot = self.known_alone(wallet)?;
        check_power(wallet, Power::Exchange)?;
        let linked = self.linked(slot);
        if linked.contains(&account) {
            return Ok(());
        }
        if linked.len() >= BANK_ACCOUNTS_MAX {
            return Err(OperatorError::TooManyBankAccounts(wallet));
        }
        self.append_event(wallet, WalletChange::BankAccountLinked { account }, None, now);
        Ok(())
    }

    /// Unlinks a bank account from a wallet, and answers whether it was linked. The last one that
    /// its class needs stays.
    pub fn unlink_bank_account(
        &mut self,
        wallet: WalletNumber,
        account: BankAccount,
        now: Timestamp,
    ) -> Result<bool, OperatorError> {
        let slot = self.known(wallet)?;
        let linked = self.linked(slot).contains(&account);
        if linked {
            self.check_keeps_account(slot)?;
            self.append_event(wallet, WalletChange::BankAccountUnlinked { account }, None, now);
        }
        Ok(linked)
    }

    /// Whether a wallet may do without one of the accounts that it has.
    pub(super) fn check_keeps_account(&self, slot: WalletSlot) -> Result<(), OperatorError> {
        let wallet = &self.wallets[slot];
        let needed = wallet.class.needs_bank_account(wallet.kind()) && self.linked(slot).len() <= 1;
        if needed {
            let (wallet, class) = (wallet.number, wallet.class.get());
            return Err(OperatorError::LastBankAccount { wallet, class });
        }
        Ok(())
    }

    /// A bank account was linked to a wallet.
    pub(super) fn apply_link(&mut self, wallet: WalletSlot, account: BankAccount) {
        let mut accounts = self.linked(wallet);
        accounts.push(account);
        self.bank_accounts.set(wallet, accounts);
    }

    /// A bank account of a wallet was unlinked.
    pub(super) fn apply_unlink(&mut self, wallet: WalletSlot, account: BankAccount) {
        let mut accounts = self.linked(wallet);
        accounts.retain(|linked| *linked != account);
        self.bank_accounts.set(wallet, accounts);
    }

    /// The account that an exchange goes through: the one that is named, else the only one that is
    /// linked. With none linked an exchange is made over the counter.
    pub(super) fn account_of_exchange(
        &self,
        wallet: WalletSlot,
        named: Option<BankAccount>,
    ) -> Result<Option<UsedAccount>, OperatorError> {
        let linked = self.linked(wallet);
        let refuse =
            |reason| OperatorError::BankAccount { wallet: self.wallets[wallet].number, reason };
        match (named, linked.as_slice()) {
            (Some(named), linked) if linked.contains(&named) => Ok(Some(named.used(true))),
            (Some(_), _) => Err(refuse(Reason::BankAccountNotLinked)),
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some(only.used(false))),
            (None, [_, _, ..]) => Err(refuse(Reason::BankAccountNeeded)),
        }
    }
}

#[cfg(test)]
mod tests;
