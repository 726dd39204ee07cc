//! The issuer decides on the vouchers of its cards, each once and for good.

use std::collections::BTreeSet;

use crate::Reason;
use crate::money::{Amount, PaymentId, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::super::slot::WalletSlot;
use super::cards::{CARD_REPEATS_MAX, CARD_VOUCHERS_MAX, CARD_WAITING_MAX, Card};
use super::rows::{CardChange, CardChangeRow, CardVoucherRow, LossParty, Ruling};

/// How far the clock of a payee may be ahead, in milliseconds.
pub const SIGNED_AHEAD_MS_MAX: i64 = 300_000;

/// What a card has signed. That it has is checked by who brings it: the ledger takes it for a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfflineVoucher {
    /// The card.
    pub card: WalletNumber,
    /// Which of its vouchers it is: 1 for the first, and one more each time.
    pub counter: u64,
    /// The wallet to credit.
    pub payee: WalletNumber,
    /// How much.
    pub amount: Amount,
    /// When it was signed.
    pub signed_at: Timestamp,
}

impl OperatorLedger {
    /// Decides on a voucher of a card, and pays it if it is accepted. A repeat answers with the first
    /// decision. An error says that nothing was decided, so that the voucher may come again.
    pub fn decide_voucher(
        &mut self,
        voucher: &OfflineVoucher,
        now: Timestamp,
    ) -> Result<CardVoucherRow, OperatorError> {
        let card = self.card(voucher.card)?;
        if let Some(decided) = card.decision_on(voucher) {
            return Ok(*decided);
        }
        self.check_decidable(card, voucher, now)?;
        let (wallet, is_repeated) = (card.wallet, card.has_used(voucher.counter));
        if let Err(reason) = self.check_may_pay(wallet) {
            self.let_wait(wallet, voucher, reason, now);
            return Err(OperatorError::Card { card: voucher.card, reason });
        }
        // What came in time stays so, however long an authority kept the card frozen.
        let came_at = card.waits_since(voucher).unwrap_or(now);
        let ruling = if is_repeated {
            self.bear_loss(wallet, voucher, came_at)
        } else {
            self.rule(wallet, voucher, came_at)
        };
        let OfflineVoucher { card, counter, payee, amount, signed_at } = *voucher;
        let row =
            CardVoucherRow { row: 0, card, counter, payee, amount, signed_at, ruling, at: now };
        self.append(row, Known::Nothing);
        let row = CardVoucherRow { row: self.chain.row, ..row };
        let is_active = self.cards.find(wallet).is_some_and(|card| card.frozen.is_none());
        if is_repeated && is_active {
            self.append_card_change(card, CardChange::DoubleSpent, now);
        }
        match ruling {
            Ruling::Accepted { payment } => {
                self.pay_offline((card, payment), (payee, amount), now);
            }
            Ruling::Repeated { borne_by, payment: Some(payment) } => {
                if let Some(bearer) = self.bearer(wallet, borne_by) {
                    self.pay_offline((bearer, payment), (payee, amount), now);
                }
            }
            Ruling::Refused { .. } | Ruling::Repeated { payment: None, .. } | Ruling::Waits => {}
        }
        Ok(row)
    }

    /// The card of a number.
    pub fn card(&self, card: WalletNumber) -> Result<&Card, OperatorError> {
        let found = self.wallets.slot_of(card).and_then(|slot| self.cards.find(slot));
        found.ok_or(OperatorError::Card { card, reason: Reason::CardUnknown })
    }

    pub(super) fn append_card_change(
        &mut self,
        card: WalletNumber,
        change: CardChange,
        at: Timestamp,
    ) {
        self.append(CardChangeRow { row: 0, card, change, at }, Known::Nothing);
    }

