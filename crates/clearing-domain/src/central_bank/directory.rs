//! The directory of aliases: which wallet each names, and which name a wallet.

use rustc_hash::FxHashMap;

use crate::HashKey;
use crate::money::WalletNumber;

use super::alias::{AliasHash, AliasRow};

/// The aliases of all wallets.
#[derive(Debug, Default)]
pub struct Directory {
    /// What aliases are hashed with from now on.
    key: HashKey,
    /// Every link and unlink, in order.
    rows: Vec<AliasRow>,
    wallets: FxHashMap<AliasHash, WalletNumber>,
    /// The places of the rows that linked the aliases of a wallet.
    of_wallet: FxHashMap<WalletNumber, Vec<u32>>,
}

impl Directory {
    /// From now on aliases are hashed with a key. Those that were linked without one keep their
    /// hashes and are found.
    pub fn set_key(&mut self, key: HashKey) {
        self.key = key;
    }

    /// Whether every alias was linked under a key or before there were keys, as far as can be
    /// known.
    pub fn is_under(&self, key: &HashKey) -> bool {
        self.rows.iter().all(|row| row.fits(key))
    }

    /// The hash of an alias that is not linked yet.
    pub fn hash(&self, alias: &str) -> AliasHash {
        AliasHash::of(&self.key, alias)
    }

    /// What an alias names, and the hash that it was linked under.
    pub fn find(&self, alias: &str) -> Option<(AliasHash, WalletNumber)> {
        AliasHash::find(&self.key, alias, |hash| self.wallets.get(hash).copied())
    }

    /// The rows that linked the aliases of a wallet, from a place on, with the place of each: it
    /// stays when others go.
    pub fn of_wallet(
        &self,
        wallet: WalletNumber,
        place: u32,
    ) -> impl Iterator<Item = (u32, &AliasRow)> {
        let rows = self.of_wallet.get(&wallet).map(Vec::as_slice).unwrap_or_default();
        let start = rows.partition_point(|row| *row < place);
        rows[start..].iter().map(|row| (*row, &self.rows[*row as usize]))
    }

    /// Which wallet each alias names.
    pub fn wallets(&self) -> &FxHashMap<AliasHash, WalletNumber> {
        &self.wallets
    }

    /// Every link and unlink, in order.
    pub fn rows(&self) -> &[AliasRow] {
        &self.rows
    }

    /// Records a link or an unlink.
    pub fn record(&mut self, row: &AliasRow) {
        // An alias names one wallet, so the one that it named before gives it up.
        let named = match row.wallet {
            Some(wallet) => self.wallets.insert(row.alias, wallet),
            None => self.wallets.remove(&row.alias),
        };
        if let Some(named) = named {
            self.forget(named, row.alias);
        }
        if let Some(wallet) = row.wallet {
            let place = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
            self.of_wallet.entry(wallet).or_default().push(place);
        }
        self.rows.push(row.clone());
    }

    fn forget(&mut self, wallet: WalletNumber, alias: AliasHash) {
        if let Some(rows) = self.of_wallet.get_mut(&wallet) {
            rows.retain(|linked| self.rows[*linked as usize].alias != alias);
            if rows.is_empty() {
                self.of_wallet.remove(&wallet);
            }
        }
    }
}

#[cfg(test)]
impl Directory {
    /// The rows, to be changed behind the back of the ledger.
    pub(super) fn rows_mut(&mut self) -> &mut Vec<AliasRow> {
        &mut self.rows
    }
}
