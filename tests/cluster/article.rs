//! The whole article as one experiment.

use clearing_lab::experiment::Experiment;
use toml::{Table, Value};

use crate::scenarios::check_kills_of;

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
