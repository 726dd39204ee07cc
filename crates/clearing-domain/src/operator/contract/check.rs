//! Whether rows of contracts can follow those before.

use crate::Reason;
use crate::money::{ContractId, PaymentId, RequestKey};

use super::super::OperatorLedger;
use super::super::check::RestoreError;
use super::super::rows::PaymentRow;
use super::rows::{ContractRow, ContractStep, ContractStepRow, ReleaseRow, SuspensionRow};
use super::state::{Contract, LessonState};
use super::terms::{LESSONS_MAX, ReleaseRule};

fn refused(row: u64, contract: ContractId, reason: Reason) -> RestoreError {
    RestoreError::Contract { row, contract, reason }
}

impl OperatorLedger {
    pub(in super::super) fn check_contract_row(
        &self,
        row: &ContractRow,
    ) -> Result<(), RestoreError> {
        self.check_wallet(row.row, row.terms.payer)?;
        let key = RequestKey::new(row.terms.payer, &row.request_id);
        let is_new = self.contracts.find(row.contract).is_none();
        let has_lessons = (1..=LESSONS_MAX).contains(&row.terms.lessons);
        let fits = is_new
            && has_lessons
            && row.contract == ContractId::of_request(key)
            && row.terms_hash == row.terms.hash()
            && row.terms.total.single().is_ok()
            && row.terms.price_of(1).is_some();
        if fits { Ok(()) } else { Err(refused(row.row, row.contract, Reason::ContractTerms)) }
    }

    fn contract_of_row(&self, row: u64, contract: ContractId) -> Result<&Contract, RestoreError> {
        let found = self.contracts.find(contract);
        found.ok_or_else(|| refused(row, contract, Reason::ContractUnknown))
    }

    pub(in super::super) fn check_contract_step(
        &self,
        row: &ContractStepRow,
    ) -> Result<(), RestoreError> {
        let found = self.contract_of_row(row.row, row.contract)?;
        let state = |lesson| found.lesson(lesson).map(|found| found.state);
        let terms = &found.row.terms;
        let fits = match row.step {
            ContractStep::Funded => {
                found.is_created() && self.own_funds(found.payer) >= terms.total
            }
            ContractStep::Requested { lesson } => {
                let asks = matches!(terms.release, ReleaseRule::ByMerchant { .. });
                let goes_on = found.is_open() && !self.contracts.is_suspended(terms.merchant);
                asks && goes_on && state(lesson) == Some(LessonState::Open)
            }
            ContractStep::Disputed { lesson } => {
                matches!(state(lesson), Some(LessonState::Requested(_)))
            }
            ContractStep::Refunded => found.is_open(),
            ContractStep::Expired => found.is_created() || found.is_open(),
        };
        if fits { Ok(()) } else { Err(refused(row.row, row.contract, Reason::ContractInactive)) }
    }

    /// A release is of a lesson that nothing is paid of, at its price, under the id of its attempt.
    pub(in super::super) fn check_release(&self, row: &ReleaseRow) -> Result<(), RestoreError> {
        let found = self.contract_of_row(row.row, row.contract)?;
        let lesson = found.lesson(row.lesson);
        let is_unpaid = lesson.is_some_and(|lesson| match lesson.state {
            LessonState::Open | LessonState::Requested(_) | LessonState::Disputed => {
                row.attempt >= lesson.attempts && row.attempt < u32::MAX
            }
            LessonState::Releasing(_) | LessonState::Released(_) => false,
        });
        let salt = found.row.salt.as_ref();
        let id = PaymentId::of_release(row.contract, salt, row.lesson, row.attempt);
        let fits = found.is_open()
            && is_unpaid
            && found.row.terms.price_of(row.lesson) == Some(row.amount)
            && row.amount <= found.locked
            && row.payment == id;
        if fits { Ok(()) } else { Err(refused(row.row, row.contract, Reason::LessonTaken)) }
    }

    /// The payment of a release pays the merchant the price of the lesson.
    pub(in super::super) fn check_release_of(&self, row: &PaymentRow) -> Result<(), RestoreError> {
        let Some((contract, lesson)) = self.contracts.released_by(row.id) else { return Ok(()) };
        let terms = &contract.row.terms;
        let fits = (row.payer, row.payee) == (terms.payer, terms.merchant)
            && terms.price_of(lesson) == Some(row.amount);
        let id = contract.row.contract;
        if fits { Ok(()) } else { Err(refused(row.row, id, Reason::ContractTerms)) }
    }

    pub(in super::super) fn check_suspension(
        &self,
        row: &SuspensionRow,
    ) -> Result<(), RestoreError> {
        let last = self.contracts.suspended.word(row.merchant, row.by);
        let is_later = row.sequence > last.map_or(0, |word| word.sequence);
        let said = last.is_some_and(|word| word.suspended);
        let fits = is_later
            && self.may_suspend(row.merchant, row.by)
            && self.has_room_for(row)
            && (row.by != self.settings.code || row.suspended != said);
        let (row, merchant) = (row.row, row.merchant);
        if fits { Ok(()) } else { Err(RestoreError::Suspension { row, merchant }) }
    }
}
