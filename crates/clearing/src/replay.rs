//! `clearing replay`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_lab::experiment::{Replay, ReplayConfig};

use crate::execution::{OutputArguments, execute_experiment};
use crate::failure::Failure;
use crate::serving::read_config_with;

/// Runs the payments of a file in lockstep and writes the results, as `run` does.
#[derive(Debug, Args)]
#[command(after_help = "\
The file has the columns ID,date,time,value,from,to, where from and to are codes of operators, or two more, payer,payee, \
with any names for wallets. The roster is that of the file, every wallet is funded for what it pays, and a bad row stops \
everything before it starts. The [[fault]] tables of the configuration take part; day 1 of theirs is the first day of the \
file.

Example:
  clearing replay payments.csv --config deposit.toml --in-process")]
pub(crate) struct Arguments {
    /// The payments.
    #[arg(value_name = "PAYMENTS.csv")]
    payments: PathBuf,
    /// Configuration of the cluster and faults, as in the tables of an experiment [default: the tutorial cluster]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Seed of the payment ids.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: u64,
    /// Leave bad rows out and list them in rejected.csv.
    #[arg(long)]
    skip_bad_rows: bool,
    #[command(flatten)]
    output: OutputArguments,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = match &arguments.config {
        Some(path) => read_config_with(path, ReplayConfig::from_file_text)?,
        None => ReplayConfig::default(),
    };
    let replay = Replay::read(&arguments.payments, config, arguments.seed, arguments.skip_bad_rows);
    let replay = replay.map_err(Failure::usage)?;
    if !replay.rejected.is_empty() {
        eprintln!("clearing: bad rows left out: {}; rejected.csv lists them", replay.rejected.len());
    }
    execute_experiment(&replay.experiment, &replay.rejected, &arguments.output)
}
