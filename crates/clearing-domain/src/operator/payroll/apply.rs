//! What follows from the rows of payrolls.

use super::super::OperatorLedger;
use super::rows::{PayrollDecisionRow, PayrollRow};

impl OperatorLedger {
    pub(in super::super) fn apply_payroll(&mut self, row: PayrollRow) {
        self.pass(row.at);
        self.payrolls.prepare(row);
    }

    pub(in super::super) fn apply_payroll_decision(&mut self, row: PayrollDecisionRow) {
        self.pass(row.at);
        self.payrolls.decide(row);
    }
}
