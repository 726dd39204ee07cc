//! The subcommand `clearing report`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_lab::report::{write_report, write_report_and_figures};

use crate::failure::Failure;
use crate::output::print_line;

/// Writes the report of a run again, one page for a browser, from the files of its results.
#[derive(Debug, Args)]
#[command(after_help = "\
`clearing run` and `clearing replay` write the same page. It needs nothing beside itself and no network.

With --figures each figure is written as a picture of its own, NAME.svg, with its data, NAME.csv.

Example:
  clearing report clearing-data/runs/pilot-2022-2022
  clearing report clearing-data/runs/pilot-2022-2022 --figures figures")]
pub(crate) struct Arguments {
    /// Folder of the results.
    #[arg(value_name = "DIR")]
    results: PathBuf,
    /// Folder for each figure as SVG, with its data as CSV.
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let page = match &arguments.figures {
        None => write_report(&arguments.results)?,
        Some(figures) => write_report_and_figures(&arguments.results, figures)?,
    };
    print_line(page.display())?;
    if let Some(figures) = &arguments.figures {
        print_line(figures.display())?;
    }
    Ok(ExitCode::SUCCESS)
}
