//! Contracts in tests.

use crate::Reason;
use crate::link::{Outcome, Side};
use crate::money::{ContractId, CycleId, DAY_MS, PaymentId, WalletKind, WalletNumber};
use crate::operator::{
    ContractOrder, ContractState, ContractTerms, LessonRequest, OperatorError, RefundRule,
    ReleaseRule,
};

use super::{TestLedger, abroad, request, yuan};

/// A school of the other operator.
pub(in crate::operator) fn school() -> WalletNumber {
    WalletNumber::new(abroad().prefix(), WalletKind::Merchant, 1).unwrap()
}

impl TestLedger {
    /// Ten yuan for three lessons within ten days, of which the payer releases each.
    pub(in crate::operator) fn contract_terms(
        &self,
        payer: WalletNumber,
        merchant: WalletNumber,
    ) -> ContractTerms {
        ContractTerms {
            payer,
            merchant,
            total: yuan(10),
            lessons: 3,
            release: ReleaseRule::ByPayer,
            refund: RefundRule::AtAnyTime,
            expires_at: self.now.plus_ms(10 * DAY_MS),
        }
    }

    /// A contract that is funded.
    pub(in crate::operator) fn contract(&mut self, terms: ContractTerms) -> ContractId {
        self.requests += 1;
        let request_id = request(&format!("c{}", self.requests));
        let order = ContractOrder { request_id, terms, salt: None };
        let contract = self.ledger.create_contract(order, self.now).unwrap();
        self.ledger.fund_contract(contract, self.now).unwrap();
        self.commit();
        contract
    }

    pub(in crate::operator) fn release(
        &mut self,
        contract: ContractId,
        lesson: u32,
    ) -> Result<PaymentId, Reason> {
        let done = self.ledger.release_lesson(contract, lesson, self.now);
        self.commit();
        done.map_err(|error: OperatorError| error.reason())
    }

    pub(in crate::operator) fn ask(
        &mut self,
        contract: ContractId,
        lesson: u32,
        code: Option<[u8; 32]>,
    ) -> Result<Option<PaymentId>, Reason> {
        let ContractTerms { merchant, payer, .. } =
            self.ledger.contract(contract).unwrap().row.terms;
        let request = LessonRequest { merchant, payer, contract, lesson, code };
        let done = self.ledger.request_lesson(&request, self.now);
        self.commit();
        done.map_err(|error| error.reason())
    }

    pub(in crate::operator) fn end(&mut self, payment: PaymentId, cleared: bool) {
        let cleared = cleared.then(|| Outcome::Cleared(CycleId::new(1)));
        let outcome = cleared.unwrap_or(Outcome::Refused(Reason::BalanceCap));
        self.notify_id(payment, Side::Payer, outcome);
    }

    pub(in crate::operator) fn contract_state(&self, contract: ContractId) -> ContractState {
        let contracts = self.ledger.contracts();
        contracts.state_of(contracts.find(contract).unwrap())
    }

    /// What is locked in a wallet, in fen.
    pub(in crate::operator) fn locked(&self, wallet: WalletNumber) -> i64 {
        self.ledger.locked(wallet).fen()
    }
}