    /// Whether one can decide now. What may pass leaves no record: a decision is for good.
    fn check_decidable(
        &self,
        card: &Card,
        voucher: &OfflineVoucher,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let refuse = |reason| OperatorError::Card { card: voucher.card, reason };
        voucher.amount.single()?;
        if !self.is_of_an_operator(voucher.payee) {
            return Err(OperatorError::PrefixUnknown(voucher.payee));
        }
        if voucher.payee == voucher.card {
            return Err(OperatorError::SameWallet(voucher.payee));
        }
        if voucher.counter == 0 || i64::try_from(voucher.counter).is_err() {
            return Err(refuse(Reason::FieldInvalid));
        }
        if voucher.signed_at > now.plus_ms(SIGNED_AHEAD_MS_MAX) {
            return Err(refuse(Reason::VoucherEarly));
        }
        let is_repeat = card.has_used(voucher.counter);
        if is_repeat && card.repeated().len() >= CARD_REPEATS_MAX {
            return Err(refuse(Reason::CounterReused));
        }
        let waiting = card.waiting().len() - usize::from(card.waits_since(voucher).is_some());
        if card.decisions() + waiting >= CARD_VOUCHERS_MAX {
            return Err(refuse(Reason::CardCountCap));
        }
        Ok(())
    }

    /// Notes that a voucher came in time while an authority has frozen its card or the parent of that,
    /// which is no fault of the voucher.
    fn let_wait(
        &mut self,
        wallet: WalletSlot,
        voucher: &OfflineVoucher,
        reason: Reason,
        now: Timestamp,
    ) {
        let Some(found) = self.cards.find(wallet) else { return };
        if self.may_wait(found, voucher, reason, now) {
            let OfflineVoucher { card, counter, payee, amount, signed_at } = *voucher;
            let ruling = Ruling::Waits;
            let row =
                CardVoucherRow { row: 0, card, counter, payee, amount, signed_at, ruling, at: now };
            self.append(row, Known::Nothing);
        }
    }

    /// Whether a voucher waits that cannot be decided for a reason.
    pub(super) fn may_wait(
        &self,
        found: &Card,
        voucher: &OfflineVoucher,
        reason: Reason,
        now: Timestamp,
    ) -> bool {
        let may_end = matches!(reason, Reason::WalletFrozen | Reason::WalletReceiveOnly);
        let is_new = found.waits_since(voucher).is_none();
        let has_room = found.waiting().len() < CARD_WAITING_MAX;
        let is_in_time = self.check_offline_terms(found, voucher, now).is_ok();
        may_end && is_new && has_room && is_in_time
    }

    /// Decides on what has waited for the end of a freeze of a wallet: its own vouchers, where it is
    /// a card, and those of its cards.
    pub(in super::super) fn decide_waiting(&mut self, wallet: WalletSlot, now: Timestamp) {
        let below = self.families.sub_wallets_of(wallet).iter().copied();
        let cards = below.chain([wallet]).filter_map(|slot| self.cards.find(slot));
        let waiting: Vec<_> = cards.flat_map(Card::waiting).map(OfflineVoucher::of_row).collect();
        for voucher in waiting {
            // What cannot be decided on yet, as of a card that is frozen itself, goes on waiting.
            let _undecided = self.decide_voucher(&voucher, now);
        }
    }

    /// Decides on a voucher whose counter was not used.
    fn rule(&self, wallet: WalletSlot, voucher: &OfflineVoucher, now: Timestamp) -> Ruling {
        match self.check_offline(wallet, voucher, now) {
            Ok(()) => {
                let payment = self.offline_payment(wallet, voucher.counter, 0);
                Ruling::Accepted { payment }
            }
            Err(reason) => Ruling::Refused { reason },
        }
    }

    fn check_offline(
        &self,
        wallet: WalletSlot,
        voucher: &OfflineVoucher,
        now: Timestamp,
    ) -> Result<(), Reason> {
        let card = self.cards.find(wallet).ok_or(Reason::CardUnknown)?;
        self.check_offline_terms(card, voucher, now)?;
        if card.waiting_before(voucher.counter, now) >= u64::from(card.row.count_max) {
            return Err(Reason::CardCountCap);
        }
        if self.own_funds(wallet) < voucher.amount {
            return Err(Reason::CardFloatExceeded);
        }
        Ok(())
    }

