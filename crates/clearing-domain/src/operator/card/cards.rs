//! The hard wallets of this operator, with what was decided on their vouchers.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::Reason;
use crate::money::{Amount, PaymentId, Timestamp, WalletNumber};

use super::super::slot::WalletSlot;
use super::decide::OfflineVoucher;
use super::rows::{
    CardChange, CardChangeRow, CardRow, CardVoucherRow, LossParty, Ruling, UnclaimedRow,
};

/// The most decisions on vouchers that are kept of one card, which then is to be replaced: who has
/// its key could sign without end. They are walked through for a voucher, in the worst case.
pub const CARD_VOUCHERS_MAX: usize = 10_000;
/// How many of them may be on second vouchers, among which a repeat is looked up one by one.
pub(super) const CARD_REPEATS_MAX: usize = 1_000;

/// How long a value waits before it is paid once more, at first.
const WAIT_MS: i64 = 3_600_000;
/// How often that time doubles: to about six weeks.
const DOUBLINGS_MAX: u32 = 10;

/// A voucher that was accepted.
#[derive(Clone, Copy, Debug)]
struct Paid {
    /// Its last payment.
    payment: PaymentId,
    /// How many payments of it there were.
    attempts: u32,
    /// When its value, which the payee could not take, is paid once more.
    due: Option<Timestamp>,
}

/// A hard wallet.
#[derive(Clone, Debug)]
pub struct Card {
    /// The row of its issue.
    pub row: CardRow,
    /// Its wallet.
    pub wallet: WalletSlot,
    /// Since when it is frozen, and why first.
    pub frozen: Option<(Timestamp, CardChange)>,
    /// Whether its money has gone.
    pub is_emptied: bool,
    /// What second vouchers of its counters were paid by others.
    pub compensated: Amount,
    /// The first decision on each counter.
    decided: BTreeMap<u64, CardVoucherRow>,
    /// The decisions on second vouchers.
    repeated: Vec<CardVoucherRow>,
    paid: FxHashMap<u64, Paid>,
    unclaimed: Amount,
}

impl Card {
    fn new(row: CardRow, wallet: WalletSlot) -> Self {
        Self {
            row,
            wallet,
            frozen: None,
            is_emptied: false,
            compensated: Amount::ZERO,
            decided: BTreeMap::new(),
            repeated: Vec::new(),
            paid: FxHashMap::default(),
            unclaimed: Amount::ZERO,
        }
    }

    /// What was decided on a voucher.
    pub fn decision_on(&self, voucher: &OfflineVoucher) -> Option<&CardVoucherRow> {
        let first = self.decided.get(&voucher.counter)?;
        let all = std::iter::once(first).chain(&self.repeated);
        all.into_iter().find(|row| OfflineVoucher::of_row(row) == *voucher)
    }

    /// Whether a counter was used.
    pub fn has_used(&self, counter: u64) -> bool {
        self.decided.contains_key(&counter)
    }

    /// How many decisions are kept.
    pub fn decisions(&self) -> usize {
        self.decided.len() + self.repeated.len()
    }

    /// The first decisions on its counters from one on, in their order.
    pub fn vouchers(&self, from: u64) -> impl Iterator<Item = &CardVoucherRow> {
        self.decided.range(from..).map(|(_, row)| row)
    }

    /// The decisions on vouchers with counters that were used before.
    pub fn repeated(&self) -> &[CardVoucherRow] {
        &self.repeated
    }

    /// The last payment of a voucher that was accepted.
    pub fn payment_of(&self, counter: u64) -> Option<PaymentId> {
        self.paid.get(&counter).map(|paid| paid.payment)
    }

    /// What payees could not take so far.
    pub fn unclaimed(&self) -> Amount {
        self.unclaimed
    }

