//! What lenders do at their operator: agree, cancel, and note what the borrower's operator knows.

use crate::Reason;
use crate::link::Head;
use crate::money::{LoanId, RequestId, RequestKey, Timestamp, WalletKind, WalletNumber};

use super::super::OperatorLedger;
use super::super::apply::Known;
use super::super::error::OperatorError;
use super::error::LoanValue;
use super::loans::{Loan, Loans, Phase};
use super::rows::{LoanRow, LoanStep, LoanStepRow};
use super::terms::LoanTerms;

/// The most loans of a lender that are not over.
const LOANS_MAX: usize = 100_000;

/// A loan to agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoanOrder {
    /// The lender's name for the request.
    pub request_id: RequestId,
    /// What lender and borrower have agreed on.
    pub terms: LoanTerms,
    /// A secret of this loan, if it is new: nobody else can derive the ids of its disbursements.
    pub salt: Option<Head>,
}

/// A refusal that names a loan.
pub(in super::super) fn of_loan(loan: LoanId, reason: Reason) -> OperatorError {
    OperatorError::Loan { field: "loan_id", value: LoanValue::Loan(loan), reason }
}

pub(super) fn of_wallet(
    field: &'static str,
    wallet: WalletNumber,
    reason: Reason,
) -> OperatorError {
    of_value(field, LoanValue::Wallet(wallet), reason)
}

pub(super) fn of_value(field: &'static str, value: LoanValue, reason: Reason) -> OperatorError {
    OperatorError::Loan { field, value, reason }
}

impl OperatorLedger {
    /// The loans of this operator's lenders.
    pub fn loans(&self) -> &Loans {
        &self.loans
    }

    /// The loan of an id.
    pub fn loan(&self, loan: LoanId) -> Result<&Loan, OperatorError> {
        self.loans.find(loan).ok_or_else(|| of_loan(loan, Reason::LoanUnknown))
    }

    /// Agrees on a loan and answers its id. A repeat finds it.
    pub fn agree_loan(
        &mut self,
        order: LoanOrder,
        now: Timestamp,
    ) -> Result<LoanId, OperatorError> {
        let LoanOrder { request_id, terms, salt } = order;
        let key = RequestKey::new(terms.lender, &request_id);
        let loan = LoanId::of_request(key);
        if let Some(earlier) = self.loans.find(loan) {
            let is_same = earlier.row.terms == terms;
            return if is_same {
                Ok(loan)
            } else {
                Err(OperatorError::RequestIdReused(request_id))
            };
        }
        if self.earlier(&key, Some(terms.lender), &request_id).is_some() {
            return Err(OperatorError::RequestIdReused(request_id));
        }
        terms.check()?;
        if terms.first_due < now.date() {
            let value = LoanValue::Date(terms.first_due);
            let reason = Reason::FieldInvalid;
            return Err(OperatorError::Loan { field: "first_due_date", value, reason });
        }
        self.known(terms.lender)?;
        self.check_loan_parties(&terms)?;
        if self.loans.live_of(terms.lender) >= LOANS_MAX {
            return Err(of_wallet("lender_wallet", terms.lender, Reason::TooManyLoans));
        }
        let row = LoanRow { row: 0, loan, request_id, terms, salt, at: now };
        self.append(row, Known::Nothing);
        Ok(loan)
    }

    /// Institutions lend, to persons and companies; what they lend goes to the borrower or to whom
    /// that one buys from.
    fn check_loan_parties(&self, terms: &LoanTerms) -> Result<(), OperatorError> {
        use WalletKind::{Corporate, Government, Merchant, Operator, Personal};
        let parties: [(&'static str, WalletNumber, &[WalletKind]); 3] = [
            ("lender_wallet", terms.lender, &[Operator, Corporate, Government]),
            ("borrower_wallet", terms.borrower, &[Personal, Corporate, Merchant]),
            ("payee_wallet", terms.payee, &[Personal, Corporate, Merchant, Government]),
        ];
        for (field, wallet, kinds) in parties {
            if !kinds.contains(&wallet.kind()) {
                return Err(of_wallet(field, wallet, Reason::KindNotAllowed));
            }
            if !self.is_of_an_operator(wallet) {
                return Err(of_wallet(field, wallet, Reason::WalletPrefixUnknown));
            }
            if self.is_on_us(wallet) && self.wallets.slot_of(wallet).is_none() {
                return Err(of_wallet(field, wallet, Reason::WalletUnknown));
            }
        }
        for (field, wallet) in [("borrower_wallet", terms.borrower), ("payee_wallet", terms.payee)]
        {
            if wallet == terms.lender {
                return Err(of_wallet(field, wallet, Reason::SameWallet));
            }
        }
        Ok(())
    }

    /// Gives a loan up that was not paid out. A repeat changes nothing.
    pub fn cancel_loan(&mut self, loan: LoanId, now: Timestamp) -> Result<(), OperatorError> {
        match self.loan(loan)?.phase {
            Phase::Cancelled => Ok(()),
            Phase::Agreed => {
                self.step_loan(loan, LoanStep::Cancelled, now);
                Ok(())
            }
            Phase::Disbursing(..) | Phase::Disbursed(..) => {
                Err(of_loan(loan, Reason::LoanInactive))
            }
        }
    }

    /// Notes that the operator of the borrower knows a loan as paid out. A repeat changes nothing.
    pub fn announced_loan(&mut self, loan: LoanId, now: Timestamp) -> Result<(), OperatorError> {
        let found = self.loan(loan)?;
        if found.since().is_none() {
            return Err(of_loan(loan, Reason::LoanInactive));
        }
        if !found.is_announced {
            self.step_loan(loan, LoanStep::Announced, now);
        }
        Ok(())
    }

    pub(super) fn step_loan(&mut self, loan: LoanId, step: LoanStep, at: Timestamp) {
        self.append(LoanStepRow { row: 0, loan, step, at }, Known::Nothing);
    }
}
