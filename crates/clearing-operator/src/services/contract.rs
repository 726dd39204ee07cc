//! ContractService: prepaid contracts of this operator's payers.

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::contract_service_server::ContractService;
use clearing_domain::money::{ContractId, Timestamp};
use clearing_domain::operator::{Contract, ContractOrder, OperatorError, OperatorLedger};
use tonic::{Request, Response, Status};

use crate::contract_orders::{self, contract_id};
use crate::contracts;
use crate::node::Node;

/// Serves the contracts of an operator's payers.
#[derive(Clone, Debug)]
pub(crate) struct PrepaidContracts(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

/// Names the fields of a new contract in an error.
fn of_new_contract(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    match error.field {
        "wallet_number" => FieldError { field: "payer_wallet", ..error },
        "amount" => FieldError { field: "total_amount", ..error },
        _ => error,
    }
}

/// Names the field at fault of a request that has the id of a contract and few others: what is wrong
/// with its payer or its price is the fault of the contract.
fn of_contract(error: OperatorError, fields: &[&str]) -> FieldError {
    let error = FieldError::from(error);
    let field = if fields.contains(&error.field) { error.field } else { "contract_id" };
    FieldError { field, ..error }
}

impl PrepaidContracts {
    /// Changes a contract and reads it.
    async fn change<T: Send + 'static>(
        &self,
        contract: ContractId,
        fields: &'static [&'static str],
        change: impl FnOnce(&mut OperatorLedger, Timestamp) -> Result<T, OperatorError> + Send + 'static,
    ) -> Result<Option<v1::Contract>, Status> {
        let change = move |ledger: &mut OperatorLedger, now| {
            Ok(match change(ledger, now) {
                Ok(_) => Ok(contracts::show(ledger, contract)?),
                Err(error) => Err(of_contract(error, fields)),
            })
        };
        Ok(Some(self.0.change(change).await??))
    }
}

