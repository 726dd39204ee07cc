//! What holds whatever happens: random commands, repeats, batching and restarts.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::details::SettlementTimes;
use crate::link::{Instruction, OperationId, OperatorMessage, WithdrawalAnswer};
use crate::money::{Amount, Position, RequestId, RequestKey};
use crate::netting::{Algorithm, Priority};
use crate::{Details, Reason, Regime};

use super::hours::SettlementHours;
use super::settlement_mode::{EndOfDay, QueueRule, SettlementMode, Shortfall};
use super::test_ledger::{TestLedger, code, settings, yuan};
use super::transfer::TransferState;

const OPERATORS: usize = 3;

/// Something that happens to the central bank.
#[derive(Clone, Debug)]
enum Command {
    Pay { from: usize, to: usize, yuan: i64 },
    PayWith { from: usize, sponsor: usize, to: usize, yuan: i64 },
    Answer { which: Index, accept: bool },
    PayWithin { from: usize, to: usize, yuan: i64, hours: [i64; 2] },
    RepeatInstruction(Index),
    Decide { which: Index, accept: bool },
    RepeatDecision(Index),
    Close,
    Up(usize),
    Down(usize),
    Wait(i64),
    Cap(usize, Option<i64>),
    Active(usize, bool),
    Fund(usize, i64),
    Issue(usize, i64),
    Withdraw(usize, i64, bool),
    Bilateral(usize, usize, Option<i64>),
    Receiver(usize, Option<i64>),
    Reserve(usize, Priority, i64),
    Raise(Index, Priority),
    Mode(SettlementMode),
    Restart,
}

fn command() -> impl Strategy<Value = Command> {
    let operator = || 0..OPERATORS;
    prop_oneof![
        8 => (operator(), 1..OPERATORS, 1..400_i64)
            .prop_map(|(from, other, yuan)| Command::Pay { from, to: (from + other) % OPERATORS, yuan }),
        8 => (any::<Index>(), prop::bool::weighted(0.8)).prop_map(|(which, accept)| Command::Decide { which, accept }),
        4 => (operator(), operator(), operator(), 2..400_i64)
            .prop_map(|(from, sponsor, to, yuan)| Command::PayWith { from, sponsor, to, yuan }),
        4 => (any::<Index>(), prop::bool::weighted(0.8)).prop_map(|(which, accept)| Command::Answer { which, accept }),
        2 => (operator(), 1..OPERATORS, 1..900_i64, 0..6_i64, 0..6_i64).prop_map(|(from, other, yuan, earliest, more)| {
            Command::PayWithin { from, to: (from + other) % OPERATORS, yuan, hours: [earliest, earliest + more] }
        }),
        1 => any::<Index>().prop_map(Command::RepeatInstruction),
        1 => any::<Index>().prop_map(Command::RepeatDecision),
        2 => Just(Command::Close),
        2 => operator().prop_map(Command::Up),
        1 => operator().prop_map(Command::Down),
        1 => (1..60_000_i64).prop_map(Command::Wait),
        1 => (1..8_i64).prop_map(|hours| Command::Wait(hours * 3_600_000)),
        1 => (operator(), 1..OPERATORS, limit()).prop_map(|(from, other, limit)| Command::Bilateral(from, (from + other) % OPERATORS, limit)),
        1 => (operator(), limit()).prop_map(|(operator, cap)| Command::Receiver(operator, cap)),
        1 => (operator(), level(), 0..300_i64).prop_map(|(operator, level, yuan)| Command::Reserve(operator, level, yuan)),
        2 => (any::<Index>(), level()).prop_map(|(which, level)| Command::Raise(which, level)),
        1 => mode().prop_map(Command::Mode),
        1 => (operator(), prop::option::of(0..500_i64)).prop_map(|(operator, cap)| Command::Cap(operator, cap)),
        1 => (operator(), prop::bool::weighted(0.7)).prop_map(|(operator, active)| Command::Active(operator, active)),
        1 => (operator(), -300..300_i64).prop_map(|(operator, yuan)| Command::Fund(operator, yuan)),
        1 => (operator(), 1..300_i64).prop_map(|(operator, yuan)| Command::Issue(operator, yuan)),
        1 => (operator(), 1..600_i64, any::<bool>()).prop_map(|(operator, yuan, held)| Command::Withdraw(operator, yuan, held)),
        1 => Just(Command::Restart),
    ]
}

