//! SettlementService: accounts, caps, limits, the queue and the settlement mode.

mod mode;

use std::pin::Pin;

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::settlement_service_server::SettlementService;
use clearing_domain::Reason;
use clearing_domain::central_bank::{CentralBankError, CentralBankLedger, ModeChange};
use clearing_domain::money::{OperatorCode, OperatorNumber, Timestamp};
use clearing_domain::netting::Priority;
use tokio_stream::{Stream, StreamExt};
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
        change: impl FnOnce(&mut CentralBankLedger, Timestamp) -> Result<(), CentralBankError>
        + Send
        + 'static,
    ) -> Result<Option<v1::OperatorAccounts>, Status> {
        self.0
            .change(move |ledger, now| {
                change(ledger, now)?;
                Ok(ledger.account(code).map(|account| view::accounts(ledger, account, now)))
            })
            .await
    }
}

/// The priority of a level in a request.
pub(super) fn level(field: &'static str, number: i32) -> Result<Priority, FieldError> {
    u8::try_from(number).ok().and_then(Priority::from_level).ok_or_else(|| {
        FieldError::new(
            Reason::FieldInvalid,
            field,
            format!("priority {number} is no level from 1 to 6"),
        )
    })
}

#[tonic::async_trait]
impl SettlementService for Settlements {
    type WatchHeadroomStream =
        Pin<Box<dyn Stream<Item = Result<v1::WatchHeadroomResponse, Status>> + Send>>;

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
            .change(code, move |ledger, now| ledger.fund(code, sum, &request_id, now).map(drop))
            .await?;
        Ok(Response::new(v1::FundAccountResponse { accounts }))
    }

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
            accounts: self.change(code, change).await?,
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
        Ok(Response::new(v1::EarmarkFundsResponse { accounts: self.change(code, change).await? }))
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
        let accounts = self.change(code, move |ledger, now| ledger.set_cap(code, cap, now)).await?;
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
            accounts: self.change(payer, set).await?,
        }))
    }

    async fn set_receiver_cap(
        &self,
        request: Request<v1::SetReceiverCapRequest>,
    ) -> Answer<v1::SetReceiverCapResponse> {
        let request = request.into_inner();
        let code = text::operator_code(&request.operator_code)?;
        let cap = request.receiver_cap.map(|cap| text::cap("receiver_cap", &cap)).transpose()?;
        let accounts =
            self.change(code, move |ledger, now| ledger.set_receiver_cap(code, cap, now)).await?;
        Ok(Response::new(v1::SetReceiverCapResponse { accounts }))
    }

    async fn get_settlement_mode(
        &self,
        _: Request<v1::GetSettlementModeRequest>,
    ) -> Answer<v1::GetSettlementModeResponse> {
        let read = |ledger: &CentralBankLedger, now| v1::GetSettlementModeResponse {
            mode: Some(view::mode(ledger.mode())),
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
        let mode = mode::read(&request.mode.ok_or_else(missing)?)?;
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

    async fn suspend_operator(
        &self,
        request: Request<v1::SuspendOperatorRequest>,
    ) -> Answer<v1::SuspendOperatorResponse> {
        let code = text::operator_code(&request.into_inner().operator_code)?;
        let accounts =
            self.change(code, move |ledger, now| ledger.set_active(code, false, now)).await?;
        Ok(Response::new(v1::SuspendOperatorResponse { accounts }))
    }

    async fn resume_operator(
        &self,
        request: Request<v1::ResumeOperatorRequest>,
    ) -> Answer<v1::ResumeOperatorResponse> {
        let code = text::operator_code(&request.into_inner().operator_code)?;
        let accounts =
            self.change(code, move |ledger, now| ledger.set_active(code, true, now)).await?;
        Ok(Response::new(v1::ResumeOperatorResponse { accounts }))
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
        let changes = self.0.shared.headroom.subscribe(code)?;
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

    async fn list_queue(
        &self,
        request: Request<v1::ListQueueRequest>,
    ) -> Answer<v1::ListQueueResponse> {
        let request = request.into_inner();
        // The queue changes between two pages, so a token names the last payment shown by its level
        // and row, not a place in the list.
        let page = Page::read(request.page_size, &request.page_token)?;
        let code = Some(&request.payer_operator_code).filter(|code| !code.is_empty());
        let code = code.map(|code| text::operator_code(code)).transpose()?;
        let place =
            |(level, row)| Some((u8::try_from(level).ok().and_then(Priority::from_level)?, row));
        let after =
            page.after()?.map(|key| place(key).ok_or_else(|| page.foreign())).transpose()?;
        let list = move |ledger: &CentralBankLedger, _| {
            let payer = code.map(|code| ledger.operator_number(code)).transpose()?;
            let rest = ledger.queue_after(payer, after);
            let rest =
                rest.map(|((priority, row), transfer)| ((priority.level().into(), row), transfer));
            Ok(page.take_after(rest, |transfer| view::queued(ledger, transfer)))
        };
        let listed: Result<_, CentralBankError> = self.0.read(list).await?;
        let (payments, next_page_token) = listed.map_err(FieldError::from)?;
        Ok(Response::new(v1::ListQueueResponse { payments, next_page_token }))
    }

    async fn list_claims(
        &self,
        request: Request<v1::ListClaimsRequest>,
    ) -> Answer<v1::ListClaimsResponse> {
        let request = request.into_inner();
        let page = Page::read(request.page_size, &request.page_token)?;
        let number = |one| u16::try_from(one).ok().map(OperatorNumber::new);
        let pair = |(one, other)| Some((number(one)?, number(other)?));
        let after = page.after()?.map(|key| pair(key).ok_or_else(|| page.foreign())).transpose()?;
        let list = move |ledger: &CentralBankLedger, _: Timestamp| {
            let rest = ledger
                .claims_after(after)
                .map(|(pair, sum)| ((pair.0.get().into(), pair.1.get().into()), (pair, sum)));
            page.take_after(rest, |(pair, sum)| view::claim(ledger, pair, sum))
        };
        let (claims, next_page_token) = self.0.read(list).await?;
        Ok(Response::new(v1::ListClaimsResponse { claims, next_page_token }))
    }

    async fn cancel_queued(
        &self,
        request: Request<v1::CancelQueuedRequest>,
    ) -> Answer<v1::CancelQueuedResponse> {
        let id = text::payment_id(&request.into_inner().payment_id)?;
        self.0.change(move |ledger, now| ledger.cancel_queued(id, now)).await?;
        Ok(Response::new(v1::CancelQueuedResponse {}))
    }

    async fn change_priority(
        &self,
        request: Request<v1::ChangePriorityRequest>,
    ) -> Answer<v1::ChangePriorityResponse> {
        let request = request.into_inner();
        let id = text::payment_id(&request.payment_id)?;
        let priority = level("priority", request.priority)?;
        self.0.change(move |ledger, now| ledger.change_priority(id, priority, now)).await?;
        Ok(Response::new(v1::ChangePriorityResponse {}))
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
}
