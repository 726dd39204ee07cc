//! IssuanceService: the issue and withdrawal of e-CNY.

use clearing_api::v1::issuance_service_server::IssuanceService;
use clearing_api::{text, v1};
use tonic::{Request, Response};

use super::Answer;
use crate::node::Node;
use crate::view;

/// Serves issue and withdrawal.
#[derive(Clone, Debug)]
pub(crate) struct Issuance(pub(crate) Node);

#[tonic::async_trait]
impl IssuanceService for Issuance {
    async fn issue(&self, request: Request<v1::IssueRequest>) -> Answer<v1::IssueResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let code = text::operator_code(&request.operator_code)?;
        let amount = text::positive_amount("amount", &request.amount)?;
        let issued = self.0.change(move |ledger, now| {
            let operation = ledger.issue(code, amount, &request_id, now)?;
            Ok(view::operation(ledger, &operation))
        });
        Ok(Response::new(v1::IssueResponse { operation: Some(issued.await?) }))
    }

    async fn withdraw(
        &self,
        request: Request<v1::WithdrawRequest>,
    ) -> Answer<v1::WithdrawResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let code = text::operator_code(&request.operator_code)?;
        let amount = text::positive_amount("amount", &request.amount)?;
        let withdrawn = self.0.change(move |ledger, now| {
            let operation = ledger.withdraw(code, amount, &request_id, now)?;
            Ok(view::operation(ledger, &operation))
        });
        Ok(Response::new(v1::WithdrawResponse { operation: Some(withdrawn.await?) }))
    }

    async fn get_circulation(
        &self,
        _: Request<v1::GetCirculationRequest>,
    ) -> Answer<v1::GetCirculationResponse> {
        let circulation = self.0.read(|ledger, _| {
            let (issued, withdrawn) = (ledger.issued(), ledger.withdrawn());
            v1::GetCirculationResponse {
                issued: issued.to_string(),
                withdrawn: withdrawn.to_string(),
                in_circulation: (issued - withdrawn).to_string(),
            }
        });
        Ok(Response::new(circulation.await?))
    }
}
