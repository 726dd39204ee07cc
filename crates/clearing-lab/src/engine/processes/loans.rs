//! The orders about loans and payrolls as calls to the operators; every one of them can be repeated.

use clearing_api::enums::WireEnum as _;
use clearing_api::v1;
use clearing_api::v1::loan_service_client::LoanServiceClient;
use clearing_api::v1::payment_service_client::PaymentServiceClient;
use clearing_api::v1::payroll_service_client::PayrollServiceClient;
use clearing_domain::money::Amount;
use clearing_domain::operator::{LoanTerms, Repayment};
use tonic::transport::Channel;

use super::super::actions::{Acted, LoanOrder, PlannedPayroll};
use super::actions::Operator;
use super::calls::StepError;
use super::campaigns::hex;
use crate::experiment::script::LoanStep;
use clearing_cluster::call::CallError;

impl Operator {
    fn loans(&self) -> LoanServiceClient<Channel> {
        LoanServiceClient::new(self.channel.clone())
    }

    /// Does something about a loan.
    pub(super) async fn loan(&self, order: &LoanOrder) -> Result<Acted, StepError> {
        let LoanOrder { request_id, step, loan } = order;
        let (loan_id, principal) = (loan.id.to_string(), loan.terms.principal);
        let mut client = self.loans();
        match *step {
            LoanStep::Agree => {
                let request = v1::AgreeLoanRequest {
                    request_id: loan.request_id.to_string(),
                    terms: Some(terms(&loan.terms)),
                };
                let agreed = client.agree_loan(request).await;
                Ok(self.heard("AgreeLoan", agreed)?.map(|_| principal))
            }
            LoanStep::Grant => {
                let request = v1::GrantMandateRequest {
                    loan_id,
                    lender_wallet: loan.terms.lender.to_string(),
                    borrower_wallet: loan.terms.borrower.to_string(),
                    terms_hash: hex(&loan.terms.hash()),
                };
                let granted = client.grant_mandate(request).await;
                Ok(self.heard("GrantMandate", granted)?.map(|_| principal))
            }
            LoanStep::Disburse => {
                let disbursed = client.disburse_loan(v1::DisburseLoanRequest { loan_id }).await;
                Ok(self.heard("DisburseLoan", disbursed)?.map(|_| principal))
            }
            LoanStep::Repay(part) => {
                let request = v1::RepayLoanRequest {
                    request_id: request_id.clone(),
                    loan_id,
                    principal: part.map(|sum| sum.to_string()).unwrap_or_default(),
                };
                let repaid = self.heard("RepayLoan", client.repay_loan(request).await)?;
                match repaid {
                    Ok(repaid) => self.paid(repaid.payment_id).await,
                    Err(reason) => Ok(Err(reason)),
                }
            }
            LoanStep::Revoke => {
                let revoked = client.revoke_mandate(v1::RevokeMandateRequest { loan_id }).await;
                Ok(self.heard("RevokeMandate", revoked)?.map(|_| Amount::ZERO))
            }
        }
    }

    /// How much a payment is.
    async fn paid(&self, payment_id: String) -> Result<Acted, StepError> {
        let mut client = PaymentServiceClient::new(self.channel.clone());
        let found = client.get_payment(v1::GetPaymentRequest { payment_id }).await;
        let found = found.map_err(CallError::of(self.member, "GetPayment"))?.into_inner();
        Ok(Ok(self.amount(&found.payment.unwrap_or_default().amount)?))
    }

    /// Prepares a payroll and confirms it under its total.
    pub(super) async fn pay_payroll(&self, planned: &PlannedPayroll) -> Result<Acted, StepError> {
        let PlannedPayroll { request_id, payer, lines } = planned;
        let mut client = PayrollServiceClient::new(self.channel.clone());
        let lines = lines.iter().map(|(payee, amount)| v1::NewPayrollLine {
            payee_wallet: payee.to_string(),
            amount: amount.to_string(),
            reference: String::new(),
        });
        let request = v1::PreparePayrollRequest {
            request_id: request_id.clone(),
            payer_wallet: payer.to_string(),
            title: String::new(),
            lines: lines.collect(),
        };
        let prepared = self.heard("PreparePayroll", client.prepare_payroll(request).await)?;
        let payroll = match prepared {
            Ok(prepared) => prepared.payroll.unwrap_or_default(),
            Err(reason) => return Ok(Err(reason)),
        };
        let v1::Payroll { payroll_id, total, .. } = payroll;
        let request = v1::ConfirmPayrollRequest { payroll_id, total: total.clone() };
        let confirmed = self.heard("ConfirmPayroll", client.confirm_payroll(request).await)?;
        self.value(confirmed.map(|_| total))
    }
}

fn terms(terms: &LoanTerms) -> v1::LoanTerms {
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
