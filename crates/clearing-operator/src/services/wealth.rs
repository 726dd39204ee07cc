//! WealthService: wealth products of this operator's providers, and subscriptions of its wallets.

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::wealth_service_server::WealthService;
use clearing_domain::details::ProductCode;
use clearing_domain::money::{PaymentId, RequestId, RequestKey, Timestamp, WalletNumber};
use clearing_domain::operator::{
    OperatorError, OperatorLedger, Product, RedemptionOrder, SubscriptionOrder,
};
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::payment::Payments;
use crate::node::Node;
use crate::wealth_orders as convert;

/// Serves the wealth products of an operator's providers.
#[derive(Clone, Debug)]
pub(crate) struct WealthProducts(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

/// Names the wallet of a provider in an error.
fn of_provider(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    let is_wallet = error.field == "wallet_number";
    FieldError { field: if is_wallet { "provider_wallet" } else { error.field }, ..error }
}

/// Names the redemption in an error about a wallet that its payment has: the request names no wallet.
fn of_redemption(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    let is_wallet = matches!(error.field, "wallet_number" | "payer_wallet" | "payee_wallet");
    FieldError { field: if is_wallet { "redemption_id" } else { error.field }, ..error }
}

/// Names the wallet of a holder in an error.
fn of_holder(error: FieldError) -> FieldError {
    let field = match error.field {
        "wallet_number" | "payer_wallet" => "holder_wallet",
        "payee_wallet" => "provider_wallet",
        field => field,
    };
    FieldError { field, ..error }
}

/// Reads which product a request is about.
fn product_key(wallet: &str, code: &str) -> Result<(WalletNumber, ProductCode), FieldError> {
    Ok((text::wallet_number("provider_wallet", wallet)?, convert::product_code(code)?))
}

impl WealthProducts {
    /// The identity of a subscription: one that follows from its request under lockstep, where it
    /// must be the same in every run.
    fn subscription_id(&self, holder: WalletNumber, request_id: &RequestId) -> PaymentId {
        if self.0.settings.lockstep.is_some() {
            return PaymentId::of_subscription(RequestKey::new(holder, request_id));
        }
        Node::new_payment_id()
    }
}

#[tonic::async_trait]
impl WealthService for WealthProducts {
    async fn define_product(
        &self,
        request: Request<v1::DefineProductRequest>,
    ) -> Answer<v1::DefineProductResponse> {
        let order = convert::product_order(&request.into_inner().terms.unwrap_or_default())?;
        let (provider, code) = (order.provider, order.product);
        let define = move |ledger: &mut OperatorLedger, now| {
            Ok(match ledger.define_product(order, now).map_err(of_provider) {
                Ok(()) => Ok(convert::product(ledger.wealth_product(provider, code)?)),
                Err(error) => Err(error),
            })
        };
        let product = Some(self.0.change(define).await??);
        Ok(Response::new(v1::DefineProductResponse { product }))
    }

    async fn get_product(
        &self,
        request: Request<v1::GetProductRequest>,
    ) -> Answer<v1::GetProductResponse> {
        let request = request.into_inner();
        let (provider, code) = product_key(&request.provider_wallet, &request.product_code)?;
        let read = move |ledger: &OperatorLedger, _| {
            ledger.wealth_product(provider, code).map(convert::product)
        };
        let product = Some(self.0.read(read).await?.map_err(FieldError::from)?);
        Ok(Response::new(v1::GetProductResponse { product }))
    }

    async fn list_products(
        &self,
        request: Request<v1::ListProductsRequest>,
    ) -> Answer<v1::ListProductsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let provider = text::wallet_number("provider_wallet", &request.provider_wallet)?;
        let list = move |ledger: &OperatorLedger, _| {
            ledger.wallet(provider)?;
            let listed = ledger.wealth().of_provider(provider, page.start);
            let show = |product: &Product| convert::product(product);
            Some(page.take_placed(listed, show, v1::Product::encoded_len))
        };
        let listed = self.0.read(list).await?;
        let unknown = || of_provider(OperatorError::WalletUnknown(provider));
        let (products, next_page_token) = listed.ok_or_else(unknown)?;
        Ok(Response::new(v1::ListProductsResponse { products, next_page_token }))
    }

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Answer<v1::SubscribeResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let holder = text::wallet_number("holder_wallet", &request.holder_wallet)?;
        let (provider, product) = product_key(&request.provider_wallet, &request.product_code)?;
        let order = SubscriptionOrder {
            id: self.subscription_id(holder, &request_id),
            request_id,
            holder,
            provider,
            product,
            amount: text::positive_amount("amount", &request.amount)?,
        };
        let paid = Payments(self.0.clone()).subscribe(order, request.wait_ms).await?;
        let payment = Some(paid.map_err(of_holder)?.into());
        Ok(Response::new(v1::SubscribeResponse { payment }))
    }

    async fn get_holding(
        &self,
        request: Request<v1::GetHoldingRequest>,
    ) -> Answer<v1::GetHoldingResponse> {
        let request = request.into_inner();
        let (provider, product) = product_key(&request.provider_wallet, &request.product_code)?;
        let holder = text::wallet_number("holder_wallet", &request.holder_wallet)?;
        let read = move |ledger: &OperatorLedger, now: Timestamp| {
            let found = ledger.holding(provider, product, holder)?;
            Ok::<_, OperatorError>(convert::whole_holding(ledger, found, now.date()))
        };
        let holding = Some(self.0.read(read).await?.map_err(FieldError::from)?);
        Ok(Response::new(v1::GetHoldingResponse { holding }))
    }

    async fn list_holdings(
        &self,
        request: Request<v1::ListHoldingsRequest>,
    ) -> Answer<v1::ListHoldingsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let (provider, code) = product_key(&request.provider_wallet, &request.product_code)?;
        let list = move |ledger: &OperatorLedger, now: Timestamp| {
            let product = ledger.wealth_product(provider, code)?;
            let listed = ledger.wealth().holdings_of(product, page.start);
            let show = |found: &_| convert::holding(ledger, (product, found), now.date());
            Ok::<_, OperatorError>(page.take_placed(listed, show, v1::Holding::encoded_len))
        };
        let listed = self.0.read(list).await?;
        let (holdings, next_page_token) = listed.map_err(FieldError::from)?;
        Ok(Response::new(v1::ListHoldingsResponse { holdings, next_page_token }))
    }

    async fn redeem(&self, request: Request<v1::RedeemRequest>) -> Answer<v1::RedeemResponse> {
        let request = request.into_inner();
        let (provider, product) = product_key(&request.provider_wallet, &request.product_code)?;
        let order = RedemptionOrder {
            request_id: text::request_id(&request.request_id)?,
            provider,
            product,
            holder: text::wallet_number("holder_wallet", &request.holder_wallet)?,
            principal: convert::part(&request.amount)?,
            // Under lockstep the ids of payments are the same in every run.
            salt: self.0.settings.lockstep.is_none().then(rand::random),
        };
        let redeem = move |ledger: &mut OperatorLedger, now: Timestamp| {
            let redemption = ledger.redeem_wealth(order, now)?;
            convert::redemption_of(ledger, redemption, now.date())
        };
        let redemption = Some(self.0.change(redeem).await?);
        Ok(Response::new(v1::RedeemResponse { redemption }))
    }

    async fn get_wealth_redemption(
        &self,
        request: Request<v1::GetWealthRedemptionRequest>,
    ) -> Answer<v1::GetWealthRedemptionResponse> {
        let id = convert::redemption_id(&request.into_inner().redemption_id)?;
        let read = move |ledger: &OperatorLedger, now: Timestamp| {
            convert::redemption_of(ledger, id, now.date())
        };
        let redemption = Some(self.0.read(read).await?.map_err(FieldError::from)?);
        Ok(Response::new(v1::GetWealthRedemptionResponse { redemption }))
    }

    async fn pay_wealth_redemption(
        &self,
        request: Request<v1::PayWealthRedemptionRequest>,
    ) -> Answer<v1::PayWealthRedemptionResponse> {
        let id = convert::redemption_id(&request.into_inner().redemption_id)?;
        let pay = move |ledger: &mut OperatorLedger, now: Timestamp| {
            Ok(match ledger.pay_redemption(id, now).map_err(of_redemption) {
                Ok(_) => Ok(convert::redemption_of(ledger, id, now.date())?),
                Err(error) => Err(error),
            })
        };
        let redemption = Some(self.0.change(pay).await??);
        Ok(Response::new(v1::PayWealthRedemptionResponse { redemption }))
    }

    async fn cancel_wealth_redemption(
        &self,
        request: Request<v1::CancelWealthRedemptionRequest>,
    ) -> Answer<v1::CancelWealthRedemptionResponse> {
        let id = convert::redemption_id(&request.into_inner().redemption_id)?;
        let cancel = move |ledger: &mut OperatorLedger, now: Timestamp| {
            ledger.cancel_redemption(id, now)?;
            convert::redemption_of(ledger, id, now.date())
        };
        let redemption = Some(self.0.change(cancel).await?);
        Ok(Response::new(v1::CancelWealthRedemptionResponse { redemption }))
    }
}
