//! Aliases as they are recorded: other names of wallets, one wallet each, system-wide.

use crate::HashKey;
use crate::money::WalletNumber;
use crate::row::{Column, Kind, Malformed, Value, row};

/// The hash of an alias: the central bank keeps no phone numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasHash(pub [u8; 16]);

row! {
    /// An alias linked to a wallet, or unlinked.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct AliasRow in "aliases", kind 6 {
        /// The number of the row in the ledger.
        pub row: u64,
        /// The alias.
        pub alias: AliasHash,
        /// The wallet it names from now on; `None` unlinks it.
        pub wallet: Option<WalletNumber>,
        /// What lists show of it; `None` of unlinked ones.
        pub shown: Option<Box<str>>,
    }
}

impl Column for AliasHash {
    const KIND: Kind = Kind::Blob;

    fn value(&self) -> Value<'_> {
        Value::Blob(&self.0)
    }

    fn from_value(value: Value<'_>) -> Result<Self, Malformed> {
        match value {
            Value::Blob(bytes) => {
                bytes.try_into().map(Self).map_err(|_| crate::row::unexpected(value))
            }
            Value::Null | Value::Integer(_) | Value::Text(_) => Err(crate::row::unexpected(value)),
        }
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
    /// lets one know.
    pub fn fits(&self, key: &HashKey) -> bool {
        let whole = self.shown.as_deref().filter(|shown| !shown.contains('*'));
        whole.is_none_or(|alias| {
            [*key, HashKey::default()].iter().any(|key| AliasHash::of(key, alias) == self.alias)
        })
    }
}
