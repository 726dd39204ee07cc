//! The wealth products of a script: each provider of a name offers one, and each wallet of another
//! name has to do with the next of them.

use clearing_domain::details::ProductCode;
use clearing_domain::money::{Amount, BusinessDate, PaymentId, RequestId, RequestKey, Timestamp};
use clearing_domain::operator::{ProductOrder, RedemptionOrder, SubscriptionOrder, TRY_DAYS};

use crate::experiment::Script;
use crate::experiment::script::{ActionKind, WealthAction, WealthStep};
use crate::workload::Named;

use super::order::Order;
use super::plan::{Plan, request_id};

/// What is done about a wealth product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WealthOrder {
    /// A provider defines it.
    Define(ProductOrder),
    /// A wallet subscribes.
    Subscribe(SubscriptionOrder),
    /// A wallet redeems.
    Redeem(RedemptionOrder),
}

/// The code of the products of a place in the script.
pub(crate) fn code(products: usize) -> ProductCode {
    let text = format!("WEALTH-{}", products + 1);
    text.parse().unwrap_or_else(|error| unreachable!("{error}"))
}

/// The moments at which redemptions are tried.
pub(super) fn due(script: &Script, end: Timestamp) -> Vec<Timestamp> {
    let mut due = Vec::new();
    for action in &script.actions {
        let ActionKind::Wealth(WealthAction { products, step: WealthStep::Redeem(_), .. }) =
            &action.kind
        else {
            continue;
        };
        let first: BusinessDate =
            action.at.date().plus_days(script.wealth[*products].terms.redemption_days);
        let days = (0..=TRY_DAYS).map(|later| first.plus_days(later).start());
        due.extend(days.take_while(|at| *at < end));
    }
    due
}

impl Plan<'_> {
    /// A step of the wealth products of a name, to the operators that take it: providers and those
    /// who subscribe ask their own, those who redeem the operator of the provider.
    pub(super) fn wealth(&self, place: usize, action: &WealthAction) -> Vec<(usize, Order)> {
        let products = &self.experiment.script.wealth[action.products];
        let providers = &self.workload.named()[products.providers];
        let Some(wallets) = action.wallets else {
            return providers.iter().map(|one| (one.operator, self.define(action, one))).collect();
        };
        let holders = self.workload.named()[wallets].iter();
        let numbered = (1..).zip(holders.zip(providers.iter().cycle()));
        let those = numbered.filter(|(number, _)| action.of.has(*number));
        those
            .map(|(number, (holder, provider))| {
                let name = request_id(place, number);
                self.step(action, (number, name), holder, provider)
            })
            .collect()
    }

    fn define(&self, action: &WealthAction, provider: &Named) -> Order {
        let products = &self.experiment.script.wealth[action.products];
        Order::Wealth(Box::new(WealthOrder::Define(ProductOrder {
            provider: provider.number,
            product: code(action.products),
            name: products.name.as_str().into(),
            terms: products.terms,
        })))
    }

    fn step(
        &self,
        action: &WealthAction,
        (number, name): (u64, String),
        holder: &Named,
        provider: &Named,
    ) -> (usize, Order) {
        let request_id = RequestId::Text(name.into());
        let product = code(action.products);
        let (operator, order) = match action.step {
            WealthStep::Define => return (provider.operator, self.define(action, provider)),
            WealthStep::Subscribe(range) => {
                let order = SubscriptionOrder {
                    id: PaymentId::of_subscription(RequestKey::new(holder.number, &request_id)),
                    request_id,
                    holder: holder.number,
                    provider: provider.number,
                    product,
                    amount: self.drawn(range, ("wealth", product.as_str()), number),
                };
                (holder.operator, WealthOrder::Subscribe(order))
            }
            WealthStep::Redeem(principal) => {
                let order = RedemptionOrder {
                    request_id,
                    provider: provider.number,
                    product,
                    holder: holder.number,
                    principal,
                    salt: None,
                };
                (provider.operator, WealthOrder::Redeem(order))
            }
        };
        (operator, Order::Wealth(Box::new(order)))
    }

    /// An amount between two, drawn evenly for a purpose, a name and a number.
    pub(super) fn drawn(
        &self,
        range: [Amount; 2],
        (purpose, name): (&str, &str),
        number: u64,
    ) -> Amount {
        let [least, most] = range.map(Amount::fen);
        let mut hasher = blake3::Hasher::new();
        hasher.update(purpose.as_bytes()).update(&self.experiment.seed.to_le_bytes());
        hasher.update(name.as_bytes()).update(&number.to_le_bytes());
        let mut drawn = [0; 8];
        hasher.finalize_xof().fill(&mut drawn);
        let span = most.abs_diff(least).saturating_add(1);
        let above = i64::try_from(u64::from_le_bytes(drawn) % span).unwrap_or(0);
        Amount::from_fen(least.saturating_add(above)).unwrap_or(range[0])
    }
}
