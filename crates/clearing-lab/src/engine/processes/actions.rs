//! The orders of actions as calls to the operators; every one of them can be repeated.

use clearing_api::enums::WireEnum as _;
use clearing_api::status::reason_of;
use clearing_api::text;
use clearing_api::v1;
use clearing_api::v1::bill_outcome::Outcome;
use clearing_api::v1::bill_service_client::BillServiceClient;
use clearing_api::v1::payment_service_client::PaymentServiceClient;
use clearing_api::v1::wallet_profile_service_client::WalletProfileServiceClient;
use clearing_api::v1::wallet_service_client::WalletServiceClient;
use clearing_domain::Reason;
use clearing_domain::money::{Amount, WalletNumber};
use clearing_domain::operator::BillOrder;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};

use super::super::actions::{Acted, Binding, Order};
use super::calls::{Peers, StepError};
use clearing_cluster::call::CallError;
use clearing_cluster::cluster::Member;

/// What the names of reasons begin with in messages.
pub(super) const REASON_PREFIX: &str = "ERROR_REASON_";
/// The most items of one call.
const ITEMS_MAX: usize = 1000;

/// An operator that orders go to.
pub(super) struct Operator {
    pub(super) member: Member,
    pub(super) channel: Channel,
}

impl Peers {
    /// What a wallet holds.
    pub(super) async fn balance(
        &self,
        place: usize,
        wallet: WalletNumber,
    ) -> Result<Amount, StepError> {
        let operator = self.operator(place);
        let mut client = WalletServiceClient::new(operator.channel.clone());
        let request = v1::GetWalletRequest { wallet_number: wallet.to_string() };
        let found = client.get_wallet(request).await;
        let found = found.map_err(CallError::of(operator.member, "GetWallet"))?.into_inner();
        operator.amount(&found.wallet.unwrap_or_default().balance)
    }

    /// Carries out orders, in their order.
    pub(super) async fn act(
        &self,
        place: usize,
        orders: &[Order],
    ) -> Result<Vec<Acted>, StepError> {
        let operator = self.operator(place);
        let mut acted = Vec::with_capacity(orders.len());
        for orders in orders.chunk_by(|one, other| {
            Batch::of(one).is_some_and(|batch| Some(batch) == Batch::of(other))
        }) {
            for orders in orders.chunks(ITEMS_MAX) {
                acted.extend(operator.carry_out_all(orders).await?);
            }
        }
        Ok(acted)
    }

    fn operator(&self, place: usize) -> Operator {
        let (member, channel) = &self.operators[place];
        Operator { member: *member, channel: channel.clone() }
    }
}

/// What orders have in common that one call carries out.
#[derive(PartialEq)]
enum Batch {
    Bills,
    Registrations(WalletNumber),
    Claims(WalletNumber),
    Vouchers,
}

impl Batch {
    fn of(order: &Order) -> Option<Self> {
        match order {
            Order::PublishBill(_) => Some(Self::Bills),
            Order::Register(one) => Some(Self::Registrations(one.campaign)),
            Order::Claim(one) => Some(Self::Claims(one.campaign)),
            Order::Upload(_) => Some(Self::Vouchers),
            Order::CancelBill { .. }
            | Order::IssueCard(_)
            | Order::LoadCard { .. }
            | Order::ReportLost(_)
            | Order::Refund { .. }
            | Order::ExchangeBack { .. }
            | Order::SweepToTreasury { .. }
            | Order::RegisterMerchant { .. }
            | Order::CreateCampaign(_)
            | Order::Draw { .. }
            | Order::CloseCampaign { .. }
            | Order::Contract(_)
            | Order::Loan(_)
            | Order::Wealth(_)
            | Order::PayPayroll(_)
            | Order::SuspendMerchant { .. }
            | Order::BindFrontEnd(_) => None,
        }
    }
}

impl Operator {
    /// Carries out orders of one batch, or a single one that is of none.
    async fn carry_out_all(&self, orders: &[Order]) -> Result<Vec<Acted>, StepError> {
        match orders.first().and_then(Batch::of) {
            Some(Batch::Bills) => self.publish(orders).await,
            Some(Batch::Registrations(_)) => self.register(orders).await,
            Some(Batch::Claims(_)) => self.claim(orders).await,
            Some(Batch::Vouchers) => self.upload(orders).await,
            None => {
                let mut acted = Vec::new();
                for order in orders {
                    acted.push(self.carry_out(order).await?);
                }
                Ok(acted)
            }
        }
    }

    async fn publish(&self, orders: &[Order]) -> Result<Vec<Acted>, StepError> {
        let bills: Vec<_> = orders.iter().filter_map(new_bill).collect();
        let mut client = BillServiceClient::new(self.channel.clone());
        let published = client.publish_bills(v1::PublishBillsRequest { bills }).await;
        let published = published.map_err(CallError::of(self.member, "PublishBills"))?;
        let outcomes = published.into_inner().outcomes.into_iter();
        outcomes.map(|outcome| self.published(outcome)).collect()
    }

    fn published(&self, outcome: v1::BillOutcome) -> Result<Acted, StepError> {
        match outcome.outcome {
            Some(Outcome::Bill(bill)) => Ok(Ok(self.amount(&bill.amount)?)),
            Some(Outcome::Error(error)) => self.refused(&error).map(Err),
            None => Err(self.answered("nothing for a bill".to_owned())),
        }
    }

    /// Why an item of a batch was refused.
    pub(super) fn refused(&self, error: &v1::ItemError) -> Result<Reason, StepError> {
        let name = error.reason().as_str_name();
        let reason = name.strip_prefix(REASON_PREFIX).and_then(Reason::from_name);
        reason.ok_or_else(|| self.answered(error.message.clone()))
    }

