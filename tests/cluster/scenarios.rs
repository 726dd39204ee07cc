//! The scenarios of the article on real processes.

use std::path::Path;

use clearing_cluster::audit::audit;
use clearing_cluster::cluster::{ClusterOptions, Member};
use clearing_lab::engine::{InProcess, Processes, Progress, Restarts, drive};
use clearing_lab::experiment::{Experiment, Override};
use clearing_lab::results::Outcome;
use clearing_lab::scenarios::SHIPPED;
use clearing_lab::workload::Workload;
use serde_json::Value;
use tokio::sync::watch;

use crate::support::{PROGRAM, clearing_in, member, send_signal};

/// Runs a scenario on real processes by the program, small enough for a test.
async fn run(number: &str, sets: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments = ["scenarios", "--run", "--json", number].into_iter().chain(sets);
    let output = clearing_in(directory.path(), arguments).await;
    output.succeeded();
    let ran: Value = serde_json::from_str(&output.stdout).unwrap();
    let ran = &ran[0];
    assert_eq!((&ran["scenario"], &ran["ok"]), (&number.into(), &true.into()), "{ran:#}");
    assert!(ran["payments"].as_u64().unwrap() > 0 && ran["moved_fen"].as_i64().unwrap() > 0);
    let told = ran["told"].as_str().unwrap();
    assert!(!told.is_empty() && !told.contains('{'), "{told}");
    let folder =
        directory.path().join("clearing-data/scenarios").join(ran["name"].as_str().unwrap());
    let report = std::fs::read_to_string(folder.join("report.html")).unwrap();
    let title = ran["title"].as_str().unwrap();
    assert!(report.contains(&format!("<h2>Scenario {number}: {title}</h2>")));
    assert!(!report.contains("FAILED"));
}

/// One test for each scenario: they run beside each other.
macro_rules! scenarios {
    ($($name:ident: $number:literal $(, $set:literal)*;)+) => {
        $(#[tokio::test]
        async fn $name() {
            run($number, &[$($set),*]).await;
        })+

        #[test]
        fn every_scenario_is_run() {
            let run = [$($number),+];
            for (name, _) in SHIPPED {
                let number = name[..3].to_uppercase();
                assert!(run.contains(&number.as_str()), "{name} is not run");
            }
        }
    };
}

scenarios! {
    provident_fund_contributions: "S01", "scale=40";
    car_insurance: "S02", "scale=5";
    wealth_product: "S03", "scale=4";
    tax: "S04", "scale=4";
    primary_school: "S05", "scale=20";
    voucher_round: "S06", "scale=200";
    thirty_days: "S07", "scale=100";
    luohu_red_packets: "S08", "scale=5000";
    campaigns_at_once: "S09", "scale=50";
    training_schools: "S10", "scale=20";
    metro: "S11";
    student_card: "S12";
    provident_fund_loan: "S13";
    customs_duty: "S14", "scale=2";
    everyday_load: "S15", "workload.payments_per_day=2000", "cluster.tick_seconds=1800";
    instalment_loans: "S16", "scale=20";
    payroll: "S17", "scale=8";
    futian_vouchers: "S18", "scale=2000";
    one_bank: "S19", "scale=400";
    red_packet_helper: "S20", "scale=5";
    offline: "S21";
    front_end: "S22", "cluster.tick_seconds=3600";
}

#[tokio::test]
async fn a_claim_that_does_not_hold_ends_the_run_with_both_values() {
    let directory = tempfile::tempdir().unwrap();
    let text = SHIPPED.iter().find(|(name, _)| name.starts_with("s14")).unwrap().1;
    std::fs::write(directory.path().join("s14.toml"), text).unwrap();
    let wrong = "assert.1.equals=119";
    let arguments = ["run", "s14.toml", "--in-process", "--set", wrong, "--out", "out"];
    let output = clearing_in(directory.path(), arguments).await;
    let claim = "1 of 5 assertions failed: every duty is paid by one of the two, and by one only: completed is 120, not 119";
    output.failed(1, claim);
    assert!(output.stdout.contains("135 declarations of"), "{}", output.stdout);
    let report = std::fs::read_to_string(directory.path().join("out/report.html")).unwrap();
    assert!(report.contains("equals 119") && report.contains("FAILED"));
}

#[tokio::test]
async fn the_scenarios_are_listed_and_those_that_fail_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let output = clearing_in(directory.path(), ["scenarios"]).await;
    output.succeeded();
    assert!(output.stdout.starts_with("S01  Provident fund contributions\n     Guangzhou, "));
    let arguments = ["scenarios", "S14", "--run", "--in-process", "--set", "assert.1.equals=7"];
    let output = clearing_in(directory.path(), arguments).await;
    output.failed(1, "1 of 1 scenarios failed");
    assert!(output.stdout.contains("\nFAILED  S14  Customs duty "), "{}", output.stdout);
    assert!(output.stdout.contains("not 7\n"), "{}", output.stdout);
    clearing_in(directory.path(), ["scenarios", "S77"]).await.failed(2, "\"S77\" is none of S01");
}

