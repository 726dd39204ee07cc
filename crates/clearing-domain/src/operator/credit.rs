//! Whether a wallet of this operator may take a payment in: its status, its limits, the bill that
//! is paid, and the payment that is given back.

use crate::details::{Details, Voucher};
use crate::money::{Amount, PaymentId, Timestamp, WalletNumber};
use crate::{Reason, link::Delivery};

use super::OperatorLedger;
use super::facts::Delivered;
use super::funding::FundingState;
use super::rows::PaymentRow;
use super::state::{InboundState, PaymentState};

/// A payment as its payee's operator sees it, wherever it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credit<'a> {
    pub(super) payer: WalletNumber,
    pub(super) payee: WalletNumber,
    pub(super) amount: Amount,
    pub(super) submitted_at: Timestamp,
    pub(super) details: Option<&'a Details>,
}

impl<'a> From<&'a Delivery> for Credit<'a> {
    fn from(delivery: &'a Delivery) -> Self {
        let Delivery { payer, payee, amount, submitted_at, .. } = *delivery;
        Self { payer, payee, amount, submitted_at, details: delivery.details.as_deref() }
    }
}

impl<'a> From<&'a Delivered> for Credit<'a> {
    fn from(delivered: &'a Delivered) -> Self {
        let Delivered { payer, payee, amount, submitted_at, .. } = *delivered;
        Self { payer, payee, amount, submitted_at, details: delivered.details.as_deref() }
    }
}

impl<'a> Credit<'a> {
    /// A payment inside the operator.
    pub(super) fn of_row(row: &'a PaymentRow) -> Self {
        let PaymentRow { payer, payee, amount, submitted_at, .. } = *row;
        Self { payer, payee, amount, submitted_at, details: row.details.as_deref() }
    }
}

/// What was received and can be given back.
#[derive(Clone, Copy, Debug)]
pub struct Refundable {
    /// Who received it and gives it back.
    pub payee: WalletNumber,
    /// Who paid the part of it and gets that back.
    pub to: WalletNumber,
    /// How much the part is.
    pub amount: Amount,
    /// How much of it is not given back yet.
    pub left: Amount,
    /// Whether it was the grant of a campaign, which goes back by itself.
    pub is_grant: bool,
    /// The voucher that paid another part.
    pub voucher: Option<Voucher>,
}

impl OperatorLedger {
    /// Whether a wallet of this operator may take a payment in.
    pub(super) fn check_credit(&self, credit: &Credit<'_>) -> Result<(), Reason> {
        let slot = self.wallets.slot_of(credit.payee).ok_or(Reason::PayeeUnknown)?;
        let (wallet, held) = (&self.wallets[slot], self.inbound.room_in(slot));
        if credit.details.is_some_and(|details| details.refund_of.is_some()) {
            let taker = self.taker_of(slot);
            let held = self.inbound.room_in(taker);
            self.wallets[taker].check_takes_back(credit.amount, held)?;
        } else {
            wallet.check_receives(credit.amount, held, &self.limits_of(wallet))?;
            let card = self.cards.find(slot);
            if self.is_frozen_by_parent(slot) || card.is_some_and(|card| card.frozen.is_some()) {
                return Err(Reason::PayeeFrozen);
            }
        }
        if let Some(details) = credit.details {
            self.check_granted(slot, details, credit.submitted_at)?;
        }
        self.check_details(credit)
    }

    /// Whether a credit may pay the bill, and give back the payment, that it names.
    pub(super) fn check_details(&self, credit: &Credit<'_>) -> Result<(), Reason> {
        let Some(details) = credit.details else { return Ok(()) };
        if let Some(original) = details.refund_of {
            if details.bill.is_some() || details.voucher.is_some() {
                return Err(Reason::NotRefundable);
            }
            self.check_returned(original, credit)?;
        }
        if let Some(bill) = &details.bill {
            self.bills.check(credit.payee, bill, credit.amount, credit.submitted_at)?;
        }
        if let Some(part) = details.loan {
            self.check_loan_credit(part, credit)?;
        }
        if let Some(part) = details.wealth {
            self.check_subscription(part, credit)?;
        }
        Ok(())
    }

