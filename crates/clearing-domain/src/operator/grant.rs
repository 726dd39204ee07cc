//! Grants: money of campaigns in wallets of this operator, earmarked for some purchases.
//!
//! It is part of what a wallet holds, and of the account of wallets; what is kept here is how much of
//! it is earmarked, for what, and until when. Everything else that a wallet holds is its own.

mod count;
mod figures;
mod grants;
mod reclaim;
mod redemption;
mod spend;

pub(super) use figures::Counts;
pub use grants::{GRANTS_MAX, Grants, WalletGrant};
pub use redemption::Redemption;
pub(super) use spend::purchase;

#[cfg(test)]
mod tests;
