//! The orders about wealth products as calls to the operators; every one of them can be repeated.

use clearing_api::v1;
use clearing_api::v1::wealth_service_client::WealthServiceClient;
use clearing_domain::Reason;
use clearing_domain::money::Amount;
use clearing_domain::operator::{ProductOrder, RedemptionOrder, SubscriptionOrder};
use tonic::transport::Channel;

use super::super::actions::{Acted, WealthOrder};
use super::actions::{Operator, REASON_PREFIX};
use super::calls::StepError;

impl Operator {
    fn wealth_products(&self) -> WealthServiceClient<Channel> {
        WealthServiceClient::new(self.channel.clone())
    }

    /// Does something about a wealth product.
    pub(super) async fn wealth(&self, order: &WealthOrder) -> Result<Acted, StepError> {
        match order {
            WealthOrder::Define(order) => self.define_product(order).await,
            WealthOrder::Subscribe(order) => self.subscribe(order).await,
            WealthOrder::Redeem(order) => self.redeem(order).await,
        }
    }

    async fn define_product(&self, order: &ProductOrder) -> Result<Acted, StepError> {
        let terms = v1::ProductTerms {
            provider_wallet: order.provider.to_string(),
            product_code: order.product.to_string(),
            name: order.name.to_string(),
            rate_ppm: order.terms.rate.millionths(),
            subscription_min: order.terms.minimum.to_string(),
            total_max: order.terms.maximum.to_string(),
            redemption_days: order.terms.redemption_days,
        };
        let request = v1::DefineProductRequest { terms: Some(terms) };
        let defined = self.wealth_products().define_product(request).await;
        Ok(self.heard("DefineProduct", defined)?.map(|_| Amount::ZERO))
    }

    async fn subscribe(&self, order: &SubscriptionOrder) -> Result<Acted, StepError> {
        let request = v1::SubscribeRequest {
            request_id: order.request_id.to_string(),
            holder_wallet: order.holder.to_string(),
            provider_wallet: order.provider.to_string(),
            product_code: order.product.to_string(),
            amount: order.amount.to_string(),
            wait_ms: Some(0),
        };
        let subscribed = self.wealth_products().subscribe(request).await;
        let payment = match self.heard("Subscribe", subscribed)? {
            Ok(subscribed) => subscribed.payment.unwrap_or_default(),
            Err(reason) => return Ok(Err(reason)),
        };
        let name = payment.reason().as_str_name();
        let reason = name.strip_prefix(REASON_PREFIX).and_then(Reason::from_name);
        match reason {
            Some(reason) => Ok(Err(reason)),
            None => Ok(Ok(self.amount(&payment.amount)?)),
        }
    }

    async fn redeem(&self, order: &RedemptionOrder) -> Result<Acted, StepError> {
        let request = v1::RedeemRequest {
            request_id: order.request_id.to_string(),
            provider_wallet: order.provider.to_string(),
            product_code: order.product.to_string(),
            holder_wallet: order.holder.to_string(),
            amount: order.principal.map(|sum| sum.to_string()).unwrap_or_default(),
        };
        let redeemed = self.heard("Redeem", self.wealth_products().redeem(request).await)?;
        let found = match redeemed {
            Ok(redeemed) => redeemed.redemption.unwrap_or_default(),
            Err(reason) => return Ok(Err(reason)),
        };
        let (principal, earned) = (self.amount(&found.principal)?, self.amount(&found.r#yield)?);
        Ok(Ok(principal.checked_add(earned).unwrap_or_default()))
    }
}
