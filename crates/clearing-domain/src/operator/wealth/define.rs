//! What providers offer.

use crate::Reason;
use crate::details::ProductCode;
use crate::money::{Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::error::{WealthValue, of_field, of_product};
use super::holdings::{Holding, Product, Wealth};
use super::redemptions::WealthRedemption;
use super::rows::{ProductRow, ProductTerms};

/// A product to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductOrder {
    /// The wallet that receives subscriptions and pays redemptions.
    pub provider: WalletNumber,
    /// The provider's code for it.
    pub product: ProductCode,
    /// Its name.
    pub name: Box<str>,
    /// What is offered.
    pub terms: ProductTerms,
}

impl OperatorLedger {
    /// The wealth products of this operator's providers.
    pub fn wealth(&self) -> &Wealth {
        &self.wealth
    }

    /// A product of a provider.
    pub fn wealth_product(
        &self,
        provider: WalletNumber,
        product: ProductCode,
    ) -> Result<&Product, OperatorError> {
        let found = self.wealth.product(provider, product);
        found.ok_or_else(|| of_product(product, Reason::ProductUnknown))
    }

    /// What was asked for of a holding, the newest first.
    pub fn redemptions_of(&self, holding: &Holding) -> impl Iterator<Item = &WealthRedemption> {
        let product = &self.wealth.products[holding.product].row;
        let slot = self.wealth.holding_slot(product.provider, product.product, holding.holder);
        slot.into_iter().flat_map(|slot| self.wealth.redemptions.of(slot))
    }

    /// Offers a product. A repeat changes nothing.
    pub fn define_product(
        &mut self,
        order: ProductOrder,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let ProductOrder { provider, product, name, terms } = order;
        if let Some(earlier) = self.wealth.product(provider, product) {
            let is_same = (earlier.row.terms, &earlier.row.name) == (terms, &name);
            return if is_same { Ok(()) } else { Err(of_product(product, Reason::ProductTerms)) };
        }
        terms.check()?;
        self.known(provider)?;
        let wallet = WealthValue::Wallet(provider);
        self.check_provider(provider)
            .map_err(|reason| of_field("provider_wallet", wallet, reason))?;
        let row = ProductRow { row: 0, provider, product, name, terms, at: now };
        self.append(row, Known::Nothing);
        Ok(())
    }
}