#[tonic::async_trait]
impl ContractService for PrepaidContracts {
    async fn create_contract(
        &self,
        request: Request<v1::CreateContractRequest>,
    ) -> Answer<v1::CreateContractResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let terms = contract_orders::terms(&request.terms.unwrap_or_default())?;
        // Under lockstep the ids of releases are the same in every run.
        let salt = self.0.settings.lockstep.is_none().then(rand::random);
        let order = ContractOrder { request_id, terms, salt };
        let create = move |ledger: &mut OperatorLedger, now| {
            let created = ledger.create_contract(order, now).map_err(of_new_contract);
            Ok(match created {
                Ok(contract) => Ok(contracts::show(ledger, contract)?),
                Err(error) => Err(error),
            })
        };
        let contract = Some(self.0.change(create).await??);
        Ok(Response::new(v1::CreateContractResponse { contract }))
    }

    async fn fund_contract(
        &self,
        request: Request<v1::FundContractRequest>,
    ) -> Answer<v1::FundContractResponse> {
        let id = contract_id(&request.into_inner().contract_id)?;
        let fund = move |ledger: &mut OperatorLedger, now| ledger.fund_contract(id, now);
        let contract = self.change(id, &[], fund).await?;
        Ok(Response::new(v1::FundContractResponse { contract }))
    }

    async fn release_lesson(
        &self,
        request: Request<v1::ReleaseLessonRequest>,
    ) -> Answer<v1::ReleaseLessonResponse> {
        let request = request.into_inner();
        let (id, lesson) = (contract_id(&request.contract_id)?, request.lesson);
        let release =
            move |ledger: &mut OperatorLedger, now| ledger.release_lesson(id, lesson, now);
        let contract = self.change(id, &["lesson"], release).await?;
        Ok(Response::new(v1::ReleaseLessonResponse { contract }))
    }

    async fn request_lesson(
        &self,
        request: Request<v1::RequestLessonRequest>,
    ) -> Answer<v1::RequestLessonResponse> {
        let request = contract_orders::lesson_request(&request.into_inner())?;
        let contract = Some(self.0.ask_for_lesson(request).await?);
        Ok(Response::new(v1::RequestLessonResponse { contract }))
    }

    async fn dispute_lesson(
        &self,
        request: Request<v1::DisputeLessonRequest>,
    ) -> Answer<v1::DisputeLessonResponse> {
        let request = request.into_inner();
        let (id, lesson) = (contract_id(&request.contract_id)?, request.lesson);
        let dispute =
            move |ledger: &mut OperatorLedger, now| ledger.dispute_lesson(id, lesson, now);
        let contract = self.change(id, &["lesson"], dispute).await?;
        Ok(Response::new(v1::DisputeLessonResponse { contract }))
    }

    async fn refund_contract(
        &self,
        request: Request<v1::RefundContractRequest>,
    ) -> Answer<v1::RefundContractResponse> {
        let id = contract_id(&request.into_inner().contract_id)?;
        let refund = move |ledger: &mut OperatorLedger, now| ledger.refund_contract(id, now);
        let contract = self.change(id, &[], refund).await?;
        Ok(Response::new(v1::RefundContractResponse { contract }))
    }

    async fn get_contract(
        &self,
        request: Request<v1::GetContractRequest>,
    ) -> Answer<v1::GetContractResponse> {
        let id = contract_id(&request.into_inner().contract_id)?;
        let found =
            self.0.read(move |ledger: &OperatorLedger, _| contracts::show(ledger, id)).await?;
        let contract = Some(found.map_err(FieldError::from)?);
        Ok(Response::new(v1::GetContractResponse { contract }))
    }

    async fn list_contracts(
        &self,
        request: Request<v1::ListContractsRequest>,
    ) -> Answer<v1::ListContractsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &OperatorLedger, _| {
            let contracts = (0..).zip(ledger.contracts().list().iter()).skip(page.start);
            let show = |contract: &Contract| contract_orders::contract(ledger, contract);
            page.take_marked(contracts, show)
        };
        let (contracts, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListContractsResponse { contracts, next_page_token }))
    }

    async fn suspend_merchant(
        &self,
        request: Request<v1::SuspendMerchantRequest>,
    ) -> Answer<v1::SuspendMerchantResponse> {
        let merchant =
            text::wallet_number("merchant_wallet", &request.into_inner().merchant_wallet)?;
        let operators = self.0.suspend_merchant(merchant, true).await?;
        Ok(Response::new(v1::SuspendMerchantResponse { operators }))
    }

    async fn resume_merchant(
        &self,
        request: Request<v1::ResumeMerchantRequest>,
    ) -> Answer<v1::ResumeMerchantResponse> {
        let merchant =
            text::wallet_number("merchant_wallet", &request.into_inner().merchant_wallet)?;
        let operators = self.0.suspend_merchant(merchant, false).await?;
        Ok(Response::new(v1::ResumeMerchantResponse { operators }))
    }

    async fn get_merchant_totals(
        &self,
        request: Request<v1::GetMerchantTotalsRequest>,
    ) -> Answer<v1::GetMerchantTotalsResponse> {
        let merchant =
            text::wallet_number("merchant_wallet", &request.into_inner().merchant_wallet)?;
        Ok(Response::new(self.0.merchant_totals(merchant).await?))
    }

    async fn list_merchant_totals(
        &self,
        request: Request<v1::ListMerchantTotalsRequest>,
    ) -> Answer<v1::ListMerchantTotalsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &OperatorLedger, _| {
            let merchants = (0..).zip(ledger.contracts().merchants()).skip(page.start);
            page.take_marked(merchants, |merchant| contracts::totals_here(ledger, merchant))
        };
        let (totals, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListMerchantTotalsResponse { totals, next_page_token }))
    }
}

#[cfg(test)]
mod tests {
    use clearing_domain::Reason;
    use clearing_domain::money::{Amount, WalletNumber};

    use super::*;

    #[test]
    fn errors_of_a_funding_name_the_contract() {
        let wallet: WalletNumber = "0021000000000013".parse().unwrap();
        let (available, requested) = (Amount::ZERO, Amount::ZERO);
        let short = OperatorError::InsufficientFunds { wallet, available, requested };
        let frozen = OperatorError::Wallet { wallet, reason: Reason::WalletFrozen };
        assert_eq!(of_contract(short, &[]).field, "contract_id");
        assert_eq!(of_contract(frozen, &["lesson"]).field, "contract_id");
    }
}
