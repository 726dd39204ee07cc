//! Reserve: the first step of a payment, and all of an on-us payment.

use crate::details::Voucher;
use crate::link::Instruction;
use crate::merchant::MerchantTraits;
use crate::money::{
    Amount, AmountError, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber,
    WalletNumberError,
};
use crate::{Details, Reason};

use super::OperatorLedger;
use super::accounts::Account;
use super::apply::Known;
use super::campaign::CampaignEventKind;
use super::changes::PaymentUpdate;
use super::content::ContentMark;
use super::contract::ReleaseRow;
use super::credit::Credit;
use super::error::OperatorError;
use super::facts::Taken;
use super::grant::purchase;
use super::requests::RequestRef;
use super::rows::PaymentRow;
use super::slot::{GrantSlot, PaymentSlot, WalletSlot};
use super::state::PaymentState;
use super::wallet::Wallet;

mod direct;
mod origin;

pub(super) use origin::Origin;

/// Why the payee of an order could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayeeError {
    /// The number is malformed.
    Number(WalletNumberError),
    /// The alias is not linked.
    AliasUnknown(String),
}

/// A payer's order. What a client got wrong in the amount or the payee is carried along, because
/// the order of checks decides which refusal the client sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentOrder {
    /// The identity the payment gets if it is new.
    pub id: PaymentId,
    /// The client's name for the request.
    pub request_id: RequestId,
    /// The wallet to debit.
    pub payer: WalletNumber,
    /// The wallet to credit.
    pub payee: Result<WalletNumber, PayeeError>,
    /// The mark of the alias that the payee was given by: it may name another wallet by the time of
    /// a repeat. Of a refund it says that no amount was named.
    pub alias: Option<ContentMark>,
    /// How much.
    pub amount: Result<Amount, AmountError>,
    /// A text of the payer.
    pub remark: Option<Box<str>>,
    /// What it is for.
    pub details: Option<Box<Details>>,
}

impl PaymentOrder {
    /// The payment that it gives back.
    fn refund_of(&self) -> Option<PaymentId> {
        self.details.as_ref()?.refund_of
    }

    /// Whether it says that it is a part of a loan or of a wealth product.
    fn is_part(&self) -> bool {
        self.details.as_deref().is_some_and(Details::is_part)
    }

    fn not_refundable(&self, reason: Reason) -> OperatorError {
        OperatorError::Refund { payment: self.refund_of().unwrap_or_default(), reason }
    }
}

/// An order that passed the checks that leave no record.
struct CheckedOrder {
    id: PaymentId,
    key: RequestKey,
    payer: WalletSlot,
    payee: WalletNumber,
    amount: Amount,
    /// What the payer pays of it, and what a campaign does.
    rest: Amount,
    voucher: Option<Voucher>,
    /// What grants pay of the rest.
    grants: Vec<(GrantSlot, Amount)>,
    merchant: Option<MerchantTraits>,
    /// The release that takes it from under the lock of a contract.
    release: Option<ReleaseRow>,
    submitted_at: Timestamp,
}

impl OperatorLedger {
    /// Takes a payment order and answers with the slot of its record.
    ///
    /// A repeat of a request finds the first record in its present state; with anything else in it,
    /// be it the remark, it is no repeat and refused. A refusal that leaves no record is an error;
    /// a refusal of a well-formed order between known wallets is a record in state REJECTED.
    pub fn pay(
        &mut self,
        order: PaymentOrder,
        now: Timestamp,
    ) -> Result<PaymentSlot, OperatorError> {
        self.pay_as(Origin::Client(None), order, now)
    }

    /// The same to a merchant of whom the directory says something, on which grants may depend.
    pub fn pay_merchant(
        &mut self,
        order: PaymentOrder,
        merchant: Option<MerchantTraits>,
        now: Timestamp,
    ) -> Result<PaymentSlot, OperatorError> {
        self.pay_as(Origin::Client(merchant), order, now)
    }

