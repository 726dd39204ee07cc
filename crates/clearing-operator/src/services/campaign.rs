//! CampaignService: red packets and vouchers.

use std::pin::Pin;

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::campaign_service_server::CampaignService;
use clearing_domain::money::{Timestamp, WalletNumber};
use clearing_domain::operator::{OperatorError, OperatorLedger, RegistrationRow};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};

use crate::campaign_orders;
use crate::claims::{only, status_of};
use crate::node::{Node, wallet_unknown};

/// Serves the campaigns of an operator's sponsors, and the grants of its wallets.
#[derive(Clone, Debug)]
pub(crate) struct Campaigns(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

fn campaign_wallet(number: &str) -> Result<WalletNumber, FieldError> {
    text::wallet_number("campaign_wallet", number)
}

/// Names the fields of a new campaign in an error.
fn of_new_campaign(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    match error.field {
        "wallet_number" | "parent_wallet" => FieldError { field: "sponsor_wallet", ..error },
        "amount" => FieldError { field: "pool_amount", ..error },
        _ => error,
    }
}

fn show(
    ledger: &OperatorLedger,
    campaign: WalletNumber,
    now: Timestamp,
) -> Result<v1::Campaign, OperatorError> {
    Ok(campaign_orders::campaign(ledger, ledger.campaign(campaign)?, now))
}

impl Campaigns {
    /// Changes a campaign and reads it.
    async fn change<T: Send + 'static>(
        &self,
        campaign: WalletNumber,
        change: impl FnOnce(&mut OperatorLedger, Timestamp) -> Result<T, OperatorError> + Send + 'static,
    ) -> Result<(T, Option<v1::Campaign>), Status> {
        let change = move |ledger: &mut OperatorLedger, now| {
            let changed = change(ledger, now)?;
            Ok((changed, Some(show(ledger, campaign, now)?)))
        };
        self.0.change(change).await
    }

    /// Reads a campaign, or a part of it.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&OperatorLedger, Timestamp) -> Result<T, OperatorError> + Send + 'static,
    ) -> Result<T, Status> {
        let found = self.0.read(read).await?;
        found.map_err(|error| FieldError::from(error).into())
    }
}

fn registrations(
    ledger: &OperatorLedger,
    campaign: WalletNumber,
    page: &Page,
) -> Result<(Vec<v1::CampaignRegistration>, String), OperatorError> {
    let found = ledger.campaign(campaign)?;
    let all = ledger.campaigns();
    let show = |row: &RegistrationRow| v1::CampaignRegistration {
        wallet_number: row.wallet.to_string(),
        register_time: Some(text::timestamp(row.at)),
        won: found.has_won(row.wallet),
        claimed: all.claim_of(found, row.wallet).is_some(),
    };
    let first = page.start.min(found.registered());
    Ok(page.take_marked((first..).zip(all.registrations_of(found, first)), show))
}

#[tonic::async_trait]
impl CampaignService for Campaigns {
    type WatchCampaignStream =
        Pin<Box<dyn Stream<Item = Result<v1::WatchCampaignResponse, Status>> + Send>>;

    async fn create_campaign(
        &self,
        request: Request<v1::CreateCampaignRequest>,
    ) -> Answer<v1::CreateCampaignResponse> {
        let (order, wanted) = campaign_orders::order(request.into_inner(), &self.0.keys.own)?;
        // Under lockstep the ids of packets are the same in every run.
        let salt = self.0.settings.lockstep.is_none().then(rand::random);
        let create = move |ledger: &mut OperatorLedger, now| {
            let eligible = match campaign_orders::eligibility(&wanted, ledger.roster()) {
                Ok(eligible) => eligible,
                Err(error) => return Ok(Err(error)),
            };
            let order = clearing_domain::operator::CampaignOrder { eligible, salt, ..order };
            let created = ledger.create_campaign(order, now).map_err(of_new_campaign);
            Ok(match created {
                Ok(campaign) => Ok(show(ledger, campaign, now)?),
                Err(error) => Err(error),
            })
        };
        let campaign = Some(self.0.change(create).await??);
        Ok(Response::new(v1::CreateCampaignResponse { campaign }))
    }

