//! Converts loans and mandates between messages and the domain.

use clearing_api::enums::WireEnum;
use clearing_api::status::FieldError;
use clearing_api::text::{self, timestamp};
use clearing_api::v1;
use clearing_domain::Reason;
use clearing_domain::details::LoanUse;
use clearing_domain::money::{Amount, BusinessDate, LoanId, PaymentId};
use clearing_domain::operator::{
    Instalment, Loan, LoanState, LoanTerms, Mandate, MandateStart, MandateState, Plan, Repaid,
    Repayment,
};

use crate::campaign_orders::{head, hex, time};

/// Whether a loan is shown with its instalments and payments, which are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// With all of them.
    Whole,
    /// Without.
    Short,
}

fn invalid(field: &'static str, value: impl std::fmt::Display) -> FieldError {
    FieldError::new(Reason::FieldInvalid, field, format!("{field} {value} is not allowed"))
}

/// Reads the id of a loan.
pub(crate) fn loan_id(text: &str) -> Result<LoanId, FieldError> {
    text.parse().map_err(|error| FieldError::new(Reason::FieldInvalid, "loan_id", error))
}

/// Reads the terms of a loan.
pub(crate) fn terms(terms: &v1::LoanTerms) -> Result<LoanTerms, FieldError> {
    let unreadable = || invalid("purpose", terms.purpose);
    let purpose = v1::Purpose::try_from(terms.purpose).map_err(|_| unreadable())?;
    let first_due = BusinessDate::parse(&terms.first_due_date);
    Ok(LoanTerms {
        lender: text::wallet_number("lender_wallet", &terms.lender_wallet)?,
        borrower: text::wallet_number("borrower_wallet", &terms.borrower_wallet)?,
        payee: text::wallet_number("payee_wallet", &terms.payee_wallet)?,
        principal: text::positive_amount("principal", &terms.principal)?,
        repayment: repayment(terms)?,
        instalments: terms.instalment_count,
        first_due: first_due.ok_or_else(|| {
            invalid("first_due_date", format!("{:?}", shorten(&terms.first_due_date)))
        })?,
        months: terms.period_months,
        purpose: purpose.value().ok_or_else(unreadable)?,
    })
}

fn shorten(text: &str) -> String {
    clearing_domain::money::cut(text, 40)
}

fn repayment(terms: &v1::LoanTerms) -> Result<Repayment, FieldError> {
    use v1::loan_terms::Repayment as Rule;
    let (rule, rate_bp) = (terms.repayment(), terms.rate_bp);
    // What another rule would need must not be there: it would be lost without a word.
    if rate_bp != 0 && rule == Rule::Flat {
        return Err(invalid("rate_bp", rate_bp));
    }
    if !terms.total_interest.is_empty() && rule != Rule::Flat {
        return Err(invalid("total_interest", "of a loan with a rate"));
    }
    match rule {
        Rule::EqualPrincipal => Ok(Repayment::EqualPrincipal { rate_bp }),
        Rule::Annuity => Ok(Repayment::Annuity { rate_bp }),
        Rule::Flat => {
            let interest = text::amount_or_zero("total_interest", &terms.total_interest)?;
            Ok(Repayment::Flat { interest })
        }
        Rule::Unspecified => Err(invalid("repayment", terms.repayment)),
    }
}

fn terms_shown(terms: &LoanTerms) -> v1::LoanTerms {
    use v1::loan_terms::Repayment as Rule;
    let (repayment, rate_bp, interest) = match terms.repayment {
        Repayment::EqualPrincipal { rate_bp } => (Rule::EqualPrincipal, rate_bp, None),
        Repayment::Annuity { rate_bp } => (Rule::Annuity, rate_bp, None),
        Repayment::Flat { interest } => (Rule::Flat, 0, Some(interest)),
    };
    v1::LoanTerms {
        lender_wallet: terms.lender.to_string(),
        borrower_wallet: terms.borrower.to_string(),
        payee_wallet: terms.payee.to_string(),
        principal: terms.principal.to_string(),
        repayment: repayment.into(),
        rate_bp,
        total_interest: interest.map(|sum| sum.to_string()).unwrap_or_default(),
        instalment_count: terms.instalments,
        first_due_date: terms.first_due.to_string(),
        period_months: terms.months,
        purpose: v1::Purpose::of(terms.purpose).into(),
    }
}

