//! Cards counted again from the rows, for the audit: not by the functions that kept them.

use std::collections::{BTreeMap, BTreeSet};

use crate::money::{PaymentId, Total, WalletNumber};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::payment::Payment;
use super::super::recount::NAMED_MAX;
use super::super::rows::OperatorRow;
use super::super::state::PaymentState;
use super::rows::{CardVoucherRow, Ruling};

/// What the rows say of one card.
#[derive(Default)]
struct Counted {
    /// The first decision on each counter.
    decided: BTreeMap<u64, CardVoucherRow>,
    repeated: Vec<CardVoucherRow>,
    /// The payments of each voucher in their order.
    paid: BTreeMap<u64, Vec<PaymentId>>,
    is_frozen: bool,
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
        for (card, counted) in &count.cards {
            let faults = self.compare_card(*card, counted);
            count.faults.extend(faults);
        }
        count.faults.extend(self.payments_beside(&count));
        let vouchers: usize = count.cards.values().map(|found| found.paid.len()).sum();
        let mut detail = format!("{} cards, {vouchers} vouchers paid", count.cards.len());
        let faults = &count.faults;
        if !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        Invariant::new("cards pay each counter once", faults.is_empty(), detail)
    }

    fn compare_card(&self, card: WalletNumber, counted: &Counted) -> Vec<String> {
        let Ok(kept) = self.card(card) else {
            return vec![format!("card {card} is missing")];
        };
        let mut faults = Vec::new();
        let by_rows = counted.decided.values().chain(&counted.repeated);
        if !by_rows.eq(kept.vouchers(0).chain(kept.repeated())) {
            faults.push(format!("card {card} has decided what the rows do not say"));
        }
        let double_spent = !counted.repeated.is_empty();
        if kept.frozen.is_some() != counted.is_frozen || double_spent && !counted.is_frozen {
            faults.push(format!("card {card} is not frozen as the rows say"));
        }
        let mut unclaimed = Total::ZERO;
        for (counter, payments) in &counted.paid {
            let Some(voucher) = counted.decided.get(counter) else { continue };
            let fits = self.fits_voucher(card, voucher, payments);
            if !fits {
                faults.push(format!("voucher {counter} of card {card} is not paid once"));
            }
            if payments.last().is_none_or(|last| self.came_to_nothing(*last)) {
                unclaimed += voucher.amount;
            }
        }
        let balance = Total::from(self.wallets[kept.wallet].balance);
        let held = Total::from(self.cards.unclaimed_in(kept.wallet));
        if unclaimed != Total::from(kept.unclaimed()) || held != unclaimed || balance < unclaimed {
            faults.push(format!(
                "card {card} holds {held} of {balance} yuan for payees, by the rows {unclaimed}"
            ));
        }
        faults
    }

    /// Whether the payments of a voucher are all of its content, and none but the last stands.
    fn fits_voucher(
        &self,
        card: WalletNumber,
        voucher: &CardVoucherRow,
        payments: &[PaymentId],
    ) -> bool {
        let is_of_it = |id: &PaymentId| {
            self.payment(*id).is_some_and(|payment| {
                self.payer_of(payment) == card
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

    /// What cards paid beside their vouchers, and losses that were not paid as decided.
    fn payments_beside(&self, count: &Count) -> Vec<String> {
        let mut faults = Vec::new();
        let of_vouchers: BTreeSet<_> =
            count.cards.values().flat_map(|card| card.paid.values().flatten()).collect();
        let is_beside = |payment: &&Payment| {
            let is_card = count.cards.contains_key(&self.payer_of(payment));
            is_card && payment.state != PaymentState::Rejected && !of_vouchers.contains(&payment.id)
        };
        if !count.cards.is_empty() {
            for payment in self.payments.list().iter().filter(is_beside) {
                let card = self.payer_of(payment);
                faults.push(format!("card {card} pays {} yuan without a voucher", payment.amount));
            }
        }
        for (card, counted) in &count.cards {
            for row in &counted.repeated {
                let Ruling::Repeated { payment: Some(id), .. } = row.ruling else { continue };
                let is_paid = self.payment(id).is_some_and(|payment| {
                    (payment.payee, payment.amount) == (row.payee, row.amount)
                });
                if !is_paid {
                    faults.push(format!("the loss by counter {} of card {card}", row.counter));
                }
            }
        }
        faults
    }
}

impl Count {
    fn take(&mut self, row: &OperatorRow) {
        if let OperatorRow::Card(row) = row {
            self.cards.insert(row.card, Counted::default());
        } else if let OperatorRow::CardVoucher(row) = row {
            self.take_voucher(row);
        } else if let OperatorRow::CardChange(row) = row {
            if let Some(card) = self.cards.get_mut(&row.card) {
                card.is_frozen = true;
            }
        } else if let OperatorRow::Unclaimed(row) = row {
            let card = self.cards.get_mut(&row.card);
            if let Some(paid) = card.and_then(|card| card.paid.get_mut(&row.counter)) {
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
        let is_used = card.decided.contains_key(&row.counter);
        if let Ruling::Repeated { .. } = row.ruling {
            card.repeated.push(*row);
        } else if is_used {
            self.faults.push(format!("card {} uses counter {} twice", row.card, row.counter));
        } else {
            card.decided.insert(row.counter, *row);
        }
        if let Ruling::Accepted { payment } = row.ruling {
            card.paid.entry(row.counter).or_default().push(payment);
        }
    }
}