    pub(super) fn pay_as(
        &mut self,
        origin: Origin,
        order: PaymentOrder,
        now: Timestamp,
    ) -> Result<PaymentSlot, OperatorError> {
        let key = RequestKey::new(order.payer, &order.request_id);
        if let Some(earlier) = self.earlier(&key, Some(order.payer), &order.request_id) {
            return self.repeat(earlier, &order);
        }
        let amount = order.amount.clone()?.single()?;
        let payer =
            self.wallets.slot_of(order.payer).ok_or(OperatorError::WalletUnknown(order.payer))?;
        let status = self.check_may_pay(payer);
        let payee = match (self.resolve(&order), status) {
            (Ok(payee), _) => payee,
            (Err(_), Err(reason)) => {
                return Err(OperatorError::Wallet { wallet: order.payer, reason });
            }
            (Err(error), Ok(())) => return Err(error),
        };
        let (rest, voucher) = self.check_voucher(&order, payee, amount)?;
        self.check_refund(&order, payee, amount).map_err(|reason| order.not_refundable(reason))?;
        let merchant = origin.merchant_of(&order)?;
        let release = origin.release();
        let (id, submitted_at) = (order.id, now);
        let details = order.details.as_deref();
        let grants = self.grants_for(payer, rest, &purchase(payee, amount, details, merchant), now);
        // What is locked is the payer's own, and pays its lesson alone; loans and wealth products are
        // paid by own money.
        let is_own = release.is_some() || order.is_part();
        let takes_grants = !is_own && details.is_none_or(Details::counts);
        let grants = if takes_grants { grants } else { Vec::new() };
        let checked = CheckedOrder {
            id,
            key,
            payer,
            payee,
            amount,
            rest,
            voucher,
            grants,
            merchant,
            release,
            submitted_at,
        };
        let refused = status.and_then(|()| self.check_limits_and_funds(&checked, details)).err();
        if let Some(error) = refused.and_then(|reason| origin.answer(reason)) {
            return Err(error);
        }
        let is_asked_for = refused.is_some() && !origin.is_bounded();
        if let Some(budget) = self.refusal_budget.as_mut().filter(|_| is_asked_for) {
            // Nothing is written: asked for again, it may find the funds.
            let too_often =
                |wait_ms| OperatorError::RefusedTooOften { wallet: order.payer, wait_ms };
            budget.take(payer, now).map_err(too_often)?;
        }
        Ok(self.record(checked, order, refused))
    }

    fn repeat(
        &self,
        earlier: RequestRef,
        order: &PaymentOrder,
    ) -> Result<PaymentSlot, OperatorError> {
        if let RequestRef::Payment(slot) = earlier {
            let payment = &self.payments[slot];
            let same_payee = match order.alias {
                Some(_) => order.alias == payment.alias,
                None => payment.alias.is_none() && order.payee.as_ref() == Ok(&payment.payee),
            };
            if same_payee
                && order.amount.as_ref() == Ok(&payment.amount)
                && order.remark.as_deref() == payment.remark()
                && order.details.as_deref() == payment.details()
            {
                return Ok(slot);
            }
        }
        Err(OperatorError::RequestIdReused(order.request_id.clone()))
    }

    fn resolve(&self, order: &PaymentOrder) -> Result<WalletNumber, OperatorError> {
        let payee = order.payee.clone().map_err(|error| match error {
            PayeeError::Number(error) => OperatorError::PayeeNumber(error),
            PayeeError::AliasUnknown(alias) => OperatorError::AliasUnknown(alias),
        })?;
        if !self.is_of_an_operator(payee) {
            return Err(OperatorError::PrefixUnknown(payee));
        }
        if payee == order.payer {
            return Err(OperatorError::SameWallet(payee));
        }
        Ok(payee)
    }

