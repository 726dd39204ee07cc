//! The whole article as one experiment.

use std::collections::BTreeMap;
use std::path::Path;

use clearing_lab::experiment::Experiment;
use clearing_lab::scenarios::SHIPPED;
use toml::{Table, Value};

use crate::scenarios::check_kills_of;
use crate::support::{ROOT, clearing_in};

const ARTICLE: &str = include_str!("../../experiments/article-2022.toml");

/// The article from a day on for some days, with some of its scenarios and little beside them.
fn shortened(start: &str, days: u32, parts: &[&str]) -> Experiment {
    let mut table: Table = ARTICLE.parse().unwrap();
    table.insert("days".to_owned(), i64::from(days).into());
    // What the whole calendar comes to holds for the whole alone.
    table.remove("assert");
    let Some(Value::Array(includes)) = table.get_mut("include") else { panic!("no includes") };
    includes.retain(|include| {
        let file = include["file"].as_str().unwrap();
        parts.iter().any(|part| file.starts_with(&format!("scenarios/{part}-")))
    });
    assert_eq!(includes.len(), parts.len());
    let set = |table: &mut Table, key: &str, name: &str, value: Value| {
        table[key].as_table_mut().unwrap().insert(name.to_owned(), value);
    };
    set(&mut table, "cluster", "start", start.into());
    set(&mut table, "cluster", "tick_seconds", 3600.into());
    set(&mut table, "workload", "wallets", 2000.into());
    set(&mut table, "workload", "growth", Table::from_iter([(start.to_owned(), 40.into())]).into());
    Experiment::from_text(&table.to_string(), &[], None).unwrap()
}

#[tokio::test]
async fn the_article_has_one_digest_with_the_operator_of_a_sponsor_killed_during_a_campaign() {
    let experiment = shortened("2022-06-01", 14, &["s09", "s20", "s02"]);
    // The campaign of S20 is WeBank's: registered for on the sixth day, drawn and claimed on the
    // seventh, spent on the tenth and closed on the thirteenth; those of S09 begin on the first. A day
    // has 24 ticks, and what is done at 10:00 follows the eleventh.
    let day = |number: u64, tick: u64| (number - 1) * 24 + tick;
    let kills = [
        (day(1, 8), "ICBC"),
        (day(6, 10), "WEBANK"),
        (day(7, 10), "WEBANK"),
        (day(7, 11), "central-bank"),
        (day(10, 12), "WEBANK"),
        (day(13, 12), "WEBANK"),
    ];
    check_kills_of(&experiment, &kills).await;
}

/// A part of a row of the page: a code between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The rows of the tables of the page, as cells.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = page.lines().filter(|line| line.starts_with("| "));
    lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

#[tokio::test]
async fn every_scenario_prints_what_the_page_of_the_article_says() {
    let directory = tempfile::tempdir().unwrap();
    let output = clearing_in(directory.path(), ["scenarios", "--run", "--in-process"]).await;
    output.succeeded();
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/article.md")).unwrap();
    let mut said = BTreeMap::new();
    for row in rows(&page).filter(|row| row.len() == 4) {
        let command = quoted(row[2]).first().copied().unwrap_or_default();
        if let Some(number) = command.strip_prefix("clearing scenarios --run --in-process ") {
            said.insert(number.to_owned(), row[3].to_owned());
        }
    }
    let printed: BTreeMap<_, _> = output.stdout.lines().filter_map(of_line).collect();
    assert_eq!(said, printed);
    assert_eq!(printed.len(), SHIPPED.len());
}

/// A line of a scenario that ran, with what the page says of it.
fn of_line(line: &str) -> Option<(String, String)> {
    let words: Vec<_> = line.strip_prefix("ok ")?.split_whitespace().collect();
    let [number, .., payments, yuan, _, "s"] = words[..] else { return None };
    Some((number.to_owned(), format!("`ok`, {payments} payments, {yuan} yuan")))
}

#[tokio::test]
async fn the_whole_article_prints_what_the_page_says() {
    let directory = tempfile::tempdir().unwrap();
    let experiment = Path::new(ROOT).join("experiments/article-2022.toml");
    let arguments = ["run", experiment.to_str().unwrap(), "--in-process", "--out", "out"];
    let output = clearing_in(directory.path(), arguments).await;
    output.succeeded();
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/article.md")).unwrap();
    let mut claims = 0;
    for claim in rows(&page).flat_map(|row| quoted(row.last().copied().unwrap_or_default())) {
        if let Some(claim) = claim.strip_prefix("ok ") {
            let line = format!("ok      {claim}");
            assert!(output.stdout.lines().any(|printed| printed == line), "{line}");
            claims += 1;
        }
    }
    assert!(claims > 5);
    let digest = output.stdout.lines().find_map(|line| line.strip_prefix("digest ")).unwrap();
    assert!(page.contains(digest), "{digest}");
}
