//! What follows from the rows of cards.

use crate::money::Amount;

use super::super::OperatorLedger;
use super::rows::{CardChange, CardChangeRow, CardRow, CardVoucherRow, Ruling, UnclaimedRow};

impl OperatorLedger {
    pub(in super::super) fn apply_card(&mut self, row: CardRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.card);
        self.cards.issue(wallet, row);
    }

    pub(in super::super) fn apply_card_voucher(&mut self, row: CardVoucherRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.card);
        let bearer = match row.ruling {
            Ruling::Repeated { borne_by, .. } => self.bearer(wallet, borne_by),
            Ruling::Accepted { .. } | Ruling::Refused { .. } | Ruling::Waits => None,
        };
        let bearer = bearer.and_then(|bearer| self.wallets.slot_of(bearer));
        self.cards.decide(wallet, row, bearer);
    }

    pub(in super::super) fn apply_card_change(&mut self, row: CardChangeRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.card);
        let recovered = match row.change {
            CardChange::Recovered => self.recourse(wallet),
            CardChange::Lost | CardChange::DoubleSpent | CardChange::Emptied => Amount::ZERO,
        };
        self.cards.change(wallet, row, recovered);
    }

    pub(in super::super) fn apply_unclaimed(&mut self, row: UnclaimedRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.card);
        self.cards.pay_again(wallet, row);
    }
}
