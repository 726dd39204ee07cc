//! Treasurers of experiments: the same decisions give the same outcome, whoever makes them, in one
//! process and in many, whatever is killed meanwhile.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use clearing_api::v1;
use clearing_api::v1::treasury_service_client::TreasuryServiceClient;
use clearing_cluster::cluster::ClusterOptions;
use clearing_domain::money::{Amount, Position};
use clearing_lab::engine::{
    Engine, InProcess, Ledgers, Processes, Progress, Restarts, drive, drive_with,
};
use clearing_lab::experiment::Experiment;
use clearing_lab::results::Outcome;
use clearing_lab::treasury;
use clearing_lab::workload::Workload;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::watch;

use crate::interop::installed;
use crate::support::{PROGRAM, ROOT, assert_audit, clearing_in, member, send_signal};

/// Ten operators on a day of 144 ticks of ten minutes, with so little that payments wait.
const TIGHT: &str = "
    name = \"tight\"
    seed = 7
    [cluster]
    regime = \"deposit\"
    settlement = \"gross-queue\"
    reserves = 2000
    tick_seconds = 600
    [workload]
    wallets = 600
    payments_per_day = 3000
";

/// The target of the rule of the tests, in yuan.
const TARGET: &str = "1500";

/// ABC and CCB decide by a rule.
fn with_rules(policy: &str) -> String {
    let rule = |code| format!("[[treasury]]\noperator = \"{code}\"\n{policy}\n");
    format!("{TIGHT}{}{}", rule("ABC"), rule("CCB"))
}

fn built_in() -> String {
    with_rules(&format!("policy = \"inflow\"\ntarget = {TARGET}"))
}

fn outside() -> String {
    with_rules("policy = \"outside\"")
}

fn read(text: &str) -> (Experiment, Workload) {
    let experiment = Experiment::from_text(text, &[], None).unwrap();
    let workload = Workload::new(&experiment).unwrap();
    (experiment, workload)
}

fn digest(ledgers: &Ledgers) -> String {
    Outcome::of_ledgers(ledgers).digest()
}

async fn in_process(text: &str) -> Ledgers {
    let (experiment, workload) = read(text);
    let engine = InProcess::new(&experiment.cluster).unwrap();
    drive(&experiment, &workload, engine, |_| ()).await.unwrap().ledgers
}

fn sum(text: &str) -> Position {
    let amount = |text: &str| text.parse::<Amount>().unwrap().position();
    text.strip_prefix('-').map_or_else(|| amount(text), |rest| -amount(rest))
}

/// The rule `inflow`, written again for the interface.
fn decide(seen: &v1::TreasuryObservation) -> v1::TreasuryDecision {
    let mut left = sum(&seen.balance) - sum(TARGET);
    let mut levels = Vec::new();
    for payment in seen.queue.iter().chain(&seen.coming) {
        let amount = sum(&payment.amount);
        let goes = amount <= left;
        if goes {
            left -= amount;
        }
        let level = if goes { payment.own_level } else { v1::Priority::Held.into() };
        if level != payment.level {
            let payment_id = payment.payment_id.clone();
            levels.push(v1::PaymentLevel { payment_id, level });
        }
    }
    let operator_code = seen.operator_code.clone();
    v1::TreasuryDecision { operator_code, levels, ..v1::TreasuryDecision::default() }
}

/// The same, and at the open limits what ICBC is paid and brings money in or takes it out.
fn decide_all(seen: &v1::TreasuryObservation) -> v1::TreasuryDecision {
    let mut decision = decide(seen);
    if seen.tick_of_day == 1 {
        let limit = v1::TreasuryLimit {
            payee_operator_code: "ICBC".to_owned(),
            limit: Some(format!("{}.00", 700 + 100 * seen.day)),
        };
        decision.limits = vec![limit];
        decision.fund = if seen.operator_code == "ABC" { "333.33" } else { "-111.11" }.to_owned();
    }
    decision
}

/// Who decides as what.
type Decide = fn(&v1::TreasuryObservation) -> v1::TreasuryDecision;

/// A program outside that decides for operators until the run is over; how many ticks it saw.
async fn treasurer(address: SocketAddr, codes: &[&str], decide: Decide) -> usize {
    let channel = tonic::transport::Endpoint::try_from(format!("http://{address}")).unwrap();
    let mut client = TreasuryServiceClient::new(channel.connect_lazy());
    let named = |code: &&str| v1::TreasuryDecision {
        operator_code: (*code).to_owned(),
        ..v1::TreasuryDecision::default()
    };
    let mut request = v1::DecideRequest { tick: 0, decisions: codes.iter().map(named).collect() };
    let mut ticks = 0;
    loop {
        let shown = client.decide(request).await.unwrap().into_inner();
        if shown.finished {
            return ticks;
        }
        ticks += 1;
        let decisions = shown.observations.iter().map(decide).collect();
        request = v1::DecideRequest { tick: shown.tick, decisions };
    }
}

