use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Stress, StressError, StressOptions, StressScenario, Stressed};
use crate::engine::run;
use crate::experiment::{Experiment, Override, RunInfo};
use crate::results::{Outcome, Strain};

/// Four operators with little money, of a hundred payments or so.
const FLOW: &str = "
    name = \"flow\"
    seed = 5
    [cluster]
    operator_count = 4
    regime = \"deposit\"
    reserves = \"30000\"
    [workload.random_flow]
    payments_per_pair = 12
";
const TABLES: [&str; 7] = [
    "stress.csv",
    "stress.parquet",
    "summary.csv",
    "summary.parquet",
    "participants.csv",
    "participants.parquet",
    "stress.html",
];

/// The same where e-CNY settles.
fn in_cash() -> String {
    FLOW.replace("regime = \"deposit\"", "").replace("reserves = \"30000\"", "")
}

fn scenarios(texts: &[&str]) -> Vec<StressScenario> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn stress(text: &str, sets: &[&str], texts: &[&str]) -> Stress {
    let sets: Vec<Override> = sets.iter().map(|set| set.parse().unwrap()).collect();
    Stress::from_text(text, &sets, None, &scenarios(texts)).unwrap()
}

fn execute(stress: &Stress, folder: &Path) -> Stressed {
    let options = StressOptions { folder: folder.to_owned(), jobs: 2, replace: false };
    stress.execute(&options, &RunInfo::default(), |_, _| ()).unwrap()
}

fn executed(stress: &Stress) -> (Stressed, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (execute(stress, folder.path()), folder)
}

fn refusal(text: &str, sets: &[&str], scenario: &str) -> String {
    let sets: Vec<Override> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let read = |scenario: StressScenario| Stress::from_text(text, &sets, None, &[scenario]);
    scenario.parse().and_then(read).unwrap_err().to_string()
}

#[test]
fn a_scenario_is_shown_as_it_is_stated() {
    for text in [
        "outage 09:00-13:00",
        "failure 2 10:30",
        "cut 1 23:00-2 01:00",
        "slow 09:00-13:00 delay_ticks=60",
        "liquidity-loss 09:00 share=0.5",
    ] {
        let read: StressScenario = text.parse().unwrap();
        assert_eq!(read.to_string(), text);
        assert_eq!(read.to_string().parse::<StressScenario>().unwrap(), read);
    }
    let shown = |sets: &[&str]| {
        let all = stress(FLOW, sets, &[]).scenarios;
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        shown(&["cluster.tick_seconds=600"]),
        "outage 09:00-13:00, failure 09:00, liquidity-loss 09:00 share=0.5, cut 09:00-13:00, \
         slow 09:00-13:00 delay_ticks=6"
    );
    let cash = stress(&in_cash(), &[], &[]).scenarios;
    assert!(cash.len() == 4 && cash.iter().all(|one| one.kind() != "liquidity-loss"));
}

#[test]
fn what_is_wrong_with_a_scenario_is_named_with_its_value() {
    let refuses = |scenario: &str, message: &str| {
        assert_eq!(refusal(FLOW, &[], scenario), format!("scenario {scenario:?}: {message}"));
    };
    let kinds = "is none of outage, failure, liquidity-loss, cut, slow";
    refuses("", &format!("kind: \"\" {kinds}"));
    refuses("crash 09:00", &format!("kind: \"crash\" {kinds}"));
    refuses("outage", "at: is missing, as in outage 09:00-13:00");
    refuses("outage 25:00", "at: \"25:00\" is not a day and time as in 1 10:00");
    refuses("outage 2 09:00", "at: \"2 09:00\" is outside the days of the run, 1 to 1");
    refuses("outage 10:00-09:00", "until: \"09:00\" is not in a later tick than at = \"1 10:00\"");
    refuses(
        "failure 10:00-11:00",
        "until: \"11:00\" stands beside kind = \"failure\", which has no end",
    );
    refuses("liquidity-loss 10:00", "share: is missing");
    refuses("liquidity-loss 10:00 share=2", "share: \"2\" is not a part from 0.000001 to 1");
    refuses("slow 10:00 ticks=2", "unknown key ticks; there are share, delay_ticks");
    refuses("slow 10:00 delay_ticks=2 share=1", "share: \"1\" is one key too many");
    refuses("slow 10:00 delay_ticks=0", "delay_ticks: 0 is not between 1 and 1000000");
    let in_cash = refusal(&in_cash(), &[], "liquidity-loss 10:00 share=0.5");
    let sentence = "scenario \"liquidity-loss 10:00 share=0.5\": kind: \"liquidity-loss\" needs \
                    cluster.regime = \"deposit\"";
    assert!(in_cash.starts_with(sentence), "{in_cash}");
    let twice = scenarios(&["cut 10:00", "cut 10:00"]);
    let twice = Stress::from_text(FLOW, &[], None, &twice).unwrap_err().to_string();
    assert_eq!(twice, "scenario \"cut 10:00\": is there twice");
    let many: Vec<_> = (0..21).map(|_| "cut 10:00".parse().unwrap()).collect();
    let many = Stress::from_text(FLOW, &[], None, &many).unwrap_err();
    assert!(matches!(many, StressError::TooMany { count: 21, max: 20 }), "{many}");
}

