//! Campaigns of a run in this process: who registers and claims asks the ledger of the sponsor.

use clearing_api::status::FieldError;
use clearing_domain::details::{Eligibility, NumberSet};
use clearing_domain::money::{Amount, RequestId, WalletNumber};
use clearing_domain::operator::{
    CampaignKind, CampaignOrder, Claimant, ClaimedVoucher, Merchants, OperatorError, TickItem,
};

use super::super::EngineError;
use super::super::actions::{Acted, Order, Participant, PlannedCampaign};
use super::{InProcess, actions, wealth};

impl InProcess {
    /// Carries out an order to an operator.
    pub(super) fn carry_out(&mut self, place: usize, order: &Order) -> Result<Acted, EngineError> {
        let alone = actions::act(&mut self.operators[place], order, self.now);
        let acted = match (alone, order) {
            (Some(acted), _) => return Ok(acted),
            (None, Order::CreateCampaign(planned)) => self.create_campaign(place, planned)?,
            (None, Order::Register(participant)) => self.register(place, participant),
            (None, Order::Claim(participant)) => self.claim(place, participant),
            (None, Order::IssueCard(planned)) => self.issue_card(place, planned)?,
            (None, Order::Upload(signed)) => return Ok(self.upload(signed)),
            (None, Order::RegisterMerchant { wallet, traits }) => {
                let registered = self.central_bank.register_merchant(*wallet, *traits);
                let reason = |error| FieldError::from(error).reason;
                return Ok(registered.map(|()| Amount::ZERO).map_err(reason));
            }
            (None, Order::Contract(order)) => self.contract(order),
            (None, Order::Loan(order)) => self.loan(order),
            (None, Order::Wealth(order)) => {
                let ledger = &mut self.operators[place];
                let at = ledger.business_time(self.now);
                return Ok(wealth::act(ledger, order, at));
            }
            (None, Order::SuspendMerchant { merchant, suspended }) => {
                self.suspend_merchant(*merchant, *suspended).map(|()| Amount::ZERO)
            }
            (None, other) => unreachable!("{other:?} needs one ledger alone"),
        };
        Ok(acted.map_err(|error| FieldError::from(error).reason))
    }

    fn create_campaign(
        &mut self,
        place: usize,
        planned: &PlannedCampaign,
    ) -> Result<Result<Amount, OperatorError>, EngineError> {
        let operator = &mut self.operators[place];
        let at = operator.business_time(self.now);
        match operator.create_campaign(order(planned), at) {
            Ok(found) if found != planned.pool => Err(EngineError::WalletNumber {
                operator: operator.settings().code,
                found,
                expected: planned.pool,
            }),
            created => Ok(created.map(|_| planned.amount)),
        }
    }

    fn register(
        &mut self,
        place: usize,
        participant: &Participant,
    ) -> Result<Amount, OperatorError> {
        let (sponsor, claimant) = self.claimant(place, participant)?;
        let at = self.operators[sponsor].business_time(self.now);
        let campaign = participant.campaign;
        self.operators[sponsor].register(campaign, claimant, at).map(|()| Amount::ZERO)
    }

    fn claim(&mut self, place: usize, participant: &Participant) -> Result<Amount, OperatorError> {
        let (sponsor, claimant) = self.claimant(place, participant)?;
        let (now, campaign) = (self.now, participant.campaign);
        let ledger = &mut self.operators[sponsor];
        let at = ledger.business_time(now);
        ledger.claim(campaign, claimant, at)?;
        let row = &ledger.campaign(campaign)?.row;
        let (face, valid) = (row.face, (row.valid_from, row.valid_until));
        if row.kind == CampaignKind::Voucher {
            let claimed = ClaimedVoucher { wallet: participant.wallet, campaign, face, valid };
            let operator = &mut self.operators[place];
            operator.hold_voucher(claimed, operator.business_time(now))?;
        }
        Ok(face)
    }

    /// The place of the sponsor's operator, and who asks it.
    fn claimant(
        &self,
        place: usize,
        participant: &Participant,
    ) -> Result<(usize, Claimant), OperatorError> {
        let Participant { campaign, wallet } = *participant;
        let person = self.operators[place].person_of(wallet)?;
        let is_sponsor = |operator: &clearing_domain::operator::OperatorLedger| {
            operator.settings().prefix == campaign.prefix()
        };
        let sponsor = self.operators.iter().position(is_sponsor);
        let sponsor = sponsor.ok_or(OperatorError::CampaignUnknown(campaign))?;
        Ok((sponsor, (wallet, person)))
    }

    /// What the directory says of the merchants that matter for some payments of an operator.
    pub(super) fn merchants(&self, place: usize, items: &[TickItem]) -> Merchants {
        let asked = self.operators[place].asked_for(items).into_iter();
        let known = |wallet: WalletNumber| Some((wallet, self.central_bank.merchant(wallet).ok()?));
        asked.filter_map(known).collect()
    }
}

fn order(planned: &PlannedCampaign) -> CampaignOrder {
    let campaign = &planned.campaign;
    let mut operators: Vec<_> = planned.operators.iter().map(|(_, prefix)| *prefix).collect();
    operators.sort_unstable();
    let categories = campaign.categories.iter().map(|category| *category as u8);
    let regions = campaign.regions.iter().map(|region| *region as u8);
    CampaignOrder {
        request_id: RequestId::Text(planned.request_id.as_str().into()),
        sponsor: planned.sponsor,
        title: Some(campaign.name.as_str().into()),
        kind: campaign.kind,
        face: campaign.face,
        winners: planned.winners,
        pool: planned.amount,
        eligible: Eligibility {
            categories: NumberSet::of(categories).unwrap_or_default(),
            regions: NumberSet::of(regions).unwrap_or_default(),
            purposes: NumberSet::default(),
            operators: operators.into(),
            min_spend: campaign.min_spend,
        },
        register: (campaign.register[0], campaign.register[1]),
        claim_until: campaign.claim_until,
        valid: (campaign.valid[0], campaign.valid[1]),
        commitment: planned.commitment,
        salt: None,
        content: None,
    }
}
