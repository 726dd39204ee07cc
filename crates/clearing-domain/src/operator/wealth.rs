//! Wealth products: holders subscribe, the product yields, and the provider pays redemptions.
//!
//! A subscription is an ordinary payment of the holder to the wallet of the provider, which names
//! the product in its details. The operator of the provider decides on it as on every transfer: what
//! the product does not allow is refused, and the money goes back to the holder. What is accepted
//! adds to the holding, which is kept by the operator of the provider alone. A redemption takes from
//! the holding at once, with the yield on it up to that day, and is paid by an ordinary payment of
//! the provider so many days later. A payment that is refused or comes back, as when the provider
//! lacks money, is tried again once a day; what is asked for is never lost, and never paid twice.
//!
//! The yield is by actual days over 365 on the closing holding of every day. A redemption of a part
//! takes the same part of the days that have been counted. What all redemptions of a holding have
//! earned together is rounded to the nearest fen, half a fen up: what one of them has too much or too
//! little is made up for by the next, so that nobody gains by many small ones. What is asked for and
//! not paid yet earns nothing. One that cannot be paid may be taken back, with its days.

mod apply;
mod cancel;
mod check;
mod count;
mod define;
mod error;
mod holdings;
mod pay;
mod redeem;
mod redemptions;
mod rows;
mod subscribe;

pub use define::ProductOrder;
pub use error::{WealthError, WealthValue};
pub use holdings::{Holding, Product, Wealth};
pub use redeem::RedemptionOrder;
pub use redemptions::{RedemptionState, Redemptions, WealthRedemption};
pub use rows::{
    CancelledRedemptionRow, ProductRow, ProductTerms, REDEMPTION_DAYS_MAX, RedemptionRow, TRY_DAYS,
    WEAKEST_CLASS,
};
pub use subscribe::SubscriptionOrder;

pub(super) use error::of_redemption;

#[cfg(test)]
mod edges;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
