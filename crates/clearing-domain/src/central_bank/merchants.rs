//! The traits of merchants, as their operators register them.

use rustc_hash::FxHashMap;

use crate::merchant::{MerchantCategory, MerchantTraits};
use crate::money::WalletNumber;
use crate::region::Region;
use crate::row::row;

row! {
    /// The traits of a merchant from here on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct MerchantRow in "merchants", kind 8 {
        /// The number of the row in the ledger.
        pub row: u64,
        /// The wallet of the merchant.
        pub wallet: WalletNumber,
        /// What it sells.
        pub category: MerchantCategory,
        /// Where; `None` of one that sells everywhere.
        pub region: Option<Region>,
    }
}

impl MerchantRow {
    fn traits(&self) -> MerchantTraits {
        MerchantTraits { category: self.category, region: self.region }
    }
}

/// The traits of all merchants that have any.
#[derive(Debug, Default)]
pub struct Merchants {
    traits: FxHashMap<WalletNumber, MerchantTraits>,
    /// Every change of them, in order.
    rows: Vec<MerchantRow>,
}

impl Merchants {
    /// The traits of a merchant.
    pub fn of(&self, wallet: WalletNumber) -> Option<MerchantTraits> {
        self.traits.get(&wallet).copied()
    }

    /// Every change, in order.
    pub fn rows(&self) -> &[MerchantRow] {
        &self.rows
    }

    /// Records the traits of a merchant.
    pub fn record(&mut self, row: &MerchantRow) {
        self.traits.insert(row.wallet, row.traits());
        self.rows.push(*row);
    }
}
