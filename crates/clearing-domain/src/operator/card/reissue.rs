//! The money of a frozen card goes to another one, or back to its parent.

use crate::Reason;
use crate::money::{Amount, RequestKey, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::credit::Credit;
use super::super::error::OperatorError;
use super::super::slot::WalletSlot;
use super::super::sub_wallets::FamilyMove;
use super::super::wallet::WalletStatus;
use super::issue::CardOrder;
use super::rows::CardChange;

impl OperatorLedger {
    /// Issues a card in the place of a frozen one, and moves the money to it. A repeat answers with
    /// the number given before.
    pub fn reissue_card(
        &mut self,
        lost: WalletNumber,
        order: CardOrder,
        now: Timestamp,
    ) -> Result<WalletNumber, OperatorError> {
        let key = RequestKey::without_wallet(&order.request_id);
        if self.earlier(&key, None, &order.request_id).is_some() {
            return self.issue_for(order, Some(lost), now);
        }
        if self.card(lost)?.is_emptied {
            return Err(OperatorError::Card { card: lost, reason: Reason::CardEmptied });
        }
        self.check_gives_money(lost, now)?;
        let parent = self.parent_of_card(lost)?;
        if parent != order.parent {
            return Err(OperatorError::Wallet { wallet: parent, reason: Reason::NotAllowed });
        }
        let card = self.issue_for(order, Some(lost), now)?;
        let amount = self.take_out(lost, now)?;
        let new = &self.wallets[self.card(card)?.wallet];
        let amount = amount.min(self.limits_of(new).balance.unwrap_or(Amount::MAX));
        if amount > Amount::ZERO {
            self.move_in_family(card, FamilyMove::Load(amount), None, now)?;
        }
        Ok(card)
    }

    /// Gives the money of a frozen card back to its parent. A repeat gives what came to it since.
    pub fn empty_card(&mut self, card: WalletNumber, now: Timestamp) -> Result<(), OperatorError> {
        let found = self.card(card)?;
        // What came back to the card later, as by a refund, has this way out alone.
        if found.is_emptied && self.own_funds(found.wallet) == Amount::ZERO {
            return Ok(());
        }
        self.check_gives_money(card, now)?;
        self.take_out(card, now).map(drop)
    }

    /// A card gives its money back once no voucher can come any more that it signed before it was
    /// frozen: until then the money may be some payee's.
    fn check_gives_money(&self, card: WalletNumber, now: Timestamp) -> Result<(), OperatorError> {
        let found = self.card(card)?;
        found.check_over(now).map_err(|reason| OperatorError::Card { card, reason })?;
        let parent = self.parent_of_card(card)?;
        let slot = self.known(parent)?;
        // Checked before a row is written: nothing may be left half done.
        self.check_may_pay(slot)
            .map_err(|reason| OperatorError::Wallet { wallet: parent, reason })?;
        let amount = self.own_funds(found.wallet);
        let recourse = self.recourse(found.wallet);
        if amount > Amount::ZERO {
            self.check_gives(found.wallet, amount)?;
            self.check_takes(slot, amount.checked_sub(recourse).unwrap_or_default())?;
        }
        if let (Some(payee), true) = (found.row.loss_wallet, recourse > Amount::ZERO) {
            let amount = recourse;
            let credit = Credit { payer: card, payee, amount, submitted_at: now, details: None };
            let refuse = |reason| OperatorError::Wallet { wallet: payee, reason };
            self.check_credit(&credit).map_err(refuse)?;
        }
        Ok(())
    }

    /// What a card has to pay back to its issuer: the losses that this one bore for it, as far as the
    /// card has so much and the issuer's wallet is there.
    pub(super) fn recourse(&self, wallet: WalletSlot) -> Amount {
        let Some(card) = self.cards.find(wallet) else { return Amount::ZERO };
        let bearer = card.row.loss_wallet.and_then(|wallet| self.wallets.slot_of(wallet));
        let is_there = |bearer| self.wallets[bearer].status != WalletStatus::Closed;
        if !bearer.is_some_and(is_there) {
            return Amount::ZERO;
        }
        let owed = card.compensated.checked_sub(card.recovered).unwrap_or_default();
        owed.min(self.own_funds(wallet))
    }

    fn take_out(&mut self, card: WalletNumber, now: Timestamp) -> Result<Amount, OperatorError> {
        let found = self.card(card)?;
        let (wallet, loss_wallet) = (found.wallet, found.row.loss_wallet);
        if !found.is_emptied {
            self.append_card_change(card, CardChange::Emptied, now);
        }
        // Who cheats keeps nothing while the issuer bears the loss.
        let recourse = self.recourse(wallet);
        if let (Some(payee), true) = (loss_wallet, recourse > Amount::ZERO) {
            let payment = self.loss_payment(wallet, card, u32::MAX);
            self.append_card_change(card, CardChange::Recovered, now);
            self.pay_offline((card, payment), (payee, recourse), now);
        }
        let amount = self.own_funds(wallet);
        if amount > Amount::ZERO {
            self.move_in_family(card, FamilyMove::Pool(amount), None, now)?;
        }
        Ok(amount)
    }

    /// The wallet that a card belongs to.
    pub fn parent_of_card(&self, card: WalletNumber) -> Result<WalletNumber, OperatorError> {
        let found = self.card(card)?;
        let parent = self.parent_of(found.wallet);
        let reason = Reason::NotSubWallet;
        parent
            .map(|parent| self.wallets[parent].number)
            .ok_or(OperatorError::Wallet { wallet: card, reason })
    }
}
