//! Every settlement mode: the same digest in one process, in many, and with one killed; and the two
//! Lamfalussy standards that settlement rules can meet.

use std::path::Path;

use clearing_cluster::cluster::{ClusterOptions, Member};
use clearing_domain::money::BusinessDate;
use clearing_lab::engine::{InProcess, Ledgers, Processes, Restarts, drive};
use clearing_lab::experiment::Experiment;
use clearing_lab::results::Outcome;
use clearing_lab::workload::Workload;
use serde_json::Value;
use tokio::sync::watch;

use crate::support::{PROGRAM, ROOT, assert_audit, clearing_in, send_signal};

/// Modes under which the day below is short of money, with what must show in its outcome.
const MODES: [&str; 17] = [
    "settlement = 'gross'",
    "settlement = 'gross-queue'",
    "settlement = 'gross-queue'\nalgorithm = 'gross_bypass'",
    "settlement = 'gross-queue'\nalgorithm = 'partial_net'",
    "settlement = 'gross-queue'\nalgorithm = 'all_or_nothing'",
    "settlement = 'hybrid'",
    "shortfall = 'partial-net'",
    "shortfall = 'all-or-nothing'",
    "shortfall = 'unwind'",
    "shortfall = 'loss-sharing'",
    "shortfall = 'central-bank-credit'",
    "shortfall = 'pro-rata'",
    "settlement = 'gross-queue'\nalgorithm = 'partial_net'\nbilateral_limit = 900\nreceiver_cap = 1500",
    "bilateral_limit = 900\nreceiver_cap = 1500",
    "shortfall = 'unwind'\nfunding_minutes = 60",
    "shortfall = 'central-bank-credit'\ncycles_per_day = 2\ncredit = 500\n[[cluster.changes]]\nfrom = '2022-08-26'\nsettlement = 'gross-queue'",
    "[[cluster.changes]]\nfrom = '2022-08-25'\nsettlement = 'hybrid'\n[[cluster.changes]]\nfrom = '2022-08-26'\nshortfall = 'unwind'",
];

fn day(mode: &str) -> (Experiment, Workload) {
    // A day on which the mode changes is one of three.
    let days = if mode.contains("from") { 3 } else { 1 };
    let text = format!(
        "name = 'day'\ndays = {days}\n[cluster]\noperator_count = 3\ntick_seconds = 3600\nregime = 'deposit'\nreserves = '4000'\n\
         {mode}\n[workload]\nwallets = 300\npayments_per_day = 3000\n"
    );
    let experiment = Experiment::from_text(&text, &[], Some(3)).unwrap();
    let workload = Workload::new(&experiment).unwrap();
    (experiment, workload)
}

pub(crate) async fn in_process(experiment: &Experiment, workload: &Workload) -> Ledgers {
    let engine = InProcess::new(&experiment.cluster).unwrap();
    drive(experiment, workload, engine, |_| ()).await.unwrap().ledgers
}

/// The digest of a run on processes, of which one is killed on the way.
pub(crate) async fn with_a_kill(
    folder: &Path,
    (killed, tick): (Member, u64),
    experiment: &Experiment,
    workload: &Workload,
) -> String {
    let options =
        ClusterOptions::new(PROGRAM.into(), folder.to_owned(), experiment.cluster.clone());
    let restarts = Restarts { enabled: true, notice: Box::new(|_| ()) };
    let engine = Processes::start(options, restarts).await.unwrap();
    let cluster = engine.folder().clone();
    let (sender, mut ticks) = watch::channel(0);
    let kill = async {
        ticks.wait_for(|reached| *reached >= tick).await.unwrap();
        send_signal(cluster.pid(killed).unwrap(), "KILL").await;
        std::future::pending::<()>().await;
    };
    let run = tokio::select! {
        biased;
        () = kill => unreachable!("the killer never ends"),
        ended = drive(experiment, workload, engine, |progress| { sender.send_replace(progress.tick); }) => ended,
    };
    assert_audit(folder);
    Outcome::of_ledgers(&run.unwrap().ledgers).digest()
}

