//! Charge: a payer makes a code, and a merchant charges the payer's wallet with it, once.

use crate::Reason;
use crate::merchant::MerchantTraits;
use crate::money::{Amount, PaymentCode, PaymentId, Power, RequestKey, Timestamp, WalletNumber};

use super::OperatorLedger;
use super::apply::Known;
use super::codes::CODES_MAX;
use super::content::ContentMark;
use super::error::OperatorError;
use super::exchange::check_power;
use super::facts::SubWalletUse;
use super::pay::PaymentOrder;
use super::requests::RequestRef;
use super::rows::PaymentCodeRow;
use super::slot::PaymentSlot;

/// A payment code to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentCodeOrder {
    /// The code, which nobody can guess and which is not in use.
    pub code: PaymentCode,
    /// The wallet that pays.
    pub wallet: WalletNumber,
    /// The amount that it is bound to; a code that is bound to none takes any.
    pub amount: Option<Amount>,
    /// The front-end that shows it.
    pub front_end: Option<Box<str>>,
}

/// A charge of a payment code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChargeOrder {
    /// The identity the payment gets if it is new.
    pub id: PaymentId,
    /// The code.
    pub code: PaymentCode,
    /// The wallet to credit, of any operator.
    pub payee: WalletNumber,
    /// How much.
    pub amount: Amount,
    /// The mark of the payee's request: another charge of the same sum is no repeat.
    pub content: ContentMark,
    /// What the directory says of the payee, on which grants of the payer may depend.
    pub merchant: Option<MerchantTraits>,
}

/// Where a payment code stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// It can be charged.
    Open,
    /// It made a payment, which may have been rejected.
    Used(PaymentSlot),
    /// Nobody charged it in time.
    Expired,
}

impl OperatorLedger {
    /// Makes a payment code of a wallet that may pay.
    pub fn create_payment_code(
        &mut self,
        order: PaymentCodeOrder,
        now: Timestamp,
    ) -> Result<&PaymentCodeRow, OperatorError> {
        let PaymentCodeOrder { code, wallet, amount, front_end } = order;
        let amount = amount.map(Amount::single).transpose()?;
        let slot = self.known(wallet)?;
        let refuse = |reason| OperatorError::Wallet { wallet, reason };
        self.wallets[slot].check_pays().map_err(refuse)?;
        let family = self.families.sub_wallet(slot);
        match family.map(|family| family.used_for) {
            None | Some(SubWalletUse::Ordinary) => {}
            Some(SubWalletUse::Campaign) => return Err(refuse(Reason::CampaignWallet)),
            Some(SubWalletUse::Card) => return Err(refuse(Reason::HardWallet)),
        }
        if let Some(front_end) = &front_end
            && self.front_ends.region(slot, front_end).is_none()
        {
            return Err(OperatorError::FrontEndNotBound(wallet));
        }
        if self.payment_codes.valid(slot, now) >= CODES_MAX {
            return Err(OperatorError::TooManyCodes(wallet));
        }
        if self.payment_codes.find(code).is_some() {
            return Err(OperatorError::PaymentCode { code, reason: Reason::CodeUsed });
        }
        let row = PaymentCodeRow { row: 0, code, wallet, amount, front_end, at: now };
        self.append(row, Known::Nothing);
        self.payment_code(code)
    }

    /// A payment code of this operator.
    pub fn payment_code(&self, code: PaymentCode) -> Result<&PaymentCodeRow, OperatorError> {
        let unknown = OperatorError::PaymentCode { code, reason: Reason::CodeUnknown };
        self.payment_codes.find(code).ok_or(unknown)
    }

    /// Where a payment code stands at a time.
    pub fn state_of_code(&self, row: &PaymentCodeRow, now: Timestamp) -> CodeState {
        match self.used_by(row) {
            Some(slot) => CodeState::Used(slot),
            None if now > row.valid_until() => CodeState::Expired,
            None => CodeState::Open,
        }
    }

    /// Whether a wallet of this operator may charge a payment code, wherever that was made.
    pub fn check_charges(
        &self,
        payee: WalletNumber,
        code: PaymentCode,
    ) -> Result<(), OperatorError> {
        self.known(payee)?;
        check_power(payee, Power::ChargeByCode)?;
        let of_an_operator = self.roster.iter().any(|entry| Some(entry.prefix) == code.prefix());
        if of_an_operator || code.prefix() == Some(self.settings.prefix) {
            return Ok(());
        }
        Err(OperatorError::PaymentCode { code, reason: Reason::WalletPrefixUnknown })
    }

    /// Charges a payment code of this operator and answers with the slot of the payment.
    ///
    /// A repeat finds the first payment, also when the time of the code has passed since. Whatever
    /// becomes of that payment, the code makes no other one.
    pub fn charge_payment_code(
        &mut self,
        order: ChargeOrder,
        now: Timestamp,
    ) -> Result<PaymentSlot, OperatorError> {
        let ChargeOrder { id, code, payee, amount, content, merchant } = order;
        let refuse = |reason| OperatorError::PaymentCode { code, reason };
        let row = self.payment_code(code)?;
        // What it made is looked up before the time: a repeat of a charge must not be told that the
        // code has expired, when the money has moved.
        if let Some(slot) = self.used_by(row) {
            let payment = &self.payments[slot];
            let same = payment.alias == Some(content)
                && payment.payee == payee
                && payment.amount == amount;
            return if same { Ok(slot) } else { Err(refuse(Reason::CodeUsed)) };
        }
        check_power(payee, Power::ChargeByCode)?;
        row.check(amount, now).map_err(refuse)?;
        let order = PaymentOrder {
            id,
            request_id: code.request_id(),
            payer: row.wallet,
            payee: Ok(payee),
            alias: Some(content),
            amount: Ok(amount),
            remark: None,
            details: None,
        };
        self.pay_merchant(order, merchant, now)
    }

    /// The payment that a code has made.
    fn used_by(&self, row: &PaymentCodeRow) -> Option<PaymentSlot> {
        let request_id = row.code.request_id();
        let key = RequestKey::new(row.wallet, &request_id);
        match self.earlier(&key, Some(row.wallet), &request_id)? {
            RequestRef::Payment(slot) => Some(slot),
            RequestRef::Event(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
