//! The subcommand `clearing report`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clearing_lab::report::{write_comparison, write_report, write_report_and_figures};

use crate::failure::Failure;
use crate::output::print_line;

/// Writes the report of a run again, one page for a browser, from the files of its results; of
/// several runs a page that sets them beside each other.
#[derive(Debug, Args)]
#[command(after_help = "\
`clearing run` and `clearing replay` write the same page. It needs nothing beside itself and no network.
Of several runs the page has the indicators of each with the difference to the first, the keys of their
configurations that differ, and the same charts of each in a row.
With --figures each figure is written as a picture of its own, NAME.svg, with its data, NAME.csv.

Example:
  clearing report clearing-data/runs/pilot-2022-2022
  clearing report clearing-data/runs/pilot-2022-2022 --figures figures
  clearing report with-credit without-credit --out comparison.html")]
pub(crate) struct Arguments {
    /// Folders of results: one, or several to compare.
    #[arg(value_name = "DIR", required = true)]
    results: Vec<PathBuf>,
    /// Where the page that compares several runs goes.
    #[arg(long, value_name = "FILE", default_value = "comparison.html")]
    out: PathBuf,
    /// Folder for each figure as SVG, with its data as CSV.
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let figures = arguments.figures.as_deref();
    let page = match (&arguments.results[..], figures) {
        ([one], None) => write_report(one)?,
        ([one], Some(figures)) => write_report_and_figures(one, figures)?,
        (several, figures) => {
            write_comparison(several, &arguments.out, figures)?;
            arguments.out.clone()
        }
    };
    print_line(page.display())?;
    if let Some(figures) = figures {
        print_line(figures.display())?;
    }
    Ok(ExitCode::SUCCESS)
}
