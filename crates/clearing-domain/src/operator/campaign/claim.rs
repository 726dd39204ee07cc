//! Register, draw, claim: the life of a campaign before its money is spent.

use crate::Reason;
use crate::details::{Details, GrantTerms};
use crate::link::Head;
use crate::money::{Amount, PaymentId, RequestId, Timestamp, Total, WalletKind, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::super::identity::IdentityHash;
use super::super::pay::{Origin, PaymentOrder};
use super::super::state::PaymentState;
use super::draw::commitment;
use super::error::CampaignValue;
use super::event::CampaignEventKind;
use super::rows::{CampaignKind, CampaignRow, ClaimRow, DrawRow, RegistrationRow};

/// How often a wallet may try to get a packet: each attempt that is refused is a row for ever.
const ATTEMPTS_MAX: u32 = 16;

/// A wallet that registers or claims, with the person who holds it.
pub type Claimant = (WalletNumber, IdentityHash);

impl OperatorLedger {
    /// Who holds a wallet of this operator, as campaigns count persons. Under lockstep, where
    /// experiments open wallets without documents, each of those is a person of its own.
    pub fn person_of(&self, wallet: WalletNumber) -> Result<IdentityHash, OperatorError> {
        let slot = self.known(wallet)?;
        let shown = self.wallets[slot].holder.identity_hash;
        let lockstep = self.settings.lockstep;
        shown
            .or_else(|| lockstep.and_then(|_| IdentityHash::from_number(wallet.as_u64())))
            .ok_or(OperatorError::Wallet { wallet, reason: Reason::IdentityMissing })
    }

    /// Registers a wallet. A person registers once, whatever operator it goes to; a repeat with the
    /// same wallet changes nothing.
    pub fn register(
        &mut self,
        campaign: WalletNumber,
        (wallet, person): Claimant,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let refuse = |reason| of_wallet(wallet, reason);
        check_is_persons(wallet)?;
        let found = self.campaign(campaign)?;
        match self.campaigns.registration(campaign, person) {
            Some(earlier) if earlier.wallet == wallet => return Ok(()),
            Some(_) => return Err(refuse(Reason::AlreadyRegistered)),
            None => found.check_registers(now).map_err(refuse)?,
        }
        // One wallet under the names of many would have as many places in the draw.
        if self.campaigns.registration_of(campaign, wallet).is_some() {
            return Err(refuse(Reason::AlreadyRegistered));
        }
        let row = RegistrationRow { row: 0, campaign, wallet, person, at: now };
        self.append(row, Known::Nothing);
        self.report_campaign(campaign, CampaignEventKind::Registered(wallet), now);
        Ok(())
    }

    /// Holds the draw with the seed that was committed to, once registration is over. A repeat
    /// changes nothing.
    pub fn draw(
        &mut self,
        campaign: WalletNumber,
        seed: Head,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let refuse = |field, value, reason| Err(OperatorError::Campaign { field, value, reason });
        let found = self.campaign(campaign)?;
        let committed = commitment(&seed);
        if found.row.commitment != Some(committed) {
            return refuse("seed", CampaignValue::Commitment(committed), Reason::DrawSeedWrong);
        }
        if found.draw.is_some() {
            return Ok(());
        }
        if now <= found.row.register_until {
            let value = CampaignValue::Wallet(campaign);
            return refuse("campaign_wallet", value, Reason::RegistrationOpen);
        }
        self.append(DrawRow { row: 0, campaign, seed, at: now }, Known::Nothing);
        let winners = self.campaign(campaign)?.won();
        self.report_campaign(campaign, CampaignEventKind::Drawn(winners), now);
        Ok(())
    }

    /// Claims what a wallet has won. Of a red packet the money leaves the pool now. A repeat answers
    /// with the first claim; one whose payment came back claims again.
    pub fn claim(
        &mut self,
        campaign: WalletNumber,
        claimant: Claimant,
        now: Timestamp,
    ) -> Result<ClaimRow, OperatorError> {
        let wallet = claimant.0;
        check_is_persons(wallet)?;
        let refuse = |reason| of_wallet(wallet, reason);
        let found = self.campaign(campaign)?;
        // The operator of the wallet names the person, who must be the one who has registered.
        let registered = self.campaigns.registration_of(campaign, wallet);
        if registered.is_some_and(|registered| registered.person != claimant.1) {
            return Err(refuse(Reason::IdentityMismatch));
        }
        let earlier = self.campaigns.claim_of(found, wallet).copied();
        if let Some(claim) = earlier.filter(|claim| !self.came_back(claim)) {
            return Ok(claim);
        }
        found.check_wins(wallet).map_err(refuse)?;
        if now > found.row.claim_until {
            return Err(refuse(Reason::ClaimClosed));
        }
        let (is_first_come, kind, face) = (found.is_first_come(), found.row.kind, found.row.face);
        let needed = self.promised(found, now) + face;
        if needed > Total::from(self.pool_of(campaign)) {
            return Err(OperatorError::Campaign {
                field: "campaign_wallet",
                value: CampaignValue::Wallet(campaign),
                reason: Reason::CampaignExhausted,
            });
        }
        if is_first_come {
            self.register(campaign, claimant, now)?;
        }
        let payment = match kind {
            CampaignKind::Voucher => None,
            CampaignKind::RedPacket => Some(self.pay_packet(campaign, wallet, face, now)?),
        };
        let row = ClaimRow { row: 0, campaign, wallet, payment, at: now };
        self.append(row, Known::Nothing);
        self.report_campaign(campaign, CampaignEventKind::Claimed(wallet), now);
        Ok(ClaimRow { row: self.chain.row, ..row })
    }

    /// Pays a red packet out of the pool. Its id follows from the claim and from how many payments of
    /// it were refused before, so that an attempt has one payment whatever is repeated.
    fn pay_packet(
        &mut self,
        campaign: WalletNumber,
        wallet: WalletNumber,
        face: Amount,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        let row = &self.campaign(campaign)?.row;
        let (terms, salt) = (row.terms(), row.salt);
        let id_of = |attempt| PaymentId::of_claim(campaign, salt.as_ref(), wallet, attempt);
        let mut attempts = (0..ATTEMPTS_MAX).map(id_of);
        let refuse = |reason| of_wallet(wallet, reason);
        let id = attempts.find(|id| !self.was_refused(*id) && self.is_name_free(campaign, *id));
        let id = id.ok_or_else(|| refuse(Reason::RefusedTooOften))?;
        let details = Details { grant: Some(Box::new(terms)), ..Details::default() };
        let order = PaymentOrder {
            id,
            request_id: RequestId::Uuid(id.0),
            payer: campaign,
            payee: Ok(wallet),
            alias: None,
            amount: Ok(face),
            remark: None,
            details: details.boxed(),
        };
        let slot = self.pay_as(Origin::Claim, order, now)?;
        let payment = &self.payments[slot];
        match payment.reason {
            Some(reason) if payment.state == PaymentState::Rejected => Err(refuse(reason)),
            Some(_) | None => Ok(id),
        }
    }

    /// Whether the payment of a claim came back to the pool.
    fn came_back(&self, claim: &ClaimRow) -> bool {
        claim.payment.is_some_and(|id| self.was_refused(id))
    }

    fn was_refused(&self, id: PaymentId) -> bool {
        let refused = [PaymentState::Rejected, PaymentState::Returned];
        self.payment(id).is_some_and(|payment| refused.contains(&payment.state))
    }
}

/// Why a wallet cannot register or claim.
fn of_wallet(wallet: WalletNumber, reason: Reason) -> OperatorError {
    let value = CampaignValue::Wallet(wallet);
    OperatorError::Campaign { field: "wallet_number", value, reason }
}

/// Whether a wallet is that of a person: nobody else takes part.
fn check_is_persons(wallet: WalletNumber) -> Result<(), OperatorError> {
    let is_persons = wallet.kind() == WalletKind::Personal;
    let reason = Reason::KindNotAllowed;
    if is_persons { Ok(()) } else { Err(OperatorError::Wallet { wallet, reason }) }
}

impl CampaignRow {
    /// The terms of its grants.
    pub fn terms(&self) -> GrantTerms {
        let Self { valid_from, valid_until, eligible, .. } = self;
        let eligible = eligible.as_ref().clone();
        GrantTerms { valid_from: *valid_from, valid_until: *valid_until, eligible }
    }
}