#[tokio::test]
async fn every_mode_gives_one_digest_in_one_process_and_in_many_with_a_kill() {
    let mut digests = Vec::new();
    for (place, mode) in MODES.into_iter().enumerate() {
        let (experiment, workload) = day(mode);
        let expected = Outcome::of_ledgers(&in_process(&experiment, &workload).await).digest();
        let folder = tempfile::tempdir().unwrap();
        let member = ["central-bank", "ICBC", "ABC"][place % 3].parse().unwrap();
        assert_eq!(
            with_a_kill(folder.path(), (member, 11), &experiment, &workload).await,
            expected,
            "{mode}"
        );
        digests.push(expected);
    }
    digests.sort_unstable();
    digests.dedup();
    assert!(digests.len() >= 12, "the modes make no difference: {digests:?}");
}

#[tokio::test]
async fn interest_is_credited_alike_in_one_process_and_in_many_with_a_kill() {
    let text = "name = 'interest'\ndays = 3\n[cluster]\nstart = '2026-09-19'\noperator_count = 3\n\
                tick_seconds = 3600\nregime = 'deposit'\ninterest_rate = 1.5\n[workload]\nwallets = 300\n\
                payments_per_day = 500\n";
    let experiment = Experiment::from_text(text, &[], Some(3)).unwrap();
    let workload = Workload::new(&experiment).unwrap();
    let ledgers = in_process(&experiment, &workload).await;
    // The 21st begins with tick 48.
    let rows = ledgers.operators.iter().flat_map(|ledger| ledger.interest().list().iter());
    assert!(rows.clone().count() > 100);
    assert!(rows.clone().all(|row| row.until == BusinessDate::from_ymd(2026, 9, 21).unwrap()));
    let expected = Outcome::of_ledgers(&ledgers).digest();
    for tick in [47, 48] {
        let folder = tempfile::tempdir().unwrap();
        let killed = ("ICBC".parse().unwrap(), tick);
        assert_eq!(with_a_kill(folder.path(), killed, &experiment, &workload).await, expected);
    }
}

/// The summary of a run of the failure of the largest net debtor under a rule for shortfalls.
async fn failure(rule: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let experiment = Path::new(ROOT).join("experiments/failure-largest-net-debtor.toml");
    let (set, cap) = (format!("cluster.shortfall={rule}"), "cluster.cap=250000");
    let experiment = experiment.to_str().unwrap();
    let arguments =
        ["run", experiment, "--in-process", "--set", &set, "--set", cap, "--out", "out"];
    clearing_in(folder.path(), arguments).await.succeeded();
    serde_json::from_str(&std::fs::read_to_string(folder.path().join("out/summary.json")).unwrap())
        .unwrap()
}

fn sum(summary: &Value, list: &str, key: &str) -> i64 {
    summary[list].as_array().unwrap().iter().map(|entry| entry[key].as_i64().unwrap()).sum()
}

#[tokio::test]
async fn lamfalussy_iii_no_operator_ever_owes_more_than_its_limit() {
    let summary = failure("partial-net").await;
    let peaks: Vec<i64> = summary["operators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|operator| operator["peak_net_debit_fen"].as_i64().unwrap())
        .collect();
    assert!(peaks.iter().all(|peak| *peak <= 25_000_000), "{peaks:?}");
    assert!(peaks.iter().any(|peak| *peak > 10_000_000), "the limit is never near: {peaks:?}");
}

#[tokio::test]
async fn lamfalussy_iv_the_day_settles_without_the_largest_net_debtor_where_others_or_the_central_bank_pay()
 {
    let carried = failure("partial-net").await;
    assert!(sum(&carried, "cycles", "carried_fen") > 0, "nobody is short, so nothing is shown");
    for rule in ["loss-sharing", "central-bank-credit"] {
        let summary = failure(rule).await;
        assert_eq!(sum(&summary, "cycles", "carried_fen"), 0, "{rule}");
        assert_eq!(summary["totals"]["unsettled_fen"], 0, "{rule}");
    }
}
