//! Whatever is prepared, confirmed, cancelled and refused: each line is paid at most once, and the
//! audit and a restart agree after every step.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::Reason;
use crate::link::{CentralBankMessage, Notice, Outcome, Side};
use crate::money::{CycleId, PaymentId, PayrollId, WalletNumber};
use crate::operator::test_ledger::{TestLedger, abroad, elsewhere, line, settings, yuan};
use crate::operator::{PaymentState, PayrollDecision};

#[derive(Clone, Debug)]
enum Command {
    /// Lines by the places of their payees, with yuan.
    Prepare {
        payer: usize,
        lines: Vec<(usize, i64)>,
    },
    Confirm {
        which: Index,
        right: bool,
    },
    Cancel {
        which: Index,
    },
    /// The central bank ends the oldest payment in transit.
    End {
        cleared: bool,
    },
    Freeze {
        who: usize,
        frozen: bool,
    },
    Refill {
        payer: usize,
        yuan: i64,
    },
    Restart,
}

fn command() -> impl Strategy<Value = Command> {
    let lines = prop::collection::vec((0..6usize, 1..60i64), 1..5);
    prop_oneof![
        3 => (0..2usize, lines).prop_map(|(payer, lines)| Command::Prepare { payer, lines }),
        4 => (any::<Index>(), prop::bool::weighted(0.8))
            .prop_map(|(which, right)| Command::Confirm { which, right }),
        1 => any::<Index>().prop_map(|which| Command::Cancel { which }),
        3 => any::<bool>().prop_map(|cleared| Command::End { cleared }),
        1 => (0..6usize, any::<bool>()).prop_map(|(who, frozen)| Command::Freeze { who, frozen }),
        1 => (0..2usize, 1..100i64).prop_map(|(payer, yuan)| Command::Refill { payer, yuan }),
        1 => Just(Command::Restart),
    ]
}

struct Run {
    test: TestLedger,
    payers: [WalletNumber; 2],
    payees: [WalletNumber; 6],
    prepared: Vec<PayrollId>,
}

impl Run {
    fn new() -> Self {
        let mut test = TestLedger::new(settings());
        let payers = [test.corporate(200), test.corporate(100)];
        let persons = [test.wallet(1, 0), test.wallet(3, 0), test.wallet(4, 0)];
        let payees = [persons[0], persons[1], persons[2], abroad(), elsewhere(), payers[0]];
        Self { test, payers, payees, prepared: Vec::new() }
    }

    fn act(&mut self, command: &Command) {
        match command {
            Command::Prepare { payer, lines } => {
                let name = format!("payroll-{}", self.prepared.len());
                let lines = lines.iter().map(|(who, sum)| line(self.payees[*who], *sum)).collect();
                let prepared = self.test.prepare(&name, self.payers[*payer], lines);
                self.prepared.extend(prepared);
            }
            Command::Confirm { which, right } if !self.prepared.is_empty() => {
                let payroll = *which.get(&self.prepared);
                let total = self.test.ledger.payroll(payroll).unwrap().row.total;
                let stated = if *right { total } else { yuan(1_000_000) };
                let confirmed = self.test.confirm_amount(payroll, stated);
                assert!(*right || confirmed == Err(Reason::PayrollTotal), "{confirmed:?}");
            }
            Command::Cancel { which } if !self.prepared.is_empty() => {
                let payroll = *which.get(&self.prepared);
                self.test.ledger.cancel_payroll(payroll, self.test.now).ok();
            }
            Command::Confirm { .. } | Command::Cancel { .. } => {}
            Command::End { cleared } => self.end(*cleared),
            Command::Freeze { who, frozen } => {
                let (wallet, now) = (self.payees[*who], self.test.now);
                if *frozen {
                    self.test.ledger.freeze(wallet, false, now).ok();
                } else {
                    self.test.ledger.unfreeze(wallet, now).ok();
                }
            }
            Command::Refill { payer, yuan: sum } => {
                if self.payers[*payer] != self.payees[5] || self.can_refill() {
                    self.test.refill(self.payers[*payer], yuan(*sum));
                }
            }
            Command::Restart => {
                self.test.restart();
                self.test.up();
            }
        }
        self.test.commit();
    }

    fn can_refill(&self) -> bool {
        let wallet = self.test.ledger.wallet(self.payers[0]).unwrap();
        wallet.status == crate::operator::WalletStatus::Normal
    }

    fn end(&mut self, cleared: bool) {
        let is_open =
            |payment: &&crate::operator::Payment| payment.state == PaymentState::InTransit;
        let open = self.test.ledger.payments().iter().find(is_open);
        let Some(id) = open.map(|payment| payment.id) else { return };
        let outcome = if cleared {
            Outcome::Cleared(CycleId::new(1))
        } else {
            Outcome::Refused(Reason::PayeeUnknown)
        };
        let notices = vec![Notice { id, side: Side::Payer, outcome, at: self.test.now }];
        self.test.hear(CentralBankMessage { notices, ..CentralBankMessage::default() });
    }

    /// All payments are of confirmed lines, once each.
    fn check(&self) {
        let ledger = &self.test.ledger;
        let confirmed = self.prepared.iter().filter_map(|id| {
            let payroll = ledger.payroll(*id).unwrap();
            (payroll.decided() == Some(PayrollDecision::Confirmed)).then_some(payroll)
        });
        let mut due: Vec<PaymentId> = confirmed
            .flat_map(|payroll| payroll.good().map(|(line, ..)| payroll.payment_of(line)))
            .collect();
        let mut paid: Vec<_> = ledger.payments().iter().map(|payment| payment.id).collect();
        due.sort_unstable();
        paid.sort_unstable();
        assert_eq!(paid, due);
        self.test.check();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn lines_are_paid_once_and_only_when_they_are_confirmed(
        commands in prop::collection::vec(command(), 1..40),
    ) {
        let mut run = Run::new();
        for command in &commands {
            run.act(command);
            run.check();
        }
    }
}
