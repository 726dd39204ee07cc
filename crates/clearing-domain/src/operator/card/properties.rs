//! Whatever happens to cards and their vouchers: money is kept, no counter is paid twice, and every
//! answer stays what it was.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::Reason;
use crate::money::{DAY_MS, RequestId, WalletNumber};
use crate::operator::state::PaymentState;
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, settings, yuan};
use crate::operator::{CardOrder, CardRow, LossParty, OfflineVoucher, Ruling};

#[derive(Clone, Debug)]
enum Command {
    Upload { card: usize, counter: u64, payee: usize, yuan: i64, age_ms: i64 },
    Repeat(usize),
    Load { card: usize, yuan: i64 },
    Receive { card: usize, yuan: i64 },
    Lose(usize),
    Reissue(usize),
    Empty(usize),
    Freeze { wallet: usize, thaw: bool },
    End { which: usize, refused: bool },
    Wait(i64),
    Claim { card: usize, counter: u64 },
    Restart,
}

fn command() -> impl Strategy<Value = Command> {
    let card = 0..8_usize;
    let ages = prop::sample::select(vec![0, 1, 3_600_000, DAY_MS, DAY_MS + 1]);
    prop_oneof![
        8 => (card.clone(), 1..9_u64, 0..6_usize, 1..60_i64, ages)
            .prop_map(|(card, counter, payee, yuan, age_ms)| {
                Command::Upload { card, counter, payee, yuan, age_ms }
            }),
        3 => any::<usize>().prop_map(Command::Repeat),
        2 => (card.clone(), 1..60_i64).prop_map(|(card, yuan)| Command::Load { card, yuan }),
        1 => (card.clone(), 1..60_i64).prop_map(|(card, yuan)| Command::Receive { card, yuan }),
        1 => card.clone().prop_map(Command::Lose),
        1 => card.clone().prop_map(Command::Reissue),
        1 => card.prop_map(Command::Empty),
        1 => (0..8_usize, any::<bool>())
            .prop_map(|(wallet, thaw)| Command::Freeze { wallet, thaw }),
        4 => (any::<usize>(), any::<bool>())
            .prop_map(|(which, refused)| Command::End { which, refused }),
        2 => prop::sample::select(vec![1, 3_600_000, DAY_MS, DAY_MS + 1]).prop_map(Command::Wait),
        1 => (0..8_usize, 1..9_u64).prop_map(|(card, counter)| Command::Claim { card, counter }),
        1 => Just(Command::Restart),
    ]
}

struct Run {
    test: TestLedger,
    cards: Vec<WalletNumber>,
    payees: Vec<WalletNumber>,
    /// Every voucher on which was decided, with the answer.
    answers: Vec<(OfflineVoucher, Ruling)>,
    numbers: u64,
}

impl Run {
    fn new() -> Self {
        let mut test = TestLedger::new(settings());
        let (parent, purse, shop) = (test.wallet(1, 300), test.purse(100), test.merchant());
        let mut payees = vec![shop, abroad(), elsewhere(), parent];
        let mut cards = Vec::new();
        for (name, loss) in
            [("a", LossParty::Payee), ("ab", LossParty::Issuer), ("abc", LossParty::Holder)]
        {
            let loss_wallet = (loss == LossParty::Issuer).then_some(purse);
            let order = CardOrder { loss, loss_wallet, ..test.card_order(name, parent) };
            let card = test.issue(order);
            test.load(card, 60).unwrap();
            cards.push(card);
        }
        payees.push(cards[0]);
        payees.push(purse);
        Self { test, cards, payees, answers: Vec::new(), numbers: 0 }
    }

    fn next(&mut self) -> RequestId {
        self.numbers += 1;
        RequestId::Text(format!("n{}", self.numbers).into())
    }

    fn card(&self, index: usize) -> WalletNumber {
        self.cards[index % self.cards.len()]
    }

    fn upload(&mut self, voucher: &OfflineVoucher) {
        let decided = self.test.ledger.decide_voucher(voucher, self.test.now);
        self.test.commit();
        let earlier = self.answers.iter().find(|(other, _)| other == voucher);
        match (decided, earlier) {
            (Ok(row), Some((_, ruling))) => assert_eq!(row.ruling, *ruling),
            (Ok(row), None) => self.answers.push((*voucher, row.ruling)),
            (Err(error), Some(_)) => panic!("{voucher:?} was decided, and now {error}"),
            (Err(_), None) => {}
        }
    }

