//! The orders of campaigns as calls to the operators; every one of them can be repeated.

use std::fmt::Write as _;

use clearing_api::enums::{WireEnum as _, show_merchant_traits};
use clearing_api::text;
use clearing_api::v1;
use clearing_api::v1::campaign_service_client::CampaignServiceClient;
use clearing_api::v1::claim_outcome::Outcome;
use clearing_api::v1::wallet_profile_service_client::WalletProfileServiceClient;
use clearing_domain::link::Head;
use clearing_domain::merchant::MerchantTraits;
use clearing_domain::money::{Amount, WalletNumber};
use tonic::transport::Channel;

use super::super::actions::{Acted, Order, Participant, PlannedCampaign};
use super::actions::Operator;
use super::calls::StepError;
use clearing_cluster::call::CallError;

impl Operator {
    fn campaigns(&self) -> CampaignServiceClient<Channel> {
        CampaignServiceClient::new(self.channel.clone())
    }

    pub(super) async fn create_campaign(
        &self,
        planned: &PlannedCampaign,
    ) -> Result<Acted, StepError> {
        let created = self.campaigns().create_campaign(create(planned)).await;
        let created = match self.heard("CreateCampaign", created)? {
            Ok(created) => created.campaign.unwrap_or_default().campaign_wallet,
            Err(reason) => return Ok(Err(reason)),
        };
        if created != planned.pool.to_string() {
            let message = format!("campaign {created} where {} was due", planned.pool);
            return Err(self.answered(message));
        }
        Ok(Ok(planned.amount))
    }

    pub(super) async fn draw(
        &self,
        campaign: WalletNumber,
        seed: &Head,
    ) -> Result<Acted, StepError> {
        let request = v1::DrawRequest { campaign_wallet: campaign.to_string(), seed: hex(seed) };
        let drawn = self.campaigns().draw(request).await;
        Ok(self.heard("Draw", drawn)?.map(|_| Amount::ZERO))
    }

    pub(super) async fn close_campaign(
        &self,
        request_id: &str,
        campaign: WalletNumber,
    ) -> Result<Acted, StepError> {
        let request = v1::CloseCampaignRequest {
            request_id: request_id.to_owned(),
            campaign_wallet: campaign.to_string(),
        };
        let closed = self.campaigns().close_campaign(request).await;
        let closed = self.heard("CloseCampaign", closed)?;
        self.value(closed.map(|answer| answer.returned_amount))
    }

    pub(super) async fn register_merchant(
        &self,
        wallet: WalletNumber,
        traits: MerchantTraits,
    ) -> Result<Acted, StepError> {
        let mut client = WalletProfileServiceClient::new(self.channel.clone());
        let traits = Some(show_merchant_traits(traits));
        let request = v1::SetMerchantTraitsRequest { wallet_number: wallet.to_string(), traits };
        let set = client.set_merchant_traits(request).await;
        Ok(self.heard("SetMerchantTraits", set)?.map(|_| Amount::ZERO))
    }

    /// Registers wallets for one campaign.
    pub(super) async fn register(&self, orders: &[Order]) -> Result<Vec<Acted>, StepError> {
        let (campaign_wallet, wallet_numbers) = participants(orders);
        let request = v1::RegisterWalletsRequest { campaign_wallet, wallet_numbers };
        let registered = self.campaigns().register_wallets(request).await;
        let registered = registered.map_err(CallError::of(self.member, "RegisterWallets"))?;
        let outcomes = registered.into_inner().outcomes.into_iter();
        let acted = |error: Option<v1::ItemError>| match error {
            None => Ok(Ok(Amount::ZERO)),
            Some(error) => self.refused(&error).map(Err),
        };
        outcomes.map(|outcome| acted(outcome.error)).collect()
    }

    /// Claims for wallets what they have won in one campaign.
    pub(super) async fn claim(&self, orders: &[Order]) -> Result<Vec<Acted>, StepError> {
        let (campaign_wallet, wallet_numbers) = participants(orders);
        let request = v1::ClaimGrantsRequest { campaign_wallet, wallet_numbers };
        let claimed = self.campaigns().claim_grants(request).await;
        let claimed = claimed.map_err(CallError::of(self.member, "ClaimGrants"))?;
        let acted = |outcome: v1::ClaimOutcome| match outcome.outcome {
            Some(Outcome::Grant(grant)) => Ok(Ok(self.amount(&grant.amount)?)),
            Some(Outcome::Error(error)) => self.refused(&error).map(Err),
            None => Err(self.answered("nothing for a claim".to_owned())),
        };
        claimed.into_inner().outcomes.into_iter().map(acted).collect()
    }
}

/// The campaign of some orders, and who takes part in it.
fn participants(orders: &[Order]) -> (String, Vec<String>) {
    let all: Vec<&Participant> = orders.iter().filter_map(Order::participant).collect();
    let campaign = all.first().map(|one| one.campaign.to_string()).unwrap_or_default();
    (campaign, all.iter().map(|one| one.wallet.to_string()).collect())
}

fn create(planned: &PlannedCampaign) -> v1::CreateCampaignRequest {
    let campaign = &planned.campaign;
    let time = |at| Some(text::timestamp(at));
    let category = |one: &_| v1::MerchantCategory::of(*one).into();
    let eligibility = v1::Eligibility {
        categories: campaign.categories.iter().map(category).collect(),
        regions: campaign.regions.iter().map(|one| v1::Region::of(*one).into()).collect(),
        purposes: Vec::new(),
        operator_codes: planned.operators.iter().map(|(code, _)| code.to_string()).collect(),
        min_spend: if campaign.min_spend > Amount::ZERO {
            campaign.min_spend.to_string()
        } else {
            String::new()
        },
    };
    let wanted = v1::NewCampaign {
        sponsor_wallet: planned.sponsor.to_string(),
        title: campaign.name.clone(),
        kind: v1::campaign::Kind::of(campaign.kind).into(),
        face_amount: campaign.face.to_string(),
        winner_count: planned.winners,
        pool_amount: planned.amount.to_string(),
        eligibility: Some(eligibility),
        register_from: time(campaign.register[0]),
        register_until: time(campaign.register[1]),
        claim_until: time(campaign.claim_until),
        valid_from: time(campaign.valid[0]),
        valid_until: time(campaign.valid[1]),
        commitment: planned.commitment.as_ref().map(hex).unwrap_or_default(),
    };
    v1::CreateCampaignRequest { request_id: planned.request_id.clone(), campaign: Some(wanted) }
}

/// 32 bytes as hexadecimal digits.
pub(super) fn hex(head: &Head) -> String {
    head.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
