//! Closes campaigns: what nobody can claim any more goes back to the sponsor, and at the end the
//! wallet of the pool is closed.
//!
//! What comes back from wallets after that, however late, goes on to the sponsor at once.

use crate::Reason;
use crate::money::{Amount, RequestId, RequestKey, Timestamp, Total, WalletNumber};

use super::super::OperatorLedger;
use super::super::error::OperatorError;
use super::super::facts::WalletChange;
use super::super::requests::RequestRef;
use super::super::slot::WalletSlot;
use super::super::sub_wallets::FamilyMove;
use super::super::wallet::WalletStatus;
use super::error::CampaignValue;
use super::event::CampaignEventKind;

impl OperatorLedger {
    /// Gives back to the sponsor what the pool owes to nobody, once nobody may claim any more, and
    /// answers how much. When its money may not be spent any more either and nothing of it is in
    /// transit, the wallet of the pool is closed. A repeat answers how much the first one gave back.
    pub fn close_campaign(
        &mut self,
        campaign: WalletNumber,
        request_id: RequestId,
        now: Timestamp,
    ) -> Result<Amount, OperatorError> {
        let found = self.campaign(campaign)?;
        let key = RequestKey::new(campaign, &request_id);
        if let Some(earlier) = self.earlier(&key, Some(campaign), &request_id) {
            let returned = self.returned_by(earlier);
            return returned.ok_or(OperatorError::RequestIdReused(request_id));
        }
        if now <= found.row.claim_until {
            return Err(OperatorError::Campaign {
                field: "campaign_wallet",
                value: CampaignValue::Wallet(campaign),
                reason: Reason::CampaignOpen,
            });
        }
        let is_over = now > self.redeemed_until(found);
        if self.closed_campaign(campaign).is_some() {
            return Ok(Amount::ZERO);
        }
        let free = Total::from(self.pool_of(campaign)) - self.promised(found, now);
        let free = free.position().and_then(Amount::from_sum).unwrap_or_default();
        let mut request_id = Some(request_id);
        if free > Amount::ZERO {
            self.move_in_family(campaign, FamilyMove::Pool(free), request_id.take(), now)?;
        }
        let closes = is_over && self.is_settled(campaign);
        if closes {
            // Of two rows the first one answers a repeat, because it says how much.
            self.append_event(campaign, WalletChange::Closed, request_id, now);
        }
        if closes || free > Amount::ZERO {
            self.report_campaign(campaign, CampaignEventKind::Closed(free), now);
        }
        Ok(free)
    }

    /// What an earlier request to close gave back.
    fn returned_by(&self, earlier: RequestRef) -> Option<Amount> {
        let RequestRef::Event(slot) = earlier else { return None };
        let change = self.events[slot].change;
        if let WalletChange::Pooled { amount } = change {
            return Some(amount);
        }
        (change == WalletChange::Closed).then_some(Amount::ZERO)
    }

    /// Whether money is under way to a campaign of a wallet, or will be from grants in wallets of this
    /// operator: the sponsor must be there when it comes.
    pub(in super::super) fn awaits_campaigns(&self, sponsor: WalletSlot) -> bool {
        self.families.sub_wallets_of(sponsor).iter().any(|slot| {
            let campaign = self.wallets[*slot].number;
            self.campaigns.find(campaign).is_some()
                && (self.inbound.room_in(*slot) > Amount::ZERO
                    || self.grants.left_of(campaign) > Total::ZERO)
        })
    }

    /// Whether the pool of a campaign is empty and nothing of it is in transit.
    fn is_settled(&self, campaign: WalletNumber) -> bool {
        let slot = self.wallets.slot_of(campaign);
        slot.is_some_and(|slot| {
            let wallet = &self.wallets[slot];
            [wallet.balance, wallet.in_transit, self.inbound.room_in(slot)] == [Amount::ZERO; 3]
        })
    }

    /// The pool of a campaign that is closed.
    fn closed_campaign(&self, campaign: WalletNumber) -> Option<WalletSlot> {
        self.campaigns.find(campaign)?;
        let slot = self.wallets.slot_of(campaign)?;
        (self.wallets[slot].status == WalletStatus::Closed).then_some(slot)
    }

    /// Whether the wallet of a campaign is closed.
    pub fn is_campaign_closed(&self, campaign: WalletNumber) -> bool {
        self.closed_campaign(campaign).is_some()
    }

    /// The wallet that gets what comes back to a wallet: of a campaign that is closed its sponsor's.
    pub(in super::super) fn taker_of(&self, wallet: WalletSlot) -> WalletSlot {
        let closed = self.closed_campaign(self.wallets[wallet].number);
        closed.and_then(|slot| self.parent_of(slot)).unwrap_or(wallet)
    }

    /// Gives to the sponsor what came back to a campaign after it was closed.
    pub(in super::super) fn pass_on(&mut self, campaign: WalletNumber, at: Timestamp) {
        let Some(slot) = self.closed_campaign(campaign) else { return };
        let (amount, taker) = (self.wallets[slot].balance, self.taker_of(slot));
        let room = self.inbound.room_in(taker);
        // What the sponsor's wallet has no room for stays until more comes back.
        if amount > Amount::ZERO && self.wallets[taker].check_takes_back(amount, room).is_ok() {
            self.append_event(campaign, WalletChange::Pooled { amount }, None, at);
            self.report_campaign(campaign, CampaignEventKind::Closed(amount), at);
        }
    }
}
