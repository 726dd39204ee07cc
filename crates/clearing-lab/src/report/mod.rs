//! The report of a run: one page that needs nothing beside itself, from the files of the results.

mod charts;
mod faults;
mod files;
mod largest;
mod page;
mod payment_tables;
mod queue;
mod series;
mod table;
mod tables;
mod tally;
mod text;
mod words;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use crate::results::ResultsError;

pub use page::PageError;
pub(crate) use page::{CHARTS, STYLE, fill, script_json};
pub(crate) use text::escape;
pub use text::{grouped, yuan};

use files::RunFiles;

/// The file of the report.
pub const REPORT: &str = "report.html";

/// Reads the results in a folder and writes their report beside them. The same results give the
/// same bytes.
pub fn write_report(folder: &Path) -> Result<PathBuf, ResultsError> {
    let html = page::page(&RunFiles::read(folder)?)?;
    let path = folder.join(REPORT);
    fs::write(&path, html).map_err(ResultsError::io("cannot write", &path))?;
    Ok(path)
}