    /// Whether a voucher is one that the card was allowed to sign, its float and counter apart.
    fn check_offline_terms(
        &self,
        card: &Card,
        voucher: &OfflineVoucher,
        now: Timestamp,
    ) -> Result<(), Reason> {
        // The clock of an honest payee may be ahead: what it dates a little after the freeze may have
        // been signed before. It is taken for signed then, so that it comes no later than others.
        let mut signed_at = voucher.signed_at;
        if let Some((since, _)) = card.frozen {
            if signed_at > since.plus_ms(SIGNED_AHEAD_MS_MAX) {
                return Err(Reason::CardFrozen);
            }
            signed_at = signed_at.min(since);
        }
        if now > signed_at.plus_ms(card.row.age_ms_max) {
            return Err(Reason::VoucherTooOld);
        }
        let Some(family) = self.families.sub_wallet(card.wallet) else {
            return Err(Reason::CardUnknown);
        };
        if family.single.is_some_and(|most| voucher.amount > most) {
            return Err(Reason::SingleLimit);
        }
        // A card always pays its own parent: that is how it is unloaded.
        let is_parent = self.wallets[family.parent].number == voucher.payee;
        let is_allowed = |payees: &BTreeSet<_>| payees.contains(&voucher.payee);
        if !is_parent && !family.payees.as_ref().is_none_or(is_allowed) {
            return Err(Reason::PayeeNotAllowed);
        }
        Ok(())
    }

    /// Decides who bears the loss of a voucher whose counter was used by another one. What others pay
    /// for one card stays within what a card may hold: a payee could have its help to forge more. Where
    /// nothing was paid for the first voucher, nobody was deceived by the second.
    fn bear_loss(&self, wallet: WalletSlot, voucher: &OfflineVoucher, now: Timestamp) -> Ruling {
        let unpaid = Ruling::Repeated { borne_by: LossParty::Payee, payment: None };
        let Some(card) = self.cards.find(wallet) else { return unpaid };
        let Some(bearer) = self.bearer(wallet, card.row.loss) else { return unpaid };
        let Some(slot) = self.wallets.slot_of(bearer) else { return unpaid };
        let sum = card.compensated.checked_add(voucher.amount);
        let is_borne = sum.is_some_and(|sum| sum <= card.row.float_max)
            && card.payment_of(voucher.counter).is_some()
            && self.check_offline_terms(card, voucher, now).is_ok()
            && bearer != voucher.payee
            && self.check_may_pay(slot).is_ok()
            && self.own_funds(slot) >= voucher.amount;
        if !is_borne {
            return unpaid;
        }
        let place = u32::try_from(card.repeated().len()).unwrap_or(u32::MAX);
        let payment = Some(self.loss_payment(wallet, bearer, place));
        Ruling::Repeated { borne_by: card.row.loss, payment }
    }

    /// The wallet of a party that bears a loss by a payment.
    pub(super) fn bearer(&self, wallet: WalletSlot, party: LossParty) -> Option<WalletNumber> {
        let card = self.cards.find(wallet)?;
        match party {
            LossParty::Payee => None,
            LossParty::Issuer => card.row.loss_wallet,
            LossParty::Holder => {
                self.families.sub_wallet(wallet).map(|found| self.wallets[found.parent].number)
            }
        }
    }

    /// The id of a payment of a voucher, which follows from card and counter and from how many
    /// payments of it came back before.
    pub(super) fn offline_payment(
        &self,
        wallet: WalletSlot,
        counter: u64,
        attempt: u32,
    ) -> PaymentId {
        let card = self.cards.find(wallet).map(|card| (card.row.card, card.row.salt));
        let (card, salt) = card.unwrap_or((self.wallets[wallet].number, None));
        self.free_id(card, |skipped| {
            PaymentId::of_offline(card, salt.as_ref(), counter, (attempt, skipped))
        })
    }

    /// The id of the next payment of a loss, which follows from the card and from which of its second
    /// vouchers it is.
    pub(super) fn loss_payment(
        &self,
        wallet: WalletSlot,
        payer: WalletNumber,
        place: u32,
    ) -> PaymentId {
        let card = self.cards.find(wallet).map(|card| (card.row.card, card.row.salt));
        let (card, salt) = card.unwrap_or((self.wallets[wallet].number, None));
        self.free_id(payer, |skipped| PaymentId::of_loss(card, salt.as_ref(), place, skipped))
    }

    /// The first of some ids that names no other payment or transfer.
    pub(in super::super) fn free_id(
        &self,
        payer: WalletNumber,
        id_of: impl Fn(u32) -> PaymentId,
    ) -> PaymentId {
        let is_free =
            |id: &PaymentId| self.payments.find(*id).is_none() && self.is_name_free(payer, *id);
        (0..).map(id_of).find(is_free).unwrap_or_default()
    }
}
