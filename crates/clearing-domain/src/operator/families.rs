//! Which wallets are sub-wallets of which, and what their parents allow them. Few wallets are, so
//! this stands beside the wallets and not in them.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::Reason;
use crate::money::{Amount, WalletNumber};

use super::facts::SubWalletUse;
use super::rows::{PayeeRow, SubWalletRow};
use super::slot::WalletSlot;

/// The most payees that one sub-wallet may be restricted to.
pub const ALLOWED_PAYEES_MAX: usize = 1_000;

/// The most sub-wallets that a wallet has in its life, campaigns among them: an upgrade passes to all
/// of them at once, and each has limits of its own.
pub const SUB_WALLETS_MAX: usize = 1_000;

/// What a parent allows a sub-wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubWallet {
    /// The wallet that it belongs to.
    pub parent: WalletSlot,
    /// What it is for.
    pub used_for: SubWalletUse,
    /// The most of one payment, beside what its class allows.
    pub single: Option<Amount>,
    /// The most paid out on one natural day, beside what its class allows.
    pub daily: Option<Amount>,
    /// The wallets that it may pay; `None` is any.
    pub payees: Option<BTreeSet<WalletNumber>>,
    /// The merchant's platform that it is pushed to.
    pub platform: Option<Box<str>>,
}

impl SubWallet {
    /// Whether it may pay a wallet.
    fn check_pays(&self, payee: WalletNumber) -> Result<(), Reason> {
        match (self.used_for, &self.payees) {
            (SubWalletUse::Campaign, _) => Err(Reason::CampaignWallet),
            (SubWalletUse::Card, _) => Err(Reason::HardWallet),
            (SubWalletUse::Ordinary, Some(payees)) if !payees.contains(&payee) => {
                Err(Reason::PayeeNotAllowed)
            }
            (SubWalletUse::Ordinary, _) => Ok(()),
        }
    }
}

/// All sub-wallets with their parents.
#[derive(Debug, Default)]
pub struct Families {
    sub_wallets: FxHashMap<WalletSlot, SubWallet>,
    /// The sub-wallets of a parent in the order they were opened.
    of_parent: FxHashMap<WalletSlot, Vec<WalletSlot>>,
    // The rows as they were appended, for the audit.
    opened: Vec<SubWalletRow>,
    payees: Vec<PayeeRow>,
}

impl Families {
    /// What is known of a wallet if it is a sub-wallet.
    pub fn sub_wallet(&self, slot: WalletSlot) -> Option<&SubWallet> {
        self.sub_wallets.get(&slot)
    }

    /// Whether there are no sub-wallets.
    pub fn is_empty(&self) -> bool {
        self.sub_wallets.is_empty()
    }

    /// The sub-wallets of a wallet in the order they were opened.
    pub fn sub_wallets_of(&self, parent: WalletSlot) -> &[WalletSlot] {
        self.of_parent.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// Whether a wallet may pay another, as far as its parent has a say.
    pub fn check_pays(&self, payer: WalletSlot, payee: WalletNumber) -> Result<(), Reason> {
        self.sub_wallet(payer).map_or(Ok(()), |sub_wallet| sub_wallet.check_pays(payee))
    }

    /// A wallet became a sub-wallet.
    pub fn open(&mut self, wallet: WalletSlot, parent: WalletSlot, row: SubWalletRow) {
        let sub_wallet = SubWallet {
            parent,
            used_for: row.used_for,
            single: row.single,
            daily: row.daily,
            payees: row.restricted.then(BTreeSet::new),
            platform: row.platform.clone(),
        };
        self.sub_wallets.insert(wallet, sub_wallet);
        self.of_parent.entry(parent).or_default().push(wallet);
        self.opened.push(row);
    }

    /// A payee came onto the list of a restricted sub-wallet, or left it.
    pub fn set_payee(&mut self, wallet: WalletSlot, row: PayeeRow) {
        let sub_wallet = self.sub_wallets.get_mut(&wallet);
        if let Some(payees) = sub_wallet.and_then(|sub_wallet| sub_wallet.payees.as_mut()) {
            if row.allowed {
                payees.insert(row.payee);
            } else {
                payees.remove(&row.payee);
            }
        }
        self.payees.push(row);
    }

    /// A sub-wallet was closed: it pays nobody any more.
    pub fn forget_payees(&mut self, wallet: WalletSlot) {
        let sub_wallet = self.sub_wallets.get_mut(&wallet);
        if let Some(payees) = sub_wallet.and_then(|sub_wallet| sub_wallet.payees.as_mut()) {
            payees.clear();
        }
    }

    /// The rows of all openings, in order.
    pub fn opened(&self) -> &[SubWalletRow] {
        &self.opened
    }

    /// The rows of all payees that were allowed or no longer are, in order.
    pub fn payees(&self) -> &[PayeeRow] {
        &self.payees
    }
}
