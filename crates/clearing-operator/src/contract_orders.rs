//! Converts contracts between messages and the domain.

use clearing_api::status::FieldError;
use clearing_api::text::{self, timestamp};
use clearing_api::v1;
use clearing_domain::Reason;
use clearing_domain::money::{Amount, ContractId, Total, WalletNumber};
use clearing_domain::operator::{
    Contract, ContractState, ContractTerms, Lesson, LessonRequest, LessonState, MerchantTotals,
    OperatorLedger, RefundRule, ReleaseRule,
};

use crate::campaign_orders::{head, hex, time};

/// Reads the id of a contract.
pub(crate) fn contract_id(text: &str) -> Result<ContractId, FieldError> {
    let invalid = |error| FieldError::new(Reason::FieldInvalid, "contract_id", error);
    text.parse().map_err(invalid)
}

/// Reads what a merchant asks for.
pub(crate) fn lesson_request(
    request: &v1::RequestLessonRequest,
) -> Result<LessonRequest, FieldError> {
    Ok(LessonRequest {
        merchant: text::wallet_number("merchant_wallet", &request.merchant_wallet)?,
        payer: text::wallet_number("payer_wallet", &request.payer_wallet)?,
        contract: contract_id(&request.contract_id)?,
        lesson: request.lesson,
        code: match request.code.as_str() {
            "" => None,
            digits => Some(head("code", digits)?),
        },
    })
}

/// The question of what a merchant asks for.
pub(crate) fn lesson_question(request: &LessonRequest) -> v1::RequestLessonRequest {
    v1::RequestLessonRequest {
        merchant_wallet: request.merchant.to_string(),
        payer_wallet: request.payer.to_string(),
        contract_id: request.contract.to_string(),
        lesson: request.lesson,
        code: request.code.as_ref().map(hex).unwrap_or_default(),
    }
}

/// Reads the terms of a contract.
pub(crate) fn terms(terms: &v1::ContractTerms) -> Result<ContractTerms, FieldError> {
    Ok(ContractTerms {
        payer: text::wallet_number("payer_wallet", &terms.payer_wallet)?,
        merchant: text::wallet_number("merchant_wallet", &terms.merchant_wallet)?,
        total: text::positive_amount("total_amount", &terms.total_amount)?,
        lessons: terms.lesson_count,
        release: release(terms)?,
        refund: match terms.refund() {
            v1::contract_terms::Refund::AtAnyTime => RefundRule::AtAnyTime,
            v1::contract_terms::Refund::BeforeFirstLesson => RefundRule::BeforeFirstLesson,
            v1::contract_terms::Refund::Unspecified => {
                return Err(invalid("refund", terms.refund));
            }
        },
        expires_at: time("expire_time", terms.expire_time.as_ref())?,
    })
}

fn release(terms: &v1::ContractTerms) -> Result<ReleaseRule, FieldError> {
    use v1::contract_terms::Release;
    let rule = terms.release();
    // What another rule would need must not be there: it would be lost without a word.
    if terms.dispute_window_ms != 0 && rule != Release::ByMerchant {
        return Err(invalid("dispute_window_ms", terms.dispute_window_ms));
    }
    if !terms.codes_hash.is_empty() && rule != Release::ByCode {
        return Err(invalid("codes_hash", "of a contract without codes"));
    }
    match rule {
        Release::ByPayer => Ok(ReleaseRule::ByPayer),
        Release::ByMerchant => Ok(ReleaseRule::ByMerchant { dispute_ms: terms.dispute_window_ms }),
        Release::ByCode => {
            Ok(ReleaseRule::ByCode { codes: head("codes_hash", &terms.codes_hash)? })
        }
        Release::Unspecified => Err(invalid("release", terms.release)),
    }
}

fn invalid(field: &'static str, value: impl std::fmt::Display) -> FieldError {
    FieldError::new(Reason::FieldInvalid, field, format!("{field} {value} is not allowed"))
}

/// Shows a contract as it stands.
pub(crate) fn contract(ledger: &OperatorLedger, contract: &Contract) -> v1::Contract {
    let lessons = (1..).zip(&contract.lessons);
    v1::Contract {
        contract_id: contract.row.contract.to_string(),
        terms: Some(terms_shown(&contract.row.terms)),
        terms_hash: hex(&contract.row.terms_hash),
        state: state(ledger.contracts().state_of(contract)).into(),
        locked_amount: contract.locked.to_string(),
        released_amount: contract.released.to_string(),
        refunded_amount: contract.refunded.to_string(),
        lessons: lessons.map(|(number, found)| lesson(contract, number, found)).collect(),
        create_time: Some(timestamp(contract.row.at)),
    }
}