    async fn carry_out(&self, order: &Order) -> Result<Acted, StepError> {
        match order {
            Order::CreateCampaign(planned) => self.create_campaign(planned).await,
            Order::Draw { campaign, seed } => self.draw(*campaign, seed).await,
            Order::CloseCampaign { request_id, campaign } => {
                self.close_campaign(request_id, *campaign).await
            }
            Order::Contract(order) => self.contract(order).await,
            Order::Loan(order) => self.loan(order).await,
            Order::Wealth(order) => self.wealth(order).await,
            Order::PayPayroll(planned) => self.pay_payroll(planned).await,
            Order::SuspendMerchant { merchant, suspended } => {
                self.suspend_merchant(*merchant, *suspended).await
            }
            Order::RegisterMerchant { wallet, traits } => {
                self.register_merchant(*wallet, *traits).await
            }
            Order::IssueCard(planned) => self.issue_card(planned).await,
            Order::LoadCard { request_id, card, amount } => {
                self.load_card(request_id, *card, *amount).await
            }
            Order::ReportLost(card) => self.report_lost(*card).await,
            Order::PublishBill(_) | Order::Register(_) | Order::Claim(_) | Order::Upload(_) => {
                Err(self.answered("an order of a batch came alone".to_owned()))
            }
            Order::CancelBill { biller, reference } => {
                let mut client = BillServiceClient::new(self.channel.clone());
                let request = v1::CancelBillRequest {
                    biller_wallet: biller.to_string(),
                    reference: reference.to_string(),
                };
                let bill = self.heard("CancelBill", client.cancel_bill(request).await)?;
                self.value(bill.map(|answer| answer.bill.unwrap_or_default().amount))
            }
            Order::Refund { request_id, original, amount } => {
                let mut client = PaymentServiceClient::new(self.channel.clone());
                let request = v1::RefundPaymentRequest {
                    request_id: request_id.clone(),
                    payment_id: original.to_string(),
                    amount: amount.map(|amount| amount.to_string()).unwrap_or_default(),
                    ..v1::RefundPaymentRequest::default()
                };
                let payment = self.heard("RefundPayment", client.refund_payment(request).await)?;
                self.value(payment.map(|answer| answer.payment.unwrap_or_default().amount))
            }
            Order::ExchangeBack { request_id, wallet, amount } => {
                let mut client = WalletServiceClient::new(self.channel.clone());
                let request = v1::ExchangeBackRequest {
                    request_id: request_id.clone(),
                    wallet_number: wallet.to_string(),
                    amount: amount.to_string(),
                    bank_account: String::new(),
                };
                let made = self.heard("ExchangeBack", client.exchange_back(request).await)?;
                Ok(made.map(|_| *amount))
            }
            Order::SweepToTreasury { request_id, wallet, amount } => {
                let mut client = WalletProfileServiceClient::new(self.channel.clone());
                let request = v1::SweepToTreasuryRequest {
                    request_id: request_id.clone(),
                    wallet_number: wallet.to_string(),
                    amount: amount.to_string(),
                };
                let swept = client.sweep_to_treasury(request).await;
                Ok(self.heard("SweepToTreasury", swept)?.map(|_| *amount))
            }
            Order::BindFrontEnd(binding) => self.bind_front_end(binding).await,
        }
    }

    async fn bind_front_end(&self, binding: &Binding) -> Result<Acted, StepError> {
        let mut client = WalletProfileServiceClient::new(self.channel.clone());
        let bound = client.bind_front_end(bind_front_end(binding)).await;
        Ok(self.heard("BindFrontEnd", bound)?.map(|_| Amount::ZERO))
    }

    /// An answer, or why the operator refused. What may pass is no refusal, but a step that failed.
    pub(super) fn heard<T>(
        &self,
        call: &'static str,
        answer: Result<Response<T>, Status>,
    ) -> Result<Result<T, Reason>, StepError> {
        let may_pass = |status: &Status| {
            matches!(status.code(), Code::Unavailable | Code::ResourceExhausted | Code::Internal)
        };
        match answer {
            Ok(answer) => Ok(Ok(answer.into_inner())),
            Err(status) => match reason_of(&status).filter(|_| !may_pass(&status)) {
                Some(reason) => Ok(Err(reason)),
                None => Err(CallError::of(self.member, call)(status).into()),
            },
        }
    }

    pub(super) fn value(&self, answer: Result<String, Reason>) -> Result<Acted, StepError> {
        match answer {
            Ok(amount) => Ok(Ok(self.amount(&amount)?)),
            Err(reason) => Ok(Err(reason)),
        }
    }

    pub(super) fn amount(&self, text: &str) -> Result<Amount, StepError> {
        text.parse().map_err(|error| self.answered(format!("{text:?} is no sum: {error}")))
    }

    pub(super) fn answered(&self, message: String) -> StepError {
        StepError::Answer { member: self.member, message }
    }
}

fn new_bill(order: &Order) -> Option<v1::NewBill> {
    let Order::PublishBill(bill) = order else { return None };
    let BillOrder { biller, reference, amount, due_at, purpose, subject, release } = bill;
    let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    Some(v1::NewBill {
        biller_wallet: biller.to_string(),
        reference: reference.to_string(),
        amount: amount.to_string(),
        due_time: Some(text::timestamp(*due_at)),
        purpose: purpose.map_or(0, |purpose| v1::Purpose::of(purpose).into()),
        subject: text(subject),
        release: text(release),
    })
}

fn bind_front_end(binding: &Binding) -> v1::BindFrontEndRequest {
    v1::BindFrontEndRequest {
        wallet_number: binding.wallet.to_string(),
        front_end: binding.front_end.clone(),
        phone_number: binding.phone(),
        identity_document: binding.identity(),
        region: v1::Region::of(binding.region).into(),
    }
}