fn level() -> impl Strategy<Value = Priority> {
    prop::sample::select(Priority::ALL.to_vec())
}

fn limit() -> impl Strategy<Value = Option<i64>> {
    prop::option::of(0..700_i64)
}

fn mode() -> impl Strategy<Value = SettlementMode> {
    let release = prop::sample::select(Algorithm::ALL[..6].to_vec());
    let rule =
        (release, any::<bool>(), any::<bool>(), prop::sample::select(EndOfDay::ALL.to_vec()))
            .prop_map(|(release, gross_first, offsets, end_of_day)| QueueRule {
                release,
                gross_first,
                at_cut_offs: offsets.then_some(Algorithm::PartialNet),
                end_of_day,
            });
    prop_oneof![
        1 => Just(SettlementMode::Gross),
        2 => prop::sample::select(Shortfall::ALL.to_vec()).prop_map(SettlementMode::DeferredNet),
        1 => rule.prop_map(SettlementMode::Queued),
    ]
}

/// How the central bank starts: with or without time to bring in money and business hours, in which
/// regime, and with little to settle with.
#[derive(Clone, Copy, Debug)]
struct Start {
    mode: SettlementMode,
    funding_window_ms: i64,
    regime: Regime,
    has_hours: bool,
}

fn start() -> impl Strategy<Value = Start> {
    let regime = prop_oneof![3 => Just(Regime::Cash), 1 => Just(Regime::Deposit)];
    let window = prop::sample::select(vec![0, 0, 90_000, 7_200_000]);
    let parts = (mode(), window, regime, prop::bool::weighted(0.25));
    parts.prop_map(|(mode, funding_window_ms, regime, has_hours)| Start {
        mode,
        funding_window_ms,
        regime,
        has_hours,
    })
}

/// Runs commands; a test ledger that sends everything twice must come to the same end.
struct Run {
    test: TestLedger,
    instructions: Vec<(usize, crate::link::Instruction)>,
    requests: u32,
}

impl Run {
    fn new(Start { mode, funding_window_ms, regime, has_hours }: Start) -> Self {
        let mut settings = settings(mode, OPERATORS, Some(600));
        settings.regime = regime;
        if regime == Regime::Deposit {
            settings.operators.iter_mut().for_each(|operator| operator.stock = Amount::ZERO);
            settings.operators[0].reserves = yuan(100);
        }
        settings.operators[0].stock = if regime == Regime::Cash { yuan(100) } else { Amount::ZERO };
        settings.funding_window_ms = funding_window_ms;
        if has_hours {
            let ends = [9, 17].map(|hours| hours * 3_600_000);
            settings.hours =
                SettlementHours::new(ends, Default::default(), Default::default()).unwrap();
        }
        Self { test: TestLedger::new(settings), instructions: Vec::new(), requests: 0 }
    }