    /// What is left for the payer, and the voucher that pays the rest.
    fn check_voucher(
        &self,
        order: &PaymentOrder,
        payee: WalletNumber,
        amount: Amount,
    ) -> Result<(Amount, Option<Voucher>), OperatorError> {
        let voucher = order.details.as_ref().and_then(|details| details.voucher);
        let Some(voucher) = voucher else { return Ok((amount, None)) };
        let Voucher { campaign, discount } = voucher;
        // A campaign that pays itself, or the rest of its own discount, gives nothing to anybody.
        let parts = voucher.rest_of(amount).filter(|_| ![order.payer, payee].contains(&campaign));
        let invalid = OperatorError::VoucherInvalid { campaign, discount, amount, payee };
        let rest = parts.ok_or(invalid)?;
        if !self.is_of_an_operator(campaign) {
            return Err(OperatorError::CampaignPrefixUnknown(campaign));
        }
        Ok((rest, Some(voucher)))
    }

    /// Whether an order may give back what it says it does.
    fn check_refund(
        &self,
        order: &PaymentOrder,
        payee: WalletNumber,
        amount: Amount,
    ) -> Result<(), Reason> {
        let Some(original) = order.refund_of() else { return Ok(()) };
        let found = self.refundable_to(original, payee)?;
        if found.payee != order.payer {
            return Err(Reason::PaymentUnknown);
        }
        if found.is_grant {
            return Err(Reason::NotRefundable);
        }
        if amount > found.left { Err(Reason::RefundExceeds) } else { Ok(()) }
    }

    /// Whether another payment of a wallet has the id of one as the name of its request.
    pub(super) fn is_request_taken(&self, wallet: WalletNumber, id: PaymentId) -> bool {
        let request_id = RequestId::Uuid(id.0);
        let earlier =
            self.earlier(&RequestKey::new(wallet, &request_id), Some(wallet), &request_id);
        earlier.is_some_and(|earlier| match earlier {
            RequestRef::Payment(slot) => self.payments[slot].id != id,
            RequestRef::Event(_) => true,
        })
    }

    /// Whether an id can name the next payment of a wallet, and its request: another operator may use
    /// an id that anyone can derive for a transfer to a wallet of this one.
    pub(super) fn is_name_free(&self, wallet: WalletNumber, id: PaymentId) -> bool {
        self.inbound.find(id).is_none() && !self.is_request_taken(wallet, id)
    }

    pub(super) fn is_of_an_operator(&self, wallet: WalletNumber) -> bool {
        self.is_on_us(wallet) || self.roster.iter().any(|entry| entry.prefix == wallet.prefix())
    }

    pub(super) fn is_on_us(&self, wallet: WalletNumber) -> bool {
        wallet.prefix() == self.settings.prefix
    }

    fn check_limits_and_funds(
        &self,
        order: &CheckedOrder,
        details: Option<&Details>,
    ) -> Result<(), Reason> {
        let wallet = &self.wallets[order.payer];
        if self.cards.find(order.payer).is_some() {
            // Its vouchers alone pay, even what gives a payment back: the card cannot know of others.
            return Err(Reason::HardWallet);
        }
        if details.is_none_or(Details::counts) {
            // Who gives back what came in pays nobody of its own choice.
            self.families.check_pays(order.payer, order.payee)?;
            let (daily, annual) = wallet.used(order.submitted_at.date());
            self.limits_of(wallet).check_payment(order.rest, daily, annual)?;
            Wallet::check_used(order.rest, annual)?;
        }
        let granted = order.grants.iter().fold(Amount::ZERO, |sum, (_, part)| {
            // Parts of one amount stay below it.
            sum.checked_add(*part).unwrap_or(order.rest)
        });
        let own = order.rest.checked_sub(granted).unwrap_or_default();
        // What is locked for a lesson is there until the row of its release, and covers it whole.
        if order.release.is_none() && self.own_funds(order.payer) < own {
            return Err(Reason::InsufficientFunds);
        }
        if let Some(voucher) = order.voucher {
            let payer = wallet.number;
            if self.is_on_us(voucher.campaign) {
                let purchase = purchase(order.payee, order.amount, details, order.merchant);
                self.check_campaign(voucher.campaign, voucher.discount)?;
                self.check_voucher_rules(voucher, payer, &purchase, order.submitted_at)?;
            } else {
                self.check_held_voucher(voucher, payer, order.submitted_at)?;
            }
        }
        if !self.is_all_here(order.payee, order.voucher) {
            return Ok(());
        }
        let CheckedOrder { payee, amount, submitted_at, .. } = *order;
        let payer = wallet.number;
        self.check_credit(&Credit { payer, payee, amount, submitted_at, details })
    }

