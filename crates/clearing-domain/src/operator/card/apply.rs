//! What follows from the rows of cards.

use super::super::OperatorLedger;
use super::rows::{CardChangeRow, CardRow, CardVoucherRow, UnclaimedRow};

impl OperatorLedger {
    pub(in super::super) fn apply_card(&mut self, row: CardRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.card);
        self.cards.issue(wallet, row);
    }

    pub(in super::super) fn apply_card_voucher(&mut self, row: CardVoucherRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.card);
        self.cards.decide(wallet, row);
    }

    pub(in super::super) fn apply_card_change(&mut self, row: CardChangeRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.card);
        self.cards.change(wallet, row);
    }

    pub(in super::super) fn apply_unclaimed(&mut self, row: UnclaimedRow) {
        self.pass(row.at);
        let wallet = self.wallet_of_row(row.row, row.card);
        self.cards.pay_again(wallet, row);
    }
}
