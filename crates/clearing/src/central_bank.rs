//! The subcommand `clearing central-bank`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::serving::{ServingArguments, runtime};

/// Serves the central bank: issuance, directory, clearing and settlement.
#[derive(Debug, Args)]
#[command(after_help = "\
It prints one line, `ready address=IP:PORT`, when it serves, and exits 0 on SIGTERM or Ctrl-C.

Example:
  clearing central-bank --listen 127.0.0.1:7100 --data-dir my-cluster/central-bank")]
pub(crate) struct Arguments {
    /// Folder of the operators' secrets, one file each; what is missing is made [default: secrets
    /// in the data folder]
    #[arg(long, value_name = "DIR")]
    secrets: Option<PathBuf>,
    #[command(flatten)]
    serving: ServingArguments,
}

pub(crate) fn execute(arguments: Arguments) -> Result<ExitCode, Failure> {
    let options = arguments.serving.options()?;
    runtime()?.block_on(clearing_central_bank::serve(options, arguments.secrets))?;
    Ok(ExitCode::SUCCESS)
}
