//! The products of this operator's providers, and who holds how much of them.

use rustc_hash::FxHashMap;

use crate::details::ProductCode;
use crate::money::{Amount, BusinessDate, PaymentId, RequestKey, Total, WalletNumber};
use crate::slots::Slots;

use super::super::slot::{HoldingSlot, ProductSlot};
use super::redemptions::Redemptions;
use super::rows::{CancelledRedemptionRow, ProductRow, RedemptionRow};

/// A wealth product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its row.
    pub row: ProductRow,
    /// What all holders hold.
    pub held: Amount,
    /// The amounts of subscriptions for which room is held.
    pub room: Amount,
    /// The holdings of it in the order of their first subscriptions.
    pub(super) holdings: Vec<HoldingSlot>,
}

/// What a wallet holds of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The product.
    pub product: ProductSlot,
    /// The wallet.
    pub holder: WalletNumber,
    /// How much it holds.
    pub amount: Amount,
    /// All that it has subscribed to.
    pub subscribed: Total,
    /// The closing holdings of the days before the one below: fen times days, without those that
    /// redemptions took along.
    pub(super) fen_days: Total,
    /// The first day that is not counted yet.
    pub(super) from: BusinessDate,
    /// What its redemptions have earned beyond the yield that was counted for them, in parts of a fen.
    pub(super) rest: i128,
    /// The class of the wallet, as its last subscription named it.
    pub(super) class: u8,
}

impl Product {
    /// How many wallets hold it or have held it.
    pub fn holders(&self) -> usize {
        self.holdings.len()
    }

    /// Whether so much more may be held.
    pub(super) fn has_room(&self, amount: Amount) -> bool {
        let taken = self.held.checked_add(self.room);
        let after = taken.and_then(|taken| taken.checked_add(amount));
        after.is_some_and(|after| after <= self.row.terms.maximum)
    }
}

impl Holding {
    /// The closing holdings up to a day, which is not among them.
    pub(super) fn fen_days(&self, on: BusinessDate) -> Total {
        let days = usize::try_from(on.days_since(self.from)).unwrap_or_default();
        self.fen_days + Total::times(self.amount, days)
    }

    fn count(&mut self, on: BusinessDate) {
        self.fen_days = self.fen_days(on);
        self.from = self.from.max(on);
    }

    /// What a part of the holding takes along of its days.
    pub(super) fn share(&self, principal: Amount, on: BusinessDate) -> Total {
        self.fen_days(on).share(principal, self.amount)
    }

    /// What a part of the holding has earned up to a day under the rate of its product.
    pub fn earned(&self, product: &Product, principal: Amount, on: BusinessDate) -> Option<Amount> {
        if principal > self.amount {
            return None;
        }
        let rate = product.row.terms.rate;
        // A sum of days of an empty holding is nothing.
        if principal == Amount::ZERO {
            Some(Amount::ZERO)
        } else {
            rate.earned(self.share(principal, on), self.rest)
        }
    }
}

/// All products, holdings and redemptions.
#[derive(Debug, Default)]
pub struct Wealth {
    pub(super) products: Slots<ProductSlot, Product>,
    codes: FxHashMap<(WalletNumber, ProductCode), ProductSlot>,
    of_providers: FxHashMap<WalletNumber, Vec<ProductSlot>>,
    pub(super) holdings: Slots<HoldingSlot, Holding>,
    holders: FxHashMap<(ProductSlot, WalletNumber), HoldingSlot>,
    of_holders: FxHashMap<WalletNumber, Vec<HoldingSlot>>,
    pub(super) redemptions: Redemptions,
}

impl Wealth {
    /// The products in the order they were defined.
    pub fn products(&self) -> &Slots<ProductSlot, Product> {
        &self.products
    }

    /// The redemptions.
    pub fn redemptions(&self) -> &Redemptions {
        &self.redemptions
    }

    /// The product of a provider.
    pub fn product(&self, provider: WalletNumber, product: ProductCode) -> Option<&Product> {
        self.product_slot(provider, product).map(|slot| &self.products[slot])
    }

    pub(super) fn product_slot(
        &self,
        provider: WalletNumber,
        product: ProductCode,
    ) -> Option<ProductSlot> {
        self.codes.get(&(provider, product)).copied()
    }

    /// The products of a provider, from a place on, each with its place.
    pub fn of_provider(
        &self,
        provider: WalletNumber,
        first: usize,
    ) -> impl Iterator<Item = (usize, &Product)> {
        let slots = self.of_providers.get(&provider).map_or(&[][..], Vec::as_slice);
        let placed = slots.iter().enumerate().skip(first);
        placed.map(|(place, slot)| (place, &self.products[*slot]))
    }

    /// Whether somebody holds a product of a wallet, or is to be paid for one.
    pub(in super::super) fn is_held(&self, provider: WalletNumber) -> bool {
        self.of_provider(provider, 0).any(|(_, product)| {
            product.held > Amount::ZERO
                || product.room > Amount::ZERO
                || product.holdings.iter().any(|slot| self.is_owed(*slot))
        })
    }

    /// Whether a wallet holds a product of a provider here, or is to be paid for one.
    pub(in super::super) fn holds(&self, holder: WalletNumber) -> bool {
        let slots = self.of_holders.get(&holder).map_or(&[][..], Vec::as_slice);
        slots.iter().any(|slot| self.holdings[*slot].amount > Amount::ZERO || self.is_owed(*slot))
    }

    fn is_owed(&self, holding: HoldingSlot) -> bool {
        self.redemptions.sums(holding).is_some_and(|asked_for| asked_for.live > 0)
    }

