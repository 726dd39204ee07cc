//! Whether rows of campaigns and grants can follow those before.

use crate::Reason;
use crate::money::WalletNumber;

use super::super::OperatorLedger;
use super::super::check::RestoreError;
use super::super::facts::SubWalletUse;
use super::campaigns::Campaign;
use super::draw::commitment;
use super::rows::{CampaignKind, CampaignRow, ClaimRow, DrawRow, GrantSpendRow, RegistrationRow};

/// A refusal of a row of a campaign.
fn refused(row: u64, campaign: WalletNumber, reason: Reason) -> RestoreError {
    RestoreError::Campaign { row, campaign, reason }
}

impl OperatorLedger {
    fn campaign_of_row(&self, row: u64, campaign: WalletNumber) -> Result<&Campaign, RestoreError> {
        let found = self.campaigns.find(campaign);
        found.ok_or_else(|| refused(row, campaign, Reason::CampaignUnknown))
    }

    pub(in super::super) fn check_campaign_row(
        &self,
        row: &CampaignRow,
    ) -> Result<(), RestoreError> {
        let slot = self.wallets.slot_of(row.campaign);
        let pool = slot.and_then(|slot| self.families.sub_wallet(slot));
        let is_pool = pool.is_some_and(|pool| pool.used_for == SubWalletUse::Campaign);
        let is_new = self.campaigns.find(row.campaign).is_none();
        if is_pool && is_new && row.face.single().is_ok() {
            return Ok(());
        }
        Err(refused(row.row, row.campaign, Reason::CampaignUnknown))
    }

    pub(in super::super) fn check_registration(
        &self,
        row: &RegistrationRow,
    ) -> Result<(), RestoreError> {
        let found = self.campaign_of_row(row.row, row.campaign)?;
        let checked = found.check_registers(row.at);
        checked.map_err(|reason| refused(row.row, row.campaign, reason))?;
        let earlier = self.campaigns.registration(row.campaign, row.person);
        match earlier.or_else(|| self.campaigns.registration_of(row.campaign, row.wallet)) {
            None => Ok(()),
            Some(_) => Err(refused(row.row, row.campaign, Reason::AlreadyRegistered)),
        }
    }

    pub(in super::super) fn check_draw(&self, row: &DrawRow) -> Result<(), RestoreError> {
        let found = self.campaign_of_row(row.row, row.campaign)?;
        let fits = found.draw.is_none() && found.row.commitment == Some(commitment(&row.seed));
        if fits { Ok(()) } else { Err(refused(row.row, row.campaign, Reason::DrawSeedWrong)) }
    }

    /// A claim is of a winner, and its packet has been paid.
    pub(in super::super) fn check_claim(&self, row: &ClaimRow) -> Result<(), RestoreError> {
        let found = self.campaign_of_row(row.row, row.campaign)?;
        let checked = found.check_wins(row.wallet);
        checked.map_err(|reason| refused(row.row, row.campaign, reason))?;
        let paid = row.payment.map(|id| {
            self.payment(id).is_some_and(|payment| {
                self.payer_of(payment) == row.campaign
                    && (payment.payee, payment.amount) == (row.wallet, found.row.face)
            })
        });
        let earlier = self.campaigns.claim_of(found, row.wallet);
        let is_new = match (found.row.kind, paid) {
            (CampaignKind::Voucher, None) => earlier.is_none(),
            (CampaignKind::RedPacket, Some(true)) => {
                earlier.is_none_or(|earlier| earlier.payment != row.payment)
            }
            (CampaignKind::Voucher | CampaignKind::RedPacket, _) => false,
        };
        if is_new { Ok(()) } else { Err(refused(row.row, row.campaign, Reason::NotWon)) }
    }

    pub(in super::super) fn check_grant_spend(
        &self,
        row: &GrantSpendRow,
    ) -> Result<(), RestoreError> {
        let GrantSpendRow { row, claim, amount, .. } = *row;
        let grant = self.grants.of_claim(claim).map(|slot| &self.grants[slot]);
        let fits = grant.is_some_and(|grant| amount.single().is_ok() && amount <= grant.left);
        if fits { Ok(()) } else { Err(RestoreError::Grant { row, claim, amount }) }
    }
}