    fn apply(&mut self, command: &Command) {
        let now = self.test.now;
        match command {
            Command::Pay { from, to, yuan } => self.pay(*from, *to, *yuan),
            Command::PayWith { from, sponsor, to, yuan } => {
                self.pay_with([*from, *sponsor, *to], *yuan);
            }
            Command::Answer { which, accept } => self.answer(which, *accept),
            Command::PayWithin { from, to, yuan, hours } => {
                let [earliest, latest] = hours.map(|hours| Some(now.plus_ms(hours * 3_600_000)));
                let times = SettlementTimes { earliest, latest };
                self.pay_for(*from, *to, *yuan, Details { times, ..Details::default() });
            }
            Command::RepeatInstruction(which) => self.repeat_instruction(which),
            Command::Decide { which, accept } => self.decide(which, *accept),
            Command::RepeatDecision(which) => self.repeat_decision(which),
            Command::Close => drop(self.test.ledger.close_cycle(None, now)),
            Command::Up(operator) => self.test.up(*operator),
            Command::Down(operator) => self.test.down(*operator),
            Command::Wait(ms) => self.test.wait(*ms),
            Command::Cap(operator, cap) => {
                drop(self.test.ledger.set_cap(code(*operator), cap.map(yuan), now))
            }
            Command::Active(operator, active) => {
                drop(self.test.ledger.set_active(code(*operator), *active, now))
            }
            Command::Fund(operator, sum) => {
                let (sum, request_id) = (Position::from_fen(sum * 100), self.request());
                drop(self.test.ledger.fund(code(*operator), sum, &request_id, now));
            }
            Command::Issue(operator, amount) => {
                let request_id = self.request();
                drop(self.test.ledger.issue(code(*operator), yuan(*amount), &request_id, now));
            }
            Command::Bilateral(payer, payee, limit) => {
                let limit = limit.map(yuan);
                self.test
                    .ledger
                    .set_bilateral_limit(code(*payer), code(*payee), limit, now)
                    .unwrap();
            }
            Command::Receiver(operator, cap) => {
                self.test.ledger.set_receiver_cap(code(*operator), cap.map(yuan), now).unwrap();
            }
            Command::Reserve(operator, level, amount) => {
                drop(self.test.ledger.set_reserved(code(*operator), *level, yuan(*amount), now));
            }
            Command::Raise(which, level) => {
                let waiting: Vec<_> =
                    self.test.ledger.queue().map(|transfer| transfer.id).collect();
                if !waiting.is_empty() {
                    let id = waiting[which.index(waiting.len())];
                    self.test.ledger.change_priority(id, *level, now).unwrap();
                }
            }
            Command::Mode(mode) => {
                let request_id = self.request();
                drop(self.test.ledger.change_mode(*mode, &request_id, now));
            }
            Command::Withdraw(operator, amount, held) => self.withdraw(*operator, *amount, *held),
            Command::Restart => self.restart(),
        }
        self.test.commit();
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId::Text(format!("r{}", self.requests).into())
    }

    fn is_up(&self, operator: usize) -> bool {
        self.test.is_up(operator)
    }

    fn pay(&mut self, from: usize, to: usize, amount: i64) {
        self.pay_for(from, to, amount, Details::default());
    }

    fn pay_for(&mut self, from: usize, to: usize, amount: i64, details: Details) {
        let number = u8::try_from(self.instructions.len() + 1).unwrap();
        if self.is_up(from) {
            let instruction = self.test.instruction(number, from, to, amount);
            let instruction = Instruction { details: details.boxed(), ..instruction };
            self.instructions.push((from, instruction.clone()));
            self.test.instruct(from, vec![instruction]);
        }
    }

    /// A campaign pays a third; within one operator there is nothing to instruct.
    fn pay_with(&mut self, parts: [usize; 3], amount: i64) {
        let number = u8::try_from(self.instructions.len() + 1).unwrap();
        let [from, sponsor, to] = parts;
        if self.is_up(from) && (from != to || from != sponsor) {
            let discount = 1 + amount / 3;
            let instruction = self.test.sponsored(number, parts, amount, discount.min(amount - 1));
            self.instructions.push((from, instruction.clone()));
            self.test.instruct(from, vec![instruction]);
        }
    }

    fn answer(&mut self, which: &Index, accept: bool) {
        let transfers = self.test.ledger.transfers();
        let asked = transfers.iter().filter(|transfer| transfer.state == TransferState::Funding);
        let asked: Vec<_> = asked
            .filter_map(|transfer| Some((transfer.sponsor()?.place(), transfer.id.0[0])))
            .filter(|(sponsor, _)| self.is_up(*sponsor))
            .collect();
        if !asked.is_empty() {
            let (sponsor, number) = asked[which.index(asked.len())];
            self.test.fund(sponsor, number, (!accept).then_some(Reason::PoolInsufficient));
        }
    }

    fn repeat_instruction(&mut self, which: &Index) {
        if !self.instructions.is_empty() {
            let (from, instruction) =
                self.instructions[which.index(self.instructions.len())].clone();
            self.test.instruct(from, vec![instruction]);
        }
    }

    fn decide(&mut self, which: &Index, accept: bool) {
        let delivered = self
            .test
            .ledger
            .transfers()
            .iter()
            .filter(|transfer| transfer.state == TransferState::Delivered);
        let delivered: Vec<_> =
            delivered.map(|transfer| (transfer.payee_operator, transfer.id.0[0])).collect();
        if !delivered.is_empty() {
            let (operator, number) = delivered[which.index(delivered.len())];
            self.test.decide(operator.place(), number, (!accept).then_some(Reason::PayeeFrozen));
        }
    }

