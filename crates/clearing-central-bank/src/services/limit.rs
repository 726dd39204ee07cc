//! LimitService: caps, limits, and the guarantees from which caps follow.

use std::pin::Pin;

use clearing_api::enums;
use clearing_api::status::FieldError;
use clearing_api::text;
use clearing_api::v1;
use clearing_api::v1::limit_service_server::LimitService;
use clearing_domain::central_bank::{CentralBankError, CentralBankLedger};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};

use super::Answer;
use crate::node::Node;
use crate::view;

/// Serves the limits on what operators send and receive.
#[derive(Clone, Debug)]
pub(crate) struct Limits(pub(crate) Node);

#[tonic::async_trait]
impl LimitService for Limits {
    type WatchHeadroomStream =
        Pin<Box<dyn Stream<Item = Result<v1::WatchHeadroomResponse, Status>> + Send>>;

    async fn pledge_collateral(
        &self,
        request: Request<v1::PledgeCollateralRequest>,
    ) -> Answer<v1::PledgeCollateralResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let code = text::operator_code(&request.operator_code)?;
        let sum = text::signed_sum("amount", &request.amount)?;
        let change = move |ledger: &mut CentralBankLedger, now| {
            ledger.pledge(code, sum, &request_id, now).map(drop)
        };
        Ok(Response::new(v1::PledgeCollateralResponse {
            accounts: self.0.change_accounts(code, change).await?,
        }))
    }

    async fn earmark_funds(
        &self,
        request: Request<v1::EarmarkFundsRequest>,
    ) -> Answer<v1::EarmarkFundsResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let code = text::operator_code(&request.operator_code)?;
        let sum = text::signed_sum("amount", &request.amount)?;
        let change = move |ledger: &mut CentralBankLedger, now| {
            ledger.earmark(code, sum, &request_id, now).map(drop)
        };
        Ok(Response::new(v1::EarmarkFundsResponse {
            accounts: self.0.change_accounts(code, change).await?,
        }))
    }

    async fn set_net_debit_cap(
        &self,
        request: Request<v1::SetNetDebitCapRequest>,
    ) -> Answer<v1::SetNetDebitCapResponse> {
        let request = request.into_inner();
        let code = text::operator_code(&request.operator_code)?;
        let cap = request.net_debit_cap.map(|cap| text::cap("net_debit_cap", &cap)).transpose()?;
        // An absent cap is unlimited, which is why the field is optional: 0 is a cap that refuses
        // every payment.
        let accounts =
            self.0.change_accounts(code, move |ledger, now| ledger.set_cap(code, cap, now)).await?;
        Ok(Response::new(v1::SetNetDebitCapResponse { accounts }))
    }

    async fn set_bilateral_limit(
        &self,
        request: Request<v1::SetBilateralLimitRequest>,
    ) -> Answer<v1::SetBilateralLimitResponse> {
        let request = request.into_inner();
        let payer = text::operator_code(&request.operator_code)?;
        let payee = text::operator_code_in("payee_operator_code", &request.payee_operator_code)?;
        let limit = request.limit.map(|limit| text::cap("limit", &limit)).transpose()?;
        let set = move |ledger: &mut CentralBankLedger, now| {
            ledger.set_bilateral_limit(payer, payee, limit, now)
        };
        Ok(Response::new(v1::SetBilateralLimitResponse {
            accounts: self.0.change_accounts(payer, set).await?,
        }))
    }

    async fn set_receiver_cap(
        &self,
        request: Request<v1::SetReceiverCapRequest>,
    ) -> Answer<v1::SetReceiverCapResponse> {
        let request = request.into_inner();
        let code = text::operator_code(&request.operator_code)?;
        let cap = request.receiver_cap.map(|cap| text::cap("receiver_cap", &cap)).transpose()?;
        let accounts = self
            .0
            .change_accounts(code, move |ledger, now| ledger.set_receiver_cap(code, cap, now))
            .await?;
        Ok(Response::new(v1::SetReceiverCapResponse { accounts }))
    }

    async fn set_reserved(
        &self,
        request: Request<v1::SetReservedRequest>,
    ) -> Answer<v1::SetReservedResponse> {
        let request = request.into_inner();
        let code = text::operator_code(&request.operator_code)?;
        let level = enums::read::<v1::Priority>("priority", request.priority)?;
        let amount = text::cap("amount", &request.amount)?;
        let set = move |ledger: &mut CentralBankLedger, now| {
            ledger.set_reserved(code, level, amount, now)
        };
        Ok(Response::new(v1::SetReservedResponse {
            accounts: self.0.change_accounts(code, set).await?,
        }))
    }

    async fn watch_headroom(
        &self,
        request: Request<v1::WatchHeadroomRequest>,
    ) -> Answer<Self::WatchHeadroomStream> {
        let code = request.into_inner().operator_code;
        let code = Some(code)
            .filter(|code| !code.is_empty())
            .map(|code| text::operator_code(&code))
            .transpose()?;
        // The subscription begins before the accounts are read, so that no change is missed between
        // the two. A change may then be sent twice, which is harmless.
        let changes = self.0.shared.watching.changes.subscribe(code)?;
        let list = move |ledger: &CentralBankLedger, now| {
            code.map(|code| ledger.operator_number(code)).transpose()?;
            let watched = ledger
                .accounts()
                .iter()
                .filter(|account| code.is_none_or(|code| account.code == code));
            Ok(watched.map(|account| view::accounts(ledger, account, now)).collect())
        };
        let listed: Result<Vec<_>, CentralBankError> = self.0.read(list).await?;
        let present = listed.map_err(FieldError::from)?.into_iter();
        let present =
            present.map(|accounts| Ok(v1::WatchHeadroomResponse { accounts: Some(accounts) }));
        Ok(Response::new(Box::pin(tokio_stream::iter(present).chain(changes))))
    }
}
