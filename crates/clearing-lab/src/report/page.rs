//! The page of a report: the template with its markers filled in.

use std::fmt::Write as _;

use thiserror::Error;

use super::charts::Charts;
use super::files::RunFiles;
use super::text::escape;
use super::{largest, payment_tables, tables, words};

const TEMPLATE: &str = include_str!("../../assets/report.html");
/// The style of every page.
pub(crate) const STYLE: &str = include_str!("../../assets/report.css");
/// The library of charts.
pub(crate) const CHARTS: &str = include_str!("../../assets/echarts.min.js");
const SCRIPTS: [&str; 3] = [
    CHARTS,
    include_str!("../../assets/report-options.js"),
    include_str!("../../assets/report.js"),
];

/// The page for the files of a run.
pub(super) fn page(files: &RunFiles) -> Result<String, PageError> {
    let charts = Charts::new(files);
    let data = script_json(&charts.of_largest())?;
    fill(TEMPLATE, |marker| {
        Some(match marker {
            "style" => STYLE.to_owned(),
            "scripts" => SCRIPTS.map(|script| format!("<script>{script}</script>\n")).concat(),
            "data" => data.clone(),
            "title" => escape(&files.summary.scenario),
            "subtitle" => escape(&words::subtitle(files)),
            "key-figures" => key_figures(files),
            "summary" => paragraphs(&words::summary(files)),
            "operators" => tables::operators(files).html(),
            "digest" => escape(&files.summary.digest),
            "run-id" => escape(&files.summary.run_id),
            "config" => escape(&files.config),
            section => return self::section(section, files, &charts),
        })
    })
}

/// What the sections with charts say and list.
fn section(marker: &str, files: &RunFiles, charts: &Charts) -> Option<String> {
    Some(match marker {
        "positions" => {
            let sentences =
                [Some(words::positions(files)), largest::note(files.summary.operators.len())];
            paragraphs(&sentences.into_iter().flatten().collect::<Vec<_>>())
        }
        "caps" => tables::caps(files).html(),
        "cycles" => paragraphs(&[words::cycles(files)]),
        "nets" => tables::nets(files).html() + &tables::cycles(files).html(),
        "flows" => paragraphs(&[words::flows(files)]),
        "matrix" => payment_tables::flows(charts).html(),
        "waiting" => paragraphs(&[words::waiting(files)]),
        "liquidity" => paragraphs(&words::liquidity(files)),
        "bounds" => tables::liquidity(files).html(),
        "owed" => {
            let tables = [tables::debts(files), tables::losses(files)];
            paragraphs(&[words::owed(files)]) + &tables.map(|table| table.html()).concat()
        }
        "throughput" => paragraphs(&[words::throughput(charts)]),
        "hours" => payment_tables::throughput(files).html(),
        "refused" => paragraphs(&[words::refused(charts)]),
        "reasons" => payment_tables::refused(files, charts).html(),
        "faults" => {
            let tables = [payment_tables::faults(files), payment_tables::consequences(files)];
            paragraphs(&[words::faults(files)]) + &tables.map(|table| table.html()).concat()
        }
        _ => return None,
    })
}

/// A page that cannot be made.
#[derive(Debug, Error)]
pub enum PageError {
    /// What the charts draw cannot be written as JSON.
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    /// The template asks for something that nothing knows.
    #[error("the template of a page has an unknown marker {0}")]
    Marker(String),
}

/// Puts a text in the place of each `{{marker}}`; what is put in is not looked at again.
pub(crate) fn fill(
    template: &str,
    text: impl Fn(&str) -> Option<String>,
) -> Result<String, PageError> {
    let mut parts = template.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (marker, rest) = part.split_once("}}").unwrap_or((part, ""));
        page.push_str(&text(marker).ok_or_else(|| PageError::Marker(marker.to_owned()))?);
        page.push_str(rest);
    }
    Ok(page)
}

/// JSON that cannot end the element it stands in.
pub(crate) fn script_json(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

fn paragraphs(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("<p>{}</p>\n", escape(sentence))).collect()
}

fn key_figures(files: &RunFiles) -> String {
    tables::key_figures(files).iter().fold(String::new(), |mut html, (name, figure)| {
        let _ = writeln!(html, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(figure));
        html
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        let again = |marker: &str| (marker != "z").then(|| format!("{{{{{marker}}}}}"));
        assert_eq!(fill("a {{x}} b {{y}}", again).unwrap(), "a {{x}} b {{y}}");
        let error = fill("a {{z}}", again).unwrap_err().to_string();
        assert_eq!(error, "the template of a page has an unknown marker z");
    }

    #[test]
    fn data_cannot_end_its_element() {
        assert_eq!(script_json(&"</script><!--").unwrap(), "\"\\u003c/script>\\u003c!--\"");
    }
}
