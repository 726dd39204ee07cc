//! The report of a run: one page that needs nothing beside itself, from the files of the results.

mod balances;
mod charts;
mod error;
mod faults;
mod files;
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

pub use error::ReportError;
pub(crate) use page::SCRIPTS as CHART_SCRIPTS;
pub(crate) use table::{Table, cells};
pub(crate) use text::percent;

use files::RunFiles;

/// Reads the results in a folder and writes their report beside them. The same results make the
/// same bytes.
pub fn write_report(folder: &Path) -> Result<PathBuf, ReportError> {
    let html = page::page(&RunFiles::read(folder)?)?;
    let path = folder.join(REPORT);
    write_text(&path, &html)?;
    Ok(path)
}
