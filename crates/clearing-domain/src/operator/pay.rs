//! Reserve: the first step of a payment, and all of an on-us payment.

use crate::Reason;
use crate::link::Instruction;
use crate::money::{
    Amount, AmountError, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber,
    WalletNumberError,
};

use super::accounts::Account;
use super::changes::PaymentUpdate;
use super::content::ContentMark;
use super::error::OperatorError;
use super::index::RequestRef;
use super::ledger::OperatorLedger;
use super::payment::{Payment, PaymentState};
use super::slot::{PaymentSlot, WalletSlot};
use super::statement::EntrySource;
use super::wallet::Wallet;

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
    /// a repeat.
    pub alias: Option<ContentMark>,
    /// How much.
    pub amount: Result<Amount, AmountError>,
    /// A text of the payer.
    pub remark: Option<Box<str>>,
}

/// An order that passed the checks that leave no record.
struct CheckedOrder {
    id: PaymentId,
    key: RequestKey,
    payer: WalletSlot,
    payee: WalletNumber,
    amount: Amount,
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
        let key = RequestKey::new(order.payer, &order.request_id);
        if let Some(earlier) = self.earlier(&key, Some(order.payer), &order.request_id) {
            return self.repeat(earlier, &order);
        }
        let amount = order.amount.clone()?.single()?;
        let payer = self.slot_of(order.payer).ok_or(OperatorError::WalletUnknown(order.payer))?;
        let status = self.wallets[payer].check_pays();
        let payee = match (self.resolve(&order), status) {
            (Ok(payee), _) => payee,
            (Err(_), Err(reason)) => {
                return Err(OperatorError::Wallet { wallet: order.payer, reason });
            }
            (Err(error), Ok(())) => return Err(error),
        };
        let checked = CheckedOrder { id: order.id, key, payer, payee, amount, submitted_at: now };
        let refused = status.and_then(|()| self.check_limits_and_funds(&checked)).err();
        if let Some(budget) = self.refusal_budget.as_mut().filter(|_| refused.is_some()) {
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
                Some(_) if !payment.before_marks => order.alias == payment.alias,
                Some(_) | None => {
                    payment.alias.is_none() && order.payee.as_ref() == Ok(&payment.payee)
                }
            };
            if same_payee
                && order.amount.as_ref() == Ok(&payment.amount)
                && order.remark == payment.remark
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
        if !self.is_on_us(payee) && !self.roster.iter().any(|entry| entry.prefix == payee.prefix())
        {
            return Err(OperatorError::PrefixUnknown(payee));
        }
        if payee == order.payer {
            return Err(OperatorError::SameWallet(payee));
        }
        Ok(payee)
    }

    fn is_on_us(&self, wallet: WalletNumber) -> bool {
        wallet.prefix() == self.settings.prefix
    }

    fn check_limits_and_funds(&self, order: &CheckedOrder) -> Result<(), Reason> {
        let wallet = &self.wallets[order.payer];
        let (daily, annual) = wallet.used(order.submitted_at.date());
        self.limits_of(wallet).check_payment(order.amount, daily, annual)?;
        Wallet::check_used(order.amount, annual)?;
        if wallet.balance < order.amount {
            return Err(Reason::InsufficientFunds);
        }
        if self.is_on_us(order.payee) {
            self.check_payee(order.payee, order.amount)
        } else {
            Ok(())
        }
    }

    /// Whether a wallet of this operator may receive an amount.
    pub(super) fn check_payee(&self, payee: WalletNumber, amount: Amount) -> Result<(), Reason> {
        let slot = self.slot_of(payee).ok_or(Reason::PayeeUnknown)?;
        let wallet = &self.wallets[slot];
        wallet.check_receives(amount, self.held_room(slot), &self.limits_of(wallet))
    }

    /// Room held in a wallet for payments that wait for cover.
    pub(super) fn held_room(&self, slot: WalletSlot) -> Amount {
        self.held_room.get(&slot).copied().unwrap_or_default()
    }

    fn record(
        &mut self,
        checked: CheckedOrder,
        order: PaymentOrder,
        refused: Option<Reason>,
    ) -> PaymentSlot {
        let state = match refused {
            Some(_) => PaymentState::Rejected,
            None if self.is_on_us(checked.payee) => PaymentState::Completed,
            None => PaymentState::InTransit,
        };
        let payment = Payment {
            row: self.next_row(),
            id: checked.id,
            request_id: order.request_id,
            payer: checked.payer,
            payee: checked.payee,
            amount: checked.amount,
            submitted_at: checked.submitted_at,
            expires_at: checked.submitted_at.plus_ms(self.settings.expiry_ms).min(Timestamp::MAX),
            state,
            reason: refused,
            cycle: None,
            queued: false,
            finished_at: if state.is_final() { checked.submitted_at } else { Timestamp::ZERO },
            outcome_row: 0,
            alias: order.alias,
            before_marks: false,
            remark: order.remark,
        };
        let slot = self.append_payment(payment, checked.key);
        self.move_money(slot, checked.key);
        self.report_payment(slot);
        slot
    }

    fn append_payment(&mut self, payment: Payment, key: RequestKey) -> PaymentSlot {
        let slot = self.payments.next_slot();
        self.payment_index.insert(&payment.id, slot);
        self.requests.insert(&key, RequestRef::Payment(slot));
        self.payers.push(payment.payer);
        self.payments.push(payment);
        self.changes.payments.push(slot);
        slot
    }

    /// Debits the payer, and credits the payee of an on-us payment in the same posting.
    fn move_money(&mut self, slot: PaymentSlot, key: RequestKey) {
        let payment = &self.payments[slot];
        let (payer, payee, amount, state) =
            (payment.payer, payment.payee, payment.amount, payment.state);
        let submitted_at = payment.submitted_at;
        match state {
            PaymentState::Rejected | PaymentState::Returned => {}
            PaymentState::Completed => {
                self.debit_wallet(payer, amount, submitted_at, EntrySource::Sent(slot));
                if let Some(payee) = self.slot_of(payee) {
                    self.credit_wallet(payee, amount, EntrySource::ReceivedOnUs(slot));
                }
            }
            PaymentState::InTransit => {
                self.debit_wallet(payer, amount, submitted_at, EntrySource::Sent(slot));
                let wallet = &mut self.wallets[payer];
                wallet.in_transit += amount;
                self.unanswered += 1;
                self.post(Account::Wallets, Account::InTransit, amount);
                self.send_instruction(slot, key);
            }
        }
    }

    fn debit_wallet(
        &mut self,
        slot: WalletSlot,
        amount: Amount,
        at: Timestamp,
        source: EntrySource,
    ) {
        let wallet = &mut self.wallets[slot];
        assert!(wallet.balance >= amount, "wallet {} would be overdrawn", wallet.number);
        wallet.balance = wallet.balance.checked_sub(amount).unwrap_or_default();
        wallet.consume_limits(amount, at.date());
        self.enter(slot, source);
    }

    pub(super) fn credit_wallet(&mut self, slot: WalletSlot, amount: Amount, source: EntrySource) {
        let wallet = &mut self.wallets[slot];
        wallet.balance += amount;
        self.enter(slot, source);
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
            at: payment.finished_at,
            queued: payment.queued,
            inbound: false,
        });
    }
}

#[cfg(test)]
mod tests;
