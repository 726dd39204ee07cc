//! SettlementService.

use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::settlement_service_server::SettlementService;
use clearing_domain::central_bank::{CentralBankError, CentralBankLedger};
use clearing_domain::money::{OperatorCode, Timestamp};
use tonic::{Request, Response, Status};

use super::Answer;
use crate::node::Node;
use crate::view;

/// Serves the operators' accounts and caps.
#[derive(Clone, Debug)]
pub(crate) struct Settlements(pub(crate) Node);

impl Settlements {
    /// Changes an operator's accounts and reads them.
    async fn change(
        &self,
        code: OperatorCode,
        change: impl FnOnce(&mut CentralBankLedger, Timestamp) -> Result<(), CentralBankError> + Send + 'static,
    ) -> Result<Option<v1::OperatorAccounts>, Status> {
        self.0
            .change(move |ledger, now| {
                change(ledger, now)?;
                Ok(ledger.account(code).map(|account| view::accounts(ledger, account)))
            })
            .await
    }
}

#[tonic::async_trait]
impl SettlementService for Settlements {
    async fn list_accounts(&self, _: Request<v1::ListAccountsRequest>) -> Answer<v1::ListAccountsResponse> {
        let list = |ledger: &CentralBankLedger, _: Timestamp| {
            ledger.accounts().iter().map(|account| view::accounts(ledger, account)).collect()
        };
        Ok(Response::new(v1::ListAccountsResponse { accounts: self.0.read(list).await? }))
    }

    async fn fund_account(&self, request: Request<v1::FundAccountRequest>) -> Answer<v1::FundAccountResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let code = text::operator_code(&request.operator_code)?;
        let sum = text::signed_sum("amount", &request.amount)?;
        let accounts = self.change(code, move |ledger, now| ledger.fund(code, sum, &request_id, now).map(drop)).await?;
        Ok(Response::new(v1::FundAccountResponse { accounts }))
    }

    async fn set_net_debit_cap(
        &self,
        request: Request<v1::SetNetDebitCapRequest>,
    ) -> Answer<v1::SetNetDebitCapResponse> {
        let request = request.into_inner();
        let code = text::operator_code(&request.operator_code)?;
        let cap = request.net_debit_cap.map(|cap| text::cap("net_debit_cap", &cap)).transpose()?;
        let accounts = self.change(code, move |ledger, now| ledger.set_cap(code, cap, now)).await?;
        Ok(Response::new(v1::SetNetDebitCapResponse { accounts }))
    }

    async fn suspend_operator(
        &self,
        request: Request<v1::SuspendOperatorRequest>,
    ) -> Answer<v1::SuspendOperatorResponse> {
        let code = text::operator_code(&request.into_inner().operator_code)?;
        let accounts = self.change(code, move |ledger, now| ledger.set_active(code, false, now)).await?;
        Ok(Response::new(v1::SuspendOperatorResponse { accounts }))
    }

    async fn resume_operator(&self, request: Request<v1::ResumeOperatorRequest>) -> Answer<v1::ResumeOperatorResponse> {
        let code = text::operator_code(&request.into_inner().operator_code)?;
        let accounts = self.change(code, move |ledger, now| ledger.set_active(code, true, now)).await?;
        Ok(Response::new(v1::ResumeOperatorResponse { accounts }))
    }

    async fn list_settlements(
        &self,
        request: Request<v1::ListSettlementsRequest>,
    ) -> Answer<v1::ListSettlementsResponse> {
        let request = request.into_inner();
        let page = Page::read(request.page_size, &request.page_token)?;
        let list = move |ledger: &CentralBankLedger, _| {
            page.take(ledger.cycles().iter(), |cycle| view::settlement(ledger, cycle))
        };
        let (settlements, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListSettlementsResponse { settlements, next_page_token }))
    }
}
