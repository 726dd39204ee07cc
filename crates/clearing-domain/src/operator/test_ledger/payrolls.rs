//! Payrolls under test.

use crate::Reason;
use crate::money::{Amount, PayrollId, WalletNumber};
use crate::operator::{ContentMark, LineState, NewPayrollLine, OperatorError, PayrollOrder};

use super::{TestLedger, request, yuan};

/// A line as a client would send it.
pub(in super::super) fn line(payee: WalletNumber, amount: i64) -> NewPayrollLine {
    NewPayrollLine { payee: Ok(payee), amount: Ok(yuan(amount)), reference: Some("E1".into()) }
}

impl TestLedger {
    /// Confirms a payroll, one of whose lines is bad.
    pub(in super::super) fn pay_wages(&mut self) {
        let (payer, person) = (self.corporate(100), self.wallet(1, 0));
        let mut bad = line(payer, 7);
        bad.reference = None;
        let payroll = self.prepare("wages", payer, vec![line(person, 5), bad]).unwrap();
        self.confirm(payroll, 5).unwrap();
    }

    /// A payroll to prepare, of the name of its request.
    pub(in super::super) fn payroll_order(
        &self,
        name: &str,
        payer: WalletNumber,
        lines: Vec<NewPayrollLine>,
    ) -> PayrollOrder {
        let request_id = request(name);
        PayrollOrder {
            payroll: PayrollId::of_request(payer, &request_id, None),
            request_id,
            payer,
            title: Some("May".into()),
            content: ContentMark::from_number(1).unwrap(),
            lines,
        }
    }

    pub(in super::super) fn prepare(
        &mut self,
        name: &str,
        payer: WalletNumber,
        lines: Vec<NewPayrollLine>,
    ) -> Result<PayrollId, OperatorError> {
        let order = self.payroll_order(name, payer, lines);
        let prepared = self.ledger.prepare_payroll(order, self.now);
        self.commit();
        prepared
    }

    pub(in super::super) fn confirm(
        &mut self,
        payroll: PayrollId,
        total: i64,
    ) -> Result<(), Reason> {
        self.confirm_amount(payroll, yuan(total))
    }

    pub(in super::super) fn confirm_amount(
        &mut self,
        payroll: PayrollId,
        total: Amount,
    ) -> Result<(), Reason> {
        let confirmed = self.ledger.confirm_payroll(payroll, total, self.now);
        self.commit();
        confirmed.map_err(|error| error.reason())
    }

    /// The lines of a payroll in words.
    pub(in super::super) fn lines(&self, payroll: PayrollId) -> String {
        let found = self.ledger.payroll(payroll).unwrap();
        let word = |line| match self.ledger.state_of_line(found, line) {
            LineState::Bad(reason) => format!("bad {reason}"),
            LineState::Prepared => "prepared".to_owned(),
            LineState::Cancelled => "cancelled".to_owned(),
            LineState::Paid(payment) => self.state_of(payment),
        };
        (1..=found.row.lines).map(word).collect::<Vec<_>>().join("; ")
    }
}
