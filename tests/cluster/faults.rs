//! Faults of experiments: the same outcome in one process and in many, whatever is killed
//! meanwhile.

use std::path::Path;

use clearing_cluster::cluster::{ClusterOptions, Member};
use clearing_domain::money::OperatorNumber;
use clearing_lab::engine::{InProcess, Ledgers, Processes, Progress, Restarts, drive};
use clearing_lab::experiment::Experiment;
use clearing_lab::results::Outcome;
use clearing_lab::workload::Workload;
use tokio::sync::watch;

use crate::support::{PROGRAM, ROOT, assert_audit, clearing_in, member, send_signal};

/// Every kind of fault in a day of 144 ticks of ten minutes: ABC is away, BOC cut off, ICBC slow
/// and poorer, whoever owes most crashes, and CCB fails in the end.
const FAULTS: &str = "
    name = \"faults\"
    [cluster]
    regime = \"deposit\"
    reserves = 100000
    operator_count = 4
    tick_seconds = 600
    [workload]
    wallets = 600
    payments_per_day = 6000
    [[fault]]
    kind = \"outage\"
    operator = \"ABC\"
    at = \"09:00\"
    until = \"12:00\"
    [[fault]]
    kind = \"cut\"
    operator = \"BOC\"
    at = \"11:00\"
    until = \"15:00\"
    [[fault]]
    kind = \"slow\"
    operator = \"ICBC\"
    at = \"10:00\"
    until = \"16:00\"
    delay_ticks = 9
    [[fault]]
    kind = \"liquidity-loss\"
    operator = \"largest-sender\"
    at = \"10:00\"
    share = 0.75
    [[fault]]
    kind = \"crash\"
    operator = \"largest-net-debtor\"
    at = \"11:30\"
    [[fault]]
    kind = \"crash\"
    operator = \"central-bank\"
    at = \"12:00\"
    [[fault]]
    kind = \"failure\"
    operator = \"CCB\"
    at = \"20:00\"
";

fn faulty(sets: &[&str]) -> (Experiment, Workload) {
    let sets: Vec<_> = sets.iter().map(|set| set.parse().unwrap()).collect();
    let experiment = Experiment::from_text(FAULTS, &sets, Some(7)).unwrap();
    let workload = Workload::new(&experiment).unwrap();
    (experiment, workload)
}

async fn in_process(sets: &[&str]) -> Ledgers {
    let (experiment, workload) = faulty(sets);
    let engine = InProcess::new(&experiment.cluster).unwrap();
    drive(&experiment, &workload, engine, |_| ()).await.unwrap().ledgers
}

/// Runs on processes that are started again, and kills some, each once a tick is over.
async fn on_processes(folder: &Path, kills: &[(u64, &str)]) -> Ledgers {
    let (experiment, workload) = faulty(&[]);
    let options =
        ClusterOptions::new(PROGRAM.into(), folder.to_owned(), experiment.cluster.clone());
    let engine = Processes::start(options, Restarts { enabled: true, notice: Box::new(|_| ()) })
        .await
        .unwrap();
    let cluster = engine.folder().clone();
    let (sender, mut ticks) = watch::channel(0);
    let kill = async {
        for (tick, name) in kills {
            ticks.wait_for(|reached| reached >= tick).await.unwrap();
            send_signal(cluster.pid(member(name)).unwrap(), "KILL").await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = kill => unreachable!("the killer never ends"),
        ended = drive(&experiment, &workload, engine, |Progress { tick, .. }| { sender.send_replace(tick); }) => {
            ended.unwrap().ledgers
        }
    }
}

fn digest(ledgers: &Ledgers) -> String {
    Outcome::of_ledgers(ledgers).digest()
}

#[tokio::test]
async fn every_kind_of_fault_has_the_same_outcome_with_processes_killed_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    // ABC is away at 60, BOC cut off at 80, and both are back at 100.
    let kills = [(60, "ABC"), (61, "central-bank"), (80, "BOC"), (100, "ICBC")];
    let (expected, found) = (in_process(&[]).await, on_processes(directory.path(), &kills).await);
    assert_eq!(digest(&found), digest(&expected));
    assert_eq!(found.faults, expected.faults);
    assert_audit(directory.path());
    let [outage, cut, slow, loss, debtor, crash, failure] = &found.faults[..] else {
        panic!("{:?}", found.faults)
    };
    assert!(outage.withheld > 0 && failure.withheld > 0 && slow.delayed > 0 && cut.withheld == 0);
    assert!(
        !loss.lost.is_zero()
            && debtor.hit != Member::CentralBank
            && crash.hit == Member::CentralBank
    );
    assert_eq!(operations(&found), operations(&expected));
}

