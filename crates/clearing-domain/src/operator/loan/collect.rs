//! What borrowers pay back: on due days by the mandate, and by hand what is due or early.

use crate::Reason;
use crate::details::{LoanPart, LoanUse};
use crate::money::{Amount, LoanId, PaymentId, RequestId, RequestKey, Timestamp};

use super::super::OperatorLedger;
use super::super::error::OperatorError;
use super::super::pay::{Origin, PaymentOrder};
use super::super::requests::RequestRef;
use super::agree::{of_loan, of_value};
use super::error::LoanValue;
use super::mandates::Mandate;
use super::pay::of_part;

impl OperatorLedger {
    /// Collects the instalments that are due.
    pub(in super::super) fn loans_due(&mut self, now: Timestamp) {
        let due: Vec<_> = self.mandates.due(now).take(self.due_max()).collect();
        for loan in due {
            // What is refused is tried on the next day. What is not taken at all, as before the
            // operators are known, is tried by the next batch.
            let _refused = self.collect(loan, Origin::DueInstalment, now);
        }
    }

    /// Pays the instalment that is due, by its number: the borrower asks for it, as when the mandate
    /// is taken back or its attempts are over. A repeat answers its payment. What is refused changes
    /// nothing.
    pub fn pay_instalment(
        &mut self,
        loan: LoanId,
        number: u32,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        let found = self.mandate(loan)?;
        let used = LoanUse::Instalment(number);
        let mut made = found.repaid.iter().chain(found.in_flight.as_ref());
        if let Some(earlier) = made.find(|earlier| earlier.used == used) {
            return Ok(earlier.payment);
        }
        let not_due =
            of_value("instalment", LoanValue::Count(number.into()), Reason::InstalmentNotDue);
        if found.plan.next != number {
            return Err(not_due);
        }
        self.collect(loan, Origin::Loan, now).map_err(|error| {
            if error.reason() == Reason::InstalmentNotDue { not_due } else { error }
        })
    }

    fn collect(
        &mut self,
        loan: LoanId,
        origin: fn(LoanPart) -> Origin,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        let found = self.mandate(loan)?;
        let used = LoanUse::Instalment(found.plan.next);
        let amount = amount_of(found, used, now)?;
        let (borrower, salt, first) = (found.row.terms.borrower, found.row.salt, found.attempts);
        let id_of =
            |skipped| PaymentId::of_instalment(loan, salt.as_ref(), first.saturating_add(skipped));
        let id = self.free_id(borrower, id_of);
        let name = (id, RequestId::Uuid(id.0));
        self.pay_back(name, (LoanPart { loan, used }, amount), origin, now)
    }

    /// Pays principal early, all that is owed or a part, with the interest on it to the day. A repeat
    /// answers the payment. What is refused changes nothing.
    pub fn repay_loan(
        &mut self,
        (id, request_id): (PaymentId, RequestId),
        loan: LoanId,
        principal: Option<Amount>,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        let found = self.mandate(loan)?;
        let borrower = found.row.terms.borrower;
        let key = RequestKey::new(borrower, &request_id);
        if let Some(earlier) = self.earlier(&key, Some(borrower), &request_id) {
            let earlier = self.repayment_of(earlier, loan, principal);
            return earlier.ok_or(OperatorError::RequestIdReused(request_id));
        }
        let owed = found.plan.outstanding;
        let used = LoanUse::Repayment(principal.unwrap_or(owed));
        let amount = amount_of(found, used, now);
        if let Some(principal) = principal.filter(|principal| *principal > owed)
            && amount.as_ref().is_err_and(|error| error.reason() == Reason::LoanTerms)
        {
            return Err(of_value("principal", LoanValue::Amount(principal), Reason::LoanTerms));
        }
        let amount = amount?;
        self.pay_back((id, request_id), (LoanPart { loan, used }, amount), Origin::Loan, now)
    }

    /// The earlier payment of a request, if it pays the same of the same loan. A request that names
    /// no principal means what was owed then.
    fn repayment_of(
        &self,
        earlier: RequestRef,
        loan: LoanId,
        principal: Option<Amount>,
    ) -> Option<PaymentId> {
        let RequestRef::Payment(slot) = earlier else { return None };
        let payment = &self.payments[slot];
        let LoanPart { loan: of, used: LoanUse::Repayment(paid) } = payment.details()?.loan? else {
            return None;
        };
        let is_same = of == loan && principal.is_none_or(|principal| principal == paid);
        is_same.then_some(payment.id)
    }

    fn pay_back(
        &mut self,
        (id, request_id): (PaymentId, RequestId),
        (part, amount): (LoanPart, Amount),
        origin: fn(LoanPart) -> Origin,
        now: Timestamp,
    ) -> Result<PaymentId, OperatorError> {
        let terms = self.mandate(part.loan)?.row.terms;
        let order = PaymentOrder {
            id,
            request_id,
            payer: terms.borrower,
            payee: Ok(terms.lender),
            alias: None,
            amount: Ok(amount),
            remark: None,
            details: of_part(part, terms.purpose),
        };
        self.pay_as(origin(part), order, now)?;
        Ok(id)
    }
}

/// What a payment of a loan comes to now, if there can be one.
fn amount_of(found: &Mandate, used: LoanUse, now: Timestamp) -> Result<Amount, OperatorError> {
    let loan = found.row.loan;
    let refuse = |reason| of_loan(loan, reason);
    let since = found.since.ok_or_else(|| refuse(Reason::LoanInactive))?;
    if found.in_flight.is_some() {
        return Err(refuse(Reason::LoanInFlight));
    }
    let days = (since.date(), now.date());
    let (principal, interest) =
        found.plan.parts_of(&found.row.terms, used, days).map_err(refuse)?;
    principal.checked_add(interest).ok_or_else(|| refuse(Reason::LoanTerms))
}
