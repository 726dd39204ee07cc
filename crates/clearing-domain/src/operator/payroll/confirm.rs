//! Confirms payrolls, which pays their lines, or cancels them.

use crate::Reason;
use crate::details::{Details, Purpose};
use crate::money::{Amount, PayrollId, RequestId, Timestamp, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::super::pay::{Origin, PaymentOrder};
use super::super::state::PaymentState;
use super::payrolls::{LineState, Payroll, PayrollFigures};
use super::rows::{PayrollDecision, PayrollDecisionRow};

impl OperatorLedger {
    /// Pays the good lines of a payroll, of which the payer repeats the total. A repeat changes
    /// nothing. Without the money for all of them nothing is paid; what limits or a payee refuses is
    /// the outcome of its line alone.
    pub fn confirm_payroll(
        &mut self,
        payroll: PayrollId,
        total: Amount,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let refuse = |reason| Err(OperatorError::Payroll { payroll, reason });
        let found = self.payroll(payroll)?;
        if total != found.row.total {
            return refuse(Reason::PayrollTotal);
        }
        match found.decided() {
            Some(PayrollDecision::Confirmed) => return Ok(()),
            Some(PayrollDecision::Cancelled) => return refuse(Reason::PayrollCancelled),
            None => {}
        }
        let wallet = found.row.payer;
        let payments: Vec<_> = found.good().map(|line| line_order(found, line)).collect();
        // A payer can know the ids of its lines, and could use them first: then it pays none of them.
        if !payments.iter().all(|order| self.is_line_free(order)) {
            return refuse(Reason::RequestIdReused);
        }
        total.single()?;
        let payer = self.known(wallet)?;
        self.check_may_pay(payer).map_err(|reason| OperatorError::Wallet { wallet, reason })?;
        let available = self.own_funds(payer);
        if available < total {
            return Err(OperatorError::InsufficientFunds { wallet, available, requested: total });
        }
        let decision = PayrollDecision::Confirmed;
        self.append(PayrollDecisionRow { row: 0, payroll, decision, at: now }, Known::Nothing);
        let mut refused = 0;
        for order in payments {
            let id = order.id;
            match self.pay_as(Origin::Standing, order, now) {
                Ok(slot) if self.payments[slot].state == PaymentState::Rejected => refused += 1,
                Ok(_) => {}
                Err(error) => {
                    let text = format!("payment {id} of payroll {payroll} left no record: {error}");
                    self.alarm(text);
                }
            }
        }
        self.owe_lines(wallet, refused, now);
        Ok(())
    }

    /// Whether no other payment has the id or the request of the payment of a line.
    fn is_line_free(&self, order: &PaymentOrder) -> bool {
        self.payments.find(order.id).is_none() && self.is_name_free(order.payer, order.id)
    }

    /// Gives a payroll up that was not confirmed. A repeat changes nothing.
    pub fn cancel_payroll(
        &mut self,
        payroll: PayrollId,
        now: Timestamp,
    ) -> Result<(), OperatorError> {
        let found = self.payroll(payroll)?;
        let (payer, good) = (found.row.payer, found.good().count());
        match found.decided() {
            Some(PayrollDecision::Cancelled) => Ok(()),
            Some(PayrollDecision::Confirmed) => {
                Err(OperatorError::Payroll { payroll, reason: Reason::PayrollConfirmed })
            }
            None => {
                let decision = PayrollDecision::Cancelled;
                let row = PayrollDecisionRow { row: 0, payroll, decision, at: now };
                self.append(row, Known::Nothing);
                self.owe_lines(payer, good, now);
                Ok(())
            }
        }
    }

    /// Where a line of a payroll stands, by its number from 1 on.
    pub fn state_of_line(&self, payroll: &Payroll, line: u32) -> LineState<'_> {
        let place = usize::try_from(line).unwrap_or_default().wrapping_sub(1);
        let reason = payroll.lines().get(place).and_then(|line| line.reason);
        match (reason, payroll.decided()) {
            (Some(reason), _) => LineState::Bad(reason),
            (None, None) => LineState::Prepared,
            (None, Some(PayrollDecision::Cancelled)) => LineState::Cancelled,
            (None, Some(PayrollDecision::Confirmed)) => {
                let payment = self.payment(payroll.payment_of(line));
                let payment = payment.filter(|found| self.payer_of(found) == payroll.row.payer);
                payment.map_or(LineState::Bad(Reason::RequestIdReused), LineState::Paid)
            }
        }
    }

    /// How the lines of a payroll stand.
    pub fn payroll_figures(&self, payroll: &Payroll) -> PayrollFigures {
        let mut figures = PayrollFigures::default();
        for line in 1..=payroll.row.lines {
            figures.count(self.state_of_line(payroll, line));
        }
        figures
    }
}

/// The payment of a line. Its id follows from payroll and line, so that nothing pays a line twice.
fn line_order(
    payroll: &Payroll,
    (line, payee, amount): (u32, WalletNumber, Amount),
) -> PaymentOrder {
    let id = payroll.payment_of(line);
    PaymentOrder {
        id,
        request_id: RequestId::Uuid(id.0),
        payer: payroll.row.payer,
        payee: Ok(payee),
        alias: None,
        amount: Ok(amount),
        remark: None,
        details: Details { purpose: Some(Purpose::Payroll), ..Details::default() }.boxed(),
    }
}
