//! The steps of a contract beside its releases: create, fund, dispute, refund, expire.

use crate::Reason;
use crate::link::Head;
use crate::money::{
    Amount, ContractId, RequestId, RequestKey, Timestamp, WalletKind, WalletNumber,
};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::super::slot::WalletSlot;
use super::contracts::Contracts;
use super::error::ContractValue;
use super::rows::{ContractRow, ContractStep, ContractStepRow};
use super::state::{Contract, ContractState, LessonState};
use super::terms::{ContractTerms, RefundRule};

/// The most contracts of a wallet that are not over.
const CONTRACTS_MAX: usize = 100;

/// A contract to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractOrder {
    /// The payer's name for the request.
    pub request_id: RequestId,
    /// What payer and merchant have agreed on.
    pub terms: ContractTerms,
    /// A secret of this contract, if it is new: nobody else can derive the ids of its releases.
    pub salt: Option<Head>,
}

/// A refusal that names a contract.
pub(super) fn of_contract(contract: ContractId, reason: Reason) -> OperatorError {
    let value = ContractValue::Contract(contract);
    OperatorError::Contract { field: "contract_id", value, reason }
}

/// A refusal that names a lesson.
pub(in super::super) fn of_lesson(lesson: u32, reason: Reason) -> OperatorError {
    let value = ContractValue::Count(lesson.into());
    OperatorError::Contract { field: "lesson", value, reason }
}

pub(super) fn of_wallet(
    field: &'static str,
    wallet: WalletNumber,
    reason: Reason,
) -> OperatorError {
    OperatorError::Contract { field, value: ContractValue::Wallet(wallet), reason }
}

impl OperatorLedger {
    /// The contracts of this operator's payers.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// What is locked in a wallet for contracts.
    pub fn locked(&self, wallet: WalletNumber) -> Amount {
        let slot = self.wallets.slot_of(wallet);
        slot.map_or(Amount::ZERO, |slot| self.contracts.locked_in(slot))
    }

    /// The contract of an id.
    pub fn contract(&self, contract: ContractId) -> Result<&Contract, OperatorError> {
        let found = self.contracts.find(contract);
        found.ok_or_else(|| of_contract(contract, Reason::ContractUnknown))
    }

    /// Creates a contract and answers its id. A repeat finds it.
    pub fn create_contract(
        &mut self,
        order: ContractOrder,
        now: Timestamp,
    ) -> Result<ContractId, OperatorError> {
        let ContractOrder { request_id, terms, salt } = order;
        let key = RequestKey::new(terms.payer, &request_id);
        let contract = ContractId::of_request(key);
        if let Some(earlier) = self.contracts.find(contract) {
            let is_same = earlier.row.terms == terms;
            return if is_same {
                Ok(contract)
            } else {
                Err(OperatorError::RequestIdReused(request_id))
            };
        }
        if self.earlier(&key, Some(terms.payer), &request_id).is_some() {
            return Err(OperatorError::RequestIdReused(request_id));
        }
        terms.check(now)?;
        let payer = self.known(terms.payer)?;
        self.check_parties(&terms, payer)?;
        let total = ("total_amount", ContractValue::Amount(terms.total));
        self.check_dearest(&terms, payer, total)?;
        if self.contracts.live_of(payer) >= CONTRACTS_MAX {
            return Err(of_wallet("payer_wallet", terms.payer, Reason::TooManyContracts));
        }
        let terms_hash = terms.hash();
        let row = ContractRow { row: 0, contract, request_id, terms, terms_hash, salt, at: now };
        self.append(row, Known::Nothing);
        Ok(contract)
    }

    /// Persons pay in advance, and merchants and companies are paid. A sub-wallet has money for the
    /// purpose that its parent gave it.
    fn check_parties(&self, terms: &ContractTerms, payer: WalletSlot) -> Result<(), OperatorError> {
        let refuse_payer = |reason| Err(of_wallet("payer_wallet", terms.payer, reason));
        if terms.payer.kind() != WalletKind::Personal {
            return refuse_payer(Reason::KindNotAllowed);
        }
        if self.families.sub_wallet(payer).is_some() {
            return refuse_payer(Reason::IsSubWallet);
        }
        self.check_is_paid(terms.merchant)
    }

