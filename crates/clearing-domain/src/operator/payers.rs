//! The payments of one wallet, found without looking at those of others.

use crate::money::WalletNumber;
use crate::slots::Slots;

use super::ledger::OperatorLedger;
use super::payment::Payment;
use super::wallet::NONE;

/// The payments of each wallet as a list, oldest first: per payment the wallet's next one, per
/// wallet the two ends.
#[derive(Debug, Default)]
pub(super) struct PaymentsOfWallets {
    next: Slots<u32>,
    ends: Slots<(u32, u32)>,
}

impl PaymentsOfWallets {
    /// Adds the payment that was appended last.
    pub(super) fn push(&mut self, wallet: u32) {
        let slot = self.next.next_slot();
        self.next.push(NONE);
        while self.ends.next_slot() <= wallet {
            self.ends.push((NONE, NONE));
        }
        let (first, last) = &mut self.ends[wallet as usize];
        let before = std::mem::replace(last, slot);
        if before == NONE {
            *first = slot;
        } else {
            self.next[before as usize] = slot;
        }
    }
}

impl OperatorLedger {
    /// The payments of a wallet with their places, oldest first, from a place on that is one of
    /// them; `None` when it is not.
    pub fn payments_of(
        &self,
        payer: WalletNumber,
        from: Option<usize>,
    ) -> Option<impl Iterator<Item = (usize, &Payment)> + '_> {
        let wallet = self.slot_of(payer);
        let mut next = match from {
            Some(place) => {
                let slot = u32::try_from(place).ok()?;
                self.payments.get(place).filter(|payment| payment.payer == wallet).map(|_| slot)?
            }
            None => self.payers.ends.get(wallet as usize).map_or(NONE, |(first, _)| *first),
        };
        Some(std::iter::from_fn(move || {
            let place = next as usize;
            let payment = self.payments.get(place)?;
            next = self.payers.next.get(place).copied().unwrap_or(NONE);
            Some((place, payment))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wallet_has_its_own_list() {
        let mut payers = PaymentsOfWallets::default();
        for wallet in [3, 1, 3, 3, 1] {
            payers.push(wallet);
        }
        let list = |wallet: usize| {
            let (mut next, mut slots) = (payers.ends[wallet].0, Vec::new());
            while next != NONE {
                slots.push(next);
                next = payers.next[next as usize];
            }
            slots
        };
        assert_eq!([0, 1, 2, 3].map(list), [vec![], vec![1, 4], vec![], vec![0, 2, 3]]);
    }
}
