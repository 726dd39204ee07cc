//! What became of the grants of a campaign in wallets of this operator, as its sponsor counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::money::{Amount, PaymentId, Total, WalletNumber};

use super::super::OperatorLedger;
use super::super::state::PaymentState;

/// The figures of the grants of one campaign in the wallets of one operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redemption {
    /// How many grants came.
    pub grants: usize,
    /// What they were worth.
    pub granted: Total,
    /// How many payments spent of them and were not wholly given back.
    pub payments: usize,
    /// What of them was spent and not given back.
    pub spent: Total,
    /// What payers added of their own to these payments, other grants included.
    pub added: Total,
    /// How many merchants were paid.
    pub merchants: usize,
    /// What is left of them in wallets.
    pub left: Total,
    /// What went back to the campaign, or is on its way there.
    pub reclaimed: Total,
}

impl OperatorLedger {
    /// What became of the grants of a campaign in wallets of this operator.
    pub fn redemption(&self, campaign: WalletNumber) -> Redemption {
        self.grants.redemption(campaign)
    }

    /// The campaigns whose figures are not those of their grants and payments, for the audit: counted
    /// from the records, not by the functions that kept the figures.
    pub(super) fn check_redemptions(&self) -> Vec<String> {
        let mut found: BTreeMap<WalletNumber, Redemption> = BTreeMap::new();
        for grant in self.grants.list().iter() {
            let counted = found.entry(grant.campaign).or_default();
            counted.grants += 1;
            counted.granted += grant.amount;
            counted.left += grant.left;
            counted.reclaimed += self.refunds.given((grant.claim, grant.campaign));
        }
        let mut merchants: BTreeSet<(WalletNumber, WalletNumber)> = BTreeSet::new();
        // The rows of what one payment took follow each other.
        for rows in self.grants.rows().chunk_by(|one, next| one.payment == next.payment) {
            let Some((payee, paid)) = self.purchase_of(rows[0].payment) else { continue };
            let mut parts: BTreeMap<WalletNumber, Total> = BTreeMap::new();
            for row in rows {
                if let Some(slot) = self.grants.of_claim(row.claim) {
                    *parts.entry(self.grants[slot].campaign).or_default() += row.amount;
                }
            }
            for (campaign, part) in parts {
                let counted = found.entry(campaign).or_default();
                counted.payments += 1;
                counted.added += Total::from(paid) - part;
                counted.merchants += usize::from(merchants.insert((campaign, payee)));
            }
        }
        for counted in found.values_mut() {
            counted.spent = counted.granted - counted.left - counted.reclaimed;
        }
        let kept = self.grants.campaigns().map(|campaign| (campaign, self.redemption(campaign)));
        let kept: BTreeMap<_, _> = kept.collect();
        let all: BTreeSet<_> = kept.keys().chain(found.keys()).collect();
        let differs = all.into_iter().filter(|campaign| kept.get(campaign) != found.get(campaign));
        let fault = |campaign: &WalletNumber| {
            let (kept, found) = (kept.get(campaign), found.get(campaign));
            format!("grants of campaign {campaign} have the figures {kept:?}, counted {found:?}")
        };
        differs.map(fault).collect()
    }

    /// Whom a payment pays how much, if it bought something and was not wholly given back.
    fn purchase_of(&self, payment: PaymentId) -> Option<(WalletNumber, Amount)> {
        let payment = self.payment(payment)?;
        let ended = [PaymentState::Returned, PaymentState::Rejected].contains(&payment.state);
        let paid = payment.payers_part();
        let is_back = self.refunds.received((payment.id, self.payer_of(payment))) == paid;
        let counts = !ended && !is_back && payment.refund_of().is_none();
        counts.then_some((payment.payee, paid))
    }
}
