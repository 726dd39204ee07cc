//! Whether the rows of cards can be history.

use crate::Reason;
use crate::money::{Amount, WalletNumber};

use super::super::OperatorLedger;
use super::super::check::{RestoreError, check_amount};
use super::super::facts::SubWalletUse;
use super::cards::Card;
use super::claims::Claim;
use super::decide::OfflineVoucher;
use super::rows::{
    CardChange, CardChangeRow, CardRow, CardVoucherRow, LossParty, Ruling, UnclaimedRow,
};

impl OperatorLedger {
    pub(in super::super) fn check_card_row(&self, row: &CardRow) -> Result<(), RestoreError> {
        let slot = self.check_wallet(row.row, row.card)?;
        check_amount(row.row, row.float_max.position())?;
        let family = self.families.sub_wallet(slot);
        let is_card = family.is_some_and(|family| family.used_for == SubWalletUse::Card);
        let is_new = is_card && self.cards.find(slot).is_none();
        let bears = row.loss_wallet.is_some() == (row.loss == LossParty::Issuer);
        for wallet in row.loss_wallet.iter().chain(&row.replaces) {
            self.check_wallet(row.row, *wallet)?;
        }
        if is_new && bears { Ok(()) } else { Err(refused(row.row, row.card, Reason::CardUnknown)) }
    }

    pub(in super::super) fn check_card_voucher(
        &self,
        row: &CardVoucherRow,
    ) -> Result<(), RestoreError> {
        check_amount(row.row, row.amount.position())?;
        let card = self.card_of_row(row.row, row.card)?;
        let is_used = card.has_used(row.counter);
        let fits = match row.ruling {
            Ruling::Accepted { payment } => {
                let is_covered = self.own_funds(card.wallet) >= row.amount;
                !is_used && is_covered && self.payments.find(payment).is_none()
            }
            Ruling::Refused { .. } => !is_used,
            Ruling::Repeated { borne_by, payment } => {
                let bearer = self.bearer(card.wallet, borne_by);
                let is_other = card.decision_on(&OfflineVoucher::of_row(row)).is_none();
                is_used && is_other && bearer.is_some() == payment.is_some()
            }
            Ruling::Waits => {
                let voucher = OfflineVoucher::of_row(row);
                let stop = self.check_may_pay(card.wallet).err();
                card.decision_on(&voucher).is_none()
                    && stop.is_some_and(|reason| self.may_wait(card, &voucher, reason, row.at))
            }
        };
        if fits { Ok(()) } else { Err(refused(row.row, row.card, Reason::CounterReused)) }
    }

    pub(in super::super) fn check_card_change(
        &self,
        row: &CardChangeRow,
    ) -> Result<(), RestoreError> {
        let card = self.card_of_row(row.row, row.card)?;
        let fits = match row.change {
            CardChange::Lost | CardChange::DoubleSpent => card.frozen.is_none(),
            CardChange::Emptied => card.frozen.is_some() && !card.is_emptied,
            CardChange::Recovered => card.is_emptied && self.recourse(card.wallet) > Amount::ZERO,
        };
        if fits { Ok(()) } else { Err(refused(row.row, row.card, Reason::CardFrozen)) }
    }

    pub(in super::super) fn check_unclaimed(&self, row: &UnclaimedRow) -> Result<(), RestoreError> {
        let card = self.card_of_row(row.row, row.card)?;
        let waits = self.cards.waits(card.wallet, Claim::of_row(row));
        if waits && self.payments.find(row.payment).is_none() {
            return Ok(());
        }
        Err(refused(row.row, row.card, Reason::CounterReused))
    }

    fn card_of_row(&self, row: u64, card: WalletNumber) -> Result<&Card, RestoreError> {
        self.card(card).map_err(|_| refused(row, card, Reason::CardUnknown))
    }
}

fn refused(row: u64, card: WalletNumber, reason: Reason) -> RestoreError {
    RestoreError::Card { row, card, reason }
}
