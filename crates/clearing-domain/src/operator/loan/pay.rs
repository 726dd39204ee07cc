//! The disbursement of a loan: the lender pays in the borrower's name.

use crate::Reason;
use crate::details::{Details, LoanPart, LoanUse, Purpose};
use crate::money::{LoanId, PaymentId, RequestId, Timestamp};

use super::super::OperatorLedger;
use super::super::error::OperatorError;
use super::super::pay::{Origin, PaymentOrder};
use super::super::slot::WalletSlot;
use super::agree::of_loan;
use super::error::LoanValue;
use super::loans::Phase;

/// How often a loan may be tried to be paid out: each attempt that comes back is rows for ever.
const ATTEMPTS_MAX: u32 = 16;

impl OperatorLedger {
    /// Whether a wallet lends or owes, or may come to, or holds a wealth product of a provider here: it
    /// must stay open for what is paid back.
    pub(in super::super) fn has_obligations(&self, slot: WalletSlot) -> bool {
        let wallet = self.wallets[slot].number;
        self.mandates.has_live(slot)
            || self.loans.has_live(wallet)
            || self.wealth.is_held(wallet)
            || self.wealth.holds(wallet)
    }

    /// Pays a loan out to its payee. A repeat answers the payment that is on its way or final; one
    /// that came back is paid again. What is refused changes nothing.
    pub fn disburse_loan(
        &mut self,
        loan: LoanId,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        let found = self.loan(loan)?;
        match found.phase {
            Phase::Agreed => {}
            Phase::Disbursing(payment, _) | Phase::Disbursed(payment, _) => return Ok(payment),
            Phase::Cancelled => return Err(of_loan(loan, Reason::LoanInactive)),
        }
        let (terms, salt, first) = (found.row.terms, found.row.salt, found.attempts);
        if terms.first_due < now.date() {
            let value = LoanValue::Date(terms.first_due);
            let reason = Reason::LoanTerms;
            return Err(OperatorError::Loan { field: "first_due_date", value, reason });
        }
        if first >= ATTEMPTS_MAX {
            return Err(of_loan(loan, Reason::RefusedTooOften));
        }
        let id_of = |skipped| {
            PaymentId::of_disbursement(loan, salt.as_ref(), first.saturating_add(skipped))
        };
        let id = self.free_id(terms.lender, id_of);
        let part = LoanPart { loan, used: LoanUse::Disbursement };
        let order = PaymentOrder {
            id,
            request_id: RequestId::Uuid(id.0),
            payer: terms.lender,
            payee: Ok(terms.payee),
            alias: None,
            amount: Ok(terms.principal),
            remark: None,
            details: of_part(part, Purpose::Loan),
        };
        self.pay_as(Origin::Loan(part), order, now)?;
        Ok(id)
    }
}

/// The details of a payment that is a part of a loan.
pub(super) fn of_part(part: LoanPart, purpose: Purpose) -> Option<Box<Details>> {
    Details { purpose: Some(purpose), loan: Some(part), ..Details::default() }.boxed()
}
