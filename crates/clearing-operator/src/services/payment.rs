//! PaymentService: payments of this operator's wallets, and the wait for their outcomes.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::payment_service_server::PaymentService;
use clearing_domain::Reason;
use clearing_domain::money::{PaymentId, Timestamp, WalletNumber};
use clearing_domain::operator::{
    ChargeOrder, OperatorError, OperatorLedger, Payment, PaymentOrder, PaymentSlot, RefundOrder,
    SubscriptionOrder,
};
use clearing_domain::slots::Slot;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use super::stream::payments_of_stream;
use crate::directory::unanswered;
use crate::merchants::LookUps;
use crate::node::{Node, payment_unknown, wallet_unknown};
use crate::orders::{order, payee_alias, payment_error, payment_outcome};
use crate::view::{PaymentView, campaign_part};
use crate::waiters::ItemOutcome;

/// How long a stopping process waits for the ends of payments before it answers with their present
/// states.
const STOPPING_WAITS: Duration = Duration::from_millis(500);

/// Serves the payments of an operator.
#[derive(Clone, Debug)]
pub(crate) struct Payments(pub(crate) Node);

/// The wallets that aliases name, or why the directory did not say.
type Resolved = HashMap<String, Result<WalletNumber, FieldError>>;
type Answer<T> = Result<Response<T>, Status>;
type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Payments {
    /// Reserves payments in one batch of the ledger and waits for their ends.
    pub(super) async fn pay(
        &self,
        payments: Vec<v1::NewPayment>,
        wait_ms: Option<u32>,
    ) -> Result<Vec<ItemOutcome>, Status> {
        let wait_ms = self.wait_ms(wait_ms)?;
        // Aliases are resolved before the ledger's thread takes over: it must not wait for a peer.
        let resolved = self.resolve(&payments).await;
        let orders: Vec<_> =
            payments.into_iter().map(|payment| self.read(payment, &resolved)).collect();
        let merchants = self.0.merchants_of(orders.iter().flatten()).await?;
        let take = move |order: Result<PaymentOrder, FieldError>,
                         ledger: &mut OperatorLedger,
                         at| take(ledger, order?, (&resolved, &merchants), at);
        self.submit(orders, take, wait_ms).await
    }

    /// Gives a payment back and waits for the end of the refund.
    async fn refund(&self, request: v1::RefundPaymentRequest) -> Result<ItemOutcome, Status> {
        let wait_ms = self.wait_ms(request.wait_ms)?;
        let amount = Some(request.amount.as_str()).filter(|text| !text.is_empty());
        let request_id = text::request_id(&request.request_id)?;
        let original = text::payment_id(&request.payment_id)?;
        let id = match self.0.settings.lockstep {
            // The central bank orders the payments of a tick by their ids.
            Some(_) => PaymentId::of_refund(original, &request_id),
            None => Node::new_payment_id(),
        };
        let order = RefundOrder {
            id,
            request_id,
            original,
            amount: amount.map(|text| text::positive_amount("amount", text)).transpose()?,
            remark: text::person_text("remark", &request.remark)?,
        };
        let take = |order, ledger: &mut OperatorLedger, at| {
            let slot = ledger.refund(order, at).map_err(of_payer)?;
            Ok(outgoing(ledger, slot))
        };
        let outcome = self.submit(vec![order], take, wait_ms).await?.pop();
        outcome.ok_or_else(|| Status::internal("a refund has no outcome"))
    }

    /// Pays a subscription to a wealth product and waits for the end of the payment.
    pub(super) async fn subscribe(
        &self,
        order: SubscriptionOrder,
        wait_ms: Option<u32>,
    ) -> Result<ItemOutcome, Status> {
        let wait_ms = self.wait_ms(wait_ms)?;
        let take = |order, ledger: &mut OperatorLedger, at| {
            let slot = ledger.subscribe(order, at)?;
            Ok(outgoing(ledger, slot))
        };
        let outcome = self.submit(vec![order], take, wait_ms).await?.pop();
        outcome.ok_or_else(|| Status::internal("a subscription has no outcome"))
    }

    /// Charges a payment code and waits for the end of the payment.
    pub(crate) async fn charge(
        &self,
        order: ChargeOrder,
        wait_ms: u32,
    ) -> Result<PaymentView, Status> {
        let wait_ms = self.wait_ms(Some(wait_ms))?;
        let take = |order, ledger: &mut OperatorLedger, at| {
            let slot = ledger.charge_payment_code(order, at)?;
            Ok(outgoing(ledger, slot))
        };
        let outcome = self.submit(vec![order], take, wait_ms).await?.pop();
        Ok(outcome.ok_or_else(|| Status::internal("a charge has no outcome"))??)
    }

    /// Takes orders in one batch of the ledger and waits for their ends.
    async fn submit<O: Send + 'static>(
        &self,
        orders: Vec<O>,
        take: impl Fn(O, &mut OperatorLedger, Timestamp) -> ItemOutcome + Send + 'static,
        wait_ms: u32,
    ) -> Result<Vec<ItemOutcome>, Status> {
        let waiters = self.0.waiters.clone();
        let taken = self.0.ledger.write(move |ledger, now| {
            let at = ledger.business_time(now);
            let outcomes: Vec<ItemOutcome> =
                orders.into_iter().map(|order| take(order, ledger, at)).collect();
            // Registered in the batch that records the payments: their outcomes come in later
            // batches, so none can be missed.
            if wait_ms == 0 { Err(outcomes) } else { Ok(waiters.register(outcomes)) }
        });
        let outcomes = match taken.await? {
            Ok((batch, done)) => self.0.waiters.outcomes(batch, done, self.enough(wait_ms)).await,
            Err(outcomes) => outcomes,
        };
        self.count_refusals(&outcomes);
        Ok(outcomes)
    }

    /// Counts payments that were not recorded, because too many of their wallet were refused.
    fn count_refusals(&self, outcomes: &[ItemOutcome]) {
        let error = |outcome: &&FieldError| outcome.reason == Reason::RefusedTooOften;
        for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).filter(error) {
            if let Some(left_out) = self.0.watching.refusals.payments.add() {
                tracing::warn!(left_out, "a payment was not taken: {error}");
            }
        }
    }

    /// Ends when the caller's time has passed, or a moment after the process began to stop, in
    /// which payments in flight may still end.
    async fn enough(&self, wait_ms: u32) {
        let mut stopping = self.0.stopping.clone();
        let stopped = async {
            stopping.requested().await;
            tokio::time::sleep(STOPPING_WAITS).await;
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait_ms.into())) => {}
            () = stopped => {}
        }
    }

    /// Under lockstep no payment ends before its tick does, so no caller waits.
    fn wait_ms(&self, wait_ms: Option<u32>) -> Result<u32, FieldError> {
        let wait_ms = text::wait_ms(wait_ms)?;
        Ok(if self.0.settings.lockstep.is_some() { 0 } else { wait_ms })
    }

    /// Asks the directory once for each alias of a batch, and no more when it does not answer.
    async fn resolve(&self, payments: &[v1::NewPayment]) -> Resolved {
        let mut resolved = Resolved::new();
        let mut away: Option<Status> = None;
        // A malformed alias is left to the item's own check, so that it refuses one item and not
        // the batch.
        for alias in payments.iter().filter_map(payee_alias) {
            if text::alias("payee_alias", alias).is_err() || resolved.contains_key(alias) {
                continue;
            }
            let answer = match &away {
                Some(status) => Err(status.clone()),
                None => self.0.directory.look_up(alias).await,
            };
            let wallet = match answer {
                Ok(None) => continue,
                Ok(Some(wallet)) => Ok(wallet),
                Err(status) => {
                    let error = unanswered("payee_alias", &alias, &status);
                    away = Some(status);
                    Err(error)
                }
            };
            resolved.insert(alias.to_owned(), wallet);
        }
        resolved
    }

    fn read(
        &self,
        payment: v1::NewPayment,
        resolved: &Resolved,
    ) -> Result<PaymentOrder, FieldError> {
        let found = payee_alias(&payment).and_then(|alias| resolved.get(alias));
        let wallet = found.and_then(|found| found.as_ref().ok().copied());
        order(payment, Node::new_payment_id(), wallet, &self.0.keys.own)
    }
}

