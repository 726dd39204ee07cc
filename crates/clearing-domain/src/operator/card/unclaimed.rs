//! What payees of vouchers could not take: it stays theirs, and is paid again.

use crate::Reason;
use crate::money::{Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::super::slot::WalletSlot;
use super::rows::UnclaimedRow;

/// How many payments of a voucher there may be before nobody can order one more.
const ATTEMPTS_MAX: u32 = 16;
/// How many values are paid again in one batch; further ones are in the next.
const RETRIES_MAX: usize = 10_000;

impl OperatorLedger {
    /// Pays again what payees could not take when that has come due.
    pub(in super::super) fn pay_unclaimed_due(&mut self, now: Timestamp) {
        // Under lockstep all are paid at once: how far a batch comes must decide nothing.
        let most = if self.settings.lockstep.is_some() { usize::MAX } else { RETRIES_MAX };
        let due: Vec<_> = self.cards.due(now).take(most).collect();
        for (wallet, counter) in due {
            self.pay_unclaimed(wallet, counter, now);
        }
    }

    /// Pays the value of a voucher again at once, when its payee can take it now. Where nothing waits
    /// nothing changes.
    pub fn claim_unclaimed(
        &mut self,
        card: WalletNumber,
        counter: u64,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let wallet = self.card(card)?.wallet;
        if !self.cards.waits(wallet, counter) {
            return Ok(());
        }
        if self.cards.attempts(wallet, counter).is_some_and(|attempts| attempts >= ATTEMPTS_MAX) {
            return Err(OperatorError::Card { card, reason: Reason::RefusedTooOften });
        }
        self.pay_unclaimed(wallet, counter, now);
        Ok(())
    }

    fn pay_unclaimed(&mut self, wallet: WalletSlot, counter: u64, now: Timestamp) {
        let Some(attempts) = self.cards.attempts(wallet, counter) else { return };
        let Some(card) = self.cards.find(wallet) else { return };
        let Some(voucher) = card.vouchers(counter).next().copied() else { return };
        let payment = self.offline_payment(wallet, counter, attempts);
        let row = UnclaimedRow { row: 0, card: voucher.card, counter, payment, at: now };
        self.append(row, Known::Nothing);
        self.pay_offline((voucher.card, payment), (voucher.payee, voucher.amount), now);
    }
}
