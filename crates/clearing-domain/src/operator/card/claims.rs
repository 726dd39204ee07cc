//! What payees have of cards for good, and what of it they could not take so far.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::money::{Amount, PaymentId, Timestamp};

use super::super::slot::WalletSlot;
use super::cards::Cards;
use super::rows::UnclaimedRow;

/// How long a value waits before it is paid once more, at first.
const WAIT_MS: i64 = 3_600_000;
/// How often that time doubles: to about six weeks.
const DOUBLINGS_MAX: u32 = 10;
/// How often a value is paid again by itself, which takes about a year. Then it stays its payee's,
/// and is paid again on order alone.
pub(super) const RETRIES_MAX: u32 = 16;

/// What a payee has of a card: the value of a voucher, or what others pay for a second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Claim {
    /// The counter of the voucher.
    pub(super) counter: u64,
    /// Which of the second vouchers of the card it is; none of a first one.
    pub(super) loss: Option<u32>,
}

impl Claim {
    pub(super) fn of_first(counter: u64) -> Self {
        Self { counter, loss: None }
    }

    pub(super) fn of_row(row: &UnclaimedRow) -> Self {
        Self { counter: row.counter, loss: row.loss }
    }
}

/// How a claim is paid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paid {
    /// Its last payment.
    pub(super) payment: PaymentId,
    /// The wallet that pays.
    pub(super) payer: WalletSlot,
    amount: Amount,
    /// How many payments of it there were.
    pub(super) attempts: u32,
    /// How many of them came by themselves after the first, and how many were ordered.
    retries: u32,
    orders: u32,
    ordered_at: Option<Timestamp>,
    /// When its value is paid once more by itself. An order does not put that off.
    retry_at: Option<Timestamp>,
    /// Whether the payee could not take it so far.
    pub(super) waits: bool,
}

impl Paid {
    pub(super) fn new(payment: PaymentId, payer: WalletSlot, amount: Amount) -> Self {
        Self {
            payment,
            payer,
            amount,
            attempts: 1,
            retries: 0,
            orders: 0,
            ordered_at: None,
            retry_at: None,
            waits: false,
        }
    }

    /// Whether it may be ordered now to pay it again; if not, in how many milliseconds. Each order is
    /// rows for ever, so that they come ever more rarely, but never to an end.
    pub(super) fn check_order(&self, now: Timestamp) -> Result<(), u32> {
        let Some(last) = self.ordered_at else { return Ok(()) };
        let next = last.plus_ms(wait_ms(self.orders.saturating_sub(1)));
        if now >= next {
            return Ok(());
        }
        Err(u32::try_from(next.ms() - now.ms()).unwrap_or(u32::MAX))
    }
}

/// How long it takes until the next time, after so many before.
fn wait_ms(before: u32) -> i64 {
    WAIT_MS << before.min(DOUBLINGS_MAX)
}

/// What is owed by which payment, and what of it waits.
#[derive(Debug, Default)]
pub(super) struct Claims {
    of_payments: FxHashMap<PaymentId, (WalletSlot, Claim)>,
    /// What is in wallets and not theirs any more, where there is any.
    held: FxHashMap<WalletSlot, Amount>,
    due: BTreeSet<(Timestamp, WalletSlot, Claim)>,
}

impl Claims {
    pub(super) fn held_in(&self, wallet: WalletSlot) -> Amount {
        if self.held.is_empty() {
            return Amount::ZERO;
        }
        self.held.get(&wallet).copied().unwrap_or_default()
    }

    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = (WalletSlot, Claim)> + '_ {
        let due = self.due.iter().take_while(move |(at, ..)| *at <= now);
        due.map(|(_, card, claim)| (*card, *claim))
    }

    pub(super) fn begin(&mut self, card: WalletSlot, claim: Claim, payment: PaymentId) {
        self.of_payments.insert(payment, (card, claim));
    }

    fn hold(&mut self, wallet: WalletSlot, sum: Amount) {
        if sum == Amount::ZERO {
            self.held.remove(&wallet);
        } else {
            self.held.insert(wallet, sum);
        }
    }
}

impl Cards {
    /// What a wallet holds for payees of vouchers: a card of its own, others of those whose loss they
    /// bear.
    pub fn unclaimed_in(&self, wallet: WalletSlot) -> Amount {
        self.claims.held_in(wallet)
    }

    pub(in super::super) fn pay_again(&mut self, wallet: WalletSlot, row: UnclaimedRow) {
        self.retries.push(row);
        let claim = Claim::of_row(&row);
        let paid = self.cards.get_mut(&wallet).and_then(|card| card.paid.get_mut(&claim));
        let Some(paid) = paid.filter(|paid| paid.waits) else { return };
        paid.payment = row.payment;
        paid.attempts += 1;
        paid.waits = false;
        if let Some(due) = paid.retry_at {
            self.claims.due.remove(&(due, wallet, claim));
        }
        if row.ordered {
            paid.orders += 1;
            paid.ordered_at = Some(row.at);
        } else {
            paid.retries += 1;
            paid.retry_at = None;
        }
        let (payer, amount) = (paid.payer, paid.amount);
        self.claims.begin(wallet, claim, row.payment);
        let left = self.claims.held_in(payer).checked_sub(amount).unwrap_or_default();
        self.claims.hold(payer, left);
    }

    /// A payment came back, or was refused, at a time: what it paid of a voucher is its payee's all
    /// the same.
    pub(in super::super) fn come_back(&mut self, payment: PaymentId, at: Timestamp) {
        if self.claims.of_payments.is_empty() {
            return;
        }
        let Some((wallet, claim)) = self.claims.of_payments.get(&payment).copied() else { return };
        let paid = self.cards.get_mut(&wallet).and_then(|card| card.paid.get_mut(&claim));
        let Some(paid) = paid.filter(|paid| !paid.waits) else { return };
        paid.waits = true;
        // Each attempt is a row for ever, and the payee may be gone for good.
        let next = match paid.retry_at {
            // It was ordered meanwhile. The next payment by itself comes when it would have come, but
            // not at once after this one.
            Some(planned) => planned.max(at.plus_ms(WAIT_MS)),
            None => at.plus_ms(wait_ms(paid.retries + 1)),
        };
        if paid.retries < RETRIES_MAX {
            paid.retry_at = Some(next);
        }
        if let Some(due) = paid.retry_at {
            self.claims.due.insert((due, wallet, claim));
        }
        let (payer, amount) = (paid.payer, paid.amount);
        let sum = self.claims.held_in(payer).checked_add(amount).unwrap_or(Amount::MAX);
        self.claims.hold(payer, sum);
    }
}