/// Runs an experiment on processes and kills members, each once a tick is over.
async fn digest_with_kills(
    experiment: &Experiment,
    folder: &Path,
    kills: &[(u64, Member)],
) -> String {
    let workload = Workload::new(experiment).unwrap();
    let options =
        ClusterOptions::new(PROGRAM.into(), folder.to_owned(), experiment.cluster.clone());
    let restarts = Restarts { enabled: true, notice: Box::new(|_| ()) };
    let engine = Processes::start(options, restarts).await.unwrap();
    let cluster = engine.folder().clone();
    let (sender, mut ticks) = watch::channel(0);
    let kill = async {
        for (tick, member) in kills {
            ticks.wait_for(|reached| reached >= tick).await.unwrap();
            send_signal(cluster.pid(*member).unwrap(), "KILL").await;
        }
        std::future::pending::<()>().await;
    };
    let show = |Progress { tick, .. }| {
        sender.send_replace(tick);
    };
    let run = tokio::select! {
        biased;
        () = kill => unreachable!("the killer never ends"),
        run = drive(experiment, &workload, engine, show) => run.unwrap(),
    };
    assert!(audit(folder).unwrap().iter().all(|line| line.ok));
    Outcome::of_ledgers(&run.ledgers).digest()
}

/// A scenario gives one digest in this process and on processes with members killed around its
/// actions.
async fn check_kills(number: &str, sets: &[&str], kills: &[(u64, &str)]) {
    let text = SHIPPED.iter().find(|(name, _)| name.starts_with(number)).unwrap().1;
    check_kills_in(text, sets, kills).await;
}

/// The same of the text of an experiment.
async fn check_kills_in(text: &str, sets: &[&str], kills: &[(u64, &str)]) {
    let sets: Vec<Override> = sets.iter().map(|set| set.parse().unwrap()).collect();
    check_kills_of(&Experiment::from_text(text, &sets, None).unwrap(), kills).await;
}

/// The same of an experiment.
pub(crate) async fn check_kills_of(experiment: &Experiment, kills: &[(u64, &str)]) {
    let workload = Workload::new(experiment).unwrap();
    let engine = InProcess::new(&experiment.cluster).unwrap();
    let run = drive(experiment, &workload, engine, |_| ()).await.unwrap();
    let digest = Outcome::of_ledgers(&run.ledgers).digest();
    let directory = tempfile::tempdir().unwrap();
    let kills: Vec<_> = kills.iter().map(|(tick, name)| (*tick, member(name))).collect();
    assert_eq!(digest_with_kills(experiment, directory.path(), &kills).await, digest);
}

#[tokio::test]
async fn refunds_have_one_digest_with_processes_killed_around_them() {
    // Bills are published after tick 43, and premiums are given back after tick 109.
    let kills = [(42, "ABC"), (48, "central-bank"), (102, "ABC"), (108, "central-bank")];
    check_kills("s02", &["scale=10", "cluster.tick_seconds=600"], &kills).await;
}

#[tokio::test]
async fn vouchers_of_cards_have_one_digest_with_processes_killed_around_their_uploads() {
    // Cards are issued after tick 43 and vouchers uploaded after ticks 55 and 121.
    let kills = [
        (42, "ICBC"),
        (54, "ABC"),
        (55, "ICBC"),
        (56, "central-bank"),
        (120, "ICBC"),
        (121, "ABC"),
        (122, "ICBC"),
    ];
    check_kills("s21", &["scale=4"], &kills).await;
}

#[tokio::test]
async fn a_sweep_has_one_digest_with_processes_killed_around_it() {
    // Customs are swept after tick 106.
    let kills = [(60, "BOC"), (96, "BOC"), (106, "central-bank"), (107, "BOC")];
    check_kills("s14", &["scale=4", "cluster.tick_seconds=600"], &kills).await;
}

#[tokio::test]
async fn contracts_have_one_digest_with_payers_merchants_and_the_relay_killed() {
    // Contracts are made after tick 19, lessons asked for after ticks 87 and 135, the school is
    // suspended after tick 165, and what is left goes back after ticks 211 and 473; a day ends with
    // each 48th tick.
    let kills = [
        (19, "ICBC"),
        (48, "CCB"),
        (87, "ICBC"),
        (135, "central-bank"),
        (144, "ABC"),
        (165, "CCB"),
        (192, "ICBC"),
        (473, "central-bank"),
    ];
    check_kills("s10", &["scale=40"], &kills).await;
}

#[tokio::test]
async fn vouchers_of_two_operators_have_one_digest_with_all_three_killed() {
    // Claims are made after tick 199 and vouchers redeemed in ticks 499 to 558.
    let kills = [
        (46, "CCB"),
        (187, "central-bank"),
        (198, "CCB"),
        (505, "ICBC"),
        (515, "CCB"),
        (525, "central-bank"),
        (535, "ABC"),
    ];
    check_kills("s06", &["scale=200"], &kills).await;
}

#[tokio::test]
async fn habits_have_one_digest_with_processes_killed_while_they_form() {
    // Packets are claimed after tick 34; a day ends with each 24th tick.
    let kills = [
        (33, "CCB"),
        (34, "ICBC"),
        (35, "central-bank"),
        (72, "ABC"),
        (120, "central-bank"),
        (168, "ICBC"),
    ];
    let text = include_str!("../../experiments/campaign-habit.toml");
    let sets = [
        "scale=20",
        "days=9",
        "series.1.days=[1, 2, 3, 4, 5, 7, 8, 9]",
        "series.1.sticky=0.8",
        "cluster.tick_seconds=3600",
    ];
    check_kills_in(text, &sets, &kills).await;
}

#[tokio::test]
async fn a_share_of_vouchers_has_one_digest_with_sponsor_and_queue_killed() {
    // Vouchers are claimed after tick 13 and redeemed from tick 33 on; a day ends with tick 24.
    let kills = [(12, "CCB"), (24, "ICBC"), (34, "CCB"), (36, "central-bank"), (40, "CCB")];
    let text = include_str!("../../experiments/voucher-share.toml");
    let sets = ["scale=50", "cluster.tick_seconds=3600", "cluster.reserves=300"];
    check_kills_in(text, &sets, &kills).await;
}