    fn act(&mut self, command: &Command) {
        let now = self.test.now;
        match *command {
            Command::Upload { card, counter, payee, yuan: sum, age_ms } => {
                let (card, payee) = (self.card(card), self.payees[payee]);
                let signed_at = now.plus_ms(-age_ms);
                let voucher =
                    OfflineVoucher { signed_at, ..self.test.voucher(card, counter, payee, sum) };
                self.upload(&voucher);
            }
            Command::Repeat(which) if !self.answers.is_empty() => {
                let (voucher, _) = self.answers[which % self.answers.len()];
                self.upload(&voucher);
            }
            Command::Load { card, yuan: sum } => {
                let (card, name) = (self.card(card), self.next());
                self.test.ledger.load_sub_wallet(card, yuan(sum), name, now).ok();
            }
            Command::Receive { card, yuan } => {
                let (card, payer) = (self.card(card), self.payees[3]);
                let order = crate::operator::PaymentOrder {
                    request_id: self.next(),
                    ..self.test.order(payer, card, yuan)
                };
                self.test.ledger.pay(order, now).ok();
            }
            Command::Lose(card) => {
                let card = self.card(card);
                self.test.ledger.report_lost(card, now).ok();
            }
            Command::Reissue(card) => self.reissue(card),
            Command::Empty(card) => {
                let card = self.card(card);
                self.test.ledger.empty_card(card, now).ok();
            }
            Command::Freeze { wallet, thaw } => {
                let all: Vec<_> = self.cards.iter().chain(&self.payees).copied().collect();
                let wallet = all[wallet % all.len()];
                let ledger = &mut self.test.ledger;
                let done = if thaw {
                    ledger.unfreeze(wallet, now)
                } else {
                    ledger.freeze(wallet, false, now)
                };
                done.ok();
            }
            Command::End { which, refused } => self.end(which, refused),
            Command::Wait(ms) => self.test.wait(ms),
            Command::Claim { card, counter } => {
                let card = self.card(card);
                self.test.ledger.claim_unclaimed(card, counter, now).ok();
            }
            Command::Restart => {
                self.test.restart();
                self.test.up();
            }
            Command::Repeat(_) => {}
        }
    }

    fn reissue(&mut self, index: usize) {
        let (lost, parent, now) = (self.card(index), self.payees[3], self.test.now);
        let order = CardOrder { request_id: self.next(), ..self.test.card_order("again", parent) };
        if let Ok(card) = self.test.ledger.reissue_card(lost, order.clone(), now) {
            self.cards.push(card);
            assert_eq!(self.test.ledger.reissue_card(lost, order, now), Ok(card));
        }
    }

    fn end(&mut self, which: usize, refused: bool) {
        let payments = self.test.ledger.payments().iter();
        let waiting: Vec<_> = payments
            .filter(|payment| payment.state == PaymentState::InTransit)
            .map(|payment| payment.id)
            .collect();
        if !waiting.is_empty() {
            let reason = refused.then_some(Reason::PayeeFrozen);
            self.test.finish(waiting[which % waiting.len()], reason);
        }
    }

    /// What every payee is owed by the answers is there, on its way, or held for it.
    fn check(&self) {
        let mut promised: BTreeMap<WalletNumber, i64> = BTreeMap::new();
        // Also what was decided by itself when a freeze ended, which nobody has asked for.
        for row in self.test.ledger.cards().voucher_rows() {
            if let Ruling::Accepted { .. } = row.ruling {
                *promised.entry(row.card).or_default() += row.amount.fen();
            }
        }
        for card in &self.cards {
            let found = self.test.ledger.card(*card).unwrap();
            let payments = self.test.ledger.payments().iter();
            let paid: i64 = payments
                .filter(|payment| self.test.ledger.payer_of(payment) == *card)
                .filter(|payment| {
                    [PaymentState::InTransit, PaymentState::Completed].contains(&payment.state)
                })
                .map(|payment| payment.amount.fen())
                .sum();
            let held = self.test.ledger.cards().unclaimed_in(found.wallet).fen();
            let promised = promised.get(card).copied().unwrap_or_default();
            assert_eq!(paid - found.recovered.fen() + held, promised, "{card}");
            assert!(found.recovered <= found.compensated);
            let CardRow { float_max, .. } = found.row;
            assert!(found.compensated <= float_max);
        }
        self.test.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn cards_pay_what_they_signed_once_whatever_happens(
        commands in prop::collection::vec(command(), 1..60),
    ) {
        let mut run = Run::new();
        for command in &commands {
            run.act(command);
            run.test.commit();
            run.check();
        }
    }
}
