//! Messages of the central bank.

use clearing_domain::Details;
use clearing_domain::link::{
    CentralBankMessage, Delivery, Fund, LinkPlace, Notice, Outcome, RosterEntry, Side, Witness,
};
use clearing_domain::merchant::MerchantTraits;
use clearing_domain::money::{CycleId, PaymentId, Prefix};

use super::advice::{advice, read_advice};
use super::columns::{
    ColumnError, amount, equal, few, identities, reason, reason_number, some, time, value, wallet,
};
use super::details::{self, details_column, read_details};
use super::heads::{head, read_head};
use crate::enums::{merchant_traits, show_merchant_traits};
use crate::v1;

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
            head: head(&message.head),
            witness: message
                .witness
                .map(|witness| v1::Witness { batch: witness.batch, head: head(&witness.head) }),
            roster: roster.collect(),
            refused: message.refused,
            notices: some(&message.notices, notices),
            advices: message.advices.iter().map(advice).collect(),
            funds: some(&message.funds, funds),
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
            head: read_head("head", &message.head)?,
            witness: message.witness.map(read_witness).transpose()?,
            roster: few("roster", message.roster)?
                .into_iter()
                .map(read_roster_entry)
                .collect::<Result<_, _>>()?,
            refused: few("refused", message.refused)?,
            notices: message.notices.map(read_notices).transpose()?.unwrap_or_default(),
            advices: few("advices", message.advices)?
                .into_iter()
                .map(read_advice)
                .collect::<Result<_, _>>()?,
            funds: message.funds.map(read_funds).transpose()?.unwrap_or_default(),
            deliveries: message.deliveries.map(read_deliveries).transpose()?.unwrap_or_default(),
            revokes: identities("revokes", &message.revokes)?.into_iter().map(PaymentId).collect(),
            tick_end: message.tick_end,
            tick_close: message.tick_close,
        })
    }
}

fn read_witness(witness: v1::Witness) -> Result<Witness, ColumnError> {
    Ok(Witness { batch: witness.batch, head: read_head("witness", &witness.head)? })
}

fn notices(items: &[Notice]) -> v1::Notices {
    let number = |outcome| match outcome {
        Outcome::Cleared(_) | Outcome::Queued => 0,
        Outcome::Refused(reason) => reason_number(Some(reason)),
    };
    let cycle = |outcome| match outcome {
        Outcome::Cleared(cycle) => CycleId::number_or_zero(cycle),
        Outcome::Refused(_) | Outcome::Queued => 0,
    };
    v1::Notices {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        to_payee: items.iter().map(|item| item.side == Side::Payee).collect(),
        reasons: items.iter().map(|item| number(item.outcome)).collect(),
        cycles: items.iter().map(|item| cycle(item.outcome)).collect(),
        times_ms: items.iter().map(|item| item.at.ms()).collect(),
        queued: flags(items, |item| item.outcome == Outcome::Queued),
        to_sponsor: flags(items, |item| item.side == Side::Sponsor),
    }
}

/// A column of flags, left out when none is set: most messages have none, and an empty column costs
/// no bytes.
fn flags<T>(items: &[T], flag: impl Fn(&T) -> bool) -> Vec<bool> {
    if items.iter().any(&flag) { items.iter().map(flag).collect() } else { Vec::new() }
}

/// The flags of a column that may have been left out.
fn read_flags(name: &'static str, column: &[bool], items: usize) -> Result<Vec<bool>, ColumnError> {
    if column.is_empty() {
        return Ok(vec![false; items]);
    }
    equal(name, items, &[column.len()])?;
    Ok(column.to_vec())
}

fn read_notices(columns: v1::Notices) -> Result<Vec<Notice>, ColumnError> {
    const NAME: &str = "notices";
    let ids = identities(NAME, &columns.payment_ids)?;
    let lengths = [
        columns.to_payee.len(),
        columns.reasons.len(),
        columns.cycles.len(),
        columns.times_ms.len(),
    ];
    equal(NAME, ids.len(), &lengths)?;
    let queued = read_flags(NAME, &columns.queued, ids.len())?;
    let to_sponsor = read_flags(NAME, &columns.to_sponsor, ids.len())?;
    let notice = |(index, id): (usize, &[u8; 16])| {
        let refused = reason(NAME, columns.reasons[index])?;
        Ok(Notice {
            id: PaymentId(*id),
            side: match (columns.to_payee[index], to_sponsor[index]) {
                (false, false) => Side::Payer,
                (true, false) => Side::Payee,
                (false, true) => Side::Sponsor,
                (true, true) => return Err(value(NAME, "both sides", "one side")),
            },
            outcome: match refused {
                Some(reason) => Outcome::Refused(reason),
                None if queued[index] => Outcome::Queued,
                None => Outcome::Cleared(CycleId::new(columns.cycles[index])),
            },
            at: time(NAME, columns.times_ms[index])?,
        })
    };
    ids.iter().enumerate().map(notice).collect()
}