    /// Whether a refund gives back what a wallet of this operator has paid. Its payee's operator
    /// says so, but another operator's word alone must not lift limits here.
    fn check_returned(&self, original: PaymentId, refund: &Credit<'_>) -> Result<(), Reason> {
        let part = self.paid_by(original, refund)?;
        let back = self.refunds.received((original, refund.payee));
        let left = part.checked_sub(back).unwrap_or_default();
        if refund.amount > left { Err(Reason::RefundExceeds) } else { Ok(()) }
    }

    /// What the wallet that gets a refund has paid of a payment: as its payer, or as the campaign of
    /// its voucher.
    fn paid_by(&self, original: PaymentId, refund: &Credit<'_>) -> Result<Amount, Reason> {
        if let Some(slot) = self.fundings.find(original) {
            let (funding, asked) = (&self.fundings[slot], self.fundings[slot].as_row());
            if (asked.campaign, asked.payee) == (refund.payee, refund.payer) {
                let redeemed = funding.state == FundingState::Redeemed;
                return if redeemed { Ok(asked.discount) } else { Err(Reason::NotRefundable) };
            }
        }
        let slot = self.payments.find(original).ok_or(Reason::PaymentUnknown)?;
        let paid = &self.payments[slot];
        let voucher = paid.details().and_then(|details| details.voucher);
        let part = if self.payer_of(paid) == refund.payee {
            Some(paid.payers_part())
        } else {
            voucher.filter(|voucher| voucher.campaign == refund.payee).map(|found| found.discount)
        };
        let part = part.filter(|_| paid.payee == refund.payer).ok_or(Reason::PaymentUnknown)?;
        // An honest payee's operator refunds what is final, and the notice of that came first.
        let is_part = paid.details().is_some_and(Details::is_part);
        if paid.state != PaymentState::Completed || paid.refund_of().is_some() || is_part {
            return Err(Reason::NotRefundable);
        }
        Ok(part)
    }

    /// What can be given back to its payer of a payment that a wallet of this operator received.
    pub fn refundable(&self, original: PaymentId) -> Result<Refundable, Reason> {
        let (_, payer, ..) = self.received(original)?;
        self.refundable_to(original, payer)
    }

    /// What can be given back of it to a wallet: its payer's part to the payer, the part of a
    /// campaign to the campaign. Only what is final can: the operator that gets it back must know the
    /// payment as completed when the refund arrives.
    pub fn refundable_to(
        &self,
        original: PaymentId,
        to: WalletNumber,
    ) -> Result<Refundable, Reason> {
        let (payee, payer, amount, details) = self.received(original)?;
        // What a loan or a wealth product is paid with stays: they know no other way back.
        if details.is_some_and(|details| details.refund_of.is_some() || details.is_part()) {
            return Err(Reason::NotRefundable);
        }
        let voucher = details.and_then(|details| details.voucher);
        let amount = if to == payer {
            Details::payers_part(details, amount)
        } else {
            let campaign = voucher.filter(|voucher| voucher.campaign == to);
            campaign.ok_or(Reason::PaymentUnknown)?.discount
        };
        let is_grant = details.is_some_and(|details| details.grant.is_some());
        let left = amount.checked_sub(self.refunds.given((original, to))).unwrap_or_default();
        Ok(Refundable { payee, to, amount, left, is_grant, voucher })
    }

    fn received(
        &self,
        id: PaymentId,
    ) -> Result<(WalletNumber, WalletNumber, Amount, Option<&Details>), Reason> {
        let own = self.payments.find(id).filter(|slot| !self.payments[*slot].crosses());
        // A peer may use the id of a payment inside this operator, of which it can have heard.
        if let Some(slot) = self.inbound.find(id).filter(|_| own.is_none()) {
            let inbound = &self.inbound[slot];
            return match (&inbound.delivered, inbound.state) {
                (Some(delivered), InboundState::Final) => {
                    let details = delivered.details.as_deref();
                    Ok((delivered.payee, delivered.payer, delivered.amount, details))
                }
                _ => Err(Reason::NotRefundable),
            };
        }
        let slot = self.payments.find(id).ok_or(Reason::PaymentUnknown)?;
        let payment = &self.payments[slot];
        if self.wallets.slot_of(payment.payee).is_none() {
            // Another operator's wallet received it.
            return Err(Reason::PaymentUnknown);
        }
        match payment.state {
            PaymentState::Completed => {
                Ok((payment.payee, self.payer_of(payment), payment.amount, payment.details()))
            }
            PaymentState::InTransit | PaymentState::Rejected | PaymentState::Returned => {
                Err(Reason::NotRefundable)
            }
        }
    }
}
