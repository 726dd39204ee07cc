//! What became of the grants of a campaign in wallets of this operator, as its sponsor counts.

use std::collections::BTreeSet;

use crate::money::{Total, WalletNumber};

use super::super::OperatorLedger;
use super::super::campaign::GrantSpendRow;
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
    /// Counts what became of the grants of a campaign in wallets of this operator.
    pub fn redemption(&self, campaign: WalletNumber) -> Redemption {
        let mut found = Redemption::default();
        for grant in self.grants.list().iter().filter(|grant| grant.campaign == campaign) {
            found.grants += 1;
            found.granted += grant.amount;
            found.left += grant.left;
            found.reclaimed += self.refunds.given((grant.claim, campaign));
        }
        let mut merchants = BTreeSet::new();
        // The rows of what one payment took follow each other.
        for rows in self.grants.rows().chunk_by(|one, next| one.payment == next.payment) {
            let of_campaign = |row: &&GrantSpendRow| {
                let slot = self.grants.of_claim(row.claim);
                slot.is_some_and(|slot| self.grants[slot].campaign == campaign)
            };
            let part: Total = rows.iter().filter(of_campaign).map(|row| row.amount).sum();
            let payment = self.payment(rows[0].payment).filter(|_| !part.is_zero());
            let Some(payment) = payment else { continue };
            let ended = [PaymentState::Returned, PaymentState::Rejected].contains(&payment.state);
            let given_back = self.refunds.received((payment.id, self.payer_of(payment)))
                == payment.payers_part();
            if ended || given_back || payment.refund_of().is_some() {
                continue;
            }
            found.payments += 1;
            found.added += Total::from(payment.payers_part()) - part;
            merchants.insert(payment.payee);
        }
        found.merchants = merchants.len();
        found.spent = found.granted - found.left - found.reclaimed;
        found
    }
}
