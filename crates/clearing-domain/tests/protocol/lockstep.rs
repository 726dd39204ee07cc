//! In lockstep: the same payments have the same outcomes, whatever breaks on the way.

use std::collections::BTreeMap;

use clearing_domain::central_bank::{
    Cycle, QueueRule, SettlementMode, Shortfall, Transfer, TransferRow,
};
use clearing_domain::details::Voucher;
use clearing_domain::link::Outcome;
use clearing_domain::money::{Amount, PaymentId, Timestamp, WalletKind, WalletNumber};
use clearing_domain::netting::Algorithm;
use clearing_domain::operator::{FundingState, TickItem};
use clearing_domain::{Details, Reason, Regime};

use crate::chaos;
use crate::checks::{check_at_rest, check_now};
use crate::config::{Config, code};
use crate::rng::Rng;
use crate::world::{Plant, World};

const CASH_NET: Config = Config {
    operators: 4,
    regime: Regime::Cash,
    mode: SettlementMode::DeferredNet(Shortfall::PartialNet),
    lockstep: true,
    reserves: 40_000,
    stock: 20_000,
    then: None,
    funding_window_ms: 0,
    limit: None,
    cap: Some(2_500),
};

/// The ticks that are not skipped; all but the last have payments.
const TICKS: [u64; 10] = [1, 2, 3, 7, 14, 15, 16, 45, 46, 60];

/// What a run is about: nothing in it may depend on faults or on the order of messages.
#[derive(Debug, PartialEq)]
struct Result {
    transfers: Vec<(TransferRow, Option<Outcome>, [Option<Timestamp>; 2])>,
    payments: BTreeMap<PaymentId, (u8, Option<Reason>, Option<Timestamp>)>,
    balances: BTreeMap<WalletNumber, Amount>,
    fundings: BTreeMap<PaymentId, (u8, Option<Reason>, Option<Timestamp>)>,
    cycles: Vec<Cycle>,
}

/// The payments of every tick and operator.
type Schedule = Vec<Vec<Vec<TickItem>>>;

fn schedule(world: &World, config: &Config, seed: u64) -> Schedule {
    let mut rng = Rng::new(seed);
    let wallets: Vec<_> = world.operators.iter().map(|operator| operator.wallets.clone()).collect();
    let mut sequence = 0;
    let mut tick = |tick: u64| {
        let of_operator = |number: usize| {
            let count = if rng.chance(30) || tick == 60 { 0 } else { rng.below(8) };
            let item = |_| {
                sequence += 1;
                item(
                    &mut rng,
                    config,
                    &wallets,
                    number,
                    tick,
                    PaymentId::in_run(seed, code(number), sequence),
                )
            };
            (0..count).map(item).collect()
        };
        (0..config.operators).map(of_operator).collect()
    };
    TICKS.map(&mut tick).into()
}

fn item(
    rng: &mut Rng,
    config: &Config,
    wallets: &[Vec<WalletNumber>],
    number: usize,
    tick: u64,
    id: PaymentId,
) -> TickItem {
    let any = |rng: &mut Rng, number: usize| wallets[number][rng.below(wallets[number].len())];
    let payer = any(rng, number);
    let other = rng.below(config.operators);
    let mut payee = any(rng, other);
    if rng.chance(10) || payee == payer {
        payee = WalletNumber::new(payee.prefix(), WalletKind::Personal, 99).unwrap();
    }
    // Few distinct times, so that ties are broken by the ids.
    let ticks = i64::try_from(tick).unwrap() - 1;
    let at = config.start().plus_ms(ticks * 60_000 + rng.range(0, 3) * 15_000);
    let amount = Amount::from_fen(rng.range(2, 150_000)).unwrap();
    // A tick without any is another one than a tick in which sponsors are asked.
    let details = (tick.is_multiple_of(3) && rng.chance(40)).then(|| {
        let sponsor = rng.below(config.operators);
        let campaign = any(rng, sponsor);
        let discount = Amount::from_fen(rng.range(1, amount.fen() - 1)).unwrap();
        Details { voucher: Some(Voucher { campaign, discount }), ..Details::default() }
    });
    let is_third = |details: &Details| {
        let campaign = details.voucher.map(|voucher| voucher.campaign);
        campaign != Some(payer) && campaign != Some(payee)
    };
    let details = details.filter(is_third).and_then(Details::boxed);
    TickItem { id, payer, payee, amount, at, details }
}