    /// Whether all wallets of a payment are of this operator, so that it needs no other.
    fn is_all_here(&self, payee: WalletNumber, voucher: Option<Voucher>) -> bool {
        self.is_on_us(payee) && voucher.is_none_or(|voucher| self.is_on_us(voucher.campaign))
    }

    fn record(
        &mut self,
        checked: CheckedOrder,
        order: PaymentOrder,
        refused: Option<Reason>,
    ) -> PaymentSlot {
        let CheckedOrder { id, key, payee, amount, voucher, grants, release, submitted_at, .. } =
            checked;
        let taken = match refused {
            Some(reason) => Taken::Rejected { reason },
            None if self.is_all_here(payee, voucher) => Taken::Completed,
            None => Taken::InTransit,
        };
        if let Some(release) = release {
            self.append(release, Known::Nothing);
        }
        if refused.is_none() {
            self.spend_grants(id, &grants);
        }
        let slot = self.payments.list().next_slot();
        let row = PaymentRow {
            row: 0,
            id,
            request_id: order.request_id,
            payer: order.payer,
            payee,
            amount,
            submitted_at,
            expires_at: submitted_at.plus_ms(self.settings.expiry_ms).min(Timestamp::MAX),
            taken,
            remark: order.remark,
            alias: order.alias,
            details: order.details,
        };
        self.append(row, Known::Key(key));
        if taken == Taken::InTransit {
            let debited = self.debited_by(&self.payments[slot]);
            self.post(Account::Wallets, Account::InTransit, debited);
            self.session.instruct(self.instruction(slot, key));
        }
        self.report_payment(slot);
        self.report_to_campaigns(slot, voucher, submitted_at);
        slot
    }

    /// Reports a payment that a campaign of this operator pays a part of, or that gives back to one
    /// what is left of a grant.
    fn report_to_campaigns(&mut self, slot: PaymentSlot, voucher: Option<Voucher>, at: Timestamp) {
        let payment = &self.payments[slot];
        if payment.state == PaymentState::Rejected {
            return;
        }
        let payer = self.payer_of(payment);
        if let Some(Voucher { campaign, .. }) = voucher {
            let event = CampaignEventKind::Redeemed(payer, payment.id);
            return self.report_campaign(campaign, event, at);
        }
        if payment.refund_of().is_some() {
            let (payee, amount) = (payment.payee, payment.amount);
            self.report_campaign(payee, CampaignEventKind::Reclaimed(payer, amount), at);
            self.pass_on(payee, at);
        }
    }

    /// The instruction that asks the central bank to admit a payment.
    pub(super) fn instruction(&self, slot: PaymentSlot, request_key: RequestKey) -> Instruction {
        let payment = &self.payments[slot];
        Instruction {
            id: payment.id,
            request_key,
            payer: self.payer_of(payment),
            payee: payment.payee,
            amount: payment.amount,
            submitted_at: payment.submitted_at,
            expires_at: payment.expires_at,
            details: payment.details().cloned().map(Box::new),
        }
    }

    /// Tells those who wait for a payment or watch it where it stands.
    pub(super) fn report_payment(&mut self, slot: PaymentSlot) {
        let payment = &self.payments[slot];
        self.effects.updates.push(PaymentUpdate {
            id: payment.id,
            wallet: self.payer_of(payment),
            state: payment.state,
            reason: payment.reason,
            cycle: payment.cycle,
            finished_at: payment.finished_at(),
            queued: payment.queued,
            inbound: false,
        });
    }
}

#[cfg(test)]
mod tests;
