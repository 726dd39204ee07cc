//! The loans and payrolls of a script: each borrower of a name has a loan with the next of the lenders,
//! and each payer a payroll with its part of the payees.

use clearing_domain::money::{
    Amount, LoanId, PaymentId, RequestId, RequestKey, Timestamp, WalletNumber,
};
use clearing_domain::operator::{GRACE_DAYS, LoanTerms, MandateStart};

use crate::experiment::script::{LoanAction, LoanStep};
use crate::experiment::{Experiment, Script};
use crate::workload::Named;

use super::order::Order;
use super::plan::{Plan, request_id};

/// What is done about a loan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoanOrder {
    /// The name of the request, of what has one.
    pub request_id: String,
    /// What.
    pub step: LoanStep,
    /// The loan.
    pub loan: PlannedLoan,
}

/// A loan of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedLoan {
    /// The lender's name for the request that agrees on it.
    pub request_id: RequestId,
    /// Its identity, which follows from that.
    pub id: LoanId,
    /// Who lends.
    pub lender: Named,
    /// Who owes.
    pub borrower: Named,
    /// What they agree on.
    pub terms: LoanTerms,
}

/// A payroll to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPayroll {
    /// The name of the request.
    pub request_id: String,
    /// Who pays.
    pub payer: WalletNumber,
    /// Who gets how much.
    pub lines: Vec<(WalletNumber, Amount)>,
}

impl LoanOrder {
    /// The place of the operator that is asked: lenders and borrowers ask their own.
    pub fn operator(&self) -> usize {
        match self.step {
            LoanStep::Agree | LoanStep::Disburse => self.loan.lender.operator,
            LoanStep::Grant | LoanStep::Repay(_) | LoanStep::Revoke => self.loan.borrower.operator,
        }
    }

    /// The identity of an early repayment and the name of its request, as an operator in lockstep
    /// derives it.
    pub fn repayment(&self) -> (PaymentId, RequestId) {
        let request_id = RequestId::Text(self.request_id.as_str().into());
        (PaymentId::of_refund(PaymentId(self.loan.id.0), &request_id), request_id)
    }
}

impl PlannedLoan {
    /// What the operator of the borrower is asked or told of it.
    pub fn start(&self, since: Timestamp) -> MandateStart {
        let LoanTerms { lender, borrower, .. } = self.terms;
        MandateStart { loan: self.id, lender, borrower, terms_hash: self.terms.hash(), since }
    }
}

/// The loans of a name, those of the named wallets that owe in their order.
pub(in super::super) fn planned(
    experiment: &Experiment,
    named: &[Vec<Named>],
    place: usize,
) -> Vec<PlannedLoan> {
    let of = &experiment.script.loans[place];
    let borrowers = &named[of.borrowers];
    let lenders = named[of.lenders].iter().cycle();
    let payees = named[of.payees.unwrap_or(of.borrowers)].iter().cycle();
    let numbered = (1..).zip(borrowers.iter().zip(lenders.zip(payees)));
    let loan = |(number, (borrower, (lender, payee))): (u64, (&Named, (&Named, &Named)))| {
        let request_id = RequestId::Text(format!("loan-{}-{number}", of.name).into());
        let terms = of.terms([lender, borrower, payee].map(|wallet| wallet.number));
        let id = LoanId::of_request(RequestKey::new(lender.number, &request_id));
        PlannedLoan { request_id, id, lender: *lender, borrower: *borrower, terms }
    };
    numbered.map(loan).collect()
}

/// The moments at which instalments are tried, within so many days of the run.
pub(super) fn due(script: &Script, end: Timestamp) -> Vec<Timestamp> {
    let mut due = Vec::new();
    for loans in &script.loans {
        let days = (0..loans.instalments)
            .map_while(|number| loans.first_due.plus_months(number.saturating_mul(loans.months)));
        let tried = days.flat_map(|day| (0..=GRACE_DAYS).map(move |later| day.plus_days(later)));
        due.extend(tried.map(|day| day.start()).take_while(|at| *at < end));
    }
    due
}

impl Plan<'_> {
    /// A step of the loans of a name, to the operator that takes it.
    pub(super) fn loans(&self, place: usize, action: &LoanAction) -> Vec<(usize, Order)> {
        let LoanAction { loans, step, of } = *action;
        let planned = planned(self.experiment, self.workload.named(), loans);
        let numbered = (1..).zip(planned).filter(|(number, _)| of.has(*number));
        let order =
            |(number, loan)| LoanOrder { request_id: request_id(place, number), step, loan };
        let placed = |order: LoanOrder| (order.operator(), Order::Loan(Box::new(order)));
        numbered.map(order).map(placed).collect()
    }

    /// The payrolls of a name, each to the operator of its payer. Who is paid by whom, and how much,
    /// is the same whenever it is paid.
    pub(super) fn payrolls(&self, place: usize, of: usize) -> Vec<(usize, Order)> {
        let payrolls = &self.experiment.script.payrolls[of];
        let payers = &self.workload.named()[payrolls.payers];
        let payees = &self.workload.named()[payrolls.payees];
        let amount =
            |number: usize| self.drawn(payrolls.amount, ("payroll", &payrolls.name), number as u64);
        let payroll = |(number, payer): (usize, &Named)| {
            let lines = payees.iter().enumerate().skip(number).step_by(payers.len().max(1));
            let lines = lines.map(|(number, payee)| (payee.number, amount(number))).collect();
            let request_id = request_id(place, number as u64 + 1);
            let planned = PlannedPayroll { request_id, payer: payer.number, lines };
            (payer.operator, Order::PayPayroll(Box::new(planned)))
        };
        payers.iter().enumerate().map(payroll).collect()
    }
}

