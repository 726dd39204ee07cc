//! Messages of the link, to and from their compact form.

use clearing_domain::Reason;
use clearing_domain::link::{
    Advice, AdviceEvent, CentralBankMessage, Decision, Delivery, Instruction, LinkPlace, Notice, OperationId,
    OperatorMessage, Outcome, Registration, RosterEntry, Side, TickDone, WithdrawalAnswer,
};
use clearing_domain::money::{Amount, CycleId, PaymentId, Position, Prefix, RequestKey, Timestamp, WalletNumber};
use clearing_domain::operator::TickItem;

use crate::columns::{ColumnError, equal, identities, identity, value};
use crate::v1;

fn wallet(columns: &'static str, number: u64) -> Result<WalletNumber, ColumnError> {
    WalletNumber::from_u64(number).map_err(|error| value(columns, error, "a wallet number"))
}

fn amount(columns: &'static str, fen: i64) -> Result<Amount, ColumnError> {
    Amount::from_fen(fen).map_err(|error| value(columns, error, "an amount"))
}

fn reason(columns: &'static str, number: u32) -> Result<Option<Reason>, ColumnError> {
    if number == 0 {
        return Ok(None);
    }
    let known = u8::try_from(number).ok().and_then(Reason::from_number);
    known.map(Some).ok_or_else(|| value(columns, number, "a reason"))
}

fn reason_number(reason: Option<Reason>) -> u32 {
    reason.map_or(0, |reason| reason.number().into())
}

impl From<OperatorMessage> for v1::ExchangeRequest {
    fn from(message: OperatorMessage) -> Self {
        let OperatorMessage { place, batch, advice, registration, .. } = message;
        Self {
            incarnation: place.incarnation,
            sequence: place.sequence,
            batch,
            advice,
            registration: registration.map(Into::into),
            decisions: some(&message.decisions, decisions),
            instructions: some(&message.instructions, instructions),
            withdrawals: some(&message.withdrawals, |answers| v1::WithdrawalAnswers {
                operation_ids: answers.iter().flat_map(|answer| answer.operation.0).collect(),
                held: answers.iter().map(|answer| answer.held).collect(),
            }),
            resend_complete: message.resend_complete,
            tick_done: message.tick_done.map(|done| v1::TickDone {
                tick: done.tick,
                count: done.count,
                hash: done.hash.to_vec(),
            }),
            tick_acknowledged: message.tick_acknowledged,
        }
    }
}

impl TryFrom<v1::ExchangeRequest> for OperatorMessage {
    type Error = ColumnError;

    fn try_from(message: v1::ExchangeRequest) -> Result<Self, ColumnError> {
        Ok(Self {
            place: LinkPlace { incarnation: message.incarnation, sequence: message.sequence },
            batch: message.batch,
            advice: message.advice,
            registration: message.registration.map(TryInto::try_into).transpose()?,
            decisions: message.decisions.map(read_decisions).transpose()?.unwrap_or_default(),
            instructions: message.instructions.map(read_instructions).transpose()?.unwrap_or_default(),
            withdrawals: message.withdrawals.map(read_withdrawals).transpose()?.unwrap_or_default(),
            resend_complete: message.resend_complete,
            tick_done: message.tick_done.map(read_tick_done).transpose()?,
            tick_acknowledged: message.tick_acknowledged,
        })
    }
}

impl From<CentralBankMessage> for v1::ExchangeResponse {
    fn from(message: CentralBankMessage) -> Self {
        let roster = message.roster.iter().map(|entry| v1::RosterEntry {
            operator_code: entry.code.to_string(),
            wallet_prefix: entry.prefix.get().into(),
        });
        Self {
            incarnation: message.place.incarnation,
            sequence: message.place.sequence,
            batch: message.batch,
            roster: roster.collect(),
            notices: some(&message.notices, notices),
            advices: message.advices.iter().map(advice).collect(),
            deliveries: some(&message.deliveries, deliveries),
            revokes: message.revokes.iter().flat_map(|id| id.0).collect(),
            tick_end: message.tick_end,
            tick_close: message.tick_close,
        }
    }
}

