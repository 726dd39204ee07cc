//! Credits: what has come due, and what a wallet that is closed has earned since.

use crate::money::{Amount, BusinessDate, InterestRate, Timestamp, Total, WalletNumber};
use crate::slots::Slot;

use super::super::OperatorLedger;
use super::super::accounts::Account;
use super::super::apply::Known;
use super::super::check::RestoreError;
use super::super::slot::WalletSlot;
use super::super::statement::EntrySource;
use super::super::wallet::WalletStatus;
use super::accrual::{interest_date_after, is_interest_date};
use super::credits::Interest;
use super::rows::InterestRow;

/// How many wallets are looked at in one batch; further ones are in the next.
const WALLETS_MAX: usize = 100_000;

impl OperatorLedger {
    /// Interest that was credited.
    pub const fn interest(&self) -> &Interest {
        &self.interest
    }

    /// Credits what has come due.
    pub(in super::super) fn interest_due(&mut self, now: Timestamp) {
        if self.settings.interest == InterestRate::ZERO {
            return;
        }
        // Under lockstep all are at once: how far a batch comes must decide nothing. After a time away,
        // when several dates have passed, too: a payment between them would count the days after the
        // first one before its interest is in the balance.
        let at_once = self.settings.lockstep.is_some() || self.is_dates_behind(now.date());
        self.interest_due_within(if at_once { usize::MAX } else { WALLETS_MAX }, now);
    }

    /// Whether more than one interest date has passed that not all wallets were looked at on.
    pub(super) fn is_dates_behind(&self, today: BusinessDate) -> bool {
        let second = |(done, _)| interest_date_after(interest_date_after(done));
        self.wallets.interest_progress().is_some_and(|progress| second(progress) <= today)
    }

    /// The same for so many wallets at most.
    pub(super) fn interest_due_within(&mut self, mut most: usize, now: Timestamp) {
        let today = now.date();
        while let Some((done, mut next)) = self.wallets.interest_progress() {
            let date = interest_date_after(done);
            if date > today {
                return;
            }
            let wallets = self.wallets.list().len();
            let end = wallets.min(next.saturating_add(most));
            most -= end - next;
            while next < end {
                self.credit_interest(WalletSlot::from_place(next), date, now);
                next += 1;
            }
            if next < wallets {
                return self.wallets.set_interest_progress((done, next));
            }
            self.wallets.set_interest_progress((date, 0));
        }
    }

    /// Credits what a wallet has earned until a date; answers how much that is. What no ledger can
    /// hold stays due.
    fn credit_interest(&mut self, slot: WalletSlot, date: BusinessDate, now: Timestamp) -> Amount {
        let rate = self.settings.interest;
        let amount = self
            .interest_until(slot, date, rate)
            .filter(|amount| *amount > Amount::ZERO && self.can_credit_interest(slot, *amount));
        let Some(amount) = amount else { return Amount::ZERO };
        let wallet = self.wallets[slot].number;
        let row = InterestRow { row: 0, wallet, amount, until: date, rate, at: now };
        self.append(row, Known::Nothing);
        self.post(Account::Equity, Account::Wallets, amount);
        amount
    }

    /// Credits the interest of a wallet that is about to be closed, and exchanges it back.
    pub(in super::super) fn pay_last_interest(&mut self, slot: WalletSlot, now: Timestamp) {
        let amount = self.credit_interest(slot, now.date(), now);
        if amount > Amount::ZERO {
            self.exchange_interest_back(slot, amount, now);
        }
    }

    /// What a wallet has earned until a day and was not credited; `None` when it earns nothing.
    fn interest_until(
        &self,
        slot: WalletSlot,
        date: BusinessDate,
        rate: InterestRate,
    ) -> Option<Amount> {
        let open = self.wallets[slot].status != WalletStatus::Closed;
        let accrual = self.wallets.accrual_at(slot, date).filter(|_| open)?;
        rate.interest(accrual.to_credit(date))
    }

    /// Whether wallet and ledger have room for it: it is not bounded by what a class may hold.
    fn can_credit_interest(&self, slot: WalletSlot, amount: Amount) -> bool {
        let (wallet, held) = (&self.wallets[slot], self.inbound.room_in(slot));
        let most = Total::from(wallet.balance) + wallet.in_transit + held + amount;
        most <= Amount::MAX.into() && self.check_owed(amount).is_ok()
    }

    /// Whether a credit is what the rows before it have earned.
    pub(in super::super) fn check_interest(&self, row: &InterestRow) -> Result<(), RestoreError> {
        let slot = self.check_wallet(row.row, row.wallet)?;
        self.check_balance(row.row, slot, row.amount.position())?;
        // Days to come have earned nothing; a wallet is credited on a date, or when it is closed.
        let has_come = row.until <= row.at.date()
            && (is_interest_date(row.until) || row.until == row.at.date());
        let is_earned = has_come
            && row.rate == self.settings.interest
            && self.interest_until(slot, row.until, row.rate) == Some(row.amount);
        if is_earned {
            Ok(())
        } else {
            Err(RestoreError::Interest { row: row.row, wallet: row.wallet })
        }
    }

    pub(in super::super) fn apply_interest(&mut self, row: InterestRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.wallet);
        let slot = self.interest.list.push(row);
        self.interest.total += row.amount;
        let source = EntrySource::Interest(slot);
        self.wallets.credit_interest(wallet, (row.amount, row.until), source);
    }

    /// What a wallet has earned and was not credited, until a moment.
    pub fn accrued_interest(&self, wallet: WalletNumber, now: Timestamp) -> Option<Amount> {
        self.interest_until(self.wallets.slot_of(wallet)?, now.date(), self.settings.interest)
    }
}
