//! What payments change of loans and mandates. `check` has passed their rows.

use crate::details::{LoanPart, LoanUse};
use crate::money::{Amount, PaymentId, Timestamp};

use super::super::OperatorLedger;
use super::super::facts::{Decided, End, Taken};
use super::super::rows::{InboundRow, PaymentRow};
use super::super::slot::InboundSlot;
use super::loans::Repaid;
use super::plan::Plan;
use super::rows::{LoanRow, LoanStepRow, MandateRow};
use super::terms::LoanTerms;

/// How a payment that pays a loan back is made up.
fn repaid(
    payment: PaymentId,
    used: LoanUse,
    amount: Amount,
    (plan, terms): (&Plan, &LoanTerms),
) -> Repaid {
    let of_plan = match used {
        LoanUse::Disbursement => None,
        LoanUse::Instalment(_) => plan.instalment(terms).map(|found| found.principal),
        LoanUse::Repayment(principal) => Some(principal),
    };
    let principal = of_plan.unwrap_or_default().min(amount);
    Repaid { payment, used, principal, interest: amount.checked_sub(principal).unwrap_or_default() }
}

impl OperatorLedger {
    pub(in super::super) fn apply_loan(&mut self, row: LoanRow) {
        self.pass(row.at);
        self.loans.agree(row);
    }

    pub(in super::super) fn apply_mandate(&mut self, row: MandateRow) {
        self.pass(row.at);
        let borrower = self.wallet_of_row(row.row, row.terms.borrower);
        self.mandates.grant(row, borrower);
    }

    pub(in super::super) fn apply_loan_step(&mut self, row: LoanStepRow) {
        self.pass(row.at);
        self.loans.step(&row);
        self.mandates.step(&row);
        self.loans.steps.push(row);
    }

    /// A payment is a part of a loan: it leaves its wallet, and within the operator arrives.
    pub(in super::super) fn take_loan_part(&mut self, row: &PaymentRow) {
        let Some(part) = row.details.as_ref().and_then(|details| details.loan) else { return };
        let LoanPart { loan, used } = part;
        if used == LoanUse::Disbursement {
            self.loans.disburse(loan, row.id, row.submitted_at);
        } else if let Some(mandate) = self.mandates.find(loan) {
            let of = (&mandate.plan, &mandate.row.terms);
            self.mandates.begin(loan, repaid(row.id, used, row.amount, of));
        }
        if row.taken == Taken::Completed {
            self.receive_loan_part(row.id, part, row.amount);
        }
        if row.taken != Taken::InTransit {
            self.end_loan_part(row.id, row.taken == Taken::Completed, row.submitted_at);
        }
    }

    /// A payment is final, was refused or came back.
    pub(in super::super) fn end_loan_part(
        &mut self,
        payment: PaymentId,
        has_arrived: bool,
        at: Timestamp,
    ) {
        self.loans.payment_ends(payment, has_arrived);
        self.mandates.payment_ends(payment, has_arrived, at);
    }

    fn receive_loan_part(&mut self, payment: PaymentId, part: LoanPart, amount: Amount) {
        if part.used == LoanUse::Disbursement {
            return;
        }
        if let Some(loan) = self.loans.find(part.loan) {
            let received = repaid(payment, part.used, amount, (&loan.plan, &loan.row.terms));
            self.loans.receive(part.loan, received);
        }
    }

    /// A transfer pays a loan back, or room is held for it.
    pub(in super::super) fn take_loan_credit(&mut self, row: &InboundRow) {
        let Some(delivered) = &row.delivered else { return };
        let part = delivered.details.as_ref().and_then(|details| details.loan);
        let Some(part) = part.filter(|part| part.used != LoanUse::Disbursement) else { return };
        match row.decided {
            Decided::Rejected { .. } => {}
            Decided::Accepted => self.receive_loan_part(row.id, part, delivered.amount),
            Decided::Held => self.loans.hold(part.loan, Some(row.id)),
        }
    }

    /// What room was held for has come, or does not.
    pub(in super::super) fn end_loan_credit(&mut self, slot: InboundSlot, end: End) {
        let inbound = &self.inbound[slot];
        let Some(delivered) = &inbound.delivered else { return };
        let part = delivered.details.as_ref().and_then(|details| details.loan);
        let Some(part) = part.filter(|part| part.used != LoanUse::Disbursement) else { return };
        let (id, amount) = (inbound.id, delivered.amount);
        match end {
            End::Cleared { .. } => self.receive_loan_part(id, part, amount),
            End::Refused { .. } => self.loans.hold(part.loan, None),
        }
    }
}
