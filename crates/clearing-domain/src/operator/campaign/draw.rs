//! The draw of a campaign: who wins follows from the published seed and the registrations alone.
//!
//! Each registration has a ticket, SHA-256 of the seed and the number of its wallet (32 bytes, then
//! 16 ASCII digits). The lowest tickets win. SHA-256, because anyone who checks a draw has it.

use sha2::{Digest, Sha256};

use crate::link::Head;
use crate::money::WalletNumber;

/// The commitment to a seed, published before anyone registers.
pub fn commitment(seed: &Head) -> Head {
    Sha256::digest(seed).into()
}

/// The ticket of a registration.
pub fn ticket(seed: &Head, wallet: WalletNumber) -> Head {
    let mut hasher = Sha256::new();
    hasher.update(seed);
    hasher.update(wallet.to_string());
    hasher.finalize().into()
}

/// Which of the registered wallets win, at most so many, ascending.
pub(super) fn winners(
    seed: &Head,
    wallets: impl Iterator<Item = WalletNumber>,
    most: usize,
) -> Vec<WalletNumber> {
    let mut tickets: Vec<_> = wallets.map(|wallet| (ticket(seed, wallet), wallet)).collect();
    if tickets.len() > most {
        tickets.select_nth_unstable(most);
        tickets.truncate(most);
    }
    let mut won: Vec<_> = tickets.into_iter().map(|(_, wallet)| wallet).collect();
    won.sort_unstable();
    won
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Prefix, WalletKind};

    fn wallet(serial: u64) -> WalletNumber {
        WalletNumber::new(Prefix::new(2).unwrap(), WalletKind::Personal, serial).unwrap()
    }

    #[test]
    fn the_lowest_tickets_win_whatever_the_order_of_registration() {
        let seed = [7; 32];
        let all: Vec<_> = (1..=100).map(wallet).collect();
        let drawn = |wallets: &[WalletNumber], most| winners(&seed, wallets.iter().copied(), most);
        let mut sorted = all.clone();
        sorted.sort_unstable_by_key(|wallet| ticket(&seed, *wallet));
        for most in [0, 1, 10, 99, 100, 101] {
            let mut lowest: Vec<_> = sorted.iter().take(most).copied().collect();
            lowest.sort_unstable();
            assert_eq!(drawn(&all, most), lowest);
            let reversed: Vec<_> = all.iter().rev().copied().collect();
            assert_eq!(drawn(&reversed, most), lowest);
        }
        assert_ne!(winners(&[8; 32], all.iter().copied(), 10), winners(&seed, all.into_iter(), 10));
    }

    /// As `hashlib.sha256` gives it.
    #[test]
    fn tickets_are_those_of_everybody_elses_sha_256() {
        let hex = |bytes: Head| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(
            hex(commitment(&[0; 32])),
            "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
        );
        let expected = "43e60eb5ac34a29505778cf80b072970eb11f96ccc4f4d35791b3dceb99dfaaf";
        assert_eq!(hex(ticket(&[0; 32], wallet(1))), expected, "{}", wallet(1));
    }
}
