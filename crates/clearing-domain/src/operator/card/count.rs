//! Cards counted again from the rows, for the audit: not by the functions that kept them.

use std::collections::{BTreeMap, BTreeSet};

use crate::money::{Amount, PaymentId, Total, WalletNumber};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::recount::NAMED_MAX;
use super::super::rows::OperatorRow;
use super::super::state::PaymentState;
use super::claims::Claim;
use super::decide::OfflineVoucher;
use super::rows::{CardVoucherRow, Ruling};

/// What the rows say of one card.
#[derive(Default)]
struct Counted {
    /// The first decision on each counter.
    decided: BTreeMap<u64, CardVoucherRow>,
    repeated: Vec<CardVoucherRow>,
    /// What waits for the end of a freeze.
    waiting: Vec<CardVoucherRow>,
    /// The payments of each claim in their order.
    paid: BTreeMap<Claim, Vec<PaymentId>>,
    is_frozen: bool,
    loss_wallet: Option<WalletNumber>,
}

#[derive(Default)]
struct Count {
    cards: BTreeMap<WalletNumber, Counted>,
    faults: Vec<String>,
}

impl OperatorLedger {
    /// No card pays a counter twice, or anything else than its vouchers.
    pub(in super::super) fn check_cards(&self) -> Invariant {
        let mut count = Count::default();
        self.rows().for_each(|row| count.take(&row));
        let mut held: BTreeMap<WalletNumber, Total> = BTreeMap::new();
        for (card, counted) in &count.cards {
            let faults = self.compare_card(*card, counted, &mut held);
            count.faults.extend(faults);
        }
        count.faults.extend(self.compare_held(&held));
        count.faults.extend(self.payments_beside(&count));
        let of_cards = count.cards.values().flat_map(|found| found.paid.keys());
        let vouchers = of_cards.filter(|claim| claim.loss.is_none()).count();
        let mut detail = format!("{} cards, {vouchers} vouchers paid", count.cards.len());
        let faults = &count.faults;
        if !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        Invariant::new("cards pay each counter once", faults.is_empty(), detail)
    }

    fn compare_card(
        &self,
        card: WalletNumber,
        counted: &Counted,
        held: &mut BTreeMap<WalletNumber, Total>,
    ) -> Vec<String> {
        let Ok(kept) = self.card(card) else {
            return vec![format!("card {card} is missing")];
        };
        let mut faults = Vec::new();
        let by_rows = counted.decided.values().chain(&counted.repeated);
        let is_same = by_rows.eq(kept.vouchers(0).chain(kept.repeated()));
        if !is_same || counted.waiting != kept.waiting() {
            faults.push(format!("card {card} has decided what the rows do not say"));
        }
        let double_spent = !counted.repeated.is_empty();
        if kept.frozen.is_some() != counted.is_frozen || double_spent && !counted.is_frozen {
            faults.push(format!("card {card} is not frozen as the rows say"));
        }
        for (claim, payments) in &counted.paid {
            let voucher = match claim.loss {
                None => counted.decided.get(&claim.counter),
                Some(place) => usize::try_from(place).ok().and_then(|at| counted.repeated.get(at)),
            };
            let Some(voucher) = voucher else { continue };
            let payer = match voucher.ruling {
                Ruling::Repeated { borne_by, .. } => self.bearer(kept.wallet, borne_by),
                Ruling::Accepted { .. } | Ruling::Refused { .. } | Ruling::Waits => Some(card),
            };
            let Some(payer) = payer else { continue };
            if !self.fits_voucher(payer, voucher, payments) {
                let Claim { counter, loss } = claim;
                faults.push(match loss {
                    None => format!("voucher {counter} of card {card} is not paid once"),
                    Some(_) => format!("the loss by counter {counter} of card {card}"),
                });
            }
            let sum = held.entry(payer).or_default();
            if payments.last().is_none_or(|last| self.came_to_nothing(*last)) {
                *sum += voucher.amount;
            }
        }
        faults
    }

    /// What wallets hold for payees is what came back.
    fn compare_held(&self, held: &BTreeMap<WalletNumber, Total>) -> Vec<String> {
        let mut faults = Vec::new();
        for (number, by_rows) in held {
            let Some(slot) = self.wallets.slot_of(*number) else { continue };
            let balance = Total::from(self.wallets[slot].balance);
            let kept = Total::from(self.cards.unclaimed_in(slot));
            if kept != *by_rows || balance < *by_rows {
                faults.push(format!(
                    "wallet {number} holds {kept} of {balance} yuan for payees, by the rows {by_rows}"
                ));
            }
        }
        faults
    }

