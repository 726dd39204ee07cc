//! The subcommand `clearing operator`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_domain::money::OperatorCode;

use crate::failure::Failure;
use crate::serving::{ServingArguments, runtime};

/// Serves one operator: its wallets and their payments.
#[derive(Debug, Args)]
#[command(after_help = "\
It prints one line, `ready address=IP:PORT`, when it serves, and exits 0 on SIGTERM or Ctrl-C.

Example:
  clearing operator --code ICBC --central-bank http://127.0.0.1:7100 --listen 127.0.0.1:7102 \\
    --data-dir my-cluster/ICBC")]
pub(crate) struct Arguments {
    /// Code of the operator in the roster of the configuration.
    #[arg(long)]
    code: OperatorCode,
    /// Address of the central bank.
    #[arg(long, value_name = "http://IP:PORT")]
    central_bank: String,
    /// File of the secret that opens the link [default: secret in the data folder, else
    /// ../central-bank/secrets/CODE beside it]
    #[arg(long, value_name = "FILE", env = "CLEARING_SECRET_FILE")]
    secret_file: Option<PathBuf>,
    #[command(flatten)]
    serving: ServingArguments,
}

pub(crate) fn execute(arguments: Arguments) -> Result<ExitCode, Failure> {
    let options = arguments.serving.options()?;
    runtime()?.block_on(clearing_operator::serve(
        arguments.code,
        arguments.central_bank,
        arguments.secret_file,
        options,
    ))?;
    Ok(ExitCode::SUCCESS)
}
