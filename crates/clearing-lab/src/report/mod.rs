//! The report of a run: one page that needs nothing beside itself, from the files of the results.

mod balances;
mod charts;
mod compare;
mod error;
mod faults;
mod figures;
mod files;
mod indicators;
mod largest;
mod multiples;
mod page;
mod part_charts;
mod participants;
mod parts;
mod payment_tables;
mod progress;
mod queue;
mod scenario;
mod series;
mod table;
mod tables;
mod tally;
mod text;
mod words;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::files::write_text;
use crate::folder::REPORT;
use crate::plot::write_figures;

pub use compare::write_comparison;
pub use error::ReportError;
pub(crate) use page::SCRIPTS as CHART_SCRIPTS;
pub(crate) use table::{Table, cells};
pub(crate) use text::percent;

use charts::Charts;
use files::RunFiles;

/// Reads the results in a folder and writes their report beside them. The same results make the
/// same bytes.
pub fn write_report(folder: &Path) -> Result<PathBuf, ReportError> {
    write(folder, None)
}

/// Writes the report, and each of its figures into a folder, as NAME.svg with its data as NAME.csv.
pub fn write_report_and_figures(folder: &Path, figures: &Path) -> Result<PathBuf, ReportError> {
    write(folder, Some(figures))
}

fn write(folder: &Path, into: Option<&Path>) -> Result<PathBuf, ReportError> {
    let files = RunFiles::read(folder)?;
    let charts = Charts::new(&files);
    let figures = figures::figures(&files, &charts);
    let path = folder.join(REPORT);
    write_text(&path, &page::page(&files, &charts, &figures)?)?;
    if let Some(into) = into {
        write_figures(&figures, into)?;
    }
    Ok(path)
}
