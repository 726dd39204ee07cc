//! Converts payrolls between messages and the domain.

use clearing_api::shown::reason;
use clearing_api::status::FieldError;
use clearing_api::text::{self, timestamp};
use clearing_api::v1;
use clearing_domain::money::{Amount, PayrollId, RequestKey, WalletNumber};
use clearing_domain::operator::{
    ContentMark, LineState, NewPayrollLine, OperatorLedger, PAYROLL_LINES_MAX, PaymentState,
    Payroll, PayrollDecision, PayrollOrder,
};
use clearing_domain::{HashKey, Reason};
use prost::Message;

/// How many bad lines an answer shows.
const BAD_LINES_SHOWN: usize = 1_000;

/// Reads a payroll to prepare. The salt keeps others from deriving its id.
pub(crate) fn order(
    request: v1::PreparePayrollRequest,
    key: &HashKey,
    salt: Option<&[u8; 32]>,
) -> Result<PayrollOrder, FieldError> {
    let request_id = text::request_id(&request.request_id)?;
    let payer = text::wallet_number("payer_wallet", &request.payer_wallet)?;
    if !(1..=PAYROLL_LINES_MAX).contains(&request.lines.len()) {
        let message = format!("{} lines are not 1 to {PAYROLL_LINES_MAX}", request.lines.len());
        return Err(FieldError::new(Reason::BatchSize, "lines", message));
    }
    let mark =
        ContentMark::of(key, &RequestKey::new(payer, &request_id), &[&request.encode_to_vec()]);
    let lines = request.lines.into_iter().enumerate();
    Ok(PayrollOrder {
        payroll: PayrollId::of_request(payer, &request_id, salt),
        request_id,
        payer,
        title: text::person_text("title", &request.title)?,
        content: mark,
        lines: lines.map(|(place, line)| new_line(place, line)).collect::<Result<_, _>>()?,
    })
}

/// Reads a line. A payee or an amount that cannot be read makes the line bad; a reference makes the
/// request wrong, because it would be lost.
fn new_line(place: usize, line: v1::NewPayrollLine) -> Result<NewPayrollLine, FieldError> {
    let payee: Result<WalletNumber, _> = line.payee_wallet.parse();
    let amount = Amount::positive(&line.amount);
    let reference = text::person_text("lines.reference", &line.reference).map_err(|error| {
        let message = format!("line {}: {}", place + 1, error.message);
        FieldError { message, ..error }
    })?;
    Ok(NewPayrollLine {
        payee: payee.map_err(|error| Reason::from(&error)),
        amount: amount.map_err(|error| Reason::from(&error)),
        reference,
    })
}

/// Reads the id of a payroll.
pub(crate) fn payroll_id(text: &str) -> Result<PayrollId, FieldError> {
    text.parse().map_err(|error| FieldError::new(Reason::FieldInvalid, "payroll_id", error))
}

/// A payroll as it stands.
pub(crate) fn payroll(ledger: &OperatorLedger, payroll: &Payroll) -> v1::Payroll {
    use v1::payroll::State;
    let (row, figures) = (&payroll.row, ledger.payroll_figures(payroll));
    let state = match payroll.decided() {
        None => State::Prepared,
        Some(PayrollDecision::Confirmed) => State::Confirmed,
        Some(PayrollDecision::Cancelled) => State::Cancelled,
    };
    v1::Payroll {
        payroll_id: row.payroll.to_string(),
        request_id: row.request_id.to_string(),
        payer_wallet: row.payer.to_string(),
        title: row.title.as_deref().unwrap_or_default().to_owned(),
        state: state.into(),
        total: row.total.to_string(),
        line_count: row.lines,
        bad_line_count: figures.bad,
        completed_count: figures.completed.0,
        completed_amount: figures.completed.1.to_string(),
        in_transit_count: figures.in_transit.0,
        in_transit_amount: figures.in_transit.1.to_string(),
        refused_count: figures.refused.0,
        refused_amount: figures.refused.1.to_string(),
        create_time: Some(timestamp(row.at)),
        decision_time: payroll.decision.map(|decision| timestamp(decision.at)),
    }
}

/// A line of a payroll as it stands, by its number.
pub(crate) fn line(ledger: &OperatorLedger, payroll: &Payroll, number: u32) -> v1::PayrollLine {
    use v1::payroll_line::State;
    let place = usize::try_from(number).unwrap_or_default().saturating_sub(1);
    let line = payroll.lines().get(place);
    let (state, why, payment) = match ledger.state_of_line(payroll, number) {
        LineState::Bad(reason) => (State::Bad, Some(reason), None),
        LineState::Prepared => (State::Prepared, None, None),
        LineState::Cancelled => (State::Cancelled, None, None),
        LineState::Paid(payment) => {
            let state = match payment.state {
                PaymentState::InTransit => State::InTransit,
                PaymentState::Completed => State::Completed,
                PaymentState::Rejected | PaymentState::Returned => State::Refused,
            };
            (state, payment.reason, Some(payment.id))
        }
    };
    let payee = line.and_then(|line| line.payee).map(|payee| payee.to_string());
    let amount = line.and_then(|line| line.amount).map(|amount| amount.to_string());
    let reference = line.and_then(|line| line.reference.as_deref());
    v1::PayrollLine {
        line: number,
        payee_wallet: payee.unwrap_or_default(),
        amount: amount.unwrap_or_default(),
        reference: reference.unwrap_or_default().to_owned(),
        state: state.into(),
        reason: reason(why).into(),
        payment_id: payment.map(|id| id.to_string()).unwrap_or_default(),
    }
}

/// The first of the bad lines of a payroll.
pub(crate) fn bad_lines(ledger: &OperatorLedger, payroll: &Payroll) -> Vec<v1::PayrollLine> {
    let numbered = (1..).zip(payroll.lines());
    let bad = numbered.filter(|(_, line)| line.reason.is_some());
    bad.take(BAD_LINES_SHOWN).map(|(number, _)| line(ledger, payroll, number)).collect()
}
