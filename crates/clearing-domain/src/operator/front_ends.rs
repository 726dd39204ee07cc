//! Front-ends that show a wallet, such as a messenger: bound only for the person who holds it.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::Reason;
use crate::money::{Power, Timestamp, WalletNumber};
use crate::region::Region;

use super::OperatorLedger;
use super::apply::Known;
use super::error::OperatorError;
use super::exchange::check_power;
use super::identity::IdentityHash;
use super::limits::WalletClass;
use super::rows::FrontEndRow;
use super::slot::WalletSlot;

/// The most front-ends of one wallet.
pub const FRONT_ENDS_MAX: usize = 10;

/// A request to bind a wallet to a front-end, for the person whom the front-end knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontEndOrder {
    /// The wallet.
    pub wallet: WalletNumber,
    /// The name of the front-end.
    pub front_end: Box<str>,
    /// The hash of the phone number that the front-end knows.
    pub phone_hash: [u8; 16],
    /// The hash of the identity document that the front-end knows.
    pub identity_hash: IdentityHash,
    /// Where the person is.
    pub region: Region,
}

/// The front-ends of all wallets that have one.
#[derive(Debug, Default)]
pub struct FrontEnds {
    of_wallet: FxHashMap<WalletSlot, BTreeMap<Box<str>, Region>>,
    /// Every binding and its end, in order, for the audit.
    rows: Vec<FrontEndRow>,
}

impl FrontEnds {
    /// The front-ends of a wallet by name, each with its region.
    pub fn of(&self, wallet: WalletSlot) -> Option<&BTreeMap<Box<str>, Region>> {
        self.of_wallet.get(&wallet)
    }

    /// Where a wallet is bound to a front-end.
    pub fn region(&self, wallet: WalletSlot, front_end: &str) -> Option<Region> {
        self.of(wallet)?.get(front_end).copied()
    }

    /// Every row in order.
    pub fn rows(&self) -> &[FrontEndRow] {
        &self.rows
    }

    /// A wallet was closed: no front-end shows it any more.
    pub fn forget(&mut self, wallet: WalletSlot) {
        self.of_wallet.remove(&wallet);
    }

    /// A wallet was bound to a front-end, or is no longer.
    pub fn record(&mut self, wallet: WalletSlot, row: FrontEndRow) {
        let bound = self.of_wallet.entry(wallet).or_default();
        match row.region {
            Some(region) => bound.insert(row.front_end.clone(), region),
            None => bound.remove(&row.front_end),
        };
        if bound.is_empty() {
            self.of_wallet.remove(&wallet);
        }
        self.rows.push(row);
    }
}

impl OperatorLedger {
    /// Binds a wallet to a front-end. A repeat changes nothing; another region replaces the one
    /// before.
    pub fn bind_front_end(
        &mut self,
        order: FrontEndOrder,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let FrontEndOrder { wallet, front_end, phone_hash, identity_hash, region } = order;
        let slot = self.known_alone(wallet)?;
        check_power(wallet, Power::BindFrontEnds)?;
        let found = &self.wallets[slot];
        let refuse = |reason| OperatorError::Wallet { wallet, reason };
        found.check_pays().map_err(refuse)?;
        if found.class > WalletClass::WEAKEST_OF_FRONT_ENDS {
            return Err(refuse(Reason::ClassTooWeak));
        }
        // Both must be those of the holder: whoever has somebody's phone must not see the wallet.
        if found.holder.phone_hash != Some(phone_hash) {
            return Err(refuse(Reason::PhoneMismatch));
        }
        if found.holder.identity_hash != Some(identity_hash) {
            return Err(refuse(Reason::IdentityMismatch));
        }
        if !region.takes_part(now.date()) {
            return Err(refuse(Reason::RegionNotInPilot));
        }
        let present = self.front_ends.region(slot, &front_end);
        if present == Some(region) {
            return Ok(());
        }
        let count = self.front_ends.of(slot).map_or(0, BTreeMap::len);
        if present.is_none() && count >= FRONT_ENDS_MAX {
            return Err(OperatorError::TooManyFrontEnds(wallet));
        }
        let region = Some(region);
        self.append(FrontEndRow { row: 0, wallet, front_end, region, at: now }, Known::Nothing);
        Ok(())
    }

    /// Ends the binding of a wallet to a front-end, and answers whether there was one.
    pub fn unbind_front_end(
        &mut self,
        wallet: WalletNumber,
        front_end: Box<str>,
        now: Timestamp,
    ) -> Result<bool, OperatorError> {
        let slot = self.known(wallet)?;
        let bound = self.front_ends.region(slot, &front_end).is_some();
        if bound {
            let row = FrontEndRow { row: 0, wallet, front_end, region: None, at: now };
            self.append(row, Known::Nothing);
        }
        Ok(bound)
    }

    /// The front-ends of a wallet by name, each with its region.
    pub fn front_ends_of(&self, wallet: WalletNumber) -> impl Iterator<Item = (&str, Region)> + '_ {
        let slot = self.wallets.slot_of(wallet);
        let bound = slot.and_then(|slot| self.front_ends.of(slot)).into_iter().flatten();
        bound.map(|(front_end, region)| (&**front_end, *region))
    }
}

#[cfg(test)]
mod tests;