#[test]
fn every_run_is_the_run_of_the_experiment_with_its_fault() {
    let own = "[[fault]]\nkind = \"cut\"\noperator = \"BOC\"\nat = \"06:00\"\nuntil = \"07:00\"\n";
    let text = format!("{FLOW}\n{own}");
    let texts =
        ["outage 09:00-13:00", "liquidity-loss 08:00 share=0.9", "slow 08:00 delay_ticks=90"];
    for mode in ["deferred-net", "gross", "gross-queue"] {
        let settlement = format!("cluster.settlement={mode}");
        let stress = stress(&text, &[&settlement], &texts);
        let (stressed, _folder) = executed(&stress);
        assert_eq!((stressed.outcome.runs.len(), stress.runs()), (12, 13));
        let faults = |fault: &str| {
            let cut = "{kind='cut', operator='BOC', at='06:00', until='07:00'}";
            format!("fault=[{cut}, {fault}]")
        };
        for (place, fault) in [
            (1, "{kind='outage', operator='ABC', at='09:00', until='13:00'}"),
            (4, "{kind='liquidity-loss', operator='ICBC', at='08:00', share=0.9}"),
            (11, "{kind='slow', operator='CCB', at='08:00', delay_ticks=90}"),
        ] {
            let sets = [settlement.parse().unwrap(), faults(fault).parse().unwrap()];
            let single = Experiment::from_text(&text, &sets, None).unwrap();
            let ledgers = run(&single).unwrap();
            let found = &stressed.outcome.runs[place];
            assert_eq!(found.run_id, single.run_id(), "{mode} {fault}");
            assert_eq!(found.digest, Outcome::of_ledgers(&ledgers).digest(), "{mode} {fault}");
            let strain = Strain::of(&single, &ledgers);
            let standing: Vec<_> = found.affected.iter().map(|one| &one.standing).collect();
            assert_eq!(standing, strain.operators.iter().collect::<Vec<_>>(), "{mode} {fault}");
        }
    }
}

#[test]
fn the_same_stress_test_writes_the_same_bytes_and_makes_no_run_twice() {
    let of = |jobs: usize| {
        let folder = tempfile::tempdir().unwrap();
        let stress = stress(FLOW, &[], &["outage 09:00-13:00", "failure 12:00"]);
        let options = StressOptions { folder: folder.path().to_owned(), jobs, replace: false };
        let made = stress.execute(&options, &RunInfo::default(), |_, _| ()).unwrap();
        assert_eq!((made.found, made.runs), (0, 9));
        fs::remove_file(folder.path().join("points/3.json")).unwrap();
        let again = execute(&stress, folder.path());
        assert_eq!((again.found, again.runs), (8, 1));
        assert_eq!(again.outcome, made.outcome);
        TABLES.map(|name| fs::read(folder.path().join(name)).unwrap())
    };
    assert!(of(1) == of(3), "two stress tests of one seed differ");
}

/// The golden net settled gross (A pays B 60 and D 55, C pays A 35, B pays C 20, D pays B 35 and C
/// 25), where B and D pay out of what A pays them.
fn chain(settlement: &str, reserves: &str) -> Stress {
    let text = include_str!("../../../../experiments/golden-net.toml");
    let text = match settlement {
        "deferred-net" => text.to_owned(),
        _ => text.replace("shortfall = ", "# "),
    };
    let sets = [
        format!("cluster.settlement={settlement}"),
        format!("cluster.operators.B.reserves={reserves}"),
        format!("cluster.operators.D.reserves={reserves}"),
    ];
    stress(&text, &sets.each_ref().map(String::as_str), &["outage 09:00-13:00"])
}

