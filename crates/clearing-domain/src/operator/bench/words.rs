//! What a bench reads and writes, in words and in rows.

use crate::link::OperatorMessage;
use crate::money::Timestamp;

use super::super::payment::{Inbound, InboundState, Payment, PaymentState};

pub(super) fn as_submitted(payment: &Payment) -> Payment {
    let state = payment.initial_state();
    Payment {
        state,
        reason: payment.initial_reason(),
        cycle: None,
        finished_at: if state == PaymentState::InTransit {
            Timestamp::ZERO
        } else {
            payment.finished_at
        },
        outcome_row: 0,
        queued: false,
        ..payment.clone()
    }
}

pub(super) fn as_decided(inbound: &Inbound) -> Inbound {
    let state = inbound.initial_state();
    let reason = inbound.reason.filter(|_| state == InboundState::Rejected);
    let (cycle, finished_at) = (None, Timestamp::ZERO);
    Inbound { state, reason, cycle, finished_at, outcome_row: 0, ..inbound.clone() }
}

pub(super) fn in_words(message: &OperatorMessage) -> Vec<String> {
    let registration = message.registration.map(|_| "register".to_owned());
    let decisions = message.decisions.iter().map(|decision| match decision.rejected {
        None => format!("accept #{}", decision.id.0[0]),
        Some(reason) => format!("reject #{} {reason}", decision.id.0[0]),
    });
    let instructions =
        message.instructions.iter().map(|instruction| format!("instruct #{}", instruction.id.0[0]));
    let answers = message
        .withdrawals
        .iter()
        .map(|answer| if answer.held { "set aside" } else { "decline" }.to_owned());
    let resent = message.resend_complete.then(|| "that is all".to_owned());
    let done = message.tick_done.map(|done| format!("tick {} has {}", done.tick, done.count));
    let acknowledged = message.tick_acknowledged.map(|tick| format!("tick {tick} is over"));
    let said = registration.into_iter().chain(decisions).chain(instructions).chain(answers);
    said.chain(resent).chain(done).chain(acknowledged).collect()
}
