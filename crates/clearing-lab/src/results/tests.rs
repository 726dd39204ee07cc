use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::labels::Labels;
use super::row::{Stamp, Target};
use super::rows::{CycleRow, TABLES};
use super::{Outcome, Results, Summary, written_digest};
use crate::engine::{finished, golden, small};
use crate::experiment::{Experiment, RunInfo};
use crate::folder::RunFolder;
use crate::table::Reader;

fn results(experiment: &Experiment, csv: bool) -> (TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    let run = finished(experiment).unwrap();
    let results = Results {
        experiment,
        identity: &experiment.identify(RunInfo::here("0.0.0", None, "in-process")),
        ledgers: &run.ledgers,
        references: &run.references,
        script: &run.script,
        elapsed: run.elapsed,
    };
    let of_run = RunFolder::prepare(folder.path(), false, &TABLES).unwrap();
    let summary = results.write(&of_run, csv).unwrap();
    (folder, summary)
}

#[test]
fn the_digest_is_that_of_the_files_and_follows_the_seed() {
    let digest = |seed| {
        let (folder, summary) = results(&small(seed, &[]), false);
        assert_eq!(Outcome::of_results(folder.path()).unwrap().digest(), summary.digest);
        assert_eq!(written_digest(folder.path()).unwrap(), summary.digest);
        summary.digest
    };
    assert_eq!(digest(7), digest(7));
    assert_ne!(digest(7), digest(8));
}

#[test]
fn the_summary_of_the_golden_net_is_as_published() {
    let (_folder, summary) = results(&golden(), false);
    let nets: Vec<_> = summary.operators.iter().map(|operator| operator.net_fen.clone()).collect();
    assert_eq!(nets, [[-8000], [7500], [1000], [-500]]);
    let balances: Vec<_> =
        summary.operators.iter().map(|operator| operator.settlement_balance_fen).collect();
    assert_eq!(balances, [92_000, 107_500, 101_000, 99_500]);
    assert_eq!((summary.totals.gross_fen, summary.totals.net_fen), (23_000, 8_500));
    assert!((summary.totals.netting_ratio.unwrap() - 0.369_565).abs() < 1e-6);
    assert_eq!(summary.totals.mean_payment_fen, 3833);
    let cycle = &summary.cycles[0];
    assert!((cycle.netting_ratio.unwrap() - 0.369_565).abs() < 1e-6);
    assert_eq!(cycle.bilateral_netting_ratio, Some(1.0));
    let indicators = &summary.indicators;
    assert!((indicators.netting_factor.unwrap() - 2.705_882).abs() < 1e-6);
    // A pays all it sends before anything comes in; nothing settles before midnight.
    assert_eq!(
        indicators.operators.iter().map(|one| one.lower_bound_fen).collect::<Vec<_>>(),
        [8000, 0, 0, 500]
    );
    assert_eq!(
        (indicators.operators[0].upper_bound_fen, indicators.delay_indicator),
        (11_500, Some(1.0))
    );
    assert_eq!(
        indicators.throughput.last().map(|last| (last.hour, last.share)),
        Some((24, Some(1.0)))
    );
}

#[test]
fn csv_says_the_same_as_parquet() {
    let (folder, _) = results(&golden(), true);
    let text = fs::read_to_string(folder.path().join("payments.csv")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 7);
    assert!(
        lines[0].starts_with("run_id,seed,scenario,algorithm,payment_id,reference,payer_operator,")
    );
    let times = "2022-08-24T01:00:00.000Z,2022-08-24T01:01:00.000Z,2022-08-24T01:01:00.000Z,2022-08-24T01:01:00.000Z,2022-08-24T16:00:00.000Z";
    assert!(lines[1].ends_with(&format!(",6000,COMPLETED,,1,{times}")), "{}", lines[1]);
    let positions = fs::read_to_string(folder.path().join("positions.csv")).unwrap();
    assert!(
        positions.contains(",1,A,11500,3500,-8000,0,-8000,0,0,11500,92000,8000\n"),
        "{positions}"
    );
}

