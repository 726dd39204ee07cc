//! Payments that were decided on before: no limit and no rule stops them any more.

use crate::money::{Amount, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::credit::Credit;
use super::super::slot::GrantSlot;
use super::{CheckedOrder, PaymentOrder};

impl OperatorLedger {
    /// Pays what a voucher promised, or its loss, out of a wallet that was found to have it. What a
    /// payee of this operator cannot take is refused; neither limits nor a parent's rules stop it any
    /// more, as the voucher was decided on.
    pub(in super::super) fn pay_offline(
        &mut self,
        (payer, id): (WalletNumber, PaymentId),
        (payee, amount): (WalletNumber, Amount),
        now: Timestamp,
    ) {
        let Some(slot) = self.wallets.slot_of(payer) else { return };
        let request_id = RequestId::Uuid(id.0);
        let checked = CheckedOrder {
            id,
            key: RequestKey::new(payer, &request_id),
            payer: slot,
            payee,
            amount,
            rest: amount,
            voucher: None,
            grants: Vec::new(),
            merchant: None,
            release: None,
            submitted_at: now,
        };
        let order = PaymentOrder {
            id,
            request_id,
            payer,
            payee: Ok(payee),
            alias: None,
            amount: Ok(amount),
            remark: None,
            details: None,
        };
        let credit = Credit { payer, payee, amount, submitted_at: now, details: None };
        let refused = self.is_on_us(payee).then(|| self.check_credit(&credit).err()).flatten();
        self.record(checked, order, refused);
    }

    /// Sends earmarked money back where it came from, whatever became of the wallet.
    pub(in super::super) fn send_back(
        &mut self,
        order: PaymentOrder,
        (payee, amount): (WalletNumber, Amount),
        part: (GrantSlot, Amount),
        now: Timestamp,
    ) {
        let Some(payer) = self.wallets.slot_of(order.payer) else { return };
        let checked = CheckedOrder {
            id: order.id,
            key: RequestKey::new(order.payer, &order.request_id),
            payer,
            payee,
            amount,
            rest: amount,
            voucher: None,
            grants: vec![part],
            merchant: None,
            release: None,
            submitted_at: now,
        };
        self.record(checked, order, None);
    }
}
