//! Prepaid contracts of a run in this process: the ledger of the payer has them, whoever asks.

use clearing_domain::money::{Amount, WalletNumber};
use clearing_domain::operator::{ContractOrder as NewContract, OperatorError, OperatorLedger};

use super::super::actions::ContractOrder;
use super::InProcess;
use crate::experiment::script::ContractStep;

impl InProcess {
    /// Does something about a contract; the money in it.
    pub(super) fn contract(&mut self, order: &ContractOrder) -> Result<Amount, OperatorError> {
        let ContractOrder { step, contract } = order;
        let operator = &mut self.operators[contract.payer.operator];
        let at = operator.business_time(self.now);
        let price = |lesson| contract.terms.price_of(lesson).unwrap_or_default();
        match *step {
            ContractStep::Create => {
                let request_id = contract.request_id.clone();
                let wanted = NewContract { request_id, terms: contract.terms, salt: None };
                let created = operator.create_contract(wanted, at)?;
                operator.fund_contract(created, at)?;
                Ok(contract.terms.total)
            }
            ContractStep::Release(lesson) => {
                operator.release_lesson(contract.id, lesson, at).map(|_| price(lesson))
            }
            ContractStep::Request(lesson) => {
                operator.request_lesson(&contract.request(lesson), at).map(|_| price(lesson))
            }
            ContractStep::Dispute(lesson) => {
                operator.dispute_lesson(contract.id, lesson, at).map(|()| price(lesson))
            }
            ContractStep::Refund => {
                operator.refund_contract(contract.id, at)?;
                Ok(operator.contract(contract.id)?.refunded)
            }
        }
    }

    /// Suspends a merchant at all operators, as its own would tell them.
    pub(super) fn suspend_merchant(
        &mut self,
        merchant: WalletNumber,
        suspended: bool,
    ) -> Result<(), OperatorError> {
        let now = self.now;
        let is_home = |operator: &OperatorLedger| operator.settings().prefix == merchant.prefix();
        let Some(home) = self.operators.iter_mut().find(|operator| is_home(operator)) else {
            return Err(OperatorError::PrefixUnknown(merchant));
        };
        let by = home.settings().code;
        let sequence = home.suspend_merchant(merchant, suspended, home.business_time(now))?;
        for operator in self.operators.iter_mut().filter(|operator| !is_home(operator)) {
            let now = operator.business_time(now);
            operator.suspend_merchant_of(merchant, suspended, (by, sequence), now)?;
        }
        Ok(())
    }
}