#[test]
fn obligations_that_miss_a_cut_off_are_listed_until_they_settle() {
    let sets = [
        "cluster.operators.A.reserves=30",
        "cluster.cycles_per_day=2",
        "cluster.shortfall=partial-net",
    ];
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let more = "  { time = \"15:00\", from = \"B\", to = \"A\", value = \"50\" },\n]";
    let text = include_str!("../../../../experiments/golden-net.toml")
        .replace("\n]\n", &format!("\n{more}\n"));
    let experiment = Experiment::from_text(&text.replace("cap = ", "# "), &sets, None).unwrap();
    let (folder, summary) = results(&experiment, true);
    let queue = fs::read_to_string(folder.path().join("queue.csv")).unwrap();
    let lines: Vec<_> = queue.lines().skip(1).collect();
    assert_eq!(lines.len(), 1, "{queue}");
    assert!(
        lines[0].ends_with(
            ",A,D,5500,1,2022-08-24T04:00:00.000Z,1,2,2022-08-24T16:00:00.000Z,2022-08-24T16:00:00.000Z,COMPLETED,,5500"
        ),
        "{queue}"
    );
    assert_eq!(summary.cycles.iter().map(|cycle| cycle.carried_fen).collect::<Vec<_>>(), [5500, 0]);
    assert_eq!(summary.totals.unsettled_fen, 0);
}

#[test]
fn results_of_something_else_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = |folder: &Path| Outcome::of_results(folder).unwrap_err().to_string();
    assert!(text(folder.path()).starts_with("cannot read "));
    fs::write(folder.path().join("payments.parquet"), "no table").unwrap();
    assert!(
        text(folder.path()).contains("payments.parquet is no table of results"),
        "{}",
        text(folder.path())
    );
}

#[test]
fn days_on_which_the_clocks_change_are_days_like_others() {
    let of = |first: &str, second: &str| {
        let text = include_str!("../../../../experiments/golden-net.toml");
        let (head, _) = text.split_once("payments = [").unwrap();
        let row = |date: &str, time: &str, from: &str, to: &str| {
            format!(
                "{{ date = '{date}', time = '{time}', from = '{from}', to = '{to}', value = '10' }},"
            )
        };
        let rows = [
            row(first, "04:00", "A", "B"),
            row(first, "23:30", "A", "B"),
            row(second, "23:30", "B", "A"),
        ];
        let text = format!("{head}payments = [{}]\n", rows.concat()).replace("2022-08-24", first);
        let (_, summary) = results(&Experiment::from_text(&text, &[], None).unwrap(), false);
        serde_json::to_value(summary.indicators).unwrap()
    };
    let ordinary = of("2022-08-24", "2022-08-25");
    assert_eq!(
        ordinary["average_payment_seconds"],
        serde_json::json!((14_400.0 + 2.0 * 84_600.0) / 3.0)
    );
    assert_eq!(ordinary["mean_delay_seconds"], serde_json::json!((72_000.0 + 2.0 * 1800.0) / 3.0));
    for (first, second) in [("1988-09-11", "1988-09-12"), ("1988-04-17", "1988-04-18")] {
        assert_eq!(of(first, second), ordinary, "{first}");
    }
}

