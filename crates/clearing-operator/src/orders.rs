//! Converts the fields of requests for new payments and wallets to orders of the ledger.

use std::collections::BTreeSet;

use clearing_api::shown::reason;
use clearing_api::status::FieldError;
use clearing_api::{enums, exchange, text, v1};
use clearing_domain::details::Voucher;
use clearing_domain::money::{
    Amount, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber, cut,
};
use clearing_domain::operator::{
    ALLOWED_PAYEES_MAX, BankAccount, ContentMark, FrontEndOrder, Holder, OperatorError, PayeeError,
    PaymentOrder, SubWalletOrder, SubWalletUse, TickItem, WalletClass, WalletOrder,
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
    let details = Details { purpose, bill, voucher, ..Details::default() };
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

/// Reads the part that a campaign pays.
fn voucher(voucher: &v1::Voucher) -> Result<Voucher, FieldError> {
    let campaign = text::wallet_number("voucher.campaign_wallet", &voucher.campaign_wallet)?;
    let discount = Amount::positive(&voucher.discount);
    let discount = discount
        .map_err(|error| FieldError::new(Reason::from(&error), "voucher.discount", error))?;
    Ok(Voucher { campaign, discount })
}

/// Why an item of a batch left nothing.
fn item_error(error: FieldError) -> v1::ItemError {
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
    let mark = |request_id: &RequestId| {
        let request = RequestKey::without_wallet(request_id);
        let numbers = [kind.digit(), class, u8::from(sent.face_to_face)];
        let texts = [&sent.phone_number, &sent.identity_document, &sent.bank_account, &sent.name]
            .map(String::as_bytes);
        let opening = opening.fen().to_le_bytes();
        let parts = [&[&numbers[..], &opening[..]], &texts[..]].concat();
        ContentMark::of(&keys.own, &request, &parts)
    };
    let content = request_id.as_ref().map(mark);
    Ok(WalletOrder { request_id, kind, class, holder: holder(sent, keys)?, opening, content })
}

/// Reads a request for a new sub-wallet; the key is that of the operator.
pub(crate) fn sub_wallet_order(
    request: v1::OpenSubWalletRequest,
    key: &HashKey,
) -> Result<SubWalletOrder, FieldError> {
    let request_id = text::optional_request_id(&request.request_id)?;
    let parent = text::wallet_number("parent_wallet", &request.parent_wallet)?;
    let payees = payees("payees", &request.payees)?;
    if !request.restricted && !payees.is_empty() {
        let message = "payees are given, and the sub-wallet is not restricted to them";
        return Err(FieldError::new(Reason::FieldInvalid, "payees", message));
    }
    let single = optional_amount("single_cap", request.single_cap.as_deref())?;
    let daily = optional_amount("daily_cap", request.daily_cap.as_deref())?;
    let mark = |request_id: &RequestId| {
        let number = |wallet: WalletNumber| wallet.as_u64().to_le_bytes().to_vec();
        let listed: Vec<u8> = payees.iter().copied().flat_map(number).collect();
        ContentMark::of(key, &RequestKey::without_wallet(request_id), &[&number(parent), &listed])
    };
    Ok(SubWalletOrder {
        content: request_id.as_ref().map(mark),
        request_id,
        parent,
        used_for: SubWalletUse::Ordinary,
        single,
        daily,
        payees: request.restricted.then_some(payees),
        platform: text::person_text("platform", &request.platform)?,
    })
}

/// A refusal of a request that names the parent of a sub-wallet.
pub(crate) fn in_parent(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    if error.field == "wallet_number" {
        FieldError { field: "parent_wallet", ..error }
    } else {
        error
    }
}

/// An amount greater than zero that may be absent.
pub(crate) fn optional_amount(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<Amount>, FieldError> {
    text.map(|text| text::positive_amount(field, text)).transpose()
}

/// The wallets that a sub-wallet may pay.
pub(crate) fn payees(
    field: &'static str,
    payees: &[String],
) -> Result<BTreeSet<WalletNumber>, FieldError> {
    if payees.len() > ALLOWED_PAYEES_MAX {
        let message = format!("{field} has {} items, more than {ALLOWED_PAYEES_MAX}", payees.len());
        return Err(FieldError::new(Reason::BatchSize, field, message));
    }
    payees.iter().map(|payee| text::wallet_number(field, payee)).collect()
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

/// The bank account of a number.
pub(crate) fn bank_account(number: &str, keys: &Keys) -> Result<BankAccount, FieldError> {
    // The number is not shown: it is personal, and errors are logged.
    BankAccount::of(&keys.own, number).ok_or_else(|| {
        let message = "bank_account is not 4 to 34 digits";
        FieldError::new(Reason::FieldInvalid, "bank_account", message)
    })
}

/// The bank account that a request names, if it names one.
pub(crate) fn optional_bank_account(
    number: &str,
    keys: &Keys,
) -> Result<Option<BankAccount>, FieldError> {
    (!number.is_empty()).then(|| bank_account(number, keys)).transpose()
}

/// The bank account that a holder shows.
pub(crate) fn shown_account(
    holder: Option<&v1::Holder>,
    keys: &Keys,
) -> Result<Option<BankAccount>, FieldError> {
    let shown = holder.map_or("", |holder| &holder.bank_account);
    optional_bank_account(shown, keys)
        .map_err(|error| FieldError { reason: Reason::HolderDataMissing, ..error })
}

/// The name of a front-end.
pub(crate) fn front_end(name: &str) -> Result<Box<str>, FieldError> {
    let missing = || FieldError::new(Reason::FieldInvalid, "front_end", "front_end is empty");
    text::person_text("front_end", name)?.ok_or_else(missing)
}

/// Reads a request to bind a wallet to a front-end.
pub(crate) fn front_end_order(
    request: v1::BindFrontEndRequest,
    keys: &Keys,
) -> Result<FrontEndOrder, FieldError> {
    let missing = |field, message: &str| FieldError::new(Reason::FieldInvalid, field, message);
    if !text::is_phone(&request.phone_number) {
        return Err(missing("phone_number", "phone_number is not 5 to 20 digits"));
    }
    if request.identity_document.trim().is_empty() {
        return Err(missing("identity_document", "identity_document is empty"));
    }
    Ok(FrontEndOrder {
        wallet: text::wallet_number("wallet_number", &request.wallet_number)?,
        front_end: front_end(&request.front_end)?,
        phone_hash: keys.own.hash(&request.phone_number),
        identity_hash: keys.identity_hash(&request.identity_document)?,
        region: enums::read::<v1::Region>("region", request.region)?,
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