fn take(
    ledger: &mut OperatorLedger,
    order: PaymentOrder,
    (resolved, merchants): (&Resolved, &LookUps),
    at: Timestamp,
) -> ItemOutcome {
    let merchant = merchants.traits_for(&order, ledger)?;
    // The ledger answers a repeat from its record before it looks at the alias. What it refuses is
    // a new order, whose alias may be linked although the directory did not say so.
    let refuse = |error| {
        let alias =
            if let OperatorError::AliasUnknown(alias) = &error { Some(alias) } else { None };
        match alias.and_then(|alias| resolved.get(alias)) {
            Some(Err(unanswered)) => unanswered.clone(),
            Some(Ok(_)) | None => of_payer(error),
        }
    };
    let slot = ledger.pay_merchant(order, merchant, at).map_err(refuse)?;
    Ok(outgoing(ledger, slot))
}

fn outgoing(ledger: &OperatorLedger, slot: PaymentSlot) -> PaymentView {
    shown(ledger, &ledger.payments()[slot])
}

fn shown(ledger: &OperatorLedger, payment: &Payment) -> PaymentView {
    let payer = ledger.payer_of(payment);
    let refunded = ledger.refunded_to(payment.id, payer);
    PaymentView { refunded, ..PaymentView::outgoing(payment, payer) }
}

/// Names the payer's wallet in an error: an unknown payee's wallet is not an error but an outcome
/// of the payment.
fn of_payer(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    if error.field == "wallet_number" {
        FieldError { field: "payer_wallet", ..error }
    } else {
        error
    }
}

