//! The payments of one wallet, found without looking at those of others.

use crate::money::WalletNumber;
use crate::slots::Slots;

use super::ledger::OperatorLedger;
use super::payment::Payment;
use super::slot::{PaymentSlot, WalletSlot};

/// The payments of each wallet as a list, oldest first: per payment the wallet's next one, per
/// wallet the two ends.
#[derive(Debug, Default)]
pub(super) struct PaymentsOfWallets {
    next: Slots<PaymentSlot, Option<PaymentSlot>>,
    ends: Slots<WalletSlot, Option<Ends>>,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    first: PaymentSlot,
    last: PaymentSlot,
}

impl PaymentsOfWallets {
    /// Adds the payment that was appended last.
    pub(super) fn push(&mut self, wallet: WalletSlot) {
        let slot = self.next.push(None);
        while self.ends.next_slot() <= wallet {
            self.ends.push(None);
        }
        match &mut self.ends[wallet] {
            Some(ends) => {
                self.next[ends.last] = Some(slot);
                ends.last = slot;
            }
            ends @ None => *ends = Some(Ends { first: slot, last: slot }),
        }
    }

    /// The first payment of a wallet.
    fn first(&self, wallet: WalletSlot) -> Option<PaymentSlot> {
        self.ends.get(wallet).copied().flatten().map(|ends| ends.first)
    }
}

impl OperatorLedger {
    /// The payments of a wallet with their slots, oldest first, from a slot on that is one of
    /// them; `None` when it is not.
    pub fn payments_of(
        &self,
        payer: WalletNumber,
        from: Option<PaymentSlot>,
    ) -> Option<impl Iterator<Item = (PaymentSlot, &Payment)> + '_> {
        let wallet = self.slot_of(payer);
        let mut next = match from {
            Some(slot) => {
                let payment = self.payments.get(slot)?;
                (Some(payment.payer) == wallet).then_some(Some(slot))?
            }
            None => wallet.and_then(|wallet| self.payers.first(wallet)),
        };
        Some(std::iter::from_fn(move || {
            let slot = next?;
            next = self.payers.next[slot];
            Some((slot, &self.payments[slot]))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::Slot;

    #[test]
    fn each_wallet_has_its_own_list() {
        let mut payers = PaymentsOfWallets::default();
        for wallet in [3, 1, 3, 3, 1] {
            payers.push(WalletSlot::from_number(wallet));
        }
        let list = |wallet: u32| {
            let first = payers.first(WalletSlot::from_number(wallet));
            let slots = std::iter::successors(first, |slot| payers.next[*slot]);
            slots.map(Slot::number).collect::<Vec<_>>()
        };
        assert_eq!([0, 1, 2, 3].map(list), [vec![], vec![1, 4], vec![], vec![0, 2, 3]]);
    }
}
