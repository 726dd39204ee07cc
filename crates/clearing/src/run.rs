//! The subcommand `clearing run`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clearing_lab::experiment::{Experiment, Override};

use crate::execution::{OutputArguments, Treasury, execute_experiment};
use crate::failure::Failure;

/// Runs one experiment in lockstep, on real processes or in this one, and writes its results.
#[derive(Debug, Args)]
#[command(after_help = "\
The outcome depends on the configuration and the seed alone: the same ones give the same digest, on processes, in one \
process, and when processes are killed on the way. docs/results.md describes the files. `clearing config` lists the keys.

Example:
  clearing run experiments/pilot-2022.toml --seed 7
  clearing run experiments/pilot-2022.toml --in-process --set cluster.cap=100000")]
pub(crate) struct Arguments {
    /// The experiment.
    #[arg(value_name = "EXPERIMENT.toml")]
    experiment: PathBuf,
    /// Seed of every draw [default: that of the experiment]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Value for a key of the experiment, by its path; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<Override>,
    /// Address at which programs outside decide for the operators whose policy is "outside"; port 0
    /// takes any free port, and a line names it.
    #[arg(long, value_name = "IP:PORT")]
    treasury: Option<SocketAddr>,
    /// Seconds that each decision of a program outside may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "treasury", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    treasury_timeout: u64,
    #[command(flatten)]
    output: OutputArguments,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let experiment = read(&arguments.experiment, &arguments.sets, arguments.seed)?;
    let deadline = Duration::from_secs(arguments.treasury_timeout);
    let treasury = arguments.treasury.map(|listen| Treasury { listen, deadline });
    execute_experiment(&experiment, &[], &arguments.output, treasury)
}

fn read(path: &Path, sets: &[Override], seed: Option<u64>) -> Result<Experiment, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))?;
    // Values of the command line are set before anything is checked, so they are checked like those
    // of the file.
    Experiment::from_text(&text, sets, seed)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}
