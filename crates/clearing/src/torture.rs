//! The subcommand `clearing torture`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clearing_cluster::torture::{TortureOptions, kill_whole, torture};

use crate::failure::Failure;
use crate::output::{print, print_line};

/// Kills, cuts off and floods a cluster of its own under load, and proves that no payment suffered.
#[derive(Debug, Args)]
#[command(after_help = "\
The seed fixes which process is struck when, not how far the processes have come by then. Exits 1 when a payment was \
lost, doubled or changed its outcome, or when the audit is not ok.

Example:
  clearing torture --seconds 120 --seed 7 --data-dir torture
  clearing torture --whole 100 --seed 7 --data-dir torture")]
pub(crate) struct Arguments {
    /// How long the faults go on.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// What the faults depend on [default: a random one, printed]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How many operators there are, 2 to 50.
    #[arg(long, value_name = "N", default_value_t = 10)]
    operators: usize,
    /// Folder of the cluster; it must not hold one.
    #[arg(long, value_name = "DIR", default_value = "clearing-data/torture")]
    data_dir: PathBuf,
    /// Kill all processes at once instead, so many times, each at a random moment of a load with
    /// 8,192 payments under way; every one must start again with the audit ok.
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    whole: Option<u64>,
}

pub(crate) fn execute(arguments: Arguments) -> Result<ExitCode, Failure> {
    // The number of the process and not the clock: two that start at once draw different faults.
    let seed = arguments.seed.unwrap_or_else(|| u64::from(std::process::id()));
    // Where the program is wrong the faults destroy ledgers, so they only hit those that were made
    // for them.
    if arguments.data_dir.join("env").exists() {
        let folder = arguments.data_dir.display();
        return Err(Failure::usage(format!(
            "{folder} holds a cluster already; name an empty folder"
        )));
    }
    if !(2..=50).contains(&arguments.operators) {
        return Err(Failure::usage(format!(
            "--operators {} is outside 2 to 50",
            arguments.operators
        )));
    }
    let how_long = match arguments.whole {
        Some(kills) => format!("{kills} kills of all processes"),
        None => format!("{} s", arguments.seconds),
    };
    // Printed before anything happens, so that also a run that dies can be repeated.
    print_line(format_args!("seed {seed}, {how_long}, {} operators", arguments.operators))?;
    let program = std::env::current_exe()
        .map_err(|error| Failure::process(format!("cannot find the program itself: {error}")))?;
    let options = TortureOptions {
        program,
        data_dir: arguments.data_dir,
        operators: arguments.operators,
        duration: Duration::from_secs(arguments.seconds),
        seed,
    };
    let runtime = crate::serving::runtime()?;
    let findings = if let Some(kills) = arguments.whole {
        let verdict = runtime.block_on(kill_whole(options, kills))?;
        print(&verdict)?;
        verdict.findings.len()
    } else {
        let verdict = runtime.block_on(torture(options))?;
        print(&verdict)?;
        verdict.findings.len()
    };
    match findings {
        0 => Ok(ExitCode::SUCCESS),
        findings => Err(Failure::check(format!("{findings} findings; repeat with --seed {seed}"))),
    }
}
