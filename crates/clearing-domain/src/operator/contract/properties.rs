//! Whatever happens to contracts: money is kept, and no lesson is paid twice.

use proptest::prelude::*;

use crate::Regime;
use crate::money::{Amount, ContractId, DAY_MS, PaymentId, WalletNumber};
use crate::operator::contract::LessonState;
use crate::operator::state::PaymentState;
use crate::operator::test_ledger::{TestLedger, elsewhere, request, school, settings, yuan};
use crate::operator::{
    ContractOrder, ContractTerms, OperatorSettings, RefundRule, ReleaseRule, code_of_lesson,
};

const SEED: [u8; 32] = [5; 32];
const HOUR: i64 = 3_600_000;

/// What is done; contracts and lessons by their places among all.
#[derive(Clone, Debug)]
enum Command {
    Create { payer: usize, at_home: bool, yuan: i64, lessons: u32, rule: u8, days: i64 },
    Fund(usize),
    Release(usize, u32),
    Ask(usize, u32, u32),
    Dispute(usize, u32),
    Refund(usize),
    Suspend(bool, bool),
    End(usize, bool),
    Pay { payer: usize, yuan: i64 },
    ExchangeBack { payer: usize, yuan: i64 },
    Freeze(bool),
    Wait(i64),
    Restart,
}

fn command() -> impl Strategy<Value = Command> {
    // Few, so that what is asked for is mostly there.
    let contract = || 0..4_usize;
    prop_oneof![
        3 => (0..2_usize, any::<bool>(), 1..20_i64, 1..5_u32, 0..4_u8, 1..4_i64).prop_map(
            |(payer, at_home, yuan, lessons, rule, days)| {
                Command::Create { payer, at_home, yuan, lessons, rule, days }
            }
        ),
        4 => contract().prop_map(Command::Fund),
        4 => (contract(), 1..6_u32).prop_map(|(found, lesson)| Command::Release(found, lesson)),
        4 => (contract(), 1..6_u32, 1..6_u32)
            .prop_map(|(found, lesson, code)| Command::Ask(found, lesson, code)),
        1 => (contract(), 1..6_u32).prop_map(|(found, lesson)| Command::Dispute(found, lesson)),
        2 => contract().prop_map(Command::Refund),
        1 => any::<(bool, bool)>().prop_map(|(home, on)| Command::Suspend(home, on)),
        4 => (0..2_usize, any::<bool>()).prop_map(|(place, ok)| Command::End(place, ok)),
        2 => (0..2_usize, 1..60_i64).prop_map(|(payer, yuan)| Command::Pay { payer, yuan }),
        1 => (0..2_usize, 1..60_i64)
            .prop_map(|(payer, yuan)| Command::ExchangeBack { payer, yuan }),
        1 => any::<bool>().prop_map(Command::Freeze),
        2 => prop_oneof![Just(HOUR), Just(DAY_MS), 1..HOUR].prop_map(Command::Wait),
        1 => Just(Command::Restart),
    ]
}

struct Run {
    test: TestLedger,
    payers: [WalletNumber; 2],
    shop: WalletNumber,
    contracts: Vec<ContractId>,
    numbers: u32,
    /// What each lesson that is paid was paid by.
    paid: Vec<(ContractId, u32, PaymentId)>,
}

impl Run {
    fn new(regime: Regime) -> Self {
        let settings = OperatorSettings { regime, opening_deposits: yuan(1_000), ..settings() };
        let mut test = TestLedger::new(settings);
        let payers = [test.wallet(1, 60), test.wallet(1, 60)];
        let shop = test.merchant();
        Self { test, payers, shop, contracts: Vec::new(), numbers: 0, paid: Vec::new() }
    }

    fn apply(&mut self, command: &Command) {
        self.act(command);
        self.test.commit();
        self.check();
    }

    fn act(&mut self, command: &Command) {
        self.numbers += 1;
        let (numbers, now) = (self.numbers, self.test.now);
        let ledger = &mut self.test.ledger;
        let found = |place: &usize| self.contracts.get(*place).copied().unwrap_or_default();
        // What is refused changes nothing, which the audit sees.
        match command {
            Command::Create { payer, at_home, yuan, lessons, rule, days } => {
                let terms = terms(&self.test, (*rule, *lessons, *days));
                let merchant = if *at_home { self.shop } else { school() };
                let (payer, total) = (self.payers[*payer], Amount::from_fen(yuan * 100 + 7));
                let terms = ContractTerms { payer, merchant, total: total.unwrap(), ..terms };
                let request_id = request(&format!("c{numbers}"));
                let order = ContractOrder { request_id, terms, salt: None };
                self.contracts.push(self.test.ledger.create_contract(order, now).unwrap());
            }
            Command::Fund(place) => drop(ledger.fund_contract(found(place), now)),
            Command::Release(place, lesson) => {
                let before = ledger.chain.row;
                let answer = ledger.release_lesson(found(place), *lesson, now);
                self.check_answer(before, answer.ok().map(Some));
            }
            Command::Ask(place, lesson, code) => self.ask(*place, *lesson, *code),
            Command::Dispute(place, lesson) => {
                drop(ledger.dispute_lesson(found(place), *lesson, now));
            }
            Command::Refund(place) => drop(ledger.refund_contract(found(place), now)),
            Command::Suspend(home, on) => {
                let merchant = if *home { self.shop } else { school() };
                ledger.suspend_merchant(merchant, *on, now).unwrap();
            }
            Command::End(place, arrives) => self.end(*place, *arrives),
            Command::Pay { payer, yuan } => {
                self.test.pay(self.payers[*payer], elsewhere(), *yuan);
            }
            Command::ExchangeBack { payer, yuan: amount } => {
                let (payer, id) = (self.payers[*payer], request(&format!("x{numbers}")));
                drop(ledger.exchange_back(payer, yuan(*amount), id, now));
            }
            Command::Freeze(true) => drop(ledger.freeze(self.shop, false, now)),
            Command::Freeze(false) => drop(ledger.unfreeze(self.shop, now)),
            Command::Wait(ms) => self.test.wait(*ms),
            Command::Restart => {
                self.test.restart();
                self.test.up();
            }
        }
    }

