//! All wallets with what they hold, their statements, and what is known of their holders.

use std::collections::BTreeSet;
use std::ops::Index;

use crate::Regime;
use crate::money::{Amount, BusinessDate, Timestamp, WalletKind, WalletNumber};
use crate::seal::SetDigest;
use crate::slots::{Slot, Slots};

use super::holders::{HolderDigest, Holders};
use super::interest::{Accrual, Accruals};
use super::limits::WalletClass;
use super::slot::{EntrySlot, EventSlot, WalletSlot};
use super::statement::{EntryLink, EntrySource};
use super::wallet::{Holder, Wallet, WalletStatus};

/// The holders of a file are not those of the wallets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderError {
    /// The wallet in a slot has none.
    Missing(WalletSlot),
    /// No wallet of that number was opened there.
    NeverOpened(WalletNumber),
}

/// The wallets in the order they were opened.
#[derive(Debug, Default)]
pub struct Wallets {
    list: Slots<WalletSlot, Wallet>,
    /// Serials are given out in order, so a list per kind is an index.
    by_kind: [Slots<usize, WalletSlot>; 7],
    entries: Slots<EntrySlot, EntryLink>,
    /// Closed ones whose aliases the directory has not given up yet.
    giving_up: BTreeSet<WalletNumber>,
    /// The digest of all wallets with their holders.
    holders: HolderDigest,
    /// Nobody asks for that digest.
    unsealed: bool,
    /// What balances have added up to; none in the cash regime, in which they earn nothing.
    accruals: Option<Accruals>,
}

impl Wallets {
    /// No wallets yet.
    pub fn new(regime: Regime) -> Self {
        let accruals = (regime == Regime::Deposit).then(Accruals::default);
        Self { accruals, ..Self::default() }
    }

    /// All of them.
    pub fn list(&self) -> &Slots<WalletSlot, Wallet> {
        &self.list
    }

    /// The entries of all statements.
    pub fn entries(&self) -> &Slots<EntrySlot, EntryLink> {
        &self.entries
    }

    /// The slot of the wallet of a number.
    pub fn slot_of(&self, number: WalletNumber) -> Option<WalletSlot> {
        let place = usize::try_from(number.serial().checked_sub(1)?).ok()?;
        let slot = *self.by_kind[usize::from(number.kind().digit())].get(place)?;
        // The serial says nothing of the prefix.
        (self.list[slot].number == number).then_some(slot)
    }

    /// The serial of the next wallet of a kind.
    pub fn next_serial(&self, kind: WalletKind) -> u64 {
        self.by_kind[usize::from(kind.digit())].len() as u64 + 1
    }

    /// Opens the wallet with the next serial of its kind.
    pub fn open(
        &mut self,
        number: WalletNumber,
        class: WalletClass,
        opened: EventSlot,
        day: BusinessDate,
    ) -> WalletSlot {
        assert!(
            number.serial() == self.next_serial(number.kind()),
            "wallet {number} is not the next of its kind"
        );
        let slot = self.list.push(Wallet {
            number,
            class,
            status: WalletStatus::Normal,
            balance: Amount::ZERO,
            in_transit: Amount::ZERO,
            day,
            daily_used: Amount::ZERO,
            annual_used: Amount::ZERO,
            holder: Holder::default(),
            opened,
            last_entry: None,
        });
        self.by_kind[usize::from(number.kind().digit())].push(slot);
        if let Some(accruals) = &mut self.accruals {
            accruals.open(number.kind() != WalletKind::Operator, day);
        }
        slot
    }

    /// Gives a new wallet its holder.
    pub fn set_holder(&mut self, slot: WalletSlot, holder: Holder) {
        let wallet = &mut self.list[slot];
        wallet.holder = holder;
        if !self.unsealed {
            self.holders.insert(slot, wallet.number, &wallet.holder);
        }
    }

