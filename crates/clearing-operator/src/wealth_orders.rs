//! Converts wealth products, holdings and redemptions between messages and the domain.

use clearing_api::status::FieldError;
use clearing_api::text::{self, timestamp};
use clearing_api::v1;
use clearing_domain::Reason;
use clearing_domain::details::ProductCode;
use clearing_domain::money::{Amount, BusinessDate, InterestRate, RedemptionId};
use clearing_domain::operator::{
    Holding, OperatorError, OperatorLedger, Product, ProductOrder, ProductTerms, RedemptionState,
    WealthRedemption,
};

/// How many redemptions of a holding are shown with it.
const SHOWN_MAX: usize = 20;

fn invalid(field: &'static str, why: impl ToString) -> FieldError {
    FieldError::new(Reason::FieldInvalid, field, why)
}

/// Reads the code of a product.
pub(crate) fn product_code(text: &str) -> Result<ProductCode, FieldError> {
    text.parse().map_err(|error| invalid("product_code", error))
}

/// Reads the id of a redemption.
pub(crate) fn redemption_id(text: &str) -> Result<RedemptionId, FieldError> {
    text.parse().map_err(|error| invalid("redemption_id", error))
}

/// Reads how much is redeemed; nothing names all of it.
pub(crate) fn part(text: &str) -> Result<Option<Amount>, FieldError> {
    if text.is_empty() { Ok(None) } else { text::positive_amount("amount", text).map(Some) }
}

/// Reads what a provider offers.
pub(crate) fn product_order(terms: &v1::ProductTerms) -> Result<ProductOrder, FieldError> {
    let name = text::person_text("name", &terms.name)?;
    let rate = InterestRate::from_millionths(terms.rate_ppm);
    let too_high = || invalid("rate_ppm", format!("rate_ppm {} is not allowed", terms.rate_ppm));
    Ok(ProductOrder {
        provider: text::wallet_number("provider_wallet", &terms.provider_wallet)?,
        product: product_code(&terms.product_code)?,
        name: name.ok_or_else(|| invalid("name", "name is empty"))?,
        terms: ProductTerms {
            rate: rate.ok_or_else(too_high)?,
            minimum: text::positive_amount("subscription_min", &terms.subscription_min)?,
            maximum: text::positive_amount("total_max", &terms.total_max)?,
            redemption_days: terms.redemption_days,
        },
    })
}

/// Shows a product.
pub(crate) fn product(product: &Product) -> v1::Product {
    let row = &product.row;
    v1::Product {
        terms: Some(v1::ProductTerms {
            provider_wallet: row.provider.to_string(),
            product_code: row.product.to_string(),
            name: row.name.to_string(),
            rate_ppm: row.terms.rate.millionths(),
            subscription_min: row.terms.minimum.to_string(),
            total_max: row.terms.maximum.to_string(),
            redemption_days: row.terms.redemption_days,
        }),
        held: product.held.to_string(),
        holder_count: product.holders() as u64,
        create_time: Some(timestamp(row.at)),
    }
}

/// Shows a holding as it stands on a day, without its redemptions.
pub(crate) fn holding(
    ledger: &OperatorLedger,
    (product, holding): (&Product, &Holding),
    on: BusinessDate,
) -> v1::Holding {
    let [open, redeemed, earned] = ledger.redeemed_of(holding);
    let earns = holding.earned(product, holding.amount, on);
    v1::Holding {
        holder_wallet: holding.holder.to_string(),
        amount: holding.amount.to_string(),
        r#yield: earns.map(|earned| earned.to_string()).unwrap_or_default(),
        subscribed: holding.subscribed.to_string(),
        redeeming: open.to_string(),
        redeemed: redeemed.to_string(),
        yield_paid: earned.to_string(),
        redemptions: Vec::new(),
    }
}

/// Shows a holding as it stands on a day, with its newest redemptions.
pub(crate) fn whole_holding(
    ledger: &OperatorLedger,
    (product, found): (&Product, &Holding),
    on: BusinessDate,
) -> v1::Holding {
    let redemptions = ledger.redemptions_of(found).take(SHOWN_MAX);
    let redemptions = redemptions.map(|found| redemption(found, on)).collect();
    v1::Holding { redemptions, ..holding(ledger, (product, found), on) }
}

/// Shows the redemption of an id as it stands on a day.
pub(crate) fn redemption_of(
    ledger: &OperatorLedger,
    id: RedemptionId,
    on: BusinessDate,
) -> Result<v1::WealthRedemption, OperatorError> {
    Ok(redemption(ledger.wealth_redemption(id)?, on))
}

fn redemption(found: &WealthRedemption, on: BusinessDate) -> v1::WealthRedemption {
    let row = &found.row;
    v1::WealthRedemption {
        redemption_id: row.redemption.to_string(),
        state: state(found.state(on)).into(),
        holder_wallet: row.holder.to_string(),
        principal: row.principal.to_string(),
        r#yield: row.earned.to_string(),
        due_date: found.due.to_string(),
        attempt_count: found.attempts,
        payment_id: found.payment().map(|id| id.to_string()).unwrap_or_default(),
        create_time: Some(timestamp(row.at)),
    }
}

fn state(state: RedemptionState) -> v1::wealth_redemption::State {
    use v1::wealth_redemption::State;
    match state {
        RedemptionState::Pending => State::Pending,
        RedemptionState::Waiting => State::Waiting,
        RedemptionState::Paying => State::Paying,
        RedemptionState::Paid => State::Paid,
        RedemptionState::Overdue => State::Overdue,
        RedemptionState::Cancelled => State::Cancelled,
    }
}
