//! The subcommand `clearing sweep`.

use clearing_node::ProgramError as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::Args;
use clearing_lab::experiment::RunInfo;
use clearing_lab::sweep::{Sweep, SweepError, SweepOptions, Swept, default_folder};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::failure::Failure;
use crate::output::print;

/// Runs a grid of experiments in this process, each under several seeds, and writes one table.
#[derive(Debug, Args)]
#[command(after_help = "\
A sweep that was interrupted goes on where it was: start it again. docs/sweeps.md describes the file and the columns.

Example:
  clearing sweep experiments/sweeps/netting-against-cycle-length.toml
  clearing sweep experiments/sweeps/delay-against-liquidity.toml --out sweep --index 3")]
pub(crate) struct Arguments {
    /// The sweep.
    #[arg(value_name = "SWEEP.toml")]
    sweep: PathBuf,
    /// Folder of the results [default: ./clearing-data/sweeps/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How many runs at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Run one point alone, counted from 0, as in an array of jobs; the table is not written.
    #[arg(long, value_name = "K")]
    index: Option<usize>,
    /// Remove the points that are in the folder and start anew.
    #[arg(long)]
    force: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    // Only what is wrong with the file is named after it; a run that fails may fail for another
    // reason.
    let named = |error: SweepError| match error.exit_code() {
        2 => Failure::usage(format!("{}: {error}", arguments.sweep.display())),
        _ => Failure::process(error),
    };
    let sweep = Sweep::read(&arguments.sweep).map_err(named)?;
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let options = SweepOptions {
        folder: arguments.out.clone().unwrap_or_else(|| default_folder(&sweep)),
        jobs: arguments.jobs.map_or(processors, NonZeroUsize::get),
        index: arguments.index,
        replace: arguments.force,
    };
    let info =
        RunInfo::here(env!("CARGO_PKG_VERSION"), option_env!("CLEARING_COMMIT"), "in-process");
    let bar = progress_bar();
    let show = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let swept = sweep.execute(&options, &info, show);
    // Cleared before an error ends the command, whose sentence would stand behind the bar.
    bar.finish_and_clear();
    print(outcome(&sweep, &options, &swept.map_err(named)?))?;
    Ok(ExitCode::SUCCESS)
}

/// The result of the sweep as text.
fn outcome(sweep: &Sweep, options: &SweepOptions, swept: &Swept) -> String {
    let Swept { points, found, runs, table } = swept;
    let chosen = options
        .index
        .map_or(format!("{points} points"), |index| format!("point {index} of {points}"));
    let ended = match table {
        Some(table) => format!("table in {}", table.display()),
        None => {
            format!("results in {}; without --index the table is written", options.folder.display())
        }
    };
    let name = &sweep.name;
    format!(
        "{name}: {chosen}, {} seeds each; {found} found finished, {runs} runs made\n{ended}\n",
        sweep.seeds
    )
}

/// A progress bar on a terminal; nothing elsewhere.
pub(crate) fn progress_bar() -> ProgressBar {
    // How many runs are missing is known once the folder has been read, so the first step sets the
    // length.
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} runs, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