#[cfg(test)]
mod tests {
    use clearing_domain::operator::{LoanState, MandateState};

    use super::super::super::tests::finished;
    use super::*;

    /// Six persons and two without money buy on credit, and a company pays the six.
    const CREDIT: &str = "
name = 'credit'
days = 8
[cluster]
operator_count = 3
[[wallet]]
name = 'bank'
kind = 'operator'
operator = 'BOC'
opening = '10000'
[[wallet]]
name = 'shop'
kind = 'merchant'
count = 2
[[wallet]]
name = 'person'
kind = 'personal'
class = 3
count = 6
opening = '300'
[[wallet]]
name = 'poor'
kind = 'personal'
class = 3
count = 2
[[wallet]]
name = 'company'
kind = 'corporate'
operator = 'ICBC'
opening = '100'
[[loan]]
name = 'fridge'
lender = 'bank'
borrower = 'person'
payee = 'shop'
principal = '100.00'
repayment = 'flat'
total_interest = '2.00'
instalments = 1
first_due = 2
[[loan]]
name = 'lost'
lender = 'bank'
borrower = 'poor'
payee = 'shop'
principal = '100.00'
rate_bp = 100
instalments = 1
first_due = 2
[[payroll]]
name = 'wages'
payer = 'company'
payee = 'person'
amount = '10.00'
[[action]]
kind = 'agree-loans'
at = '08:00'
loan = 'fridge'
[[action]]
kind = 'agree-loans'
name = 'agree-lost'
at = '08:00'
loan = 'lost'
[[action]]
kind = 'disburse-loans'
name = 'too-early'
at = '08:30'
loan = 'fridge'
[[action]]
kind = 'grant-mandates'
at = '09:00'
loan = 'fridge'
[[action]]
kind = 'grant-mandates'
name = 'grant-lost'
at = '09:00'
loan = 'lost'
[[action]]
kind = 'disburse-loans'
at = '10:00'
loan = 'fridge'
[[action]]
kind = 'disburse-loans'
name = 'disburse-lost'
at = '10:00'
loan = 'lost'
[[action]]
kind = 'disburse-loans'
name = 'tell'
at = '12:00'
loan = 'fridge'
[[action]]
kind = 'disburse-loans'
name = 'tell-lost'
at = '12:00'
loan = 'lost'
[[action]]
kind = 'repay-loans'
at = '14:00'
loan = 'fridge'
every = 3
[[action]]
kind = 'pay-payroll'
at = '15:00'
payroll = 'wages'
[[action]]
kind = 'pay-payroll'
name = 'too-much'
at = '16:00'
payroll = 'wages'
[[assert]]
figure = 'loan.fridge.interest'
equals = '8.00'
[[assert]]
figure = 'loan.lost.missed'
equals = 8
[[assert]]
figure = 'payroll.wages.paid'
equals = '60.00'
";

    #[test]
    fn loans_are_paid_out_once_and_back_when_they_are_due_unless_a_wallet_is_empty() {
        let experiment = Experiment::from_text(CREDIT, &[], None).unwrap();
        let run = finished(&experiment).unwrap();
        let done: Vec<_> =
            run.script.actions.iter().map(|one| (one.done, one.value.to_string())).collect();
        let expected = [
            (6, "600.00"),
            (2, "200.00"),
            (0, "0.00"),
            (6, "600.00"),
            (2, "200.00"),
            (6, "600.00"),
            (2, "200.00"),
            (6, "600.00"),
            (2, "200.00"),
            (2, "200.00"),
            (1, "60.00"),
            (0, "0.00"),
        ];
        assert_eq!(done, expected.map(|(count, sum)| (count, sum.to_owned())));
        let expected = [
            (LoanState::Repaid, MandateState::Repaid),
            (LoanState::Overdue, MandateState::Overdue),
        ];
        for (loans, (of_loan, of_mandate)) in run.script.loans.iter().zip(expected) {
            for one in loans {
                let lender = &run.ledgers.operators[one.lender.operator];
                let on = lender.business_time(Timestamp::ZERO).plus_ms(-1).date();
                assert_eq!(lender.loan(one.id).unwrap().state(on), of_loan);
                let borrower = &run.ledgers.operators[one.borrower.operator];
                assert_eq!(borrower.mandate(one.id).unwrap().state(on), of_mandate);
            }
        }
    }

    #[test]
    fn a_script_with_loans_reads_as_it_is_shown() {
        let experiment = Experiment::from_text(CREDIT, &[], None).unwrap();
        let again = Experiment::from_text(&experiment.to_toml(None), &[], None).unwrap();
        assert_eq!(again.script, experiment.script);
    }
}
