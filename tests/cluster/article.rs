//! The whole article as one experiment.

use std::collections::BTreeMap;
use std::path::Path;

use clearing_lab::experiment::Experiment;
use clearing_lab::scenarios::SHIPPED;
use toml::{Table, Value};

use crate::scenarios::check_kills_of;
use crate::support::{ROOT, clearing_in};

const ARTICLE: &str = include_str!("../../experiments/article-2022.toml");

/// The article from a day on for some days, with some of its scenarios and so many payments a day
/// beside them.
fn shortened(start: &str, days: u32, parts: &[&str], payments: i64) -> Experiment {
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
    let growth = Table::from_iter([(start.to_owned(), payments.into())]);
    set(&mut table, "workload", "growth", growth.into());
    Experiment::from_text(&table.to_string(), &[], None).unwrap()
}

/// A tick of a day, both counted from 1: a day has 24.
fn day(number: u64, tick: u64) -> u64 {
    (number - 1) * 24 + tick
}

#[tokio::test]
async fn the_article_has_one_digest_while_an_operator_and_regions_join() {
    let experiment = shortened("2021-12-30", 96, &["s22"], 3);
    // WeBank opens on the sixth day and is in the messenger from the seventh on; the third batch joins on
    // the 93rd, and its wallets are shown on the 94th.
    let kills = [
        (day(5, 12), "central-bank"),
        (day(6, 12), "WEBANK"),
        (day(7, 8), "WEBANK"),
        (day(92, 12), "ICBC"),
        (day(93, 12), "central-bank"),
        (day(94, 8), "WEBANK"),
    ];
    check_kills_of(&experiment, &kills).await;
}

#[tokio::test]
async fn the_article_has_one_digest_with_banks_killed_around_loans_paydays_and_cards() {
    let experiment = shortened("2022-05-26", 100, &["s13", "s17", "s21"], 3);
    // The fund lends on the first day, companies borrow on the 37th and pay wages on the 41st, and cards
    // are issued on the 89th.
    let kills = [
        (day(1, 10), "CCB"),
        (day(1, 12), "central-bank"),
        (day(37, 11), "ICBC"),
        (day(41, 10), "ICBC"),
        (day(41, 11), "central-bank"),
        (day(89, 7), "ICBC"),
        (day(89, 10), "ABC"),
    ];
    check_kills_of(&experiment, &kills).await;
}

#[tokio::test]
async fn the_article_has_one_digest_with_the_operator_of_a_sponsor_killed_during_a_campaign() {
    let experiment = shortened("2022-06-01", 14, &["s09", "s20", "s02"], 40);
    // The campaign of S20 is WeBank's: registered for on the sixth day, drawn and claimed on the
    // seventh, spent on the tenth and closed on the thirteenth; those of S09 begin on the first. What is
    // done at 10:00 follows the eleventh tick of a day.
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

/// Fen as the page shows them.
fn yuan(fen: i64) -> String {
    let digits = (fen / 100).to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    format!("{}.{:02}", groups.join(","), fen % 100)
}

#[tokio::test]
async fn the_sweep_of_habits_gives_what_the_page_says_of_one_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let sweeps = Path::new(ROOT).join("experiments/sweeps");
    let shipped = std::fs::read_to_string(sweeps.join("habit-after-campaign.toml")).unwrap();
    let mut sweep: Table = shipped.parse().unwrap();
    let experiment = sweeps.join("../campaign-habit.toml");
    sweep.insert("experiment".to_owned(), experiment.to_str().unwrap().into());
    // The points of the other parameters have nothing to do with these.
    sweep["grid"].as_table_mut().unwrap().insert("series.1.sticky".to_owned(), vec![0.5].into());
    sweep.remove("horizontal");
    std::fs::write(directory.path().join("sweep.toml"), sweep.to_string()).unwrap();
    let output = clearing_in(directory.path(), ["sweep", "sweep.toml", "--out", "out"]).await;
    output.succeeded();
    let table = std::fs::read_to_string(directory.path().join("out/sweep.csv")).unwrap();
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let columns = lines.next().unwrap();
    let runs: Vec<BTreeMap<_, _>> =
        lines.map(|cells| columns.iter().copied().zip(cells).collect()).collect();
    let mean = |held: &str, column: &str| {
        let of = runs.iter().filter(|run| run["campaign.1.held"] == held);
        let fen: Vec<i64> = of.map(|run| run[column].parse().unwrap()).collect();
        assert_eq!(fen.len(), 6);
        yuan((fen.iter().sum::<i64>() + 3) / 6)
    };
    let [week, after] = ["days.3-9.value_fen", "days.10-30.value_fen"];
    let said = format!(
        "with a `sticky` of 0.5, means of six seeds: {} yuan in the week of the campaign, {} without it; \
         {} in the three weeks after it, {} without it ([sweeps.md](sweeps.md))",
        mean("true", week),
        mean("false", week),
        mean("true", after),
        mean("false", after)
    );
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/article.md")).unwrap();
    let command = "`clearing sweep experiments/sweeps/habit-after-campaign.toml`";
    let row = rows(&page).find(|row| row.get(2) == Some(&command)).unwrap();
    assert_eq!(row[3], said);
}
