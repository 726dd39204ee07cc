//! Takes an experiment from its first wallet to its last cut-off.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use clearing_domain::money::{DAY_MS, Timestamp};
use clearing_node::config::ClusterConfig;

use crate::experiment::Experiment;
use crate::workload::Workload;

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
/// Ticks in which nobody pays and no cycle ends are skipped: nothing can happen in them, as every
/// payment is final at the end of its tick.
pub async fn drive<E: Engine>(
    experiment: &Experiment,
    workload: &Workload,
    mut engine: E,
    mut progress: impl FnMut(Progress),
) -> Result<Ledgers, EngineError> {
    engine.open_wallets(workload.wallets()).await?;
    let lockstep = &experiment.cluster.lockstep;
    let mut state = Progress::default();
    for day in 0..experiment.days {
        let schedule = workload.day(day);
        let mut ticks = BTreeSet::from_iter(schedule.ticks(lockstep));
        ticks.extend(cut_off_ticks(&experiment.cluster, day));
        for tick in ticks {
            let lists = schedule.of_tick(lockstep, tick);
            let begun = Instant::now();
            engine.run_tick(tick, &lists).await?;
            let (ticks, at) = (state.ticks + begun.elapsed(), lockstep.end_of(tick));
            let payments: usize = lists.iter().map(|list| list.len()).sum();
            state = Progress { day: day + 1, tick, at, payments: state.payments + payments as u64, ticks };
            progress(state);
            // Lets the caller interrupt an engine that never waits.
            tokio::task::yield_now().await;
        }
    }
    engine.finish().await
}

/// The ticks with whose end cycles end; the last is the end of the day.
fn cut_off_ticks(config: &ClusterConfig, day: u32) -> impl Iterator<Item = u64> + '_ {
    let tick_ms = config.lockstep.tick_ms;
    let before = i64::from(day) * (DAY_MS / tick_ms);
    config.cut_offs.iter().map(move |cut_off| (before + cut_off / tick_ms).unsigned_abs())
}
