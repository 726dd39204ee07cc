//! Campaigns at their sponsor's operator: red packets and vouchers.
//!
//! The wallet that holds the pool names a campaign; it is a sub-wallet of the sponsor. Who has
//! registered, won, claimed and redeemed is recorded here alone, whatever operator the winner has.

mod campaigns;
mod check;
mod claim;
mod close;
mod count;
mod create;
mod draw;
mod error;
mod event;
mod rows;
mod voucher;
mod vouchers;

pub use campaigns::{Campaign, Campaigns, Redeemed};
pub use claim::Claimant;
pub use create::CampaignOrder;
pub use draw::{commitment, ticket};
pub use error::CampaignValue;
pub use event::{CampaignEvent, CampaignEventKind};
pub use rows::{
    CampaignKind, CampaignRow, ClaimRow, DrawRow, GrantSpendRow, RegistrationRow, VoucherRow,
};
pub use vouchers::{ClaimedVoucher, HeldVoucher, VoucherState, Vouchers};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