    /// How many vouchers before one may still come: those whose counters nobody has shown, up to the
    /// last that is known to be too old by now. An older one was signed before that one was.
    pub(super) fn waiting_before(&self, counter: u64, now: Timestamp) -> u64 {
        let mut next = counter;
        let mut waiting = 0;
        for (found, row) in self.decided.range(..counter).rev() {
            waiting += next - found - 1;
            next = *found;
            let is_old = row.signed_at.plus_ms(self.row.age_ms_max) < now;
            if is_old || waiting >= u64::from(self.row.count_max) {
                return waiting;
            }
        }
        waiting + next - 1
    }

    /// Whether no voucher can come any more that is to be decided in favour of its payee.
    pub fn check_over(&self, now: Timestamp) -> Result<(), Reason> {
        let Some((since, _)) = self.frozen else { return Err(Reason::CardActive) };
        let is_over = now > since.plus_ms(self.row.age_ms_max);
        if is_over { Ok(()) } else { Err(Reason::CardVouchersOpen) }
    }

    /// Whether its wallet may be closed. One that has paid may have signed a counter twice.
    pub fn check_closes(&self, now: Timestamp) -> Result<(), Reason> {
        if self.paid.is_empty() { Ok(()) } else { self.check_over(now) }
    }

    /// Whether its holder may use it.
    pub fn check_active(&self) -> Result<(), Reason> {
        if self.frozen.is_some() { Err(Reason::CardFrozen) } else { Ok(()) }
    }
}

/// All hard wallets in the order they were issued.
#[derive(Debug, Default)]
pub struct Cards {
    list: Vec<WalletSlot>,
    cards: FxHashMap<WalletSlot, Card>,
    of_payments: FxHashMap<PaymentId, (WalletSlot, u64)>,
    /// What is on cards and not theirs any more, where there is any.
    unclaimed: FxHashMap<WalletSlot, Amount>,
    due: BTreeSet<(Timestamp, WalletSlot, u64)>,
    vouchers: Vec<CardVoucherRow>,
    changes: Vec<CardChangeRow>,
    retries: Vec<UnclaimedRow>,
}

impl Cards {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Card> {
        self.list.iter().filter_map(|slot| self.cards.get(slot))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The card of a wallet.
    pub fn find(&self, wallet: WalletSlot) -> Option<&Card> {
        // Nearly always there are none at all, and no wallet is looked up.
        if self.list.is_empty() { None } else { self.cards.get(&wallet) }
    }

    /// What a wallet holds for payees of its vouchers.
    pub fn unclaimed_in(&self, wallet: WalletSlot) -> Amount {
        if self.unclaimed.is_empty() {
            return Amount::ZERO;
        }
        self.unclaimed.get(&wallet).copied().unwrap_or_default()
    }

    /// The voucher that a payment pays: the wallet of its card, and its counter.
    pub fn paid_by(&self, payment: PaymentId) -> Option<(WalletSlot, u64)> {
        self.of_payments.get(&payment).copied()
    }

    /// How many payments of a voucher there were.
    pub(super) fn attempts(&self, wallet: WalletSlot, counter: u64) -> Option<u32> {
        self.cards.get(&wallet)?.paid.get(&counter).map(|paid| paid.attempts)
    }

    /// The vouchers whose value is to be paid once more by a time, in the order they came due.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = (WalletSlot, u64)> + '_ {
        let due = self.due.iter().take_while(move |(at, ..)| *at <= now);
        due.map(|(_, wallet, counter)| (*wallet, *counter))
    }

    /// Whether the value of a voucher waits to be paid once more.
    pub(super) fn waits(&self, wallet: WalletSlot, counter: u64) -> bool {
        let card = self.cards.get(&wallet);
        card.and_then(|card| card.paid.get(&counter)).is_some_and(|paid| paid.due.is_some())
    }

    pub(in super::super) fn voucher_rows(&self) -> &[CardVoucherRow] {
        &self.vouchers
    }

    pub(in super::super) fn change_rows(&self) -> &[CardChangeRow] {
        &self.changes
    }

    pub(in super::super) fn unclaimed_rows(&self) -> &[UnclaimedRow] {
        &self.retries
    }