    fn repeat_decision(&mut self, which: &Index) {
        let decided =
            self.test.ledger.transfers().iter().filter(|transfer| transfer.decided_at().is_some());
        let decided: Vec<_> = decided
            .map(|transfer| (transfer.payee_operator, transfer.id.0[0], transfer.reason))
            .collect();
        if !decided.is_empty() {
            let (operator, number, reason) = decided[which.index(decided.len())];
            self.test.decide(operator.place(), number, reason);
        }
    }

    fn withdraw(&mut self, operator: usize, amount: i64, held: bool) {
        let (request_id, now) = (self.request(), self.test.now);
        let operation = OperationId(RequestKey::without_wallet(&request_id).0);
        if self.test.ledger.withdraw(code(operator), yuan(amount), &request_id, now).is_ok() {
            let withdrawals = vec![WithdrawalAnswer { operation, held }];
            self.test.send(operator, OperatorMessage { withdrawals, ..OperatorMessage::default() });
        }
    }

    fn restart(&mut self) {
        self.test.restart();
        (0..OPERATORS).for_each(|operator| self.test.up(operator));
    }
}

/// Everything that is stored, except hashes and batches.
fn stored(test: &TestLedger) -> String {
    let mut rows = test.rows();
    rows.chain = crate::seal::Chain { row: rows.chain.row, ..crate::seal::Chain::default() };
    rows.accounts.iter_mut().for_each(|account| account.incarnation = 0);
    let ledger = &test.ledger;
    let derived = (&ledger.cycles, &ledger.limits, &ledger.reservations, &ledger.modes);
    let queue: Vec<_> = ledger.queue().map(|transfer| transfer.row).collect();
    format!("{rows:?} {derived:?} {queue:?} {:?}", ledger.accounts())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn money_is_conserved_whatever_happens(start in start(), commands in prop::collection::vec(command(), 1..80)) {
        let mut run = Run::new(start);
        for command in &commands {
            run.apply(command);
        }
        run.test.check();
    }

    #[test]
    fn a_restart_changes_nothing(start in start(), commands in prop::collection::vec(command(), 1..60)) {
        let mut run = Run::new(start);
        commands.iter().for_each(|command| run.apply(command));
        let before = stored(&run.test);
        run.test.restart();
        prop_assert_eq!(stored(&run.test), before);
    }

    #[test]
    fn messages_that_come_twice_change_nothing(start in start(), commands in prop::collection::vec(command(), 1..60)) {
        let (mut once, mut twice) = (Run::new(start), Run::new(start));
        twice.test.repeats = true;
        for command in &commands {
            once.apply(command);
            twice.apply(command);
        }
        prop_assert_eq!(stored(&once.test), stored(&twice.test));
        twice.test.check();
    }

    #[test]
    fn batches_change_nothing_but_their_seals(start in start(), commands in prop::collection::vec(command(), 1..60)) {
        let (mut small, mut large) = (Run::new(start), Run::new(start));
        large.test.holds = true;
        for command in &commands {
            small.apply(command);
            large.apply(command);
        }
        prop_assert_eq!(stored(&small.test), stored(&large.test));
    }

    #[test]
    fn nets_do_not_depend_on_the_order_of_decisions(
        payments in prop::collection::vec((0..OPERATORS, 1..OPERATORS, 1..50_i64), 1..40),
        seed in any::<u64>(),
    ) {
        let nets = |reversed: bool| {
            let mut test = TestLedger::net(OPERATORS, None);
            let numbers: Vec<_> = payments
                .iter()
                .map(|(from, other, yuan)| ((from + other) % OPERATORS, test.pay(*from, (from + other) % OPERATORS, *yuan)))
                .collect();
            let mut order: Vec<_> = (0..numbers.len()).collect();
            if reversed {
                order.sort_by_key(|index| (*index as u64).wrapping_mul(seed | 1).rotate_left(17));
            }
            order.into_iter().for_each(|index| test.decide(numbers[index].0, numbers[index].1, None));
            test.close();
            test.check();
            test.ledger.cycles()[0].positions.iter().map(|position| (position.net, position.settled)).collect::<Vec<_>>()
        };
        prop_assert_eq!(nets(false), nets(true));
    }
}
