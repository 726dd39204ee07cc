//! What concerns loans at two operators: that of the borrower reads the terms at that of the lender,
//! which asks for the mandate before it pays and says when it has paid.

use std::collections::BTreeMap;
use std::time::Duration;

use clearing_api::status::FieldError;
use clearing_api::v1;
use clearing_api::v1::{answer, question};
use clearing_domain::Reason;
use clearing_domain::link::Head;
use clearing_domain::money::{BusinessDate, LoanId, Prefix, Timestamp, WalletNumber};
use clearing_domain::operator::{Loan, LoanTerms, MandateOrder, OperatorError, OperatorLedger};
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::loan_orders::{self as convert, Shown};
use crate::node::Node;
use crate::relay::wrong_answer;

/// How long another operator may take.
const WAIT_MS: u32 = 5_000;
/// How often operators are told of loans that are paid out; they were told nothing, or did not answer.
const TELL_AGAIN: Duration = Duration::from_secs(1);
/// How many loans they are told of at once.
const TOLD_MAX: usize = 100;

/// A mandate that a borrower asks to give.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consent {
    pub(crate) loan: LoanId,
    pub(crate) lender: WalletNumber,
    pub(crate) borrower: WalletNumber,
    pub(crate) terms_hash: Head,
}

/// A loan as it stands.
pub(crate) fn show(
    ledger: &OperatorLedger,
    loan: LoanId,
    on: BusinessDate,
) -> Result<v1::Loan, OperatorError> {
    Ok(convert::loan(ledger.loan(loan)?, on, Shown::Whole))
}

/// A mandate as it stands.
pub(crate) fn show_mandate(
    ledger: &OperatorLedger,
    loan: LoanId,
    on: BusinessDate,
) -> Result<v1::Mandate, OperatorError> {
    Ok(convert::mandate(ledger.mandate(loan)?, on, Shown::Whole))
}

impl Node {
    /// Gives a mandate for a loan, whose terms the operator of its lender knows.
    pub(crate) async fn grant_mandate(&self, consent: Consent) -> Result<v1::Mandate, Status> {
        let Consent { loan, lender, borrower, terms_hash } = consent;
        let known = move |ledger: &OperatorLedger, _| {
            let terms = ledger.mandate(loan).ok().map(|found| found.row.terms);
            terms.filter(|terms| (terms.lender, terms.borrower) == (lender, borrower))
        };
        let terms = match self.read(known).await? {
            Some(terms) => terms,
            None => self.terms_of(consent).await?,
        };
        // Under lockstep the ids of payments are the same in every run.
        let salt = self.settings.lockstep.is_none().then(rand::random);
        let order = MandateOrder { loan, terms, terms_hash, salt };
        let grant = move |ledger: &mut OperatorLedger, now: Timestamp| {
            ledger.grant_mandate(&order, now)?;
            show_mandate(ledger, loan, now.date())
        };
        self.change(grant).await
    }

    async fn terms_of(&self, consent: Consent) -> Result<LoanTerms, Status> {
        let Consent { loan, lender, borrower, .. } = consent;
        let prefix = lender.prefix();
        let unknown = || {
            let message = format!("wallet {borrower} has no loan {loan} of wallet {lender}");
            Status::from(FieldError::new(Reason::LoanUnknown, "loan_id", message))
        };
        let shown = if prefix == self.settings.prefix {
            let here = move |ledger: &OperatorLedger, now: Timestamp| {
                let found = ledger.loan(loan).ok();
                found.map(|found| convert::loan(found, now.date(), Shown::Short))
            };
            self.read(here).await?.map(answer::Kind::ReadLoan).ok_or_else(unknown)?
        } else {
            let (loan_id, borrower_wallet) = (loan.to_string(), borrower.to_string());
            let asked = question::ReadLoan { loan_id, borrower_wallet };
            self.relay.ask(prefix, question::Kind::ReadLoan(asked), WAIT_MS).await?
        };
        let answer::Kind::ReadLoan(shown) = shown else { return Err(wrong_answer(prefix)) };
        // The word of another operator: the borrower agrees to the hash of what it says.
        if shown.state == v1::loan::State::Cancelled as i32 {
            let message = format!("loan {loan} is cancelled");
            return Err(FieldError::new(Reason::LoanInactive, "loan_id", message).into());
        }
        let terms = shown.terms.as_ref().and_then(|terms| convert::terms(terms).ok());
        let is_asked_for = |terms: &LoanTerms| (terms.lender, terms.borrower) == (lender, borrower);
        let terms = terms.filter(is_asked_for).filter(|_| shown.loan_id == loan.to_string());
        terms.ok_or_else(|| wrong_answer(prefix))
    }

