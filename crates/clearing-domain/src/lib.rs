//! The rules of money of a two-tier e-CNY system, without sockets, disks, clocks or randomness.
//!
//! Time and identifiers are arguments, so the same commands always give the same ledgers. The
//! runtime around this crate only moves bytes.

// Money is whole fen; a float would round it. The order of a hash map is chance.
#![deny(clippy::float_arithmetic, clippy::iter_over_hash_type)]

pub mod audit;
pub mod central_bank;
pub mod details;
pub mod hash_key;
pub mod indicators;
pub mod ledger;
pub mod link;
pub mod lockstep;
pub mod merchant;
pub mod money;
pub mod netting;
pub mod operator;
pub mod reason;
pub mod regime;
pub mod region;
pub mod row;
pub mod seal;
pub mod slots;

pub use details::Details;
pub use hash_key::HashKey;
pub use ledger::Ledger;
pub use lockstep::Lockstep;
pub use reason::Reason;
pub use regime::Regime;
