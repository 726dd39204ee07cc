//! The page of a report: the template with its markers filled in.

use std::fmt::Write as _;

use super::charts::Charts;
use super::files::RunFiles;
use super::{largest, multiples, participants, parts, payment_tables, scenario, tables, words};
use crate::page::{CHARTS, PageError, STYLE, escape, fill, script_json};
use crate::plot::Figure;

const TEMPLATE: &str = include_str!("../../assets/report.html");
/// What lets each figure be saved.
pub(super) const SAVE: &str = include_str!("../../assets/report-save.js");
/// The charts, and what draws them.
pub(crate) const SCRIPTS: [&str; 5] = [
    CHARTS,
    include_str!("../../assets/report-options.js"),
    include_str!("../../assets/report-parts.js"),
    include_str!("../../assets/report-stress.js"),
    include_str!("../../assets/report.js"),
];

/// The page for the files of a run.
pub(super) fn page(
    files: &RunFiles,
    charts: &Charts,
    figures: &[Figure],
) -> Result<String, PageError> {
    // Tables have all operators; only what is drawn is cut.
    let data = script_json(&charts.of_largest())?;
    let tables = script_json(&figures.iter().map(Figure::named_data).collect::<Vec<_>>())?;
    fill(TEMPLATE, |marker| {
        Some(match marker {
            "style" => STYLE.to_owned(),
            "scripts" => {
                let scripts = SCRIPTS.into_iter().chain([SAVE]);
                scripts.map(|script| format!("<script>{script}</script>\n")).collect()
            }
            "figures" => tables.clone(),
            "data" => data.clone(),
            "title" => escape(&files.summary.scenario),
            "subtitle" => escape(&words::subtitle(files)),
            "scenario" => parts::section(&files.summary) + &scenario::section(&files.summary),
            "key-figures" => key_figures(files),
            "summary" => paragraphs(&words::summary(files)),
            "operators" => [tables::operators(files), participants::table(files)]
                .map(|table| table.html())
                .concat(),
            "digest" => escape(&files.summary.digest),
            "run-id" => escape(&files.summary.run_id),
            "config" => escape(&files.config),
            section => return self::section(section, files, charts),
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
        "progress" => {
            let tables = [multiples::progress_table(files, charts), multiples::waits_table(files)];
            let figures = [multiples::progress(files, charts), multiples::waits(files)];
            let both = figures.iter().zip(&tables);
            both.map(|(figure, table)| figure.html() + &table.html()).collect()
        }
        "balances" => {
            let figure = multiples::balances(files, charts).html();
            figure + &multiples::balances_table(files, charts).html()
        }
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

fn paragraphs(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("<p>{}</p>\n", escape(sentence))).collect()
}

fn key_figures(files: &RunFiles) -> String {
    tables::key_figures(files).iter().fold(String::new(), |mut html, (name, figure)| {
        let _ = writeln!(html, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(figure));
        html
    })
}
