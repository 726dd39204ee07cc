//! Exchange-out and exchange-back: bank money into a wallet and back.

use crate::money::{Amount, RequestId, RequestKey, Timestamp, WalletNumber};
use crate::{Reason, Regime};

use super::accounts::Account;
use super::error::OperatorError;
use super::index::RequestRef;
use super::ledger::OperatorLedger;
use super::payment::{WalletEvent, WalletEventKind};
use super::slot::{EventSlot, WalletSlot};
use super::statement::EntrySource;
use super::wallet::WalletStatus;

impl OperatorLedger {
    /// Exchanges bank money into a wallet. A repeat with the same request id changes nothing.
    pub fn exchange_out(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        if self.is_repeat(wallet, amount, &request_id, WalletEventKind::ExchangedOut)? {
            return Ok(());
        }
        let (amount, slot) = (amount.single()?, self.known(wallet)?);
        let target = &self.wallets[slot];
        target
            .check_receives(amount, self.held_room(slot), &self.limits_of(target))
            .map_err(|reason| OperatorError::Wallet { wallet, reason: of_its_own(reason) })?;
        self.fund(slot, amount, Some(request_id), now)
    }

    /// Exchanges a wallet's money back into bank money. A repeat changes nothing.
    pub fn exchange_back(
        &mut self,
        wallet: WalletNumber,
        amount: Amount,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        if self.is_repeat(wallet, amount, &request_id, WalletEventKind::ExchangedBack)? {
            return Ok(());
        }
        let (amount, slot) = (amount.single()?, self.known(wallet)?);
        let source = &self.wallets[slot];
        source.check_pays().map_err(|reason| OperatorError::Wallet { wallet, reason })?;
        let available = source.balance;
        let Some(balance) = available.checked_sub(amount) else {
            return Err(OperatorError::InsufficientFunds { wallet, available, requested: amount });
        };
        self.wallets[slot].balance = balance;
        self.post(Account::Wallets, self.counterpart(), amount);
        let event =
            self.append_event(slot, WalletEventKind::ExchangedBack, amount, Some(request_id), now);
        self.enter(slot, EntrySource::ExchangedBack(event));
        Ok(())
    }

    /// Moves stock or customer deposits into a wallet that may receive them.
    pub(super) fn fund(
        &mut self,
        slot: WalletSlot,
        amount: Amount,
        request_id: Option<RequestId>,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        self.check_can_fund(amount)?;
        self.post(self.counterpart(), Account::Wallets, amount);
        let event = self.append_event(slot, WalletEventKind::ExchangedOut, amount, request_id, now);
        self.credit_wallet(slot, amount, EntrySource::ExchangedOut(event));
        Ok(())
    }

    /// Whether the operator can distribute an amount.
    pub(super) fn check_can_fund(&self, amount: Amount) -> Result<(), OperatorError> {
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
        amount: Amount,
        request_id: &RequestId,
        kind: WalletEventKind,
    ) -> Result<bool, OperatorError> {
        match self.earlier(&RequestKey::new(wallet, request_id), Some(wallet), request_id) {
            None => Ok(false),
            Some(RequestRef::Event(slot)) => {
                let event = &self.events[slot];
                if event.kind == kind && event.amount == amount {
                    return Ok(true);
                }
                Err(OperatorError::RequestIdReused(request_id.clone()))
            }
            Some(RequestRef::Payment(_)) => Err(OperatorError::RequestIdReused(request_id.clone())),
        }
    }

    pub(super) fn known(&self, wallet: WalletNumber) -> Result<WalletSlot, OperatorError> {
        let slot = self.slot_of(wallet).ok_or(OperatorError::WalletUnknown(wallet))?;
        if self.wallets[slot].status == WalletStatus::Closed {
            return Err(OperatorError::Wallet { wallet, reason: Reason::WalletClosed });
        }
        Ok(slot)
    }

    pub(super) fn append_event(
        &mut self,
        wallet: WalletSlot,
        kind: WalletEventKind,
        amount: Amount,
        request_id: Option<RequestId>,
        at: Timestamp,
    ) -> EventSlot {
        let slot = self.events.next_slot();
        let holder = &self.wallets[wallet];
        let (number, class) = (holder.number, holder.class.get());
        if let Some(request_id) = &request_id {
            let key = match kind {
                WalletEventKind::Opened => RequestKey::without_wallet(request_id),
                WalletEventKind::ExchangedOut
                | WalletEventKind::ExchangedBack
                | WalletEventKind::Frozen
                | WalletEventKind::MadeReceiveOnly
                | WalletEventKind::Unfrozen
                | WalletEventKind::Upgraded
                | WalletEventKind::Closed
                | WalletEventKind::AliasesGivenUp => RequestKey::new(number, request_id),
            };
            self.requests.insert(&key, RequestRef::Event(slot));
        }
        let row = self.next_row();
        self.events.push(WalletEvent {
            row,
            wallet,
            kind,
            amount,
            class,
            request_id,
            content: None,
            at,
        });
        self.changes.events.push(slot);
        slot
    }
}

/// Who exchanges into a wallet holds it: what is said of payees is said of it.
fn of_its_own(reason: Reason) -> Reason {
    if reason == Reason::PayeeFrozen { Reason::WalletFrozen } else { reason }
}
