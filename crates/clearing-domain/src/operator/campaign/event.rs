//! What happens to campaigns, for those who watch them.

use crate::money::{Amount, PaymentId, Timestamp, WalletNumber};

use super::super::OperatorLedger;

/// Something that happened to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CampaignEvent {
    /// The campaign.
    pub campaign: WalletNumber,
    /// What happened.
    pub kind: CampaignEventKind,
    /// When.
    pub at: Timestamp,
}

/// What happened to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignEventKind {
    /// It was created.
    Created,
    /// A wallet registered.
    Registered(WalletNumber),
    /// The draw was held, with so many winners.
    Drawn(usize),
    /// A wallet claimed what it won.
    Claimed(WalletNumber),
    /// The voucher of a wallet pays a part of a payment.
    Redeemed(WalletNumber, PaymentId),
    /// What was left of the grant of a wallet came back.
    Reclaimed(WalletNumber, Amount),
    /// So much was given back to the sponsor.
    Closed(Amount),
}

impl OperatorLedger {
    /// Reports what happened to a wallet, if it is the pool of a campaign.
    pub(in super::super) fn report_campaign(
        &mut self,
        campaign: WalletNumber,
        kind: CampaignEventKind,
        at: Timestamp,
    ) {
        if self.campaigns.find(campaign).is_some() {
            self.effects.campaigns.push(CampaignEvent { campaign, kind, at });
        }
    }
}
