//! Whatever happens to loans: money is kept, none is paid out twice, no instalment is collected
//! twice, and the audit and a restart agree after every step.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::Regime;
use crate::details::LoanUse;
use crate::money::{DAY_MS, LoanId, PaymentId, Total, WalletNumber};
use crate::operator::state::PaymentState;
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, loan_terms, settings, yuan};
use crate::operator::{LoanTerms, OperatorSettings, Repaid, Repayment};

/// What is done; loans by their places among all.
#[derive(Clone, Debug)]
enum Command {
    /// Agrees on a loan within the operator, or with a borrower or a lender of another one.
    Agree {
        kind: u8,
        borrower: usize,
        rule: u8,
        instalments: u32,
        yuan: i64,
    },
    Disburse(usize),
    Start(usize),
    Revoke(usize),
    Cancel(usize),
    Repay(usize, Option<i64>),
    PayPart(usize, u32),
    /// The borrower of another operator pays what is due, or something else.
    Receive(usize, i64),
    /// The central bank ends a payment or a transfer that is on its way.
    End(usize, bool),
    Hold(bool),
    Freeze(usize, bool),
    Pay(usize, i64),
    Wait(i64),
    Restart,
}

fn command() -> impl Strategy<Value = Command> {
    // Few, so that what is asked for is mostly there.
    let loan = || 0..4_usize;
    prop_oneof![
        3 => (0..4_u8, 0..2_usize, 0..3_u8, 1..5_u32, 1..40_i64).prop_map(
            |(kind, borrower, rule, instalments, yuan)| {
                Command::Agree { kind, borrower, rule, instalments, yuan }
            }
        ),
        4 => loan().prop_map(Command::Disburse),
        4 => loan().prop_map(Command::Start),
        1 => loan().prop_map(Command::Revoke),
        1 => loan().prop_map(Command::Cancel),
        3 => (loan(), prop::option::of(1..40_i64))
            .prop_map(|(found, principal)| Command::Repay(found, principal)),
        2 => (loan(), 1..5_u32).prop_map(|(found, number)| Command::PayPart(found, number)),
        3 => (loan(), -1..2_i64).prop_map(|(found, more)| Command::Receive(found, more)),
        5 => (0..3_usize, any::<bool>()).prop_map(|(place, ok)| Command::End(place, ok)),
        1 => any::<bool>().prop_map(Command::Hold),
        1 => (0..3_usize, any::<bool>()).prop_map(|(who, on)| Command::Freeze(who, on)),
        1 => (0..2_usize, 1..60_i64).prop_map(|(who, yuan)| Command::Pay(who, yuan)),
        4 => prop_oneof![Just(1), Just(DAY_MS), Just(30 * DAY_MS), 1..DAY_MS]
            .prop_map(Command::Wait),
        1 => Just(Command::Restart),
    ]
}

struct Run {
    test: TestLedger,
    lender: WalletNumber,
    borrowers: [WalletNumber; 2],
    shop: WalletNumber,
    loans: Vec<LoanId>,
    /// The instalments that are paid, by which payment.
    paid: Vec<(LoanId, u32, PaymentId)>,
    transfers: u8,
}

impl Run {
    fn new(regime: Regime) -> Self {
        let settings = OperatorSettings { regime, opening_deposits: yuan(1_000), ..settings() };
        let mut test = TestLedger::new(settings);
        let (lender, shop) = (test.corporate(100), test.merchant());
        let borrowers = [test.wallet(1, 60), test.wallet(1, 60)];
        let (loans, paid) = (Vec::new(), Vec::new());
        Self { test, lender, borrowers, shop, loans, paid, transfers: 150 }
    }

    fn agree(&mut self, terms: LoanTerms, kind: u8) {
        let loan = match kind {
            // Of a lender elsewhere: the mandate alone is here.
            2 => LoanId([u8::try_from(100 + self.loans.len()).unwrap(); 16]),
            _ => self.test.agree(terms).unwrap(),
        };
        if kind != 3 {
            self.test.mandate(loan, terms).unwrap();
        }
        self.loans.push(loan);
    }

    // What is refused changes nothing, which the audit sees.
    fn act(&mut self, command: &Command) {
        let found = |place: &usize| self.loans.get(*place).copied().unwrap_or_default();
        let now = self.test.now;
        match command {
            Command::Agree { kind, borrower, rule, instalments, yuan: sum } => {
                let first_due = now.date().plus_days(u32::from(*kind) * 3);
                let repayment = match rule {
                    0 => Repayment::EqualPrincipal { rate_bp: 1_234 },
                    1 => Repayment::Annuity { rate_bp: 777 },
                    _ => Repayment::Flat { interest: yuan(1) },
                };
                let lender = if *kind == 2 { elsewhere() } else { self.lender };
                let borrower = if *kind == 3 { abroad() } else { self.borrowers[*borrower] };
                let payee = if *rule == 1 { elsewhere() } else { self.shop };
                let payee = if payee == lender { self.shop } else { payee };
                let terms = LoanTerms {
                    principal: yuan(*sum),
                    repayment,
                    instalments: *instalments,
                    first_due,
                    ..loan_terms(lender, borrower, payee)
                };
                self.agree(terms, *kind);
            }
            Command::Disburse(place) => {
                let _refused = self.test.disburse(found(place));
            }
            Command::Start(place) => self.start(found(place)),
            Command::Revoke(place) => drop(self.test.ledger.revoke_mandate(found(place), now)),
            Command::Cancel(place) => drop(self.test.ledger.cancel_loan(found(place), now)),
            Command::Repay(place, principal) => {
                let _refused = self.test.repay(found(place), *principal);
            }
            Command::PayPart(place, number) => {
                let _refused = self.test.pay_part(found(place), *number);
            }
            Command::Receive(place, more) => self.receive(found(place), *more),
            Command::End(place, arrives) => self.end(*place, *arrives),
            Command::Hold(on) => self.test.holding = *on,
            Command::Freeze(who, on) => {
                let wallet = [self.lender, self.borrowers[0], self.borrowers[1]][*who];
                let ledger = &mut self.test.ledger;
                drop(if *on {
                    ledger.freeze(wallet, false, now)
                } else {
                    ledger.unfreeze(wallet, now)
                });
            }
            Command::Pay(who, sum) => drop(self.test.pay(self.borrowers[*who], abroad(), *sum)),
            Command::Wait(ms) => self.test.wait(*ms),
            Command::Restart => {
                self.test.restart();
                self.test.up();
            }
        }
        self.test.commit();
    }

