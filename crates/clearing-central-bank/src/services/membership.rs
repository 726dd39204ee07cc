//! MembershipService: which operators take part.

use clearing_api::text;
use clearing_api::v1;
use clearing_api::v1::membership_service_server::MembershipService;
use tonic::{Request, Response};

use super::Answer;
use crate::node::Node;

/// Serves who takes part.
#[derive(Clone, Debug)]
pub(crate) struct Memberships(pub(crate) Node);

#[tonic::async_trait]
impl MembershipService for Memberships {
    async fn suspend_operator(
        &self,
        request: Request<v1::SuspendOperatorRequest>,
    ) -> Answer<v1::SuspendOperatorResponse> {
        let code = text::operator_code(&request.into_inner().operator_code)?;
        let accounts = self
            .0
            .change_accounts(code, move |ledger, now| ledger.set_active(code, false, now))
            .await?;
        Ok(Response::new(v1::SuspendOperatorResponse { accounts }))
    }

    async fn resume_operator(
        &self,
        request: Request<v1::ResumeOperatorRequest>,
    ) -> Answer<v1::ResumeOperatorResponse> {
        let code = text::operator_code(&request.into_inner().operator_code)?;
        let accounts = self
            .0
            .change_accounts(code, move |ledger, now| ledger.set_active(code, true, now))
            .await?;
        Ok(Response::new(v1::ResumeOperatorResponse { accounts }))
    }
}
