//! What hard wallets sign. Pure: keys come from seeds, and nothing is read or drawn here.
//!
//! A card has a key of its own, and its issuer certifies that the key is that of the card. A voucher is
//! 66 bytes under a signature of the card. Whoever is paid checks certificate and signature without
//! network; the issuer checks the signature with the key that it has on record.

mod hex;
mod key;
mod voucher;

pub use hex::{HexError, from_hex, to_hex};
pub use key::{Certificate, Key, PUBLIC_BYTES, SEED_BYTES, SIGNATURE_BYTES, card_bytes, card_seed};
pub use voucher::{
    CertifiedVoucher, SignedVoucher, TAP_BYTES, TapError, VOUCHER_BYTES, voucher_bytes,
};
