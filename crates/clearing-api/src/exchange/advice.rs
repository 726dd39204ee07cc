//! Advices of changes to an operator's accounts.

use clearing_domain::link::{Advice, AdviceEvent, OperationId};
use clearing_domain::money::{Amount, CycleId, Position};

use super::columns::{ColumnError, identity, value};
use crate::v1;
use crate::v1::advice::{
    Claimed, Event, Issued, Remitted, ReservesChanged, Settled, WithdrawalRequested, Withdrawn,
};

const NAME: &str = "advices";

pub(super) fn advice(advice: &Advice) -> v1::Advice {
    v1::Advice { number: advice.number, event: Some(event(&advice.event)) }
}

fn event(event: &AdviceEvent) -> Event {
    match *event {
        AdviceEvent::Issued { operation, amount } => {
            Event::Issued(Issued { operation_id: operation.0.to_vec(), amount_fen: amount.fen() })
        }
        AdviceEvent::WithdrawalRequested { operation, amount } => {
            let operation_id = operation.0.to_vec();
            Event::WithdrawalRequested(WithdrawalRequested {
                operation_id,
                amount_fen: amount.fen(),
            })
        }
        AdviceEvent::Withdrawn { operation, amount } => Event::Withdrawn(Withdrawn {
            operation_id: operation.0.to_vec(),
            amount_fen: amount.fen(),
        }),
        AdviceEvent::Remitted { operation, amount } => Event::Remitted(Remitted {
            operation_id: operation.0.to_vec(),
            amount_fen: amount.fen(),
        }),
        AdviceEvent::ReservesChanged { operation, change } => {
            let operation_id = operation.0.to_vec();
            Event::ReservesChanged(ReservesChanged { operation_id, change_fen: change.fen() })
        }
        AdviceEvent::Settled { cycle, settled, carried, carried_to } => Event::Settled(Settled {
            cycle: cycle.number(),
            settled_fen: settled.fen(),
            carried_fen: carried.fen(),
            carried_to_cycle: carried_to.map(CycleId::number),
        }),
        AdviceEvent::Claimed { cycle, claimed } => {
            Event::Claimed(Claimed { cycle: cycle.number(), claimed_fen: claimed.fen() })
        }
    }
}

pub(super) fn read_advice(advice: v1::Advice) -> Result<Advice, ColumnError> {
    let event = advice.event.ok_or_else(|| value(NAME, "no event", "a kind of advice"))?;
    Ok(Advice { number: advice.number, event: read_event(event)? })
}

fn read_event(event: Event) -> Result<AdviceEvent, ColumnError> {
    Ok(match event {
        Event::Issued(issued) => AdviceEvent::Issued {
            operation: operation(&issued.operation_id)?,
            amount: amount(issued.amount_fen)?,
        },
        Event::WithdrawalRequested(requested) => AdviceEvent::WithdrawalRequested {
            operation: operation(&requested.operation_id)?,
            amount: amount(requested.amount_fen)?,
        },
        Event::Withdrawn(withdrawn) => AdviceEvent::Withdrawn {
            operation: operation(&withdrawn.operation_id)?,
            amount: amount(withdrawn.amount_fen)?,
        },
        Event::Remitted(remitted) => AdviceEvent::Remitted {
            operation: operation(&remitted.operation_id)?,
            amount: amount(remitted.amount_fen)?,
        },
        Event::ReservesChanged(changed) => AdviceEvent::ReservesChanged {
            operation: operation(&changed.operation_id)?,
            change: Position::from_fen(changed.change_fen),
        },
        Event::Settled(settled) => read_settled(&settled)?,
        Event::Claimed(claimed) => AdviceEvent::Claimed {
            cycle: cycle(claimed.cycle)?,
            claimed: Position::from_fen(claimed.claimed_fen),
        },
    })
}

fn read_settled(settled: &Settled) -> Result<AdviceEvent, ColumnError> {
    let carried_to = settled.carried_to_cycle.map(cycle).transpose()?;
    // No cycle would take the sum over: the position would keep it for ever, and the operator
    // would find itself at fault for what the message lacks.
    if carried_to.is_none() && settled.carried_fen != 0 {
        let carried = format!("{} fen carried to no cycle", settled.carried_fen);
        return Err(value(NAME, carried, "the number of a cycle"));
    }
    Ok(AdviceEvent::Settled {
        cycle: cycle(settled.cycle)?,
        settled: Position::from_fen(settled.settled_fen),
        carried: Position::from_fen(settled.carried_fen),
        carried_to,
    })
}

fn operation(bytes: &[u8]) -> Result<OperationId, ColumnError> {
    identity(NAME, bytes).map(OperationId)
}

/// A sum over payments, which may pass the largest amount of one payment.
fn amount(fen: i64) -> Result<Amount, ColumnError> {
    Amount::from_sum(Position::from_fen(fen)).ok_or_else(|| value(NAME, fen, "an amount"))
}

fn cycle(number: u32) -> Result<CycleId, ColumnError> {
    CycleId::new(number).ok_or_else(|| value(NAME, number, "the number of a cycle"))
}
