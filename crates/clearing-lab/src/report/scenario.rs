//! The scenario that a run has modelled, on top of its report.

use crate::page::escape;
use crate::results::{AssertionSummary, StorySummary};

use super::files::SummaryFile;
use super::table::{Table, cells};

/// The section of the scenario; nothing of a run that models none.
pub(super) fn section(summary: &SummaryFile) -> String {
    let table = assertions(&summary.assertions).html();
    let Some(story) = &summary.story else {
        return if table.is_empty() { table } else { in_section("Assertions", &table) };
    };
    let StorySummary { number, title, statement, place, date, told } = story;
    let paragraphs: String = [statement, &format!("{place}, {date}."), told]
        .into_iter()
        .map(|text| format!("<p>{}</p>\n", escape(text)))
        .collect();
    in_section(&format!("Scenario S{number:02}: {title}"), &(paragraphs + &table))
}

fn in_section(heading: &str, content: &str) -> String {
    format!("<section id=\"scenario\">\n<h2>{}</h2>\n{content}</section>\n\n", escape(heading))
}

/// What the experiment claims of its run.
fn assertions(all: &[AssertionSummary]) -> Table {
    let row = |one: &AssertionSummary| {
        let relation = one.relation.replace('_', " ");
        let verdict = if one.ok { "ok" } else { "FAILED" };
        let that = if one.that.is_empty() { &one.figure } else { &one.that };
        cells([that, &one.figure, &one.found, &format!("{relation} {}", one.expected), verdict])
    };
    Table {
        caption: "What the experiment claims of the run".to_owned(),
        header: cells(["claim", "figure", "found", "expected", "verdict"]),
        text: &[1, 3, 4],
        rows: all.iter().map(row).collect(),
    }
}
