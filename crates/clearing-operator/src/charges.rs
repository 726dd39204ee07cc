//! Charges of payment codes: of codes of this operator, and through the relay of those of others.

use clearing_api::status::FieldError;
use clearing_api::{text, v1};
use clearing_domain::Reason;
use clearing_domain::money::{Amount, PaymentCode, Prefix, RequestId, RequestKey, WalletNumber};
use clearing_domain::operator::{ChargeOrder, ContentMark, OperatorLedger};
use tonic::Status;

use crate::node::Node;
use crate::relay::wrong_answer;
use crate::services::Payments;

/// A charge as a merchant asks for it.
#[derive(Clone, Debug)]
pub(crate) struct Charge {
    code: PaymentCode,
    payee: WalletNumber,
    amount: Amount,
    request_id: RequestId,
    wait_ms: u32,
}

impl Charge {
    /// Reads the fields of a request.
    pub(crate) fn read(request: v1::question::ChargePaymentCode) -> Result<Self, FieldError> {
        Ok(Self {
            request_id: text::request_id(&request.request_id)?,
            code: text::payment_code(&request.payment_code)?,
            payee: text::wallet_number("payee_wallet", &request.payee_wallet)?,
            amount: text::positive_amount("amount", &request.amount)?,
            wait_ms: text::wait_ms(Some(request.wait_ms))?,
        })
    }

    fn question(&self) -> v1::question::ChargePaymentCode {
        v1::question::ChargePaymentCode {
            payment_code: self.code.to_string(),
            payee_wallet: self.payee.to_string(),
            amount: self.amount.to_string(),
            request_id: self.request_id.to_string(),
            wait_ms: self.wait_ms,
        }
    }

    /// Whether a payment that another operator shows is one of this charge.
    fn fits(&self, payment: &v1::Payment) -> bool {
        payment.payee_wallet == self.payee.to_string()
            && payment.amount == self.amount.to_string()
            && text::payment_id(&payment.payment_id).is_ok()
            && payment.state() != v1::payment::State::Unspecified
    }
}

impl Node {
    /// Charges a code for a wallet of this operator.
    pub(crate) async fn charge(&self, charge: Charge) -> Result<v1::Payment, Status> {
        let Charge { payee, code, .. } = charge;
        let check = move |ledger: &OperatorLedger, _| ledger.check_charges(payee, code);
        self.read(check).await?.map_err(|error| in_payee(FieldError::from(error)))?;
        if code.prefix() == Some(self.settings.prefix) {
            return self.charge_own_code(charge).await;
        }
        let unreadable = || Status::internal("a payment code without an operator");
        self.ask_to_charge(code.prefix().ok_or_else(unreadable)?, &charge).await
    }

    async fn ask_to_charge(&self, prefix: Prefix, charge: &Charge) -> Result<v1::Payment, Status> {
        let question = v1::question::Kind::ChargePaymentCode(charge.question());
        let answer = self.relay.ask(prefix, question, charge.wait_ms).await?;
        let v1::answer::Kind::ChargePaymentCode(answer) = answer else {
            return Err(wrong_answer(prefix));
        };
        // The word of another operator: the money itself comes only as a payment does.
        let payment = answer.payment.filter(|payment| charge.fits(payment));
        payment.ok_or_else(|| wrong_answer(prefix))
    }

    /// Charges a code of this operator, for a wallet of the operator that asks.
    pub(crate) async fn charge_for(
        &self,
        asking: &str,
        charge: Charge,
    ) -> Result<v1::Payment, Status> {
        self.check_asks_for(asking, "payee_wallet", charge.payee).await?;
        self.charge_own_code(charge).await
    }

    /// Whether an operator that asks speaks for a wallet of its own.
    pub(crate) async fn check_asks_for(
        &self,
        asking: &str,
        field: &'static str,
        wallet: WalletNumber,
    ) -> Result<(), Status> {
        let asking = asking.to_owned();
        let is_own = move |ledger: &OperatorLedger, _| {
            let mut roster = ledger.roster().iter();
            roster.any(|entry| entry.prefix == wallet.prefix() && entry.code.as_str() == asking)
        };
        if self.read(is_own).await? {
            return Ok(());
        }
        let message = format!("wallet {wallet} is none of the operator that asks");
        Err(FieldError::new(Reason::NotAllowed, field, message).into())
    }

    async fn charge_own_code(&self, charge: Charge) -> Result<v1::Payment, Status> {
        let Charge { code, payee, amount, request_id, wait_ms } = charge;
        let request = RequestKey::new(payee, &request_id);
        let content = ContentMark::of(&self.keys.own, &request, &[&code.as_u64().to_le_bytes()]);
        let merchant = self.merchant_of_charge(code, payee).await?;
        let id = Self::new_payment_id();
        let order = ChargeOrder { id, code, payee, amount, content, merchant };
        let payment = Payments(self.clone()).charge(order, wait_ms).await?;
        // The name of the request is the payer's, and the payee gets none of it.
        Ok(v1::Payment { request_id: String::new(), ..payment.into() })
    }
}

/// Names the payee's wallet in an error.
fn in_payee(error: FieldError) -> FieldError {
    if error.field == "wallet_number" {
        FieldError { field: "payee_wallet", ..error }
    } else {
        error
    }
}
