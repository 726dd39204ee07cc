//! The largest amounts in every operation, until the largest sums are reached: nothing panics, the
//! books stay right, and what is refused changes nothing.

use proptest::prelude::*;

use crate::details::Voucher;
use crate::link::{
    Decision, FundingAnswer, Instruction, OperationId, OperatorMessage, WithdrawalAnswer,
};
use crate::money::{Amount, PaymentId, Position, RequestId, RequestKey, Total};
use crate::netting::Algorithm;
use crate::{Details, Reason, Regime};

use super::error::CentralBankError;
use super::settings::CentralBankSettings;
use super::settlement_mode::{QueueRule, SettlementMode, Shortfall};
use super::test_ledger::{TestLedger, campaign, code, settings, wallet};
use super::transfer::TransferState;

const OPERATORS: usize = 3;

/// Something that happens, as often as it says.
#[derive(Clone, Debug)]
enum Command {
    Pay { from: usize, to: usize, fen: i64, count: usize },
    PayWith { parts: [usize; 3], fen: i64, discount: i64, count: usize },
    FundAll { accept: bool },
    DecideAll { accept: bool },
    Close,
    Wait(i64),
    Restart,
    Fund { operator: usize, fen: i64, count: usize },
    Issue { operator: usize, fen: i64, count: usize },
    Withdraw { operator: usize, fen: i64, held: bool },
    Pledge { operator: usize, fen: i64, count: usize },
    Earmark { operator: usize, fen: i64, count: usize },
    Cap(usize, Option<i64>),
    Bilateral(usize, usize, Option<i64>),
    Receiver(usize, Option<i64>),
    Mode(SettlementMode),
}

/// At and near both ends of what an amount can be.
fn fen() -> impl Strategy<Value = i64> {
    let most = Amount::MAX.fen();
    prop_oneof![1 => Just(0), 1 => Just(1), 1 => 2..1_000_i64, 1 => Just(most - 1), 4 => Just(most), 1 => 1..=most]
}

fn signed() -> impl Strategy<Value = i64> {
    (fen(), prop::bool::weighted(0.8)).prop_map(|(fen, positive)| if positive { fen } else { -fen })
}

fn count() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 1..4_usize, 1 => Just(400_usize), 1 => Just(1_001_usize)]
}

fn mode() -> impl Strategy<Value = SettlementMode> {
    let release = prop::sample::select(Algorithm::ALL[..6].to_vec());
    let rule = (release, any::<bool>()).prop_map(|(release, gross_first)| {
        SettlementMode::Queued(QueueRule {
            release,
            gross_first,
            at_cut_offs: Some(Algorithm::PartialNet),
            ..QueueRule::HYBRID
        })
    });
    let net = prop::sample::select(Shortfall::ALL.to_vec()).prop_map(SettlementMode::DeferredNet);
    prop_oneof![1 => Just(SettlementMode::Gross), 4 => net, 1 => rule]
}

fn command() -> impl Strategy<Value = Command> {
    let operator = || 0..OPERATORS;
    let limit = || prop::option::of(fen());
    prop_oneof![
        6 => (operator(), 1..OPERATORS, fen(), count()).prop_map(|(from, other, fen, count)| Command::Pay {
            from,
            to: (from + other) % OPERATORS,
            fen,
            count,
        }),
        4 => ([operator(), operator(), operator()], fen(), fen(), count()).prop_map(|(parts, fen, discount, count)| {
            Command::PayWith { parts, fen, discount, count }
        }),
        4 => prop::bool::weighted(0.8).prop_map(|accept| Command::FundAll { accept }),
        5 => prop::bool::weighted(0.8).prop_map(|accept| Command::DecideAll { accept }),
        3 => Just(Command::Close),
        1 => (1..30_i64).prop_map(|hours| Command::Wait(hours * 3_600_000)),
        1 => Just(Command::Restart),
        3 => (operator(), signed(), count()).prop_map(|(operator, fen, count)| Command::Fund { operator, fen, count }),
        3 => (operator(), fen(), count()).prop_map(|(operator, fen, count)| Command::Issue { operator, fen, count }),
        1 => (operator(), fen(), any::<bool>()).prop_map(|(operator, fen, held)| Command::Withdraw { operator, fen, held }),
        1 => (operator(), signed(), count()).prop_map(|(operator, fen, count)| Command::Pledge { operator, fen, count }),
        1 => (operator(), signed(), count()).prop_map(|(operator, fen, count)| Command::Earmark { operator, fen, count }),
        1 => (operator(), limit()).prop_map(|(operator, cap)| Command::Cap(operator, cap)),
        1 => (operator(), 1..OPERATORS, limit())
            .prop_map(|(from, other, limit)| Command::Bilateral(from, (from + other) % OPERATORS, limit)),
        1 => (operator(), limit()).prop_map(|(operator, cap)| Command::Receiver(operator, cap)),
        1 => mode().prop_map(Command::Mode),
    ]
}

