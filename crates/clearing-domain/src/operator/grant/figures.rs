//! What became of the grants of each campaign, counted as rows are applied.

use std::collections::BTreeMap;

use crate::money::{Amount, Total, WalletNumber};

use super::redemption::Redemption;

/// The figures of the grants of one campaign.
#[derive(Debug, Default)]
struct OfCampaign {
    grants: usize,
    granted: Total,
    left: Total,
    reclaimed: Total,
    payments: usize,
    added: Total,
    /// How many payments of each merchant count.
    merchants: BTreeMap<WalletNumber, u32>,
}

/// The figures of the grants of all campaigns.
#[derive(Debug, Default)]
pub(super) struct Figures {
    of_campaigns: BTreeMap<WalletNumber, OfCampaign>,
}

/// Whether something is counted from now on, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Counts {
    /// From now on.
    More,
    /// No longer.
    Less,
}

impl Counts {
    fn change(self, sum: &mut Total, by: Total) {
        match self {
            Self::More => *sum += by,
            Self::Less => *sum -= by,
        }
    }
}

impl Figures {
    /// A grant came.
    pub(super) fn come(&mut self, campaign: WalletNumber, amount: Amount) {
        let found = self.of_campaigns.entry(campaign).or_default();
        found.grants += 1;
        found.granted += amount;
    }

    /// Of a grant something else is left than before.
    pub(super) fn leave(&mut self, campaign: WalletNumber, before: Amount, after: Amount) {
        let found = self.of_campaigns.entry(campaign).or_default();
        found.left -= before;
        found.left += after;
    }

    /// A part of a grant goes back to its campaign, or does not.
    pub(super) fn reclaim(&mut self, campaign: WalletNumber, amount: Amount, counts: Counts) {
        let found = self.of_campaigns.entry(campaign).or_default();
        counts.change(&mut found.reclaimed, amount.into());
    }

    /// A payment to a merchant spends grants of a campaign and adds a sum, or does not.
    pub(super) fn purchase(
        &mut self,
        campaign: WalletNumber,
        (payee, added): (WalletNumber, Total),
        counts: Counts,
    ) {
        let found = self.of_campaigns.entry(campaign).or_default();
        counts.change(&mut found.added, added);
        let payments = found.merchants.entry(payee).or_default();
        match counts {
            Counts::More => {
                found.payments += 1;
                *payments += 1;
            }
            Counts::Less => {
                found.payments = found.payments.saturating_sub(1);
                *payments = payments.saturating_sub(1);
            }
        }
        if *payments == 0 {
            found.merchants.remove(&payee);
        }
    }

    /// The figures of a campaign.
    pub(super) fn of(&self, campaign: WalletNumber) -> Redemption {
        let Some(found) = self.of_campaigns.get(&campaign) else { return Redemption::default() };
        Redemption {
            grants: found.grants,
            granted: found.granted,
            payments: found.payments,
            spent: found.granted - found.left - found.reclaimed,
            added: found.added,
            merchants: found.merchants.len(),
            left: found.left,
            reclaimed: found.reclaimed,
        }
    }

    /// The campaigns that have given grants.
    pub(super) fn campaigns(&self) -> impl Iterator<Item = WalletNumber> + '_ {
        self.of_campaigns.keys().copied()
    }
}
