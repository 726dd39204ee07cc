//! The treasury sweep: money of a government wallet goes to the account of the treasury at the
//! central bank, out of the reserves of this operator.
//!
//! The wallet is debited at once. The central bank pays the treasury when the reserves suffice, and
//! until it says so the operator asks again on every new link.

use crate::Regime;
use crate::link::{OperationId, REMITTANCES_MAX, Remittance};
use crate::money::{Amount, Power, RequestId, RequestKey, Timestamp, Total, WalletNumber};

use super::OperatorLedger;
use super::accounts::Account;
use super::error::OperatorError;
use super::exchange::check_power;
use super::facts::WalletChange;
use super::requests::RequestRef;

/// A sweep as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Its name at the central bank.
    pub operation: OperationId,
    /// The wallet.
    pub wallet: WalletNumber,
    /// How much.
    pub amount: Amount,
    /// When the wallet was debited.
    pub at: Timestamp,
    /// Whether the treasury has the money.
    pub is_remitted: bool,
}

impl OperatorLedger {
    /// Sweeps an amount of a government wallet, or all that it holds, into the account of the
    /// treasury. A repeat answers how far the first one came.
    pub fn sweep(
        &mut self,
        wallet: WalletNumber,
        amount: Option<Amount>,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<Sweep, OperatorError> {
        let key = RequestKey::new(wallet, &request_id);
        if let Some(earlier) = self.earlier(&key, Some(wallet), &request_id) {
            let found =
                self.swept(earlier).filter(|sweep| amount.is_none_or(|sum| sum == sweep.amount));
            return found.ok_or(OperatorError::RequestIdReused(request_id));
        }
        let slot = self.known_alone(wallet)?;
        check_power(wallet, Power::SweepToTreasury)?;
        let source = &self.wallets[slot];
        source.check_pays().map_err(|reason| OperatorError::Wallet { wallet, reason })?;
        let available = self.own_funds(slot);
        let amount = amount.unwrap_or(available).single()?;
        if available < amount {
            return Err(OperatorError::InsufficientFunds { wallet, available, requested: amount });
        }
        if self.link.remitting.len() >= REMITTANCES_MAX {
            return Err(OperatorError::TooManyRemittances(wallet));
        }
        let operation = OperationId(key.0);
        self.append_event(wallet, WalletChange::Swept { amount }, Some(request_id), now);
        self.post(Account::Wallets, self.backing(), amount);
        self.link.remitting.push((operation, amount));
        self.session.remit(Remittance { operation, amount });
        Ok(Sweep { operation, wallet, amount, at: now, is_remitted: false })
    }

    /// Every sweep, in the order they were made.
    pub fn sweeps(&self) -> impl Iterator<Item = Sweep> + '_ {
        let slots = self.events.enumerate().map(|(slot, _)| RequestRef::Event(slot));
        slots.filter_map(|event| self.swept(event))
    }

    fn swept(&self, earlier: RequestRef) -> Option<Sweep> {
        let RequestRef::Event(slot) = earlier else { return None };
        let event = &self.events[slot];
        let WalletChange::Swept { amount } = event.change else { return None };
        let wallet = self.wallets[event.wallet].number;
        let operation = OperationId(RequestKey::new(wallet, event.request_id.as_ref()?).0);
        let is_remitted = !self.link.remitting.iter().any(|(waiting, _)| *waiting == operation);
        Some(Sweep { operation, wallet, amount, at: event.at, is_remitted })
    }

    /// Where swept money stands until the treasury has it. In the cash regime the operator has its
    /// e-CNY back and owes bank money, which is outside of this ledger as its reserves are.
    fn backing(&self) -> Account {
        match self.settings.regime {
            Regime::Cash => Account::Stock,
            Regime::Deposit => Account::Remitting,
        }
    }

    /// What the account of sweeps under way must be.
    pub(super) fn remitting_on_ledger(&self) -> Total {
        match self.settings.regime {
            Regime::Cash => Total::ZERO,
            Regime::Deposit => self.link.remitting.iter().map(|(_, amount)| *amount).sum(),
        }
    }

    /// The treasury has what was swept.
    pub(super) fn finish_sweep(&mut self, operation: OperationId, amount: Amount) -> bool {
        let is_of_ledger = self.settings.regime == Regime::Deposit;
        let sum = amount.position();
        let posted = !is_of_ledger || self.post_reported(Account::Remitting, Account::Held, sum);
        if posted {
            self.link.remitting.retain(|(waiting, _)| *waiting != operation);
        }
        posted
    }
}

#[cfg(test)]
mod tests;
