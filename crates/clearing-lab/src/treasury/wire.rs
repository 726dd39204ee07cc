//! Decisions and observations as messages of the interface.

use clearing_api::enums::{self, WireEnum as _};
use clearing_api::status::FieldError;
use clearing_api::{text, v1};
use clearing_domain::money::{OperatorCode, Position};

use crate::engine::{Counterparty, Decision, Observation, Outgoing};

/// Reads the decisions of a request.
pub(super) fn decisions(
    request: &v1::DecideRequest,
) -> Result<Vec<(OperatorCode, Decision)>, FieldError> {
    text::batch_size("decisions", request.decisions.len())?;
    request.decisions.iter().map(decision).collect()
}

fn decision(one: &v1::TreasuryDecision) -> Result<(OperatorCode, Decision), FieldError> {
    let operator = text::operator_code(&one.operator_code)?;
    let fund =
        if one.fund.is_empty() { Position::ZERO } else { text::signed_sum("fund", &one.fund)? };
    let level = |one: &v1::PaymentLevel| {
        let id = text::payment_id(&one.payment_id)?;
        Ok::<_, FieldError>((id, enums::read::<v1::Priority>("level", one.level)?))
    };
    let limit = |one: &v1::TreasuryLimit| {
        let payee = text::operator_code_in("payee_operator_code", &one.payee_operator_code)?;
        let limit = one.limit.as_deref().map(|limit| text::cap("limit", limit)).transpose()?;
        Ok::<_, FieldError>((payee, limit))
    };
    let levels = one.levels.iter().map(level).collect::<Result<_, _>>()?;
    let limits = one.limits.iter().map(limit).collect::<Result<_, _>>()?;
    Ok((operator, Decision { fund, levels, limits }))
}

/// Shows an observation.
pub(super) fn observation(one: &Observation) -> v1::TreasuryObservation {
    v1::TreasuryObservation {
        operator_code: one.operator.to_string(),
        day: one.clock.day,
        tick_of_day: one.clock.tick_of_day,
        ticks_per_day: one.clock.ticks_per_day,
        end_time: Some(text::timestamp(one.clock.at)),
        balance: one.balance.to_string(),
        credit_line: one.credit.to_string(),
        free: one.free.map(|free| free.to_string()),
        brought: one.brought.to_string(),
        sent: one.sent.to_string(),
        received: one.received.to_string(),
        expected_sent: one.expected.sent.to_string(),
        expected_received: one.expected.received.to_string(),
        lower_bound: one.expected.lower_bound.to_string(),
        upper_bound: one.expected.upper_bound.to_string(),
        queue: one.queue.iter().map(payment).collect(),
        coming: one.coming.iter().map(payment).collect(),
        counterparties: one.counterparties.iter().map(counterparty).collect(),
        room: one.room.to_string(),
        away: one.away,
    }
}

fn payment(one: &Outgoing) -> v1::TreasuryPayment {
    v1::TreasuryPayment {
        payment_id: one.id.to_string(),
        payee_operator_code: one.payee.to_string(),
        amount: one.amount.to_string(),
        level: v1::Priority::of(one.level).into(),
        own_level: v1::Priority::of(one.own_level).into(),
        submit_time: Some(text::timestamp(one.at)),
    }
}

fn counterparty(one: &Counterparty) -> v1::TreasuryCounterparty {
    v1::TreasuryCounterparty {
        operator_code: one.operator.to_string(),
        sent: one.sent.to_string(),
        received: one.received.to_string(),
        waiting: one.waiting.to_string(),
        limit: one.limit.map(|limit| limit.to_string()),
        expected: one.expected.to_string(),
    }
}
