//! The subcommand `clearing stress`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::Args;
use clearing_lab::experiment::{Override, RunInfo};
use clearing_lab::stress::{
    Extreme, Shortage, Stress, StressError, StressOptions, StressOutcome, StressRun,
    StressScenario, Stressed, default_folder,
};
use clearing_lab::text::{counted, grouped, yuan};
use clearing_node::ProgramError as _;

use crate::failure::Failure;
use crate::output::print;
use crate::sweep::progress_bar;
use crate::table::table;

/// The most shortages that are listed; the tables have all.
const SHORTAGES_MAX: usize = 20;
/// What stands where there is no value.
const NONE: &str = "–";

/// Hits every participant of an experiment by every scenario, each in a run in this process, and
/// shows who loses liquidity and who becomes short because of whom.
#[derive(Debug, Args)]
#[command(after_help = "\
A scenario is KIND [DAY] FROM[-[DAY] UNTIL] with share=PART of a liquidity-loss or delay_ticks=TICKS of a slow; the \
kinds are outage, failure, liquidity-loss, cut and slow, as docs/faults.md describes them. docs/stress.md describes the \
results. A stress test that was interrupted goes on where it was: start it again.

Example:
  clearing stress experiments/pilot-2022.toml --seed 7
  clearing stress experiments/golden-net.toml --scenario \"outage 09:00-12:00\"")]
pub(crate) struct Arguments {
    /// The experiment.
    #[arg(value_name = "EXPERIMENT.toml")]
    experiment: PathBuf,
    /// Value for a key of the experiment, by its path; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<Override>,
    /// Seed of every run [default: that of the experiment]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// What happens to whoever is hit; may be given several times [default: one of each kind]
    #[arg(long = "scenario", value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// How many runs at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Folder of the results [default: ./clearing-data/stress/NAME-SEED]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Remove the runs that are in the folder and start anew.
    #[arg(long)]
    force: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let path = &arguments.experiment;
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
    // Only what is wrong with the file is named after it.
    let named = |error: StressError| match &error {
        StressError::Experiment(_) => Failure::usage(format!("{}: {error}", path.display())),
        StressError::Scenario { .. }
        | StressError::TooMany { .. }
        | StressError::Incomplete { .. }
        | StressError::Sweep(_)
        | StressError::Table(_)
        | StressError::File(_)
        | StressError::Page(_) => match error.exit_code() {
            2 => Failure::usage(error),
            _ => Failure::process(error),
        },
    };
    let scenarios: Result<Vec<StressScenario>, _> =
        arguments.scenarios.iter().map(|scenario| scenario.parse()).collect();
    let stress =
        Stress::from_text(&text, &arguments.sets, arguments.seed, &scenarios.map_err(named)?)
            .map_err(named)?;
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let options = StressOptions {
        folder: arguments.out.clone().unwrap_or_else(|| default_folder(&stress)),
        jobs: arguments.jobs.map_or(processors, NonZeroUsize::get),
        replace: arguments.force,
    };
    let info =
        RunInfo::here(env!("CARGO_PKG_VERSION"), option_env!("CLEARING_COMMIT"), "in-process");
    let bar = progress_bar();
    let show = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let stressed = stress.execute(&options, &info, show);
    // Cleared before an error ends the command, whose sentence would stand behind the bar.
    bar.finish_and_clear();
    print(told(&stressed.map_err(named)?))?;
    Ok(ExitCode::SUCCESS)
}

/// The result of a stress test as text.
fn told(stressed: &Stressed) -> String {
    let Stressed { outcome, found, runs, report } = stressed;
    format!(
        "{}, seed {}: {} regime, {}\n{} hit by {}; {found} runs found finished, {runs} made\n\n{}\n{}\n{}\ndigest of the \
         baseline {}\nreport in {}\n",
        outcome.name,
        outcome.seed,
        outcome.regime,
        outcome.algorithm,
        counted(outcome.participants.len() as u64, "participant", "participants"),
        counted(outcome.scenarios.len() as u64, "scenario", "scenarios"),
        participants(outcome),
        scenarios(outcome),
        shortages(outcome),
        outcome.baseline.digest,
        report.display()
    )
}