fn funds(items: &[Fund]) -> v1::Funds {
    let of = |item: &Fund| Details {
        purpose: item.purpose,
        voucher: Some(item.voucher),
        ..Details::default()
    };
    v1::Funds {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        payer_wallets: items.iter().map(|item| item.payer.as_u64()).collect(),
        payee_wallets: items.iter().map(|item| item.payee.as_u64()).collect(),
        amounts_fen: items.iter().map(|item| item.amount.fen()).collect(),
        submit_times_ms: items.iter().map(|item| item.submitted_at.ms()).collect(),
        expire_times_ms: items.iter().map(|item| item.expires_at.ms()).collect(),
        details: items.iter().map(|item| details::message(&of(item))).collect(),
        merchants: items.iter().map(|item| merchant(item.merchant)).collect(),
    }
}

/// The traits of a payee; without a category of one that has none.
fn merchant(traits: Option<MerchantTraits>) -> v1::MerchantTraits {
    traits.map(show_merchant_traits).unwrap_or_default()
}

fn read_merchant(traits: v1::MerchantTraits) -> Result<Option<MerchantTraits>, ColumnError> {
    if traits == v1::MerchantTraits::default() {
        return Ok(None);
    }
    let read = merchant_traits(Some(traits)).map(Some);
    read.map_err(|error| value("funds", error, "the traits of a merchant"))
}

fn read_funds(columns: v1::Funds) -> Result<Vec<Fund>, ColumnError> {
    const NAME: &str = "funds";
    let ids = identities(NAME, &columns.payment_ids)?;
    let lengths = [
        columns.payer_wallets.len(),
        columns.payee_wallets.len(),
        columns.amounts_fen.len(),
        columns.submit_times_ms.len(),
        columns.expire_times_ms.len(),
        columns.details.len(),
        columns.merchants.len(),
    ];
    equal(NAME, ids.len(), &lengths)?;
    let fund = |(index, id): (usize, &[u8; 16])| {
        let details = details::read(NAME, &columns.details[index])?.unwrap_or_default();
        let without = || value(NAME, "a payment without a discount", "one with a discount");
        Ok(Fund {
            id: PaymentId(*id),
            payer: wallet(NAME, columns.payer_wallets[index])?,
            payee: wallet(NAME, columns.payee_wallets[index])?,
            amount: amount(NAME, columns.amounts_fen[index])?,
            voucher: details.voucher.ok_or_else(without)?,
            purpose: details.purpose,
            merchant: read_merchant(columns.merchants[index])?,
            submitted_at: time(NAME, columns.submit_times_ms[index])?,
            expires_at: time(NAME, columns.expire_times_ms[index])?,
        })
    };
    ids.iter().enumerate().map(fund).collect()
}

fn deliveries(items: &[Delivery]) -> v1::Deliveries {
    v1::Deliveries {
        payment_ids: items.iter().flat_map(|item| item.id.0).collect(),
        payer_wallets: items.iter().map(|item| item.payer.as_u64()).collect(),
        payee_wallets: items.iter().map(|item| item.payee.as_u64()).collect(),
        amounts_fen: items.iter().map(|item| item.amount.fen()).collect(),
        submit_times_ms: items.iter().map(|item| item.submitted_at.ms()).collect(),
        expire_times_ms: items.iter().map(|item| item.expires_at.ms()).collect(),
        hold: flags(items, |item| item.hold),
        details: details_column(items.iter().map(|item| item.details.as_deref())),
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
    let hold = read_flags(NAME, &columns.hold, ids.len())?;
    let details = read_details(NAME, columns.details, ids.len())?;
    let delivery = |((index, id), details): ((usize, &[u8; 16]), _)| {
        Ok(Delivery {
            id: PaymentId(*id),
            payer: wallet(NAME, columns.payer_wallets[index])?,
            payee: wallet(NAME, columns.payee_wallets[index])?,
            amount: amount(NAME, columns.amounts_fen[index])?,
            submitted_at: time(NAME, columns.submit_times_ms[index])?,
            expires_at: time(NAME, columns.expire_times_ms[index])?,
            hold: hold[index],
            details,
        })
    };
    ids.iter().enumerate().zip(details).map(delivery).collect()
}

fn read_roster_entry(entry: v1::RosterEntry) -> Result<RosterEntry, ColumnError> {
    const NAME: &str = "roster";
    let prefix = u16::try_from(entry.wallet_prefix).ok().and_then(Prefix::new);
    Ok(RosterEntry {
        code: entry
            .operator_code
            .parse()
            .map_err(|error| value(NAME, error, "an operator code"))?,
        prefix: prefix.ok_or_else(|| value(NAME, entry.wallet_prefix, "a prefix from 1 to 999"))?,
    })
}
