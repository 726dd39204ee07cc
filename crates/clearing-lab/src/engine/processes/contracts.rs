//! The orders about prepaid contracts as calls to the operators; every one of them can be repeated.

use clearing_api::status::unavailable;
use clearing_api::text::timestamp;
use clearing_api::v1;
use clearing_api::v1::contract_service_client::ContractServiceClient;
use clearing_domain::link::Head;
use clearing_domain::money::{Amount, WalletNumber};
use clearing_domain::operator::{ContractTerms, LessonRequest, RefundRule, ReleaseRule};
use tonic::transport::Channel;

use super::super::actions::{Acted, ContractOrder, PlannedContract};
use super::actions::Operator;
use super::calls::StepError;
use super::campaigns::hex;
use crate::experiment::script::ContractStep;
use clearing_cluster::call::CallError;

impl Operator {
    fn contracts(&self) -> ContractServiceClient<Channel> {
        ContractServiceClient::new(self.channel.clone())
    }

    /// Does something about a contract.
    pub(super) async fn contract(&self, order: &ContractOrder) -> Result<Acted, StepError> {
        let ContractOrder { step, contract } = order;
        let contract_id = contract.id.to_string();
        let price = |lesson| contract.terms.price_of(lesson).unwrap_or_default();
        let mut client = self.contracts();
        match *step {
            ContractStep::Create => self.prepay(contract).await,
            ContractStep::Release(lesson) => {
                let request = v1::ReleaseLessonRequest { contract_id, lesson };
                let released = client.release_lesson(request).await;
                Ok(self.heard("ReleaseLesson", released)?.map(|_| price(lesson)))
            }
            ContractStep::Request(lesson) => {
                let request = lesson_request(&contract.request(lesson));
                let asked = client.request_lesson(request).await;
                Ok(self.heard("RequestLesson", asked)?.map(|_| price(lesson)))
            }
            ContractStep::Dispute(lesson) => {
                let request = v1::DisputeLessonRequest { contract_id, lesson };
                let disputed = client.dispute_lesson(request).await;
                Ok(self.heard("DisputeLesson", disputed)?.map(|_| price(lesson)))
            }
            ContractStep::Refund => {
                let request = v1::RefundContractRequest { contract_id };
                let refunded = client.refund_contract(request).await;
                let refunded = self.heard("RefundContract", refunded)?;
                self.value(
                    refunded.map(|answer| answer.contract.unwrap_or_default().refunded_amount),
                )
            }
        }
    }

    async fn prepay(&self, contract: &PlannedContract) -> Result<Acted, StepError> {
        let request = v1::CreateContractRequest {
            request_id: contract.request_id.to_string(),
            terms: Some(terms(&contract.terms)),
        };
        let created = self.contracts().create_contract(request).await;
        if let Err(reason) = self.heard("CreateContract", created)? {
            return Ok(Err(reason));
        }
        let request = v1::FundContractRequest { contract_id: contract.id.to_string() };
        let funded = self.contracts().fund_contract(request).await;
        Ok(self.heard("FundContract", funded)?.map(|_| contract.terms.total))
    }

    /// Suspends a merchant of the operator, or lets it go on. Every operator must have done so: one
    /// that has not is a step that failed, and is carried out again.
    pub(super) async fn suspend_merchant(
        &self,
        merchant: WalletNumber,
        suspended: bool,
    ) -> Result<Acted, StepError> {
        let merchant_wallet = merchant.to_string();
        let heard = if suspended {
            let request = v1::SuspendMerchantRequest { merchant_wallet };
            let done = self.contracts().suspend_merchant(request).await;
            self.heard("SuspendMerchant", done)?.map(|done| done.operators)
        } else {
            let request = v1::ResumeMerchantRequest { merchant_wallet };
            let done = self.contracts().resume_merchant(request).await;
            self.heard("ResumeMerchant", done)?.map(|done| done.operators)
        };
        let Ok(operators) = heard else { return Ok(heard.map(|_| Amount::ZERO)) };
        match operators.into_iter().find_map(|one| Some((one.operator_code, one.error?))) {
            None => Ok(Ok(Amount::ZERO)),
            Some((code, error)) => {
                let message = format!("{code} does not know it yet: {}", error.message);
                Err(CallError::of(self.member, "SuspendMerchant")(unavailable(&message)).into())
            }
        }
    }
}

fn lesson_request(request: &LessonRequest) -> v1::RequestLessonRequest {
    v1::RequestLessonRequest {
        merchant_wallet: request.merchant.to_string(),
        payer_wallet: request.payer.to_string(),
        contract_id: request.contract.to_string(),
        lesson: request.lesson,
        code: request.code.as_ref().map(hex).unwrap_or_default(),
    }
}

fn terms(terms: &ContractTerms) -> v1::ContractTerms {
    use v1::contract_terms::{Refund, Release};
    let (release, dispute_window_ms, codes) = match terms.release {
        ReleaseRule::ByPayer => (Release::ByPayer, 0, None),
        ReleaseRule::ByMerchant { dispute_ms } => (Release::ByMerchant, dispute_ms, None),
        ReleaseRule::ByCode { codes } => (Release::ByCode, 0, Some(codes)),
    };
    let refund = match terms.refund {
        RefundRule::AtAnyTime => Refund::AtAnyTime,
        RefundRule::BeforeFirstLesson => Refund::BeforeFirstLesson,
    };
    v1::ContractTerms {
        payer_wallet: terms.payer.to_string(),
        merchant_wallet: terms.merchant.to_string(),
        total_amount: terms.total.to_string(),
        lesson_count: terms.lessons,
        release: release.into(),
        dispute_window_ms,
        codes_hash: codes.as_ref().map(|codes: &Head| hex(codes)).unwrap_or_default(),
        refund: refund.into(),
        expire_time: Some(timestamp(terms.expires_at)),
    }
}
