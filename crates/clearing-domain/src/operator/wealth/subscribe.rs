//! A subscription: the holder pays the provider, at the holder's operator.

use crate::details::{Details, ProductCode, Purpose, WealthPart};
use crate::money::{Amount, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::error::OperatorError;
use super::super::pay::{Origin, PaymentOrder};
use super::super::requests::RequestRef;
use super::super::slot::PaymentSlot;

/// A subscription to a product of a provider anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionOrder {
    /// The id of the payment.
    pub id: PaymentId,
    /// The holder's name for the request.
    pub request_id: RequestId,
    /// The wallet that pays, and is paid back.
    pub holder: WalletNumber,
    /// The wallet of the provider.
    pub provider: WalletNumber,
    /// The product.
    pub product: ProductCode,
    /// How much.
    pub amount: Amount,
}

impl OperatorLedger {
    /// Pays a subscription. A repeat finds its payment, also when the wallet is of another class
    /// since. What the product does not allow is refused by the operator of the provider.
    pub fn subscribe(
        &mut self,
        order: SubscriptionOrder,
        now: Timestamp,
    ) -> Result<PaymentSlot, OperatorError> {
        let SubscriptionOrder { id, request_id, holder, provider, product, amount } = order;
        let class =
            self.earlier_class(holder, &request_id).unwrap_or_else(|| self.class_of(holder));
        let part = WealthPart::Subscription { product, class };
        let order = PaymentOrder {
            id,
            request_id,
            payer: holder,
            payee: Ok(provider),
            alias: None,
            amount: Ok(amount),
            remark: None,
            details: of_part(part),
        };
        self.pay_as(Origin::Subscription, order, now)
    }

    pub(super) fn class_of(&self, wallet: WalletNumber) -> u8 {
        self.wallet(wallet).map_or(0, |wallet| wallet.class.get())
    }

    /// The class that an earlier subscription of a request named.
    fn earlier_class(&self, holder: WalletNumber, request_id: &RequestId) -> Option<u8> {
        let key = RequestKey::new(holder, request_id);
        let earlier = self.earlier(&key, Some(holder), request_id)?;
        let RequestRef::Payment(slot) = earlier else { return None };
        match self.payments[slot].details()?.wealth? {
            WealthPart::Subscription { class, .. } => Some(class),
            WealthPart::Redemption(_) => None,
        }
    }
}

/// The details of a payment that is a part of a wealth product.
pub(super) fn of_part(part: WealthPart) -> Option<Box<Details>> {
    let purpose = Some(Purpose::WealthProduct);
    Details { purpose, wealth: Some(part), ..Details::default() }.boxed()
}