/// Shows a loan as it stands on a day.
pub(crate) fn loan(loan: &Loan, on: BusinessDate, shown: Shown) -> v1::Loan {
    let Loan { row, plan, repaid, interest, .. } = loan;
    v1::Loan {
        loan_id: row.loan.to_string(),
        terms: Some(terms_shown(&row.terms)),
        terms_hash: hex(&row.terms.hash()),
        state: loan_state(loan.state(on)).into(),
        outstanding_principal: plan.outstanding.to_string(),
        interest_paid: interest.to_string(),
        disbursement_id: id_shown(loan.disbursement()),
        announced: loan.is_announced(),
        instalments: instalments(plan, &row.terms, shown),
        payments: payments(repaid, shown),
        create_time: Some(timestamp(row.at)),
        disburse_time: loan.since().map(timestamp),
    }
}

/// Shows a mandate as it stands on a day.
pub(crate) fn mandate(mandate: &Mandate, on: BusinessDate, shown: Shown) -> v1::Mandate {
    let Mandate { row, plan, repaid, .. } = mandate;
    v1::Mandate {
        loan_id: row.loan.to_string(),
        terms: Some(terms_shown(&row.terms)),
        terms_hash: hex(&row.terms.hash()),
        state: mandate_state(mandate.state(on)).into(),
        outstanding_principal: plan.outstanding.to_string(),
        in_flight_payment_id: id_shown(mandate.in_flight.map(|payment| payment.payment)),
        instalments: instalments(plan, &row.terms, shown),
        payments: payments(repaid, shown),
        create_time: Some(timestamp(row.at)),
        disburse_time: mandate.since.map(timestamp),
    }
}

fn id_shown(id: Option<PaymentId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn loan_state(state: LoanState) -> v1::loan::State {
    use v1::loan::State;
    match state {
        LoanState::Agreed => State::Agreed,
        LoanState::Disbursing => State::Disbursing,
        LoanState::Disbursed => State::Disbursed,
        LoanState::Overdue => State::Overdue,
        LoanState::Repaid => State::Repaid,
        LoanState::Cancelled => State::Cancelled,
    }
}

fn mandate_state(state: MandateState) -> v1::mandate::State {
    use v1::mandate::State;
    match state {
        MandateState::Granted => State::Granted,
        MandateState::Active => State::Active,
        MandateState::Overdue => State::Overdue,
        MandateState::Revoked => State::Revoked,
        MandateState::Repaid => State::Repaid,
    }
}

fn instalments(plan: &Plan, terms: &LoanTerms, shown: Shown) -> Vec<v1::Instalment> {
    let show = |instalment: Instalment| v1::Instalment {
        number: instalment.number,
        due_date: instalment.due.to_string(),
        principal: instalment.principal.to_string(),
        interest: instalment.interest.to_string(),
    };
    match shown {
        Shown::Whole => plan.remaining(terms).map(show).collect(),
        Shown::Short => Vec::new(),
    }
}

fn payments(repaid: &[Repaid], shown: Shown) -> Vec<v1::LoanPayment> {
    let show = |part: &Repaid| v1::LoanPayment {
        payment_id: part.payment.to_string(),
        instalment: match part.used {
            LoanUse::Instalment(number) => number,
            LoanUse::Disbursement | LoanUse::Repayment(_) => 0,
        },
        principal: part.principal.to_string(),
        interest: part.interest.to_string(),
    };
    match shown {
        Shown::Whole => repaid.iter().map(show).collect(),
        Shown::Short => Vec::new(),
    }
}

/// What of the principal is paid early; nothing names all of it.
pub(crate) fn principal(text: &str) -> Result<Option<Amount>, FieldError> {
    if text.is_empty() { Ok(None) } else { text::positive_amount("principal", text).map(Some) }
}

/// The question whether the mandate for a loan stands, or the news that the loan is paid out.
pub(crate) fn mandate_question(loan: &Loan) -> v1::question::CheckMandate {
    let terms = &loan.row.terms;
    v1::question::CheckMandate {
        loan_id: loan.row.loan.to_string(),
        lender_wallet: terms.lender.to_string(),
        borrower_wallet: terms.borrower.to_string(),
        terms_hash: hex(&terms.hash()),
        disburse_time: loan.since().map(timestamp),
    }
}

/// Reads such a question, and whether it says that the loan is paid out.
pub(crate) fn mandate_asked(
    question: &v1::question::CheckMandate,
) -> Result<(MandateStart, bool), FieldError> {
    let since = question.disburse_time.as_ref();
    let start = MandateStart {
        loan: loan_id(&question.loan_id)?,
        lender: text::wallet_number("lender_wallet", &question.lender_wallet)?,
        borrower: text::wallet_number("borrower_wallet", &question.borrower_wallet)?,
        terms_hash: head("terms_hash", &question.terms_hash)?,
        since: match since {
            Some(_) => time("disburse_time", since)?,
            None => clearing_domain::money::Timestamp::ZERO,
        },
    };
    Ok((start, since.is_some()))
}
