//! Refund: a payee gives a payment back, whole or in part, by a payment of its own.

use crate::Reason;
use crate::details::{Details, Purpose};
use crate::money::{Amount, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber};

use super::OperatorLedger;
use super::error::OperatorError;
use super::pay::PaymentOrder;
use super::requests::RequestRef;
use super::slot::PaymentSlot;

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
        let order = PaymentOrder {
            id,
            request_id,
            payer: found.payee,
            payee: Ok(found.payer),
            alias: None,
            amount: Ok(amount),
            remark,
            details: details.boxed(),
        };
        self.pay(order, now)
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

    /// What was given back of a payment, as far as this operator knows; what is under way from its
    /// own wallets counts.
    pub fn refunded(&self, id: PaymentId) -> Amount {
        let given = self.refunds.given(id);
        if given > Amount::ZERO { given } else { self.refunds.received(id) }
    }
}

#[cfg(test)]
mod tests;
