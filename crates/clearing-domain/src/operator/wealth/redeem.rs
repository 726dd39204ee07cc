//! A redemption is asked for.

use crate::Reason;
use crate::details::ProductCode;
use crate::link::Head;
use crate::money::{Amount, RedemptionId, RequestId, RequestKey, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::error::{WealthValue, of_field, of_product, of_redemption};
use super::holdings::{Holding, Product, Wealth};
use super::redemptions::WealthRedemption;
use super::rows::RedemptionRow;

/// A redemption to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedemptionOrder {
    /// The holder's name for the request.
    pub request_id: RequestId,
    /// The wallet of the provider.
    pub provider: WalletNumber,
    /// The product.
    pub product: ProductCode,
    /// The wallet that holds it, and is paid.
    pub holder: WalletNumber,
    /// How much of the holding; all of it without one.
    pub principal: Option<Amount>,
    /// A secret of this redemption, if it is new: nobody else can derive the ids of its payments.
    pub salt: Option<Head>,
}

impl OperatorLedger {
    /// The redemption of an id.
    pub fn wealth_redemption(
        &self,
        redemption: RedemptionId,
    ) -> Result<&WealthRedemption, OperatorError> {
        let found = self.wealth.redemptions.find(redemption);
        found.ok_or_else(|| of_redemption(redemption, Reason::RedemptionUnknown))
    }

    /// A holding with its product.
    pub fn holding(
        &self,
        provider: WalletNumber,
        product: ProductCode,
        holder: WalletNumber,
    ) -> Result<(&Product, &Holding), OperatorError> {
        let found = self.wealth_product(provider, product)?;
        let holding = self.wealth.holding(provider, product, holder);
        let wallet = WealthValue::Wallet(holder);
        let unknown = || of_field("holder_wallet", wallet, Reason::HoldingExceeded);
        Ok((found, holding.ok_or_else(unknown)?))
    }

    /// Asks for a part of a holding, or for all of it, and answers the redemption. A repeat finds it;
    /// one that names no amount means what was held then.
    pub fn redeem_wealth(
        &mut self,
        order: RedemptionOrder,
        now: Timestamp,
    ) -> Result<RedemptionId, OperatorError> {
        let RedemptionOrder { request_id, provider, product, holder, principal, salt } = order;
        let key = RequestKey::new(holder, &request_id);
        let redemption = Wealth::redemption_key(provider, product, key);
        if let Some(earlier) = self.wealth.redemptions.find(redemption) {
            let is_same = principal.is_none_or(|principal| principal == earlier.row.principal);
            return if is_same {
                Ok(redemption)
            } else {
                Err(OperatorError::RequestIdReused(request_id))
            };
        }
        let (found, holding) = self.holding(provider, product, holder)?;
        let principal = principal.unwrap_or(holding.amount);
        let refuse = |reason| of_field("amount", WealthValue::Amount(principal), reason);
        if principal == Amount::ZERO || principal > holding.amount {
            return Err(refuse(Reason::HoldingExceeded));
        }
        let earned = holding.earned(found, principal, now.date());
        let earned = earned.ok_or_else(|| refuse(Reason::ProductTerms))?;
        self.check_live(found, holding).map_err(|reason| of_product(product, reason))?;
        let at = now;
        let row = RedemptionRow {
            row: 0,
            redemption,
            request_id,
            provider,
            product,
            holder,
            principal,
            earned,
            salt,
            at,
        };
        self.check_payable(&row, holding).map_err(refuse)?;
        self.append(row, Known::Nothing);
        Ok(redemption)
    }

    /// What of a holding is asked for and not paid yet, what is paid, and the yield paid with it.
    pub fn redeemed_of(&self, holding: &Holding) -> [crate::money::Total; 3] {
        let product = &self.wealth.products[holding.product].row;
        let slot = self.wealth.holding_slot(product.provider, product.product, holding.holder);
        let sums = slot.and_then(|slot| self.wealth.redemptions.sums(slot));
        sums.map_or_else(Default::default, |sums| [sums.open, sums.redeemed, sums.earned])
    }
}
