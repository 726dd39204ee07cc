//! The subcommand `clearing report`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_lab::report::write_report;

use crate::failure::Failure;
use crate::output::print_line;

/// Writes the report of a run again, one page for a browser, from the files of its results.
#[derive(Debug, Args)]
#[command(after_help = "\
`clearing run` and `clearing replay` write the same page. It needs nothing beside itself and no network.

Example:
  clearing report clearing-data/runs/pilot-2022-2022")]
pub(crate) struct Arguments {
    /// Folder of the results.
    #[arg(value_name = "DIR")]
    results: PathBuf,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    print_line(write_report(&arguments.results)?.display())?;
    Ok(ExitCode::SUCCESS)
}