    pub(in super::super) fn issue(&mut self, wallet: WalletSlot, row: CardRow) {
        self.list.push(wallet);
        self.cards.insert(wallet, Card::new(row, wallet));
    }

    pub(in super::super) fn change(&mut self, wallet: WalletSlot, row: CardChangeRow) {
        self.changes.push(row);
        let Some(card) = self.cards.get_mut(&wallet) else { return };
        match row.change {
            CardChange::Lost | CardChange::DoubleSpent => {
                card.frozen.get_or_insert((row.at, row.change));
            }
            CardChange::Emptied => card.is_emptied = true,
        }
    }

    pub(in super::super) fn decide(&mut self, wallet: WalletSlot, row: CardVoucherRow) {
        self.vouchers.push(row);
        let Some(card) = self.cards.get_mut(&wallet) else { return };
        match row.ruling {
            Ruling::Accepted { payment } => {
                self.of_payments.insert(payment, (wallet, row.counter));
                card.paid.insert(row.counter, Paid { payment, attempts: 1, due: None });
                card.decided.insert(row.counter, row);
            }
            Ruling::Refused { .. } => {
                card.decided.insert(row.counter, row);
            }
            Ruling::Repeated { borne_by, .. } => {
                if borne_by != LossParty::Payee {
                    let sum = card.compensated.checked_add(row.amount);
                    card.compensated = sum.unwrap_or(Amount::MAX);
                }
                card.repeated.push(row);
            }
        }
    }

    pub(in super::super) fn pay_again(&mut self, wallet: WalletSlot, row: UnclaimedRow) {
        self.retries.push(row);
        let Some(card) = self.cards.get_mut(&wallet) else { return };
        let value = card.decided.get(&row.counter).map_or(Amount::ZERO, |found| found.amount);
        let Some(paid) = card.paid.get_mut(&row.counter) else { return };
        paid.payment = row.payment;
        paid.attempts += 1;
        if let Some(due) = paid.due.take() {
            self.due.remove(&(due, wallet, row.counter));
            self.of_payments.insert(row.payment, (wallet, row.counter));
            let left = card.unclaimed.checked_sub(value).unwrap_or_default();
            self.set_unclaimed(wallet, left);
        }
    }

    /// A payment came back, or was refused, at a time: what it paid of a voucher is its payee's all
    /// the same.
    pub(in super::super) fn come_back(&mut self, payment: PaymentId, at: Timestamp) {
        if self.of_payments.is_empty() {
            return;
        }
        let Some((wallet, counter)) = self.of_payments.get(&payment).copied() else { return };
        let Some(card) = self.cards.get_mut(&wallet) else { return };
        let value = card.decided.get(&counter).map_or(Amount::ZERO, |found| found.amount);
        let Some(paid) = card.paid.get_mut(&counter) else { return };
        // Each attempt is a row for ever, and the payee may be gone for good.
        let wait = WAIT_MS << paid.attempts.min(DOUBLINGS_MAX);
        let due = at.plus_ms(wait);
        paid.due = Some(due);
        self.due.insert((due, wallet, counter));
        let sum = card.unclaimed.checked_add(value).unwrap_or(Amount::MAX);
        self.set_unclaimed(wallet, sum);
    }

    fn set_unclaimed(&mut self, wallet: WalletSlot, sum: Amount) {
        if let Some(card) = self.cards.get_mut(&wallet) {
            card.unclaimed = sum;
        }
        if sum == Amount::ZERO {
            self.unclaimed.remove(&wallet);
        } else {
            self.unclaimed.insert(wallet, sum);
        }
    }
}

impl OfflineVoucher {
    /// The voucher that a row decides on.
    pub fn of_row(row: &CardVoucherRow) -> Self {
        let CardVoucherRow { card, counter, payee, amount, signed_at, .. } = *row;
        Self { card, counter, payee, amount, signed_at }
    }
}

impl Card {
    /// Its number.
    pub fn number(&self) -> WalletNumber {
        self.row.card
    }
}
