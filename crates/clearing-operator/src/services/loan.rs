//! LoanService: loans of this operator's lenders, and mandates of its borrowers.

use clearing_api::status::FieldError;
use clearing_api::text::{self, Page};
use clearing_api::v1;
use clearing_api::v1::loan_service_server::LoanService;
use clearing_domain::money::{LoanId, PaymentId, RequestId, Timestamp};
use clearing_domain::operator::{LoanOrder, OperatorError, OperatorLedger};
use prost::Message as _;
use tonic::{Request, Response, Status};

use crate::campaign_orders::head;
use crate::loan_orders::{self as convert, Shown, loan_id};
use crate::loans::{self, Consent};
use crate::node::{Node, wallet_unknown};

/// Serves the loans of an operator's lenders and the mandates of its borrowers.
#[derive(Clone, Debug)]
pub(crate) struct Loans(pub(crate) Node);

type Answer<T> = Result<Response<T>, Status>;

/// Names the fields of a new loan in an error.
fn of_new_loan(error: OperatorError) -> FieldError {
    let error = FieldError::from(error);
    match error.field {
        "wallet_number" => FieldError { field: "lender_wallet", ..error },
        "amount" => FieldError { field: "principal", ..error },
        _ => error,
    }
}

impl Loans {
    /// Changes a mandate and reads it.
    async fn change_mandate<T: Send + 'static>(
        &self,
        loan: LoanId,
        change: impl FnOnce(&mut OperatorLedger, Timestamp) -> Result<T, OperatorError> + Send + 'static,
    ) -> Result<(Option<v1::Mandate>, T), Status> {
        let change = move |ledger: &mut OperatorLedger, now: Timestamp| {
            let changed = change(ledger, now)?;
            Ok((Some(loans::show_mandate(ledger, loan, now.date())?), changed))
        };
        self.0.change(change).await
    }

    /// The identity of an early repayment: one that follows from its request under lockstep, where
    /// it must be the same in every run.
    fn repayment_id(&self, loan: LoanId, request_id: &RequestId) -> PaymentId {
        if self.0.settings.lockstep.is_some() {
            return PaymentId::of_refund(PaymentId(loan.0), request_id);
        }
        Node::new_payment_id()
    }
}

