//! Whatever happens to wealth products: money is kept, nothing that is held is lost or paid twice,
//! and the audit and a restart agree after every step.

use proptest::prelude::*;

use crate::money::{DAY_MS, RedemptionId, Total, WalletNumber};
use crate::operator::state::PaymentState;
use crate::operator::test_ledger::{TestLedger, abroad, product_terms, settings, yuan};
use crate::operator::{InboundState, OperatorSettings, ProductTerms, RedemptionState};
use crate::{Regime, details::WealthPart};

/// What is done; redemptions by their places among all.
#[derive(Clone, Debug)]
enum Command {
    Subscribe(usize, i64),
    /// A wallet of a class of the other operator subscribes.
    Deliver(u8, i64),
    Redeem(usize, Option<i64>),
    PayRedemption(usize),
    CancelRedemption(usize),
    /// The central bank ends a payment or a transfer that is on its way.
    End(usize, bool),
    Hold(bool),
    Freeze(usize, bool),
    /// The provider spends money of the product, or gets some.
    Spend(i64),
    Refill(i64),
    Wait(i64),
    Restart,
}

fn command() -> impl Strategy<Value = Command> {
    let yuan = || 100..900_i64;
    prop_oneof![
        4 => (0..2_usize, yuan()).prop_map(|(who, yuan)| Command::Subscribe(who, yuan)),
        3 => (1..5_u8, yuan()).prop_map(|(class, yuan)| Command::Deliver(class, yuan)),
        5 => (0..3_usize, prop::option::of(yuan()))
            .prop_map(|(who, yuan)| Command::Redeem(who, yuan)),
        1 => (0..6_usize).prop_map(Command::PayRedemption),
        2 => (0..6_usize).prop_map(Command::CancelRedemption),
        5 => (0..3_usize, any::<bool>()).prop_map(|(place, ok)| Command::End(place, ok)),
        1 => any::<bool>().prop_map(Command::Hold),
        1 => (0..3_usize, any::<bool>()).prop_map(|(who, on)| Command::Freeze(who, on)),
        2 => yuan().prop_map(Command::Spend),
        1 => yuan().prop_map(Command::Refill),
        5 => prop_oneof![Just(1), Just(DAY_MS), Just(30 * DAY_MS), 1..DAY_MS]
            .prop_map(Command::Wait),
        1 => Just(Command::Restart),
    ]
}

struct Run {
    test: TestLedger,
    provider: WalletNumber,
    /// Two of this operator and one of the other.
    holders: [WalletNumber; 3],
    redemptions: Vec<RedemptionId>,
    transfers: u8,
}

impl Run {
    fn new(settings: OperatorSettings) -> Self {
        let mut test = TestLedger::new(settings);
        let provider = test.corporate(50);
        test.define(provider, ProductTerms { maximum: yuan(3_000), ..product_terms() });
        let holders = [test.wallet(1, 3_000), test.wallet(2, 2_000), abroad()];
        Self { test, provider, holders, redemptions: Vec::new(), transfers: 100 }
    }

    fn act(&mut self, command: &Command) {
        let (test, provider) = (&mut self.test, self.provider);
        match *command {
            Command::Subscribe(who, yuan) => {
                test.subscribe(self.holders[who], provider, yuan);
            }
            Command::Deliver(class, yuan) => {
                self.transfers += 1;
                let number = self.transfers;
                test.deliver_subscription((abroad(), class), number, (provider, yuan));
            }
            Command::Redeem(who, yuan) => {
                let asked = test.redeem(self.holders[who], provider, yuan);
                self.redemptions.extend(asked);
            }
            Command::PayRedemption(place) => {
                if let Some(redemption) = self.redemptions.get(place) {
                    let _ = test.ledger.pay_redemption(*redemption, test.now);
                    test.commit();
                }
            }
            Command::CancelRedemption(place) => {
                if let Some(redemption) = self.redemptions.get(place) {
                    let _ = test.ledger.cancel_redemption(*redemption, test.now);
                    test.commit();
                }
            }
            Command::End(place, arrives) => self.end(place, arrives),
            Command::Hold(on) => test.holding = on,
            Command::Freeze(who, on) => {
                let wallet = [provider, self.holders[0], self.holders[1]][who];
                let _ = if on {
                    test.ledger.freeze(wallet, false, test.now)
                } else {
                    test.ledger.unfreeze(wallet, test.now)
                };
                test.commit();
            }
            Command::Spend(yuan) => {
                test.pay(provider, abroad(), yuan);
            }
            Command::Refill(amount) => {
                let own = test.ledger.wallet(provider).unwrap();
                if own.check_pays().is_ok() {
                    test.refill(provider, yuan(amount));
                }
            }
            Command::Wait(ms) => test.wait(ms),
            Command::Restart => {
                test.restart();
                test.up();
            }
        }
    }

