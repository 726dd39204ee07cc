//! Refund: a payee gives a payment back, whole or in part, by a payment of its own.

use crate::Reason;
use crate::details::{Details, Purpose, Voucher};
use crate::money::{Amount, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber};

use super::OperatorLedger;
use super::content::ContentMark;
use super::error::OperatorError;
use super::pay::PaymentOrder;
use super::requests::RequestRef;
use super::slot::PaymentSlot;
use super::state::PaymentState;

/// A request to give a payment back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    /// The identity the refund gets if it is new.
    pub id: PaymentId,
    /// The client's name for the request.
    pub request_id: RequestId,
    /// The payment that is given back.
    pub original: PaymentId,
    /// How much of it; all that is left when none is named.
    pub amount: Option<Amount>,
    /// A text of who gives it back.
    pub remark: Option<Box<str>>,
}

impl OperatorLedger {
    /// Gives a payment back and answers with the slot of the refund. A repeat finds the first one.
    pub fn refund(
        &mut self,
        order: RefundOrder,
        now: Timestamp,
    ) -> Result<PaymentSlot, OperatorError> {
        let RefundOrder { id, request_id, original, amount, remark } = order;
        let refused = |reason| OperatorError::Refund { payment: original, reason };
        let found = self.refundable(original).map_err(refused)?;
        let content = amount.is_none().then_some(ContentMark::ALL_LEFT);
        let amount = amount
            .or_else(|| self.refunded_by(found.payee, &request_id, original))
            .unwrap_or(found.left);
        if amount == Amount::ZERO {
            return Err(refused(Reason::RefundExceeds));
        }
        let details = Details {
            purpose: Some(Purpose::Refund),
            refund_of: Some(original),
            ..Details::default()
        };
        let key = RequestKey::new(found.payee, &request_id);
        let is_repeat = self.earlier(&key, Some(found.payee), &request_id).is_some();
        let is_last = found.left == if is_repeat { Amount::ZERO } else { amount };
        let owed = self.owed_to_sponsor(original, found.voucher.filter(|_| is_last));
        // The refund stands when a repeat of it comes too late to give the campaign its part.
        if let Some((_, part)) = owed.filter(|_| !is_repeat) {
            self.check_has(found.payee, amount, part)?;
        }
        let order = PaymentOrder {
            id,
            request_id,
            payer: found.payee,
            payee: Ok(found.to),
            alias: content,
            amount: Ok(amount),
            remark,
            details: details.boxed(),
        };
        let slot = self.pay(order, now)?;
        let is_taken = self.payments[slot].state != PaymentState::Rejected;
        if let Some((campaign, part)) = owed.filter(|_| is_taken)
            && self.can_give(found.payee, part)
        {
            self.refund_sponsor(id, original, (found.payee, campaign, part), now)?;
        }
        Ok(slot)
    }

    /// The campaign of a payment and what the payee still owes it. With the last of the payer's part
    /// that goes back, too: kept, it would be the payee's for nothing. A repeat of the refund sends
    /// again what was refused.
    fn owed_to_sponsor(
        &self,
        original: PaymentId,
        voucher: Option<Voucher>,
    ) -> Option<(WalletNumber, Amount)> {
        let campaign = voucher?.campaign;
        let left = self.refundable_to(original, campaign).ok()?.left;
        (left > Amount::ZERO).then_some((campaign, left))
    }

    /// Gives the part of a campaign back to it. The payment is named after the refund that it goes
    /// with: the operators of the original know that one's id, and could use what follows from it
    /// first.
    fn refund_sponsor(
        &mut self,
        refund: PaymentId,
        original: PaymentId,
        (payer, campaign, part): (WalletNumber, WalletNumber, Amount),
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let mut ids = (0..).map(|attempt| PaymentId::of_reclaim(refund, None, attempt));
        let is_free =
            |id: &PaymentId| self.payments.find(*id).is_none() && self.is_name_free(payer, *id);
        let id = ids.find(is_free).unwrap_or_default();
        let details = Details {
            purpose: Some(Purpose::Refund),
            refund_of: Some(original),
            ..Details::default()
        };
        let order = PaymentOrder {
            id,
            request_id: RequestId::Uuid(id.0),
            payer,
            payee: Ok(campaign),
            alias: None,
            amount: Ok(part),
            remark: None,
            details: details.boxed(),
        };
        self.pay(order, now).map(drop)
    }

    /// Whether a wallet can pay a sum at all: a repeat from one that cannot leaves no rows behind.
    fn can_give(&self, wallet: WalletNumber, amount: Amount) -> bool {
        let may_pay = |slot| self.check_may_pay(slot).is_ok();
        self.check_has(wallet, amount, Amount::ZERO).is_ok()
            && self.wallets.slot_of(wallet).is_some_and(may_pay)
    }

    /// Whether a wallet has two sums of its own, the second of which must not fail after the first.
    fn check_has(
        &self,
        wallet: WalletNumber,
        one: Amount,
        other: Amount,
    ) -> Result<(), OperatorError> {
        let slot = self.known(wallet)?;
        let available = self.own_funds(slot);
        let requested = one.checked_add(other).unwrap_or(Amount::MAX);
        if requested <= available {
            return Ok(());
        }
        Err(OperatorError::InsufficientFunds { wallet, available, requested })
    }

    /// What an earlier request of this name gave back: a repeat that names no amount means that
    /// one, and not what is left after it.
    fn refunded_by(
        &self,
        payer: WalletNumber,
        request_id: &RequestId,
        original: PaymentId,
    ) -> Option<Amount> {
        let key = RequestKey::new(payer, request_id);
        let RequestRef::Payment(slot) = self.earlier(&key, Some(payer), request_id)? else {
            return None;
        };
        let payment = &self.payments[slot];
        (payment.refund_of() == Some(original)).then_some(payment.amount)
    }

    /// What was given back to the payer of a payment, as far as this operator knows; what is under way from its
    /// own wallets counts. Every answer about a payment shows it, so no record is looked up for it.
    pub fn refunded_to(&self, id: PaymentId, payer: WalletNumber) -> Amount {
        let part = (id, payer);
        self.refunds.given(part).max(self.refunds.received(part))
    }

    /// The same of a payment of which only the id is known.
    pub fn refunded(&self, id: PaymentId) -> Amount {
        let made = self.payment(id).map(|payment| self.payer_of(payment));
        let payer = made.or_else(|| Some(self.transfer(id)?.delivered.as_ref()?.payer));
        payer.map(|payer| self.refunded_to(id, payer)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
