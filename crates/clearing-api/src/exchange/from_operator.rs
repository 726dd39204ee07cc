//! Messages of an operator.

use clearing_domain::link::{
    Decision, FundingAnswer, Instruction, LinkPlace, OperationId, OperatorMessage, Registration,
    Remittance, TickDone, WithdrawalAnswer,
};
use clearing_domain::money::{PaymentId, RequestKey};

use super::columns::{
    ColumnError, amount, equal, identities, identity, reason, reason_number, some, time, value,
    wallet,
};
use super::details::{details_column, read_details};
use super::heads::{head, read_head};
use crate::v1;

impl From<OperatorMessage> for v1::ExchangeRequest {
    fn from(message: OperatorMessage) -> Self {
        let OperatorMessage { place, batch, advice, registration, .. } = message;
        Self {
            incarnation: place.incarnation,
            sequence: place.sequence,
            batch,
            head: head(&message.head),
            advice,
            registration: registration.map(Into::into),
            decisions: some(&message.decisions, decisions),
            fundings: some(&message.fundings, fundings),
            instructions: some(&message.instructions, instructions),
            withdrawals: some(&message.withdrawals, |answers| v1::WithdrawalAnswers {
                operation_ids: answers.iter().flat_map(|answer| answer.operation.0).collect(),
                held: answers.iter().map(|answer| answer.held).collect(),
            }),
            remittances: some(&message.remittances, |remittances| v1::Remittances {
                operation_ids: remittances.iter().flat_map(|one| one.operation.0).collect(),
                amounts_fen: remittances.iter().map(|one| one.amount.fen()).collect(),
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
            head: read_head("head", &message.head)?,
            advice: message.advice,
            registration: message.registration.map(TryInto::try_into).transpose()?,
            decisions: message.decisions.map(read_decisions).transpose()?.unwrap_or_default(),
            fundings: message.fundings.map(read_fundings).transpose()?.unwrap_or_default(),
            instructions: message
                .instructions
                .map(read_instructions)
                .transpose()?
                .unwrap_or_default(),
            withdrawals: message.withdrawals.map(read_withdrawals).transpose()?.unwrap_or_default(),
            remittances: message.remittances.map(read_remittances).transpose()?.unwrap_or_default(),
            resend_complete: message.resend_complete,
            tick_done: message.tick_done.map(read_tick_done).transpose()?,
            tick_acknowledged: message.tick_acknowledged,
        })
    }
}

impl From<Registration> for v1::Registration {
    fn from(registration: Registration) -> Self {
        Self {
            operator_code: registration.operator.to_string(),
            batch: registration.batch,
            head: head(&registration.head),
            central_bank_batch: registration.central_bank_batch,
            central_bank_head: head(&registration.central_bank_head),
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
            head: read_head("registration", &registration.head)?,
            central_bank_batch: registration.central_bank_batch,
            central_bank_head: read_head("registration", &registration.central_bank_head)?,
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
        Ok(Decision {
            id: PaymentId(id),
            rejected: reason(NAME, number)?,
            decided_at: time(NAME, ms)?,
        })
    };
    ids.into_iter().zip(rest).map(decision).collect()
}

fn fundings(items: &[FundingAnswer]) -> v1::FundingAnswers {
    v1::FundingAnswers {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        reasons: items.iter().map(|item| reason_number(item.declined)).collect(),
        decide_times_ms: items.iter().map(|item| item.decided_at.ms()).collect(),
    }
}

fn read_fundings(columns: v1::FundingAnswers) -> Result<Vec<FundingAnswer>, ColumnError> {
    const NAME: &str = "fundings";
    let ids = identities(NAME, &columns.payment_ids)?;
    equal(NAME, ids.len(), &[columns.reasons.len(), columns.decide_times_ms.len()])?;
    let rest = columns.reasons.into_iter().zip(columns.decide_times_ms);
    let answer = |(id, (number, ms))| {
        Ok(FundingAnswer {
            id: PaymentId(id),
            declined: reason(NAME, number)?,
            decided_at: time(NAME, ms)?,
        })
    };
    ids.into_iter().zip(rest).map(answer).collect()
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
        details: details_column(items.iter().map(|item| item.details.as_deref())),
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
    let details = read_details(NAME, columns.details, ids.len())?;
    let instruction = |((index, id), details): ((usize, &[u8; 16]), _)| {
        Ok(Instruction {
            id: PaymentId(*id),
            request_key: RequestKey(keys[index]),
            payer: wallet(NAME, columns.payer_wallets[index])?,
            payee: wallet(NAME, columns.payee_wallets[index])?,
            amount: amount(NAME, columns.amounts_fen[index])?,
            submitted_at: time(NAME, columns.submit_times_ms[index])?,
            expires_at: time(NAME, columns.expire_times_ms[index])?,
            details,
        })
    };
    ids.iter().enumerate().zip(details).map(instruction).collect()
}

fn read_withdrawals(columns: v1::WithdrawalAnswers) -> Result<Vec<WithdrawalAnswer>, ColumnError> {
    const NAME: &str = "withdrawals";
    let ids = identities(NAME, &columns.operation_ids)?;
    equal(NAME, ids.len(), &[columns.held.len()])?;
    let answer = |(id, held)| WithdrawalAnswer { operation: OperationId(id), held };
    Ok(ids.into_iter().zip(columns.held).map(answer).collect())
}

fn read_remittances(columns: v1::Remittances) -> Result<Vec<Remittance>, ColumnError> {
    const NAME: &str = "remittances";
    let ids = identities(NAME, &columns.operation_ids)?;
    equal(NAME, ids.len(), &[columns.amounts_fen.len()])?;
    let remittance =
        |(id, fen)| Ok(Remittance { operation: OperationId(id), amount: amount(NAME, fen)? });
    ids.into_iter().zip(columns.amounts_fen).map(remittance).collect()
}

fn read_tick_done(done: v1::TickDone) -> Result<TickDone, ColumnError> {
    Ok(TickDone { tick: done.tick, count: done.count, hash: identity("tick_done", &done.hash)? })
}
