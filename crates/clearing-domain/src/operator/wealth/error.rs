//! What requests about wealth products get wrong.

use std::fmt;

use thiserror::Error;

use crate::Reason;
use crate::details::ProductCode;
use crate::money::{Amount, RedemptionId, WalletNumber};

use super::super::error::{OperatorError, within_a_sentence};

/// A wealth product, a holding or a redemption cannot do what is asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field} {value} is refused: {}", within_a_sentence(reason))]
pub struct WealthError {
    /// The field of the request at fault.
    pub field: &'static str,
    /// Its value.
    pub value: WealthValue,
    /// Why.
    pub reason: Reason,
}

/// The value of a field with which a wealth product cannot do what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WealthValue {
    /// A product.
    Product(ProductCode),
    /// A redemption.
    Redemption(RedemptionId),
    /// A wallet.
    Wallet(WalletNumber),
    /// A number of something.
    Count(u64),
    /// An amount.
    Amount(Amount),
}

impl fmt::Display for WealthValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(code) => code.fmt(formatter),
            Self::Redemption(id) => id.fmt(formatter),
            Self::Wallet(wallet) => wallet.fmt(formatter),
            Self::Count(count) => count.fmt(formatter),
            Self::Amount(amount) => write!(formatter, "{amount} yuan"),
        }
    }
}

pub(super) fn of_field(field: &'static str, value: WealthValue, reason: Reason) -> OperatorError {
    WealthError { field, value, reason }.into()
}

pub(super) fn of_product(product: ProductCode, reason: Reason) -> OperatorError {
    of_field("product_code", WealthValue::Product(product), reason)
}

/// A refusal that names a redemption.
pub(in super::super) fn of_redemption(redemption: RedemptionId, reason: Reason) -> OperatorError {
    of_field("redemption_id", WealthValue::Redemption(redemption), reason)
}
