//! Aliases: other names of wallets, one wallet each, system-wide.

use crate::HashKey;
use crate::money::WalletNumber;
use crate::seal::Canonical;

use super::error::CentralBankError;
use super::ledger::CentralBankLedger;

/// The hash of an alias: the central bank keeps no phone numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasHash(pub [u8; 16]);

/// An alias linked to a wallet, or unlinked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasRow {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The alias.
    pub alias: AliasHash,
    /// The wallet it names from now on; `None` unlinks it.
    pub wallet: Option<WalletNumber>,
    /// What lists show of it; `None` of unlinked ones, and of those linked before lists were kept.
    pub shown: Option<Box<str>>,
}

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

impl AliasHash {
    /// The hash of an alias under a key.
    pub fn of(key: &HashKey, alias: &str) -> Self {
        Self(key.hash(alias))
    }

    /// What an alias names: it was linked under the key, or before there were keys.
    pub fn find<T>(
        key: &HashKey,
        alias: &str,
        named: impl Fn(&Self) -> Option<T>,
    ) -> Option<(Self, T)> {
        let find = |hash: Self| named(&hash).map(|found| (hash, found));
        find(Self::of(key, alias)).or_else(|| find(Self::of(&HashKey::default(), alias)))
    }
}

impl AliasRow {
    /// Whether the row was made with a key or before there were keys, as far as what is shown of it
    /// tells.
    fn fits(&self, key: &HashKey) -> bool {
        let whole = self.shown.as_deref().filter(|shown| !shown.contains('*'));
        whole.is_none_or(|alias| {
            [*key, HashKey::default()].iter().any(|key| AliasHash::of(key, alias) == self.alias)
        })
    }
}

impl Canonical for AliasRow {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(6);
        bytes.extend(self.row.to_le_bytes());
        bytes.extend(self.alias.0);
        bytes.extend(self.wallet.map_or(0, WalletNumber::as_u64).to_le_bytes());
        // A row without it has the bytes of rows written before; no row begins with this byte.
        if let Some(shown) = &self.shown {
            bytes.push(0xa2);
            bytes.extend((shown.len() as u64).to_le_bytes());
            bytes.extend(shown.as_bytes());
        }
    }
}

impl CentralBankLedger {
    /// From now on aliases are hashed with a key. Those that were linked without one keep their
    /// hashes and are found.
    pub fn key_aliases(&mut self, key: HashKey) {
        self.alias_key = key;
    }

    /// Whether every alias was linked under this key or before there were keys, as far as can be
    /// told.
    pub fn is_alias_key(&self, key: &HashKey) -> bool {
        self.alias_rows.iter().all(|row| row.fits(key))
    }

    /// Links an alias to a wallet. Linking it again to another wallet needs `replace`.
    pub fn link_alias(
        &mut self,
        alias: &str,
        wallet: WalletNumber,
        replace: bool,
    ) -> Result<(), CentralBankError> {
        let operator = self.operator_of(wallet).ok_or(CentralBankError::PrefixUnknown(wallet))?;
        if !self.accounts[usize::from(operator)].active {
            return Err(CentralBankError::OperatorInactive(
                self.accounts[usize::from(operator)].code,
            ));
        }
        let hash = match self.find_alias(alias) {
            Some((_, named)) if named == wallet => return Ok(()),
            Some(_) if !replace => return Err(CentralBankError::AliasTaken(alias.to_owned())),
            // It keeps the hash it was linked under, so that there is only one.
            Some((hash, _)) => hash,
            None => AliasHash::of(&self.alias_key, alias),
        };
        self.append_alias(hash, Some(wallet), Some(shown(alias)));
        Ok(())
    }

    /// Unlinks an alias from a wallet; an alias that names no wallet stays so.
    pub fn unlink_alias(
        &mut self,
        alias: &str,
        wallet: WalletNumber,
    ) -> Result<(), CentralBankError> {
        match self.find_alias(alias) {
            None => Ok(()),
            Some((_, named)) if named != wallet => {
                Err(CentralBankError::AliasTaken(alias.to_owned()))
            }
            Some((hash, _)) => {
                self.append_alias(hash, None, None);
                Ok(())
            }
        }
    }

    /// Unlinks every alias of a wallet, which was closed. A repeat changes nothing.
    pub fn give_up_aliases(&mut self, wallet: WalletNumber) {
        for row in self.wallet_aliases.get(&wallet).cloned().unwrap_or_default() {
            self.append_alias(self.alias_rows[row as usize].alias, None, None);
        }
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
        let rows = self.wallet_aliases.get(&wallet).map(Vec::as_slice).unwrap_or_default();
        let start = rows.partition_point(|row| *row < place);
        rows[start..].iter().map(|row| (*row, &self.alias_rows[*row as usize]))
    }

    /// The wallet an alias names.
    pub fn look_up(&self, alias: &str) -> Option<WalletNumber> {
        self.find_alias(alias).map(|(_, wallet)| wallet)
    }

    fn find_alias(&self, alias: &str) -> Option<(AliasHash, WalletNumber)> {
        AliasHash::find(&self.alias_key, alias, |hash| self.aliases.get(hash).copied())
    }

    fn append_alias(
        &mut self,
        alias: AliasHash,
        wallet: Option<WalletNumber>,
        shown: Option<Box<str>>,
    ) {
        let row = AliasRow { row: self.next_row(), alias, wallet, shown };
        self.apply_alias(&row);
        self.changes.aliases.push(row);
    }

    pub(super) fn apply_alias(&mut self, row: &AliasRow) {
        let named = match row.wallet {
            Some(wallet) => self.aliases.insert(row.alias, wallet),
            None => self.aliases.remove(&row.alias),
        };
        if let Some(named) = named
            && let Some(rows) = self.wallet_aliases.get_mut(&named)
        {
            rows.retain(|linked| self.alias_rows[*linked as usize].alias != row.alias);
            if rows.is_empty() {
                self.wallet_aliases.remove(&named);
            }
        }
        if let Some(wallet) = row.wallet {
            let place = super::ledger::next_slot(&self.alias_rows);
            self.wallet_aliases.entry(wallet).or_default().push(place);
        }
        self.alias_rows.push(row.clone());
        self.effects.aliases.push((row.alias, row.wallet));
    }
}