    fn end(&mut self, place: usize, arrives: bool) {
        let ledger = &self.test.ledger;
        let sent = ledger.payments().iter();
        let sent = sent.filter(|payment| payment.state == PaymentState::InTransit);
        let held = ledger.inbound().iter();
        let held = held.filter(|inbound| inbound.state == InboundState::Held);
        let sent: Vec<_> = sent.map(|payment| payment.id).collect();
        let held: Vec<_> = held.map(|inbound| inbound.id).collect();
        if let Some(id) = sent.get(place) {
            self.test.end(*id, arrives);
        } else if let Some(id) = held.get(place.saturating_sub(sent.len())) {
            self.test.end_inbound(*id, arrives);
        }
    }

    /// What is held, asked for and paid is what was subscribed to, and no redemption has two payments
    /// that are on their way or final.
    fn check(&self) {
        self.test.check();
        let ledger = &self.test.ledger;
        for product in ledger.wealth().products().iter() {
            for (_, holding) in ledger.wealth().holdings_of(product, 0) {
                let [open, redeemed, _] = ledger.redeemed_of(holding);
                assert_eq!(Total::from(holding.amount) + open + redeemed, holding.subscribed);
            }
        }
        for redemption in &self.redemptions {
            let part = Some(WealthPart::Redemption(*redemption));
            let paid = ledger.payments().iter().filter(|payment| {
                let is_live =
                    [PaymentState::InTransit, PaymentState::Completed].contains(&payment.state);
                is_live && payment.details().is_some_and(|details| details.wealth == part)
            });
            let found = ledger.wealth_redemption(*redemption).unwrap();
            let ids: Vec<_> = paid.map(|payment| payment.id).collect();
            assert!(ids.iter().copied().eq(found.payment()), "{redemption} has {ids:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_whatever_happens_to_wealth_products(
        is_cash in any::<bool>(),
        commands in prop::collection::vec(command(), 1..80),
    ) {
        let regime = if is_cash { Regime::Cash } else { Regime::Deposit };
        let opening_deposits = yuan(if is_cash { 0 } else { 1_000_000 });
        let mut run = Run::new(OperatorSettings { regime, opening_deposits, ..settings() });
        for command in &commands {
            run.act(command);
            run.check();
        }
    }
}

/// Subscribes here and there, redeems, lacks money, and pays on later days.
fn story() -> Vec<Command> {
    use Command::{Deliver, End, Hold, Redeem, Refill, Spend, Subscribe, Wait};
    vec![
        Subscribe(0, 500),
        Deliver(2, 400),
        Hold(true),
        Deliver(1, 300),
        End(0, true),
        Wait(3 * DAY_MS),
        Spend(800),
        Redeem(0, Some(200)),
        Redeem(2, None),
        Wait(DAY_MS),
        Wait(DAY_MS),
        End(0, true),
        Refill(890),
        Wait(DAY_MS),
        End(0, false),
        Wait(DAY_MS),
        End(0, true),
        Redeem(0, None),
        Wait(DAY_MS),
        Wait(DAY_MS),
    ]
}

/// Where the story ends when the process dies after a step, before the next batch is written, and
/// starts again from its file.
fn ends(crash_after: Option<usize>) -> String {
    let mut run = Run::new(settings());
    for (step, command) in story().iter().enumerate() {
        run.act(command);
        if crash_after == Some(step) {
            run.act(&Command::Restart);
        }
        run.check();
    }
    let ledger = &run.test.ledger;
    let on = run.test.now.date();
    let redemptions: Vec<_> = run
        .redemptions
        .iter()
        .map(|id| ledger.wealth_redemption(*id).unwrap())
        .map(|found| (found.state(on), found.payment(), found.row.earned, found.attempts))
        .collect();
    let held = run.holders.map(|holder| run.test.held(run.provider, holder));
    let fen = [run.provider, run.holders[0]].map(|wallet| run.test.fen(wallet));
    format!("{held:?} {fen:?} {redemptions:?}")
}

#[test]
fn a_crash_after_any_step_ends_as_without_one() {
    let whole = ends(None);
    assert!(whole.contains(&format!("{:?}", RedemptionState::Paid)), "{whole}");
    for step in 0..story().len() {
        assert_eq!(ends(Some(step)), whole, "after step {step}");
    }
}
