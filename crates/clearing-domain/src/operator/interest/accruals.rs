//! The accruals of all wallets.

use crate::money::{Amount, BusinessDate};
use crate::slots::Slots;

use super::super::slot::WalletSlot;
use super::accrual::Accrual;

/// What the balances of each wallet have added up to. Days pass with rows alone, so that a ledger
/// that is loaded again has counted the same.
#[derive(Debug, Default)]
pub struct Accruals {
    today: BusinessDate,
    /// None of a wallet that earns nothing whatever its class.
    list: Slots<WalletSlot, Option<Accrual>>,
    /// No interest date up to this one is looked at again.
    done: BusinessDate,
    /// The first wallet that the present date has not come to.
    next: usize,
}

impl Accruals {
    /// A row of this day was applied.
    pub fn pass(&mut self, day: BusinessDate) {
        self.today = self.today.max(day);
    }

    /// A wallet was opened; the operator's own earn nothing.
    pub fn open(&mut self, earns: bool, day: BusinessDate) {
        if self.list.is_empty() {
            self.done = day;
        }
        self.list.push(earns.then_some(Accrual::opened(day)));
    }

    /// A wallet earns nothing from its opening on.
    pub fn exclude(&mut self, slot: WalletSlot) {
        self.list[slot] = None;
    }

    /// The balance of a wallet is about to change, or whether it earns.
    pub fn count(&mut self, slot: WalletSlot, balance: Amount) {
        if let Some(accrual) = &mut self.list[slot] {
            *accrual = accrual.counted(self.today, balance);
        }
    }

    /// The accrual of a wallet with all days before a date counted.
    pub fn at(&self, slot: WalletSlot, date: BusinessDate, balance: Amount) -> Option<Accrual> {
        self.list[slot].map(|accrual| accrual.counted(date, balance))
    }

    /// What a wallet earned until a date is about to be credited. It earns from that date on, unless
    /// the days after it are counted already.
    pub fn credit(&mut self, slot: WalletSlot, date: BusinessDate, balance: Amount) {
        if let Some(accrual) = &mut self.list[slot] {
            *accrual = accrual.counted(date, balance).credited(date);
            if accrual.is_counted_beyond(date) {
                *accrual = accrual.counted(self.today, balance);
            }
        }
    }

    /// The last interest date that all wallets were looked at on, and the first wallet of which the
    /// one after it was not.
    pub const fn progress(&self) -> (BusinessDate, usize) {
        (self.done, self.next)
    }

    /// Keeps how far the interest dates have come.
    pub fn set_progress(&mut self, (done, next): (BusinessDate, usize)) {
        self.done = done;
        self.next = next;
    }
}
