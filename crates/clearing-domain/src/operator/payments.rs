//! All payments of the operator's wallets, found by id, by row and by wallet.

use std::ops::Index;

use crate::money::PaymentId;
use crate::slots::{SlotIndex, Slots};

use super::payment::Payment;
use super::rows::OutcomeRow;
use super::slot::{PaymentSlot, WalletSlot};
use super::state::PaymentState;

/// The payments in the order they were submitted.
#[derive(Debug, Default)]
pub struct Payments {
    list: Slots<PaymentSlot, Payment>,
    index: SlotIndex<PaymentSlot>,
    of_wallets: PaymentsOfWallets,
    /// How many in transit the central bank has not answered.
    unanswered: usize,
}

impl Payments {
    /// All of them.
    pub fn list(&self) -> &Slots<PaymentSlot, Payment> {
        &self.list
    }

    /// The slot of the payment of an id.
    pub fn find(&self, id: PaymentId) -> Option<PaymentSlot> {
        self.index.find(&id, |slot| self.list[slot].id == id)
    }

    /// The slot of the payment with a row.
    pub fn of_row(&self, row: u64) -> Option<PaymentSlot> {
        self.list.binary_search_by_key(&row, |payment| payment.row).ok()
    }

    /// The payments of a wallet with their slots, oldest first, from a slot on that is one of
    /// them; `None` when it is not.
    pub fn of_wallet(
        &self,
        wallet: WalletSlot,
        from: Option<PaymentSlot>,
    ) -> Option<impl Iterator<Item = (PaymentSlot, &Payment)> + '_> {
        if let Some(slot) = from
            && self.list.get(slot).is_none_or(|payment| payment.payer != wallet)
        {
            return None;
        }
        let mut next = from.or_else(|| self.of_wallets.first(wallet));
        Some(std::iter::from_fn(move || {
            let slot = next?;
            next = self.of_wallets.next[slot];
            Some((slot, &self.list[slot]))
        }))
    }

    /// How many in transit the central bank has not answered.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// Makes room for so many, before any is there.
    pub fn reserve(&mut self, count: usize) {
        self.index.reserve(count);
    }

    /// Adds a payment that was taken.
    pub fn push(&mut self, payment: Payment) -> PaymentSlot {
        if payment.state == PaymentState::InTransit {
            self.unanswered += 1;
        }
        let slot = self.list.next_slot();
        self.index.insert(&payment.id, slot);
        self.of_wallets.push(payment.payer);
        self.list.push(payment)
    }

    /// Marks a payment that waits for cover at the central bank, which has answered it with that.
    pub fn wait(&mut self, slot: PaymentSlot) {
        let payment = &mut self.list[slot];
        if !payment.queued {
            payment.queued = true;
            self.unanswered -= 1;
        }
    }

    /// Ends a payment in transit.
    pub fn end(&mut self, slot: PaymentSlot, outcome: &OutcomeRow) {
        let payment = &mut self.list[slot];
        if !payment.queued {
            self.unanswered -= 1;
        }
        payment.end(outcome);
    }
}

impl Index<PaymentSlot> for Payments {
    type Output = Payment;

    fn index(&self, slot: PaymentSlot) -> &Payment {
        &self.list[slot]
    }
}

/// The payments of each wallet as a list, oldest first: per payment the wallet's next one, per
/// wallet the two ends.
#[derive(Debug, Default)]
struct PaymentsOfWallets {
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
    fn push(&mut self, wallet: WalletSlot) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::Slot;

    #[test]
    fn each_wallet_has_its_own_list() {
        let mut payments = PaymentsOfWallets::default();
        for wallet in [3, 1, 3, 3, 1] {
            payments.push(WalletSlot::from_number(wallet));
        }
        let list = |wallet: u32| {
            let first = payments.first(WalletSlot::from_number(wallet));
            let slots = std::iter::successors(first, |slot| payments.next[*slot]);
            slots.map(Slot::number).collect::<Vec<_>>()
        };
        assert_eq!([0, 1, 2, 3].map(list), [vec![], vec![1, 4], vec![], vec![0, 2, 3]]);
    }
}
