//! Hard wallets: cards that pay without network, by vouchers that they sign.
//!
//! A card is a sub-wallet whose balance is its float. Vouchers come later and out of order, from the
//! payees; this operator, which issued the card, alone decides on each, once, and pays it by an
//! ordinary payment. That a voucher is signed by its card is checked before it comes here.

mod apply;
mod cards;
mod check;
mod claims;
mod count;
mod decide;
mod issue;
mod reissue;
mod rows;
mod unclaimed;

pub use cards::{CARD_VOUCHERS_MAX, Card, Cards};
pub use decide::{OfflineVoucher, SIGNED_AHEAD_MS_MAX};
pub use issue::{CardOrder, CardTerms, VOUCHER_AGE_MS_MAX, VOUCHER_COUNT_MAX};
pub use rows::{
    CardChange, CardChangeRow, CardRow, CardVoucherRow, LossParty, Ruling, UnclaimedRow,
};

#[cfg(test)]
mod edges;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
