//! Loans and mandates counted again from the rows, for the audit: not by the functions that kept
//! them.

use std::collections::{BTreeMap, BTreeSet};

use crate::details::{LoanPart, LoanUse};
use crate::money::{Amount, LoanId, PaymentId, Total};
use crate::seal::Invariant;

use super::super::OperatorLedger;
use super::super::facts::{Decided, End, Taken};
use super::super::recount::NAMED_MAX;
use super::super::rows::{InboundRow, OperatorRow, OutcomeRow, PaymentRow};
use super::loans::Repaid;
use super::plan::Plan;
use super::terms::LoanTerms;

/// What the rows say of a loan or a mandate.
struct Counted {
    terms: LoanTerms,
    /// Payments that paid it out.
    disbursed: BTreeSet<PaymentId>,
    instalments: BTreeSet<u32>,
    /// What was paid in all, and of it early on the principal.
    paid: Total,
    early: Total,
    payments: Vec<PaymentId>,
}

/// Whether a payment pays a loan out, is paid by a mandate, or arrives for a loan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Lender,
    Borrower,
    Received,
}

#[derive(Clone, Copy)]
struct Open {
    id: PaymentId,
    part: LoanPart,
    amount: Amount,
    side: Side,
}

#[derive(Default)]
struct Count {
    loans: BTreeMap<LoanId, Counted>,
    mandates: BTreeMap<LoanId, Counted>,
    /// Payments that have not ended, by their rows.
    open: BTreeMap<u64, Open>,
    faults: Vec<String>,
}

impl Counted {
    fn new(terms: LoanTerms) -> Self {
        Self {
            terms,
            disbursed: BTreeSet::new(),
            instalments: BTreeSet::new(),
            paid: Total::ZERO,
            early: Total::ZERO,
            payments: Vec::new(),
        }
    }

    /// Whether a record keeps what the rows say: the same payments for the same sum, and as much
    /// principal left as they leave.
    fn is_kept(&self, plan: &Plan, repaid: &[Repaid]) -> bool {
        let sum = |parts: fn(&Repaid) -> Amount| -> Total { repaid.iter().map(parts).sum() };
        let principal = sum(|part| part.principal);
        let left = Total::from(self.terms.principal) - principal;
        repaid.iter().map(|part| part.payment).eq(self.payments.iter().copied())
            && principal + sum(|part| part.interest) == self.paid
            && left == Total::from(plan.outstanding)
            && principal >= self.early
    }
}

impl OperatorLedger {
    /// Every loan is paid out at most once, no instalment is paid twice, and what is left of each is
    /// what its payments leave.
    pub(in super::super) fn check_loans(&self) -> Invariant {
        let mut count = Count::default();
        self.rows().for_each(|row| count.take(&row));
        let mut faults = std::mem::take(&mut count.faults);
        for (id, counted) in &count.loans {
            let found = self.loans.find(*id);
            let is_kept = found.is_some_and(|found| {
                let out = found.since().and(found.disbursement());
                counted.is_kept(&found.plan, &found.repaid)
                    && counted.disbursed.iter().copied().eq(out)
            });
            if !is_kept {
                faults.push(format!("loan {id} is kept otherwise than its rows say"));
            }
        }
        let mut under_way: BTreeMap<LoanId, Vec<PaymentId>> = BTreeMap::new();
        for open in count.open.values().filter(|open| open.side == Side::Borrower) {
            under_way.entry(open.part.loan).or_default().push(open.id);
        }
        for (id, counted) in &count.mandates {
            let found = self.mandates.find(*id);
            let under_way = under_way.remove(id).unwrap_or_default();
            let is_kept = found.is_some_and(|found| {
                let in_flight = found.in_flight.map(|payment| payment.payment);
                counted.is_kept(&found.plan, &found.repaid) && under_way.into_iter().eq(in_flight)
            });
            if !is_kept {
                faults.push(format!("mandate {id} is kept otherwise than its rows say"));
            }
        }
        let [lent, owed] = [&count.loans, &count.mandates].map(|all| {
            let paid: Total = all.values().map(|counted| counted.paid).sum();
            (all.len(), paid)
        });
        let extra = (self.loans.list().len(), self.mandates.list().len()) != (lent.0, owed.0);
        let mut detail = format!(
            "{} loans, {} yuan received; {} mandates, {} yuan paid",
            lent.0, lent.1, owed.0, owed.1
        );
        if !faults.is_empty() {
            let named: Vec<_> = faults.iter().take(NAMED_MAX).map(String::as_str).collect();
            detail = format!("{detail}; {} faults: {}", faults.len(), named.join("; "));
        }
        let name = "loans are paid out once, and no instalment twice";
        Invariant::new(name, !extra && faults.is_empty(), detail)
    }
}

