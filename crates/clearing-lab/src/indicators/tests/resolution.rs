//! A replay of a file and the indicators of the same file, at ticks of every length.

use std::path::Path;

use rust_decimal::Decimal;

use super::*;
use crate::engine::finished;
use crate::experiment::{Replay, ReplayConfig, RunInfo};
use crate::payment_list::Reading;
use crate::results::{Results, RunIndicators};

const TICKS: [i32; 3] = [1, 60, 900];

/// Sixty payments between three operators, at any second.
fn payments() -> String {
    let row = |number: u64| {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 13;
        let (time, fen) = (mixed % 82_800, 100 + mixed / 82_800 % 90_000);
        let from = (mixed / 7) as usize % 3;
        let to = (from + 1 + (mixed / 31) as usize % 2) % 3;
        let clock = format!("{:02}:{:02}:{:02}", time / 3_600, time / 60 % 60, time % 60);
        let code = |operator: usize| ["A", "B", "C"][operator];
        format!(
            "{number},2022-08-24,{clock},{}.{:02},{},{}\n",
            fen / 100,
            fen % 100,
            code(from),
            code(to)
        )
    };
    (1..=60).map(row).collect::<String>()
}

/// How finely a replay tells times, and what it measures, when operators open with some reserves.
fn replay(path: &Path, reserves: &[(String, String)], tick_seconds: i32) -> (f64, RunIndicators) {
    let operator = |(place, (code, reserves)): (usize, &(String, String))| {
        let prefix = 101 + place;
        format!(
            "[[cluster.operators]]\ncode = '{code}'\nname = '{code}'\nprefix = {prefix}\nreserves = '{reserves}'\n"
        )
    };
    let operators: String = reserves.iter().enumerate().map(operator).collect();
    let text = format!(
        "[cluster]\nregime = 'deposit'\nsettlement = 'gross-queue'\nalgorithm = 'gross_fifo'\ncap = 'unlimited'\n\
         tick_seconds = {tick_seconds}\n{operators}"
    );
    let config = ReplayConfig::from_file_text(&text).unwrap();
    let experiment = Replay::read(path, config, 1, Reading::default()).unwrap().experiment;
    let run = finished(&experiment).unwrap();
    let results = Results {
        experiment: &experiment,
        identity: &experiment.identify(RunInfo::here("0.0.0", None, "in-process")),
        ledgers: &run.ledgers,
        references: &run.references,
        script: &run.script,
        elapsed: run.elapsed,
    };
    let summary = results.summary();
    (summary.resolution_seconds, summary.indicators)
}

/// What each operator opens with at a level of liquidity, and the delay indicator there.
fn level(report: &Value, place: usize) -> (Vec<(String, String)>, f64) {
    let row = &report["delay_indicator"][place];
    let opening = row["opening"].as_object().unwrap();
    let opening = opening
        .iter()
        .map(|(code, yuan)| (code.clone(), yuan.as_str().unwrap().to_owned()))
        .collect();
    (opening, row["gross_fifo"].as_f64().unwrap())
}

fn fen(yuan: &Value) -> i64 {
    let yuan: Decimal = yuan.as_str().unwrap().parse().unwrap();
    i64::try_from(yuan * Decimal::ONE_HUNDRED).unwrap()
}

#[test]
fn a_replay_measures_what_the_indicators_of_its_file_say_whatever_the_length_of_ticks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.csv");
    let text = format!("ID,date,time,value,from,to\n{}", payments());
    std::fs::write(&path, &text).unwrap();
    let report = report(&text, None, None, true);
    // With the upper bound of liquidity nothing waits.
    let (ample, _) = level(&report, 5);
    for tick in TICKS {
        let (resolution, found) = replay(&path, &ample, tick);
        assert!((resolution - f64::from(tick)).abs() < f64::EPSILON);
        assert_eq!(
            (found.delay_indicator, found.mean_delay_seconds),
            (Some(0.0), Some(0.0)),
            "{tick} s"
        );
        assert_eq!((found.largest_queue_length, found.largest_queued_fen), (0, 0), "{tick} s");
        let bounds = ["upper_bound_liquidity", "lower_bound_liquidity"]
            .map(|name| fen(&report[name]["total"]));
        assert_eq!([found.upper_bound_fen, found.lower_bound_fen], bounds, "{tick} s");
        for hour in [6, 12, 18] {
            let share = |list: &Value| {
                let until = list
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|one| one["until"] == json!(hour * 3_600))
                    .unwrap();
                until["share"].as_f64().unwrap()
            };
            let settled =
                found.throughput.iter().find(|one| one.hour == hour).unwrap().share.unwrap();
            assert!(
                (share(&report["throughput_submitted"]) - settled).abs() < 1e-6,
                "{tick} s, {hour} h: {settled}"
            );
        }
    }
    // Between the bounds something does, and what waits is measured to the tick.
    let (scarce, waits) = level(&report, 2);
    assert!(waits > 0.01, "nobody waits: {waits}");
    let a_second = fen(&report["gross_value"]) as f64
        / 100.0
        / report["delay_indicator_denominator"].as_f64().unwrap();
    for tick in TICKS {
        let found = replay(&path, &scarce, tick).1.delay_indicator.unwrap();
        assert!(
            (found - waits).abs() <= 1e-4 + 2.0 * a_second * f64::from(tick),
            "{tick} s: {found} for {waits}"
        );
    }
}
