//! Issue, withdraw, fund, cap and suspend: what the central bank does with an operator.

use crate::Regime;
use crate::link::{AdviceEvent, OperationId, WithdrawalAnswer};
use crate::money::{Amount, OperatorCode, Position, RequestId, RequestKey, Timestamp};

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
            self.append_operation(OperationId::default(), OperationKind::SetCap, operator, sum, now);
        }
        Ok(())
    }

    /// Suspends an operator, or lets it take part again.
    pub fn set_active(&mut self, operator: OperatorCode, active: bool, now: Timestamp) -> Result<(), CentralBankError> {
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
        let amount = Amount::from_fen(sum.fen()).unwrap_or_default();
        match kind {
            OperationKind::Fund => self.advise(operator, AdviceEvent::ReservesChanged { operation: id, change: sum }),
            OperationKind::Issue => {
                self.advise(operator, AdviceEvent::Issued { operation: id, amount });
                self.finish_withdrawals(operator, now);
            }
            OperationKind::WithdrawRequest => {
                self.advise(operator, AdviceEvent::WithdrawalRequested { operation: id, amount });
            }
            OperationKind::Withdraw
            | OperationKind::WithdrawDecline
            | OperationKind::SetCap
            | OperationKind::Suspend
            | OperationKind::Resume => {}
        }
        Ok(operation)
    }

    fn check_operation(&self, kind: OperationKind, operator: u16, sum: Position) -> Result<(), CentralBankError> {
        let account = &self.accounts[usize::from(operator)];
        let (operator, requested) = (account.code, if kind == OperationKind::Fund { -sum } else { sum });
        let (available, error) = match kind {
            OperationKind::Fund | OperationKind::Issue => {
                let available = self.uncommitted_reserves(account);
                (available, CentralBankError::ReservesInsufficient { operator, available, requested })
            }
            OperationKind::WithdrawRequest => {
                let available = self.uncommitted_held(account) - account.withdrawing.position();
                (available, CentralBankError::HeldInsufficient { operator, available, requested })
            }
            OperationKind::Withdraw
            | OperationKind::WithdrawDecline
            | OperationKind::SetCap
            | OperationKind::Suspend
            | OperationKind::Resume => return Ok(()),
        };
        if requested > Position::ZERO && available < requested { Err(error) } else { Ok(()) }
    }

    /// Under gross settlement admitted payments already count on the settlement asset.
    fn uncommitted_reserves(&self, account: &OperatorAccount) -> Position {
        let counts = self.is_gross() && self.settings.regime == Regime::Deposit;
        account.reserves - if counts { account.outstanding.position() } else { Position::ZERO }
    }

    fn uncommitted_held(&self, account: &OperatorAccount) -> Position {
        account.held - if self.is_gross() { account.outstanding.position() } else { Position::ZERO }
    }

    /// The operator's answer to a request for withdrawal; a repeat changes nothing.
    pub(super) fn answer_withdrawal(&mut self, operator: u16, answer: &WithdrawalAnswer, now: Timestamp) {
        let Some((first, last)) = self.operation(answer.operation) else {
            return self.alarm(format!("an answer came for withdrawal {:x?}, which is unknown", answer.operation.0));
        };
        if last.kind != OperationKind::WithdrawRequest || first.operator != operator {
            return;
        }
        if !answer.held {
            self.append_operation(first.id, OperationKind::WithdrawDecline, operator, first.sum, now);
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
            let amount = Amount::from_fen(first.sum.fen()).unwrap_or_default();
            self.advise(operator, AdviceEvent::Withdrawn { operation: id, amount });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, NET, code, request, settings, yuan};
    use super::super::operation::OperationKind;
    use super::super::settings::SettlementMode;
    use crate::Regime;
    use crate::link::{OperationId, OperatorMessage, WithdrawalAnswer};
    use crate::money::{Position, RequestKey};

    fn answer(bench: &mut Bench, request_id: &str, held: bool) {
        let operation = OperationId(RequestKey::without_wallet(&request(request_id)).0);
        let withdrawals = vec![WithdrawalAnswer { operation, held }];
        bench.send(0, OperatorMessage { withdrawals, ..OperatorMessage::default() });
    }

    /// Reserves and holding of operator A in yuan.
    fn balances(bench: &Bench) -> (i64, i64) {
        let account = &bench.ledger.accounts()[0];
        (account.reserves.fen() / 100, account.held.fen() / 100)
    }

    #[test]
    fn an_issue_turns_reserves_into_e_cny_once() {
        let mut bench = Bench::net(1, None);
        for _ in 0..2 {
            bench.ledger.issue(code(0), yuan(200), &request("i"), bench.now).unwrap();
            bench.commit();
        }
        assert_eq!((balances(&bench), bench.heard(0).as_str()), ((300, 1_200), "issued 200"));
        assert_eq!((bench.ledger.issued().fen(), bench.ledger.withdrawn().fen()), (120_000, 0));
        assert!(bench.ledger.issue(code(0), yuan(201), &request("i"), bench.now).is_err());
        assert!(bench.ledger.issue(code(0), yuan(301), &request("j"), bench.now).is_err());
        bench.check();
    }

    #[test]
    fn a_withdrawal_moves_the_holding_only_when_the_operator_has_set_it_aside() {
        let mut bench = Bench::net(1, None);
        bench.ledger.withdraw(code(0), yuan(400), &request("w"), bench.now).unwrap();
        bench.commit();
        assert_eq!((balances(&bench), bench.heard(0).as_str()), ((500, 1_000), "set aside 400"));
        assert!(bench.ledger.withdraw(code(0), yuan(601), &request("x"), bench.now).is_err());
        answer(&mut bench, "w", true);
        answer(&mut bench, "w", true);
        assert_eq!((balances(&bench), bench.heard(0).as_str()), ((900, 600), "withdrawn 400"));
        let last = bench.ledger.withdraw(code(0), yuan(400), &request("w"), bench.now).unwrap();
        assert_eq!(last.kind, OperationKind::Withdraw);
        bench.check();
    }

    #[test]
    fn a_declined_withdrawal_changes_nothing() {
        let mut bench = Bench::net(1, None);
        bench.ledger.withdraw(code(0), yuan(400), &request("w"), bench.now).unwrap();
        answer(&mut bench, "w", false);
        answer(&mut bench, "w", true);
        assert_eq!(balances(&bench), (500, 1_000));
        assert_eq!(bench.ledger.accounts()[0].withdrawing, yuan(0));
        bench.check();
    }

    #[test]
    fn a_withdrawal_waits_for_inflow_when_settlement_took_the_holding() {
        let mut bench = Bench::net(2, None);
        bench.ledger.withdraw(code(0), yuan(1_000), &request("w"), bench.now).unwrap();
        bench.paid(0, 1, 300);
        bench.close();
        answer(&mut bench, "w", true);
        assert_eq!(balances(&bench), (500, 700));
        bench.paid(1, 0, 300);
        bench.heard(0);
        bench.close();
        assert_eq!(
            (balances(&bench), bench.heard(0).as_str()),
            ((1_500, 0), "cycle 2 settled 300 carried 0; withdrawn 1000")
        );
        bench.check();
    }

    #[test]
    fn gross_settlement_withdraws_nothing_that_covers_a_payment() {
        let mut bench = Bench::new(settings(SettlementMode::Gross, 2, None));
        let number = bench.pay(0, 1, 700);
        assert!(bench.ledger.withdraw(code(0), yuan(301), &request("w"), bench.now).is_err());
        bench.ledger.withdraw(code(0), yuan(300), &request("x"), bench.now).unwrap();
        bench.pay(0, 1, 300);
        answer(&mut bench, "x", true);
        assert_eq!(balances(&bench), (500, 1_000));
        bench.decide(1, number, Some(crate::Reason::PayeeUnknown));
        assert_eq!(balances(&bench), (800, 700));
        bench.check();
    }

    #[test]
    fn deposits_know_no_issue_and_reserves_are_never_overdrawn() {
        let mut settings = settings(NET, 1, None);
        settings.regime = Regime::Deposit;
        let mut bench = Bench::new(settings);
        assert!(bench.ledger.issue(code(0), yuan(1), &request("i"), bench.now).is_err());
        let out = |yuan: i64| Position::from_fen(-100 * yuan);
        assert!(bench.ledger.fund(code(0), out(1_501), &request("f"), bench.now).is_err());
        bench.ledger.fund(code(0), out(1_500), &request("g"), bench.now).unwrap();
        bench.commit();
        assert_eq!((balances(&bench), bench.heard(0).as_str()), ((0, 0), "reserves -1500"));
        bench.check();
    }

    #[test]
    fn a_cap_lowered_below_the_exposure_binds_the_next_admission_only() {
        let mut bench = Bench::net(2, Some(100));
        bench.paid(0, 1, 80);
        bench.ledger.set_cap(code(0), Some(yuan(50)), bench.now).unwrap();
        let refused = bench.pay(0, 1, 1);
        assert_eq!((bench.headroom(0), bench.state(refused).as_str()), (Some(-30), "refused NET_DEBIT_CAP"));
        bench.ledger.set_cap(code(0), None, bench.now).unwrap();
        let admitted = bench.pay(0, 1, 900);
        assert_eq!((bench.headroom(0), bench.state(admitted).as_str()), (None, "delivered"));
        bench.check();
    }

    #[test]
    fn an_alias_names_one_wallet_and_is_replaced_only_on_purpose() {
        use super::super::bench::wallet;
        let mut bench = Bench::net(2, None);
        bench.ledger.link_alias("phone:1", wallet(0), false).unwrap();
        bench.ledger.link_alias("phone:1", wallet(0), false).unwrap();
        assert!(bench.ledger.link_alias("phone:1", wallet(1), false).is_err());
        bench.ledger.link_alias("phone:1", wallet(1), true).unwrap();
        assert_eq!(bench.ledger.look_up("phone:1"), Some(wallet(1)));
        assert!(bench.ledger.unlink_alias("phone:1", wallet(0)).is_err());
        bench.ledger.unlink_alias("phone:1", wallet(1)).unwrap();
        bench.ledger.unlink_alias("phone:1", wallet(1)).unwrap();
        bench.commit();
        bench.restart();
        assert_eq!((bench.ledger.look_up("phone:1"), bench.ledger.alias_rows().len()), (None, 3));
        bench.check();
    }
}
