//! The execution of an experiment from its cluster to its results, shared by `run` and `replay`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use clearing_cluster::cluster::ClusterOptions;
use clearing_config::settlement_name;
use clearing_lab::engine::{Engine, InProcess, Ledgers, Processes, Progress, Restarts, drive};
use clearing_lab::experiment::{Experiment, RunInfo};
use clearing_lab::report::write_report;
use clearing_lab::results::{FinishedRun, Took, prepare_folder, write_rejected};
use clearing_lab::workload::{BadRow, Workload};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::failure::Failure;
use crate::output::{self, print};
use crate::serving::runtime;
use crate::signals::StopSignals;
use crate::summary::summary_text;

/// How an experiment is run and where its results go.
#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// Folder of the results [default: ./clearing-data/runs/NAME-SEED]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Run the ledgers in this process, without network and disk; the outcome is the same.
    #[arg(long)]
    in_process: bool,
    /// Write the tables as CSV too.
    #[arg(long)]
    csv: bool,
    /// Replace what is in the folder of the results.
    #[arg(long)]
    force: bool,
    /// Fail when a process dies instead of starting it again.
    #[arg(long, conflicts_with = "in_process")]
    no_restart: bool,
}

pub(crate) fn execute_experiment(
    experiment: &Experiment,
    rejected: &[BadRow],
    output: &OutputArguments,
) -> Result<ExitCode, Failure> {
    if !output.in_process {
        experiment.cluster.check_processes().map_err(Failure::usage)?;
    }
    let workload = Workload::new(experiment).map_err(Failure::usage)?;
    let name = format!("{}-{}", experiment.name, experiment.seed);
    let folder =
        output.out.clone().unwrap_or_else(|| Path::new("clearing-data").join("runs").join(name));
    if experiment.has_idle_priorities() {
        let settlement = settlement_name(experiment.cluster.mode);
        output::tell(format_args!(
            "priority has no effect: payments never wait in a queue with settlement {settlement}"
        ));
    }
    // The configuration and the workload are checked before the folder is touched: a wrong key must
    // not remove earlier results.
    prepare_folder(&folder, output.force)?;
    if !rejected.is_empty() {
        write_rejected(&folder, rejected)?;
    }
    let (ledgers, took) = runtime()?.block_on(run(experiment, &workload, &folder, output))?;
    let engine = if output.in_process { "in-process" } else { "processes" };
    let info = RunInfo::here(env!("CARGO_PKG_VERSION"), option_env!("CLEARING_COMMIT"), engine);
    let finished =
        FinishedRun { experiment, workload: &workload, ledgers: &ledgers, info: &info, took };
    let summary = finished.write(&folder, output.csv)?;
    write_report(&folder)?;
    print(summary_text(&summary, &folder))?;
    Ok(ExitCode::SUCCESS)
}

async fn run(
    experiment: &Experiment,
    workload: &Workload,
    folder: &Path,
    output: &OutputArguments,
) -> Result<(Ledgers, Took), Failure> {
    let mut signals = StopSignals::listen()?;
    let bar = progress_bar(workload.payments(experiment.days));
    let run = async {
        if output.in_process {
            timed(experiment, workload, InProcess::new(&experiment.cluster)?, &bar).await
        } else {
            let engine =
                Processes::start(cluster(experiment, folder)?, restarts(&bar, !output.no_restart))
                    .await?;
            timed(experiment, workload, engine, &bar).await
        }
    };
    let ended = tokio::select! {
        ended = run => ended,
        () = signals.next() => Err(Failure::process("interrupted")),
    };
    bar.finish_and_clear();
    ended
}

/// Drives an engine and measures the time up to the last cut-off.
async fn timed<E: Engine>(
    experiment: &Experiment,
    workload: &Workload,
    engine: E,
    bar: &ProgressBar,
) -> Result<(Ledgers, Took), Failure> {
    let begun = Instant::now();
    let mut took = Took::default();
    let show = |progress: Progress| {
        took = Took { all: begun.elapsed(), ticks: progress.ticks };
        bar.set_position(progress.payments);
        // Date and minute are shown; seconds would only flicker.
        let at: String = progress.at.to_string().replace('T', " ").chars().take(16).collect();
        bar.set_message(format!("day {}, {at}", progress.day));
    };
    let ledgers = drive(experiment, workload, engine, show).await?;
    Ok((ledgers, took))
}

fn cluster(experiment: &Experiment, folder: &Path) -> Result<ClusterOptions, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::process(format!("cannot find the program itself: {error}")))?;
    Ok(ClusterOptions::new(program, folder.join("cluster"), experiment.cluster.clone()))
}

fn restarts(bar: &ProgressBar, enabled: bool) -> Restarts {
    let bar = bar.clone();
    let tell = move |sentence: &str| bar.suspend(|| output::tell(sentence));
    Restarts { enabled, tell: Box::new(tell) }
}

/// A progress bar on a terminal; nothing elsewhere.
fn progress_bar(payments: u64) -> ProgressBar {
    // The target on standard error hides itself when that is not a terminal.
    let bar = ProgressBar::with_draw_target(Some(payments), ProgressDrawTarget::stderr());
    let template = "{bar:40} {human_pos} of {human_len} payments, {rate}/s  {msg}";
    let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        // Without this text only a part of the bar is missing, so an error is ignored.
        let _ = write!(text, "{:.0}", state.per_sec());
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.with_key("rate", rate)),
        Err(_) => bar,
    }
}
