//! The campaigns of this operator's sponsors, and who has registered, won, claimed and redeemed.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Reason;
use crate::money::{Amount, Timestamp, Total, WalletNumber};
use crate::slots::{SlotIndex, Slots};

use super::super::identity::IdentityHash;
use super::super::slot::{ClaimSlot, RegistrationSlot};
use super::draw::winners;
use super::rows::{CampaignKind, CampaignRow, ClaimRow, DrawRow, RegistrationRow};

/// A campaign.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// What was created.
    pub row: CampaignRow,
    /// The draw, once it was held.
    pub draw: Option<DrawRow>,
    registered: Vec<RegistrationSlot>,
    /// The winners of the draw; of a campaign without one, those who have claimed.
    won: FxHashSet<WalletNumber>,
    /// The last claim of each wallet that has claimed.
    claims: FxHashMap<WalletNumber, ClaimSlot>,
    /// Whose vouchers pay for something, or have paid.
    redeemed: FxHashMap<WalletNumber, Redeemed>,
    /// How many vouchers pay each merchant.
    merchants: FxHashMap<WalletNumber, u32>,
    turnover: Total,
    funded: Total,
    reclaimed: Total,
}

/// What a voucher pays a part of.
#[derive(Clone, Copy, Debug)]
pub struct Redeemed {
    /// The merchant.
    pub payee: WalletNumber,
    /// The whole amount of the payment.
    pub amount: Amount,
}

/// All campaigns, and in the order of their rows all registrations, draws and claims.
#[derive(Debug, Default)]
pub struct Campaigns {
    list: Vec<Campaign>,
    of_wallet: FxHashMap<WalletNumber, usize>,
    registrations: Slots<RegistrationSlot, RegistrationRow>,
    of_person: SlotIndex<RegistrationSlot>,
    of_registered: SlotIndex<RegistrationSlot>,
    draws: Vec<DrawRow>,
    claims: Slots<ClaimSlot, ClaimRow>,
}

impl Campaign {
    /// How many have registered.
    pub fn registered(&self) -> usize {
        self.registered.len()
    }

    /// How many have won; none before the draw.
    pub fn won(&self) -> usize {
        self.won.len()
    }

    /// Whether a wallet has won.
    pub fn has_won(&self, wallet: WalletNumber) -> bool {
        self.won.contains(&wallet)
    }

    /// How many wallets have claimed.
    pub fn claimed(&self) -> usize {
        self.claims.len()
    }

    /// How many vouchers pay for something, or have paid.
    pub fn redeemed(&self) -> usize {
        self.redeemed.len()
    }

    /// Whether the voucher of a wallet pays for something, or has paid.
    pub fn has_redeemed(&self, wallet: WalletNumber) -> bool {
        self.redeemed.contains_key(&wallet)
    }

    /// The sum of the payments of which vouchers pay a part.
    pub fn turnover(&self) -> Total {
        self.turnover
    }

    /// How many merchants vouchers pay.
    pub fn merchants(&self) -> usize {
        self.merchants.len()
    }

    /// What sponsors have put into the pool.
    pub fn funded(&self) -> Total {
        self.funded
    }

    /// What came back of red packets, and of vouchers whose payments were refunded.
    pub fn reclaimed(&self) -> Total {
        self.reclaimed
    }

    /// Whether who claims first wins, without a draw.
    pub fn is_first_come(&self) -> bool {
        self.row.commitment.is_none()
    }

    /// What the pool owes to vouchers that were claimed; none may be redeemed after a time.
    pub(super) fn promised(&self, at: Timestamp, until: Timestamp) -> Total {
        if self.row.kind == CampaignKind::RedPacket || at > until {
            return Total::ZERO;
        }
        let open = self.claims.len().saturating_sub(self.redeemed.len());
        Total::times(self.row.face, open)
    }

    /// Whether one may register now. Both ends belong to the time.
    pub fn check_registers(&self, at: Timestamp) -> Result<(), Reason> {
        let open = self.row.register_from <= at && at <= self.row.register_until;
        if open && self.draw.is_none() { Ok(()) } else { Err(Reason::RegistrationClosed) }
    }

    /// Whether a wallet may claim, as far as winners and their number go.
    pub fn check_wins(&self, wallet: WalletNumber) -> Result<(), Reason> {
        if self.has_won(wallet) {
            return Ok(());
        }
        if !self.is_first_come() {
            let why = if self.draw.is_some() { Reason::NotWon } else { Reason::NotDrawn };
            return Err(why);
        }
        let most = usize::try_from(self.row.winners).unwrap_or(usize::MAX);
        if self.won.len() < most { Ok(()) } else { Err(Reason::CampaignExhausted) }
    }
}

impl Campaigns {
    /// All of them in the order they were created.
    pub fn list(&self) -> &[Campaign] {
        &self.list
    }

    /// The campaign of a wallet.
    pub fn find(&self, campaign: WalletNumber) -> Option<&Campaign> {
        self.of_wallet.get(&campaign).map(|place| &self.list[*place])
    }

    /// All registrations in order.
    pub fn registrations(&self) -> &Slots<RegistrationSlot, RegistrationRow> {
        &self.registrations
    }