impl TryFrom<v1::ExchangeResponse> for CentralBankMessage {
    type Error = ColumnError;

    fn try_from(message: v1::ExchangeResponse) -> Result<Self, ColumnError> {
        Ok(Self {
            place: LinkPlace { incarnation: message.incarnation, sequence: message.sequence },
            batch: message.batch,
            roster: message.roster.into_iter().map(read_roster_entry).collect::<Result<_, _>>()?,
            notices: message.notices.map(read_notices).transpose()?.unwrap_or_default(),
            advices: message.advices.into_iter().map(read_advice).collect::<Result<_, _>>()?,
            deliveries: message.deliveries.map(read_deliveries).transpose()?.unwrap_or_default(),
            revokes: identities("revokes", &message.revokes)?.into_iter().map(PaymentId).collect(),
            tick_end: message.tick_end,
            tick_close: message.tick_close,
        })
    }
}

/// An empty list is no message at all.
fn some<T, M>(items: &[T], message: impl FnOnce(&[T]) -> M) -> Option<M> {
    if items.is_empty() { None } else { Some(message(items)) }
}

impl From<Registration> for v1::Registration {
    fn from(registration: Registration) -> Self {
        Self {
            operator_code: registration.operator.to_string(),
            batch: registration.batch,
            central_bank_batch: registration.central_bank_batch,
            advice: registration.advice,
            tick_ended: registration.tick_ended,
        }
    }
}

impl TryFrom<v1::Registration> for Registration {
    type Error = ColumnError;

    fn try_from(registration: v1::Registration) -> Result<Self, ColumnError> {
        let code = registration.operator_code.parse();
        Ok(Self {
            operator: code.map_err(|error| value("registration", error, "an operator code"))?,
            batch: registration.batch,
            central_bank_batch: registration.central_bank_batch,
            advice: registration.advice,
            tick_ended: registration.tick_ended,
        })
    }
}

fn decisions(items: &[Decision]) -> v1::Decisions {
    v1::Decisions {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        reasons: items.iter().map(|item| reason_number(item.rejected)).collect(),
        decide_times_ms: items.iter().map(|item| item.decided_at.ms()).collect(),
    }
}

fn read_decisions(columns: v1::Decisions) -> Result<Vec<Decision>, ColumnError> {
    const NAME: &str = "decisions";
    let ids = identities(NAME, &columns.payment_ids)?;
    equal(NAME, ids.len(), &[columns.reasons.len(), columns.decide_times_ms.len()])?;
    let rest = columns.reasons.into_iter().zip(columns.decide_times_ms);
    let decision = |(id, (number, ms))| {
        Ok(Decision { id: PaymentId(id), rejected: reason(NAME, number)?, decided_at: Timestamp::from_ms(ms) })
    };
    ids.into_iter().zip(rest).map(decision).collect()
}

fn instructions(items: &[Instruction]) -> v1::Instructions {
    v1::Instructions {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        request_keys: items.iter().flat_map(|item| item.request_key.0).collect(),
        payer_wallets: items.iter().map(|item| item.payer.as_u64()).collect(),
        payee_wallets: items.iter().map(|item| item.payee.as_u64()).collect(),
        amounts_fen: items.iter().map(|item| item.amount.fen()).collect(),
        submit_times_ms: items.iter().map(|item| item.submitted_at.ms()).collect(),
        expire_times_ms: items.iter().map(|item| item.expires_at.ms()).collect(),
    }
}

