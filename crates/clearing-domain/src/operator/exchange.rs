//! Exchange-out and exchange-back: bank money into a wallet and back. `opening` builds on it: a
//! wallet is opened with money in it.

mod opening;

use crate::money::{Amount, Power, RequestId, RequestKey, Timestamp, WalletNumber};
use crate::{Reason, Regime};

use super::OperatorLedger;
use super::accounts::Account;
use super::apply::Known;
use super::bank_account::{BankAccount, UsedAccount};
use super::error::OperatorError;
use super::facts::WalletChange;
use super::requests::RequestRef;
use super::rows::WalletEventRow;
use super::slot::WalletSlot;
use super::wallet::WalletStatus;

pub use opening::WalletOrder;

impl OperatorLedger {
    /// Exchanges bank money into a wallet, from its only bank account if it has one. A repeat with
    /// the same request id changes nothing.
    pub fn exchange_out(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        self.exchange_out_from(wallet, amount, None, request_id, now)
    }

    /// The same, from a bank account that is named.
    pub fn exchange_out_from(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        account: Option<BankAccount>,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let made = |through| WalletChange::ExchangedOut { amount, through };
        if self.is_repeat(wallet, &request_id, |change| is_made(change, account, made))? {
            return Ok(());
        }
        let (amount, slot) = (amount.single()?, self.known_alone(wallet)?);
        let target = &self.wallets[slot];
        target
            .check_receives(amount, self.inbound.room_in(slot), &self.limits_of(target))
            .map_err(|reason| OperatorError::Wallet { wallet, reason: of_its_own(reason) })?;
        let through = self.account_of_exchange(slot, account)?;
        self.fund(wallet, amount, through, Some(request_id), now)
    }

    /// Exchanges a wallet's money back into bank money, into its only bank account if it has one. A
    /// repeat changes nothing.
    pub fn exchange_back(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        self.exchange_back_into(wallet, amount, None, request_id, now)
    }

    /// The same, into a bank account that is named.
    pub fn exchange_back_into(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        account: Option<BankAccount>,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let made = |through| WalletChange::ExchangedBack { amount, through };
        if self.is_repeat(wallet, &request_id, |change| is_made(change, account, made))? {
            return Ok(());
        }
        let (amount, slot) = (amount.single()?, self.known_alone(wallet)?);
        let source = &self.wallets[slot];
        source.check_pays().map_err(|reason| OperatorError::Wallet { wallet, reason })?;
        let available = self.own_funds(slot);
        if available < amount {
            return Err(OperatorError::InsufficientFunds { wallet, available, requested: amount });
        }
        let through = self.account_of_exchange(slot, account)?;
        let change = WalletChange::ExchangedBack { amount, through };
        self.append_event(wallet, change, Some(request_id), now);
        self.post(Account::Wallets, self.counterpart(), amount);
        Ok(())
    }

    /// The last interest of a wallet leaves it for the bank, whatever account it has there.
    pub(super) fn exchange_interest_back(
        &mut self,
        slot: WalletSlot,
        amount: Amount,
        now: Timestamp,
    ) {
        let wallet = self.wallets[slot].number;
        let change = WalletChange::ExchangedBack { amount, through: None };
        self.append_event(wallet, change, None, now);
        self.post(Account::Wallets, self.counterpart(), amount);
    }

    /// Moves stock or customer deposits into a wallet that may receive them.
    fn fund(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        through: Option<UsedAccount>,
        request_id: Option<RequestId>,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        self.check_can_fund(amount)?;
        let change = WalletChange::ExchangedOut { amount, through };
        self.append_event(wallet, change, request_id, now);
        self.post(self.counterpart(), Account::Wallets, amount);
        Ok(())
    }

    /// Appends an event that keeps no mark of what a client sent.
    pub(super) fn append_event(
        &mut self,
        wallet: WalletNumber,
        change: WalletChange,
        request_id: Option<RequestId>,
        at: Timestamp,
    ) {
        let row = WalletEventRow { row: 0, wallet, change, request_id, at };
        self.append(row, Known::Nothing);
    }

    /// Whether the operator can distribute an amount.
    fn check_can_fund(&self, amount: Amount) -> Result<(), OperatorError> {
        let available = self.accounts.balance(self.counterpart());
        if available >= amount.position() {
            return Ok(());
        }
        let available = Amount::from_sum(available).unwrap_or_default();
        Err(OperatorError::StockInsufficient { available, requested: amount })
    }

    /// What stands behind exchanges: e-CNY stock, or customers' bank deposits.
    fn counterpart(&self) -> Account {
        match self.settings.regime {
            Regime::Cash => Account::Stock,
            Regime::Deposit => Account::OtherDeposits,
        }
    }

    /// Whether an earlier request of the same name made what this one asks for.
    pub(super) fn is_repeat(
        &self,
        wallet: WalletNumber,
        request_id: &RequestId,
        made: impl FnOnce(WalletChange) -> bool,
    ) -> Result<bool, OperatorError> {
        match self.earlier(&RequestKey::new(wallet, request_id), Some(wallet), request_id) {
            None => Ok(false),
            Some(RequestRef::Event(slot)) if made(self.events[slot].change) => Ok(true),
            Some(RequestRef::Event(_) | RequestRef::Payment(_)) => {
                Err(OperatorError::RequestIdReused(request_id.clone()))
            }
        }
    }

    /// The slot of a wallet that is not closed.
    pub(super) fn known(&self, wallet: WalletNumber) -> Result<WalletSlot, OperatorError> {
        let slot = self.wallets.slot_of(wallet).ok_or(OperatorError::WalletUnknown(wallet))?;
        if self.wallets[slot].status == WalletStatus::Closed {
            return Err(OperatorError::Wallet { wallet, reason: Reason::WalletClosed });
        }
        Ok(slot)
    }

    /// The slot of a wallet that is not closed and no sub-wallet: those have no bank account, and
    /// their money comes from the parent.
    pub(super) fn known_alone(&self, wallet: WalletNumber) -> Result<WalletSlot, OperatorError> {
        let slot = self.known(wallet)?;
        check_power(wallet, Power::Exchange)?;
        match self.families.sub_wallet(slot) {
            None => Ok(slot),
            Some(_) => Err(OperatorError::Wallet { wallet, reason: Reason::IsSubWallet }),
        }
    }
}

/// Whether an exchange is what a request asks for. One that names no account is repeated whatever
/// the only account was then, but not where an account was named.
fn is_made(
    found: WalletChange,
    named: Option<BankAccount>,
    made: impl Fn(Option<UsedAccount>) -> WalletChange,
) -> bool {
    let through = match named {
        Some(account) => Some(account.used(true)),
        None => found.through().filter(|used| !used.is_named()),
    };
    found == made(through)
}

/// Whether the kind of a wallet may do something.
pub(super) fn check_power(wallet: WalletNumber, power: Power) -> Result<(), OperatorError> {
    let reason = Reason::KindNotAllowed;
    let may = wallet.kind().may(power);
    if may { Ok(()) } else { Err(OperatorError::Wallet { wallet, reason }) }
}

/// Who exchanges into a wallet holds it: what is said of payees is said of it.
pub(super) fn of_its_own(reason: Reason) -> Reason {
    if reason == Reason::PayeeFrozen { Reason::WalletFrozen } else { reason }
}
