//! What the rules of a campaign say of a voucher that is to pay a part of a payment.

use crate::Reason;
use crate::details::{Purchase, Voucher};
use crate::money::{Timestamp, Total, WalletNumber};

use super::super::OperatorLedger;
use super::campaigns::Campaign;
use super::rows::CampaignKind;

impl OperatorLedger {
    /// Whether the voucher of a wallet pays a part of a purchase that was submitted at a time. Each
    /// winner has one voucher, and it is used whole.
    pub(in super::super) fn check_voucher_rules(
        &self,
        voucher: Voucher,
        payer: WalletNumber,
        purchase: &Purchase,
        at: Timestamp,
    ) -> Result<(), Reason> {
        let Some(campaign) = self.campaigns.find(voucher.campaign) else {
            let is_open_to_all = self.settings.any_pool;
            return if is_open_to_all { Ok(()) } else { Err(Reason::CampaignUnknown) };
        };
        let row = &campaign.row;
        if row.kind != CampaignKind::Voucher || voucher.discount != row.face {
            return Err(Reason::VoucherInvalid);
        }
        if self.campaigns.claim_of(campaign, payer).is_none() {
            return Err(Reason::VoucherNotClaimed);
        }
        if campaign.has_redeemed(payer) {
            return Err(Reason::VoucherUsed);
        }
        // When it was submitted is the word of the payer's operator; its own clock bounds that.
        let is_late = self.settings.lockstep.is_none() && self.time > self.redeemed_until(campaign);
        if at < row.valid_from || at > row.valid_until || is_late {
            return Err(Reason::VoucherNotValid);
        }
        if row.eligible.allows(purchase) { Ok(()) } else { Err(Reason::VoucherIneligible) }
    }

    /// What the pool of a campaign owes to vouchers that may still be redeemed.
    pub fn promised(&self, campaign: &Campaign, at: Timestamp) -> Total {
        campaign.promised(at, self.redeemed_until(campaign))
    }

    /// Until when the money of a campaign can be asked for. A payment with a voucher that was submitted
    /// in time asks for its discount until it expires; a tick has answered all that came before it.
    pub(super) fn redeemed_until(&self, campaign: &Campaign) -> Timestamp {
        let row = &campaign.row;
        match row.kind {
            CampaignKind::Voucher if self.settings.lockstep.is_none() => {
                row.valid_until.plus_ms(self.settings.expiry_ms)
            }
            CampaignKind::Voucher | CampaignKind::RedPacket => row.valid_until,
        }
    }
}
