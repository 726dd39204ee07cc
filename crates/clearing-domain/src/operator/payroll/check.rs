//! Whether rows of payrolls can follow those before.

use crate::Reason;
use crate::money::{PayrollId, Power, RequestKey};

use super::super::OperatorLedger;
use super::super::check::RestoreError;
use super::rows::{PayrollDecisionRow, PayrollLineRow, PayrollRow};

impl OperatorLedger {
    pub(in super::super) fn check_payroll(&self, row: &PayrollRow) -> Result<(), RestoreError> {
        let refused = |reason| RestoreError::Payroll { row: row.row, payroll: row.payroll, reason };
        let unknown = RestoreError::WalletUnknown { row: row.row, wallet: row.payer };
        self.wallets.slot_of(row.payer).ok_or(unknown)?;
        if !row.payer.kind().may(Power::PayPayroll) {
            return Err(refused(Reason::KindNotAllowed));
        }
        let key = RequestKey::new(row.payer, &row.request_id);
        let is_new =
            self.payrolls.find(row.payroll).is_none() && self.payrolls.of_request(&key).is_none();
        if !is_new {
            return Err(refused(Reason::RequestIdReused));
        }
        // Lines follow their payroll at once: no other one begins before they are all there.
        let is_next = self.payrolls.list().last().is_none_or(|last| last.is_complete());
        if is_next { Ok(()) } else { Err(refused(Reason::PayrollTotal)) }
    }

    pub(in super::super) fn check_payroll_line(
        &self,
        row: &PayrollLineRow,
    ) -> Result<(), RestoreError> {
        let last = self.payrolls.list().last();
        let payroll = last.map_or(PayrollId::default(), |last| last.row.payroll);
        let refused = |reason| RestoreError::Payroll { row: row.row, payroll, reason };
        let last = last.ok_or_else(|| refused(Reason::PayrollUnknown))?;
        let next = last.lines().len() + 1;
        let is_next = usize::try_from(row.line) == Ok(next)
            && !last.is_complete()
            && last.decision.is_none()
            && row.row == last.row.row + u64::from(row.line);
        if !is_next {
            return Err(refused(Reason::PayrollTotal));
        }
        let can_be_paid = row.payee.is_some() && row.amount.is_some_and(|sum| sum.single().is_ok());
        if can_be_paid || row.reason.is_some() {
            Ok(())
        } else {
            Err(refused(Reason::PayrollTotal))
        }
    }

    pub(in super::super) fn check_payroll_decision(
        &self,
        row: &PayrollDecisionRow,
    ) -> Result<(), RestoreError> {
        let payroll = row.payroll;
        let refused = |reason| RestoreError::Payroll { row: row.row, payroll, reason };
        let found = self.payrolls.find(payroll).ok_or_else(|| refused(Reason::PayrollUnknown))?;
        if found.decision.is_some() {
            return Err(refused(Reason::PayrollConfirmed));
        }
        let fits = found.is_complete() && found.sum() == found.row.total.into();
        if fits { Ok(()) } else { Err(refused(Reason::PayrollTotal)) }
    }
}