    /// The loan is known as paid out, as it is here, or as another operator says.
    fn start(&mut self, loan: LoanId) {
        let known = self.test.ledger.loan(loan).map(|loan| loan.since());
        let since = known.unwrap_or(Some(self.test.now));
        if let Some(since) = since {
            let _refused = self.test.start(loan, since);
            drop(self.test.ledger.announced_loan(loan, self.test.now));
        }
    }

    fn receive(&mut self, loan: LoanId, more: i64) {
        let Ok(found) = self.test.ledger.loan(loan) else { return };
        let terms = found.row.terms;
        // The central bank delivers no payment of a wallet in the name of another operator.
        if terms.borrower != abroad() {
            return;
        }
        let Some(next) = found.plan.instalment(&terms) else { return };
        let used = LoanUse::Instalment(next.number);
        let amount = next.amount().unwrap().fen() + more;
        self.transfers = self.transfers.saturating_add(1);
        let from = (terms.borrower, self.transfers);
        self.test.deliver_part_fen(from, (terms.lender, amount.max(1)), (loan, used));
    }

    fn end(&mut self, place: usize, arrives: bool) {
        let ledger = &self.test.ledger;
        let sent = ledger.payments().iter();
        let sent = sent.filter(|payment| payment.state == PaymentState::InTransit);
        let held = ledger.inbound().iter();
        let held = held.filter(|inbound| inbound.state == crate::operator::InboundState::Held);
        let sent: Vec<_> = sent.map(|payment| payment.id).collect();
        let held: Vec<_> = held.map(|inbound| inbound.id).collect();
        if let Some(id) = sent.get(place) {
            self.test.end(*id, arrives);
        } else if let Some(id) = held.get(place.saturating_sub(sent.len())) {
            self.test.end_inbound(*id, arrives);
        }
    }

    /// What is left of a loan is what its payments leave, here and there, and a payment stays the
    /// one that paid an instalment.
    fn check(&mut self) {
        self.test.check();
        for loan in self.loans.clone() {
            let lent = self.test.ledger.loan(loan).ok().cloned();
            let owed = self.test.ledger.mandate(loan).ok().cloned();
            for (terms, plan, repaid) in lent
                .iter()
                .map(|found| (found.row.terms, found.plan, &found.repaid))
                .chain(owed.iter().map(|found| (found.row.terms, found.plan, &found.repaid)))
            {
                let principal: Total = repaid.iter().map(|part| part.principal).sum();
                assert_eq!(principal + plan.outstanding, Total::from(terms.principal), "{loan}");
                repaid.iter().for_each(|part| self.note(loan, part));
            }
            if let (Some(lent), Some(owed)) = (lent, owed) {
                assert_eq!((lent.plan, lent.repaid), (owed.plan, owed.repaid), "{loan}");
            }
            self.check_disbursed(loan);
        }
    }

    fn note(&mut self, loan: LoanId, part: &Repaid) {
        let LoanUse::Instalment(number) = part.used else { return };
        let paid = (loan, number, part.payment);
        match self.paid.iter().find(|earlier| (earlier.0, earlier.1) == (loan, number)) {
            Some(earlier) => assert_eq!(*earlier, paid),
            None => self.paid.push(paid),
        }
    }

    fn check_disbursed(&self, loan: LoanId) {
        let of_loan = |payment: &&crate::operator::Payment| {
            let part = payment.details().and_then(|details| details.loan);
            part.is_some_and(|part| part.loan == loan && part.used == LoanUse::Disbursement)
                && payment.state == PaymentState::Completed
        };
        let out: BTreeSet<_> =
            self.test.ledger.payments().iter().filter(of_loan).map(|payment| payment.id).collect();
        assert!(out.len() <= 1, "{loan} is paid out by {out:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn money_is_kept_whatever_happens_to_loans(
        is_cash in any::<bool>(),
        commands in prop::collection::vec(command(), 1..80),
    ) {
        let mut run = Run::new(if is_cash { Regime::Cash } else { Regime::Deposit });
        for command in &commands {
            run.act(command);
            run.check();
        }
    }
}
