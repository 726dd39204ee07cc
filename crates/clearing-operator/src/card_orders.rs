//! Converts hard wallets and their vouchers between messages and the domain.

use clearing_api::enums::{self, WireEnum};
use clearing_api::shown::reason;
use clearing_api::status::FieldError;
use clearing_api::text::{self, timestamp};
use clearing_api::v1;
use clearing_card::{Key, SIGNATURE_BYTES, SignedVoucher, from_hex, to_hex};
use clearing_domain::Reason;
use clearing_domain::money::{RequestKey, WalletNumber};
use clearing_domain::operator::{
    ALLOWED_PAYEES_MAX, Card, CardChange, CardOrder, CardTerms, CardVoucherRow, ContentMark,
    LossParty, OfflineVoucher, OperatorError, OperatorLedger, Ruling,
};
use prost::Message;

use crate::keys::Keys;
use crate::orders::item_error;

/// Reads a request for a card. What replaces another card is content, too.
pub(crate) fn order(
    request_id: &str,
    (parent, replaces): (WalletNumber, Option<WalletNumber>),
    terms: &v1::HardWalletTerms,
    keys: &Keys,
) -> Result<CardOrder, FieldError> {
    let request_id = text::request_id(request_id)?;
    let replaced = replaces.map_or(0, WalletNumber::as_u64).to_le_bytes();
    let content = [&terms.encode_to_vec()[..], &replaced[..], &parent.as_u64().to_le_bytes()];
    let mark = ContentMark::of(&keys.own, &RequestKey::without_wallet(&request_id), &content);
    let count = terms.payees.len();
    if count > ALLOWED_PAYEES_MAX {
        return Err(invalid("payees", format!("{count} payees, more than {ALLOWED_PAYEES_MAX}")));
    }
    let payee = |number: &String| text::wallet_number("payees", number);
    let payees: std::collections::BTreeSet<_> =
        terms.payees.iter().map(payee).collect::<Result<_, _>>()?;
    Ok(CardOrder {
        request_id,
        parent,
        key: hex("public_key", &terms.public_key)?,
        terms: card_terms(terms)?,
        payees: (!payees.is_empty()).then_some(payees),
        loss: match terms.loss_party {
            0 => LossParty::Payee,
            number => enums::read::<v1::LossParty>("loss_party", number)?,
        },
        loss_wallet: match terms.loss_wallet.as_str() {
            "" => None,
            number => Some(text::wallet_number("loss_wallet", number)?),
        },
        salt: None,
        content: Some(mark),
    })
}

fn card_terms(terms: &v1::HardWalletTerms) -> Result<CardTerms, FieldError> {
    let float = text::positive_amount("float_cap", &terms.float_cap)?;
    let single = text::positive_amount("single_cap", &terms.single_cap)?;
    let age_ms = i64::from(terms.voucher_age_seconds) * 1_000;
    let made = CardTerms::new(float, single, terms.voucher_count_cap, age_ms);
    made.map_err(|field| match field {
        "float_max" => invalid("float_cap", format!("{float} yuan")),
        "single_max" => invalid("single_cap", format!("{single} yuan, above {float}")),
        "count_max" => invalid("voucher_count_cap", terms.voucher_count_cap),
        _ => invalid("voucher_age_seconds", terms.voucher_age_seconds),
    })
}

fn invalid(field: &'static str, value: impl std::fmt::Display) -> FieldError {
    let message = format!("{field} cannot be {value}");
    FieldError::new(Reason::FieldInvalid, field, message)
}

fn hex<const N: usize>(field: &'static str, digits: &str) -> Result<[u8; N], FieldError> {
    let malformed =
        |error| FieldError::new(Reason::FieldInvalid, field, format!("{field}: {error}"));
    from_hex(digits).map_err(malformed)
}

/// Reads a voucher as it was uploaded.
pub(crate) fn voucher(message: &v1::SignedVoucher) -> Result<SignedVoucher, FieldError> {
    let missing = || FieldError::new(Reason::FieldInvalid, "sign_time", "sign_time is not given");
    let signed_at = message.sign_time.as_ref().ok_or_else(missing)?;
    let voucher = OfflineVoucher {
        card: text::wallet_number("card_number", &message.card_number)?,
        counter: message.counter,
        payee: text::wallet_number("payee_wallet", &message.payee_wallet)?,
        amount: text::positive_amount("amount", &message.amount)?,
        signed_at: text::time("sign_time", signed_at)?,
    };
    let signature: [u8; SIGNATURE_BYTES] = hex("signature", &message.signature)?;
    Ok(SignedVoucher { voucher, signature })
}

