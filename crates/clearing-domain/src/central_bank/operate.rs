//! Issue, withdraw, fund, cap and suspend: what the central bank does with an operator.

use crate::Regime;
use crate::link::{AdviceEvent, OperationId, WithdrawalAnswer};
use crate::money::{Amount, OperatorCode, Position, RequestId, RequestKey, Timestamp, Total};

use super::account::OperatorAccount;
use super::changes::EventKind;
use super::error::CentralBankError;
use super::ledger::CentralBankLedger;
use super::operation::{Operation, OperationKind};

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
        self.operate(OperationKind::Issue, operator, amount.position(), request_id, now)
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
        self.operate(OperationKind::WithdrawRequest, operator, amount.position(), request_id, now)
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
        self.operate(OperationKind::Fund, operator, sum, request_id, now)
    }

    /// Sets an operator's net debit cap; it binds from the next admission on.
    pub fn set_cap(
        &mut self,
        operator: OperatorCode,
        cap: Option<Amount>,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let operator = self.operator_number(operator)?;
        if self.accounts[usize::from(operator)].cap != cap {
            let sum = cap.map_or(Position::from_fen(-1), Amount::position);
            self.append_operation(
                OperationId::default(),
                OperationKind::SetCap,
                operator,
                sum,
                now,
            );
        }
        Ok(())
    }

    /// Suspends an operator, or lets it take part again.
    pub fn set_active(
        &mut self,
        operator: OperatorCode,
        active: bool,
        now: Timestamp,
    ) -> Result<(), CentralBankError> {
        let number = self.operator_number(operator)?;
        if self.accounts[usize::from(number)].active != active {
            let (kind, event) = if active {
                (OperationKind::Resume, EventKind::OperatorResumed)
            } else {
                (OperationKind::Suspend, EventKind::OperatorSuspended)
            };
            self.append_operation(OperationId::default(), kind, number, Position::ZERO, now);
            self.happened(event, format!("operator {operator}"));
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
        self.operate(OperationKind::Pledge, operator, sum, request_id, now)
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
        self.operate(OperationKind::Earmark, operator, sum, request_id, now)
    }

    /// Whether guarantees may change by a sum: there must be as much, and the cap must still cover
    /// what the operator owes.
    fn check_guarantees(
        &self,
        kind: OperationKind,
        operator: u16,
        sum: Position,
    ) -> Result<(), CentralBankError> {
        let account = &self.accounts[usize::from(operator)];
        let code = account.code;
        if kind == OperationKind::Earmark && sum > self.uncommitted_reserves(account) {
            let (available, requested) = (self.uncommitted_reserves(account), sum);
            return Err(CentralBankError::ReservesInsufficient {
                operator: code,
                available,
                requested,
            });
        }
        let guarantees = account.guarantees.after(kind, sum);
        let guarantees =
            guarantees.ok_or(CentralBankError::NotPledged { operator: code, requested: -sum })?;
        if sum > Position::ZERO {
            let put_up = Total::from(guarantees.earmarked) + guarantees.collateral + account.credit;
            self.check_sum("the guarantees and the credit line of the operator", put_up)?;
        }
        let cap = account.cap_under(guarantees, self.settings.haircut_permille);
        let exposure = account.outstanding.position() - account.unsettled;
        if let Some(cap) = cap
            && sum < Position::ZERO
            && exposure > cap.position()
        {
            return Err(CentralBankError::CapUncovered { operator: code, cap, exposure });
        }
        Ok(())
    }

    fn check_cash(&self) -> Result<(), CentralBankError> {
        match self.settings.regime {
            Regime::Cash => Ok(()),
            Regime::Deposit => Err(CentralBankError::NoIssuance),
        }
    }

    pub(super) fn operate(
        &mut self,
        kind: OperationKind,
        operator: u16,
        sum: Position,
        request_id: &RequestId,
        now: Timestamp,
    ) -> Result<Operation, CentralBankError> {
        let id = OperationId(RequestKey::without_wallet(request_id).0);
        if let Some((first, last)) = self.operation(id) {
            if (first.kind, first.operator, first.sum) == (kind, operator, sum) {
                return Ok(last);
            }
            return Err(CentralBankError::RequestIdReused(request_id.clone()));
        }
        self.check_operation(kind, operator, sum)?;
        let operation = self.append_operation(id, kind, operator, sum, now);
        let amount = Amount::from_sum(sum).unwrap_or_default();
        if matches!(kind, OperationKind::Fund | OperationKind::Lend) {
            self.advise(operator, AdviceEvent::ReservesChanged { operation: id, change: sum });
            self.repay_default(kind, operator, now);
        } else if kind == OperationKind::Issue {
            self.advise(operator, AdviceEvent::Issued { operation: id, amount });
            self.finish_withdrawals(operator, now);
        } else if kind == OperationKind::WithdrawRequest {
            self.advise(operator, AdviceEvent::WithdrawalRequested { operation: id, amount });
        }
        self.release_at_once(now);
        self.settle_if_covered(self.business_time(now));
        Ok(operation)
    }

    fn check_operation(
        &self,
        kind: OperationKind,
        operator: u16,
        sum: Position,
    ) -> Result<(), CentralBankError> {
        if let OperationKind::Pledge | OperationKind::Earmark = kind {
            return self.check_guarantees(kind, operator, sum);
        }
        self.check_money(kind, operator, sum)?;
        let account = &self.accounts[usize::from(operator)];
        let (operator, brings) =
            (account.code, matches!(kind, OperationKind::Fund | OperationKind::Lend));
        let requested = if brings { -sum } else { sum };
        let (available, error) = if kind == OperationKind::WithdrawRequest {
            let available = self.uncommitted_held(account) - account.withdrawing.position();
            (available, CentralBankError::HeldInsufficient { operator, available, requested })
        } else {
            let available = self.uncommitted_reserves(account);
            (available, CentralBankError::ReservesInsufficient { operator, available, requested })
        };
        if requested > Position::ZERO && available < requested { Err(error) } else { Ok(()) }
    }

    /// Payments under way that settle gross already count on the settlement asset. What is
    /// earmarked may not leave.
    pub(super) fn uncommitted_reserves(&self, account: &OperatorAccount) -> Position {
        let counts = self.settings.regime == Regime::Deposit;
        account.reserves
            - account.guarantees.earmarked.position()
            - if counts { account.committed.position() } else { Position::ZERO }
    }

    fn uncommitted_held(&self, account: &OperatorAccount) -> Position {
        let counts = self.settings.regime == Regime::Cash;
        account.held - if counts { account.committed.position() } else { Position::ZERO }
    }

    /// The operator's answer to a request for withdrawal; a repeat changes nothing.
    pub(super) fn answer_withdrawal(
        &mut self,
        operator: u16,
        answer: &WithdrawalAnswer,
        now: Timestamp,
    ) {
        let Some((first, last)) = self.operation(answer.operation) else {
            return self.refuse_item(
                operator,
                format!(
                    "an answer came for withdrawal {:x?}, which is unknown",
                    answer.operation.0
                ),
            );
        };
        if first.operator != operator {
            let code = self.accounts[usize::from(operator)].code;
            let text = format!(
                "{code} answered withdrawal {:x?}, which is not its own",
                answer.operation.0
            );
            return self.refuse_item(operator, text);
        }
        if last.kind != OperationKind::WithdrawRequest {
            return;
        }
        if !answer.held {
            self.append_operation(
                first.id,
                OperationKind::WithdrawDecline,
                operator,
                first.sum,
                now,
            );
            return;
        }
        let account = &mut self.accounts[usize::from(operator)];
        if !account.answered.contains(&first.id) {
            account.answered.push(first.id);
        }
        self.finish_withdrawals(operator, now);
    }

    /// Books the withdrawals that an operator set e-CNY aside for, as far as its holding covers
    /// them; the others wait for the next inflow.
    pub(super) fn finish_withdrawals(&mut self, operator: u16, now: Timestamp) {
        let waiting = std::mem::take(&mut self.accounts[usize::from(operator)].answered);
        for id in waiting {
            let Some((first, _)) = self.operation(id) else { continue };
            if first.sum > self.uncommitted_held(&self.accounts[usize::from(operator)]) {
                self.accounts[usize::from(operator)].answered.push(id);
                continue;
            }
            self.append_operation(id, OperationKind::Withdraw, operator, first.sum, now);
            let amount = Amount::from_sum(first.sum).unwrap_or_default();
            self.advise(operator, AdviceEvent::Withdrawn { operation: id, amount });
        }
    }
}

#[cfg(test)]
mod tests;
