//! Exchange-out and exchange-back: bank money into a wallet and back. `opening` builds on it: a
//! wallet is opened with money in it.

mod opening;

use crate::money::{Amount, RequestId, RequestKey, Timestamp, WalletNumber};
use crate::{Reason, Regime};

use super::OperatorLedger;
use super::accounts::Account;
use super::apply::Known;
use super::error::OperatorError;
use super::facts::WalletChange;
use super::requests::RequestRef;
use super::rows::WalletEventRow;
use super::slot::WalletSlot;
use super::wallet::WalletStatus;

pub use opening::WalletOrder;

impl OperatorLedger {
    /// Exchanges bank money into a wallet. A repeat with the same request id changes nothing.
    pub fn exchange_out(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        if self.is_repeat(wallet, &request_id, WalletChange::ExchangedOut { amount })? {
            return Ok(());
        }
        let (amount, slot) = (amount.single()?, self.known(wallet)?);
        let target = &self.wallets[slot];
        target
            .check_receives(amount, self.inbound.room_in(slot), &self.limits_of(target))
            .map_err(|reason| OperatorError::Wallet { wallet, reason: of_its_own(reason) })?;
        self.fund(wallet, amount, Some(request_id), now)
    }

    /// Exchanges a wallet's money back into bank money. A repeat changes nothing.
    pub fn exchange_back(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        if self.is_repeat(wallet, &request_id, WalletChange::ExchangedBack { amount })? {
            return Ok(());
        }
        let (amount, slot) = (amount.single()?, self.known(wallet)?);
        let source = &self.wallets[slot];
        source.check_pays().map_err(|reason| OperatorError::Wallet { wallet, reason })?;
        let available = source.balance;
        if available < amount {
            return Err(OperatorError::InsufficientFunds { wallet, available, requested: amount });
        }
        self.append_event(wallet, WalletChange::ExchangedBack { amount }, Some(request_id), now);
        self.post(Account::Wallets, self.counterpart(), amount);
        Ok(())
    }

    /// Moves stock or customer deposits into a wallet that may receive them.
    fn fund(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        request_id: Option<RequestId>,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        self.check_can_fund(amount)?;
        self.append_event(wallet, WalletChange::ExchangedOut { amount }, request_id, now);
        self.post(self.counterpart(), Account::Wallets, amount);
        Ok(())
    }

    /// Appends an event that keeps no mark of what a client sent.
    fn append_event(
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

    fn is_repeat(
        &self,
        wallet: WalletNumber,
        request_id: &RequestId,
        change: WalletChange,
    ) -> Result<bool, OperatorError> {
        match self.earlier(&RequestKey::new(wallet, request_id), Some(wallet), request_id) {
            None => Ok(false),
            Some(RequestRef::Event(slot)) if self.events[slot].change == change => Ok(true),
            Some(RequestRef::Event(_) | RequestRef::Payment(_)) => {
                Err(OperatorError::RequestIdReused(request_id.clone()))
            }
        }
    }

    /// The slot of a wallet that is not closed.
    fn known(&self, wallet: WalletNumber) -> Result<WalletSlot, OperatorError> {
        let slot = self.wallets.slot_of(wallet).ok_or(OperatorError::WalletUnknown(wallet))?;
        if self.wallets[slot].status == WalletStatus::Closed {
            return Err(OperatorError::Wallet { wallet, reason: Reason::WalletClosed });
        }
        Ok(slot)
    }
}

/// Who exchanges into a wallet holds it: what is said of payees is said of it.
fn of_its_own(reason: Reason) -> Reason {
    if reason == Reason::PayeeFrozen { Reason::WalletFrozen } else { reason }
}
