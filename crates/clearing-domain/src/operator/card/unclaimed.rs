//! What payees of vouchers could not take: it stays theirs, and is paid again.

use crate::money::{Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::credit::Credit;
use super::super::error::OperatorError;
use super::super::slot::WalletSlot;
use super::claims::Claim;
use super::rows::{CardVoucherRow, UnclaimedRow};

/// How many values are paid again in one batch; further ones are in the next.
const IN_BATCH_MAX: usize = 10_000;

impl OperatorLedger {
    /// Pays again what payees could not take when that has come due.
    pub(in super::super) fn pay_unclaimed_due(&mut self, now: Timestamp) {
        // Under lockstep all are paid at once: how far a batch comes must decide nothing.
        let most = if self.settings.lockstep.is_some() { usize::MAX } else { IN_BATCH_MAX };
        let due: Vec<_> = self.cards.due(now).take(most).collect();
        for (wallet, claim) in due {
            self.pay_unclaimed(wallet, claim, false, now);
        }
    }

    /// Pays the values of a counter again at once, where their payees can take them now. Where nothing
    /// waits nothing changes. An error says that none was paid. It takes nothing from what is paid again
    /// by itself.
    pub fn claim_unclaimed(
        &mut self,
        card: WalletNumber,
        counter: u64,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let found = self.card(card)?;
        let wallet = found.wallet;
        let (mut is_paid, mut refused) = (false, None);
        for claim in found.waiting_claims(counter) {
            if !self.can_take(wallet, claim, now) {
                continue;
            }
            let paid = self.cards.find(wallet).and_then(|card| card.paid.get(&claim));
            let too_often = |wait_ms| OperatorError::RefusedTooOften { wallet: card, wait_ms };
            match paid.map_or(Ok(()), |paid| paid.check_order(now)) {
                Ok(()) => {
                    self.pay_unclaimed(wallet, claim, true, now);
                    is_paid = true;
                }
                Err(wait_ms) => refused = refused.or(Some(too_often(wait_ms))),
            }
        }
        match refused {
            Some(error) if !is_paid => Err(error),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a payee can take a value now, as far as this operator knows: what it would refuse
    /// itself leaves no row.
    fn can_take(&self, wallet: WalletSlot, claim: Claim, now: Timestamp) -> bool {
        let Some((payer, voucher)) = self.claimed(wallet, claim) else { return false };
        let CardVoucherRow { payee, amount, .. } = voucher;
        let credit = Credit { payer, payee, amount, submitted_at: now, details: None };
        !self.is_on_us(payee) || self.check_credit(&credit).is_ok()
    }

    /// Who pays a claim, and the voucher that it is of.
    fn claimed(&self, wallet: WalletSlot, claim: Claim) -> Option<(WalletNumber, CardVoucherRow)> {
        let card = self.cards.find(wallet)?;
        let payer = card.paid.get(&claim)?.payer;
        card.voucher_of(claim).map(|voucher| (self.wallets[payer].number, *voucher))
    }

    fn pay_unclaimed(&mut self, wallet: WalletSlot, claim: Claim, ordered: bool, now: Timestamp) {
        let Some((payer, voucher)) = self.claimed(wallet, claim) else { return };
        let paid = self.cards.find(wallet).and_then(|card| card.paid.get(&claim));
        let attempts = paid.map_or(0, |paid| paid.attempts);
        let Claim { counter, loss } = claim;
        let payment = match loss {
            None => self.offline_payment(wallet, counter, attempts),
            Some(place) => self.loss_payment(wallet, payer, place),
        };
        let CardVoucherRow { card, payee, amount, .. } = voucher;
        let row = UnclaimedRow { row: 0, card, counter, loss, ordered, payment, at: now };
        self.append(row, Known::Nothing);
        self.pay_offline((payer, payment), (payee, amount), now);
    }
}
