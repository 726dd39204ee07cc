//! SettlementService: the operators' accounts, and the mode in which their obligations settle.

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1::settlement_service_server::SettlementService;
use clearing_api::{settlement_mode, v1};
use clearing_domain::Reason;
use clearing_domain::central_bank::{CentralBankLedger, ModeChange};
use clearing_domain::money::{OperatorNumber, Timestamp};
use tonic::{Request, Response};

use super::Answer;
use crate::node::Node;
use crate::view;

/// Serves the settlement accounts and the settlement mode.
#[derive(Clone, Debug)]
pub(crate) struct Settlements(pub(crate) Node);

#[tonic::async_trait]
impl SettlementService for Settlements {
    async fn list_accounts(
        &self,
        request: Request<v1::ListAccountsRequest>,
    ) -> Answer<v1::ListAccountsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &CentralBankLedger, now: Timestamp| {
            let rest = super::accounts_from(ledger, &page);
            page.take_from(rest, |account| view::accounts(ledger, account, now))
        };
        let (accounts, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListAccountsResponse { accounts, next_page_token }))
    }

    async fn fund_account(
        &self,
        request: Request<v1::FundAccountRequest>,
    ) -> Answer<v1::FundAccountResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let code = text::operator_code(&request.operator_code)?;
        let sum = text::signed_sum("amount", &request.amount)?;
        let accounts = self
            .0
            .change_accounts(code, move |ledger, now| {
                ledger.fund(code, sum, &request_id, now).map(drop)
            })
            .await?;
        Ok(Response::new(v1::FundAccountResponse { accounts }))
    }

    async fn get_treasury(
        &self,
        request: Request<v1::GetTreasuryRequest>,
    ) -> Answer<v1::GetTreasuryResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let read = move |ledger: &CentralBankLedger, _| {
            let waiting = ledger.waiting_remittances().skip(page.start);
            let (waiting, token) = page.take_from(waiting, |one| view::waiting(ledger, one));
            (ledger.treasury().to_string(), waiting, token)
        };
        let (balance, waiting, next_page_token) = self.0.read(read).await?;
        Ok(Response::new(v1::GetTreasuryResponse { balance, waiting, next_page_token }))
    }

    async fn list_flows(
        &self,
        request: Request<v1::ListFlowsRequest>,
    ) -> Answer<v1::ListFlowsResponse> {
        let request = request.into_inner();
        let page = Page::read(request.page_size, &request.page_token)?;
        let after = pair_before(&page)?;
        let list = move |ledger: &CentralBankLedger, now: Timestamp| {
            let rest = ledger.flows_after(after, now);
            let rest = rest.map(|flow| ((flow.0.get().into(), flow.1.get().into()), flow));
            page.take_after(rest, |(payer, payee, sum)| view::flow(ledger, payer, payee, sum))
        };
        let (flows, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListFlowsResponse { flows, next_page_token }))
    }

    async fn list_claims(
        &self,
        request: Request<v1::ListClaimsRequest>,
    ) -> Answer<v1::ListClaimsResponse> {
        let request = request.into_inner();
        let page = Page::read(request.page_size, &request.page_token)?;
        let after = pair_before(&page)?;
        let list = move |ledger: &CentralBankLedger, _: Timestamp| {
            let rest = ledger
                .claims_after(after)
                .map(|(pair, sum)| ((pair.0.get().into(), pair.1.get().into()), (pair, sum)));
            page.take_after(rest, |(pair, sum)| view::claim(ledger, pair, sum))
        };
        let (claims, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListClaimsResponse { claims, next_page_token }))
    }

    async fn list_settlements(
        &self,
        request: Request<v1::ListSettlementsRequest>,
    ) -> Answer<v1::ListSettlementsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &CentralBankLedger, _| {
            let rest = ledger.cycles().get(page.start..).unwrap_or_default();
            page.take_from(rest.iter(), |cycle| view::settlement(ledger, cycle))
        };
        let (settlements, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListSettlementsResponse { settlements, next_page_token }))
    }

    async fn get_settlement_mode(
        &self,
        _: Request<v1::GetSettlementModeRequest>,
    ) -> Answer<v1::GetSettlementModeResponse> {
        let read = |ledger: &CentralBankLedger, now| v1::GetSettlementModeResponse {
            mode: Some(settlement_mode::show(ledger.mode())),
            changes: ledger.mode_changes(now).into_iter().map(view::mode_change).collect(),
        };
        Ok(Response::new(self.0.read(read).await?))
    }

    async fn change_settlement_mode(
        &self,
        request: Request<v1::ChangeSettlementModeRequest>,
    ) -> Answer<v1::ChangeSettlementModeResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let missing = || FieldError::new(Reason::FieldInvalid, "mode", "mode is not given");
        let mode = settlement_mode::read(&request.mode.ok_or_else(missing)?)?;
        let change = self.0.change(move |ledger, now| ledger.change_mode(mode, &request_id, now));
        let change = view::mode_change(ModeChange { from: change.await?, mode });
        Ok(Response::new(v1::ChangeSettlementModeResponse { change: Some(change) }))
    }

    async fn cancel_settlement_mode_change(
        &self,
        request: Request<v1::CancelSettlementModeChangeRequest>,
    ) -> Answer<v1::CancelSettlementModeChangeResponse> {
        let request_id = text::request_id(&request.into_inner().request_id)?;
        let cancelled =
            self.0.change(move |ledger, now| ledger.cancel_mode_change(&request_id, now)).await?;
        let change = Some(view::mode_change(cancelled));
        Ok(Response::new(v1::CancelSettlementModeChangeResponse { change }))
    }
}

/// The pair of operators behind which a page begins, in a list that is ordered by pairs.
fn pair_before(page: &Page) -> Result<Option<(OperatorNumber, OperatorNumber)>, FieldError> {
    let number = |one| u16::try_from(one).ok().map(OperatorNumber::new);
    let pair = |(one, other)| Some((number(one)?, number(other)?));
    page.after()?.map(|key| pair(key).ok_or_else(|| page.foreign())).transpose()
}