/// A card as it stands.
pub(crate) fn hard_wallet(
    ledger: &OperatorLedger,
    number: WalletNumber,
    issuer: &Key,
) -> Result<v1::HardWallet, OperatorError> {
    let card = ledger.card(number)?;
    let row = &card.row;
    let state = match card.frozen {
        None | Some((_, CardChange::Emptied | CardChange::Recovered)) => {
            v1::hard_wallet::State::Active
        }
        Some((_, CardChange::Lost)) => v1::hard_wallet::State::Lost,
        Some((_, CardChange::DoubleSpent)) => v1::hard_wallet::State::DoubleSpent,
    };
    Ok(v1::HardWallet {
        card_number: number.to_string(),
        parent_wallet: ledger.parent_of_card(number)?.to_string(),
        terms: Some(terms(ledger, card)),
        certificate: to_hex(&issuer.certify(number, &row.key).signature),
        state: state.into(),
        freeze_time: card.frozen.map(|(since, _)| timestamp(since)),
        float: ledger.own_funds(card.wallet).to_string(),
        unclaimed_amount: ledger.cards().unclaimed_in(card.wallet).to_string(),
        compensated_amount: card.compensated.to_string(),
        voucher_count: card.decisions() as u64,
        emptied: card.is_emptied,
        replaced_card: row.replaces.map(|card| card.to_string()).unwrap_or_default(),
        issue_time: Some(timestamp(row.at)),
    })
}

fn terms(ledger: &OperatorLedger, card: &Card) -> v1::HardWalletTerms {
    let row = &card.row;
    let family = ledger.wallet(row.card).and_then(|wallet| ledger.sub_wallet(wallet));
    let single = family.and_then(|family| family.single).unwrap_or(row.float_max);
    v1::HardWalletTerms {
        public_key: to_hex(&row.key),
        float_cap: row.float_max.to_string(),
        single_cap: single.to_string(),
        voucher_count_cap: row.count_max,
        voucher_age_seconds: u32::try_from(row.age_ms_max / 1_000).unwrap_or(u32::MAX),
        payees: Vec::new(),
        loss_party: v1::LossParty::of(row.loss).into(),
        loss_wallet: row.loss_wallet.map(|wallet| wallet.to_string()).unwrap_or_default(),
    }
}

/// What was decided on a voucher.
pub(crate) fn outcome(ruling: Ruling) -> v1::VoucherOutcome {
    use v1::voucher_outcome::{Acceptance, Outcome, Refusal};
    let outcome = match ruling {
        Ruling::Accepted { payment } => {
            Outcome::Accepted(Acceptance { payment_id: payment.to_string() })
        }
        Ruling::Refused { reason: why } => return refused(why),
        Ruling::Waits => {
            let message = "the voucher waits until its card or the parent is no longer frozen";
            let error = FieldError::new(Reason::WalletFrozen, "card_number", message);
            return undecided(item_error(error));
        }
        Ruling::Repeated { borne_by, payment } => Outcome::Refused(Refusal {
            reason: reason(Some(Reason::CounterReused)).into(),
            loss_party: v1::LossParty::of(borne_by).into(),
            payment_id: payment.map(|id| id.to_string()).unwrap_or_default(),
        }),
    };
    v1::VoucherOutcome { outcome: Some(outcome) }
}

/// The refusal of a voucher.
pub(crate) fn refused(why: Reason) -> v1::VoucherOutcome {
    use v1::voucher_outcome::{Outcome, Refusal};
    let refusal = Refusal { reason: reason(Some(why)).into(), ..Refusal::default() };
    v1::VoucherOutcome { outcome: Some(Outcome::Refused(refusal)) }
}

/// A voucher on which nothing was decided.
pub(crate) fn undecided(error: v1::ItemError) -> v1::VoucherOutcome {
    v1::VoucherOutcome { outcome: Some(v1::voucher_outcome::Outcome::Error(error)) }
}

/// A voucher with what was decided on it.
pub(crate) fn decided(row: &CardVoucherRow) -> v1::DecidedVoucher {
    v1::DecidedVoucher {
        card_number: row.card.to_string(),
        counter: row.counter,
        payee_wallet: row.payee.to_string(),
        amount: row.amount.to_string(),
        sign_time: Some(timestamp(row.signed_at)),
        decide_time: Some(timestamp(row.at)),
        outcome: Some(outcome(row.ruling)),
    }
}
