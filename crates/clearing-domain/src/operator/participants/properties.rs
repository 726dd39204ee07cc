//! Whatever is paid, refused, given back and restarted: the positions of participants, and the
//! operator's own, sum to the position of the operator in every cycle.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::Reason;
use crate::link::{Outcome, Side};
use crate::money::{CycleId, DAY_MS, PaymentId, Total, WalletNumber};
use crate::operator::accounts::Account;
use crate::operator::test_ledger::{
    TestLedger, abroad, bank, elsewhere, id, request, settings, yuan,
};
use crate::operator::{IndirectPosition, PaymentState, RefundOrder};

const CYCLES: u32 = 3;

/// What is done; wallets by their places.
#[derive(Clone, Debug)]
enum Command {
    Open(usize),
    Pay { payer: Index, payee: Index, yuan: i64 },
    PayWith { payer: Index, payee: Index, campaign: Index, yuan: i64 },
    Deliver { payee: Index, yuan: i64, hold: bool },
    Fund { campaign: Index, yuan: i64 },
    Refund { of: Index, yuan: Option<i64> },
    End { which: Index, cycle: Option<u32>, cleared: bool },
    Wait,
    Restart,
}

fn command() -> impl Strategy<Value = Command> {
    let any_place = || any::<Index>();
    prop_oneof![
        1 => (0..3_usize).prop_map(Command::Open),
        5 => (any_place(), any_place(), 1..60_i64)
            .prop_map(|(payer, payee, yuan)| Command::Pay { payer, payee, yuan }),
        2 => (any_place(), any_place(), any_place(), 2..60_i64).prop_map(
            |(payer, payee, campaign, yuan)| Command::PayWith { payer, payee, campaign, yuan }
        ),
        3 => (any_place(), 1..60_i64, any::<bool>())
            .prop_map(|(payee, yuan, hold)| Command::Deliver { payee, yuan, hold }),
        1 => (any_place(), 1..60_i64).prop_map(|(campaign, yuan)| Command::Fund { campaign, yuan }),
        2 => (any_place(), proptest::option::of(1..30_i64))
            .prop_map(|(of, yuan)| Command::Refund { of, yuan }),
        7 => (any_place(), proptest::option::weighted(0.8, 1..=CYCLES), any::<bool>())
            .prop_map(|(which, cycle, cleared)| Command::End { which, cycle, cleared }),
        1 => Just(Command::Wait),
        1 => Just(Command::Restart),
    ]
}

struct Run {
    test: TestLedger,
    /// The wallets of this operator: the own one, those of two banks, and a sub-wallet.
    wallets: Vec<WalletNumber>,
    /// What waits for an outcome.
    open: Vec<(PaymentId, Side)>,
    /// What came from others: their numbers begin far above those of the payments of `TestLedger`.
    numbers: u8,
    requests: u32,
}

impl Run {
    fn new() -> Self {
        let test = TestLedger::new(settings());
        let mut run =
            Self { test, wallets: Vec::new(), open: Vec::new(), numbers: 255, requests: 0 };
        (0..3).for_each(|bank| run.open(bank));
        let sub = run.test.sub_wallet(run.wallets[1]);
        run.wallets.push(sub);
        run
    }

    fn name(&mut self) -> String {
        self.requests += 1;
        format!("n{}", self.requests)
    }

    fn open(&mut self, place: usize) {
        // A restart forgets what is configured.
        self.test.ledger.list_participants(&["HXB", "CEB"].map(bank));
        let name = self.name();
        let wallet = self.test.open_for(&name, [None, Some("HXB"), Some("CEB")][place], 200);
        self.wallets.push(wallet.unwrap());
    }

    fn own(&self, index: &Index) -> WalletNumber {
        self.wallets[index.index(self.wallets.len())]
    }

    /// A wallet of this operator, or of one of two others.
    fn any(&self, index: &Index) -> WalletNumber {
        match index.index(self.wallets.len() + 2).checked_sub(self.wallets.len()) {
            None => self.wallets[index.index(self.wallets.len() + 2)],
            Some(0) => abroad(),
            Some(_) => elsewhere(),
        }
    }

