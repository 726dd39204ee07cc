//! One run of a point: an experiment in this process, and its row.

use std::sync::Arc;

use crate::engine::{EngineError, FinishedRun, InProcess, Ledgers, drive};
use crate::experiment::{Experiment, Policy, RunInfo};
use crate::results::{
    Measure, Measures, Outcome, Results, algorithm, measures, measures_and_strain, refusals,
};
use crate::workload::{Workload, WorkloadError};

use super::liquidity::{BoundsFound, LevelTooLarge};
use super::row::{Row, column_of};
use super::{Cost, Point, Sweep, SweepError};

const DAYS_OF_A_YEAR: f64 = 365.0;
const FEN_OF_A_YUAN: f64 = 100.0;
const SECONDS_OF_AN_HOUR: f64 = 3600.0;

/// A run that failed; several points may have waited for it.
#[derive(Clone, Debug)]
pub(super) enum RunFailure {
    Workload(Arc<WorkloadError>),
    Engine(Arc<EngineError>),
    Level(LevelTooLarge),
}

/// How much of a run is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The indicators of the whole system.
    Indicators,
    /// Those, and what the run was for each operator.
    ByOperator,
}

/// Runs an experiment in this process.
pub(super) fn run(experiment: &Experiment) -> Result<FinishedRun, RunFailure> {
    let engine_failed = |error| RunFailure::Engine(Arc::new(error));
    let workload =
        Workload::new(experiment).map_err(|error| RunFailure::Workload(Arc::new(error)))?;
    let engine = InProcess::new(&experiment.cluster).map_err(engine_failed)?;
    // The engine in this process never waits, so a run takes one thread; how many runs go at a time
    // is the caller's choice.
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|_| engine_failed(EngineError::Thread))?;
    runtime.block_on(drive(experiment, &workload, engine, |_| ())).map_err(engine_failed)
}

impl Sweep {
    /// Runs a point under a seed.
    pub(super) fn row(
        &self,
        point: &Point,
        seed: u64,
        bounds: &BoundsFound,
        detail: Detail,
    ) -> Result<Row, SweepError> {
        let failed = |failure| match failure {
            RunFailure::Workload(source) => {
                SweepError::Workload { point: point.index, seed, source }
            }
            RunFailure::Level(source) => SweepError::Level { point: point.index, seed, source },
            RunFailure::Engine(source) => SweepError::Run { point: point.index, seed, source },
        };
        let mut experiment = self.experiment(point, seed)?;
        let level = |level| bounds.set_level(&mut experiment, level).map_err(failed);
        // The level is set before the run id is taken: what was run is the experiment with its
        // balances.
        let opening = point.level.map(level).transpose()?;
        let finished = run(&experiment).map_err(failed)?;
        let figures = self.figures(&experiment, &finished)?;
        let ledgers = finished.ledgers;
        let (mut measures, strain) = match detail {
            Detail::Indicators => (measures(&experiment, &ledgers, self.warm_up_days), None),
            Detail::ByOperator => {
                let both = measures_and_strain(&experiment, &ledgers, self.warm_up_days);
                (both.0, Some(both.1))
            }
        };
        // What treasurers brought the balances to replaces the level of the file.
        let opening = opened_with(&experiment, &ledgers, self.warm_up_days).or(opening);
        measures.extend(self.cost.of(&measures, opening, experiment.days - self.warm_up_days));
        Ok(Row {
            seed,
            run_id: experiment.run_id(),
            scenario: experiment.name.clone(),
            algorithm: algorithm(&experiment.cluster),
            digest: Outcome::of_ledgers(&ledgers).digest(),
            measures: Row::cells(measures),
            figures,
            refused: refusals(&experiment, &ledgers, self.warm_up_days),
            strain,
        })
    }

    /// The figures of scripts that are columns, over the whole of a run.
    fn figures(
        &self,
        experiment: &Experiment,
        run: &FinishedRun,
    ) -> Result<Vec<(String, i64)>, SweepError> {
        let figures = self.figures_of(experiment)?;
        if figures.is_empty() {
            return Ok(Vec::new());
        }
        let results = Results {
            experiment,
            identity: &experiment.identify(RunInfo::default()),
            ledgers: &run.ledgers,
            references: &run.references,
            script: &run.script,
            elapsed: run.elapsed,
        };
        let values = results.figures(&figures);
        Ok(figures.iter().map(column_of).zip(values).collect())
    }
}

/// What operators opened a counted day with and brought in on it, on average, where treasurers may
/// bring money in.
fn opened_with(experiment: &Experiment, ledgers: &Ledgers, warm_up_days: u32) -> Option<i64> {
    let moves = |policy: &Policy| matches!(policy, Policy::Opening(_) | Policy::Outside);
    if !experiment.treasuries.iter().any(|rule| moves(&rule.policy)) {
        return None;
    }
    let warm_up = usize::try_from(warm_up_days).ok()?;
    let days = ledgers.treasuries.iter().flat_map(|record| record.days.iter().skip(warm_up));
    let sum: i128 = days.map(|day| i128::from(day.fen())).sum();
    i64::try_from(sum / i128::from((experiment.days - warm_up_days).max(1))).ok()
}

impl Cost {
    /// The liquidity of a run and what it and the delay cost, in yuan: liquidity is what operators
    /// opened with at a level or as treasurers decided, and what would have sufficed without
    /// either. Intraday credit and
    /// overdrafts, which have their prices in the configuration, are part of the total.
    fn of(&self, measures: &Measures, opening: Option<i64>, days: u32) -> Measures {
        let found = |wanted: &str| {
            measures.iter().find(|(name, _)| *name == wanted).map(|(_, measure)| *measure)
        };
        let number = |name| found(name).and_then(Measure::as_number);
        let sufficient = number("sufficient_fen").map(|fen| fen as i64);
        let liquidity = opening.or(sufficient).unwrap_or_default();
        let yuan_years = liquidity as f64 / FEN_OF_A_YUAN * f64::from(days) / DAYS_OF_A_YEAR;
        let gross_yuan = number("gross_fen").unwrap_or_default() / FEN_OF_A_YUAN;
        let delay_hours = number("mean_delay_seconds").unwrap_or_default() / SECONDS_OF_AN_HOUR;
        let of_credit: f64 = ["credit_cost", "overdraft_cost"].into_iter().filter_map(number).sum();
        let of_liquidity = self.liquidity_price.map(|price| price * yuan_years);
        let of_delay = self.delay_price.map(|price| price * gross_yuan * delay_hours);
        vec![
            ("liquidity_fen", Measure::Integer(liquidity)),
            ("liquidity_cost", Measure::Number(of_liquidity)),
            ("delay_cost", Measure::Number(of_delay)),
            (
                "total_cost",
                Measure::Number(
                    of_liquidity.zip(of_delay).map(|(one, other)| one + other + of_credit),
                ),
            ),
        ]
    }
}