/// By how much the lowest settlement position of each falls.
fn participants(outcome: &StressOutcome) -> String {
    let header = [
        "liquidity deterioration",
        "largest by others",
        "of UB",
        "when hit",
        "smallest by others",
        "largest by itself",
        "smallest by itself",
        "made short by",
    ];
    let row = |(place, code): (usize, &String)| {
        let of = outcome.participant(place);
        let (others, itself) = (of.by_others, of.by_itself);
        let sum = |ends: Option<[Extreme; 2]>, end: usize| {
            ends.map_or_else(|| NONE.to_owned(), |ends| yuan(ends[end].fen))
        };
        let share = others.and_then(|ends| outcome.of_upper_bound(place, ends[1].fen));
        // Where nothing changes there is nobody to name.
        let when = others.filter(|ends| ends[1].fen != 0);
        let when = when.and_then(|ends| outcome.told(ends[1].run));
        let names = of.short_because_of.iter().map(|hit| outcome.participants[*hit].as_str());
        vec![
            code.clone(),
            sum(others, 1),
            share.map_or_else(|| NONE.to_owned(), |share| format!("{:.1} %", share * 100.0)),
            when.map_or_else(String::new, |(scenario, hit)| format!("{hit}, {scenario}")),
            sum(others, 0),
            sum(itself, 1),
            sum(itself, 0),
            names.collect::<Vec<_>>().join(" "),
        ]
    };
    let rows: Vec<_> = outcome.participants.iter().enumerate().map(row).collect();
    table(&header, &[1, 2, 4, 5, 6], &rows)
}

/// The worst run of each scenario by each figure of the whole system, and whom it hits.
fn scenarios(outcome: &StressOutcome) -> String {
    let header = [
        "worst of scenario",
        "lacking at a cut-off",
        "left unsettled",
        "refused",
        "refused value",
        "not submitted",
        "made short",
    ];
    let row = |(scenario, name): (usize, &String)| {
        let runs = outcome.runs_of(scenario);
        let worst = |of: fn(&StressRun) -> Option<i64>, show: fn(i64) -> String| {
            let worst = runs.iter().filter_map(of).max();
            worst.map_or_else(|| NONE.to_owned(), show)
        };
        vec![
            name.clone(),
            worst(|run| run.deficiency_fen, yuan),
            worst(|run| Some(run.unsettled_fen), yuan),
            worst(|run| Some(run.refused), count),
            worst(|run| Some(run.refused_fen), yuan),
            worst(|run| Some(run.withheld_fen), yuan),
            worst(|run| i64::try_from(run.made_short()).ok(), count),
        ]
    };
    let rows: Vec<_> = outcome.scenarios.iter().enumerate().map(row).collect();
    table(&header, &[1, 2, 3, 4, 5, 6], &rows)
}

fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(number.unsigned_abs()))
}

/// Who becomes short because of whom.
fn shortages(outcome: &StressOutcome) -> String {
    let shortages = outcome.shortages();
    if shortages.is_empty() {
        return "nobody becomes short because of another\n".to_owned();
    }
    let row = |one: &Shortage| {
        vec![
            outcome.participants[one.affected].clone(),
            outcome.participants[one.hit].clone(),
            outcome.scenarios[one.scenario].clone(),
        ]
    };
    let rows: Vec<_> = shortages.iter().take(SHORTAGES_MAX).map(row).collect();
    let text = table(&["becomes short", "because of", "scenario"], &[], &rows);
    match shortages.len().checked_sub(SHORTAGES_MAX) {
        None | Some(0) => text,
        Some(more) => format!("{text}and {} in stress.csv\n", counted(more as u64, "more", "more")),
    }
}
