//! Where wallets live.

use std::collections::BTreeMap;

use clearing_domain::money::{Prefix, WalletNumber};
use clearing_domain::region::Region;

use super::draws::Draws;
use crate::experiment::Home;

/// The regions that the drawn wallets of a run live in; those with names live nowhere.
#[derive(Clone, Debug, Default)]
pub struct Homes {
    homes: Vec<Home>,
    draws: Option<Draws>,
    /// The last serial number of the drawn wallets by operator and kind.
    last: BTreeMap<(Prefix, u8), u64>,
}

impl Homes {
    /// The homes of the wallets up to some serial numbers.
    pub(super) fn new(seed: u64, homes: &[Home], last: BTreeMap<(Prefix, u8), u64>) -> Self {
        if homes.is_empty() {
            return Self::default();
        }
        Self { homes: homes.to_vec(), draws: Some(Draws::new(seed, "region")), last }
    }

    /// The region that a wallet lives in.
    pub fn of(&self, number: WalletNumber) -> Option<Region> {
        self.place(number).map(|place| self.homes[place].region)
    }

    /// The place of that region in the configuration.
    pub(super) fn place(&self, number: WalletNumber) -> Option<usize> {
        let last = self.last.get(&(number.prefix(), number.kind().digit()))?;
        if number.serial() > *last {
            return None;
        }
        // A wallet lives where it does whatever others there are: it is drawn by its number.
        let unit = self.draws.as_ref()?.of(number.as_u64()).unit(0);
        let mut rest = unit * self.homes.iter().map(|home| home.weight).sum::<f64>();
        let place = self.homes.iter().position(|home| {
            rest -= home.weight;
            rest < 0.0
        });
        // Rounding can leave a little of the last weight over.
        place.or(self.homes.len().checked_sub(1))
    }
}