    /// Whether the payments of a voucher are all of its content, and none but the last stands.
    fn fits_voucher(
        &self,
        payer: WalletNumber,
        voucher: &CardVoucherRow,
        payments: &[PaymentId],
    ) -> bool {
        let is_of_it = |id: &PaymentId| {
            self.payment(*id).is_some_and(|payment| {
                self.payer_of(payment) == payer
                    && (payment.payee, payment.amount) == (voucher.payee, voucher.amount)
            })
        };
        let earlier = payments.split_last().map_or(&[][..], |(_, earlier)| earlier);
        payments.iter().all(is_of_it) && earlier.iter().all(|id| self.came_to_nothing(*id))
    }

    fn came_to_nothing(&self, id: PaymentId) -> bool {
        let back = [PaymentState::Rejected, PaymentState::Returned];
        self.payment(id).is_none_or(|payment| back.contains(&payment.state))
    }

    /// What cards paid beside their vouchers. To the issuer, who has borne losses for a card, that
    /// one pays no more than these.
    fn payments_beside(&self, count: &Count) -> Vec<String> {
        let mut faults = Vec::new();
        if count.cards.is_empty() {
            return faults;
        }
        let of_vouchers: BTreeSet<_> =
            count.cards.values().flat_map(|card| card.paid.values().flatten()).collect();
        let mut recovered: BTreeMap<WalletNumber, Total> = BTreeMap::new();
        for payment in self.payments.list().iter() {
            let card = self.payer_of(payment);
            let Some(counted) = count.cards.get(&card) else { continue };
            if payment.state == PaymentState::Rejected || of_vouchers.contains(&payment.id) {
                continue;
            }
            if counted.loss_wallet == Some(payment.payee) {
                *recovered.entry(card).or_default() += payment.amount;
            } else {
                faults.push(format!("card {card} pays {} yuan without a voucher", payment.amount));
            }
        }
        for (card, counted) in &count.cards {
            let is_borne = |row: &&CardVoucherRow| {
                matches!(row.ruling, Ruling::Repeated { payment: Some(_), .. })
            };
            let borne: Total = counted.repeated.iter().filter(is_borne).map(|row| row.amount).sum();
            let back = recovered.get(card).copied().unwrap_or_default();
            let kept = self.card(*card).map_or(Amount::ZERO, |kept| kept.recovered);
            if back > borne || Total::from(kept) != back {
                faults.push(format!(
                    "card {card} has paid {back} yuan back of {borne} that its issuer bore"
                ));
            }
        }
        faults
    }
}

impl Count {
    fn take(&mut self, row: &OperatorRow) {
        if let OperatorRow::Card(row) = row {
            let counted = Counted { loss_wallet: row.loss_wallet, ..Counted::default() };
            self.cards.insert(row.card, counted);
        } else if let OperatorRow::CardVoucher(row) = row {
            self.take_voucher(row);
        } else if let OperatorRow::CardChange(row) = row {
            if let Some(card) = self.cards.get_mut(&row.card) {
                card.is_frozen = true;
            }
        } else if let OperatorRow::Unclaimed(row) = row {
            let card = self.cards.get_mut(&row.card);
            if let Some(paid) = card.and_then(|card| card.paid.get_mut(&Claim::of_row(row))) {
                paid.push(row.payment);
            } else {
                self.faults.push(format!("card {} pays nothing again", row.card));
            }
        }
    }

    fn take_voucher(&mut self, row: &CardVoucherRow) {
        let Some(card) = self.cards.get_mut(&row.card) else {
            return self.faults.push(format!("card {} was never issued", row.card));
        };
        let voucher = OfflineVoucher::of_row(row);
        card.waiting.retain(|waiting| OfflineVoucher::of_row(waiting) != voucher);
        let is_used = card.decided.contains_key(&row.counter);
        match row.ruling {
            Ruling::Waits => card.waiting.push(*row),
            Ruling::Repeated { payment, .. } => {
                let loss = u32::try_from(card.repeated.len()).ok();
                card.repeated.push(*row);
                if let Some(payment) = payment {
                    card.paid.insert(Claim { counter: row.counter, loss }, vec![payment]);
                }
            }
            Ruling::Accepted { .. } | Ruling::Refused { .. } if is_used => {
                self.faults.push(format!("card {} uses counter {} twice", row.card, row.counter));
            }
            Ruling::Accepted { payment } => {
                card.decided.insert(row.counter, *row);
                card.paid.insert(Claim::of_first(row.counter), vec![payment]);
            }
            Ruling::Refused { .. } => {
                card.decided.insert(row.counter, *row);
            }
        }
    }
}
