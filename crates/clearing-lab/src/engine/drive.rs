//! Takes an experiment from its first wallet to its last cut-off.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use clearing_config::ClusterConfig;
use clearing_domain::Lockstep;
use clearing_domain::money::{PaymentId, Timestamp, Total};
use clearing_domain::netting::Priority;
use clearing_domain::operator::TickItem;

use crate::experiment::Experiment;
use crate::workload::Workload;

use super::faults::Faults;
use super::{Engine, EngineError, Ledgers};

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The day, counted from 1.
    pub day: u32,
    /// The last tick that is over.
    pub tick: u64,
    /// The business time at its end.
    pub at: Timestamp,
    /// Payments submitted so far.
    pub payments: u64,
    /// How long the ticks took so far: the engine alone, without drawing what is paid.
    pub ticks: Duration,
}

/// Runs an experiment on an engine and gives the ledgers it leaves.
///
/// Ticks in which nobody pays, no cycle ends and no fault begins or ends are skipped: nothing can
/// happen in them, as every payment is final at the end of its tick.
pub async fn drive<E: Engine>(
    experiment: &Experiment,
    workload: &Workload,
    mut engine: E,
    mut progress: impl FnMut(Progress),
) -> Result<Ledgers, EngineError> {
    engine.open_wallets(workload.wallets()).await?;
    let lockstep = &experiment.cluster.lockstep;
    let mut faults = Faults::new(experiment);
    faults.after(0, &mut engine).await?;
    let (mut state, mut value) = (Progress::default(), Total::ZERO);
    let mut priorities = HashMap::new();
    for day in 0..experiment.days {
        let schedule = workload.day(day);
        priorities.extend(workload.priorities(day));
        // Every sum of the results is a part of the value of all payments.
        value += schedule.value();
        if !value.is_bounded() {
            return Err(EngineError::TooMuch { day: day + 1, value });
        }
        let of_day = ticks_of_day(lockstep, day);
        let mut ticks = BTreeSet::from_iter(schedule.ticks(lockstep));
        ticks.extend(cut_off_ticks(&experiment.cluster, day));
        ticks.extend(window_ticks(&experiment.cluster, day).filter(|tick| of_day.contains(tick)));
        ticks.extend(faults.ticks().filter(|tick| of_day.contains(tick)));
        while let Some(tick) = ticks.pop_first() {
            let lists = faults.lists(tick, schedule.of_tick(lockstep, tick));
            let lists: Vec<_> = lists.iter().map(AsRef::as_ref).collect();
            let begun = Instant::now();
            let first = of_tick(&priorities, &lists);
            if !first.is_empty() {
                engine.set_priorities(tick, first).await?;
            }
            engine.run_tick(tick, &lists).await?;
            let (took, at) = (state.ticks + begun.elapsed(), lockstep.end_of(tick));
            faults.after(tick, &mut engine).await?;
            // Payments may have become late in this tick, and be due on this day.
            ticks.extend(faults.ticks().filter(|due| *due > tick && of_day.contains(due)));
            let payments: usize = lists.iter().map(|list| list.len()).sum();
            state = Progress {
                day: day + 1,
                tick,
                at,
                payments: state.payments + payments as u64,
                ticks: took,
            };
            progress(state);
            // Lets the caller interrupt an engine that never waits.
            tokio::task::yield_now().await;
        }
    }
    // The last cycle may wait for money beyond the last day.
    for tick in window_ticks(&experiment.cluster, experiment.days - 1)
        .filter(|tick| *tick > last_tick(experiment))
    {
        engine.run_tick(tick, &vec![&[][..]; experiment.cluster.operators.len()]).await?;
    }
    let ledgers = engine.finish().await?;
    Ok(Ledgers { faults: faults.finish(), ..ledgers })
}

/// The payments of a tick that go before normal ones.
fn of_tick(
    priorities: &HashMap<PaymentId, Priority>,
    lists: &[&[TickItem]],
) -> Vec<(PaymentId, Priority)> {
    if priorities.is_empty() {
        return Vec::new();
    }
    let ids = lists.iter().flat_map(|list| list.iter().map(|item| item.id));
    ids.filter_map(|id| Some((id, *priorities.get(&id)?))).collect()
}

/// The ticks of a day, counted from 0.
fn ticks_of_day(lockstep: &Lockstep, day: u32) -> RangeInclusive<u64> {
    lockstep.ticks_by(lockstep.day(day).start()) + 1
        ..=lockstep.ticks_by(lockstep.day(day + 1).start())
}

fn last_tick(experiment: &Experiment) -> u64 {
    *ticks_of_day(&experiment.cluster.lockstep, experiment.days - 1).end()
}

/// The ticks with whose end the time to bring in money is over for cycles that ended on a day or at
/// the end of the one before; none when there is no such time.
fn window_ticks(config: &ClusterConfig, day: u32) -> impl Iterator<Item = u64> + '_ {
    let (tick_ms, window) = (config.lockstep.tick_ms, config.funding_window_ms);
    let ends = move |cut_off: u64| cut_off + (window / tick_ms).unsigned_abs();
    let before = day.checked_sub(1).map(|day| *ticks_of_day(&config.lockstep, day).end());
    before.into_iter().chain(cut_off_ticks(config, day)).filter(move |_| window > 0).map(ends)
}

/// The ticks with whose end cycles end; the last is the end of the day.
fn cut_off_ticks(config: &ClusterConfig, day: u32) -> impl Iterator<Item = u64> + '_ {
    let day = config.lockstep.day(day);
    config.cut_offs.iter().map(move |cut_off| config.lockstep.ticks_by(day.at(*cut_off)))
}
