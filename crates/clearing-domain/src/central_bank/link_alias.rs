//! Link: an alias names a wallet from now on, or no longer.

use rustc_hash::FxHashMap;

use crate::HashKey;
use crate::money::{OperatorNumber, Power, WalletNumber};

use super::CentralBankLedger;
use super::alias::{AliasHash, AliasRow};
use super::apply::Known;
use super::error::CentralBankError;

/// What lists show of an alias: of a phone number the last two digits.
fn shown(alias: &str) -> Box<str> {
    match alias.strip_prefix("phone:") {
        Some(digits) => {
            let hidden = digits.len().saturating_sub(2);
            format!("phone:{}{}", "*".repeat(hidden), digits.get(hidden..).unwrap_or_default())
                .into()
        }
        None => alias.into(),
    }
}

impl CentralBankLedger {
    /// From now on aliases are hashed with a key. Those that were linked without one keep their
    /// hashes and are found.
    pub fn key_aliases(&mut self, key: HashKey) {
        self.directory.set_key(key);
    }

    /// Whether every alias was linked under this key or before there were keys, as far as can be
    /// known.
    pub fn is_alias_key(&self, key: &HashKey) -> bool {
        self.directory.is_under(key)
    }

    /// Links an alias to a wallet. Linking it again to another wallet needs `replace`. A merchant
    /// code, an M with digits, names only a wallet that may charge by code.
    pub fn link_alias(
        &mut self,
        alias: &str,
        wallet: WalletNumber,
        replace: bool,
    ) -> Result<(), CentralBankError> {
        if alias.starts_with('M') && !wallet.kind().may(Power::ChargeByCode) {
            return Err(CentralBankError::NotCharging(wallet));
        }
        self.active_operator_of(wallet)?;
        let hash = match self.directory.find(alias) {
            Some((_, named)) if named == wallet => return Ok(()),
            Some(_) if !replace => return Err(CentralBankError::AliasTaken(alias.to_owned())),
            // It keeps the hash it was linked under, so that there is only one.
            Some((hash, _)) => hash,
            None => self.directory.hash(alias),
        };
        self.append_alias(hash, Some((wallet, shown(alias))));
        Ok(())
    }

    /// The operator of a wallet, if it takes part.
    pub(super) fn active_operator_of(
        &self,
        wallet: WalletNumber,
    ) -> Result<OperatorNumber, CentralBankError> {
        let operator =
            self.accounts.of_wallet(wallet).ok_or(CentralBankError::PrefixUnknown(wallet))?;
        let account = &self.accounts[operator];
        if account.active {
            Ok(operator)
        } else {
            Err(CentralBankError::OperatorInactive(account.code))
        }
    }

    /// Unlinks an alias from a wallet; an alias that names no wallet stays so.
    pub fn unlink_alias(
        &mut self,
        alias: &str,
        wallet: WalletNumber,
    ) -> Result<(), CentralBankError> {
        match self.directory.find(alias) {
            None => Ok(()),
            Some((_, named)) if named != wallet => {
                Err(CentralBankError::AliasTaken(alias.to_owned()))
            }
            Some((hash, _)) => {
                self.append_alias(hash, None);
                Ok(())
            }
        }
    }

    /// Unlinks every alias of a wallet, which was closed. A repeat changes nothing.
    pub fn give_up_aliases(&mut self, wallet: WalletNumber) {
        let linked: Vec<_> = self.aliases_of(wallet).map(|row| row.alias).collect();
        for alias in linked {
            self.append_alias(alias, None);
        }
    }

    fn append_alias(&mut self, alias: AliasHash, link: Option<(WalletNumber, Box<str>)>) {
        let (wallet, shown) = link.unzip();
        self.append(AliasRow { row: 0, alias, wallet, shown }, Known::Nothing);
        self.effects.aliases.push((alias, wallet));
    }

    /// The aliases that name a wallet, in the order they were linked.
    pub fn aliases_of(&self, wallet: WalletNumber) -> impl Iterator<Item = &AliasRow> {
        self.aliases_from(wallet, 0).map(|(_, row)| row)
    }

    /// As [`Self::aliases_of`], from a place on, with the place of each: it stays when others go.
    pub fn aliases_from(
        &self,
        wallet: WalletNumber,
        place: u32,
    ) -> impl Iterator<Item = (u32, &AliasRow)> {
        self.directory.of_wallet(wallet, place)
    }

    /// The wallet an alias names.
    pub fn look_up(&self, alias: &str) -> Option<WalletNumber> {
        self.directory.find(alias).map(|(_, wallet)| wallet)
    }

    /// The aliases and the wallets they name.
    pub fn aliases(&self) -> &FxHashMap<AliasHash, WalletNumber> {
        self.directory.wallets()
    }

    /// Every link and unlink of an alias, in order.
    pub fn alias_rows(&self) -> &[AliasRow] {
        self.directory.rows()
    }
}