    /// Answers another operator, a borrower of which has a loan here.
    pub(crate) async fn answer_loan(
        &self,
        asking: &str,
        question: &question::ReadLoan,
    ) -> Result<v1::Loan, Status> {
        let borrower =
            clearing_api::text::wallet_number("borrower_wallet", &question.borrower_wallet)?;
        let loan = convert::loan_id(&question.loan_id)?;
        self.check_asks_for(asking, "borrower_wallet", borrower).await?;
        let find = move |ledger: &OperatorLedger, now: Timestamp| {
            let found = ledger.loan(loan).ok();
            // Loans of others must not come to light.
            let found = found.filter(|found| found.row.terms.borrower == borrower);
            found.map(|found| convert::loan(found, now.date(), Shown::Short))
        };
        let unknown = || {
            let message = format!("wallet {borrower} has no loan {loan} here");
            FieldError::new(Reason::LoanUnknown, "loan_id", message).into()
        };
        self.read(find).await?.ok_or_else(unknown)
    }

    /// Pays a loan out when its mandate stands, and says so when it is paid.
    pub(crate) async fn disburse_loan(&self, loan: LoanId) -> Result<v1::Loan, Status> {
        let found = self.loan(loan).await?;
        if found.disbursement().is_none() {
            self.ask_mandate(&found).await?;
        }
        let disburse = move |ledger: &mut OperatorLedger, now| ledger.disburse_loan(loan, now);
        self.change(disburse).await?;
        let found = self.loan(loan).await?;
        if found.since().is_some() && !found.is_announced() {
            self.announce(&found).await?;
        }
        let read = move |ledger: &OperatorLedger, now: Timestamp| show(ledger, loan, now.date());
        self.read(read).await?.map_err(|error| FieldError::from(error).into())
    }

    async fn loan(&self, loan: LoanId) -> Result<Loan, Status> {
        let read = move |ledger: &OperatorLedger, _| ledger.loan(loan).cloned();
        self.read(read).await?.map_err(|error| FieldError::from(error).into())
    }

    /// Tells the operator of the borrower that a loan is paid out, and notes that it knows.
    async fn announce(&self, found: &Loan) -> Result<(), Status> {
        self.ask_mandate(found).await?;
        let loan = found.row.loan;
        let note = move |ledger: &mut OperatorLedger, now| ledger.announced_loan(loan, now);
        self.change(note).await
    }

    /// Asks the operator of the borrower whether the mandate for a loan stands; of one that is paid
    /// out it says so.
    async fn ask_mandate(&self, found: &Loan) -> Result<(), Status> {
        let prefix = found.row.terms.borrower.prefix();
        let question = convert::mandate_question(found);
        if prefix == self.settings.prefix {
            return self.mandate_here(&question).await;
        }
        let answer =
            self.relay.ask(prefix, question::Kind::CheckMandate(question), WAIT_MS).await?;
        let is_answer = matches!(answer, answer::Kind::CheckMandate(_));
        if is_answer { Ok(()) } else { Err(wrong_answer(prefix)) }
    }

    /// Answers another operator, a lender of which has a mandate here.
    pub(crate) async fn answer_mandate(
        &self,
        asking: &str,
        question: &question::CheckMandate,
    ) -> Result<answer::CheckMandate, Status> {
        let (asked, _) = convert::mandate_asked(question)?;
        self.check_asks_for(asking, "lender_wallet", asked.lender).await?;
        self.mandate_here(question).await?;
        Ok(answer::CheckMandate {})
    }

    async fn mandate_here(&self, question: &question::CheckMandate) -> Result<(), Status> {
        let (asked, is_paid_out) = convert::mandate_asked(question)?;
        let answer = move |ledger: &mut OperatorLedger, now| {
            if is_paid_out {
                ledger.start_mandate(&asked, now)
            } else {
                ledger.check_stands(&asked)
            }
        };
        self.change(answer).await
    }

    /// Tells operators of borrowers which loans are paid out, until the process ends. Under lockstep
    /// the driver does, by a repeat: when it happens must not depend on the machine.
    pub(crate) async fn announce_loans(self) {
        if self.settings.lockstep.is_some() {
            return;
        }
        let untold = |ledger: &OperatorLedger, _| ledger.loans().untold();
        let mut last = BTreeMap::new();
        while let Ok(operators) = self.read(untold).await {
            // One that is away or slow holds up none of the others.
            let mut telling = JoinSet::new();
            for prefix in operators {
                let (node, after) = (self.clone(), last.get(&prefix).copied());
                telling.spawn(async move { (prefix, node.announce_to(prefix, after).await) });
            }
            let told = telling.join_all().await;
            last = told.into_iter().filter_map(|(to, last)| Some((to, last?))).collect();
            tokio::time::sleep(TELL_AGAIN).await;
        }
    }

    /// Tells one operator of loans after one; answers the last that it was told of or refused.
    async fn announce_to(&self, prefix: Prefix, after: Option<LoanId>) -> Option<LoanId> {
        let untold = move |ledger: &OperatorLedger, _| {
            let untold = ledger.loans().unannounced(prefix, after);
            untold.take(TOLD_MAX).cloned().collect::<Vec<_>>()
        };
        let mut last = after;
        for found in self.read(untold).await.ok()? {
            let loan = found.row.loan;
            if let Err(status) = self.announce(&found).await {
                let error = status.message();
                tracing::debug!(%loan, error, "the borrower's operator is not told yet");
                // Who does not answer is asked once, and for the same loan again.
                if status.code() == Code::Unavailable {
                    break;
                }
            }
            last = Some(loan);
        }
        last
    }
}
