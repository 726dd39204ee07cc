//! Release: a lesson leaves the lock and is paid to the merchant.

use crate::Reason;
use crate::details::{Details, Purpose};
use crate::link::Head;
use crate::money::{ContractId, PaymentId, RequestId, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::error::OperatorError;
use super::super::pay::{Origin, PaymentOrder};
use super::error::ContractValue;
use super::rows::{ContractStep, ReleaseRow};
use super::state::LessonState;
use super::steps::{of_contract, of_lesson};
use super::terms::ReleaseRule;

/// How often a lesson may be tried to be paid: each attempt that comes back is rows for ever.
const ATTEMPTS_MAX: u32 = 16;

/// How many lessons and contracts are due in one batch; further ones are in the next.
const DUE_MAX: usize = 10_000;

/// What a merchant asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LessonRequest {
    /// The merchant.
    pub merchant: WalletNumber,
    /// Who pays.
    pub payer: WalletNumber,
    /// The contract between them.
    pub contract: ContractId,
    /// The lesson.
    pub lesson: u32,
    /// Its code, where the contract has codes.
    pub code: Option<Head>,
}

impl OperatorLedger {
    /// The payer releases a lesson, whatever the rule of the contract. A repeat answers the payment
    /// that is on its way or final; one that came back is paid again. What is refused changes nothing.
    pub fn release_lesson(
        &mut self,
        contract: ContractId,
        lesson: u32,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        match self.lesson_to_pay(contract, lesson, now)? {
            LessonState::Releasing(payment) | LessonState::Released(payment) => Ok(payment),
            LessonState::Open | LessonState::Requested(_) | LessonState::Disputed => {
                self.pay_lesson((contract, lesson), Origin::Release, now)
            }
        }
    }

    /// A merchant asks for a lesson: with its code it is paid now, without one when the time to
    /// dispute it is over. A repeat answers the payment, if there is one. What is refused changes
    /// nothing.
    pub fn request_lesson(
        &mut self,
        request: &LessonRequest,
        now: Timestamp,
    ) -> Result<Option<PaymentId>, OperatorError> {
        let LessonRequest { merchant, payer, contract, lesson, code } = *request;
        let terms = self.contract(contract)?.row.terms;
        // Contracts of others must not come to light.
        if (terms.merchant, terms.payer) != (merchant, payer) {
            return Err(of_contract(contract, Reason::ContractUnknown));
        }
        let state = self.lesson_to_pay(contract, lesson, now)?;
        match (terms.release, code) {
            (ReleaseRule::ByMerchant { .. }, None) | (ReleaseRule::ByCode { .. }, Some(_)) => {}
            (
                ReleaseRule::ByPayer | ReleaseRule::ByMerchant { .. } | ReleaseRule::ByCode { .. },
                _,
            ) => {
                return Err(of_contract(contract, Reason::ContractTerms));
            }
        }
        if code.is_some_and(|code| !terms.is_code_of(lesson, &code)) {
            return Err(OperatorError::Contract {
                field: "code",
                value: ContractValue::Count(lesson.into()),
                reason: Reason::LessonCodeWrong,
            });
        }
        match (state, terms.release) {
            (LessonState::Releasing(payment) | LessonState::Released(payment), _) => {
                Ok(Some(payment))
            }
            (LessonState::Requested(_), _) => Ok(None),
            (LessonState::Disputed, _) => Err(of_lesson(lesson, Reason::LessonTaken)),
            (LessonState::Open, ReleaseRule::ByMerchant { dispute_ms }) => {
                let window = dispute_ms.try_into().unwrap_or(i64::MAX);
                if now.plus_ms(window) > terms.expires_at {
                    return Err(of_contract(contract, Reason::ContractExpired));
                }
                self.step_contract(contract, ContractStep::Requested { lesson }, now);
                Ok(None)
            }
            (LessonState::Open, ReleaseRule::ByPayer | ReleaseRule::ByCode { .. }) => {
                self.pay_lesson((contract, lesson), Origin::Release, now).map(Some)
            }
        }
    }

    /// Pays what merchants have asked for and nobody has disputed in time, then gives back what is
    /// left of contracts of which the time is over.
    pub fn contracts_due(&mut self, now: Timestamp) {
        // Under lockstep all are at once: how far a batch comes must decide nothing.
        let most = if self.settings.lockstep.is_some() { usize::MAX } else { DUE_MAX };
        self.contracts_due_within(most, now);
    }

    /// The same for so many lessons and so many contracts at most.
    pub(super) fn contracts_due_within(&mut self, most: usize, now: Timestamp) {
        let lessons: Vec<_> = self.contracts.requests_due(now).take(most).collect();
        for (contract, lesson) in lessons {
            // The request is dropped with the payment, also with one that is refused. One that is not
            // taken at all, as before the operators are known, is tried by the next batch.
            let _refused = self.pay_lesson((contract, lesson), Origin::DueRelease, now);
        }
        // A lesson that was asked for in time is paid before its contract ends, be it by a later batch.
        if self.contracts.requests_due(now).next().is_some() {
            return;
        }
        let ended: Vec<_> = self.contracts.ends_due(now).take(most).collect();
        for contract in ended {
            self.step_contract(contract, ContractStep::Expired, now);
        }
    }

    /// Where a lesson of a contract stands that may go on, unless it is paid.
    fn lesson_to_pay(
        &self,
        contract: ContractId,
        lesson: u32,
        now: Timestamp,
    ) -> Result<LessonState, OperatorError> {
        let found = self.contract(contract)?;
        let state = found.lesson(lesson).map(|found| found.state);
        let state = state.ok_or_else(|| of_lesson(lesson, Reason::LessonUnknown))?;
        if let LessonState::Releasing(_) | LessonState::Released(_) = state {
            return Ok(state);
        }
        if !found.is_open() {
            return Err(of_contract(contract, Reason::ContractInactive));
        }
        self.check_goes_on(found, now)?;
        if found.lesson(lesson).is_some_and(|found| found.attempts >= ATTEMPTS_MAX) {
            return Err(of_lesson(lesson, Reason::RefusedTooOften));
        }
        Ok(state)
    }

    /// Pays a lesson from under the lock. The id follows from the contract, the lesson and the
    /// attempt, so that an attempt has one payment whatever is repeated.
    fn pay_lesson(
        &mut self,
        (contract, lesson): (ContractId, u32),
        origin: fn(ReleaseRow) -> Origin,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        let found = self.contract(contract)?;
        let (terms, salt) = (found.row.terms, found.row.salt);
        let unknown = || of_lesson(lesson, Reason::LessonUnknown);
        let amount = terms.price_of(lesson).ok_or_else(unknown)?;
        let first = found.lesson(lesson).ok_or_else(unknown)?.attempts;
        let id_of = |attempt| PaymentId::of_release(contract, salt.as_ref(), lesson, attempt);
        let mut attempts = first..;
        let is_free = |attempt: &u32| self.is_name_free(terms.payer, id_of(*attempt));
        let attempt = attempts.find(is_free).unwrap_or(first);
        let id = id_of(attempt);
        let order = PaymentOrder {
            id,
            request_id: RequestId::Uuid(id.0),
            payer: terms.payer,
            payee: Ok(terms.merchant),
            alias: None,
            amount: Ok(amount),
            remark: None,
            details: Details { purpose: Some(Purpose::Education), ..Details::default() }.boxed(),
        };
        let release = ReleaseRow { row: 0, contract, lesson, attempt, payment: id, amount };
        self.pay_as(origin(release), order, now)?;
        Ok(id)
    }
}

#[cfg(test)]
mod tests;