    async fn fund_campaign(
        &self,
        request: Request<v1::FundCampaignRequest>,
    ) -> Answer<v1::FundCampaignResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let number = campaign_wallet(&request.campaign_wallet)?;
        let amount = text::positive_amount("amount", &request.amount)?;
        let fund = move |ledger: &mut OperatorLedger, now| {
            ledger.fund_campaign(number, amount, request_id, now)
        };
        let ((), campaign) = self.change(number, fund).await?;
        Ok(Response::new(v1::FundCampaignResponse { campaign }))
    }

    async fn get_campaign(
        &self,
        request: Request<v1::GetCampaignRequest>,
    ) -> Answer<v1::GetCampaignResponse> {
        let number = campaign_wallet(&request.into_inner().campaign_wallet)?;
        let campaign = Some(self.read(move |ledger, now| show(ledger, number, now)).await?);
        Ok(Response::new(v1::GetCampaignResponse { campaign }))
    }

    async fn list_campaigns(
        &self,
        request: Request<v1::ListCampaignsRequest>,
    ) -> Answer<v1::ListCampaignsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let list = move |ledger: &OperatorLedger, now| {
            let all = ledger.campaigns().list();
            let first = page.start.min(all.len());
            let show = |campaign: &_| campaign_orders::campaign(ledger, campaign, now);
            Ok(page.take_marked((first..).zip(&all[first..]), show))
        };
        let (campaigns, next_page_token) = self.read(list).await?;
        Ok(Response::new(v1::ListCampaignsResponse { campaigns, next_page_token }))
    }

    async fn register(
        &self,
        request: Request<v1::RegisterRequest>,
    ) -> Answer<v1::RegisterResponse> {
        let v1::RegisterRequest { campaign_wallet: number, wallet_number } = request.into_inner();
        let number = campaign_wallet(&number)?;
        match only(self.0.register_wallets(number, &[wallet_number]).await?)?.error {
            None => Ok(Response::new(v1::RegisterResponse {})),
            Some(error) => Err(status_of(&error)),
        }
    }

    async fn register_wallets(
        &self,
        request: Request<v1::RegisterWalletsRequest>,
    ) -> Answer<v1::RegisterWalletsResponse> {
        let request = request.into_inner();
        text::batch_size("wallet_numbers", request.wallet_numbers.len())?;
        let number = campaign_wallet(&request.campaign_wallet)?;
        let outcomes = self.0.register_wallets(number, &request.wallet_numbers).await?;
        Ok(Response::new(v1::RegisterWalletsResponse { outcomes }))
    }

    async fn list_registrations(
        &self,
        request: Request<v1::ListRegistrationsRequest>,
    ) -> Answer<v1::ListRegistrationsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let number = campaign_wallet(&request.campaign_wallet)?;
        let list = move |ledger: &OperatorLedger, _| registrations(ledger, number, &page);
        let (registrations, next_page_token) = self.read(list).await?;
        Ok(Response::new(v1::ListRegistrationsResponse { registrations, next_page_token }))
    }

    async fn draw(&self, request: Request<v1::DrawRequest>) -> Answer<v1::DrawResponse> {
        let request = request.into_inner();
        let number = campaign_wallet(&request.campaign_wallet)?;
        let seed = campaign_orders::head("seed", &request.seed)?;
        let draw = move |ledger: &mut OperatorLedger, now| ledger.draw(number, seed, now);
        let ((), campaign) = self.change(number, draw).await?;
        Ok(Response::new(v1::DrawResponse { campaign }))
    }

    async fn claim(&self, request: Request<v1::ClaimRequest>) -> Answer<v1::ClaimResponse> {
        use v1::claim_outcome::Outcome;
        let v1::ClaimRequest { campaign_wallet: number, wallet_number } = request.into_inner();
        let claimed = self.0.claim_grants(campaign_wallet(&number)?, &[wallet_number]).await?;
        match only(claimed)?.outcome {
            Some(Outcome::Grant(grant)) => {
                Ok(Response::new(v1::ClaimResponse { grant: Some(grant) }))
            }
            Some(Outcome::Error(error)) => Err(status_of(&error)),
            None => Err(Status::internal("a claim has no outcome")),
        }
    }

    async fn claim_grants(
        &self,
        request: Request<v1::ClaimGrantsRequest>,
    ) -> Answer<v1::ClaimGrantsResponse> {
        let request = request.into_inner();
        text::batch_size("wallet_numbers", request.wallet_numbers.len())?;
        let number = campaign_wallet(&request.campaign_wallet)?;
        let outcomes = self.0.claim_grants(number, &request.wallet_numbers).await?;
        Ok(Response::new(v1::ClaimGrantsResponse { outcomes }))
    }

    async fn list_grants(
        &self,
        request: Request<v1::ListGrantsRequest>,
    ) -> Answer<v1::ListGrantsResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let number = text::wallet_number("wallet_number", &request.wallet_number)?;
        let list = move |ledger: &OperatorLedger, _| {
            let grants = ledger.grants_of(number)?.skip(page.start);
            let show = |grant: &_| campaign_orders::grant(grant, ledger.roster());
            Some(page.take_marked((page.start..).zip(grants), show))
        };
        let listed = self.0.read(list).await?;
        let (grants, next_page_token) = listed.ok_or_else(|| wallet_unknown(number))?;
        Ok(Response::new(v1::ListGrantsResponse { grants, next_page_token }))
    }

    async fn get_redemption(
        &self,
        request: Request<v1::GetRedemptionRequest>,
    ) -> Answer<v1::GetRedemptionResponse> {
        let number = campaign_wallet(&request.into_inner().campaign_wallet)?;
        let found = self.0.read(move |ledger, _| ledger.redemption(number)).await?;
        Ok(Response::new(campaign_orders::redemption(&found)))
    }

    async fn close_campaign(
        &self,
        request: Request<v1::CloseCampaignRequest>,
    ) -> Answer<v1::CloseCampaignResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let number = campaign_wallet(&request.campaign_wallet)?;
        let close =
            move |ledger: &mut OperatorLedger, now| ledger.close_campaign(number, request_id, now);
        let (returned, campaign) = self.change(number, close).await?;
        let returned_amount = returned.to_string();
        Ok(Response::new(v1::CloseCampaignResponse { returned_amount, campaign }))
    }

    async fn watch_campaign(
        &self,
        request: Request<v1::WatchCampaignRequest>,
    ) -> Answer<Self::WatchCampaignStream> {
        let number = campaign_wallet(&request.into_inner().campaign_wallet)?;
        self.read(move |ledger, _| ledger.campaign(number).map(|_| ())).await?;
        let events = self.0.campaigns.subscribe(Some(number))?;
        Ok(Response::new(Box::pin(events.map(|event| event))))
    }
}
