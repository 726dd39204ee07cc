//! Aliases: other names of wallets, one wallet each, system-wide.

use crate::money::WalletNumber;
use crate::seal::Canonical;

use super::error::CentralBankError;
use super::ledger::CentralBankLedger;

/// BLAKE3 of an alias, cut to 16 bytes: the central bank keeps no phone numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasHash(pub [u8; 16]);

/// An alias linked to a wallet, or unlinked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AliasRow {
    /// The number of the row in the ledger.
    pub row: u64,
    /// The alias.
    pub alias: AliasHash,
    /// The wallet it names from now on; `None` unlinks it.
    pub wallet: Option<WalletNumber>,
}

impl AliasHash {
    /// The hash of an alias.
    pub fn of(alias: &str) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&blake3::hash(alias.as_bytes()).as_bytes()[..16]);
        Self(bytes)
    }
}

impl Canonical for AliasRow {
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.push(6);
        bytes.extend(self.row.to_le_bytes());
        bytes.extend(self.alias.0);
        bytes.extend(self.wallet.map_or(0, WalletNumber::as_u64).to_le_bytes());
    }
}

impl CentralBankLedger {
    /// Links an alias to a wallet. Linking it again to another wallet needs `replace`.
    pub fn link_alias(&mut self, alias: &str, wallet: WalletNumber, replace: bool) -> Result<(), CentralBankError> {
        let operator = self.operator_of(wallet).ok_or(CentralBankError::PrefixUnknown(wallet))?;
        if !self.accounts[usize::from(operator)].active {
            return Err(CentralBankError::OperatorInactive(self.accounts[usize::from(operator)].code));
        }
        let hash = AliasHash::of(alias);
        match self.aliases.get(&hash) {
            Some(named) if *named == wallet => return Ok(()),
            Some(_) if !replace => return Err(CentralBankError::AliasTaken(alias.to_owned())),
            Some(_) | None => {}
        }
        self.append_alias(hash, Some(wallet));
        Ok(())
    }

    /// Unlinks an alias from a wallet; an alias that names no wallet stays so.
    pub fn unlink_alias(&mut self, alias: &str, wallet: WalletNumber) -> Result<(), CentralBankError> {
        let hash = AliasHash::of(alias);
        match self.aliases.get(&hash) {
            None => Ok(()),
            Some(named) if *named != wallet => Err(CentralBankError::AliasTaken(alias.to_owned())),
            Some(_) => {
                self.append_alias(hash, None);
                Ok(())
            }
        }
    }

    /// The wallet an alias names.
    pub fn look_up(&self, alias: &str) -> Option<WalletNumber> {
        self.aliases.get(&AliasHash::of(alias)).copied()
    }

    fn append_alias(&mut self, alias: AliasHash, wallet: Option<WalletNumber>) {
        let row = AliasRow { row: self.next_row(), alias, wallet };
        self.apply_alias(&row);
        self.changes.aliases.push(row);
    }

    pub(super) fn apply_alias(&mut self, row: &AliasRow) {
        match row.wallet {
            Some(wallet) => self.aliases.insert(row.alias, wallet),
            None => self.aliases.remove(&row.alias),
        };
        self.alias_rows.push(*row);
        self.effects.aliases.push((row.alias, row.wallet));
    }
}