    fn ask(&mut self, place: usize, lesson: u32, code: u32) {
        let Some(contract) = self.contracts.get(place).copied() else { return };
        let terms = self.test.ledger.contract(contract).unwrap().row.terms;
        let by_code = matches!(terms.release, ReleaseRule::ByCode { .. });
        let code = by_code.then(|| code_of_lesson(SEED, terms.lessons, code));
        let before = self.test.ledger.chain.row;
        let answer = self.test.ask(contract, lesson, code);
        self.check_answer(before, answer.ok());
    }

    /// What is refused leaves no rows, and what is answered was not refused.
    fn check_answer(&self, before: u64, answer: Option<Option<PaymentId>>) {
        match answer {
            None => assert_eq!(self.test.ledger.chain.row, before, "a refusal leaves rows"),
            Some(payment) => {
                let found = payment.and_then(|id| self.test.ledger.payment(id));
                assert!(found.is_none_or(|payment| payment.state != PaymentState::Rejected));
            }
        }
    }

    fn end(&mut self, place: usize, arrives: bool) {
        let payments = self.test.ledger.payments().iter();
        let in_transit = payments.filter(|payment| payment.state == PaymentState::InTransit);
        let ids: Vec<_> = in_transit.map(|payment| payment.id).collect();
        if let Some(id) = ids.get(place) {
            self.test.end(*id, arrives);
        }
    }

    /// Every contract is whole: what is locked, on its way, paid and given back is its price. A
    /// lesson that is paid stays paid by the same payment.
    fn check(&mut self) {
        self.test.check();
        for id in &self.contracts {
            let contract = self.test.ledger.contract(*id).unwrap();
            let terms = &contract.row.terms;
            let (mut unpaid, mut under_way) = (0, 0);
            for (number, lesson) in (1..).zip(&contract.lessons) {
                let price = terms.price_of(number).unwrap().fen();
                match lesson.state {
                    LessonState::Releasing(_) => under_way += price,
                    LessonState::Released(payment) => {
                        let paid = (*id, number, payment);
                        let same = |earlier: &&(ContractId, u32, PaymentId)| {
                            (earlier.0, earlier.1) == (*id, number)
                        };
                        match self.paid.iter().find(same) {
                            Some(earlier) => assert_eq!(*earlier, paid),
                            None => self.paid.push(paid),
                        }
                    }
                    LessonState::Open | LessonState::Requested(_) | LessonState::Disputed => {
                        unpaid += price;
                    }
                }
            }
            let locked = contract.locked.fen();
            assert!(locked == unpaid || locked == 0, "{id} locks {locked} of {unpaid}");
            let all = locked + under_way + contract.released.fen() + contract.refunded.fen();
            let price = if contract.was_funded() { terms.total.fen() } else { 0 };
            assert_eq!(all, price, "{id} has {under_way} under way");
        }
        for payer in self.payers {
            let balance = self.test.ledger.wallet(payer).unwrap().balance;
            assert!(self.test.ledger.locked(payer) <= balance);
        }
    }
}

fn terms(test: &TestLedger, (rule, lessons, days): (u8, u32, i64)) -> ContractTerms {
    let release = match rule {
        0 => ReleaseRule::ByPayer,
        1 => ReleaseRule::ByCode { codes: code_of_lesson(SEED, lessons, 0) },
        _ => ReleaseRule::ByMerchant { dispute_ms: 3_600_000 },
    };
    let refund = if rule == 3 { RefundRule::BeforeFirstLesson } else { RefundRule::AtAnyTime };
    let expires_at = test.now.plus_ms(days * DAY_MS);
    let terms = test.contract_terms(school(), school());
    ContractTerms { lessons, release, refund, expires_at, ..terms }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn money_is_kept_whatever_happens_to_contracts(
        is_cash in any::<bool>(),
        commands in prop::collection::vec(command(), 1..100),
    ) {
        let mut run = Run::new(if is_cash { Regime::Cash } else { Regime::Deposit });
        commands.iter().for_each(|command| run.apply(command));
    }
}
