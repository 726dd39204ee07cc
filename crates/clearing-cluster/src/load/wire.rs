//! The load's orders and outcomes as messages of the interface.

use clearing_api::status::reason_of;
use clearing_api::v1;
use clearing_api::v1::{open_wallet_outcome, payment_outcome};
use clearing_domain::money::Amount;
use tonic::{Response, Status};

use super::orders::Order;
use super::tally::Fate;

/// The most items the interface takes in one message.
pub(super) const BATCH_MAX: usize = 1000;
/// Room for the outcomes of a full message.
pub(super) const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What every payment of a load pays, in yuan.
const AMOUNT: &str = "0.01";
/// How long an answer waits for the end of a payment; the load counts what takes longer as
/// unfinished.
const WAIT_MS: u32 = 30_000;

/// A batch of payments for a stream.
pub(super) fn batch(sequence: u64, orders: Vec<Order>) -> v1::StreamPaymentsRequest {
    let payments = orders.into_iter().map(payment).collect();
    v1::StreamPaymentsRequest { sequence, payments, wait_ms: Some(WAIT_MS) }
}

/// One payment as a call.
pub(super) fn single(order: Order) -> v1::CreatePaymentRequest {
    v1::CreatePaymentRequest { payment: Some(payment(order)), wait_ms: Some(WAIT_MS) }
}

fn payment(order: Order) -> v1::NewPayment {
    v1::NewPayment {
        request_id: order.request_id,
        payer_wallet: order.payer,
        payee: Some(v1::new_payment::Payee::PayeeWallet(order.payee)),
        amount: AMOUNT.to_owned(),
        ..Default::default()
    }
}

/// Wallets of class 1, which has no limits, funded for so many payments each.
pub(super) fn wallets(count: usize, payments_each: u64) -> v1::OpenWalletsRequest {
    // AMOUNT is one fen.
    let fen = i64::try_from(payments_each).unwrap_or(i64::MAX);
    let opening_amount = Amount::from_fen(fen).unwrap_or(Amount::MAX).to_string();
    let wallet = |index: usize| v1::OpenWalletRequest {
        // A person would have one such wallet, and a load may run again on the same cluster.
        kind: v1::WalletKind::Corporate.into(),
        holder: Some(v1::Holder { name: format!("load {index}"), ..Default::default() }),
        opening_amount: opening_amount.clone(),
        ..Default::default()
    };
    v1::OpenWalletsRequest { wallets: (0..count).map(wallet).collect() }
}

/// The number of a wallet that was opened, or why it was not.
pub(super) fn wallet_number(outcome: v1::OpenWalletOutcome) -> Result<String, String> {
    match outcome.outcome {
        Some(open_wallet_outcome::Outcome::Wallet(wallet)) => Ok(wallet.wallet_number),
        Some(open_wallet_outcome::Outcome::Error(error)) => Err(error.message),
        None => Err("no outcome".to_owned()),
    }
}

/// What became of an item of a batch.
pub(super) fn fate_of_outcome(outcome: v1::PaymentOutcome) -> Fate {
    match outcome.outcome {
        Some(payment_outcome::Outcome::Payment(payment)) => fate(&payment),
        Some(payment_outcome::Outcome::Error(error)) => Fate::Refused(reason_name(error.reason)),
        None => Fate::Refused("NO_OUTCOME".to_owned()),
    }
}

/// What became of a payment that was a call.
pub(super) fn fate_of_answer(answer: Result<Response<v1::CreatePaymentResponse>, Status>) -> Fate {
    match answer.map(|response| response.into_inner().payment) {
        Ok(Some(payment)) => fate(&payment),
        Ok(None) => Fate::Refused("NO_OUTCOME".to_owned()),
        Err(status) => {
            let reason = reason_of(&status).map(|reason| reason.name().to_owned());
            Fate::Refused(reason.unwrap_or_else(|| format!("{:?}", status.code())))
        }
    }
}

fn fate(payment: &v1::Payment) -> Fate {
    use v1::payment::State;
    match payment.state() {
        State::Completed => Fate::Completed,
        State::InTransit | State::Queued | State::Unspecified => Fate::Unfinished,
        State::Rejected | State::Returned => Fate::Refused(reason_name(payment.reason)),
    }
}

fn reason_name(number: i32) -> String {
    let reason = v1::ErrorReason::try_from(number).unwrap_or_default();
    reason.as_str_name().trim_start_matches("ERROR_REASON_").to_owned()
}