    /// Gives every wallet the holder that a file keeps of it; answers the slot of the first wallet
    /// that has none there, or the number of one that was never opened.
    pub fn load_holders(&mut self, holders: Holders) -> Result<(), HolderError> {
        let (holders, digest) = holders.into_parts();
        let mut holders = holders.into_iter();
        for place in 0..self.list.len() {
            let slot = WalletSlot::from_place(place);
            let wallet = &mut self.list[slot];
            let found = holders.next().filter(|(number, _)| *number == wallet.number);
            wallet.holder = found.ok_or(HolderError::Missing(slot))?.1;
        }
        self.holders = digest;
        holders.next().map_or(Ok(()), |(number, _)| Err(HolderError::NeverOpened(number)))
    }

    /// Keeps what a known holder has shown since.
    pub fn change_holder(&mut self, slot: WalletSlot, holder: Holder) {
        if !self.unsealed {
            let wallet = &self.list[slot];
            self.holders.remove(slot, wallet.number, &wallet.holder);
        }
        self.set_holder(slot, holder);
    }

    /// From here on nobody asks for the digest of holders.
    pub fn without_seals(&mut self) {
        self.unsealed = true;
    }

    /// The digest of all wallets with their holders.
    pub fn holders(&self) -> &SetDigest {
        self.holders.set()
    }

    /// Sets the class that limits a wallet.
    pub fn set_class(&mut self, slot: WalletSlot, class: WalletClass) {
        self.count_days(slot);
        self.list[slot].class = class;
    }

    /// Sets whether a wallet may pay and receive. One that is closed is not forgotten before the
    /// directory has given up its aliases.
    pub fn set_status(&mut self, slot: WalletSlot, status: WalletStatus) {
        let wallet = &mut self.list[slot];
        wallet.status = status;
        if status == WalletStatus::Closed {
            self.giving_up.insert(wallet.number);
        }
    }

    /// The directory has given up the aliases of a closed wallet.
    pub fn give_up(&mut self, slot: WalletSlot) {
        self.giving_up.remove(&self.list[slot].number);
    }

    /// Closed wallets whose aliases the directory has not given up yet.
    pub fn giving_up(&self) -> &BTreeSet<WalletNumber> {
        &self.giving_up
    }

    /// Credits a wallet.
    pub fn credit(&mut self, slot: WalletSlot, amount: Amount, source: EntrySource) {
        self.count_days(slot);
        self.list[slot].balance += amount;
        self.enter(slot, source);
    }

    /// Debits a wallet.
    ///
    /// # Panics
    ///
    /// When the wallet holds less.
    pub fn debit(&mut self, slot: WalletSlot, amount: Amount, source: EntrySource) {
        self.count_days(slot);
        let wallet = &mut self.list[slot];
        assert!(wallet.balance >= amount, "wallet {} would be overdrawn", wallet.number);
        wallet.balance = wallet.balance.checked_sub(amount).unwrap_or_default();
        self.enter(slot, source);
    }

    /// Counts a payment against the limits of its day.
    pub fn consume_limits(&mut self, slot: WalletSlot, amount: Amount, day: BusinessDate) {
        self.list[slot].consume_limits(amount, day);
    }

    /// Gives a returned payment back to the limits of the day it was submitted on.
    pub fn restore_limits(&mut self, slot: WalletSlot, amount: Amount, day: BusinessDate) {
        self.list[slot].restore_limits(amount, day);
    }

    /// Notes that an amount debited is not yet reported cleared.
    pub fn enter_transit(&mut self, slot: WalletSlot, amount: Amount) {
        self.list[slot].in_transit += amount;
    }

    /// Notes that an amount debited was cleared or refused.
    pub fn leave_transit(&mut self, slot: WalletSlot, amount: Amount) {
        let wallet = &mut self.list[slot];
        wallet.in_transit = wallet.in_transit.checked_sub(amount).unwrap_or_default();
    }

    /// A row of a time was applied.
    pub fn pass(&mut self, at: Timestamp) {
        if let Some(accruals) = &mut self.accruals {
            accruals.pass(at.date());
        }
    }

    /// A wallet earns no interest, whatever its class.
    pub fn earns_nothing(&mut self, slot: WalletSlot) {
        if let Some(accruals) = &mut self.accruals {
            accruals.exclude(slot);
        }
    }