fn start() -> impl Strategy<Value = CentralBankSettings> {
    let of = (
        mode(),
        prop::sample::select(vec![Regime::Cash, Regime::Deposit]),
        fen(),
        prop::option::of(fen()),
    );
    (of, prop::sample::select(vec![0, 90_000])).prop_map(
        |((mode, regime, credit, cap), funding_window_ms)| {
            let mut settings = settings(mode, OPERATORS, None);
            (settings.regime, settings.funding_window_ms) = (regime, funding_window_ms);
            for operator in &mut settings.operators {
                (operator.reserves, operator.stock) = (Amount::MAX, Amount::MAX);
                operator.credit = Amount::from_fen(credit).unwrap();
                operator.cap = cap.map(|fen| Amount::from_fen(fen).unwrap());
            }
            settings
        },
    )
}

struct Run {
    test: TestLedger,
    payments: u64,
    requests: u64,
}

impl Run {
    fn new(settings: CentralBankSettings) -> Self {
        Self { test: TestLedger::new(settings), payments: 0, requests: 0 }
    }

    fn apply(&mut self, command: &Command) {
        let now = self.test.now;
        match *command {
            Command::Pay { from, to, fen, count } => self.pay(from, to, fen, None, count),
            Command::PayWith { parts: [from, sponsor, to], fen, discount, count } => {
                self.pay(from, to, fen, Some((sponsor, discount)), count);
            }
            Command::FundAll { accept } => self.fund_all(accept),
            Command::DecideAll { accept } => self.decide_all(accept),
            Command::Close => drop(self.test.ledger.close_cycle(None, now)),
            Command::Wait(ms) => self.test.wait(ms),
            Command::Restart => self.restart(),
            Command::Fund { operator, fen, count } => self.repeat(count, |ledger, request| {
                ledger.fund(code(operator), Position::from_fen(fen), request, now).map(drop)
            }),
            Command::Issue { operator, fen, count } => self.repeat(count, |ledger, request| {
                ledger.issue(code(operator), Amount::from_fen(fen).unwrap(), request, now).map(drop)
            }),
            Command::Withdraw { operator, fen, held } => self.withdraw(operator, fen, held),
            Command::Pledge { operator, fen, count } => self.repeat(count, |ledger, request| {
                ledger.pledge(code(operator), Position::from_fen(fen), request, now).map(drop)
            }),
            Command::Earmark { operator, fen, count } => self.repeat(count, |ledger, request| {
                ledger.earmark(code(operator), Position::from_fen(fen), request, now).map(drop)
            }),
            Command::Cap(operator, cap) => {
                self.repeat(1, |ledger, _| ledger.set_cap(code(operator), cap.map(amount), now))
            }
            Command::Bilateral(payer, payee, limit) => self.repeat(1, |ledger, _| {
                ledger.set_bilateral_limit(code(payer), code(payee), limit.map(amount), now)
            }),
            Command::Receiver(operator, cap) => self.repeat(1, |ledger, _| {
                ledger.set_receiver_cap(code(operator), cap.map(amount), now)
            }),
            Command::Mode(mode) => {
                self.repeat(1, |ledger, request| ledger.change_mode(mode, request, now).map(drop))
            }
        }
        self.test.commit();
    }

    /// Makes a request again and again; one that is refused changes nothing.
    fn repeat(
        &mut self,
        count: usize,
        request: impl Fn(&mut super::CentralBankLedger, &RequestId) -> Result<(), CentralBankError>,
    ) {
        for _ in 0..count {
            self.requests += 1;
            let before = standing(&self.test);
            let id = RequestId::Text(format!("r{}", self.requests).into());
            if request(&mut self.test.ledger, &id).is_err() {
                assert_eq!(standing(&self.test), before);
                return;
            }
        }
    }

