//! The rows of wealth products, at the operator of the provider.

use crate::Reason;
use crate::details::ProductCode;
use crate::link::Head;
use crate::money::{
    Amount, BusinessDate, InterestRate, RedemptionId, RequestId, Timestamp, WalletNumber,
};
use crate::row::{group, row};

use super::super::error::OperatorError;
use super::error::{WealthValue, of_field};

/// The weakest class of wallets that may hold a wealth product: their holders are known by name and
/// bank account.
pub const WEAKEST_CLASS: u8 = 2;
/// The most days between the request of a redemption and its payment.
pub const REDEMPTION_DAYS_MAX: u32 = 30;
/// For how many days after its due day a redemption is tried again, once a day; then it is overdue,
/// and paid by hand.
pub const TRY_DAYS: u32 = 30;

group! {
    /// What a provider offers.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ProductTerms {
        /// The yearly rate of the yield.
        pub rate: InterestRate,
        /// The least amount of one subscription.
        pub minimum: Amount,
        /// The most that all holders hold together.
        pub maximum: Amount,
        /// How many days after its request a redemption is paid: T+0, T+1 and so on.
        pub redemption_days: u32,
    }
}

row! {
    /// A wealth product that a provider offers.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ProductRow in "wealth_products", kind 48 {
        /// The number of the row.
        pub row: u64,
        /// The wallet that receives subscriptions and pays redemptions.
        pub provider: WalletNumber,
        /// The provider's code for it.
        pub product: ProductCode,
        /// Its name.
        pub name: Box<str>,
        /// What is offered.
        pub terms: ProductTerms,
        /// When.
        pub at: Timestamp,
    }
}

row! {
    /// A holder asks for a part of a holding.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RedemptionRow in "wealth_redemptions", kind 49 {
        /// The number of the row.
        pub row: u64,
        /// The redemption.
        pub redemption: RedemptionId,
        /// The holder's name for the request.
        pub request_id: RequestId,
        /// The wallet that pays.
        pub provider: WalletNumber,
        /// The product.
        pub product: ProductCode,
        /// The wallet that is paid.
        pub holder: WalletNumber,
        /// What of the holding is paid back.
        pub principal: Amount,
        /// What it has earned up to the day of the request.
        pub earned: Amount,
        /// What makes the ids of its payments unknown to others; none under lockstep, where they are
        /// the same in every run.
        pub salt: Option<Head>,
        /// When it was asked for.
        pub at: Timestamp,
    }
}

row! {
    /// A holder takes back a redemption that could not be paid.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct CancelledRedemptionRow in "cancelled_redemptions", kind 54 {
        /// The number of the row.
        pub row: u64,
        /// The redemption.
        pub redemption: RedemptionId,
        /// When.
        pub at: Timestamp,
    }
}

impl ProductTerms {
    /// Whether the terms are of the set that there is.
    pub(super) fn check(&self) -> Result<(), OperatorError> {
        let minimum = self.minimum.single()?;
        let maximum = WealthValue::Amount(self.maximum.single()?);
        if minimum > self.maximum {
            return Err(of_field("total_max", maximum, Reason::FieldInvalid));
        }
        if self.redemption_days > REDEMPTION_DAYS_MAX {
            let days = WealthValue::Count(self.redemption_days.into());
            return Err(of_field("redemption_days", days, Reason::FieldInvalid));
        }
        Ok(())
    }
}

impl RedemptionRow {
    /// What is paid: principal and yield.
    pub fn amount(&self) -> Option<Amount> {
        self.principal.checked_add(self.earned)
    }

    /// The day on which it is paid.
    pub fn due(&self, terms: &ProductTerms) -> BusinessDate {
        self.at.date().plus_days(terms.redemption_days)
    }
}