#[tokio::test]
async fn a_program_outside_gives_the_outcome_of_the_built_in_rule() {
    let expected = in_process(&built_in()).await;
    let mut decided = expected.treasuries.iter().filter(|record| record.is_of_a_treasurer());
    assert!(decided.all(|record| record.held > 0), "{:?}", expected.treasuries);
    assert_ne!(digest(&expected), digest(&in_process(TIGHT).await), "the rule changes nothing");
    let (experiment, workload) = read(&outside());
    let engine = InProcess::new(&experiment.cluster).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let served = treasury::serve(&experiment, listen, Duration::from_secs(60)).await;
    let (desk, server) = served.unwrap();
    let run = async {
        let run = drive_with(&experiment, &workload, engine, Some(desk), |_| ()).await.unwrap();
        run.ledgers
    };
    // One program for each operator: the run waits for both.
    let (found, abc, ccb) = tokio::join!(
        run,
        treasurer(server.address, &["ABC"], decide),
        treasurer(server.address, &["CCB"], decide)
    );
    server.finish().await.unwrap();
    assert_eq!((digest(&found), abc, ccb), (digest(&expected), 144, 144));
    let held =
        |ledgers: &Ledgers| ledgers.treasuries.iter().map(|one| one.held).collect::<Vec<_>>();
    assert_eq!(held(&found), held(&expected));
}

/// Runs an experiment with a treasurer outside on an engine.
async fn with_treasurer<E: Engine>(
    text: &str,
    decide: Decide,
    engine: E,
    show: impl FnMut(Progress),
) -> Ledgers {
    let (experiment, workload) = read(text);
    let listen = "127.0.0.1:0".parse().unwrap();
    let served = treasury::serve(&experiment, listen, Duration::from_secs(60)).await;
    let (desk, server) = served.unwrap();
    let driven = drive_with(&experiment, &workload, engine, Some(desk), show);
    let (run, ticks) = tokio::join!(driven, treasurer(server.address, &["CCB", "ABC"], decide));
    assert_eq!(ticks, 144 * usize::try_from(experiment.days).unwrap());
    server.finish().await.unwrap();
    run.unwrap().ledgers
}

/// The same on eleven processes, of which some are killed, each once a tick is over.
async fn on_processes(folder: &Path, text: &str, decide: Decide, kills: &[(u64, &str)]) -> Ledgers {
    let cluster = read(text).0.cluster;
    let options = ClusterOptions::new(PROGRAM.into(), folder.to_owned(), cluster);
    let restarts = Restarts { enabled: true, notice: Box::new(|_| ()) };
    let engine = Processes::start(options, restarts).await.unwrap();
    let cluster = engine.folder().clone();
    let (sender, mut ticks) = watch::channel(0);
    let kill = async {
        for (tick, name) in kills {
            ticks.wait_for(|reached| reached >= tick).await.unwrap();
            send_signal(cluster.pid(member(name)).unwrap(), "KILL").await;
        }
        std::future::pending::<()>().await;
    };
    let show = |progress: Progress| {
        sender.send_replace(progress.tick);
    };
    tokio::select! {
        biased;
        () = kill => unreachable!("the killer never ends"),
        ledgers = with_treasurer(text, decide, engine, show) => ledgers,
    }
}

#[tokio::test]
async fn processes_that_are_killed_give_the_same_outcome_with_a_treasurer_outside() {
    let directory = tempfile::tempdir().unwrap();
    let kills = [(50, "central-bank"), (70, "ABC"), (90, "central-bank"), (91, "CCB")];
    let found = on_processes(directory.path(), &outside(), decide, &kills).await;
    let expected = in_process(&built_in()).await;
    assert_eq!(digest(&found), digest(&expected));
    assert_audit(directory.path());
}