    fn pay(
        &mut self,
        from: usize,
        to: usize,
        fen: i64,
        sponsor: Option<(usize, i64)>,
        count: usize,
    ) {
        let voucher = sponsor.map(|(sponsor, discount)| Voucher {
            campaign: campaign(sponsor),
            discount: amount(discount),
        });
        let details = Details { voucher, ..Details::default() }.boxed();
        let first = self.payments + 1;
        self.payments += count as u64;
        let at = self.test.now;
        let instruction = |number: u64| Instruction {
            id: numbered(number),
            request_key: RequestKey(numbered(number).0),
            payer: wallet(from),
            payee: wallet(to),
            amount: amount(fen),
            submitted_at: at,
            expires_at: at.plus_ms(30_000),
            details: details.clone(),
        };
        self.test.instruct(from, (first..=self.payments).map(instruction).collect());
        let refused = (first..=self.payments)
            .filter_map(|number| self.test.ledger.transfer(numbered(number)));
        for transfer in refused.filter(|_| fen == 0) {
            assert_eq!(transfer.reason, Some(Reason::AmountNotPositive));
        }
    }

    fn fund_all(&mut self, accept: bool) {
        let transfers = self.test.ledger.transfers();
        let asked = transfers.iter().filter(|transfer| transfer.state == TransferState::Funding);
        let mut answers = vec![Vec::new(); OPERATORS];
        for transfer in asked {
            let declined = (!accept).then_some(Reason::PoolInsufficient);
            let answer = FundingAnswer { id: transfer.id, declined, decided_at: self.test.now };
            answers[transfer.sponsor().unwrap().place()].push(answer);
        }
        for (operator, fundings) in answers.into_iter().enumerate() {
            self.test.send(operator, OperatorMessage { fundings, ..OperatorMessage::default() });
        }
    }

    fn decide_all(&mut self, accept: bool) {
        let delivered = self
            .test
            .ledger
            .transfers()
            .iter()
            .filter(|transfer| transfer.state == TransferState::Delivered);
        let mut decisions = vec![Vec::new(); OPERATORS];
        for transfer in delivered {
            let rejected = (!accept).then_some(Reason::PayeeFrozen);
            let decision = Decision { id: transfer.id, rejected, decided_at: self.test.now };
            decisions[transfer.payee_operator.place()].push(decision);
        }
        for (operator, decisions) in decisions.into_iter().enumerate() {
            self.test.send(operator, OperatorMessage { decisions, ..OperatorMessage::default() });
        }
    }

    fn withdraw(&mut self, operator: usize, fen: i64, held: bool) {
        self.repeat(1, |ledger, request| {
            ledger
                .withdraw(code(operator), amount(fen), request, super::test_ledger::noon())
                .map(drop)
        });
        let id = RequestId::Text(format!("r{}", self.requests).into());
        let operation = OperationId(RequestKey::without_wallet(&id).0);
        if self.test.ledger.operation(operation).is_some() {
            let withdrawals = vec![WithdrawalAnswer { operation, held }];
            self.test.send(operator, OperatorMessage { withdrawals, ..OperatorMessage::default() });
        }
    }

    fn restart(&mut self) {
        self.test.restart();
        (0..OPERATORS).for_each(|operator| self.test.up(operator));
    }

    /// The books are right, every sum is within its bound, and all that clients are shown can be
    /// computed.
    fn check(&self) {
        self.test.check_audit();
        let ledger = &self.test.ledger;
        let money = |account: &super::OperatorAccount| {
            Total::from(account.reserves) + account.held + account.credit
        };
        assert!(ledger.accounts().iter().map(money).sum::<Total>().is_bounded());
        let cycles = [ledger.cycles.open(), ledger.cycles.frozen()];
        let owed: Total = cycles.into_iter().flatten().map(super::OpenCycle::owed).sum();
        let under_way = ledger.transfers.under_way();
        assert!((ledger.cycles.owed() + under_way).is_bounded());
        for account in ledger.accounts() {
            let _ = (account.headroom(), account.cover(ledger.settings().regime));
            assert!(Total::from(account.unsettled).magnitude() <= owed);
            assert!(Total::from(account.outstanding) <= under_way);
        }
        for cycle in ledger.cycles().iter().chain(ledger.open_cycle()) {
            assert!(Total::from(cycle.gross).is_bounded());
        }
    }
}

fn amount(fen: i64) -> Amount {
    Amount::from_fen(fen).unwrap()
}

fn numbered(number: u64) -> PaymentId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    PaymentId(id)
}

/// What a refused request must leave as it was.
fn standing(test: &TestLedger) -> (u64, Vec<super::AccountRow>) {
    (
        test.ledger.chain().row,
        test.ledger.accounts().numbers().map(|number| test.ledger.account_row(number)).collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_largest_amounts_are_booked_or_refused(
        settings in start(),
        commands in prop::collection::vec(command(), 1..40),
    ) {
        let mut run = Run::new(settings);
        commands.iter().for_each(|command| run.apply(command));
        run.check();
        run.restart();
        run.check();
    }
}
