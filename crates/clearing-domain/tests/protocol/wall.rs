//! Under the wall clock: whatever breaks, every payment ends once and all money is there.

use std::collections::BTreeSet;
use std::ops::Range;

use clearing_domain::central_bank::{
    EndOfDay, QueueRule, SettlementMode, Shortfall, TransferState,
};
use clearing_domain::netting::Algorithm;
use clearing_domain::{Reason, Regime};

use crate::chaos;
use crate::checks::{check_at_rest, check_now};
use crate::config::Config;
use crate::world::{Plant, World};

pub(crate) const CASH_NET: Config = Config {
    operators: 3,
    regime: Regime::Cash,
    mode: SettlementMode::DeferredNet(Shortfall::PartialNet),
    lockstep: false,
    reserves: 40_000,
    stock: 20_000,
    cap: Some(2_500),
    then: None,
    funding_window_ms: 0,
    limit: None,
};

/// Runs a cluster under faults, lets it come to rest, and checks it all along.
pub(crate) fn run(config: &Config, seed: u64, plant: Plant) -> Result<World, String> {
    let mut world = World::new(config, seed, plant);
    world.crash_permille = if plant == Plant::Nothing { 10 } else { 40 };
    for step in 0..800 {
        chaos::step(&mut world);
        if step % 40 == 0 {
            check_now(&world)?;
        }
    }
    world.drain();
    if config.queues() {
        world.end_day();
    }
    // What the first day carried ends with the next one, whose mode carries nothing.
    if config.carries() {
        world.end_day();
    }
    check_at_rest(&world)?;
    // A failing close has nothing to close: gross settlement has no cycles.
    if world.bank.ledger.close_cycle(None, world.now).is_ok() {
        world.commit_bank();
        world.settle_wires();
        check_at_rest(&world)?;
    }
    Ok(world)
}

/// Runs many seeds, and expects that in all of them together nothing remained untried.
#[track_caller]
fn check(config: &Config, seeds: Range<u64>, reasons: &[Reason]) {
    let (mut crashes, mut cleared, mut seen) = (0, 0, BTreeSet::new());
    for seed in seeds {
        let world = run(config, seed, Plant::Nothing)
            .unwrap_or_else(|error| panic!("seed {seed} of {config:?}: {error}"));
        crashes += world.crashes;
        let transfers = world.bank.ledger.transfers();
        cleared +=
            transfers.iter().filter(|transfer| transfer.state == TransferState::Cleared).count();
        seen.extend(transfers.iter().filter_map(|transfer| transfer.reason));
    }
    assert!(crashes > 100, "only {crashes} crashes");
    assert!(cleared > 300, "only {cleared} cleared");
    let mut expected: BTreeSet<_> = ALWAYS.iter().chain(reasons).copied().collect();
    if config.queues() {
        // What would pass a cap waits.
        expected.remove(&Reason::NetDebitCap);
    }
    assert!(seen.is_superset(&expected), "seen {seen:?}, expected {expected:?}");
}

const ALWAYS: [Reason; 9] = [
    Reason::OperatorInactive,
    Reason::NetDebitCap,
    Reason::PayeeUnknown,
    Reason::PayeeFrozen,
    Reason::BalanceCap,
    Reason::Expired,
    Reason::EndOfDay,
    Reason::CampaignUnknown,
    Reason::CampaignInactive,
];

#[test]
fn partial_netting_of_cash_survives_every_fault() {
    check(&CASH_NET, 0..150, &[]);
}

#[test]
fn all_or_nothing_of_cash_survives_every_fault() {
    let mode = SettlementMode::DeferredNet(Shortfall::AllOrNothing);
    check(&Config { mode, cap: None, ..CASH_NET }, 1_000..1_100, &[]);
}

#[test]
fn every_rule_for_a_shortfall_survives_every_fault() {
    let rules = [
        Shortfall::Unwind,
        Shortfall::LossSharing,
        Shortfall::CentralBankCredit,
        Shortfall::ProRata,
    ];
    for (place, shortfall) in (0..).zip(rules) {
        let mode = SettlementMode::DeferredNet(shortfall);
        let config = Config { regime: Regime::Deposit, mode, reserves: 300, stock: 0, ..CASH_NET };
        check(&config, 7_000 + place * 100..7_060 + place * 100, &[]);
    }
}

#[test]
fn gross_settlement_of_cash_survives_every_fault() {
    check(&Config { mode: SettlementMode::Gross, stock: 17_600, ..CASH_NET }, 2_000..2_100, &[]);
}

#[test]
fn netting_of_deposits_with_little_reserves_survives_every_fault() {
    let config =
        Config { operators: 4, regime: Regime::Deposit, reserves: 300, stock: 0, ..CASH_NET };
    check(&config, 3_000..3_100, &[]);
}