#[test]
fn who_becomes_short_because_of_whom_is_told_in_every_mode() {
    let shortages = |stress: &Stress| {
        let outcome = executed(stress).0.outcome;
        let name = |place: usize| outcome.participants[place].as_str();
        let all = outcome.shortages();
        let all: Vec<_> = all.iter().map(|one| (name(one.hit), name(one.affected))).collect();
        all.iter().map(|(hit, short)| format!("{short} by {hit}")).collect::<Vec<_>>().join(", ")
    };
    // B pays 20 and D 60, either with 5 of its own and what A pays it.
    assert_eq!(shortages(&chain("gross", "5")), "B by A, D by A");
    assert_eq!(shortages(&chain("gross-queue", "5")), "B by A, D by A");
    // Netted, only D owes more than its 5 when A does not pay it.
    assert_eq!(shortages(&chain("deferred-net", "5")), "D by A");
}

#[test]
fn the_extremes_of_a_participant_are_those_of_its_runs() {
    let (stressed, folder) = executed(&chain("gross", "5"));
    let outcome = &stressed.outcome;
    let fen = |ends: Option<[super::Extreme; 2]>| ends.map(|ends| ends.map(|one| one.fen));
    // A falls to 885 and with C away no deeper; it pays nothing when it is away itself.
    let a = outcome.participant(0);
    assert_eq!((fen(a.by_others), fen(a.by_itself)), (Some([-6_000, 0]), Some([-11_500, -11_500])));
    assert_eq!(outcome.participant(1).short_because_of, [0].into());
    assert_eq!(outcome.participant(1).runs_short, 1);
    let rows = fs::read_to_string(folder.path().join("stress.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 4 * 4);
    let row = rows.lines().find(|row| row.contains(",outage 09:00-13:00,A,B,")).unwrap();
    assert!(row.contains(",0,1,1,"), "B is not made short by A: {row}");
    let summary = fs::read_to_string(folder.path().join("summary.csv")).unwrap();
    assert!(summary.lines().nth(2).unwrap().contains(",2,B D,"), "{summary}");
    let page = fs::read_to_string(folder.path().join("stress.html")).unwrap();
    assert!(page.contains("Who becomes short because of whom"));
}

#[test]
fn every_column_of_the_tables_is_described() {
    let (_, folder) = executed(&chain("gross", "5"));
    let document = include_str!("../../../../docs/stress.md");
    for name in ["stress.csv", "summary.csv", "participants.csv"] {
        let table = fs::read_to_string(folder.path().join(name)).unwrap();
        for column in table.lines().next().unwrap().split(',') {
            let described = document.contains(&format!("`{column}`"));
            assert!(described, "docs/stress.md does not describe {column} of {name}");
        }
    }
}

/// Nothing is lost against oneself: neither in the baseline nor where a scenario takes next to
/// nothing in the last minute.
#[test]
fn a_run_that_nothing_changes_deteriorates_by_nothing() {
    for (seed, mode) in
        (0..4).flat_map(|seed| ["deferred-net", "gross", "gross-queue"].map(|mode| (seed, mode)))
    {
        let reserves = 500 + seed * 12_000;
        let sets = [
            format!("seed={seed}"),
            format!("cluster.settlement={mode}"),
            format!("cluster.reserves={reserves}"),
        ];
        let sets = sets.each_ref().map(String::as_str);
        let stress = stress(FLOW, &sets, &["liquidity-loss 23:59 share=0.000001"]);
        let outcome = executed(&stress).0.outcome;
        let baseline = &outcome.baseline;
        for one in &baseline.affected {
            assert_eq!((one.deterioration_fen, one.made_short), (0, false), "{seed} {mode}");
        }
        assert_eq!((baseline.unsettled_fen, baseline.refused, baseline.withheld), (0, 0, 0));
        assert_eq!(baseline.more_deficiency_fen.unwrap_or_default(), 0);
        for run in &outcome.runs {
            let (_, hit) = run.hit.unwrap();
            for (place, one) in run.affected.iter().enumerate() {
                // A millionth of the reserves is all that may change, and only for whoever is hit.
                let most = if place == hit { reserves } else { 0 };
                assert!((0..=most).contains(&one.deterioration_fen), "{seed} {mode}: {one:?}");
            }
        }
    }
}