#[test]
fn who_owes_what_is_a_table_and_in_the_summary() {
    let of = |shortfall: &str| {
        let sets = ["cluster.operators.A.reserves=30", shortfall].map(|set| set.parse().unwrap());
        let text = include_str!("../../../../experiments/golden-net.toml").replace("cap = ", "# ");
        let (folder, summary) = results(&Experiment::from_text(&text, &sets, None).unwrap(), true);
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        (read("claims.csv"), read("queue.csv"), summary)
    };
    // A has 30 and gets 35 from C; it pays 65 of the 115 that it owes B and D.
    let (claims, queue, summary) = of("cluster.shortfall=pro-rata");
    let rows: Vec<_> = claims
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(4).collect::<Vec<_>>().join(","))
        .collect();
    assert_eq!(rows, ["CLAIM,A,B,2609,0,2609,1", "CLAIM,A,D,2392,0,2392,1"]);
    assert!(queue.lines().skip(1).all(|line| line.contains(",PARTLY_PAID,,")), "{queue}");
    let paid: Vec<_> = queue.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(paid, ["3391", "3108"]);
    let losses: Vec<_> = summary
        .operators
        .iter()
        .map(|one| (one.loss_fen, one.claims_held_fen, one.claims_owed_fen))
        .collect();
    assert_eq!(losses, [(0, 0, 5001), (2609, 2609, 0), (0, 0, 0), (2392, 2392, 0)]);
    assert_eq!(
        (summary.totals.losses_fen, summary.totals.claims_fen, summary.cycles[0].deficiency_fen),
        (5001, 5001, 5000)
    );
    // Of 230.00 gross 50.01 never settle; counting the two obligations in full would leave 115.00
    // settled.
    let settled = summary.indicators.throughput.last().and_then(|last| last.share).unwrap();
    assert!((settled - 17_999.0 / 23_000.0).abs() < 1e-12, "{settled}");
    let (claims, _, summary) = of("cluster.shortfall=central-bank-credit");
    assert!(claims.ends_with(",CREDIT,A,central-bank,5000,0,5000,1\n"), "{claims}");
    let totals = &summary.totals;
    let credit = [
        totals.central_bank_credit_drawn_fen,
        totals.central_bank_credit_repaid_fen,
        totals.overdraft_fen,
    ];
    assert_eq!(
        (credit, totals.central_bank_credit_open_fen, totals.losses_fen),
        ([5000, 0, 5000], 5000, 0)
    );
}

#[test]
fn an_operator_whose_overdraft_is_refused_has_its_payments_refused() {
    let of = |overdrafts: &str| {
        let sets = [
            "cluster.operators.A.reserves=30",
            "cluster.shortfall=central-bank-credit",
            overdrafts,
        ];
        let more = ["A", "B"].map(|from| {
            let to = if from == "A" { "C" } else { "A" };
            format!("{{ date = \"2022-08-25\", time = \"09:00\", from = \"{from}\", to = \"{to}\", value = \"5\" }},")
        });
        let text = include_str!("../../../../experiments/golden-net.toml").replace("cap = ", "# ");
        let text = text.replace("\n]\n", &format!("\n{}\n]\n", more.concat()));
        let sets = sets.map(|set| set.parse().unwrap());
        results(&Experiment::from_text(&text, &sets, None).unwrap(), false).1
    };
    let allowed = of("cluster.overdrafts=allowed");
    assert!(!serde_json::to_string(&allowed).unwrap().contains("OVERDRAFT_REFUSED"));
    let refused = of("cluster.overdrafts=refused");
    let reasons = serde_json::to_value(&refused).unwrap()["refused"].clone();
    assert_eq!(reasons["OVERDRAFT_REFUSED"], 1, "{reasons}");
    // B pays A 5 on the second day, which A repays of the 50 that it was lent.
    assert_eq!((allowed.totals.overdraft_fen, refused.totals.overdraft_fen), (5000, 4500));
}

#[test]
fn the_experiment_with_indirect_participants_holds_what_it_claims() {
    let text = include_str!("../../../../experiments/indirect-participants.toml");
    let (_folder, summary) = results(&Experiment::from_text(text, &[], None).unwrap(), false);
    let wrong: Vec<_> = summary.assertions.iter().filter(|claim| !claim.ok).collect();
    assert!(wrong.is_empty() && summary.assertions.len() == 7, "{wrong:#?}");
    let [ceb, hxb] = &summary.participants[..] else { panic!("{:?}", summary.participants) };
    assert_eq!((ceb.wallets, hxb.wallets, hxb.operator), (5, 40, 1));
}

/// The first two cells of every row of the tables below a heading of `docs/results.md`.
fn documented(heading: &str) -> Vec<(String, String)> {
    let text = include_str!("../../../../docs/results.md");
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|row| row.split('|').map(str::trim));
    let rows = rows.map(Iterator::collect::<Vec<_>>).filter(|cells| cells.len() == 6);
    rows.map(|cells| {
        assert!(!cells[4].is_empty(), "{cells:?}");
        (cells[1].trim_matches('`').to_owned(), cells[2].to_owned())
    })
    .collect()
}