fn read_instructions(columns: v1::Instructions) -> Result<Vec<Instruction>, ColumnError> {
    const NAME: &str = "instructions";
    let ids = identities(NAME, &columns.payment_ids)?;
    let keys = identities(NAME, &columns.request_keys)?;
    let lengths = [
        keys.len(),
        columns.payer_wallets.len(),
        columns.payee_wallets.len(),
        columns.amounts_fen.len(),
        columns.submit_times_ms.len(),
        columns.expire_times_ms.len(),
    ];
    equal(NAME, ids.len(), &lengths)?;
    let instruction = |(index, id): (usize, &[u8; 16])| {
        Ok(Instruction {
            id: PaymentId(*id),
            request_key: RequestKey(keys[index]),
            payer: wallet(NAME, columns.payer_wallets[index])?,
            payee: wallet(NAME, columns.payee_wallets[index])?,
            amount: amount(NAME, columns.amounts_fen[index])?,
            submitted_at: Timestamp::from_ms(columns.submit_times_ms[index]),
            expires_at: Timestamp::from_ms(columns.expire_times_ms[index]),
        })
    };
    ids.iter().enumerate().map(instruction).collect()
}

fn read_withdrawals(columns: v1::WithdrawalAnswers) -> Result<Vec<WithdrawalAnswer>, ColumnError> {
    const NAME: &str = "withdrawals";
    let ids = identities(NAME, &columns.operation_ids)?;
    equal(NAME, ids.len(), &[columns.held.len()])?;
    let answer = |(id, held)| WithdrawalAnswer { operation: OperationId(id), held };
    Ok(ids.into_iter().zip(columns.held).map(answer).collect())
}

fn read_tick_done(done: v1::TickDone) -> Result<TickDone, ColumnError> {
    Ok(TickDone { tick: done.tick, count: done.count, hash: identity("tick_done", &done.hash)? })
}

fn notices(items: &[Notice]) -> v1::Notices {
    let number = |outcome| match outcome {
        Outcome::Cleared(_) => 0,
        Outcome::Refused(reason) => reason_number(Some(reason)),
    };
    let cycle = |outcome| match outcome {
        Outcome::Cleared(cycle) => cycle.0,
        Outcome::Refused(_) => 0,
    };
    v1::Notices {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        to_payee: items.iter().map(|item| item.side == Side::Payee).collect(),
        reasons: items.iter().map(|item| number(item.outcome)).collect(),
        cycles: items.iter().map(|item| cycle(item.outcome)).collect(),
        times_ms: items.iter().map(|item| item.at.ms()).collect(),
    }
}

fn read_notices(columns: v1::Notices) -> Result<Vec<Notice>, ColumnError> {
    const NAME: &str = "notices";
    let ids = identities(NAME, &columns.payment_ids)?;
    let lengths = [columns.to_payee.len(), columns.reasons.len(), columns.cycles.len(), columns.times_ms.len()];
    equal(NAME, ids.len(), &lengths)?;
    let notice = |(index, id): (usize, &[u8; 16])| {
        let refused = reason(NAME, columns.reasons[index])?;
        Ok(Notice {
            id: PaymentId(*id),
            side: if columns.to_payee[index] { Side::Payee } else { Side::Payer },
            outcome: refused.map_or(Outcome::Cleared(CycleId(columns.cycles[index])), Outcome::Refused),
            at: Timestamp::from_ms(columns.times_ms[index]),
        })
    };
    ids.iter().enumerate().map(notice).collect()
}

fn deliveries(items: &[Delivery]) -> v1::Deliveries {
    v1::Deliveries {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        payer_wallets: items.iter().map(|item| item.payer.as_u64()).collect(),
        payee_wallets: items.iter().map(|item| item.payee.as_u64()).collect(),
        amounts_fen: items.iter().map(|item| item.amount.fen()).collect(),
        submit_times_ms: items.iter().map(|item| item.submitted_at.ms()).collect(),
        expire_times_ms: items.iter().map(|item| item.expires_at.ms()).collect(),
    }
}

