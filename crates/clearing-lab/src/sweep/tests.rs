mod figures;
mod until;

use clearing_node::ProgramError as _;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use clearing_config::Key;
use tempfile::TempDir;

use super::row::{MEASURES, MeasureKind};
use super::{Sweep, SweepError, SweepOptions, Swept};
use crate::experiment::RunInfo;
use crate::results::{Measure, measures};

/// Four points of two runs each, of a hundred payments or so.
const SMALL: &str = "
    name = \"small\"
    seeds = 2
    first_seed = 5
    [base]
    name = \"flow\"
    [base.cluster]
    operator_count = 3
    regime = \"deposit\"
    [base.workload.random_flow]
    payments_per_pair = 20
    [grid]
    \"cluster.settlement\" = [\"deferred-net\", \"gross\"]
    cluster.cycles_per_day = [1, 4]
";

fn sweep(text: &str) -> Sweep {
    Sweep::from_text(text, Path::new("")).unwrap()
}

fn refusal(text: &str) -> String {
    let checked = Sweep::from_text(text, Path::new("no-such-folder")).and_then(|sweep| {
        let points = sweep.points();
        points.iter().try_for_each(|point| sweep.experiment(point, 1).map(|_| ()))
    });
    checked.unwrap_err().to_string()
}

/// Makes a sweep in a folder and counts the runs.
fn make(
    sweep: &Sweep,
    folder: &Path,
    index: Option<usize>,
    replace: bool,
) -> Result<(Swept, usize), SweepError> {
    let options = SweepOptions { folder: folder.to_owned(), jobs: 2, index, replace };
    let most = AtomicUsize::new(0);
    let counted = |done: usize, _: usize| {
        most.fetch_max(done, Ordering::Relaxed);
    };
    let swept = sweep.execute(&options, &RunInfo::default(), counted)?;
    Ok((swept, most.into_inner()))
}

fn made(sweep: &Sweep) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    make(sweep, folder.path(), None, false).unwrap();
    folder
}

/// The rows of a table by the names of its columns.
fn rows(folder: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(folder.join(name)).unwrap().deserialize().map(Result::unwrap).collect()
}

fn tables(folder: &Path) -> Vec<Vec<u8>> {
    super::store::TABLES.iter().map(|name| fs::read(folder.join(name)).unwrap()).collect()
}

