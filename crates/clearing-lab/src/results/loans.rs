//! The figures of the loans and payrolls of a script, from the ledgers of their wallets.

use clearing_domain::details::LoanUse;
use clearing_domain::money::{Amount, BusinessDate, Timestamp, Total};
use clearing_domain::operator::{
    Loan, LoanState, OperatorLedger, PaymentState, PayrollDecision, PayrollFigures,
};

use crate::engine::{Ledgers, PlannedLoan};
use crate::experiment::script::{LoanFigure, PayrollFigure};
use crate::workload::Named;

use super::story::{count, fen};

/// The last day of a run.
fn last_day(ledger: &OperatorLedger) -> BusinessDate {
    ledger.business_time(Timestamp::ZERO).plus_ms(-1).date()
}

/// A figure of the loans of a name; nothing of those that were never agreed on.
pub(super) fn of_loans(ledgers: &Ledgers, planned: &[PlannedLoan], figure: LoanFigure) -> i64 {
    let found = || {
        planned.iter().filter_map(|one| {
            let ledger = &ledgers.operators[one.lender.operator];
            Some((ledger.loans().find(one.id)?, last_day(ledger)))
        })
    };
    let those =
        |is: fn(LoanState) -> bool| count(found().filter(|(loan, on)| is(loan.state(*on))).count());
    let sum = |of: fn(&Loan) -> Total| -> i64 { fen(found().map(|(loan, _)| of(loan)).sum()) };
    let is_early = |used: LoanUse| matches!(used, LoanUse::Repayment(_));
    let of_disbursed = |of: fn(&Loan) -> Amount| {
        fen(found().filter(|(loan, _)| loan.since().is_some()).map(|(loan, _)| of(loan)).sum())
    };
    match figure {
        LoanFigure::Loans => those(|_| true),
        LoanFigure::Disbursed => count(found().filter(|(loan, _)| loan.since().is_some()).count()),
        LoanFigure::Repaid => those(|state| state == LoanState::Repaid),
        LoanFigure::Overdue => those(|state| state == LoanState::Overdue),
        LoanFigure::Instalments => {
            let paid = found().flat_map(|(loan, _)| &loan.repaid);
            count(paid.filter(|part| !is_early(part.used)).count())
        }
        LoanFigure::Missed => missed(ledgers, planned),
        LoanFigure::Lent => of_disbursed(|loan| loan.row.terms.principal),
        LoanFigure::Principal => {
            sum(|loan| loan.repaid.iter().map(|part| part.principal).sum::<Total>())
        }
        LoanFigure::Early => {
            let parts = found().flat_map(|(loan, _)| &loan.repaid);
            fen(parts.filter(|part| is_early(part.used)).map(|part| part.principal).sum())
        }
        LoanFigure::Interest => sum(|loan| loan.interest.into()),
        LoanFigure::Outstanding => of_disbursed(|loan| loan.plan.outstanding),
    }
}

/// How many payments of instalments were refused or came back.
fn missed(ledgers: &Ledgers, planned: &[PlannedLoan]) -> i64 {
    let ids: std::collections::BTreeSet<_> = planned.iter().map(|one| one.id).collect();
    let of_ledger = |ledger: &OperatorLedger| {
        let payments = ledger.payments().iter();
        let missed = payments.filter(|payment| {
            let part = payment.details().and_then(|details| details.loan);
            let is_of = part.is_some_and(|part| {
                matches!(part.used, LoanUse::Instalment(_)) && ids.contains(&part.loan)
            });
            is_of && matches!(payment.state, PaymentState::Rejected | PaymentState::Returned)
        });
        missed.count()
    };
    count(ledgers.operators.iter().map(of_ledger).sum::<usize>())
}

/// A figure of the payrolls of some payers.
pub(super) fn of_payrolls(ledgers: &Ledgers, payers: &[Named], figure: PayrollFigure) -> i64 {
    let (mut payrolls, mut lines, mut total) = (0_u64, 0_u64, Total::ZERO);
    let mut all = PayrollFigures::default();
    for payer in payers {
        let ledger = &ledgers.operators[payer.operator];
        for (_, payroll) in ledger.payrolls().of_payer(payer.number, 0) {
            if payroll.decided() != Some(PayrollDecision::Confirmed) {
                continue;
            }
            payrolls += 1;
            lines += u64::from(payroll.row.lines);
            total += payroll.row.total;
            let figures = ledger.payroll_figures(payroll);
            all.bad += figures.bad;
            all.completed.0 += figures.completed.0;
            all.completed.1 += figures.completed.1;
            all.refused.0 += figures.refused.0;
        }
    }
    match figure {
        PayrollFigure::Payrolls => count(payrolls),
        PayrollFigure::Lines => count(lines),
        PayrollFigure::Bad => count(all.bad),
        PayrollFigure::Completed => count(all.completed.0),
        PayrollFigure::Refused => count(all.refused.0),
        PayrollFigure::Total => fen(total),
        PayrollFigure::Paid => fen(all.completed.1),
    }
}
