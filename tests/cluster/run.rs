//! Experiments: the same outcome in one process, in many, and when processes are killed on the way.

use clearing_node::ProgramError as _;
use std::path::Path;

use clearing_cluster::audit::audit;
use clearing_cluster::cluster::{ClusterOptions, Member};
use clearing_lab::engine::{EngineError, InProcess, Ledgers, Processes, Progress, Restarts, drive};
use clearing_lab::experiment::Experiment;
use clearing_lab::results::Outcome;
use clearing_lab::workload::Workload;
use tokio::sync::watch;

use crate::support::{PROGRAM, ROOT, clearing_in, member, send_signal};

/// A day of 144 ticks with payments in nearly every one.
const SMALL: &str = "
    name = \"small\"
    [cluster]
    operator_count = 3
    tick_seconds = 600
    [workload]
    wallets = 600
    payments_per_day = 6000
";

fn small() -> (Experiment, Workload) {
    let experiment = Experiment::from_text(SMALL, &[], Some(7)).unwrap();
    let workload = Workload::new(&experiment).unwrap();
    (experiment, workload)
}

async fn digest_in_process(experiment: &Experiment, workload: &Workload) -> String {
    let engine = InProcess::new(&experiment.cluster).unwrap();
    let run = drive(experiment, workload, engine, |_| ()).await.unwrap();
    Outcome::of_ledgers(&run.ledgers).digest()
}

/// Runs on processes and kills members, each once a tick is over and the next one is under way.
async fn run_and_kill(
    folder: &Path,
    restart: bool,
    kills: &[(u64, Member)],
) -> Result<Ledgers, EngineError> {
    let (experiment, workload) = small();
    let options =
        ClusterOptions::new(PROGRAM.into(), folder.to_owned(), experiment.cluster.clone());
    let restarts = Restarts { enabled: restart, notice: Box::new(|_| ()) };
    let engine = Processes::start(options, restarts).await?;
    let cluster = engine.folder().clone();
    let (sender, mut ticks) = watch::channel(0);
    let kill = async {
        for (tick, member) in kills {
            ticks.wait_for(|reached| reached >= tick).await.unwrap();
            send_signal(cluster.pid(*member).unwrap(), "KILL").await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = kill => unreachable!("the killer never ends"),
        ended = drive(&experiment, &workload, engine, |Progress { tick, .. }| { sender.send_replace(tick); }) => ended.map(|run| run.ledgers),
    }
}

#[tokio::test]
async fn killing_every_process_in_turn_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let kills = [
        (30, "ICBC"),
        (50, "central-bank"),
        (70, "ABC"),
        (71, "central-bank"),
        (100, "BOC"),
        (101, "ICBC"),
    ];
    let kills = kills.map(|(tick, name)| (tick, member(name)));
    let ledgers = run_and_kill(directory.path(), true, &kills).await.unwrap();
    let (experiment, workload) = small();
    assert_eq!(
        Outcome::of_ledgers(&ledgers).digest(),
        digest_in_process(&experiment, &workload).await
    );
    let broken: Vec<_> =
        audit(directory.path()).unwrap().into_iter().filter(|line| !line.ok).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[tokio::test]
async fn without_restarts_a_death_ends_the_run_with_the_name_of_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let error = run_and_kill(directory.path(), false, &[(20, member("ABC"))]).await.unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(
        error.to_string().starts_with("ABC ended (signal: 9 (SIGKILL)); its log is "),
        "{error}"
    );
}

#[tokio::test]
async fn the_golden_net_runs_on_processes_and_in_one_with_the_same_digest() {
    let directory = tempfile::tempdir().unwrap();
    let experiment = format!("{ROOT}/experiments/golden-net.toml");
    let digest = |folder: &str| {
        std::fs::read_to_string(directory.path().join(folder).join("digest")).unwrap()
    };
    let run = clearing_in(directory.path(), ["run", &experiment, "--out", "processes"]).await;
    run.succeeded();
    for (operator, balance) in
        [("A", "920.00"), ("B", "1,075.00"), ("C", "1,010.00"), ("D", "995.00")]
    {
        let line =
            run.stdout.lines().find(|line| line.starts_with(&format!("{operator} "))).unwrap();
        assert!(line.ends_with(balance), "{line}");
    }
    clearing_in(directory.path(), ["run", &experiment, "--out", "one", "--in-process"])
        .await
        .succeeded();
    assert_eq!(digest("processes"), digest("one"));
    clearing_in(directory.path(), ["audit", "--data-dir", "processes/cluster"]).await.succeeded();
    let again = clearing_in(directory.path(), ["digest", "processes"]).await;
    again.succeeded();
    assert_eq!(again.stdout, digest("one"));
    clearing_in(directory.path(), ["run", &experiment, "--out", "one"])
        .await
        .failed(2, "one is not empty");
}

#[tokio::test]
async fn a_bad_row_stops_a_replay_before_it_starts_unless_it_is_skipped() {
    let directory = tempfile::tempdir().unwrap();
    let rows = "ID,date,time,value,from,to\n1,2022-08-24,09:30,5,A,B\n2,2022-08-24,09:30,-1,A,B\n";
    std::fs::write(directory.path().join("rows.csv"), rows).unwrap();
    let replay = async |more: &[&str]| {
        clearing_in(
            directory.path(),
            [&["replay", "rows.csv", "--out", "out", "--in-process"], more].concat(),
        )
        .await
    };
    replay(&[]).await.failed(2, "rows.csv, line 3: value: amount -1 is not positive");
    assert!(!directory.path().join("out").exists());
    replay(&["--skip-bad-rows"]).await.succeeded();
    let rejected = std::fs::read_to_string(directory.path().join("out/rejected.csv")).unwrap();
    assert!(rejected.contains("3,value: amount -1 is not positive,"), "{rejected}");
}