    pub(super) fn count_of(&self, provider: WalletNumber) -> usize {
        self.of_providers.get(&provider).map_or(0, Vec::len)
    }

    /// What a wallet holds of a product.
    pub fn holding(
        &self,
        provider: WalletNumber,
        product: ProductCode,
        holder: WalletNumber,
    ) -> Option<&Holding> {
        self.holding_slot(provider, product, holder).map(|slot| &self.holdings[slot])
    }

    pub(super) fn holding_slot(
        &self,
        provider: WalletNumber,
        product: ProductCode,
        holder: WalletNumber,
    ) -> Option<HoldingSlot> {
        let product = self.product_slot(provider, product)?;
        self.holders.get(&(product, holder)).copied()
    }

    /// The holdings of a product in the order of their first subscriptions, from a place on.
    pub fn holdings_of(
        &self,
        product: &Product,
        first: usize,
    ) -> impl Iterator<Item = (usize, &Holding)> {
        let placed = product.holdings.iter().enumerate().skip(first);
        placed.map(|(place, slot)| (place, &self.holdings[*slot]))
    }

    pub(super) fn define(&mut self, row: ProductRow) {
        let (provider, code) = (row.provider, row.product);
        let (held, room, holdings) = (Amount::ZERO, Amount::ZERO, Vec::new());
        let slot = self.products.push(Product { row, held, room, holdings });
        self.codes.insert((provider, code), slot);
        self.of_providers.entry(provider).or_default().push(slot);
    }

    /// Room is held for a subscription, or no longer.
    pub(super) fn hold(&mut self, product: ProductSlot, amount: Amount, is_held: bool) {
        let room = &mut self.products[product].room;
        let changed = if is_held { room.checked_add(amount) } else { room.checked_sub(amount) };
        *room = changed.unwrap_or_default();
    }

    /// A subscription has arrived on a day.
    pub(super) fn subscribe(
        &mut self,
        (product, class): (ProductSlot, u8),
        (holder, amount): (WalletNumber, Amount),
        on: BusinessDate,
    ) {
        let slot = match self.holders.get(&(product, holder)) {
            Some(slot) => *slot,
            None => self.first_subscription(product, holder, on),
        };
        let holding = &mut self.holdings[slot];
        holding.count(on);
        holding.class = class;
        holding.subscribed += amount;
        // `check` keeps all holdings below the maximum of the product.
        holding.amount = holding.amount.checked_add(amount).unwrap_or(holding.amount);
        let product = &mut self.products[product];
        product.held = product.held.checked_add(amount).unwrap_or(product.held);
    }

    fn first_subscription(
        &mut self,
        product: ProductSlot,
        holder: WalletNumber,
        from: BusinessDate,
    ) -> HoldingSlot {
        let slot = self.holdings.push(Holding {
            product,
            holder,
            amount: Amount::ZERO,
            subscribed: Total::ZERO,
            fen_days: Total::ZERO,
            from,
            rest: 0,
            class: 0,
        });
        self.of_holders.entry(holder).or_default().push(slot);
        self.holders.insert((product, holder), slot);
        self.products[product].holdings.push(slot);
        slot
    }

    /// A part of a holding is asked for.
    pub(super) fn redeem(&mut self, row: RedemptionRow) {
        let (on, principal) = (row.at.date(), row.principal);
        let Some(slot) = self.holding_slot(row.provider, row.product, row.holder) else { return };
        let holding = &mut self.holdings[slot];
        let taken = holding.share(principal, on);
        holding.count(on);
        holding.fen_days -= taken;
        holding.amount = holding.amount.checked_sub(principal).unwrap_or_default();
        let product = &mut self.products[holding.product];
        holding.rest += product.row.terms.rate.rest(taken, row.earned);
        product.held = product.held.checked_sub(principal).unwrap_or_default();
        let due = row.due(&product.row.terms);
        self.redemptions.ask(row, (slot, taken), due);
    }

    /// A redemption is taken back: what it took is held again.
    pub(super) fn cancel(&mut self, row: CancelledRedemptionRow) {
        let Some(found) = self.redemptions.cancel(row) else { return };
        let (principal, earned) = (found.row.principal, found.row.earned);
        let holding = &mut self.holdings[found.holding];
        holding.count(row.at.date());
        holding.fen_days += found.taken;
        // `check` keeps all holdings below the maximum of the product.
        holding.amount = holding.amount.checked_add(principal).unwrap_or(holding.amount);
        let product = &mut self.products[holding.product];
        holding.rest -= product.row.terms.rate.rest(found.taken, earned);
        product.held = product.held.checked_add(principal).unwrap_or(product.held);
    }

    /// The earlier redemption of a request of a holder.
    pub(super) fn redemption_key(
        provider: WalletNumber,
        product: ProductCode,
        key: RequestKey,
    ) -> crate::money::RedemptionId {
        crate::money::RedemptionId::of_request(provider, product.as_str(), key)
    }

    pub(super) fn payment_ends(&mut self, payment: PaymentId, is_paid: bool, on: BusinessDate) {
        self.redemptions.payment_ends(payment, is_paid, on);
    }
}

#[cfg(test)]
impl Wealth {
    /// Holds room for nobody.
    pub(super) fn forge_room(&mut self, product: ProductSlot, amount: Amount) {
        self.products[product].room = amount;
    }

    /// Forgets a part of a holding.
    pub(super) fn forge_less(&mut self, holding: HoldingSlot, amount: Amount) {
        let found = &mut self.holdings[holding].amount;
        *found = found.checked_sub(amount).unwrap_or_default();
    }
}