/// A page of the payments of an operator, or of one payer. The payments before the page are not
/// read, because this runs on the ledger's thread.
fn list(
    ledger: &OperatorLedger,
    payer: Option<WalletNumber>,
    page: &Page,
) -> Result<(Vec<PaymentView>, String), FieldError> {
    let view = |payment: &Payment| shown(ledger, payment);
    let Some(payer) = payer else {
        let first = PaymentSlot::from_place(page.start);
        let all = (page.start..).zip(ledger.payments().iter_from(first));
        return Ok(page.take_placed(all, view, view_bytes));
    };
    if ledger.wallet(payer).is_none() {
        return Err(of_payer(OperatorError::WalletUnknown(payer)));
    }
    let first = page.place().map(PaymentSlot::from_place);
    let own = ledger.payments_of(payer, first).ok_or_else(|| page.foreign())?;
    let own = own.map(|(slot, payment)| (slot.place(), payment));
    Ok(page.take_placed(own, view, view_bytes))
}

/// The approximate size of a payment's message.
fn view_bytes(view: &PaymentView) -> usize {
    512 + view.remark.as_ref().map_or(0, |remark| remark.len())
}

/// Outcomes as messages, in order.
pub(super) fn messages(outcomes: Vec<ItemOutcome>) -> Vec<v1::PaymentOutcome> {
    let message = |outcome: ItemOutcome| outcome.map_or_else(payment_error, payment_outcome);
    outcomes.into_iter().map(message).collect()
}

#[tonic::async_trait]
impl PaymentService for Payments {
    type StreamPaymentsStream = Streamed<v1::StreamPaymentsResponse>;
    type WatchPaymentsStream = Streamed<v1::WatchPaymentsResponse>;

    async fn create_payment(
        &self,
        request: Request<v1::CreatePaymentRequest>,
    ) -> Answer<v1::CreatePaymentResponse> {
        let request = request.into_inner();
        let payment = request.payment.unwrap_or_default();
        let outcome = self.pay(vec![payment], request.wait_ms).await?.pop();
        let payment = outcome.transpose()?.map(Into::into);
        Ok(Response::new(v1::CreatePaymentResponse { payment }))
    }

    async fn refund_payment(
        &self,
        request: Request<v1::RefundPaymentRequest>,
    ) -> Answer<v1::RefundPaymentResponse> {
        let payment = Some(self.refund(request.into_inner()).await??.into());
        Ok(Response::new(v1::RefundPaymentResponse { payment }))
    }

    async fn create_payments(
        &self,
        request: Request<v1::CreatePaymentsRequest>,
    ) -> Answer<v1::CreatePaymentsResponse> {
        let request = request.into_inner();
        text::batch_size("payments", request.payments.len())?;
        let outcomes = self.pay(request.payments, request.wait_ms).await?;
        Ok(Response::new(v1::CreatePaymentsResponse { outcomes: messages(outcomes) }))
    }

    async fn stream_payments(
        &self,
        request: Request<Streaming<v1::StreamPaymentsRequest>>,
    ) -> Answer<Self::StreamPaymentsStream> {
        Ok(Response::new(Box::pin(payments_of_stream(self.clone(), request.into_inner()))))
    }

    async fn get_payment(
        &self,
        request: Request<v1::GetPaymentRequest>,
    ) -> Answer<v1::GetPaymentResponse> {
        let id = text::payment_id(&request.into_inner().payment_id)?;
        let find = move |ledger: &OperatorLedger, _| {
            (PaymentView::find(ledger, id), ledger.funding(id).copied())
        };
        let (payment, funding) = self.0.read(find).await?;
        if payment.is_none() && funding.is_none() {
            return Err(payment_unknown(id));
        }
        Ok(Response::new(v1::GetPaymentResponse {
            payment: payment.map(Into::into),
            campaign_part: funding.as_ref().map(campaign_part),
        }))
    }

    async fn list_payments(
        &self,
        request: Request<v1::ListPaymentsRequest>,
    ) -> Answer<v1::ListPaymentsResponse> {
        let request = request.into_inner();
        let page = Page::read(request.page_size, &request.page_token)?;
        let number = Some(&request.payer_wallet).filter(|text| !text.is_empty());
        let number = number.map(|text| text::wallet_number("payer_wallet", text)).transpose()?;
        let list = move |ledger: &OperatorLedger, _| list(ledger, number, &page);
        let (payments, next_page_token) = self.0.read(list).await??;
        let payments = payments.into_iter().map(Into::into).collect();
        Ok(Response::new(v1::ListPaymentsResponse { payments, next_page_token }))
    }

    async fn watch_payments(
        &self,
        request: Request<v1::WatchPaymentsRequest>,
    ) -> Answer<Self::WatchPaymentsStream> {
        let number = request.into_inner().wallet_number;
        let number = Some(number).filter(|text| !text.is_empty());
        let number = number.map(|text| text::wallet_number("wallet_number", &text)).transpose()?;
        if let Some(number) = number
            && !self.0.read(move |ledger, _| ledger.wallet(number).is_some()).await?
        {
            return Err(wallet_unknown(number));
        }
        // Only now a place of the subscribers is used: a request for an unknown wallet uses none.
        let changes = self.0.watching.changes.subscribe(number)?;
        let changes = changes.map(|payment| {
            payment.map(|payment| v1::WatchPaymentsResponse { payment: Some(payment) })
        });
        Ok(Response::new(Box::pin(changes)))
    }
}