#[test]
fn gross_settlement_of_deposits_survives_every_fault() {
    let mode = SettlementMode::Gross;
    let config = Config { regime: Regime::Deposit, mode, reserves: 300, stock: 0, ..CASH_NET };
    check(&config, 4_000..4_100, &[Reason::CoverInsufficient]);
}

const OFFSETTING: [Algorithm; 3] =
    [Algorithm::GrossBypass, Algorithm::BilateralOffset { look_ahead: 3 }, Algorithm::PartialNet];

#[test]
fn a_queue_of_deposits_survives_every_fault() {
    for (place, release) in (0..).zip(OFFSETTING) {
        let mode = SettlementMode::Queued(QueueRule {
            release,
            gross_first: true,
            at_cut_offs: Some(Algorithm::PartialNet),
            ..QueueRule::HYBRID
        });
        let config = Config {
            regime: Regime::Deposit,
            mode,
            reserves: 300,
            stock: 0,
            cap: None,
            ..CASH_NET
        };
        check(&config, 5_000 + place * 100..5_060 + place * 100, &[]);
    }
}

#[test]
fn a_queue_of_cash_survives_every_fault() {
    let mode = SettlementMode::Queued(QueueRule {
        release: Algorithm::GrossFifo,
        gross_first: true,
        ..QueueRule::GROSS_QUEUE
    });
    check(&Config { mode, stock: 17_600, cap: None, ..CASH_NET }, 6_000..6_100, &[]);
}

#[test]
fn a_queue_that_outlasts_its_day_survives_every_fault() {
    let queue =
        |end_of_day| SettlementMode::Queued(QueueRule { end_of_day, ..QueueRule::GROSS_QUEUE });
    let deposits = Config {
        regime: Regime::Deposit,
        mode: queue(EndOfDay::ForceCredit),
        reserves: 300,
        stock: 0,
        cap: None,
        ..CASH_NET
    };
    check(&deposits, 6_100..6_160, &[]);
    // What is carried into the next day ends with that, by the rule that has come meanwhile.
    for then in [EndOfDay::Return, EndOfDay::ForceCredit].map(queue) {
        let mode = queue(EndOfDay::Carry);
        check(&Config { mode, then: Some(then), ..deposits }, 6_200..6_300, &[]);
    }
}

#[test]
fn a_mode_that_changes_at_midnight_survives_every_fault() {
    let net = CASH_NET.mode;
    let queue = SettlementMode::Queued(QueueRule {
        release: Algorithm::PartialNet,
        gross_first: true,
        ..QueueRule::GROSS_QUEUE
    });
    let changes =
        [(net, SettlementMode::Gross), (SettlementMode::Gross, net), (net, queue), (queue, net)];
    for (place, (mode, then)) in (0..).zip(changes) {
        let config = Config { mode, then: Some(then), stock: 17_600, ..CASH_NET };
        check(&config, 8_000 + place * 100..8_060 + place * 100, &[]);
        let deposits = Config { regime: Regime::Deposit, reserves: 300, stock: 0, ..config };
        check(&deposits, 8_400 + place * 100..8_460 + place * 100, &[]);
    }
}

#[test]
fn a_cycle_that_waits_for_money_survives_every_fault() {
    let mode = SettlementMode::DeferredNet(Shortfall::PartialNet);
    let deposits = Config { regime: Regime::Deposit, mode, reserves: 300, stock: 0, ..CASH_NET };
    check(&Config { funding_window_ms: 60_000, ..deposits }, 9_000..9_060, &[]);
    let then = Some(SettlementMode::Gross);
    check(&Config { funding_window_ms: 600_000, then, ..deposits }, 9_100..9_160, &[]);
}

#[test]
fn limits_between_operators_survive_every_fault() {
    let limited = Config { limit: Some(900), cap: None, ..CASH_NET };
    check(&limited, 9_200..9_260, &[Reason::BilateralLimit, Reason::ReceiverCap]);
    let queue = SettlementMode::Queued(QueueRule {
        release: Algorithm::PartialNet,
        gross_first: true,
        ..QueueRule::GROSS_QUEUE
    });
    check(&Config { mode: queue, stock: 17_600, ..limited }, 9_300..9_360, &[]);
}

/// The checks are worth something only if they find what they are for.
#[track_caller]
fn check_found(plant: Plant) {
    let found = (0..40).filter(|seed| run(&CASH_NET, *seed, plant).is_err()).count();
    assert!(found > 0, "nothing noticed {plant:?}");
}

#[test]
fn a_central_bank_that_sends_before_it_is_durable_is_found() {
    check_found(Plant::EarlyRelease);
}

#[test]
fn an_operator_that_does_not_repeat_its_decisions_is_found() {
    check_found(Plant::SilentRepeats);
}

#[test]
fn an_operator_that_loses_what_it_synced_is_found() {
    check_found(Plant::LostSync);
}

#[test]
fn an_operator_that_tells_of_what_is_not_synced_is_found() {
    check_found(Plant::EarlyWitness);
}
