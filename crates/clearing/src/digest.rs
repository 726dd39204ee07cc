//! The subcommand `clearing digest`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_lab::results::{Outcome, written_digest};

use crate::failure::Failure;
use crate::output::print_line;

/// Computes the digest of a run again from its tables and compares it with the one written.
#[derive(Debug, Args)]
#[command(after_help = "\
Exits 1 when they differ. docs/results.md describes what the digest is made of.

Example:
  clearing digest clearing-data/runs/pilot-2022-2022")]
pub(crate) struct Arguments {
    /// Folder of the results.
    #[arg(value_name = "DIR")]
    results: PathBuf,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let written = written_digest(&arguments.results)?;
    let digest = Outcome::of_results(&arguments.results)?.digest();
    // Printed also where it differs, because then it is what one looks for.
    print_line(&digest)?;
    if digest == written {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::check(format!("the tables have this digest, but the run wrote {written}")))
}
