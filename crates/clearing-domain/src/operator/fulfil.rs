//! What credits fulfil: bills that they pay, and payments that they give back.

use crate::details::{BillReference, Details};
use crate::money::{Amount, PaymentId, WalletNumber};

use super::OperatorLedger;
use super::bills::BillState;
use super::refunds::Refunds;
use super::slot::{InboundSlot, PaymentSlot};

/// What a credit fulfils.
pub(super) struct Promise {
    id: PaymentId,
    payee: WalletNumber,
    amount: Amount,
    bill: Option<BillReference>,
    refund_of: Option<PaymentId>,
}

impl Promise {
    pub(super) fn of(
        id: PaymentId,
        payee: WalletNumber,
        amount: Amount,
        details: &Details,
    ) -> Self {
        let Details { bill, refund_of, .. } = details;
        let amount = Details::payers_part(Some(details), amount);
        Self { id, payee, amount, bill: bill.clone(), refund_of: *refund_of }
    }
}

/// What follows for bills and refunds.
impl OperatorLedger {
    pub(super) fn promise_of(&self, slot: InboundSlot) -> Option<Promise> {
        let inbound = &self.inbound[slot];
        let delivered = inbound.delivered.as_ref()?;
        let details = delivered.details.as_deref()?;
        Some(Promise::of(inbound.id, delivered.payee, delivered.amount, details))
    }

    /// A credit is there, or room is held for it.
    pub(super) fn credit_arrives(
        &mut self,
        promise: Option<Promise>,
        state: fn(PaymentId) -> BillState,
    ) {
        let Some(promise) = promise else { return };
        if let Some(bill) = &promise.bill {
            self.bills.set(promise.payee, bill, state(promise.id));
        }
        if let Some(original) = promise.refund_of {
            let received = |refunds: &mut Refunds, of| refunds.receive(of, promise.amount);
            self.change_received((original, promise.payee), received);
        }
    }

    /// What room was held for has come.
    pub(super) fn bill_is_paid(&mut self, slot: InboundSlot) {
        if let Some(Promise { id, payee, bill: Some(bill), .. }) = self.promise_of(slot) {
            self.bills.set(payee, &bill, BillState::Paid(id));
        }
    }

    /// What room was held for does not come.
    pub(super) fn credit_given_up(&mut self, slot: InboundSlot) {
        let Some(promise) = self.promise_of(slot) else { return };
        if let Some(bill) = &promise.bill {
            self.bills.set(promise.payee, bill, BillState::Open);
        }
        if let Some(original) = promise.refund_of {
            let given_up = |refunds: &mut Refunds, of| refunds.give_up(of, promise.amount);
            self.change_received((original, promise.payee), given_up);
        }
    }

    /// A payment that gives another back has left its wallet.
    pub(super) fn refund_leaves(&mut self, slot: PaymentSlot) {
        let payment = &self.payments[slot];
        if let Some(original) = payment.refund_of() {
            self.refunds.begin((original, payment.payee), payment.amount);
        }
    }

    /// A payment that gives another back is final, or came back itself.
    pub(super) fn refund_ends(&mut self, slot: PaymentSlot, arrived: bool) {
        let payment = &self.payments[slot];
        let Some(original) = payment.refund_of() else { return };
        if !arrived {
            return self.refunds.undo((original, payment.payee), payment.amount);
        }
        let to = payment.payee;
        let done = self.refunds.complete((original, to), payment.amount);
        let all = self.refundable(original).is_ok_and(|paid| (paid.to, paid.amount) == (to, done));
        if let Some((biller, bill)) = self.bill_paid_by(original).filter(|_| all) {
            self.bills.set(biller, &bill, BillState::Refunded(original));
        }
    }

    /// The bill that a payment to a wallet of this operator has paid.
    fn bill_paid_by(&self, id: PaymentId) -> Option<(WalletNumber, BillReference)> {
        let own = self.payments.find(id).filter(|slot| !self.payments[*slot].crosses());
        let promise = match own {
            Some(slot) => {
                let payment = &self.payments[slot];
                Promise::of(id, payment.payee, payment.amount, payment.details()?)
            }
            None => self.promise_of(self.inbound.find(id)?)?,
        };
        Some((promise.payee, promise.bill?))
    }
}
