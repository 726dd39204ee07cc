//! Converts the fields of requests for new payments and wallets to orders of the ledger.

use clearing_api::shown::reason;
use clearing_api::status::FieldError;
use clearing_api::{enums, exchange, text, v1};
use clearing_domain::details::{SettlementTimes, Voucher};
use clearing_domain::money::{
    Amount, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber, cut,
};
use clearing_domain::operator::{
    ContentMark, Holder, PayeeError, PaymentOrder, TickItem, WalletClass, WalletOrder,
};
use clearing_domain::{Details, HashKey, Reason};

use crate::keys::Keys;
use crate::services::reference;

/// The alias a payment names instead of a wallet number.
pub(crate) fn payee_alias(payment: &v1::NewPayment) -> Option<&str> {
    match &payment.payee {
        Some(v1::new_payment::Payee::PayeeAlias(alias)) => Some(alias),
        Some(v1::new_payment::Payee::PayeeWallet(_)) | None => None,
    }
}

/// Reads a new payment. `resolved` is the wallet that the directory has for its alias; `key` is the
/// key of the operator.
pub(crate) fn order(
    payment: v1::NewPayment,
    id: PaymentId,
    resolved: Option<WalletNumber>,
    key: &HashKey,
) -> Result<PaymentOrder, FieldError> {
    let request_id = text::request_id(&payment.request_id)?;
    let payer = text::wallet_number("payer_wallet", &payment.payer_wallet)?;
    let mark = |alias: &str| {
        ContentMark::of(key, &RequestKey::new(payer, &request_id), &[alias.as_bytes()])
    };
    let alias = payee_alias(&payment).map(mark);
    let payee = match payment.payee {
        Some(v1::new_payment::Payee::PayeeWallet(number)) => {
            number.parse().map_err(PayeeError::Number)
        }
        // An unknown payee is not refused here: the ledger first answers a repeat from its record,
        // and the alias may have been unlinked since.
        Some(v1::new_payment::Payee::PayeeAlias(alias)) => {
            let alias = text::alias("payee_alias", &alias)?;
            resolved.ok_or_else(|| PayeeError::AliasUnknown(alias.to_owned()))
        }
        None => {
            let message = "neither payee_wallet nor payee_alias is given";
            return Err(FieldError::new(Reason::FieldInvalid, "payee", message));
        }
    };
    let purpose = enums::read_optional::<v1::Purpose>("purpose", payment.purpose)?;
    let bill = Some(payment.bill_reference.as_str()).filter(|text| !text.is_empty());
    let bill = bill.map(|text| reference("bill_reference", text)).transpose()?;
    let voucher = payment.voucher.as_ref().map(voucher).transpose()?;
    let times = times(payment.earliest_time.as_ref(), payment.latest_time.as_ref())?;
    let details = Details { purpose, bill, voucher, times, ..Details::default() };
    Ok(PaymentOrder {
        id,
        request_id,
        payer,
        payee,
        alias,
        amount: Amount::positive(&payment.amount),
        remark: text::person_text("remark", &payment.remark)?,
        details: details.boxed(),
    })
}

/// Reads between which times a payment may settle.
fn times(
    earliest: Option<&prost_types::Timestamp>,
    latest: Option<&prost_types::Timestamp>,
) -> Result<SettlementTimes, FieldError> {
    let times = SettlementTimes {
        earliest: earliest.map(|time| text::time("earliest_time", time)).transpose()?,
        latest: latest.map(|time| text::time("latest_time", time)).transpose()?,
    };
    match (times.earliest, times.latest) {
        (Some(earliest), Some(latest)) if !times.is_in_order() => {
            let message = format!("latest_time {latest} is before earliest_time {earliest}");
            Err(FieldError::new(Reason::FieldInvalid, "latest_time", message))
        }
        _ => Ok(times),
    }
}

/// Reads the part that a campaign pays.
fn voucher(voucher: &v1::Voucher) -> Result<Voucher, FieldError> {
    let campaign = text::wallet_number("voucher.campaign_wallet", &voucher.campaign_wallet)?;
    let discount = Amount::positive(&voucher.discount);
    let discount = discount
        .map_err(|error| FieldError::new(Reason::from(&error), "voucher.discount", error))?;
    Ok(Voucher { campaign, discount })
}

/// Why an item of a batch left nothing.
pub(crate) fn item_error(error: FieldError) -> v1::ItemError {
    let reason = reason(Some(error.reason)).into();
    v1::ItemError { reason, field: error.field.to_owned(), message: error.message }
}

/// The outcome of an item that left no payment.
pub(crate) fn payment_error(error: FieldError) -> v1::PaymentOutcome {
    v1::PaymentOutcome { outcome: Some(v1::payment_outcome::Outcome::Error(item_error(error))) }
}