/// What every rule and a program outside read and move, over two days.
fn all_rules() -> String {
    let rules = [
        ("ICBC", "policy = \"opening\"\nshare = 0.3\nof = \"outflow\""),
        ("ICBC", "policy = \"silence\"\nticks = 3\nuntil = \"20:00\""),
        ("BOC", "policy = \"opening\"\nshare = 0.2\nof = \"bounds\""),
        (
            "BOC",
            "policy = \"schedule\"\nthroughput = { \"09:00\" = 20, \"15:00\" = 80, \"20:00\" = 100 }",
        ),
        ("BOCOM", "policy = \"limits\"\nshare = 0.4"),
    ];
    let rule = |(code, policy)| format!("[[treasury]]\noperator = \"{code}\"\n{policy}\n");
    format!("days = 2\n{}{}", outside(), rules.map(rule).concat())
}

#[tokio::test]
async fn every_rule_reads_and_moves_the_same_on_processes_that_are_killed() {
    let (directory, text) = (tempfile::tempdir().unwrap(), all_rules());
    let engine = InProcess::new(&read(&text).0.cluster).unwrap();
    let expected = with_treasurer(&text, decide_all, engine, |_| ()).await;
    let kills = [(1, "central-bank"), (80, "ABC"), (144, "central-bank"), (145, "BOC")];
    let found = on_processes(directory.path(), &text, decide_all, &kills).await;
    assert_eq!(found.treasuries, expected.treasuries);
    assert_eq!(digest(&found), digest(&expected));
    assert_audit(directory.path());
    // Each of the rules did something: without any of them the outcome is another.
    for policy in ["opening", "silence", "schedule", "limits"] {
        let without: Vec<_> =
            text.split("[[treasury]]").filter(|rule| !rule.contains(policy)).collect();
        let without = without.join("[[treasury]]");
        let engine = InProcess::new(&read(&without).0.cluster).unwrap();
        let ledgers = with_treasurer(&without, decide_all, engine, |_| ()).await;
        assert_ne!(digest(&ledgers), digest(&expected), "{policy} changes nothing");
    }
}

/// Runs an experiment with the Python treasurer and gives the digest it wrote.
async fn with_python(folder: &Path, name: &str, more: &[&str]) -> String {
    let file = folder.join("outside.toml");
    std::fs::write(&file, outside()).unwrap();
    let mut run = Command::new(PROGRAM)
        .args(["run", file.to_str().unwrap(), "--out", name, "--treasury", "127.0.0.1:0"])
        .args(more)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let ready = lines.next_line().await.unwrap().unwrap();
    let address = ready.strip_prefix("ready address=").unwrap().to_owned();
    let written = std::fs::read_to_string(folder.join(name).join("treasury")).unwrap();
    assert_eq!(written.trim(), address);
    let python = Command::new(installed("python/bin/python"))
        .arg(format!("{ROOT}/scripts/treasurer.py"))
        .args([&address, TARGET, "ABC", "CCB"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .await
        .unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    while lines.next_line().await.unwrap().is_some() {}
    assert!(run.wait().await.unwrap().success());
    std::fs::read_to_string(folder.join(name).join("digest")).unwrap().trim().to_owned()
}

#[tokio::test]
async fn thirty_lines_of_python_give_the_digest_of_the_built_in_rule_in_process_and_on_processes() {
    let text = std::fs::read_to_string(format!("{ROOT}/scripts/treasurer.py")).unwrap();
    assert!(text.lines().filter(|line| !line.is_empty()).count() <= 30);
    let directory = tempfile::tempdir().unwrap();
    let expected = digest(&in_process(&built_in()).await);
    let in_process = with_python(directory.path(), "in-process", &["--in-process"]).await;
    assert_eq!(in_process, expected);
    assert_eq!(with_python(directory.path(), "processes", &[]).await, expected);
    assert_audit(&directory.path().join("processes").join("cluster"));
}

#[tokio::test]
async fn a_treasurer_that_does_not_come_ends_the_run_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("outside.toml"), outside()).unwrap();
    std::fs::write(directory.path().join("nobody.toml"), TIGHT).unwrap();
    let run = async |arguments: &[&str]| {
        let all = [&["run", "outside.toml", "--in-process", "--out", "x"][..], arguments].concat();
        clearing_in(directory.path(), all).await
    };
    let late = run(&["--treasury", "127.0.0.1:0", "--treasury-timeout", "1"]).await;
    late.failed(3, "the treasurer of ABC has not decided on tick 1 within 1 seconds");
    let unserved = run(&["--force"]).await;
    unserved.failed(2, "treasury: a policy is \"outside\", but the run is not served");
    let nobody = ["run", "nobody.toml", "--in-process", "--treasury", "127.0.0.1:0", "--out", "y"];
    let nobody = clearing_in(directory.path(), nobody).await;
    nobody.failed(2, "--treasury: no rule of the experiment has policy = \"outside\"");
}
