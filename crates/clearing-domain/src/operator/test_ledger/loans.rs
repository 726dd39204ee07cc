//! Loans under test.

use crate::Reason;
use crate::details::{Details, LoanPart, LoanUse, Purpose};
use crate::link::{CentralBankMessage, Delivery, Outcome, Side};
use crate::money::{
    Amount, BusinessDate, CycleId, LoanId, PaymentId, RequestId, Timestamp, WalletNumber,
};
use crate::operator::{
    LoanOrder, LoanState, LoanTerms, MandateOrder, MandateStart, MandateState, Repayment,
};

use super::{TestLedger, id, request, yuan};

/// A day of the year 2022.
pub(in crate::operator) fn day(month: u32, day: u32) -> BusinessDate {
    BusinessDate::from_ymd(2022, month, day).unwrap()
}

/// 1,200 yuan at one percent a month, paid back on the 24th of September, October and November:
/// 412, 408 and 404 yuan.
pub(in crate::operator) fn loan_terms(
    lender: WalletNumber,
    borrower: WalletNumber,
    payee: WalletNumber,
) -> LoanTerms {
    LoanTerms {
        lender,
        borrower,
        payee,
        principal: yuan(1_200),
        repayment: Repayment::EqualPrincipal { rate_bp: 1_200 },
        instalments: 3,
        first_due: day(9, 24),
        months: 1,
        purpose: Purpose::LoanRepayment,
    }
}

impl TestLedger {
    pub(in crate::operator) fn agree(&mut self, terms: LoanTerms) -> Result<LoanId, Reason> {
        self.requests += 1;
        let request_id = request(&format!("l{}", self.requests));
        let done = self.ledger.agree_loan(LoanOrder { request_id, terms, salt: None }, self.now);
        self.commit();
        done.map_err(|error| error.reason())
    }

    pub(in crate::operator) fn mandate(
        &mut self,
        loan: LoanId,
        terms: LoanTerms,
    ) -> Result<(), Reason> {
        let order = MandateOrder { loan, terms, terms_hash: terms.hash(), salt: None };
        let done = self.ledger.grant_mandate(&order, self.now);
        self.commit();
        done.map_err(|error| error.reason())
    }

    pub(in crate::operator) fn disburse(&mut self, loan: LoanId) -> Result<PaymentId, Reason> {
        let done = self.ledger.disburse_loan(loan, self.now);
        self.commit();
        done.map_err(|error| error.reason())
    }

    /// The operator of the lender says that the loan of a mandate was paid out.
    pub(in crate::operator) fn start(
        &mut self,
        loan: LoanId,
        since: Timestamp,
    ) -> Result<(), Reason> {
        let terms = self.ledger.mandate(loan).map_err(|error| error.reason())?.row.terms;
        let LoanTerms { lender, borrower, .. } = terms;
        let start = MandateStart { loan, lender, borrower, terms_hash: terms.hash(), since };
        let done = self.ledger.start_mandate(&start, self.now);
        self.commit();
        done.map_err(|error| error.reason())
    }

    /// A mandate of a borrower of this operator for a loan that was paid out today.
    pub(in crate::operator) fn owed(&mut self, terms: LoanTerms) -> LoanId {
        self.requests += 1;
        let loan = LoanId([u8::try_from(self.requests).unwrap(); 16]);
        self.mandate(loan, terms).unwrap();
        self.start(loan, self.now).unwrap();
        loan
    }

    /// A loan within this operator that is paid out and known to be so.
    pub(in crate::operator) fn lend(&mut self, terms: LoanTerms) -> LoanId {
        let loan = self.agree(terms).unwrap();
        self.mandate(loan, terms).unwrap();
        self.disburse(loan).unwrap();
        self.start(loan, self.now).unwrap();
        self.ledger.announced_loan(loan, self.now).unwrap();
        self.commit();
        loan
    }

    pub(in crate::operator) fn repay(
        &mut self,
        loan: LoanId,
        principal: Option<i64>,
    ) -> Result<PaymentId, Reason> {
        let id = self.next_id();
        let name = (id, RequestId::Uuid(id.0));
        let done = self.ledger.repay_loan(name, loan, principal.map(yuan), self.now);
        self.commit();
        done.map_err(|error| error.reason())
    }

