//! The hard wallets of this operator, with what was decided on their vouchers.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::Reason;
use crate::money::{Amount, PaymentId, Timestamp, WalletNumber};

use super::super::slot::WalletSlot;
use super::claims::{Claim, Claims, Paid};
use super::decide::OfflineVoucher;
use super::rows::{
    CardChange, CardChangeRow, CardRow, CardVoucherRow, LossParty, Ruling, UnclaimedRow,
};

/// The most decisions on vouchers that are kept of one card, which then is to be replaced: who has
/// its key could sign without end. They are walked through for a voucher, in the worst case.
pub const CARD_VOUCHERS_MAX: usize = 10_000;
/// How many of them may be on second vouchers, among which a repeat is looked up one by one.
pub(super) const CARD_REPEATS_MAX: usize = 1_000;

/// How many vouchers of a card may wait for the end of a freeze, among which one is looked up one by
/// one.
pub(super) const CARD_WAITING_MAX: usize = 1_000;

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
    /// What of it the card has paid back to its issuer.
    pub recovered: Amount,
    /// The first decision on each counter.
    decided: BTreeMap<u64, CardVoucherRow>,
    /// The decisions on second vouchers.
    repeated: Vec<CardVoucherRow>,
    /// The vouchers that came while an authority had frozen it or its parent, in their order.
    waiting: Vec<CardVoucherRow>,
    pub(super) paid: BTreeMap<Claim, Paid>,
}

impl Card {
    fn new(row: CardRow, wallet: WalletSlot) -> Self {
        Self {
            row,
            wallet,
            frozen: None,
            is_emptied: false,
            compensated: Amount::ZERO,
            recovered: Amount::ZERO,
            decided: BTreeMap::new(),
            repeated: Vec::new(),
            waiting: Vec::new(),
            paid: BTreeMap::new(),
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

    /// The vouchers that came while an authority had frozen the card or its parent.
    pub fn waiting(&self) -> &[CardVoucherRow] {
        &self.waiting
    }

    /// When a voucher came that waits.
    pub(super) fn waits_since(&self, voucher: &OfflineVoucher) -> Option<Timestamp> {
        let found = self.waiting.iter().find(|row| OfflineVoucher::of_row(row) == *voucher);
        found.map(|row| row.at)
    }

    /// The last payment of a voucher that was accepted.
    pub fn payment_of(&self, counter: u64) -> Option<PaymentId> {
        self.paid.get(&Claim::of_first(counter)).map(|paid| paid.payment)
    }

    /// The voucher of a claim, as it was decided on.
    pub(super) fn voucher_of(&self, claim: Claim) -> Option<&CardVoucherRow> {
        match claim.loss {
            None => self.decided.get(&claim.counter),
            Some(place) => self.repeated.get(usize::try_from(place).ok()?),
        }
    }

    /// What payees of a counter could not take so far.
    pub(super) fn waiting_claims(&self, counter: u64) -> Vec<Claim> {
        let range = Claim::of_first(counter)..=Claim { counter, loss: Some(u32::MAX) };
        let of_counter = self.paid.range(range).filter(|(_, paid)| paid.waits);
        of_counter.map(|(claim, _)| *claim).collect()
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
    pub(super) cards: FxHashMap<WalletSlot, Card>,
    pub(super) claims: Claims,
    vouchers: Vec<CardVoucherRow>,
    changes: Vec<CardChangeRow>,
    pub(super) retries: Vec<UnclaimedRow>,
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

    /// The claims that are to be paid once more by a time, in the order they came due.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = (WalletSlot, Claim)> + '_ {
        self.claims.due(now)
    }

    /// Whether the value of a claim waits to be paid once more.
    pub(super) fn waits(&self, wallet: WalletSlot, claim: Claim) -> bool {
        let card = self.cards.get(&wallet);
        card.and_then(|card| card.paid.get(&claim)).is_some_and(|paid| paid.waits)
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

    /// Takes in a change of a card, with what it pays back of the losses of its issuer.
    pub(in super::super) fn change(
        &mut self,
        wallet: WalletSlot,
        row: CardChangeRow,
        recovered: Amount,
    ) {
        self.changes.push(row);
        let Some(card) = self.cards.get_mut(&wallet) else { return };
        match row.change {
            CardChange::Lost | CardChange::DoubleSpent => {
                card.frozen.get_or_insert((row.at, row.change));
            }
            CardChange::Emptied => card.is_emptied = true,
            CardChange::Recovered => {
                card.recovered = card.recovered.checked_add(recovered).unwrap_or(Amount::MAX);
            }
        }
    }

    /// Takes in a decision, with the wallet that bears the loss of a second voucher.
    pub(in super::super) fn decide(
        &mut self,
        wallet: WalletSlot,
        row: CardVoucherRow,
        bearer: Option<WalletSlot>,
    ) {
        self.vouchers.push(row);
        let Some(card) = self.cards.get_mut(&wallet) else { return };
        card.waiting
            .retain(|waiting| OfflineVoucher::of_row(waiting) != OfflineVoucher::of_row(&row));
        let begun = match row.ruling {
            Ruling::Accepted { payment } => {
                card.decided.insert(row.counter, row);
                Some((Claim::of_first(row.counter), payment, wallet))
            }
            Ruling::Refused { .. } => {
                card.decided.insert(row.counter, row);
                None
            }
            Ruling::Repeated { borne_by, payment } => {
                if borne_by != LossParty::Payee {
                    let sum = card.compensated.checked_add(row.amount);
                    card.compensated = sum.unwrap_or(Amount::MAX);
                }
                let loss = u32::try_from(card.repeated.len()).ok();
                card.repeated.push(row);
                let claim = Claim { counter: row.counter, loss };
                payment.zip(bearer).map(|(payment, bearer)| (claim, payment, bearer))
            }
            Ruling::Waits => {
                card.waiting.push(row);
                None
            }
        };
        if let Some((claim, payment, payer)) = begun {
            card.paid.insert(claim, Paid::new(payment, payer, row.amount));
            self.claims.begin(wallet, claim, payment);
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
