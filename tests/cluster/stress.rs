//! `clearing stress`: an experiment in, every participant hit, and the same figures as single runs.

use std::fs;

use crate::support::clearing_in;

const EXPERIMENT: &str = "
name = \"flow\"
[cluster]
operator_count = 3
regime = \"deposit\"
reserves = \"20000\"
[workload.random_flow]
payments_per_pair = 10
";

#[tokio::test]
async fn a_stress_test_ends_in_tables_that_agree_with_single_runs() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("flow.toml"), EXPERIMENT).unwrap();
    let scenarios =
        ["--scenario", "outage 09:00-13:00", "--scenario", "liquidity-loss 09:00 share=0.75"];
    let arguments =
        ["stress", "flow.toml", "--seed", "7", "--set", "cluster.settlement=gross", "--out", "s"];
    let arguments: Vec<_> = arguments.into_iter().chain(scenarios).collect();
    let all = clearing_in(here, &arguments).await;
    all.succeeded();
    for line in [
        "flow, seed 7: deposit regime, gross\n3 participants hit by 2 scenarios; 0 runs found finished, 7 made\n",
        "\nreport in s/stress.html\n",
    ] {
        assert!(all.stdout.contains(line), "{line} is not in {}", all.stdout);
    }
    let summary = fs::read_to_string(here.join("s/summary.csv")).unwrap();
    assert_eq!(summary.lines().count(), 1 + 7, "{summary}");
    for (scenario, hit, fault) in [
        ("", "", ""),
        ("outage 09:00-13:00", "ABC", "{kind='outage', operator='ABC', at='09:00', until='13:00'}"),
        (
            "liquidity-loss 09:00 share=0.75",
            "BOC",
            "{kind='liquidity-loss', operator='BOC', at='09:00', share=0.75}",
        ),
    ] {
        let fault = format!("fault=[{fault}]");
        let run = ["run", "flow.toml", "--in-process", "--force", "--seed", "7", "--out", "r"];
        let sets = ["--set", "cluster.settlement=gross", "--set", fault.as_str()];
        clearing_in(here, run.into_iter().chain(sets)).await.succeeded();
        let digest = fs::read_to_string(here.join("r/digest")).unwrap();
        let row = summary.lines().find(|row| row.contains(&format!(",gross,{scenario},{hit},")));
        assert!(row.unwrap().ends_with(digest.trim()), "{scenario} {hit}: {summary}");
    }
    let rows = fs::read_to_string(here.join("s/stress.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 2 * 3 * 3, "{rows}");
    // Nothing is run twice, and the same runs give the same bytes.
    let again = clearing_in(here, &arguments).await;
    again.succeeded();
    assert!(again.stdout.contains("7 runs found finished, 0 made"), "{}", again.stdout);
    assert_eq!(fs::read_to_string(here.join("s/stress.csv")).unwrap(), rows);
    // What a stress test writes of itself is a sweep of the same runs.
    let sweep = clearing_in(here, ["sweep", "s/config.toml", "--out", "t"]).await;
    sweep.succeeded();
    let baseline = summary.lines().nth(1).unwrap().rsplit(',').next().unwrap();
    assert!(fs::read_to_string(here.join("t/sweep.csv")).unwrap().contains(baseline));
}

#[tokio::test]
async fn what_cannot_be_stressed_is_exit_2_with_the_field_and_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("flow.toml"), EXPERIMENT).unwrap();
    for (more, sentence) in [
        (
            ["--scenario", "crash 09:00"],
            "scenario \"crash 09:00\": kind: \"crash\" is none of outage, failure, liquidity-loss, cut, slow",
        ),
        (
            ["--scenario", "outage 09:00-08:00"],
            "scenario \"outage 09:00-08:00\": until: \"08:00\" is not in a later tick than at = \"1 09:00\"",
        ),
        (
            ["--set", "cluster.cup=1"],
            "flow.toml: unknown key cluster.cup; did you mean cluster.cap?",
        ),
    ] {
        let arguments = ["stress", "flow.toml"].into_iter().chain(more);
        clearing_in(here, arguments).await.failed(2, sentence);
    }
    assert!(!here.join("clearing-data").exists(), "something was run");
    clearing_in(here, ["stress", "none.toml"])
        .await
        .failed(2, "cannot read none.toml: No such file or directory (os error 2)");
}