/// What the central bank did beside clearing, with its business time.
fn operations(ledgers: &Ledgers) -> Vec<(Option<u16>, i64, i64)> {
    let operations = ledgers.central_bank.operations().iter();
    operations
        .map(|operation| {
            (
                operation.operator.map(OperatorNumber::get),
                operation.action.sum().fen(),
                operation.at.ms(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_crash_leaves_the_outcome_as_it_was_and_an_outage_does_not() {
    let completed = async |faults: &str| {
        let ledgers = in_process(&[&format!("fault=[{faults}]")]).await;
        let payments = ledgers.operators.iter().flat_map(|operator| operator.payments());
        (payments.filter(|payment| payment.reason.is_none()).count(), digest(&ledgers))
    };
    let without = completed("").await;
    assert_eq!(completed("{kind='crash', operator='ABC', at='10:00'}").await, without);
    let (with_outage, digest) = completed("{kind='outage', operator='ABC', at='10:00'}").await;
    assert!(with_outage < without.0 && digest != without.1, "{with_outage}");
}

#[tokio::test]
async fn a_run_tells_of_its_faults_and_kills_even_where_deaths_end_it() {
    let directory = tempfile::tempdir().unwrap();
    let golden = std::fs::read_to_string(format!("{ROOT}/experiments/golden-net.toml")).unwrap();
    let path = directory.path().join("faulty.toml");
    let crash = "[[fault]]\nkind = \"crash\"\noperator = \"A\"\nat = \"09:02\"\n";
    let cut = "[[fault]]\nkind = \"cut\"\noperator = \"D\"\nat = \"1 09:04\"\n";
    std::fs::write(&path, format!("{golden}\n{crash}{cut}")).unwrap();
    let run =
        clearing_in(directory.path(), ["run", "faulty.toml", "--no-restart", "--out", "many"])
            .await;
    run.succeeded();
    assert!(run.stderr.contains("killing A, as the experiment says"), "{}", run.stderr);
    let line =
        |start: &str| run.stdout.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    assert!(line("cut  ").contains("D         2022-08-24 09:04"), "{}", run.stdout);
    assert!(line("OPERATOR_INACTIVE").ends_with(" 2"), "{}", run.stdout);
    clearing_in(directory.path(), ["run", "faulty.toml", "--in-process", "--out", "one"])
        .await
        .succeeded();
    let digest = |folder: &str| {
        std::fs::read_to_string(directory.path().join(folder).join("digest")).unwrap()
    };
    assert_eq!(digest("many"), digest("one"));
    clearing_in(directory.path(), ["audit", "--data-dir", "many/cluster"]).await.succeeded();
    std::fs::write(&path, format!("{golden}\n{}", cut.replace("kind", "kin"))).unwrap();
    let refused =
        clearing_in(directory.path(), ["run", "faulty.toml", "--in-process", "--out", "two"]).await;
    refused.failed(2, "unknown key fault[].kin; did you mean fault[].kind?");
}

#[tokio::test]
async fn a_replay_with_an_outage_has_the_same_digest_in_one_process_and_in_many() {
    let directory = tempfile::tempdir().unwrap();
    let row = |number: u32| {
        let (from, to) = if number.is_multiple_of(2) { ("A", "B") } else { ("B", "A") };
        format!(
            "{number},2022-08-{},{:02}:00,{number},{from},{to}\n",
            24 + number / 24,
            number % 24
        )
    };
    let rows: String = (1..48).map(row).collect();
    std::fs::write(
        directory.path().join("rows.csv"),
        format!("ID,date,time,value,from,to\n{rows}"),
    )
    .unwrap();
    let outage =
        "[[fault]]\nkind = \"outage\"\noperator = \"B\"\nat = \"2 08:00\"\nuntil = \"2 12:30\"\n";
    std::fs::write(
        directory.path().join("faulty.toml"),
        format!("[cluster]\ntick_seconds = 600\n{outage}"),
    )
    .unwrap();
    let replay = async |out: &str, more: &[&str]| {
        let arguments = [&["replay", "rows.csv", "--out", out], more].concat();
        clearing_in(directory.path(), arguments).await
    };
    let one = replay("one", &["--config", "faulty.toml", "--in-process"]).await;
    one.succeeded();
    // Of the payments at 08:00 to 12:00 of the second day those of 09:00 and 11:00 are of B; the
    // others are to it.
    let told = one.stdout.lines().find(|line| line.starts_with("outage ")).unwrap();
    let expected =
        ["outage", "B", "2022-08-25", "08:00", "2022-08-25", "12:30", "2", "0", "0.00", "0.00"];
    assert_eq!(told.split_whitespace().collect::<Vec<_>>(), expected);
    replay("many", &["--config", "faulty.toml"]).await.succeeded();
    replay("without", &["--in-process"]).await.succeeded();
    let digest = |folder: &str| {
        std::fs::read_to_string(directory.path().join(folder).join("digest")).unwrap()
    };
    assert_eq!(digest("many"), digest("one"));
    assert_ne!(digest("without"), digest("one"));
    clearing_in(directory.path(), ["audit", "--data-dir", "many/cluster"]).await.succeeded();
    let path = directory.path().join("faulty.toml");
    std::fs::write(path, outage.replace("2 08:00", "3 08:00").replace("2 12:30", "3 12:30"))
        .unwrap();
    let sentence = "fault.1.at: \"3 08:00\" is outside the days of the run, 1 to 2";
    replay("late", &["--config", "faulty.toml", "--in-process"]).await.failed(2, sentence);
}

#[tokio::test]
async fn the_shipped_experiments_run_and_have_faults() {
    let directory = tempfile::tempdir().unwrap();
    for (name, fault) in [
        ("outage-largest-operator", "outage "),
        ("failure-largest-net-debtor", "failure "),
        ("clearing-window", "funding "),
    ] {
        let path = format!("{ROOT}/experiments/{name}.toml");
        let run =
            clearing_in(directory.path(), ["run", &path, "--in-process", "--out", name]).await;
        run.succeeded();
        assert!(run.stdout.lines().any(|line| line.starts_with(fault)), "{}", run.stdout);
    }
}

/// The cycle of the shipped clearing window that closes at noon: its state and the minute of the
/// day.
async fn noon_cycle(directory: &Path, sets: &[&str]) -> (String, i64) {
    let path = format!("{ROOT}/experiments/clearing-window.toml");
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments =
        ["run", &path, "--in-process", "--force", "--csv", "--out", "out"].into_iter().chain(sets);
    clearing_in(directory, arguments).await.succeeded();
    let cycles = std::fs::read_to_string(directory.join("out/cycles.csv")).unwrap();
    let rows: Vec<Vec<&str>> = cycles.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|known| *known == name).unwrap();
    let (state, closed_at) = (rows[2][column("state")], rows[2][column("closed_at")]);
    let (hour, minute) = closed_at.split_once('T').unwrap().1.split_once(':').unwrap();
    let minute = hour.parse::<i64>().unwrap() * 60 + minute[..2].parse::<i64>().unwrap();
    (state.to_owned(), minute + 8 * 60)
}

#[tokio::test]
async fn money_in_the_clearing_window_settles_the_morning_and_without_it_the_rule_decides() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(noon_cycle(directory.path(), &[]).await, ("SETTLED".to_owned(), 12 * 60 + 20));
    let late = noon_cycle(directory.path(), &["fault.2.at=1 12:40"]).await;
    assert_eq!(late, ("UNWOUND".to_owned(), 12 * 60 + 30));
    assert_eq!(noon_cycle(directory.path(), &["fault=[]"]).await, ("SETTLED".to_owned(), 12 * 60));
    assert_eq!(noon_cycle(directory.path(), &[]).await.0, "SETTLED");
    let path = format!("{ROOT}/experiments/clearing-window.toml");
    clearing_in(directory.path(), ["run", &path, "--out", "processes"]).await.succeeded();
    let digest = |folder: &str| {
        std::fs::read_to_string(directory.path().join(folder).join("digest")).unwrap()
    };
    assert_eq!(digest("processes"), digest("out"));
    clearing_in(directory.path(), ["audit", "--data-dir", "processes/cluster"]).await.succeeded();
}

#[tokio::test]
async fn the_shipped_change_of_modes_settles_each_day_in_its_own_way() {
    let directory = tempfile::tempdir().unwrap();
    let path = format!("{ROOT}/experiments/mode-change.toml");
    clearing_in(directory.path(), ["run", &path, "--in-process", "--out", "out"]).await.succeeded();
    let summary = std::fs::read_to_string(directory.path().join("out/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let algorithm = "deferred-net/partial-net, hybrid/bilateral_offset from 2022-08-25, deferred-net/unwind from 2022-08-26";
    assert_eq!(summary["algorithm"], algorithm);
    assert_eq!(
        summary["cycles"].as_array().unwrap().len(),
        8,
        "the day from a queue has no cycles"
    );
}
