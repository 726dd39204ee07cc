//! The subcommand `clearing replay`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_lab::experiment::{Replay, ReplayConfig};
use clearing_lab::payment_list::{Reading, Rounded};

use crate::execution::{OutputArguments, execute_experiment};
use crate::failure::Failure;
use crate::output::notice;
use crate::serving::read_config_with;

/// Runs the payments of a file in lockstep and writes the results, as `run` does.
#[derive(Debug, Args)]
#[command(after_help = "\
The columns go by the names in the header: ID,date,time,value,from,to and, if you like, payer,payee,priority; or datetime \
in place of date and time. Without a header they stand in that order. Payments of one time go in the order of the file. \
from and to are any names of 1 to 35 characters, payer and payee any names of wallets. The operators are those of the file \
unless the configuration lists some, and what [cluster] says holds for them; every wallet is funded for what it pays, and a \
bad row stops everything before it starts. docs/payment-files.md has all rules. The [[fault]] and [[treasury]] \
tables of the configuration take part; day 1 of a fault is the first day of the file.

Example:
  clearing replay payments.csv --config deposit.toml --in-process")]
pub(crate) struct Arguments {
    /// The payments.
    #[arg(value_name = "PAYMENTS.csv")]
    payments: PathBuf,
    /// Configuration of the cluster, faults and treasurers, as in the tables of an experiment [default: the
    /// tutorial cluster]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Names the run and its folder; the outcome of a file does not depend on it.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: u64,
    /// Leave bad rows out and list them in rejected.csv.
    #[arg(long)]
    skip_bad_rows: bool,
    /// Round values with more than two decimals half up, and say how many and by how much in all.
    #[arg(long)]
    round: bool,
    #[command(flatten)]
    output: OutputArguments,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let config = match &arguments.config {
        Some(path) => read_config_with(path, ReplayConfig::from_file_text)?,
        None => ReplayConfig::default(),
    };
    let reading = Reading { skip_bad_rows: arguments.skip_bad_rows, round: arguments.round };
    let replay = Replay::read(&arguments.payments, config, arguments.seed, reading)
        .map_err(Failure::usage)?;
    notice_of_rounding(&replay.rounded);
    // On standard error, and before the run: standard output belongs to the results.
    if !replay.rejected.is_empty() {
        notice(format_args!(
            "bad rows left out: {}; rejected.csv lists them",
            replay.rejected.len()
        ));
    }
    execute_experiment(&replay.experiment, &replay.rejected, &arguments.output, None)
}

/// Reports on standard error how rounding changed the values of a file.
pub(crate) fn notice_of_rounding(rounded: &Rounded) {
    if rounded.values > 0 {
        let Rounded { values, difference } = rounded;
        let (sum, direction) = (
            difference.abs().normalize(),
            if difference.is_sign_negative() { "less" } else { "more" },
        );
        notice(format_args!(
            "values rounded to two decimals: {values}; in sum {sum} yuan {direction} than in the file"
        ));
    }
}
