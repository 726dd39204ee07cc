//! Converts the fields of requests about wallets, their families and what they are tied to.

use std::collections::BTreeSet;

use clearing_api::status::FieldError;
use clearing_api::{enums, text, v1};
use clearing_domain::money::{Amount, OperatorCode, RequestId, RequestKey, WalletNumber};
use clearing_domain::operator::{
    ALLOWED_PAYEES_MAX, BankAccount, ContentMark, FrontEndOrder, OperatorError, SubWalletOrder,
    SubWalletUse,
};
use clearing_domain::{HashKey, Reason};

use crate::keys::Keys;

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

/// The traits of a merchant whose wallet is opened with them.
pub(crate) fn opening_traits(
    request: &v1::OpenWalletRequest,
) -> Result<Option<v1::MerchantTraits>, FieldError> {
    let Some(traits) = request.merchant_traits else { return Ok(None) };
    let refuse = |reason, field, message: &str| Err(FieldError::new(reason, field, message));
    if request.kind() != v1::WalletKind::Merchant {
        let message = "only wallets of merchants have merchant_traits";
        return refuse(Reason::KindNotAllowed, "merchant_traits", message);
    }
    if request.request_id.is_empty() {
        let message = "an opening with merchant_traits needs a request_id";
        return refuse(Reason::FieldInvalid, "request_id", message);
    }
    enums::merchant_traits(Some(traits)).map(|traits| Some(enums::show_merchant_traits(traits)))
}

/// A batch registers nothing in the directory, which would be asked once for each item.
pub(crate) fn without_traits(request: &v1::OpenWalletRequest) -> Result<(), FieldError> {
    let message = "merchant_traits are not taken in a batch";
    let given = request.merchant_traits.is_some();
    if given {
        Err(FieldError::new(Reason::FieldInvalid, "merchant_traits", message))
    } else {
        Ok(())
    }
}

/// The bank account of a number.
pub(crate) fn bank_account(number: &str, keys: &Keys) -> Result<BankAccount, FieldError> {
    // The number is not shown: it is personal, and errors are logged.
    BankAccount::of(&keys.own, number).ok_or_else(|| {
        let message = "bank_account is not 1 to 34 digits";
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

/// The participant whose customer will hold a wallet; none for the operator's own.
pub(crate) fn participant(code: &str) -> Result<Option<OperatorCode>, FieldError> {
    (!code.is_empty()).then(|| text::operator_code_in("participant", code)).transpose()
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
