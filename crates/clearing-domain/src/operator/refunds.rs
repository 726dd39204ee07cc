//! How much of each payment was given back.

use rustc_hash::FxHashMap;

use crate::money::{Amount, PaymentId, WalletNumber};

/// A payment, and the wallet that gets a part of it back: who paid it, or the campaign that paid a
/// part.
pub type Return = (PaymentId, WalletNumber);

/// What was given back of payments, by the payments and whom it goes to. Those of which nothing was
/// given back, nearly all, take no room.
#[derive(Debug, Default)]
pub struct Refunds {
    given: FxHashMap<Return, Given>,
    received: FxHashMap<Return, Amount>,
}

/// What wallets of this operator gave back of a payment that they received.
#[derive(Clone, Copy, Debug, Default)]
struct Given {
    under_way: Amount,
    done: Amount,
}

impl Refunds {
    /// What wallets of this operator gave back of a payment that they received; what is under way
    /// counts, because it may arrive.
    pub fn given(&self, original: Return) -> Amount {
        let Given { under_way, done } = self.given.get(&original).copied().unwrap_or_default();
        under_way.checked_add(done).unwrap_or(Amount::MAX)
    }

    /// What wallets of this operator got back of a payment that they made; room that is held for it
    /// counts.
    pub fn received(&self, original: Return) -> Amount {
        self.received.get(&original).copied().unwrap_or_default()
    }

    /// A refund leaves a wallet.
    pub fn begin(&mut self, original: Return, amount: Amount) {
        self.given.entry(original).or_default().under_way += amount;
    }

    /// A refund that left a wallet is final. Answers what is given back for good.
    pub fn complete(&mut self, original: Return, amount: Amount) -> Amount {
        let given = self.given.entry(original).or_default();
        given.under_way = given.under_way.checked_sub(amount).unwrap_or_default();
        given.done += amount;
        given.done
    }

    /// A refund that left a wallet came back to it.
    pub fn undo(&mut self, original: Return, amount: Amount) {
        let given = self.given.entry(original).or_default();
        given.under_way = given.under_way.checked_sub(amount).unwrap_or_default();
    }

    /// A refund is credited, or room is held for it.
    pub fn receive(&mut self, original: Return, amount: Amount) {
        *self.received.entry(original).or_default() += amount;
    }

    /// A refund for which room was held does not come.
    pub fn give_up(&mut self, original: Return, amount: Amount) {
        let received = self.received.entry(original).or_default();
        *received = received.checked_sub(amount).unwrap_or_default();
    }
}