/// The outcome of an item that left a payment.
pub(crate) fn payment_outcome(payment: impl Into<v1::Payment>) -> v1::PaymentOutcome {
    v1::PaymentOutcome { outcome: Some(v1::payment_outcome::Outcome::Payment(payment.into())) }
}

/// The outcome of an item that should publish a bill.
pub(crate) fn bill_outcome(published: Result<v1::Bill, FieldError>) -> v1::BillOutcome {
    use v1::bill_outcome::Outcome;
    let outcome = published.map_or_else(|error| Outcome::Error(item_error(error)), Outcome::Bill);
    v1::BillOutcome { outcome: Some(outcome) }
}

/// Reads a request for a new wallet.
pub(crate) fn wallet_order(
    request: v1::OpenWalletRequest,
    keys: &Keys,
) -> Result<WalletOrder, FieldError> {
    let kind = enums::read::<v1::WalletKind>("kind", request.kind)?;
    let only = || WalletClass::only_class_of(kind).map(WalletClass::get);
    let class = match request.wallet_class {
        Some(class) => wallet_class(class)?,
        None => only().ok_or_else(|| {
            let message = "wallet_class is not given, and this kind of wallet has several";
            FieldError::new(Reason::WalletClassInvalid, "wallet_class", message)
        })?,
    };
    let request_id = text::optional_request_id(&request.request_id)?;
    let opening = text::amount_or_zero("opening_amount", &request.opening_amount)?;
    let sent = request.holder.unwrap_or_default();
    let traits = request.merchant_traits.unwrap_or_default();
    let participant = request.participant.as_bytes();
    let mark = |request_id: &RequestId| {
        let request = RequestKey::without_wallet(request_id);
        let numbers = [kind.digit(), class, u8::from(sent.face_to_face)];
        let texts = [&sent.phone_number, &sent.identity_document, &sent.bank_account, &sent.name]
            .map(String::as_bytes);
        let opening = opening.fen().to_le_bytes();
        let traits = [traits.category, traits.region].map(i32::to_le_bytes).concat();
        let parts = [&[&numbers[..], &opening[..], &traits[..], participant], &texts[..]].concat();
        ContentMark::of(&keys.own, &request, &parts)
    };
    let content = request_id.as_ref().map(mark);
    Ok(WalletOrder { request_id, kind, class, holder: holder(sent, keys)?, opening, content })
}

/// The class of a wallet.
pub(crate) fn wallet_class(class: u32) -> Result<u8, FieldError> {
    let known = u8::try_from(class).ok().and_then(WalletClass::new);
    known.map(WalletClass::get).ok_or_else(|| {
        let message = format!("wallet_class {class} is not 1 to 4");
        FieldError::new(Reason::WalletClassInvalid, "wallet_class", message)
    })
}

/// Reads the data of a holder. Of the phone number only a hash under the operator's key is kept, of
/// the identity document one under the key of the cluster.
pub(crate) fn holder(holder: v1::Holder, keys: &Keys) -> Result<Holder, FieldError> {
    if !holder.phone_number.is_empty() && !text::is_phone(&holder.phone_number) {
        let message =
            format!("phone_number {:?} is not 5 to 20 digits", cut(&holder.phone_number, 40));
        return Err(FieldError::new(Reason::HolderDataMissing, "phone_number", message));
    }
    let document = holder.identity_document.trim();
    Ok(Holder {
        phone_hash: (!holder.phone_number.is_empty()).then(|| keys.own.hash(&holder.phone_number)),
        identity: !document.is_empty(),
        identity_hash: (!document.is_empty()).then(|| keys.identity_hash(document)).transpose()?,
        bank_account: !holder.bank_account.is_empty(),
        face_to_face: holder.face_to_face,
        name: text::person_text("name", &holder.name)?.map(Into::into),
    })
}

/// The outcome of an item that opened no wallet.
pub(crate) fn wallet_error(error: FieldError) -> v1::OpenWalletOutcome {
    let error = v1::open_wallet_outcome::Outcome::Error(item_error(error));
    v1::OpenWalletOutcome { outcome: Some(error) }
}

/// The items of a tick, from their columns.
pub(crate) fn tick_items(items: v1::TickItems) -> Result<Vec<TickItem>, FieldError> {
    const TIMES: &str = "items.submit_times_ms";
    let times = items.submit_times_ms.iter().enumerate();
    if let Some((place, ms)) = times.into_iter().find(|(_, ms)| Timestamp::checked(**ms).is_none())
    {
        let message =
            format!("{TIMES}[{place}] is {ms}, not milliseconds of a time from 1970 to 9999");
        return Err(FieldError::new(Reason::FieldInvalid, TIMES, message));
    }
    exchange::read_tick_items(items)
        .map_err(|error| FieldError::new(Reason::FieldInvalid, "items", error))
}