/// Whoever submits the payments and moves the clock; it asks where everybody stands.
struct Driver {
    schedule: Schedule,
    next: usize,
}

impl Driver {
    /// Submits some items to an operator, some of them for the second time.
    fn submit(&self, world: &mut World, number: usize) {
        let (tick, items) = (TICKS[self.next], &self.schedule[self.next][number]);
        let state = world.operators[number].ledger.tick();
        if items.is_empty() || state.tick > tick || (state.tick == tick && state.complete) {
            return;
        }
        let applied = if state.tick == tick { state.next_index as usize } else { 0 };
        let first = applied - world.rng.below(applied + 1).min(2);
        let end = (first + 1 + world.rng.below(6)).min(items.len()).max(applied);
        let complete = end == items.len() && world.rng.chance(70);
        let submitted = world.operators[number].ledger.submit_tick(
            tick,
            first as u64,
            &items[first..end],
            complete,
        );
        assert!(submitted.is_ok(), "{submitted:?}");
        world.commit_operator(number, true);
    }

    /// Goes on once every operator that has items has taken them all.
    fn advance(&mut self, world: &mut World) {
        let tick = TICKS[self.next];
        let taken = |(number, items): (usize, &Vec<TickItem>)| {
            let state = world.operators[number].ledger.tick();
            items.is_empty() || state.tick_ended >= tick || (state.tick == tick && state.complete)
        };
        if self.schedule[self.next].iter().enumerate().all(taken) {
            self.next += usize::from(world.bank.ledger.advance(tick).unwrap());
            world.commit_bank();
        }
    }

    fn is_done(&self) -> bool {
        self.next == self.schedule.len()
    }
}

fn run(
    config: &Config,
    payments: u64,
    seed: u64,
    faults: bool,
    strays: bool,
) -> std::result::Result<(Result, u64), String> {
    let mut world = World::new(config, seed, Plant::Nothing);
    let mut driver = Driver { schedule: schedule(&world, config, payments), next: 0 };
    world.crash_permille = if faults { 8 } else { 0 };
    for step in 0..200_000 {
        if driver.is_done() {
            world.drain();
            if config.queues() {
                end_day(&mut world);
            }
            check_at_rest(&world)?;
            return Ok((result(&world), world.crashes));
        }
        if strays && driver.next + 1 < TICKS.len() && world.rng.chance(2) {
            chaos::client_pays(&mut world);
        }
        one_step(&mut world, &mut driver, faults);
        if step % 100 == 0 {
            check_now(&world)?;
        }
    }
    Err(format!("tick {} never ends: {:?}", TICKS[driver.next], world.bank.ledger.tick_clock()))
}

/// Runs the last tick of the day, which returns what waits for cover.
fn end_day(world: &mut World) {
    while !world.bank.ledger.advance(1440).unwrap() {
        world.commit_bank();
        world.settle_wires();
    }
}

fn one_step(world: &mut World, driver: &mut Driver, faults: bool) {
    let number = world.rng.below(world.operators.len());
    match world.rng.below(100) {
        0..30 => chaos::to_bank(world),
        30..60 => chaos::to_operator(world),
        60..80 => driver.submit(world, number),
        80..92 => driver.advance(world),
        92..94 if faults => chaos::wire_breaks(world),
        94..95 if faults => chaos::message_is_lost(world),
        _ if world.current_wire(number).is_none() || (faults && world.rng.chance(5)) => {
            world.connect(number)
        }
        _ => {}
    }
}

