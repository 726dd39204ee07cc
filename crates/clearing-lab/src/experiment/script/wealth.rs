//! Wealth products as they stand in a file, what is done about them, and what is refused of it.

use clearing_config::Yuan;
use clearing_domain::money::{Amount, InterestRate};
use clearing_domain::operator::ProductTerms;

use super::super::raw::{RawAction, RawWealth};
use super::loan::wallets;
use super::read::{Refused, check_name, place};
use super::{Part, Script};

/// The wealth products of one name: each provider offers one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WealthProducts {
    /// The name.
    pub name: String,
    /// The place of the wallets that offer it.
    pub providers: usize,
    /// What is offered.
    pub terms: ProductTerms,
}

/// What is done about wealth products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WealthStep {
    /// The providers define them.
    Define,
    /// Wallets subscribe: the least and the most of each.
    Subscribe([Amount; 2]),
    /// Wallets redeem so much of what they hold; `None` is all of it.
    Redeem(Option<Amount>),
}

/// An action about wealth products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WealthAction {
    /// The place of the products.
    pub products: usize,
    /// The place of the wallets that subscribe or redeem.
    pub wallets: Option<usize>,
    /// What is done.
    pub step: WealthStep,
    /// By which of the wallets.
    pub of: Part,
}

impl WealthStep {
    /// The kind of an action in the configuration.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Define => "define-products",
            Self::Subscribe(_) => "subscribe",
            Self::Redeem(_) => "redeem-products",
        }
    }
}

impl WealthAction {
    /// The keys of a file that it reads.
    pub(super) fn keys(&self) -> &'static [&'static str] {
        match self.step {
            WealthStep::Define => &["wealth"],
            WealthStep::Subscribe(_) => {
                &["wealth", "wallet", "amount", "amount_max", "every", "except"]
            }
            WealthStep::Redeem(_) => &["wealth", "wallet", "amount", "every", "except"],
        }
    }

    /// The action as it stands in a file.
    pub(super) fn show(&self, script: &Script, raw: RawAction) -> RawAction {
        let (amount, amount_max) = match self.step {
            WealthStep::Define => (None, None),
            WealthStep::Subscribe([least, most]) => (Some(Yuan(least)), Some(Yuan(most))),
            WealthStep::Redeem(amount) => (amount.map(Yuan), None),
        };
        RawAction {
            wealth: Some(script.wealth[self.products].name.clone()),
            wallet: self.wallets.map(|place| script.wallets[place].name.clone()),
            amount,
            amount_max,
            every: self.of.every,
            except: self.of.except,
            ..raw
        }
    }
}

/// Reads an action about wealth products; `None` of one that is about something else.
pub(super) fn action(raw: &RawAction, script: &Script) -> Result<Option<WealthAction>, Refused> {
    let step = match raw.kind.as_str() {
        "define-products" => WealthStep::Define,
        "subscribe" => WealthStep::Subscribe(amounts(raw.amount, raw.amount_max)?),
        "redeem-products" => WealthStep::Redeem(raw.amount.map(|yuan| yuan.0)),
        _ => return Ok(None),
    };
    let names = script.wealth.iter().map(|products| products.name.as_str());
    let products = place("wealth", raw.wealth.as_deref(), names)?;
    let of = Part { every: raw.every, except: raw.except };
    let names = script.wallets.iter().map(|wallets| wallets.name.as_str());
    let holders = match step {
        WealthStep::Define => None,
        WealthStep::Subscribe(_) | WealthStep::Redeem(_) => {
            Some(place("wallet", raw.wallet.as_deref(), names)?)
        }
    };
    Ok(Some(WealthAction { products, wallets: holders, step, of }))
}

/// The least and the most of an amount that is drawn.
fn amounts(least: Option<Yuan>, most: Option<Yuan>) -> Result<[Amount; 2], Refused> {
    let least = least.ok_or_else(|| ("amount", "is missing".to_owned()))?.0;
    let most = most.map_or(least, |yuan| yuan.0);
    if least == Amount::ZERO || most < least {
        return Err(("amount", "is not above 0.00 and up to amount_max".to_owned()));
    }
    Ok([least, most])
}

impl WealthProducts {
    /// Reads wealth products; the error names the key at fault.
    pub(super) fn read(raw: &RawWealth, script: &Script) -> Result<Self, Refused> {
        check_name(&raw.name)?;
        let least = || Amount::from_fen(1).unwrap_or_default();
        let minimum = raw.subscription_min.map_or_else(least, |yuan| yuan.0);
        let maximum = raw.total_max.ok_or_else(|| ("total_max", "is missing".to_owned()))?.0;
        if minimum > maximum {
            return Err(("total_max", "is below subscription_min".to_owned()));
        }
        let rate = InterestRate::from_millionths(raw.rate_ppm.unwrap_or(0));
        Ok(Self {
            name: raw.name.clone(),
            providers: wallets(script, "provider", &raw.provider)?,
            terms: ProductTerms {
                rate: rate.unwrap_or(InterestRate::MAX),
                minimum,
                maximum,
                redemption_days: raw.redemption_days.unwrap_or(1),
            },
        })
    }

    /// The products as they stand in a file.
    pub(super) fn show(&self, script: &Script) -> RawWealth {
        RawWealth {
            name: self.name.clone(),
            provider: script.wallets[self.providers].name.clone(),
            rate_ppm: Some(self.terms.rate.millionths()),
            subscription_min: Some(Yuan(self.terms.minimum)),
            total_max: Some(Yuan(self.terms.maximum)),
            redemption_days: Some(self.terms.redemption_days),
        }
    }
}