    pub(in crate::operator) fn pay_part(
        &mut self,
        loan: LoanId,
        number: u32,
    ) -> Result<PaymentId, Reason> {
        let done = self.ledger.pay_instalment(loan, number, self.now);
        self.commit();
        done.map_err(|error| error.reason())
    }

    /// A payment of the other operator that says it is a part of a loan.
    pub(in crate::operator) fn deliver_part(
        &mut self,
        (payer, number): (WalletNumber, u8),
        (payee, amount): (WalletNumber, i64),
        (loan, used): (LoanId, LoanUse),
    ) -> String {
        let loan = Some(LoanPart { loan, used });
        let details = Details { loan, ..Details::default() }.boxed();
        self.said();
        self.deliver_from(payer, number, (payee, amount), details);
        self.said()
    }

    /// The same in fen.
    pub(in crate::operator) fn deliver_part_fen(
        &mut self,
        (payer, number): (WalletNumber, u8),
        (payee, fen): (WalletNumber, i64),
        (loan, used): (LoanId, LoanUse),
    ) {
        let details = Details { loan: Some(LoanPart { loan, used }), ..Details::default() };
        let delivery = Delivery {
            id: id(number),
            payer,
            payee,
            amount: Amount::from_fen(fen).unwrap(),
            submitted_at: self.now,
            expires_at: self.now.plus_ms(30_000),
            hold: self.holding,
            details: details.boxed(),
        };
        let deliveries = vec![delivery];
        self.hear(CentralBankMessage { deliveries, ..CentralBankMessage::default() });
    }

    /// What room is held for comes, or does not.
    pub(in crate::operator) fn end_inbound(&mut self, payment: PaymentId, cleared: bool) {
        let cleared = cleared.then(|| Outcome::Cleared(CycleId::new(1)));
        let outcome = cleared.unwrap_or(Outcome::Refused(Reason::Expired));
        self.notify_id(payment, Side::Payee, outcome);
    }

    /// A loan with each rule and each step, of which an instalment is paid, one is refused and a part
    /// is repaid early.
    pub(in crate::operator) fn lend_in_every_way(&mut self) {
        let (lender, borrower, shop) =
            (self.corporate(5_000), self.wallet(1, 500), self.merchant());
        let terms = loan_terms(lender, borrower, shop);
        let loan = self.lend(LoanTerms { first_due: self.now.date(), ..terms });
        self.wait(1);
        let annuity = Repayment::Annuity { rate_bp: 400 };
        let early = self.lend(LoanTerms { repayment: annuity, ..terms });
        self.repay(early, Some(10)).unwrap();
        let flat = LoanTerms { repayment: Repayment::Flat { interest: yuan(3) }, ..terms };
        let given_up = self.agree(flat).unwrap();
        self.mandate(given_up, flat).unwrap();
        self.ledger.revoke_mandate(given_up, self.now).unwrap();
        self.ledger.cancel_loan(given_up, self.now).unwrap();
        self.until(day(9, 24));
        assert_eq!([self.owes(loan), self.owes(early)], [800, 1_190]);
    }

    /// Goes on to noon of a day, hour by hour.
    pub(in crate::operator) fn until(&mut self, on: BusinessDate) {
        let noon = on.start().plus_ms(12 * 3_600_000);
        while self.now < noon {
            self.wait(3_600_000.min(noon.ms() - self.now.ms()));
        }
    }

    pub(in crate::operator) fn loan_state(&self, loan: LoanId) -> LoanState {
        self.ledger.loan(loan).unwrap().state(self.now.date())
    }

    pub(in crate::operator) fn mandate_state(&self, loan: LoanId) -> MandateState {
        self.ledger.mandate(loan).unwrap().state(self.now.date())
    }

    /// What is left of the principal by the mandate, in yuan.
    pub(in crate::operator) fn owes(&self, loan: LoanId) -> i64 {
        self.ledger.mandate(loan).unwrap().plan.outstanding.fen() / 100
    }
}
