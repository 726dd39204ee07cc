//! `clearing audit`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_lab::audit::audit;

use crate::failure::Failure;
use crate::output::print_line;

/// Proves from the files on disk that no fen was lost, one line per invariant.
#[derive(Debug, Args)]
#[command(after_help = "\
The ledgers are opened read-only, of a stopped or a running cluster. Exits 1 when a line says BROKEN.

Example:
  clearing audit --data-dir clearing-data")]
pub(crate) struct Arguments {
    /// Folder of the cluster.
    #[arg(long, value_name = "DIR", env = "CLEARING_DATA_DIR", default_value = "clearing-data")]
    data_dir: PathBuf,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let lines = audit(&arguments.data_dir)?;
    for line in &lines {
        let verdict = if line.ok { "ok" } else { "BROKEN" };
        print_line(format_args!("{verdict:<7} {}: {}", line.name, line.detail))?;
    }
    match lines.iter().filter(|line| !line.ok).count() {
        0 => Ok(ExitCode::SUCCESS),
        broken => Err(Failure::check(format!("{broken} of {} invariants are broken", lines.len()))),
    }
}