fn read_deliveries(columns: v1::Deliveries) -> Result<Vec<Delivery>, ColumnError> {
    const NAME: &str = "deliveries";
    let ids = identities(NAME, &columns.payment_ids)?;
    let lengths = [
        columns.payer_wallets.len(),
        columns.payee_wallets.len(),
        columns.amounts_fen.len(),
        columns.submit_times_ms.len(),
        columns.expire_times_ms.len(),
    ];
    equal(NAME, ids.len(), &lengths)?;
    let delivery = |(index, id): (usize, &[u8; 16])| {
        Ok(Delivery {
            id: PaymentId(*id),
            payer: wallet(NAME, columns.payer_wallets[index])?,
            payee: wallet(NAME, columns.payee_wallets[index])?,
            amount: amount(NAME, columns.amounts_fen[index])?,
            submitted_at: Timestamp::from_ms(columns.submit_times_ms[index]),
            expires_at: Timestamp::from_ms(columns.expire_times_ms[index]),
        })
    };
    ids.iter().enumerate().map(delivery).collect()
}

fn advice(advice: &Advice) -> v1::Advice {
    let (kind, operation, sums, cycles) = advice.event.parts();
    v1::Advice {
        number: advice.number,
        kind: kind.into(),
        operation_id: operation.0.to_vec(),
        first_fen: sums[0].fen(),
        second_fen: sums[1].fen(),
        first_cycle: cycles[0].0,
        second_cycle: cycles[1].0,
    }
}

fn read_advice(advice: v1::Advice) -> Result<Advice, ColumnError> {
    const NAME: &str = "advices";
    let operation = OperationId(identity(NAME, &advice.operation_id)?);
    let sums = [advice.first_fen, advice.second_fen].map(Position::from_fen);
    let cycles = [advice.first_cycle, advice.second_cycle].map(CycleId);
    let event = u8::try_from(advice.kind).ok();
    let event = event.and_then(|kind| AdviceEvent::from_parts(kind, operation, sums, cycles));
    let event = event.ok_or_else(|| value(NAME, advice.kind, "a kind of advice with its sums"))?;
    Ok(Advice { number: advice.number, event })
}

fn read_roster_entry(entry: v1::RosterEntry) -> Result<RosterEntry, ColumnError> {
    const NAME: &str = "roster";
    let prefix = u16::try_from(entry.wallet_prefix).ok().and_then(Prefix::new);
    Ok(RosterEntry {
        code: entry.operator_code.parse().map_err(|error| value(NAME, error, "an operator code"))?,
        prefix: prefix.ok_or_else(|| value(NAME, entry.wallet_prefix, "a prefix from 1 to 999"))?,
    })
}

/// The items of a tick as columns.
pub fn tick_items(items: &[TickItem]) -> v1::TickItems {
    v1::TickItems {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        payer_wallets: items.iter().map(|item| item.payer.as_u64()).collect(),
        payee_wallets: items.iter().map(|item| item.payee.as_u64()).collect(),
        amounts_fen: items.iter().map(|item| item.amount.fen()).collect(),
        submit_times_ms: items.iter().map(|item| item.at.ms()).collect(),
    }
}

/// The items of a tick from their columns.
pub(crate) fn read_tick_items(columns: v1::TickItems) -> Result<Vec<TickItem>, ColumnError> {
    const NAME: &str = "items";
    let ids = identities(NAME, &columns.payment_ids)?;
    let lengths = [
        columns.payer_wallets.len(),
        columns.payee_wallets.len(),
        columns.amounts_fen.len(),
        columns.submit_times_ms.len(),
    ];
    equal(NAME, ids.len(), &lengths)?;
    let item = |(index, id): (usize, &[u8; 16])| {
        Ok(TickItem {
            id: PaymentId(*id),
            payer: wallet(NAME, columns.payer_wallets[index])?,
            payee: wallet(NAME, columns.payee_wallets[index])?,
            amount: amount(NAME, columns.amounts_fen[index])?,
            at: Timestamp::from_ms(columns.submit_times_ms[index]),
        })
    };
    ids.iter().enumerate().map(item).collect()
}

#[cfg(test)]
mod tests;
