//! Loans and payrolls of a run in this process: what operators ask each other is read in the other
//! ledger.

use clearing_domain::HashKey;
use clearing_domain::money::{Amount, PayrollId, RequestId, RequestKey, Timestamp};
use clearing_domain::operator::{
    ContentMark, LoanOrder as NewLoan, MandateOrder, NewPayrollLine, OperatorError, OperatorLedger,
    PayrollOrder,
};

use super::super::actions::{LoanOrder, PlannedLoan, PlannedPayroll};
use super::InProcess;
use crate::experiment::script::LoanStep;

impl InProcess {
    /// Does something about a loan; the money in it.
    pub(super) fn loan(&mut self, order: &LoanOrder) -> Result<Amount, OperatorError> {
        let LoanOrder { step, loan, .. } = order;
        let principal = loan.terms.principal;
        let now = self.now;
        let lender = &mut self.operators[loan.lender.operator];
        match *step {
            LoanStep::Agree => {
                let request_id = loan.request_id.clone();
                let wanted = NewLoan { request_id, terms: loan.terms, salt: None };
                lender.agree_loan(wanted, lender.business_time(now)).map(|_| principal)
            }
            LoanStep::Grant => {
                let terms = lender.loan(loan.id)?.row.terms;
                let wanted =
                    MandateOrder { loan: loan.id, terms, terms_hash: terms.hash(), salt: None };
                let borrower = &mut self.operators[loan.borrower.operator];
                borrower.grant_mandate(&wanted, borrower.business_time(now)).map(|()| principal)
            }
            LoanStep::Disburse => self.disburse(loan).map(|()| principal),
            LoanStep::Repay(part) => {
                let borrower = &mut self.operators[loan.borrower.operator];
                let at = borrower.business_time(now);
                let paid = borrower.repay_loan(order.repayment(), loan.id, part, at)?;
                Ok(borrower.payment(paid).map(|payment| payment.amount).unwrap_or_default())
            }
            LoanStep::Revoke => {
                let borrower = &mut self.operators[loan.borrower.operator];
                borrower.revoke_mandate(loan.id, borrower.business_time(now))?;
                Ok(Amount::ZERO)
            }
        }
    }

    /// Pays a loan out when its mandate stands, and says so when it is paid, as operators do.
    fn disburse(&mut self, loan: &PlannedLoan) -> Result<(), OperatorError> {
        let now = self.now;
        let (lender, borrower) = (loan.lender.operator, loan.borrower.operator);
        if self.operators[lender].loan(loan.id)?.disbursement().is_none() {
            self.operators[borrower].check_stands(&loan.start(Timestamp::ZERO))?;
        }
        let ledger = &mut self.operators[lender];
        ledger.disburse_loan(loan.id, ledger.business_time(now))?;
        let found = ledger.loan(loan.id)?;
        let since = found.since().filter(|_| !found.is_announced());
        let Some(since) = since else { return Ok(()) };
        let ledger = &mut self.operators[borrower];
        ledger.start_mandate(&loan.start(since), ledger.business_time(now))?;
        let ledger = &mut self.operators[lender];
        ledger.announced_loan(loan.id, ledger.business_time(now))
    }
}

/// Prepares a payroll and confirms it under its total.
pub(super) fn pay(
    ledger: &mut OperatorLedger,
    planned: &PlannedPayroll,
    at: Timestamp,
) -> Result<Amount, OperatorError> {
    let PlannedPayroll { request_id, payer, lines } = planned;
    let request_id = RequestId::Text(request_id.as_str().into());
    let key = RequestKey::new(*payer, &request_id);
    let line = |(payee, amount): &_| NewPayrollLine {
        payee: Ok(*payee),
        amount: Ok(*amount),
        reference: None,
    };
    let order = PayrollOrder {
        payroll: PayrollId::of_request(*payer, &request_id, None),
        request_id,
        payer: *payer,
        title: None,
        // Nothing of the run is kept, so that the key guards nothing.
        content: ContentMark::of(&HashKey::new([0; 32]), &key, &[]),
        lines: lines.iter().map(line).collect(),
    };
    let payroll = ledger.prepare_payroll(order, at)?;
    let total = ledger.payroll(payroll)?.row.total;
    ledger.confirm_payroll(payroll, total, at).map(|()| total)
}