#[test]
fn the_grid_is_every_combination_and_the_last_key_changes_fastest() {
    let mut small = sweep(SMALL);
    let shown = |sweep: &Sweep| {
        let text = |value: &toml::Value| value.to_string().replace('"', "");
        let point = |point: super::Point| {
            let values: Vec<_> = point
                .values
                .iter()
                .map(text)
                .chain(point.level.map(|level| level.to_string()))
                .collect();
            format!("{} {}", point.index, values.join(" "))
        };
        sweep.points().into_iter().map(point).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(shown(&small), "0 1 deferred-net, 1 1 gross, 2 4 deferred-net, 3 4 gross");
    small.axes.remove(0);
    small.levels = Some(vec!["0".parse().unwrap(), "0.5".parse().unwrap()]);
    assert_eq!(shown(&small), "0 deferred-net 0, 1 deferred-net 0.5, 2 gross 0, 3 gross 0.5");
    (small.axes, small.levels) = (Vec::new(), None);
    assert_eq!(shown(&small), "0 ");
}

#[test]
fn the_resolved_file_gives_the_same_sweep_again() {
    let levels = format!("{SMALL}\n[liquidity]\nlevels = [0.1, 1]\n[cost]\ndelay_price = 0.5\n");
    for text in [SMALL, &levels] {
        let sweep = sweep(text);
        let again =
            Sweep::from_text(&sweep.to_toml(Some(&RunInfo::default())), Path::new("")).unwrap();
        assert_eq!((again.id(), &again), (sweep.id(), &sweep));
    }
}

#[test]
fn what_is_wrong_with_a_sweep_is_named() {
    let refuses = |from: &str, to: &str, expected: &str| {
        assert_eq!(refusal(&SMALL.replace(from, to)), expected)
    };
    refuses("seeds = 2", "seed = 2", "unknown key seed; did you mean seeds?");
    refuses("seeds = 2", "seeds = 0", "seeds: 0 is not between 1 and 10000");
    refuses("seeds = 2", "warm_up_days = 1", "point 0: warm_up_days: 1 leaves nothing of 1 days");
    refuses("[1, 4]", "[]", "grid.cluster.cycles_per_day: has no values");
    refuses("[1, 4]", "4", "grid.cluster.cycles_per_day: is not a list of values");
    refuses(
        "cluster.cycles_per_day",
        "seed",
        "grid.seed: cannot be a parameter; seeds and first_seed give the seeds",
    );
    refuses("cluster.cycles_per_day", "cluster.cycles", "point 0: unknown key cluster.cycles");
    refuses(
        "[1, 4]",
        "[1, 7]",
        "point 2: cluster.cycles_per_day: 7 does not divide the 1440 minutes of a day",
    );
    refuses(
        "[base]",
        "experiment = \"x\"\n[base]",
        "experiment: stands beside base; keep one of the two",
    );
    refuses(
        "[grid]",
        "[liquidity]\nlevels = [1.5]\n[grid]",
        "liquidity.levels: 1.5 is not between 0 and 1",
    );
    let missing = refusal("name = \"x\"\nexperiment = \"gone.toml\"");
    assert!(
        missing.starts_with("cannot read the experiment no-such-folder/gone.toml: "),
        "{missing}"
    );
}

#[test]
fn levels_need_the_regime_in_which_balances_are_free() {
    let text = SMALL
        .replace("regime = \"deposit\"", "")
        .replace("[grid]", "[liquidity]\nlevels = [1]\n[grid]");
    assert!(
        refusal(&text).contains("liquidity.levels: needs the deposit regime"),
        "{}",
        refusal(&text)
    );
}

#[test]
fn every_point_has_the_same_payments_under_the_same_seed() {
    let folder = made(&sweep(SMALL));
    let rows = rows(folder.path(), "sweep.csv");
    assert_eq!(rows.len(), 8);
    let of_seed = |seed: &str| {
        let rows = rows.iter().filter(|row| row["seed"] == seed);
        rows.map(|row| {
            (row["payments"].clone(), row["gross_fen"].clone(), row["upper_bound_fen"].clone())
        })
        .collect()
    };
    let (five, six): (BTreeSet<_>, BTreeSet<_>) = (of_seed("5"), of_seed("6"));
    assert_eq!((five.len(), six.len()), (1, 1));
    assert_ne!(five, six);
    let digests: BTreeSet<_> = rows.iter().map(|row| &row["digest"]).collect();
    // Under gross settlement the length of cycles means nothing but the cut-offs of the results.
    assert_eq!(digests.len(), 6);
}

#[test]
fn an_interrupted_sweep_repeats_no_finished_point_and_ends_in_the_same_tables() {
    let sweep = sweep(SMALL);
    let whole = made(&sweep);
    let folder = tempfile::tempdir().unwrap();
    // As an interruption leaves it: two points finished, the temporary file of a third.
    for index in [0, 2] {
        let (swept, runs) = make(&sweep, folder.path(), Some(index), false).unwrap();
        assert_eq!((swept.found, swept.runs, runs, swept.table), (0, 2, 2, None));
    }
    fs::write(folder.path().join("points/.tmp1"), "half").unwrap();
    let (swept, runs) = make(&sweep, folder.path(), None, false).unwrap();
    assert_eq!((swept.points, swept.found, swept.runs, runs), (4, 2, 4, 4));
    assert_eq!(tables(folder.path()), tables(whole.path()));
    let (swept, runs) = make(&sweep, folder.path(), None, false).unwrap();
    assert_eq!((swept.found, swept.runs, runs), (4, 0, 0));
}

#[test]
fn a_changed_sweep_is_refused_unless_it_may_start_anew() {
    let folder = made(&sweep(SMALL));
    let changed = sweep(&SMALL.replace("[1, 4]", "[1, 2]"));
    let error = make(&changed, folder.path(), None, false).unwrap_err();
    assert!(error.to_string().ends_with("before it was changed; --force starts anew"), "{error}");
    assert_eq!(error.exit_code(), 2);
    assert_eq!(make(&changed, folder.path(), None, true).unwrap().1, 8);
    let foreign = tempfile::tempdir().unwrap();
    fs::write(foreign.path().join("thesis.txt"), "").unwrap();
    assert!(matches!(make(&changed, foreign.path(), None, true), Err(SweepError::NotEmpty { .. })));
    let error = make(&changed, folder.path(), Some(4), false).unwrap_err().to_string();
    assert_eq!(error, "there is no point 4: the points are 0 to 3");
}

#[test]
fn levels_lie_between_the_bounds_of_the_flow() {
    let text = SMALL
        .replace("[1, 4]", "[1]")
        .replace("[grid]", "[liquidity]\nlevels = [0, 0.5, 1]\n[grid]");
    let text = format!("{text}\n[cost]\nliquidity_price = 0.365\ndelay_price = 0.01\n");
    let folder = made(&sweep(&text));
    let rows = rows(folder.path(), "sweep.csv");
    let value = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
    for row in rows.iter().filter(|row| row["algorithm"].starts_with("deferred-net")) {
        let (lower, upper) = (value(row, "lower_bound_fen"), value(row, "upper_bound_fen"));
        let expected = lower + value(row, "liquidity_level") * (upper - lower);
        assert!((value(row, "liquidity_fen") - expected).abs() <= 3.0, "{row:?}");
        // The lower bound settles a day that is one cycle.
        assert_eq!((row["unsettled_fen"].as_str(), row["refused"].as_str()), ("0", "0"));
        // A yuan costs 0.1 fen a day at this price.
        assert!(
            (value(row, "liquidity_cost") - value(row, "liquidity_fen") / 100_000.0).abs() < 1e-6
        );
        assert!(value(row, "total_cost") > value(row, "liquidity_cost"));
    }
    let refused = |level: &str| {
        let rows = rows
            .iter()
            .filter(|row| row["algorithm"] == "gross" && row["liquidity_level"] == level);
        rows.map(|row| value(row, "refused")).sum::<f64>()
    };
    assert!(refused("0") > refused("0.5") && refused("0.5") > refused("1"));
}

#[test]
fn the_summary_has_the_mean_and_interval_of_every_indicator() {
    let folder = made(&sweep(SMALL));
    let runs = rows(folder.path(), "sweep.csv");
    let summary = rows(folder.path(), "summary.csv");
    let reasons = runs[0].keys().filter(|name| name.starts_with("refused.")).count();
    assert_eq!(summary.len(), 4 * (MEASURES.len() + reasons));
    let gross: Vec<f64> = runs
        .iter()
        .filter(|row| row["point"] == "3")
        .map(|row| row["gross_fen"].parse().unwrap())
        .collect();
    let row =
        summary.iter().find(|row| row["point"] == "3" && row["indicator"] == "gross_fen").unwrap();
    assert_eq!((row["runs"].as_str(), row["cluster.settlement"].as_str()), ("2", "gross"));
    assert_eq!(row["mean"].parse::<f64>().unwrap(), (gross[0] + gross[1]) / 2.0);
    let half = 12.706_205 * (gross[0] - gross[1]).abs() / 2.0;
    let width = row["high_95"].parse::<f64>().unwrap() - row["low_95"].parse::<f64>().unwrap();
    assert!((width / (2.0 * half) - 1.0).abs() < 1e-6, "{row:?}");
    let law = summary
        .iter()
        .find(|row| row["point"] == "1" && row["indicator"] == "square_root_law")
        .unwrap();
    assert_eq!((law["runs"].as_str(), law["mean"].as_str()), ("0", ""));
}

#[test]
fn differences_are_paired_by_seed() {
    let folder = made(&sweep(SMALL));
    let (runs, differences) =
        (rows(folder.path(), "sweep.csv"), rows(folder.path(), "differences.csv"));
    // Points 0 to 3 are one and four cycles a day, each net and gross: four pairs differ in one
    // parameter.
    let pairs: BTreeSet<_> = differences
        .iter()
        .map(|row| (row["point"].clone(), row["other_point"].clone(), row["parameter"].clone()))
        .collect();
    let pair =
        |point: &str, other: &str, key: &str| (point.to_owned(), other.to_owned(), key.to_owned());
    let (settlement, cycles) = ("cluster.settlement", "cluster.cycles_per_day");
    let expected = [
        pair("1", "0", settlement),
        pair("2", "0", cycles),
        pair("3", "1", cycles),
        pair("3", "2", settlement),
    ];
    assert_eq!(pairs, expected.into());
    let value = |point: &str, seed: &str| -> f64 {
        let row = runs.iter().find(|row| row["point"] == point && row["seed"] == seed).unwrap();
        row["sufficient_fen"].parse().unwrap()
    };
    let found = differences.iter().find(|row| {
        row["point"] == "2" && row["other_point"] == "0" && row["indicator"] == "sufficient_fen"
    });
    let found = found.unwrap();
    let by_seed = ["5", "6"].map(|seed| value("2", seed) - value("0", seed));
    let mean = (by_seed[0] + by_seed[1]) / 2.0;
    assert_eq!((found["runs"].as_str(), found["mean"].parse::<f64>().unwrap()), ("2", mean));
    assert_eq!((found["value"].as_str(), found["other_value"].as_str()), ("4", "1"));
    // More cut-offs leave less time in which payments offset each other.
    assert!(mean > 0.0, "{found:?}");
    let half = 12.706_205 * (by_seed[0] - by_seed[1]).abs() / 2.0;
    let width = found["high_95"].parse::<f64>().unwrap() - found["low_95"].parse::<f64>().unwrap();
    assert!((width - 2.0 * half).abs() <= 1e-6 * half.max(1.0), "{found:?}");
}

#[test]
fn refusals_have_a_column_for_each_reason_that_occurs() {
    let text = SMALL.replace("regime = \"deposit\"", "regime = \"deposit\"\nreserves = \"2000\"");
    let folder = made(&sweep(&text));
    let rows = rows(folder.path(), "sweep.csv");
    for row in &rows {
        let by_reason = row.iter().filter(|(name, _)| name.starts_with("refused."));
        let sum: i64 = by_reason.map(|(_, count)| count.parse::<i64>().unwrap()).sum();
        assert_eq!(sum.to_string(), row["refused"], "{row:?}");
    }
    let reason = "refused.COVER_INSUFFICIENT";
    for row in &rows {
        assert_eq!(row[reason] == "0", row["cluster.settlement"] == "deferred-net", "{row:?}");
    }
    assert!(
        fs::read_to_string(folder.path().join("summary.csv"))
            .unwrap()
            .contains(&format!(",{reason},"))
    );
}

#[test]
fn what_a_fault_withheld_is_a_column() {
    let fault = "[[base.fault]]\nkind = \"outage\"\noperator = \"ICBC\"\nat = \"10:00\"\nuntil = \"14:00\"\n";
    let with = made(&sweep(&SMALL.replace("[grid]", &format!("{fault}[grid]"))));
    for row in rows(with.path(), "sweep.csv") {
        let withheld: i64 = row["withheld"].parse().unwrap();
        assert!(withheld > 0 && row["withheld_fen"].parse::<i64>().unwrap() >= withheld, "{row:?}");
    }
    assert!(rows(made(&sweep(SMALL)).path(), "sweep.csv").iter().all(|row| row["withheld"] == "0"));
}

#[test]
fn each_rule_for_shortfalls_leaves_its_own_losses_and_nothing_twice() {
    let text = "
        name = \"rules\"\n[base]\nname = \"net\"\nseed = 1\n[base.cluster]\nregime = \"deposit\"\ncycles_per_day = 1
        reserves = \"1000\"\ncap = \"unlimited\"
        operators = [{ code = \"A\", prefix = 101, reserves = \"30\" }, { code = \"B\", prefix = 102 },
                     { code = \"C\", prefix = 103 }, { code = \"D\", prefix = 104 }]
        [base.workload]\npayments = [
            { time = \"09:00\", from = \"A\", to = \"B\", value = \"60\" },
            { time = \"09:01\", from = \"A\", to = \"D\", value = \"55\" },
            { time = \"09:02\", from = \"C\", to = \"A\", value = \"35\" }]
        [grid]\n\"cluster.shortfall\" = [\"partial-net\", \"unwind\", \"loss-sharing\", \"pro-rata\", \"central-bank-credit\"]";
    let rows = rows(made(&sweep(text)).path(), "sweep.csv");
    let columns = [
        "unsettled_fen",
        "losses_fen",
        "largest_loss_fen",
        "claims_fen",
        "central_bank_credit_open_fen",
    ];
    let shown =
        |row: &BTreeMap<String, String>| columns.map(|name| row[name].parse::<i64>().unwrap());
    let shown: Vec<_> = rows.iter().map(shown).collect();
    // A owes 115, is owed 35 and has 30.
    assert_eq!(shown[0], [5500, 0, 0, 0, 0]);
    assert_eq!(shown[1], [15_000, 15_000, 6000, 15_000, 0]);
    assert_eq!(shown[2], [0, 5000, 2609, 5000, 0]);
    // Of 115 it pays 65; counting its two obligations in full would tell 115 for 50.
    assert_eq!(shown[3], [5001, 5001, 2609, 5001, 0]);
    assert_eq!(shown[4], [0, 0, 0, 0, 5000]);
}

#[test]
fn figures_name_things_in_words_and_compare_points() {
    let folder = made(&sweep(SMALL));
    let page = fs::read_to_string(folder.path().join("figures.html")).unwrap();
    for words in [
        "cycles a day",
        "deferred net settlement",
        "gross settlement",
        "Liquidity that would have sufficed",
    ] {
        assert!(page.contains(words), "{words} is missing");
    }
    let shown = page.split("<script").next().unwrap();
    assert!(
        !shown.contains("cycles_per_day")
            && !shown.contains("_fen")
            && shown.contains("Paired differences")
    );
}

#[test]
fn cycles_of_a_random_flow_leave_what_the_square_root_law_says() {
    let text =
        "name = \"law\"\n[base]\nname = \"flow\"\ndays = 10\n[base.workload.random_flow]\npayments_per_pair = 240\n
        [base.cluster]\noperator_count = 5\ncap = \"unlimited\"\n[grid]\n\"cluster.cycles_per_day\" = [24]";
    let row = rows(made(&sweep(text)).path(), "sweep.csv").remove(0);
    let value = |name: &str| row[name].parse::<f64>().unwrap();
    // Ten payments of each pair in each of 240 cycles.
    let expected = libm::sqrt(2.0 / (10.0 * std::f64::consts::PI * 4.0));
    assert_eq!(row["cycles"], "240");
    assert!((value("square_root_law") / expected - 1.0).abs() < 0.02, "{row:?}");
    assert!((value("cycle_netting_ratio") / expected - 1.0).abs() < 0.05, "{row:?}");
    assert!(
        (value("cycle_bilateral_netting_ratio") / value("bilateral_square_root_law") - 1.0).abs()
            < 0.05
    );
}

#[test]
fn days_of_warming_up_are_left_out() {
    let text = SMALL.replace("name = \"flow\"", "name = \"flow\"\ndays = 3");
    let warm = made(&sweep(&text.replace("seeds = 2", "seeds = 1\nwarm_up_days = 2")));
    let all = made(&sweep(&text.replace("seeds = 2", "seeds = 1")));
    let first = |folder: &TempDir| rows(folder.path(), "sweep.csv").remove(0);
    let (warm, all) = (first(&warm), first(&all));
    assert_eq!(
        (warm["cycles"].as_str(), all["cycles"].as_str(), &warm["digest"]),
        ("1", "3", &all["digest"])
    );
    assert!(warm["payments"].parse::<u32>().unwrap() * 2 < all["payments"].parse::<u32>().unwrap());
}

#[test]
fn the_columns_are_those_that_a_run_is_measured_by() {
    let experiment = crate::engine::golden();
    let ledgers = crate::engine::run(&experiment).unwrap();
    let found =
        measures(&experiment, &ledgers, 0).into_iter().map(|(name, measure)| match measure {
            Measure::Integer(_) => (name, MeasureKind::Integer),
            Measure::Number(_) => (name, MeasureKind::Number),
        });
    // The last four are what the sweep adds.
    assert_eq!(found.collect::<Vec<_>>(), MEASURES[..MEASURES.len() - 4]);
}

#[test]
fn every_column_and_key_is_documented() {
    let text = include_str!("../../../../docs/sweeps.md");
    for (name, _) in MEASURES {
        assert!(text.contains(&format!("\n| `{name}` | ")), "{name} is not described");
    }
    assert!(text.contains("\n| a figure of scripts | integer | "));
    for Key { path, default, unit, .. } in
        super::SWEEP_KEYS.iter().filter(|key| !key.path.starts_with("run."))
    {
        let row = format!("\n| `{path}` | {default} | {unit} | ").replace("  ", " ");
        assert!(text.contains(&row), "no row {row}");
    }
}

#[test]
fn a_listed_range_of_a_sweep_has_both_of_its_ends_and_nothing_beyond_them() {
    let mut checked = 0;
    for key in super::SWEEP_KEYS.iter() {
        let numbers = |(least, most): (&str, &str)| {
            Some([least.parse::<i64>().ok()?, most.parse::<i64>().ok()?])
        };
        let Some([least, most]) = key.range.split_once(" to ").and_then(numbers) else { continue };
        let read = |value: i64| {
            let beside = if key.path == "until.seeds" { until::BESIDE } else { "" };
            let text = format!("name = 'x'\n{beside}{} = {value}\n[base]\nname = 'x'", key.path);
            Sweep::from_text(&text, Path::new("")).map_err(|error| error.to_string())
        };
        for end in [least, most] {
            assert!(read(end).is_ok(), "{} may not be {end}: {:?}", key.path, read(end));
        }
        for beyond in [least - 1, most + 1] {
            let error = read(beyond).unwrap_err();
            // What is below 0 may be refused by the type.
            let of_type = format!("sweep.{}: invalid value: integer `-1`, expected ", key.path);
            let between = format!("{}: {beyond} is not between {least} and {most}", key.path);
            assert!(error == between || error.starts_with(&of_type), "{error}");
        }
        checked += 1;
    }
    assert_eq!(checked, 5);
}

#[test]
fn the_shipped_sweeps_are_sweeps() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments/sweeps"));
    let names = [
        "delay-against-liquidity",
        "netting-against-cycle-length",
        "shortfall-rules",
        "failure-by-shortfall-rule",
        "habit-after-campaign",
        "vouchers-against-cycles-and-mode",
    ];
    for name in names {
        let sweep = Sweep::read(&folder.join(format!("{name}.toml"))).unwrap();
        assert_eq!(sweep.name, name);
        sweep.points().iter().try_for_each(|point| sweep.experiment(point, 1).map(|_| ())).unwrap();
    }
}