    /// Whether the payer may pay the last lesson, the dearest, on a day on which it pays nothing else.
    fn check_dearest(
        &self,
        terms: &ContractTerms,
        payer: WalletSlot,
        (field, value): (&'static str, ContractValue),
    ) -> Result<(), OperatorError> {
        let dearest = terms.price_of(terms.lessons).unwrap_or_default();
        let limits = self.limits_of(&self.wallets[payer]);
        let refuse = |reason| OperatorError::Contract { field, value, reason };
        limits.check_payment(dearest, Amount::ZERO, Amount::ZERO).map_err(refuse)
    }

    pub(super) fn check_is_paid(&self, merchant: WalletNumber) -> Result<(), OperatorError> {
        let refuse = |reason| Err(of_wallet("merchant_wallet", merchant, reason));
        if ![WalletKind::Merchant, WalletKind::Corporate].contains(&merchant.kind()) {
            return refuse(Reason::KindNotAllowed);
        }
        if !self.is_of_an_operator(merchant) {
            return refuse(Reason::WalletPrefixUnknown);
        }
        if self.is_on_us(merchant) && self.wallets.slot_of(merchant).is_none() {
            return refuse(Reason::WalletUnknown);
        }
        Ok(())
    }

    /// Locks the price of all lessons in the payer's wallet. A repeat changes nothing.
    pub fn fund_contract(
        &mut self,
        contract: ContractId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let found = self.contract(contract)?;
        if !found.is_created() {
            let has_ended = [ContractState::Refunded, ContractState::Expired]
                .contains(&self.contracts.state_of(found));
            let refused = Err(of_contract(contract, Reason::ContractInactive));
            return if has_ended { refused } else { Ok(()) };
        }
        self.check_goes_on(found, now)?;
        let (wallet, requested) = (found.row.terms.payer, found.row.terms.total);
        // The request names the contract alone, whatever of it is at fault.
        let refuse = |reason| of_contract(contract, reason);
        let payer = self.known(wallet).map_err(|error| refuse(error.reason()))?;
        self.wallets[payer].check_pays().map_err(refuse)?;
        let named = ("contract_id", ContractValue::Contract(contract));
        self.check_dearest(&found.row.terms, payer, named)?;
        // Grants pay what their campaign allows, when it is bought: they cannot be locked.
        let available = self.own_funds(payer);
        if available < requested {
            return Err(OperatorError::InsufficientFunds { wallet, available, requested });
        }
        self.step_contract(contract, ContractStep::Funded, now);
        Ok(())
    }

    /// Whether a contract may go on: its time is not over and its merchant is not suspended.
    pub(super) fn check_goes_on(
        &self,
        found: &Contract,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let contract = found.row.contract;
        // It is over from the moment after its last one, whether that was booked already or not.
        if now > found.row.terms.expires_at {
            return Err(of_contract(contract, Reason::ContractExpired));
        }
        if self.contracts.is_suspended(found.row.terms.merchant) {
            return Err(of_contract(contract, Reason::MerchantSuspended));
        }
        Ok(())
    }

    /// The payer says that a lesson which the merchant asks for was not given. A repeat changes
    /// nothing.
    pub fn dispute_lesson(
        &mut self,
        contract: ContractId,
        lesson: u32,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let found = self.contract(contract)?;
        let state = found.lesson(lesson).map(|found| found.state);
        match state.ok_or_else(|| of_lesson(lesson, Reason::LessonUnknown))? {
            LessonState::Disputed => return Ok(()),
            LessonState::Requested(last) if now <= last => {}
            LessonState::Requested(_)
            | LessonState::Open
            | LessonState::Releasing(_)
            | LessonState::Released(_) => return Err(of_lesson(lesson, Reason::LessonTaken)),
        }
        self.step_contract(contract, ContractStep::Disputed { lesson }, now);
        Ok(())
    }

    /// Gives the payer back what is not released: whole lessons at their price. What is on its way
    /// to the merchant stays there unless it comes back. A repeat changes nothing.
    pub fn refund_contract(
        &mut self,
        contract: ContractId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let found = self.contract(contract)?;
        if self.contracts.state_of(found) == ContractState::Refunded {
            return Ok(());
        }
        if !found.is_open() || found.locked == Amount::ZERO {
            return Err(of_contract(contract, Reason::ContractInactive));
        }
        // A merchant that is suspended gives no lessons, whatever was agreed on refunds.
        let may = match found.row.terms.refund {
            RefundRule::AtAnyTime => true,
            RefundRule::BeforeFirstLesson => !found.has_begun(),
        };
        if !may && !self.contracts.is_suspended(found.row.terms.merchant) {
            return Err(of_contract(contract, Reason::ContractTerms));
        }
        self.step_contract(contract, ContractStep::Refunded, now);
        Ok(())
    }

    pub(super) fn step_contract(
        &mut self,
        contract: ContractId,
        step: ContractStep,
        at: Timestamp,
    ) {
        self.append(ContractStepRow { row: 0, contract, step, at }, Known::Nothing);
    }
}
