//! Takes an experiment from its first wallet to its last cut-off.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use clearing_domain::money::{PaymentId, Timestamp, Total};
use clearing_domain::netting::Priority;
use clearing_domain::operator::TickItem;

use crate::experiment::Experiment;
use crate::workload::{DaySchedule, Homes, Named, Planned, Workload};

use super::actions::{ActionRecord, Actions, PlannedContract, PlannedLoan, planned, planned_loans};
use super::faults::Faults;
use super::ticks::{
    cut_off_ticks, in_tick, last_ticks, opening_tick, ticks_of, ticks_of_day, times_of,
    window_ticks,
};
use super::treasury::{Desk, Treasuries};
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
    /// How long it lasted so far.
    pub elapsed: Elapsed,
}

/// How long a run lasted, by the clock on the wall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elapsed {
    /// From the first wallet to the last tick.
    pub all: Duration,
    /// The ticks: the engine alone, without drawing what is paid.
    pub ticks: Duration,
}

/// A run that is over: all that its results are made of beside the experiment.
#[derive(Debug)]
pub struct FinishedRun {
    /// The ledgers that it left.
    pub ledgers: Ledgers,
    /// What listed payments are called in their list.
    pub references: HashMap<PaymentId, String>,
    /// What became of its script.
    pub script: ScriptRecord,
    /// How long it lasted up to the last cut-off.
    pub elapsed: Elapsed,
}

/// What became of the script of a run; each list is in the order of the script.
#[derive(Clone, Debug, Default)]
pub struct ScriptRecord {
    /// Where the wallets live that are drawn.
    pub homes: Homes,
    /// The wallets of each name.
    pub wallets: Vec<Vec<Named>>,
    /// The pools of the campaigns.
    pub campaigns: Vec<Option<Named>>,
    /// The contracts of each name.
    pub contracts: Vec<Vec<PlannedContract>>,
    /// The loans of each name.
    pub loans: Vec<Vec<PlannedLoan>>,
    /// The cards of each group, those that were replaced among them.
    pub cards: Vec<Vec<Named>>,
    /// The payments of each series, those that a habit may have added among them.
    pub series: Vec<Vec<Planned>>,
    /// How many payments of each series no front-end showed, or needed money of a campaign.
    pub withheld: Vec<u64>,
    /// The actions.
    pub actions: Vec<ActionRecord>,
}

impl ScriptRecord {
    fn new(experiment: &Experiment, workload: &Workload, actions: Actions<'_>) -> Self {
        let cards = actions.issued_cards();
        let contracts = |place| planned(experiment, workload.named(), place);
        let loans = |place| planned_loans(experiment, workload.named(), place);
        let (actions, withheld) = actions.finish();
        Self {
            homes: workload.homes(),
            wallets: workload.named().to_vec(),
            campaigns: workload.campaigns().to_vec(),
            contracts: (0..experiment.script.contracts.len()).map(contracts).collect(),
            loans: (0..experiment.script.loans.len()).map(loans).collect(),
            cards,
            series: (0..withheld.len())
                .map(|place| [workload.series(place), workload.habits(place)].concat())
                .collect(),
            withheld,
            actions,
        }
    }
}

/// Runs an experiment on an engine, with nobody outside who decides.
pub async fn drive<E: Engine>(
    experiment: &Experiment,
    workload: &Workload,
    engine: E,
    progress: impl FnMut(Progress),
) -> Result<FinishedRun, EngineError> {
    drive_with(experiment, workload, engine, None, progress).await
}

/// Runs an experiment on an engine; treasurers outside decide at a desk.
///
/// Ticks in which nobody pays, no cycle ends, no fault begins or ends and no treasurer decides are
/// skipped: nothing can happen in them, as every payment is final at the end of its tick.
pub async fn drive_with<E: Engine>(
    experiment: &Experiment,
    workload: &Workload,
    engine: E,
    desk: Option<Desk>,
    progress: impl FnMut(Progress),
) -> Result<FinishedRun, EngineError> {
    let mut run = Run {
        experiment,
        engine,
        faults: Faults::new(experiment),
        treasuries: Treasuries::new(experiment, desk)?,
        actions: Actions::new(experiment, workload),
        priorities: HashMap::new(),
        times: BTreeSet::new(),
        begun: Instant::now(),
        progress: Progress::default(),
        show: progress,
    };
    run.engine.open_wallets(workload.wallets()).await?;
    // A fault at the start of the first tick must be in force before its first payment.
    run.faults.after(0, &mut run.engine).await?;
    let mut references = HashMap::new();
    let mut value = Total::ZERO;
    for day in 0..experiment.days {
        let mut schedule = workload.day(day);
        references.extend(std::mem::take(&mut schedule.references));
        // Every sum of the results is a part of the value of all payments.
        value += schedule.lists.iter().flatten().map(|item| item.amount).sum::<Total>();
        if !value.is_bounded() {
            return Err(EngineError::TooMuch { day: day + 1, value });
        }
        run.day(day, &schedule).await?;
    }
    run.last_window().await?;
    let ledgers = run.engine.finish().await?;
    let treasuries = run.treasuries.finish();
    let ledgers = Ledgers { faults: run.faults.finish(), treasuries, ..ledgers };
    let script = ScriptRecord::new(experiment, workload, run.actions);
    Ok(FinishedRun { ledgers, references, script, elapsed: run.progress.elapsed })
}