#[test]
fn every_column_and_key_is_documented() {
    let outage = "fault=[{kind='outage',operator='ABC',at='10:00',until='14:00'}]";
    let short = [
        "cluster.regime=deposit",
        "cluster.reserves=100",
        "cluster.shortfall=unwind",
        "cluster.cap=1000000",
        "cluster.operators.ABC.indirect=['HXB']",
    ];
    let story = [
        "scenario={number=4,title='Tax',statement='Taxes.',place='Xiamen',date='2022'}",
        "assert=[{figure='completed',at_least=1}]",
        "wallet=[{name='bank',kind='operator',operator='ABC',opening='100'}]",
        "campaign=[{name='packets',sponsor='bank',kind='red-packet',face='30.00',winners=2,\
         pool='60.00',register=['1 08:00','1 20:00'],claim_until='1 20:00',\
         valid=['1 08:00','1 23:00'],draw=false}]",
        "action=[{kind='create-campaign',at='1 08:00',campaign='packets'}]",
        "part=[{name='s15',days=[1,1],background=true,number=15,title='Load',statement='Loads.',\
         place='Xiamen',date='2022'}]",
        "workload.regions=[{name='Xiamen'},{name='Suzhou'}]",
    ];
    let (folder, _) = results(
        &small(1, &[&short[..], &["workload.payments_per_day=200", outage], &story].concat()),
        false,
    );
    let stamp = documented("# Results of a run");
    for table in TABLES {
        let found = Reader::open(folder.path(), table).unwrap().columns();
        let expected: Vec<_> =
            stamp.iter().cloned().chain(documented(&format!("{table}.parquet"))).collect();
        assert_eq!(found, expected, "{table}");
    }
    let of_summary = |folder: &tempfile::TempDir| {
        let text = fs::read_to_string(folder.path().join("summary.json")).unwrap();
        let mut found = Vec::new();
        keys("", &serde_json::from_str(&text).unwrap(), &mut found);
        found
    };
    let mut found = of_summary(&folder);
    // Treasurers need a queue, where nothing is unwound.
    let queued = [
        "cluster.settlement=gross-queue",
        "cluster.tick_seconds=3600",
        "workload.payments_per_day=20",
        "treasury=[{operator='*',policy='release'}]",
    ];
    let (with_treasurers, _) = results(&small(1, &queued), false);
    let treasurers = of_summary(&with_treasurers).into_iter();
    found.extend(treasurers.filter(|(key, _)| key.starts_with("treasury[]")));
    found.sort();
    let mut expected = documented("summary.json");
    expected.sort();
    let names =
        |keys: &[(String, String)]| keys.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    for ((key, found), (_, expected)) in found.iter().zip(&expected) {
        let missing = found == "null" && expected.ends_with('?');
        assert!(
            missing || expected.trim_end_matches('?') == found,
            "{key} is {found}, documented as {expected}"
        );
    }
}

/// The keys of a JSON value with their types.
fn keys(path: &str, value: &serde_json::Value, found: &mut Vec<(String, String)>) {
    use serde_json::Value;
    let kind = match value {
        Value::Object(map) if path != "refused" => {
            let join =
                |key: &String| if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            return map.iter().for_each(|(key, value)| keys(&join(key), value, found));
        }
        Value::Array(items) if items.iter().all(Value::is_object) => {
            return items.iter().take(1).for_each(|item| keys(&format!("{path}[]"), item, found));
        }
        Value::Object(_) => "object",
        Value::Array(_) => "list of integers",
        Value::String(_) => "text",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Null => "null",
        Value::Bool(_) => "true or false",
    };
    found.push((path.to_owned(), kind.to_owned()));
}

#[test]
fn a_table_that_cannot_be_written_is_named() {
    let stamp = || Stamp { run_id: "run", seed: 7, scenario: "none", algorithm: "none" };
    let labels = Labels::new(&golden().cluster);
    for name in ["cycles.parquet", "cycles.csv"] {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/full", folder.path().join(name)).unwrap();
        let target = Target { folder: folder.path(), stamp: stamp(), labels: &labels, csv: true };
        let error = target.write::<CycleRow>([]).unwrap_err().to_string();
        assert!(error.starts_with("cannot write ") && error.contains(name), "{error}");
    }
}
