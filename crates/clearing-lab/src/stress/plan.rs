//! The runs of a stress test: a sweep over the faults of one experiment.

use std::path::{Path, PathBuf};

use clearing_config::ConfigError;
use toml::{Table, Value};

use crate::experiment::{Experiment, ExperimentError, Override, RunInfo};
use crate::sweep::{Axis, Cost, Detail, Finished, Sweep, SweepOptions};

use super::{StressError, StressOutcome, StressScenario, page, tables};

/// The most scenarios of a stress test.
const SCENARIOS_MAX: usize = 20;

/// How a stress test is made and where its results go.
#[derive(Clone, Debug)]
pub struct StressOptions {
    /// The folder of the results.
    pub folder: PathBuf,
    /// How many runs at a time.
    pub jobs: usize,
    /// Whether what an earlier stress test left in the folder is removed.
    pub replace: bool,
}

/// Every participant under every scenario, checked.
#[derive(Clone, Debug)]
pub struct Stress {
    pub(super) experiment: Experiment,
    /// The first point is the baseline; then come the scenarios in their order, and within each
    /// those that are hit in the order of the configuration.
    pub(super) sweep: Sweep,
    pub(super) scenarios: Vec<StressScenario>,
}

/// What a stress test did.
#[derive(Debug)]
pub struct Stressed {
    /// What came out.
    pub outcome: StressOutcome,
    /// How many runs were there already.
    pub found: usize,
    /// How many runs were made.
    pub runs: usize,
    /// The report.
    pub report: PathBuf,
}

impl Stress {
    /// Reads an experiment, with values set over those of the file and perhaps another seed, and
    /// checks each scenario against it. Without scenarios there is one of each kind.
    pub fn from_text(
        text: &str,
        sets: &[Override],
        seed: Option<u64>,
        scenarios: &[StressScenario],
    ) -> Result<Self, StressError> {
        let mut base = Experiment::table(text, sets)?;
        let experiment = Experiment::from_base(base.clone(), &[], seed)?;
        // The grid states the faults of each run, those of the file among them.
        let own = match base.remove("fault") {
            Some(Value::Array(own)) => own,
            Some(_) | None => Vec::new(),
        };
        let scenarios = match scenarios {
            [] => StressScenario::defaults(&experiment.cluster),
            scenarios => scenarios.to_vec(),
        };
        if scenarios.len() > SCENARIOS_MAX {
            return Err(StressError::TooMany { count: scenarios.len(), max: SCENARIOS_MAX });
        }
        let participants = participants(&experiment);
        check(&base, &own, &scenarios, &participants)?;
        let mut values = vec![Value::Array(own.clone())];
        for scenario in &scenarios {
            let hits = participants.iter().map(|hit| scenario.fault(hit));
            values.extend(hits.map(|fault| with(&own, fault)));
        }
        let sweep = Sweep {
            name: experiment.name.clone(),
            description: "Every participant hit by every scenario; the first point is the baseline"
                .to_owned(),
            base,
            seeds: 1,
            first_seed: experiment.seed,
            warm_up_days: 0,
            axes: vec![Axis { key: "fault".to_owned(), values }],
            horizontal: None,
            figures: Vec::new(),
            until: None,
            levels: None,
            cost: Cost::default(),
        };
        Ok(Self { experiment, sweep, scenarios })
    }

    /// How many runs there are, the baseline among them.
    pub fn runs(&self) -> usize {
        self.sweep.axes.iter().map(|axis| axis.values.len()).product()
    }

    /// The experiment of a run, counted from 0, which is the baseline.
    pub fn experiment(&self, run: usize) -> Result<Experiment, StressError> {
        let point = self.sweep.points().swap_remove(run);
        Ok(self.sweep.experiment(&point, self.experiment.seed)?)
    }

    /// Makes the runs that are not there yet, then the tables and the report.
    pub fn execute(
        &self,
        options: &StressOptions,
        info: &RunInfo,
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Stressed, StressError> {
        let StressOptions { folder, jobs, replace } = options.clone();
        let options = SweepOptions { folder: folder.clone(), jobs, index: None, replace };
        let Finished { points, store, found, runs } =
            self.sweep.finish_points(&options, info, Detail::ByOperator, progress)?;
        let mut rows = Vec::with_capacity(points.len());
        for point in &points {
            let result = store.read(point.index)?;
            let row = result.and_then(|result| result.rows.into_iter().next());
            let lacking = || StressError::Incomplete { run: point.index, folder: folder.clone() };
            rows.push(row.filter(|row| row.strain.is_some()).ok_or_else(lacking)?);
        }
        let outcome = StressOutcome::of(self, &rows);
        tables::write(&outcome, &store)?;
        let report = store.path("stress.html");
        store.replace_file(&report, page::page(&outcome)?.as_bytes())?;
        Ok(Stressed { outcome, found, runs, report })
    }
}

/// What participants are called in faults.
fn participants(experiment: &Experiment) -> Vec<String> {
    let operators = experiment.cluster.operators.iter();
    let name = |operator: &clearing_config::OperatorConfig| {
        operator.identifier.clone().unwrap_or_else(|| operator.code.to_string())
    };
    operators.map(name).collect()
}

/// The faults of a file and one more.
fn with(own: &[Value], fault: Value) -> Value {
    Value::Array(own.iter().cloned().chain([fault]).collect())
}

/// Checks each scenario as a fault of the experiment, so that an error names what was stated and
/// no place in a list that nobody wrote.
fn check(
    base: &Table,
    own: &[Value],
    scenarios: &[StressScenario],
    participants: &[String],
) -> Result<(), StressError> {
    for (place, scenario) in scenarios.iter().enumerate() {
        let refused = |message: String| {
            Err(StressError::Scenario { scenario: scenario.to_string(), message })
        };
        if scenarios[..place].contains(scenario) {
            return refused("is there twice".to_owned());
        }
        let Some(hit) = participants.first() else { continue };
        let faults = Override::new("fault", with(own, scenario.fault(hit)));
        match Experiment::from_base(base.clone(), &[faults], None) {
            Ok(_) => {}
            Err(ExperimentError::Config(ConfigError::Value { path, message })) => {
                let key = path.rsplit('.').next().unwrap_or_default();
                return refused(format!("{key}: {message}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Where the results of a stress test lie unless something else is asked for.
pub fn default_folder(stress: &Stress) -> PathBuf {
    let name = format!("{}-{}", stress.experiment.name, stress.experiment.seed);
    Path::new("clearing-data").join("stress").join(name)
}