/// A run under way.
struct Run<'a, E, P> {
    experiment: &'a Experiment,
    engine: E,
    faults: Faults,
    treasuries: Treasuries,
    actions: Actions<'a>,
    /// The listed payments so far that go before normal ones in a queue. They are kept beyond their
    /// day, because a slow operator may submit them on a later one.
    priorities: HashMap<PaymentId, Priority>,
    /// The ticks at whose end payments so far may begin or cease to settle, which may be on a later
    /// day than theirs.
    times: BTreeSet<u64>,
    begun: Instant,
    progress: Progress,
    show: P,
}

impl<E: Engine, P: FnMut(Progress)> Run<'_, E, P> {
    /// Runs the ticks of a day in which anything can happen.
    async fn day(&mut self, day: u32, schedule: &DaySchedule) -> Result<(), EngineError> {
        self.priorities.extend(schedule.priorities.iter().copied());
        self.actions.begin(day);
        self.treasuries.begin(&schedule.lists);
        let config = &self.experiment.cluster;
        let lockstep = &config.lockstep;
        let of_day = ticks_of_day(lockstep, day);
        let mut ticks = BTreeSet::from_iter(ticks_of(&schedule.lists, lockstep));
        ticks.extend(cut_off_ticks(config, day));
        self.times.extend(times_of(&schedule.lists, lockstep));
        ticks.extend(self.times.range(of_day.clone()));
        ticks.extend(opening_tick(config, day).filter(|tick| of_day.contains(tick)));
        ticks.extend(window_ticks(config, day).filter(|tick| of_day.contains(tick)));
        ticks.extend(self.faults.ticks().filter(|tick| of_day.contains(tick)));
        ticks.extend(self.actions.ticks().filter(|tick| of_day.contains(tick)));
        // A treasurer may act in any tick.
        if !self.treasuries.are_none() {
            ticks.extend(of_day.clone());
        }
        while let Some(tick) = ticks.pop_first() {
            self.tick(day, tick, schedule).await?;
            // Payments may have become late in this tick, and be due on this day.
            ticks.extend(self.faults.ticks().filter(|due| *due > tick && of_day.contains(due)));
            // Lets the caller interrupt an engine that never waits.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn tick(
        &mut self,
        day: u32,
        tick: u64,
        schedule: &DaySchedule,
    ) -> Result<(), EngineError> {
        let lockstep = &self.experiment.cluster.lockstep;
        // Faults change what operators submit and not what was drawn, so that a run with faults has
        // the payments of the run without.
        let shown = self.actions.shown(in_tick(&schedule.lists, lockstep, tick));
        let shown = shown.iter().map(AsRef::as_ref).collect();
        let lists = self.faults.lists(tick, shown);
        let lists: Vec<_> = lists.iter().map(AsRef::as_ref).collect();
        let begun = Instant::now();
        // The central bank must know them before the payments arrive at the end of the tick.
        let mut first = of_tick(&self.priorities, &lists);
        let (own, clock) = ((&self.priorities, self.faults.away()), (day, tick));
        // What treasurers decide stands behind what a file says, and replaces it.
        first.extend(self.treasuries.before(clock, &lists, own, &mut self.engine).await?);
        if !first.is_empty() {
            self.engine.set_priorities(tick, first).await?;
        }
        self.engine.run_tick(tick, &lists).await?;
        let ticks = self.progress.elapsed.ticks + begun.elapsed();
        // What a fault does between ticks is no work of the ticks, so it is not part of their time.
        self.faults.after(tick, &mut self.engine).await?;
        self.actions.after(tick, &mut self.engine).await?;
        let payments: usize = lists.iter().map(|list| list.len()).sum();
        self.progress = Progress {
            day: day + 1,
            tick,
            at: lockstep.end_of(tick),
            payments: self.progress.payments + payments as u64,
            elapsed: Elapsed { all: self.begun.elapsed(), ticks },
        };
        (self.show)(self.progress);
        Ok(())
    }

    /// The last cycle may wait beyond the last day: for settlement to open, and then for money.
    async fn last_window(&mut self) -> Result<(), EngineError> {
        let config = &self.experiment.cluster;
        let mut ticks = last_ticks(config, self.experiment.days);
        if let (Some(first), Some(last)) = (ticks.first().copied(), ticks.last().copied()) {
            let end = *ticks_of_day(&config.lockstep, self.experiment.days - 1).end();
            ticks.extend(self.times.range((end + 1).min(first)..=last));
        }
        for tick in ticks {
            self.engine.run_tick(tick, &vec![&[][..]; config.operators.len()]).await?;
        }
        Ok(())
    }
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