#[tonic::async_trait]
impl LoanService for Loans {
    async fn agree_loan(
        &self,
        request: Request<v1::AgreeLoanRequest>,
    ) -> Answer<v1::AgreeLoanResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let terms = convert::terms(&request.terms.unwrap_or_default())?;
        // Under lockstep the ids of payments are the same in every run.
        let salt = self.0.settings.lockstep.is_none().then(rand::random);
        let order = LoanOrder { request_id, terms, salt };
        let agree = move |ledger: &mut OperatorLedger, now: Timestamp| {
            Ok(match ledger.agree_loan(order, now).map_err(of_new_loan) {
                Ok(loan) => Ok(loans::show(ledger, loan, now.date())?),
                Err(error) => Err(error),
            })
        };
        let loan = Some(self.0.change(agree).await??);
        Ok(Response::new(v1::AgreeLoanResponse { loan }))
    }

    async fn cancel_loan(
        &self,
        request: Request<v1::CancelLoanRequest>,
    ) -> Answer<v1::CancelLoanResponse> {
        let id = loan_id(&request.into_inner().loan_id)?;
        let cancel = move |ledger: &mut OperatorLedger, now: Timestamp| {
            ledger.cancel_loan(id, now)?;
            loans::show(ledger, id, now.date())
        };
        let loan = Some(self.0.change(cancel).await?);
        Ok(Response::new(v1::CancelLoanResponse { loan }))
    }

    async fn disburse_loan(
        &self,
        request: Request<v1::DisburseLoanRequest>,
    ) -> Answer<v1::DisburseLoanResponse> {
        let id = loan_id(&request.into_inner().loan_id)?;
        let loan = Some(self.0.disburse_loan(id).await?);
        Ok(Response::new(v1::DisburseLoanResponse { loan }))
    }

    async fn get_loan(&self, request: Request<v1::GetLoanRequest>) -> Answer<v1::GetLoanResponse> {
        let id = loan_id(&request.into_inner().loan_id)?;
        let read =
            move |ledger: &OperatorLedger, now: Timestamp| loans::show(ledger, id, now.date());
        let loan = Some(self.0.read(read).await?.map_err(FieldError::from)?);
        Ok(Response::new(v1::GetLoanResponse { loan }))
    }

    async fn list_loans(
        &self,
        request: Request<v1::ListLoansRequest>,
    ) -> Answer<v1::ListLoansResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let lender = text::wallet_number("lender_wallet", &request.lender_wallet)?;
        let list = move |ledger: &OperatorLedger, now: Timestamp| {
            ledger.wallet(lender)?;
            let listed = ledger.loans().of_lender(lender, page.start);
            let show = |loan: &_| convert::loan(loan, now.date(), Shown::Short);
            Some(page.take_placed(listed, show, v1::Loan::encoded_len))
        };
        let listed = self.0.read(list).await?;
        let (loans, next_page_token) = listed.ok_or_else(|| wallet_unknown(lender))?;
        Ok(Response::new(v1::ListLoansResponse { loans, next_page_token }))
    }

    async fn grant_mandate(
        &self,
        request: Request<v1::GrantMandateRequest>,
    ) -> Answer<v1::GrantMandateResponse> {
        let request = request.into_inner();
        let consent = Consent {
            loan: loan_id(&request.loan_id)?,
            lender: text::wallet_number("lender_wallet", &request.lender_wallet)?,
            borrower: text::wallet_number("borrower_wallet", &request.borrower_wallet)?,
            terms_hash: head("terms_hash", &request.terms_hash)?,
        };
        let mandate = Some(self.0.grant_mandate(consent).await?);
        Ok(Response::new(v1::GrantMandateResponse { mandate }))
    }

    async fn revoke_mandate(
        &self,
        request: Request<v1::RevokeMandateRequest>,
    ) -> Answer<v1::RevokeMandateResponse> {
        let id = loan_id(&request.into_inner().loan_id)?;
        let revoke = move |ledger: &mut OperatorLedger, now| ledger.revoke_mandate(id, now);
        let (mandate, ()) = self.change_mandate(id, revoke).await?;
        Ok(Response::new(v1::RevokeMandateResponse { mandate }))
    }

    async fn pay_instalment(
        &self,
        request: Request<v1::PayInstalmentRequest>,
    ) -> Answer<v1::PayInstalmentResponse> {
        let request = request.into_inner();
        let (id, number) = (loan_id(&request.loan_id)?, request.instalment);
        let pay = move |ledger: &mut OperatorLedger, now| ledger.pay_instalment(id, number, now);
        let (mandate, payment) = self.change_mandate(id, pay).await?;
        let payment_id = payment.to_string();
        Ok(Response::new(v1::PayInstalmentResponse { mandate, payment_id }))
    }

    async fn repay_loan(
        &self,
        request: Request<v1::RepayLoanRequest>,
    ) -> Answer<v1::RepayLoanResponse> {
        let request = request.into_inner();
        let request_id = text::request_id(&request.request_id)?;
        let id = loan_id(&request.loan_id)?;
        let principal = convert::principal(&request.principal)?;
        let name = (self.repayment_id(id, &request_id), request_id);
        let repay =
            move |ledger: &mut OperatorLedger, now| ledger.repay_loan(name, id, principal, now);
        let (mandate, payment) = self.change_mandate(id, repay).await?;
        let payment_id = payment.to_string();
        Ok(Response::new(v1::RepayLoanResponse { mandate, payment_id }))
    }

    async fn get_mandate(
        &self,
        request: Request<v1::GetMandateRequest>,
    ) -> Answer<v1::GetMandateResponse> {
        let id = loan_id(&request.into_inner().loan_id)?;
        let read = move |ledger: &OperatorLedger, now: Timestamp| {
            loans::show_mandate(ledger, id, now.date())
        };
        let mandate = Some(self.0.read(read).await?.map_err(FieldError::from)?);
        Ok(Response::new(v1::GetMandateResponse { mandate }))
    }

    async fn list_mandates(
        &self,
        request: Request<v1::ListMandatesRequest>,
    ) -> Answer<v1::ListMandatesResponse> {
        let request = request.into_inner();
        let page = Page::read_place(request.page_size, &request.page_token)?;
        let borrower = text::wallet_number("borrower_wallet", &request.borrower_wallet)?;
        let list = move |ledger: &OperatorLedger, now: Timestamp| {
            let listed = ledger.mandates_of(borrower, page.start)?;
            let show = |mandate: &_| convert::mandate(mandate, now.date(), Shown::Short);
            Some(page.take_placed(listed, show, v1::Mandate::encoded_len))
        };
        let listed = self.0.read(list).await?;
        let (mandates, next_page_token) = listed.ok_or_else(|| wallet_unknown(borrower))?;
        Ok(Response::new(v1::ListMandatesResponse { mandates, next_page_token }))
    }
}