    /// The last payment waits for its outcome, if it was sent.
    fn note_sent(&mut self) {
        let payments = self.test.ledger.payments();
        if let Some(last) = payments.iter().last()
            && last.state == PaymentState::InTransit
            && !self.open.contains(&(last.id, Side::Payer))
        {
            self.open.push((last.id, Side::Payer));
        }
    }

    fn act(&mut self, command: &Command) {
        match command {
            Command::Open(bank) => self.open(*bank),
            Command::Pay { payer, payee, yuan } => {
                let (payer, payee) = (self.own(payer), self.any(payee));
                self.test.pay(payer, payee, *yuan);
                self.note_sent();
            }
            Command::PayWith { payer, payee, campaign, yuan } => {
                let (payer, payee) = (self.own(payer), self.any(payee));
                let discount = (self.own(campaign), yuan / 2);
                self.test.pay_with(payer, payee, *yuan, discount);
                self.note_sent();
            }
            Command::Deliver { payee, yuan, hold } => {
                let payee = self.own(payee);
                self.numbers -= 1;
                self.test.holding = *hold;
                self.test.deliver(self.numbers, payee, *yuan);
                self.open.push((id(self.numbers), Side::Payee));
            }
            Command::Fund { campaign, yuan: discount } => {
                let campaign = self.own(campaign);
                self.numbers -= 1;
                self.test.fund(self.numbers, campaign, *discount);
                let funded = self.test.ledger.funding(id(self.numbers)).unwrap();
                if !funded.state.is_final() {
                    self.open.push((id(self.numbers), Side::Sponsor));
                }
            }
            Command::Refund { of, yuan: amount } => self.refund(of, amount.map(yuan)),
            Command::End { which, cycle, cleared } => self.end(which, *cycle, *cleared),
            Command::Wait => self.test.wait(DAY_MS),
            Command::Restart => {
                self.test.restart();
                self.test.up();
            }
        }
    }

    /// The payee gives a payment back, within the operator or to another one.
    fn refund(&mut self, of: &Index, amount: Option<crate::money::Amount>) {
        let ledger = &self.test.ledger;
        let payments = ledger.payments().iter().map(|one| one.id);
        let known: Vec<_> = payments.chain(ledger.inbound().iter().map(|one| one.id)).collect();
        if known.is_empty() {
            return;
        }
        let (id, name) = (self.test.next_id(), self.name());
        let original = known[of.index(known.len())];
        let order = RefundOrder { id, request_id: request(&name), original, amount, remark: None };
        self.test.ledger.refund(order, self.test.now).ok();
        self.test.commit();
        self.note_sent();
    }

    fn end(&mut self, which: &Index, cycle: Option<u32>, cleared: bool) {
        if self.open.is_empty() {
            return;
        }
        let (id, side) = self.open.remove(which.index(self.open.len()));
        let inbound = self.test.ledger.transfer(id).filter(|_| side == Side::Payee);
        // Who has accepted outright is never refused, and what was rejected never cleared.
        let cleared =
            inbound.map_or(cleared, |found| !found.state.is_final() && (!found.held || cleared));
        let cycle = cycle.and_then(CycleId::new);
        let outcome =
            if cleared { Outcome::Cleared(cycle) } else { Outcome::Refused(Reason::Expired) };
        self.test.notify_id(id, side, outcome);
    }

    fn check(&self) {
        let participants = self.test.ledger.participants();
        let mut sums = BTreeMap::<_, IndirectPosition>::new();
        for (period, _, position) in participants.positions() {
            let sum = sums.entry(*period).or_default();
            *sum = sum.and(position);
        }
        for cycle in (1..=CYCLES).filter_map(CycleId::new) {
            let position = self.test.ledger.accounts().balance(Account::Position(cycle));
            assert_eq!(participants.net_in(cycle), Total::from(position), "cycle {cycle}");
        }
        // What one paid another on us, that one received.
        assert!(sums.values().all(|sum| sum.on_us_sent == sum.on_us_received), "{sums:?}");
        self.test.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parts_make_up_the_position(commands in prop::collection::vec(command(), 1..40)) {
        let mut run = Run::new();
        for command in &commands {
            run.act(command);
            run.check();
        }
    }
}
