//! Creates campaigns and fills their pools.

use crate::Reason;
use crate::details::Eligibility;
use crate::link::Head;
use crate::money::{Amount, RequestId, RequestKey, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::content::ContentMark;
use super::super::error::OperatorError;
use super::super::facts::{SubWalletUse, WalletChange};
use super::super::sub_wallets::{FamilyMove, SubWalletOrder};
use super::campaigns::{Campaign, Campaigns};
use super::error::CampaignValue;
use super::event::CampaignEventKind;
use super::rows::{CampaignKind, CampaignRow};

/// A campaign to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignOrder {
    /// The client's name for the request.
    pub request_id: RequestId,
    /// The wallet that pays for it.
    pub sponsor: WalletNumber,
    /// What it is called.
    pub title: Option<Box<str>>,
    /// What it hands out.
    pub kind: CampaignKind,
    /// How much each winner gets.
    pub face: Amount,
    /// How many win at most.
    pub winners: u32,
    /// How much is put into its pool.
    pub pool: Amount,
    /// What its money may be spent on.
    pub eligible: Eligibility,
    /// From when on one may register, and until when.
    pub register: (Timestamp, Timestamp),
    /// The last moment to claim.
    pub claim_until: Timestamp,
    /// From when on its money may be spent, and until when.
    pub valid: (Timestamp, Timestamp),
    /// SHA-256 of the seed of the draw; without one, who claims first wins.
    pub commitment: Option<Head>,
    /// A secret of this campaign, if it is new: nobody else can derive the ids of its red packets.
    pub salt: Option<Head>,
    /// The mark of all that the client sent.
    pub content: Option<ContentMark>,
}

impl CampaignOrder {
    /// The times of a campaign follow each other, and what it hands out is something.
    fn check(&self) -> Result<(), OperatorError> {
        let wrong = |field, value| {
            Err(OperatorError::Campaign { field, value, reason: Reason::FieldInvalid })
        };
        if self.register.0 > self.register.1 {
            return wrong("register_until", CampaignValue::Time(self.register.1));
        }
        if self.claim_until < self.register.1 {
            return wrong("claim_until", CampaignValue::Time(self.claim_until));
        }
        if self.valid.0 > self.valid.1 || self.valid.1 < self.claim_until {
            return wrong("valid_until", CampaignValue::Time(self.valid.1));
        }
        if self.winners == 0 {
            return wrong("winner_count", CampaignValue::Count(self.winners));
        }
        let least = CampaignValue::Amount(self.eligible.min_spend);
        // A packet has no threshold: the first of several payments would decide on the others.
        if self.kind == CampaignKind::RedPacket && self.eligible.min_spend > Amount::ZERO {
            return wrong("min_spend", least);
        }
        if self.kind == CampaignKind::Voucher && self.eligible.min_spend <= self.face {
            return wrong("min_spend", least);
        }
        self.face.single()?;
        self.pool.single()?;
        Ok(())
    }

    fn into_row(self, campaign: WalletNumber, at: Timestamp) -> CampaignRow {
        CampaignRow {
            row: 0,
            campaign,
            title: self.title,
            kind: self.kind,
            face: self.face,
            winners: self.winners,
            eligible: Box::new(self.eligible),
            register_from: self.register.0,
            register_until: self.register.1,
            claim_until: self.claim_until,
            valid_from: self.valid.0,
            valid_until: self.valid.1,
            commitment: self.commitment,
            salt: self.salt,
            at,
        }
    }
}

impl OperatorLedger {
    /// The campaigns of this operator's sponsors.
    pub fn campaigns(&self) -> &Campaigns {
        &self.campaigns
    }

    /// The campaign of a wallet.
    pub fn campaign(&self, campaign: WalletNumber) -> Result<&Campaign, OperatorError> {
        self.campaigns.find(campaign).ok_or(OperatorError::CampaignUnknown(campaign))
    }

    /// What is in the pool of a campaign.
    pub fn pool_of(&self, campaign: WalletNumber) -> Amount {
        self.wallet(campaign).map_or(Amount::ZERO, |wallet| wallet.balance)
    }

    /// Creates a campaign with its pool and answers with the number of its wallet. A repeat answers
    /// with the number given before.
    pub fn create_campaign(
        &mut self,
        order: CampaignOrder,
        now: Timestamp,
    ) -> Result<WalletNumber, OperatorError> {
        order.check()?;
        let sub_wallet = SubWalletOrder {
            request_id: Some(order.request_id.clone()),
            parent: order.sponsor,
            used_for: SubWalletUse::Campaign,
            single: None,
            daily: None,
            payees: None,
            platform: None,
            content: order.content,
        };
        if !self.has_opened(&order.request_id) {
            self.check_fills(order.sponsor, order.pool)?;
        }
        let campaign = self.open_sub_wallet(sub_wallet, now)?;
        if self.campaigns.find(campaign).is_some() {
            return Ok(campaign);
        }
        let pool = order.pool;
        self.append(order.into_row(campaign, now), Known::Nothing);
        self.move_in_family(campaign, FamilyMove::Load(pool), None, now)?;
        self.report_campaign(campaign, CampaignEventKind::Created, now);
        Ok(campaign)
    }

    /// Whether a sponsor can fill a pool, asked before that is opened: there is no half of a
    /// campaign.
    fn check_fills(&self, sponsor: WalletNumber, pool: Amount) -> Result<(), OperatorError> {
        let slot = self.known(sponsor)?;
        self.check_gives(slot, pool)?;
        let limits = self.limits_of(&self.wallets[slot]);
        let wallet = sponsor;
        limits
            .check_credit(pool, Amount::ZERO)
            .map_err(|reason| OperatorError::Wallet { wallet, reason })
    }

    fn has_opened(&self, request_id: &RequestId) -> bool {
        self.earlier(&RequestKey::without_wallet(request_id), None, request_id).is_some()
    }

    /// Puts more of the sponsor's money into the pool. A repeat changes nothing.
    pub fn fund_campaign(
        &mut self,
        campaign: WalletNumber,
        amount: Amount,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        self.campaign(campaign)?;
        let made = |change| change == WalletChange::Loaded { amount };
        if !self.is_repeat(campaign, &request_id, made)? {
            self.move_in_family(campaign, FamilyMove::Load(amount), Some(request_id), now)?;
        }
        Ok(())
    }
}
