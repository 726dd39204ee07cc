//! Issue, withdraw, fund, pledge, earmark and suspend: what the central bank does with an operator.

mod opening;

use crate::Regime;
use crate::link::{AdviceEvent, OperationId};
use crate::money::{
    Amount, OperatorCode, OperatorNumber, Position, RequestId, RequestKey, Timestamp, Total,
};

use super::CentralBankLedger;
use super::changes::EventKind;
use super::error::CentralBankError;
use super::operation::{Action, Operation};

impl CentralBankLedger {
    /// Turns reserves of an operator into e-CNY for it to distribute. A repeat changes nothing.
    pub fn issue(
        &mut self,
        operator: OperatorCode,
        amount: Amount,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<Operation, CentralBankError> {
        self.check_cash()?;
        let operator = self.operator_number(operator)?;
        self.operate(Action::Issue { amount }, operator, request_id, now)
    }

    /// Asks an operator to give e-CNY back for reserves. A repeat answers how far it came.
    pub fn withdraw(
        &mut self,
        operator: OperatorCode,
        amount: Amount,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<Operation, CentralBankError> {
        self.check_cash()?;
        let operator = self.operator_number(operator)?;
        self.operate(Action::RequestWithdrawal { amount }, operator, request_id, now)
    }

    /// Moves central-bank money into an operator's reserve account; a negative sum takes it out.
    pub fn fund(
        &mut self,
        operator: OperatorCode,
        sum: Position,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<Operation, CentralBankError> {
        let operator = self.operator_number(operator)?;
        self.operate(Action::Fund { sum }, operator, request_id, now)
    }

    /// Suspends an operator, or lets it take part again.
    pub fn set_active(
        &mut self,
        operator: OperatorCode,
        active: bool,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let number = self.operator_number(operator)?;
        if self.accounts[number].active != active {
            let (action, event) = if active {
                (Action::Resume, EventKind::OperatorResumed)
            } else {
                (Action::Suspend, EventKind::OperatorSuspended)
            };
            self.append_operation(None, Some(number), action, now);
            self.note(event, format!("operator {operator}"));
            self.progress();
            self.release_at_once(now);
        }
        Ok(())
    }

    /// Pledges collateral for the cap of an operator; a negative sum releases it.
    pub fn pledge(
        &mut self,
        operator: OperatorCode,
        sum: Position,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<Operation, CentralBankError> {
        let operator = self.operator_number(operator)?;
        self.operate(Action::Pledge { sum }, operator, request_id, now)
    }

    /// Earmarks reserves for the cap of an operator; a negative sum frees them.
    pub fn earmark(
        &mut self,
        operator: OperatorCode,
        sum: Position,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<Operation, CentralBankError> {
        let operator = self.operator_number(operator)?;
        self.operate(Action::Earmark { sum }, operator, request_id, now)
    }

    fn check_cash(&self) -> Result<(), CentralBankError> {
        match self.settings.regime {
            Regime::Cash => Ok(()),
            Regime::Deposit => Err(CentralBankError::NoIssuance),
        }
    }

    /// Does something with an operator under a request id, and what that makes possible. A repeat
    /// changes nothing.
    fn operate(
        &mut self,
        action: Action,
        operator: OperatorNumber,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<Operation, CentralBankError> {
        let rows = self.chain.row;
        let operation = self.book(action, operator, request_id, now)?;
        if self.chain.row > rows {
            self.settle_if_covered(self.business_time(now));
        }
        Ok(operation)
    }

    /// As [`Self::operate`], but settles no cycle: one may be about to.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an operator is advised of what changes its own accounts, and of nothing else"
    )]
    pub(super) fn book(
        &mut self,
        action: Action,
        operator: OperatorNumber,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<Operation, CentralBankError> {
        let id = OperationId(RequestKey::without_wallet(request_id).0);
        if let Some((first, last)) = self.operation(id) {
            if (first.action, first.operator) == (action, Some(operator)) {
                return Ok(last);
            }
            return Err(CentralBankError::RequestIdReused(request_id.clone()));
        }
        self.check_action(&action, operator)?;
        let operation = self.append_operation(Some(id), Some(operator), action, now);
        // What came in goes first to whom it is owed longest: it repays a default before it can be
        // spent, and books a withdrawal asked for earlier before the queue is tried.
        match action {
            Action::Fund { sum } => {
                self.advise(operator, AdviceEvent::ReservesChanged { operation: id, change: sum });
                self.repay_default(operator, now);
            }
            Action::Lend { amount } => {
                let change = amount.position();
                self.advise(operator, AdviceEvent::ReservesChanged { operation: id, change });
            }
            Action::Issue { amount } => {
                self.advise(operator, AdviceEvent::Issued { operation: id, amount });
                self.finish_withdrawals(operator, now);
            }
            Action::RequestWithdrawal { amount } => {
                self.advise(operator, AdviceEvent::WithdrawalRequested { operation: id, amount });
            }
            _ => {}
        }
        self.pay_treasury(operator, now);
        self.release_at_once(now);
        Ok(operation)
    }

    /// Money is checked to come in before it is checked to go out: a sum beyond the largest is
    /// refused whoever pays it.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the others take nothing out of an account of the operator"
    )]
    fn check_action(
        &self,
        action: &Action,
        operator: OperatorNumber,
    ) -> Result<(), CentralBankError> {
        self.accounts.check_money(action, operator)?;
        let account = &self.accounts[operator];
        let (code, regime) = (account.code, self.settings.regime);
        match *action {
            Action::Pledge { sum } => self.check_guarantees(action, operator, sum),
            Action::Earmark { sum } => {
                // Freeing takes nothing out of the account, so that it may be short as well.
                self.check_reserves(operator, sum)?;
                self.check_guarantees(action, operator, sum)
            }
            Action::RequestWithdrawal { amount } => {
                let requested = amount.position();
                let available = account.free_held(regime) - account.withdrawing.position();
                let error =
                    CentralBankError::HeldInsufficient { operator: code, available, requested };
                if available < requested { Err(error) } else { Ok(()) }
            }
            Action::Fund { sum } => self.check_reserves(operator, -sum),
            Action::Issue { amount } => self.check_reserves(operator, amount.position()),
            _ => Ok(()),
        }
    }

    /// Whether as much may leave the reserve account of an operator.
    fn check_reserves(
        &self,
        operator: OperatorNumber,
        requested: Position,
    ) -> Result<(), CentralBankError> {
        let account = &self.accounts[operator];
        let available = account.free_reserves(self.settings.regime);
        if requested > Position::ZERO && available < requested {
            let operator = account.code;
            return Err(CentralBankError::ReservesInsufficient { operator, available, requested });
        }
        Ok(())
    }

    /// Whether guarantees may change by a sum: there must be as much, and the cap must still cover
    /// what the operator owes.
    fn check_guarantees(
        &self,
        action: &Action,
        operator: OperatorNumber,
        sum: Position,
    ) -> Result<(), CentralBankError> {
        let account = &self.accounts[operator];
        let operator = account.code;
        let lacking = CentralBankError::NotPledged { operator, requested: -sum };
        let guarantees = account.guarantees.after(action).ok_or(lacking)?;
        if sum > Position::ZERO {
            let put_up = Total::from(guarantees.earmarked) + guarantees.collateral + account.credit;
            let what = "the guarantees and the credit line of the operator";
            CentralBankError::check_sum(what, put_up)?;
        }
        let cap = account.cap_under(guarantees, self.settings.haircut_permille);
        let exposure = account.outstanding.position() - account.unsettled;
        match cap {
            Some(cap) if sum < Position::ZERO && exposure > cap.position() => {
                Err(CentralBankError::CapUncovered { operator, cap, exposure })
            }
            _ => Ok(()),
        }
    }

    /// The first and the last row of an operation.
    pub fn operation(&self, id: OperationId) -> Option<(Operation, Operation)> {
        self.operations.find(id)
    }

    /// Books the withdrawals that an operator set e-CNY aside for, as far as its holding covers
    /// them; the others wait for the next inflow.
    pub(super) fn finish_withdrawals(&mut self, operator: OperatorNumber, now: Timestamp) {
        let free = |ledger: &Self| ledger.accounts[operator].free_held(ledger.settings.regime);
        while let Some((id, amount)) = self.operations.covered(operator, free(self)) {
            // The row takes it off those that wait, and its amount off what is free.
            self.append_operation(Some(id), Some(operator), Action::Withdraw { amount }, now);
            self.advise(operator, AdviceEvent::Withdrawn { operation: id, amount });
        }
        // A withdrawal has brought reserves in, in the cash regime; in the deposit regime whatever
        // has come in has.
        self.pay_treasury(operator, now);
    }
}

#[cfg(test)]
mod tests;
