//! PaymentCodeService: codes that payers show and merchants charge.

use clearing_api::status::FieldError;
use clearing_api::text::{self, timestamp};
use clearing_api::v1;
use clearing_api::v1::payment_code_service_server::PaymentCodeService;
use clearing_domain::money::{PaymentCode, Timestamp};
use clearing_domain::operator::{
    CodeState, OperatorError, OperatorLedger, PaymentCodeOrder, PaymentCodeRow,
};
use tonic::{Request, Response, Status};

use crate::charges::Charge;
use crate::node::Node;
use crate::wallet_orders;

/// Serves the payment codes of an operator.
#[derive(Clone, Debug)]
pub(crate) struct Codes(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

/// Names the payer's wallet in an error.
fn in_payer(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    if error.field == "wallet_number" {
        FieldError { field: "payer_wallet", ..error }
    } else {
        error
    }
}

/// Makes a code of digits that nobody can guess, and that no code has had before.
fn create(
    ledger: &mut OperatorLedger,
    order: impl Fn(PaymentCode) -> PaymentCodeOrder,
    now: Timestamp,
) -> Result<v1::PaymentCode, FieldError> {
    let prefix = ledger.settings().prefix;
    let unused = |code: &PaymentCode| ledger.payment_code(*code).is_err();
    let code = std::iter::repeat_with(|| PaymentCode::new(prefix, rand::random()));
    let code = code.flatten().find(unused);
    let order = code.map(order).ok_or_else(no_code)?;
    let code = order.code;
    ledger.create_payment_code(order, now).map_err(in_payer)?;
    find(ledger, code, now)
}

fn no_code() -> FieldError {
    FieldError::new(clearing_domain::Reason::Internal, "", "no payment code is left")
}

fn find(
    ledger: &OperatorLedger,
    code: PaymentCode,
    now: Timestamp,
) -> Result<v1::PaymentCode, FieldError> {
    Ok(show(ledger, ledger.payment_code(code)?, now))
}

fn show(ledger: &OperatorLedger, row: &PaymentCodeRow, now: Timestamp) -> v1::PaymentCode {
    use v1::payment_code::State;
    let (state, payment) = match ledger.state_of_code(row, now) {
        CodeState::Open => (State::Open, None),
        CodeState::Used(slot) => (State::Used, Some(ledger.payments()[slot].id)),
        CodeState::Expired => (State::Expired, None),
    };
    v1::PaymentCode {
        payment_code: row.code.to_string(),
        payer_wallet: row.wallet.to_string(),
        amount: row.amount.map(|amount| amount.to_string()),
        front_end: row.front_end.as_deref().unwrap_or_default().to_owned(),
        create_time: Some(timestamp(row.at)),
        expire_time: Some(timestamp(row.valid_until())),
        state: state.into(),
        payment_id: payment.map(|id| id.to_string()).unwrap_or_default(),
    }
}

#[tonic::async_trait]
impl PaymentCodeService for Codes {
    async fn create_payment_code(
        &self,
        request: Request<v1::CreatePaymentCodeRequest>,
    ) -> Answer<v1::CreatePaymentCodeResponse> {
        let request = request.into_inner();
        let wallet = text::wallet_number("payer_wallet", &request.payer_wallet)?;
        let amount = wallet_orders::optional_amount("amount", request.amount.as_deref())?;
        let front_end = text::person_text("front_end", &request.front_end)?;
        let order = move |code| {
            let front_end = front_end.clone();
            PaymentCodeOrder { code, wallet, amount, front_end }
        };
        let made = self.0.change(move |ledger, now| Ok(create(ledger, order, now))).await??;
        Ok(Response::new(v1::CreatePaymentCodeResponse { payment_code: Some(made) }))
    }

    async fn get_payment_code(
        &self,
        request: Request<v1::GetPaymentCodeRequest>,
    ) -> Answer<v1::GetPaymentCodeResponse> {
        let code = text::payment_code(&request.into_inner().payment_code)?;
        let found = self.0.read(move |ledger, now| find(ledger, code, now)).await??;
        Ok(Response::new(v1::GetPaymentCodeResponse { payment_code: Some(found) }))
    }

    async fn charge_payment_code(
        &self,
        request: Request<v1::ChargePaymentCodeRequest>,
    ) -> Answer<v1::ChargePaymentCodeResponse> {
        let request = request.into_inner();
        let charge = Charge::read(v1::question::ChargePaymentCode {
            payment_code: request.payment_code,
            payee_wallet: request.payee_wallet,
            amount: request.amount,
            request_id: request.request_id,
            wait_ms: text::wait_ms(request.wait_ms)?,
        })?;
        let payment = Some(self.0.charge(charge).await?);
        Ok(Response::new(v1::ChargePaymentCodeResponse { payment }))
    }
}