fn state(state: ContractState) -> v1::contract::State {
    use v1::contract::State;
    match state {
        ContractState::Created => State::Created,
        ContractState::Funded => State::Funded,
        ContractState::Active => State::Active,
        ContractState::PartiallyReleased => State::PartiallyReleased,
        ContractState::Completed => State::Completed,
        ContractState::Refunded => State::Refunded,
        ContractState::Expired => State::Expired,
        ContractState::Suspended => State::Suspended,
    }
}

fn lesson(contract: &Contract, number: u32, lesson: &Lesson) -> v1::Lesson {
    use v1::lesson::State;
    let (state, payment, until) = match lesson.state {
        LessonState::Open => (State::Open, None, None),
        LessonState::Requested(last) => (State::Requested, None, Some(last)),
        LessonState::Disputed => (State::Disputed, None, None),
        LessonState::Releasing(payment) => (State::Releasing, Some(payment), None),
        LessonState::Released(payment) => (State::Released, Some(payment), None),
    };
    v1::Lesson {
        lesson: number,
        amount: contract.row.terms.price_of(number).unwrap_or_default().to_string(),
        state: state.into(),
        payment_id: payment.map_or_else(String::new, |payment| payment.to_string()),
        dispute_until: until.map(timestamp),
    }
}

fn terms_shown(terms: &ContractTerms) -> v1::ContractTerms {
    use v1::contract_terms::{Refund, Release};
    let (release, dispute_window_ms, codes_hash) = match terms.release {
        ReleaseRule::ByPayer => (Release::ByPayer, 0, String::new()),
        ReleaseRule::ByMerchant { dispute_ms } => (Release::ByMerchant, dispute_ms, String::new()),
        ReleaseRule::ByCode { codes } => (Release::ByCode, 0, hex(&codes)),
    };
    let refund = match terms.refund {
        RefundRule::AtAnyTime => Refund::AtAnyTime,
        RefundRule::BeforeFirstLesson => Refund::BeforeFirstLesson,
    };
    v1::ContractTerms {
        payer_wallet: terms.payer.to_string(),
        merchant_wallet: terms.merchant.to_string(),
        total_amount: terms.total.to_string(),
        lesson_count: terms.lessons,
        release: release.into(),
        dispute_window_ms,
        codes_hash,
        refund: refund.into(),
        expire_time: Some(timestamp(terms.expires_at)),
    }
}

/// Shows what contracts with a merchant come to.
pub(crate) fn totals(
    merchant: WalletNumber,
    totals: &MerchantTotals,
    suspended: bool,
) -> v1::MerchantTotals {
    use v1::merchant_totals::ContractCount;
    let states = totals.contracts.iter();
    let states =
        states.map(|(of, count)| ContractCount { state: state(*of).into(), count: *count });
    v1::MerchantTotals {
        merchant_wallet: merchant.to_string(),
        contract_count: totals.contracts.values().fold(0, |sum, count| sum.saturating_add(*count)),
        states: states.collect(),
        locked_amount: totals.locked.to_string(),
        released_amount: totals.released.to_string(),
        refunded_amount: totals.refunded.to_string(),
        suspended,
    }
}

/// Reads the totals that another operator shows of a merchant; `None` where they are of another one
/// or cannot be.
pub(crate) fn shown_totals(
    merchant: WalletNumber,
    totals: &v1::MerchantTotals,
) -> Option<MerchantTotals> {
    if totals.merchant_wallet != merchant.to_string() {
        return None;
    }
    let sum = |yuan: &str| yuan.parse::<Amount>().ok().map(Total::from);
    let count = |shown: &v1::merchant_totals::ContractCount| {
        let state = ContractState::ALL.into_iter().find(|one| state(*one) == shown.state())?;
        Some((state, shown.count))
    };
    Some(MerchantTotals {
        contracts: totals.states.iter().map(count).collect::<Option<_>>()?,
        locked: sum(&totals.locked_amount)?,
        released: sum(&totals.released_amount)?,
        refunded: sum(&totals.refunded_amount)?,
    })
}