    /// All draws in order.
    pub fn draws(&self) -> &[DrawRow] {
        &self.draws
    }

    /// All claims in order.
    pub fn claims(&self) -> &Slots<ClaimSlot, ClaimRow> {
        &self.claims
    }

    /// The registrations of a campaign in order, from a place on.
    pub fn registrations_of<'a>(
        &'a self,
        campaign: &'a Campaign,
        from: usize,
    ) -> impl Iterator<Item = &'a RegistrationRow> {
        let slots = campaign.registered.get(from..).unwrap_or_default();
        slots.iter().map(|slot| &self.registrations[*slot])
    }

    /// A person's registration for a campaign.
    pub fn registration(
        &self,
        campaign: WalletNumber,
        person: IdentityHash,
    ) -> Option<&RegistrationRow> {
        let is_it = |slot: RegistrationSlot| {
            let row = &self.registrations[slot];
            (row.campaign, row.person) == (campaign, person)
        };
        self.of_person.find(&(campaign, person), is_it).map(|slot| &self.registrations[slot])
    }

    /// A wallet's registration for a campaign.
    pub fn registration_of(
        &self,
        campaign: WalletNumber,
        wallet: WalletNumber,
    ) -> Option<&RegistrationRow> {
        let is_it = |slot: RegistrationSlot| {
            let row = &self.registrations[slot];
            (row.campaign, row.wallet) == (campaign, wallet)
        };
        self.of_registered.find(&(campaign, wallet), is_it).map(|slot| &self.registrations[slot])
    }

    /// The last claim of a wallet.
    pub fn claim_of(&self, campaign: &Campaign, wallet: WalletNumber) -> Option<&ClaimRow> {
        campaign.claims.get(&wallet).map(|slot| &self.claims[*slot])
    }

    /// Takes in a campaign.
    pub fn create(&mut self, row: CampaignRow) {
        self.of_wallet.insert(row.campaign, self.list.len());
        self.list.push(Campaign {
            row,
            draw: None,
            registered: Vec::new(),
            won: FxHashSet::default(),
            claims: FxHashMap::default(),
            redeemed: FxHashMap::default(),
            merchants: FxHashMap::default(),
            turnover: Total::ZERO,
            funded: Total::ZERO,
            reclaimed: Total::ZERO,
        });
    }

    /// Takes in a registration.
    pub fn register(&mut self, row: RegistrationRow) {
        let slot = self.registrations.push(row);
        self.of_person.insert(&(row.campaign, row.person), slot);
        self.of_registered.insert(&(row.campaign, row.wallet), slot);
        if let Some(campaign) = self.find_mut(row.campaign) {
            campaign.registered.push(slot);
        }
    }

    /// Holds the draw: the winners are computed, live and when the file is read again.
    pub fn draw(&mut self, row: DrawRow) {
        if let Some(place) = self.of_wallet.get(&row.campaign) {
            let campaign = &mut self.list[*place];
            let registered = &campaign.registered;
            let wallets = registered.iter().map(|slot| self.registrations[*slot].wallet);
            let most = usize::try_from(campaign.row.winners).unwrap_or(usize::MAX);
            campaign.won = winners(&row.seed, wallets, most).into_iter().collect();
            campaign.draw = Some(row);
        }
        self.draws.push(row);
    }

    /// Takes in the claim of a winner; one whose payment came back claims again.
    pub fn claim(&mut self, row: ClaimRow) {
        let slot = self.claims.push(row);
        if let Some(campaign) = self.find_mut(row.campaign) {
            campaign.won.insert(row.wallet);
            campaign.claims.insert(row.wallet, slot);
        }
    }

    /// The voucher of a wallet pays a part of a payment.
    pub fn redeem(&mut self, campaign: WalletNumber, wallet: WalletNumber, of: Redeemed) {
        if let Some(campaign) = self.find_mut(campaign) {
            campaign.redeemed.insert(wallet, of);
            *campaign.merchants.entry(of.payee).or_default() += 1;
            campaign.turnover += of.amount;
        }
    }

    /// What the voucher of a wallet paid came back, so that it may be used again.
    pub fn give_back(&mut self, campaign: WalletNumber, wallet: WalletNumber) {
        let Some(campaign) = self.find_mut(campaign) else { return };
        let Some(Redeemed { payee, amount }) = campaign.redeemed.remove(&wallet) else { return };
        campaign.turnover -= amount;
        if let Some(vouchers) = campaign.merchants.get_mut(&payee) {
            *vouchers -= 1;
            if *vouchers == 0 {
                campaign.merchants.remove(&payee);
            }
        }
    }

    /// A sponsor put money into a pool.
    pub fn fund(&mut self, campaign: WalletNumber, amount: Amount) {
        if let Some(campaign) = self.find_mut(campaign) {
            campaign.funded += amount;
        }
    }

    /// What was left of a red packet came back.
    pub fn reclaim(&mut self, campaign: WalletNumber, amount: Amount) {
        if let Some(campaign) = self.find_mut(campaign) {
            campaign.reclaimed += amount;
        }
    }

    fn find_mut(&mut self, campaign: WalletNumber) -> Option<&mut Campaign> {
        self.of_wallet.get(&campaign).map(|place| &mut self.list[*place])
    }
}