fn result(world: &World) -> Result {
    let without_rows = |transfer: &Transfer| {
        let row = TransferRow { row: 0, ..transfer.as_appended() };
        (row, transfer.outcome(), [transfer.decided_at(), transfer.finished_at()])
    };
    let operators = &world.operators;
    let ledgers = operators.iter().map(|operator| &operator.ledger);
    let payments = ledgers.clone().flat_map(|ledger| ledger.payments());
    let fundings = ledgers.clone().flat_map(|ledger| ledger.fundings());
    let wallets = ledgers.flat_map(|ledger| ledger.wallets());
    Result {
        transfers: world.bank.ledger.transfers().iter().map(without_rows).collect(),
        payments: payments
            .map(|payment| {
                (payment.id, (payment.state as u8, payment.reason, payment.finished_at()))
            })
            .collect(),
        fundings: fundings
            .map(|funding| {
                let ended = (funding.state as u8, funding.reason, funding.finished_at());
                (funding.as_row().id, ended)
            })
            .collect(),
        balances: wallets.map(|wallet| (wallet.number, wallet.balance)).collect(),
        cycles: world
            .bank
            .ledger
            .cycles()
            .iter()
            .map(|cycle| Cycle { row: 0, ..cycle.clone() })
            .collect(),
    }
}

#[track_caller]
fn check(config: &Config, reasons: &[Reason]) {
    let (mut crashes, mut seen, mut redeemed) = (0, Vec::new(), 0);
    for payments in 0..4 {
        let (expected, _) = run(config, payments, 1, false, false)
            .unwrap_or_else(|error| panic!("calm run: {error}"));
        let is_redeemed = |funding: &&(u8, Option<Reason>, Option<Timestamp>)| {
            funding.0 == FundingState::Redeemed as u8
        };
        redeemed += expected.fundings.values().filter(is_redeemed).count();
        seen.extend(expected.transfers.iter().filter_map(|(_, outcome, _)| match outcome {
            Some(Outcome::Refused(reason)) => Some(*reason),
            _ => None,
        }));
        for seed in 0..25 {
            let (found, crashed) =
                run(config, payments, seed, true, false).unwrap_or_else(|error| {
                    panic!("payments {payments}, seed {seed} of {config:?}: {error}")
                });
            assert_eq!(found, expected, "payments {payments}, seed {seed}");
            crashes += crashed;
        }
    }
    assert!(crashes > 100, "only {crashes} crashes");
    assert!(redeemed > 0, "only {redeemed} discounts");
    assert!(reasons.iter().all(|reason| seen.contains(reason)), "seen {seen:?}");
}

#[test]
fn faults_change_nothing_under_partial_netting() {
    check(&CASH_NET, &[Reason::NetDebitCap, Reason::PayeeUnknown, Reason::BalanceCap]);
}

#[test]
fn faults_change_nothing_when_settlement_is_short() {
    let config = Config { regime: Regime::Deposit, reserves: 300, stock: 0, ..CASH_NET };
    check(&config, &[Reason::NetDebitCap]);
    let mode = SettlementMode::DeferredNet(Shortfall::AllOrNothing);
    check(&Config { mode, cap: None, ..config }, &[Reason::BalanceCap]);
}

#[test]
fn faults_change_nothing_under_gross_settlement() {
    let config = Config {
        regime: Regime::Deposit,
        mode: SettlementMode::Gross,
        reserves: 1_000,
        stock: 0,
        ..CASH_NET
    };
    check(&config, &[Reason::CoverInsufficient]);
}

#[test]
fn faults_change_nothing_under_queueing() {
    for release in
        [Algorithm::GrossFifo, Algorithm::BilateralOffset { look_ahead: 3 }, Algorithm::PartialNet]
    {
        let mode = SettlementMode::Queued(QueueRule {
            release,
            gross_first: true,
            at_cut_offs: Some(Algorithm::PartialNet),
            ..QueueRule::HYBRID
        });
        let config = Config { regime: Regime::Deposit, mode, reserves: 300, stock: 0, ..CASH_NET };
        check(&config, &[Reason::BalanceCap]);
    }
}

#[test]
fn payments_that_clients_make_beside_the_ticks_end_with_them() {
    for seed in 0..25 {
        run(&CASH_NET, seed, seed, true, true)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}