impl Count {
    fn take(&mut self, row: &OperatorRow) {
        // Few kinds of rows are about loans, and none of the others names one.
        if let OperatorRow::Loan(row) = row {
            self.loans.insert(row.loan, Counted::new(row.terms));
        } else if let OperatorRow::Mandate(row) = row {
            self.mandates.insert(row.loan, Counted::new(row.terms));
        } else if let OperatorRow::Payment(row) = row {
            self.take_payment(row);
        } else if let OperatorRow::Inbound(row) = row {
            self.take_inbound(row);
        } else if let OperatorRow::Outcome(row) = row {
            self.take_outcome(row);
        }
    }

    fn take_payment(&mut self, row: &PaymentRow) {
        let part = row.details.as_ref().and_then(|details| details.loan);
        let Some(part) = part else { return };
        let is_disbursed = part.used == LoanUse::Disbursement;
        let side = if is_disbursed { Side::Lender } else { Side::Borrower };
        let open = Open { id: row.id, part, amount: row.amount, side };
        match row.taken {
            Taken::Rejected { .. } => {}
            Taken::InTransit => {
                self.open.insert(row.row, open);
            }
            Taken::Completed => {
                if !is_disbursed {
                    self.arrive(Open { side: Side::Received, ..open });
                }
                self.arrive(open);
            }
        }
    }

    fn take_inbound(&mut self, row: &InboundRow) {
        let Some(delivered) = &row.delivered else { return };
        let part = delivered.details.as_ref().and_then(|details| details.loan);
        let Some(part) = part.filter(|part| part.used != LoanUse::Disbursement) else { return };
        let open = Open { id: row.id, part, amount: delivered.amount, side: Side::Received };
        match row.decided {
            Decided::Rejected { .. } => {}
            Decided::Accepted => self.arrive(open),
            Decided::Held => {
                self.open.insert(row.row, open);
            }
        }
    }

    fn take_outcome(&mut self, row: &OutcomeRow) {
        let Some(open) = self.open.remove(&row.of) else { return };
        if let End::Cleared { .. } = row.end {
            self.arrive(open);
        }
    }

    fn arrive(&mut self, Open { id, part, amount, side }: Open) {
        let LoanPart { loan, used } = part;
        let counted = match side {
            Side::Lender | Side::Received => self.loans.get_mut(&loan),
            Side::Borrower => self.mandates.get_mut(&loan),
        };
        let Some(counted) = counted else {
            return self.faults.push(format!("payment {id} is of loan {loan}, which is not there"));
        };
        if let LoanUse::Disbursement = used {
            counted.disbursed.insert(id);
            if counted.disbursed.len() > 1 {
                self.faults.push(format!("loan {loan} is paid out twice"));
            }
            return;
        }
        counted.payments.push(id);
        counted.paid += amount;
        match used {
            LoanUse::Disbursement => {}
            LoanUse::Repayment(principal) => counted.early += principal,
            LoanUse::Instalment(number) => {
                if !counted.instalments.insert(number) {
                    self.faults.push(format!("instalment {number} of loan {loan} is paid twice"));
                }
            }
        }
    }
}
