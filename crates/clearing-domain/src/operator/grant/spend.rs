//! What a wallet owns beside its grants, and which grants pay for a purchase.

use crate::Reason;
use crate::details::{Details, Purchase};
use crate::merchant::MerchantTraits;
use crate::money::{Amount, PaymentId, Timestamp, WalletKind, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::campaign::GrantSpendRow;
use super::super::pay::PaymentOrder;
use super::super::refunds::{Refunds, Return};
use super::super::slot::{GrantSlot, PaymentSlot, WalletSlot};
use super::super::wallet::Wallet;
use super::figures::Counts;
use super::grants::{GRANTS_MAX, Grants, WalletGrant};

/// A purchase as the rules of campaigns see it.
pub(in super::super) fn purchase(
    payee: WalletNumber,
    amount: Amount,
    details: Option<&Details>,
    merchant: Option<MerchantTraits>,
) -> Purchase {
    let purpose = details.and_then(|details| details.purpose);
    let category = merchant.map(|traits| traits.category as u8);
    let region = merchant.and_then(|traits| traits.region).map(|region| region as u8);
    Purchase { payee, amount, purpose, category, region }
}

impl OperatorLedger {
    /// The grants in the wallets of this operator.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// What a wallet holds beside its grants, what is locked in it for contracts, and what a card
    /// holds for payees.
    pub fn own_funds(&self, wallet: WalletSlot) -> Amount {
        let granted = self.grants.in_wallet(wallet);
        let beside = self.wallets[wallet].balance.checked_sub(granted).unwrap_or_default();
        let own = beside.checked_sub(self.contracts.locked_in(wallet)).unwrap_or_default();
        own.checked_sub(self.cards.unclaimed_in(wallet)).unwrap_or_default()
    }

    /// Which grants of a wallet pay how much of an amount.
    pub(in super::super) fn grants_for(
        &self,
        wallet: WalletSlot,
        amount: Amount,
        purchase: &Purchase,
        at: Timestamp,
    ) -> Vec<(GrantSlot, Amount)> {
        if self.grants.live(wallet).is_empty() {
            return Vec::new();
        }
        self.grants.choose(wallet, amount, purchase, at)
    }

    /// The grants of a wallet in the order they came; `None` when there is no such wallet.
    pub fn grants_of(&self, wallet: WalletNumber) -> Option<impl Iterator<Item = &WalletGrant>> {
        Some(self.grants.of_wallet(self.wallets.slot_of(wallet)?))
    }

    /// What campaigns have granted a wallet and is left.
    pub fn granted(&self, wallet: &Wallet) -> Amount {
        let slot = self.wallets.slot_of(wallet.number);
        slot.map_or(Amount::ZERO, |slot| self.grants.in_wallet(slot))
    }

    /// Whether a wallet has grants of which what the directory says of a payee decides.
    pub fn asks_for_traits(&self, wallet: WalletNumber) -> bool {
        // Spent ones count, too: a refund in the same list may fill them again.
        let mut grants = self.grants_of(wallet).into_iter().flatten();
        grants.any(|grant| grant.terms.eligible.needs_traits())
    }

    /// Whether the outcome of an order depends on what the directory says of its payee. That of a
    /// repeat does not, because it is answered from its record.
    pub fn depends_on_traits(&self, order: &PaymentOrder) -> bool {
        let details = order.details.as_deref();
        let payee = order.payee.as_ref().ok();
        payee.is_some_and(|payee| self.rules_ask_for_traits(order.payer, *payee, details))
            && !self.is_known(order.payer, &order.request_id)
    }

    /// Whether grants of a payer, or a campaign of this operator that pays a part, may ask what a
    /// payee sells and where.
    pub(in super::super) fn rules_ask_for_traits(
        &self,
        payer: WalletNumber,
        payee: WalletNumber,
        details: Option<&Details>,
    ) -> bool {
        let voucher = details.and_then(|details| details.voucher);
        let own = voucher.is_some_and(|voucher| self.is_on_us(voucher.campaign));
        payee.kind() == WalletKind::Merchant && (own || self.asks_for_traits(payer))
    }

    /// Whether a wallet may take in what a payment grants it, if it grants anything. Persons alone
    /// get grants: what a shop was paid, or a pool holds, must not go back by itself, and another
    /// operator's word is enough for that to happen.
    pub(in super::super) fn check_granted(
        &self,
        wallet: WalletSlot,
        details: &Details,
        submitted_at: Timestamp,
    ) -> Result<(), Reason> {
        let Some(terms) = &details.grant else { return Ok(()) };
        let is_persons = self.wallets[wallet].kind() == WalletKind::Personal;
        let is_over = terms.valid_until < submitted_at;
        if details.promises() || details.voucher.is_some() || !is_persons || is_over {
            return Err(Reason::GrantInvalid);
        }
        let full = self.grants.live(wallet).len() >= GRANTS_MAX;
        if full { Err(Reason::TooManyGrants) } else { Ok(()) }
    }

    /// Spends grants on a payment, the row of which follows.
    pub(in super::super) fn spend_grants(
        &mut self,
        payment: PaymentId,
        parts: &[(GrantSlot, Amount)],
    ) {
        for (slot, amount) in parts {
            let claim = self.grants[*slot].claim;
            let row = GrantSpendRow { row: 0, payment, claim, amount: *amount };
            self.append(row, Known::Nothing);
        }
    }

    /// Money that came into a wallet is a grant if it came on terms, or gives back what grants paid.
    pub(in super::super) fn earmark(
        &mut self,
        id: PaymentId,
        payer: WalletNumber,
        wallet: WalletSlot,
        amount: Amount,
        details: Option<Details>,
    ) {
        let Some(details) = details else { return };
        if let Some(terms) = details.grant {
            self.grants.add(WalletGrant::new(id, wallet, payer, terms, amount));
        }
        if details.refund_of.is_some() {
            self.campaigns.reclaim(self.wallets[wallet].number, amount);
        }
        if let Some(original) = details.refund_of
            && let Some(paid) = self.payments.find(original)
            // What a campaign gets back of a payment is nothing of the payer's.
            && self.payer_of(&self.payments[paid]) == self.wallets[wallet].number
        {
            let paid = self.payments[paid].payers_part();
            self.grants.refund(original, paid, amount);
        }
    }

    /// A payment spends what it took from grants, or does not.
    pub(in super::super) fn count_spent(&mut self, slot: PaymentSlot, counts: Counts) {
        let payment = &self.payments[slot];
        if payment.refund_of().is_some() {
            self.grants.count_reclaim(payment.id, counts);
        } else {
            let purchase = (payment.payee, payment.payers_part());
            self.grants.count_purchase(payment.id, purchase, counts);
        }
    }

    /// Changes what was given back of a payment: given back whole, it spends no grants any more.
    pub(in super::super) fn change_received(
        &mut self,
        of: Return,
        change: impl FnOnce(&mut Refunds, Return),
    ) {
        let (original, payer) = of;
        let slot = self.payments.find(original);
        let slot = slot.filter(|slot| self.payer_of(&self.payments[*slot]) == payer);
        let was_back = slot.is_some_and(|slot| self.is_given_back(slot, of));
        change(&mut self.refunds, of);
        let Some(slot) = slot else { return };
        match (was_back, self.is_given_back(slot, of)) {
            (false, true) => self.count_spent(slot, Counts::Less),
            (true, false) => self.count_spent(slot, Counts::More),
            (true, true) | (false, false) => {}
        }
    }

    fn is_given_back(&self, slot: PaymentSlot, of: Return) -> bool {
        self.refunds.received(of) == self.payments[slot].payers_part()
    }
}