    /// What a wallet has earned with all days before a date counted; `None` when it earns nothing.
    pub fn accrual_at(&self, slot: WalletSlot, date: BusinessDate) -> Option<Accrual> {
        self.accruals.as_ref()?.at(slot, date, self.list[slot].earning())
    }

    /// Credits a wallet with what it earned until a date.
    pub fn credit_interest(
        &mut self,
        slot: WalletSlot,
        (amount, date): (Amount, BusinessDate),
        source: EntrySource,
    ) {
        if let Some(accruals) = &mut self.accruals {
            accruals.credit(slot, date, self.list[slot].earning());
        }
        self.list[slot].balance += amount;
        self.enter(slot, source);
    }

    /// How far the interest dates have come; `None` without interest.
    pub fn interest_progress(&self) -> Option<(BusinessDate, usize)> {
        self.accruals.as_ref().map(Accruals::progress)
    }

    /// Keeps how far the interest dates have come.
    pub fn set_interest_progress(&mut self, progress: (BusinessDate, usize)) {
        if let Some(accruals) = &mut self.accruals {
            accruals.set_progress(progress);
        }
    }

    fn count_days(&mut self, slot: WalletSlot) {
        if let Some(accruals) = &mut self.accruals {
            accruals.count(slot, self.list[slot].earning());
        }
    }

    /// Adds an entry to the statement of a wallet.
    fn enter(&mut self, slot: WalletSlot, source: EntrySource) {
        let wallet = &mut self.list[slot];
        wallet.last_entry = Some(self.entries.push(EntryLink::new(wallet.last_entry, source)));
    }
}

impl Index<WalletSlot> for Wallets {
    type Output = Wallet;

    fn index(&self, slot: WalletSlot) -> &Wallet {
        &self.list[slot]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Prefix;

    #[test]
    fn wallets_are_found_by_kind_and_serial() {
        let number = |prefix: u16, kind, serial| {
            WalletNumber::new(Prefix::new(prefix).unwrap(), kind, serial).unwrap()
        };
        let mut wallets = Wallets::default();
        let mut open = |kind, serial| {
            let (class, opened) = (WalletClass::new(1).unwrap(), EventSlot::from_number(0));
            wallets.open(number(2, kind, serial), class, opened, BusinessDate::default())
        };
        let first = open(WalletKind::Personal, 1);
        let merchant = open(WalletKind::Merchant, 1);
        let second = open(WalletKind::Personal, 2);
        assert_eq!(wallets.next_serial(WalletKind::Personal), 3);
        assert_eq!(wallets.slot_of(number(2, WalletKind::Personal, 1)), Some(first));
        assert_eq!(wallets.slot_of(number(2, WalletKind::Personal, 2)), Some(second));
        assert_eq!(wallets.slot_of(number(2, WalletKind::Merchant, 1)), Some(merchant));
        assert_eq!(wallets.slot_of(number(2, WalletKind::Merchant, 2)), None);
        assert_eq!(wallets.slot_of(number(3, WalletKind::Personal, 1)), None);
    }

    #[test]
    fn a_holder_is_in_the_digest_once_whatever_was_shown_before() {
        let number = WalletNumber::new(Prefix::new(2).unwrap(), WalletKind::Personal, 1).unwrap();
        let with = |holders: &[Holder]| {
            let mut wallets = Wallets::default();
            let (class, opened) = (WalletClass::new(1).unwrap(), EventSlot::from_number(0));
            let slot = wallets.open(number, class, opened, BusinessDate::default());
            wallets.set_holder(slot, holders[0].clone());
            holders[1..].iter().for_each(|holder| wallets.change_holder(slot, holder.clone()));
            *wallets.holders()
        };
        let [less, more] = [Holder::default(), Holder::verified(None)];
        assert_eq!(with(&[less.clone(), more.clone()]), with(&[more]));
        assert_ne!(with(&[less]), with(&[Holder::verified(None)]));
    }
}
