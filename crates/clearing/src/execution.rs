//! The execution of an experiment from its cluster to its results, shared by `run` and `replay`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clearing_cluster::cluster::ClusterOptions;
use clearing_lab::engine::{FinishedRun, InProcess, Processes, Progress, Restarts, drive_with};
use clearing_lab::experiment::{Experiment, RunInfo};
use clearing_lab::folder::RunFolder;
use clearing_lab::payment_list::BadRow;
use clearing_lab::report::write_report;
use clearing_lab::results::{Results, Summary, TABLES};
use clearing_lab::text::grouped;
use clearing_lab::treasury;
use clearing_lab::workload::Workload;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::failure::Failure;
use crate::output::{self, print, print_line};
use crate::serving::runtime;
use crate::signals::StopSignals;
use crate::story::check_assertions;
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

/// How the results of an experiment are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    /// Whether the ledgers run in this process.
    pub(crate) in_process: bool,
    /// Whether a process that dies is started again.
    pub(crate) restart: bool,
    /// Whether the tables are written as CSV, too.
    pub(crate) csv: bool,
    /// How treasurers outside reach the run.
    pub(crate) treasury: Option<Treasury>,
}

/// How treasurers outside reach a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Treasury {
    /// The address they call.
    pub(crate) listen: SocketAddr,
    /// How long each decision may take.
    pub(crate) deadline: Duration,
}

/// An experiment that is ready to be run.
pub(crate) struct Prepared<'a> {
    experiment: &'a Experiment,
    workload: Workload,
    way: Way,
}

/// Runs an experiment, writes its results and prints them.
pub(crate) fn execute_experiment(
    experiment: &Experiment,
    rejected: &[BadRow],
    output: &OutputArguments,
    treasury: Option<Treasury>,
) -> Result<ExitCode, Failure> {
    let idle_terms = experiment.idle_terms();
    let OutputArguments { in_process, no_restart, csv, .. } = *output;
    let way = Way { in_process, restart: !no_restart, csv, treasury };
    let prepared = Prepared::new(experiment, way)?;
    for term in idle_terms {
        let settlement = experiment.cluster.mode.name();
        output::notice(format_args!(
            "{term} has no effect: payments never wait in a queue with settlement {settlement}"
        ));
    }
    // The configuration and the workload are checked before the folder is touched: a wrong key must
    // not remove earlier results.
    let folder = RunFolder::prepare(&path(experiment, output), output.force, &TABLES)?;
    // Before the run: whoever stops a long one still finds which rows it left out.
    folder.write_rejected(rejected)?;
    let summary = prepared.run(&folder)?;
    print(summary_text(&summary, folder.path()))?;
    check_assertions(&summary)?;
    Ok(ExitCode::SUCCESS)
}

impl<'a> Prepared<'a> {
    /// Checks that an experiment can be run.
    pub(crate) fn new(experiment: &'a Experiment, way: Way) -> Result<Self, Failure> {
        // The bound on operators is one on processes, each of which needs a port and memory;
        // ledgers in this process need neither.
        if !way.in_process {
            experiment.cluster.check_processes().map_err(Failure::usage)?;
        }
        let workload = Workload::new(experiment).map_err(Failure::usage)?;
        Ok(Self { experiment, workload, way })
    }

    /// Runs it and writes its results. Each stage takes what the one before it gives.
    pub(crate) fn run(&self, folder: &RunFolder) -> Result<Summary, Failure> {
        let engine = if self.way.in_process { "in-process" } else { "processes" };
        let info = RunInfo::here(env!("CARGO_PKG_VERSION"), option_env!("CLEARING_COMMIT"), engine);
        let identity = self.experiment.identify(info);
        let bar = progress_bar(self.workload.payments(self.experiment.days));
        let run = runtime()?.block_on(run(self, folder, &bar))?;
        let results = Results {
            experiment: self.experiment,
            identity: &identity,
            ledgers: &run.ledgers,
            references: &run.references,
            script: &run.script,
            elapsed: run.elapsed,
        };
        let summary = results.write(folder, self.way.csv)?;
        // The page is made from the files and not from memory, so that `clearing report` makes the
        // same one later.
        write_report(folder.path())?;
        Ok(summary)
    }
}

/// Where the results go.
fn path(experiment: &Experiment, output: &OutputArguments) -> PathBuf {
    // Runs of one experiment under several seeds stand beside each other.
    let name = format!("{}-{}", experiment.name, experiment.seed);
    output.out.clone().unwrap_or_else(|| Path::new("clearing-data").join("runs").join(name))
}

async fn run(
    prepared: &Prepared<'_>,
    folder: &RunFolder,
    bar: &ProgressBar,
) -> Result<FinishedRun, Failure> {
    let Prepared { experiment, ref workload, way } = *prepared;
    let mut signals = StopSignals::listen()?;
    let on_progress = |progress: Progress| show(bar, progress);
    let run = async {
        let (desk, server) = match way.treasury {
            None => (None, None),
            Some(Treasury { listen, deadline }) => {
                let (desk, server) = treasury::serve(experiment, listen, deadline).await?;
                folder.write_treasury(server.address)?;
                print_line(format_args!("ready address={}", server.address))?;
                (Some(desk), Some(server))
            }
        };
        let run = if way.in_process {
            let engine = InProcess::new(&experiment.cluster)?;
            drive_with(experiment, workload, engine, desk, on_progress).await?
        } else {
            let options = cluster(experiment, folder)?;
            let engine = Processes::start(options, restarts(bar, way.restart)).await?;
            drive_with(experiment, workload, engine, desk, on_progress).await?
        };
        if let Some(server) = server {
            server.finish().await?;
        }
        Ok(run)
    };
    // A signal drops the run and with it the cluster, which ends its processes.
    let ended = tokio::select! {
        ended = run => ended,
        () = signals.next() => Err(Failure::process("interrupted")),
    };
    // Cleared after a failure, too: its sentence would stand behind the bar.
    bar.finish_and_clear();
    ended
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_position(progress.payments);
    // Date and minute are shown; seconds would only flicker.
    let at: String = progress.at.to_string().replace('T', " ").chars().take(16).collect();
    bar.set_message(format!("day {}, {at}", progress.day));
}

fn cluster(experiment: &Experiment, folder: &RunFolder) -> Result<ClusterOptions, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::process(format!("cannot find the program itself: {error}")))?;
    Ok(ClusterOptions::new(program, folder.cluster(), experiment.cluster.clone()))
}

fn restarts(bar: &ProgressBar, enabled: bool) -> Restarts {
    let bar = bar.clone();
    // A sentence over a bar that is being drawn would leave pieces of both on the line.
    let notice = move |sentence: &str| bar.suspend(|| output::notice(sentence));
    Restarts { enabled, notice: Box::new(notice) }
}

/// A progress bar on a terminal; nothing elsewhere.
fn progress_bar(payments: u64) -> ProgressBar {
    // The target on standard error hides itself when that is not a terminal.
    let bar = ProgressBar::with_draw_target(Some(payments), ProgressDrawTarget::stderr());
    let template = "{bar:30} {human_pos} of {human_len} payments, {rate}/s, {eta} left  {msg}";
    let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        // Without this text only a part of the bar is missing, so an error is ignored.
        let _ = write!(text, "{}", grouped(state.per_sec() as u64));
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.with_key("rate", rate)),
        Err(_) => bar,
    }
}
