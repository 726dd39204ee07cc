//! `clearing sweep`: a grid in, one table out, and no run made twice.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::clearing_in;

const SWEEP: &str = "
name = \"caps\"
seeds = 2
experiment = \"flow.toml\"
[grid]
\"cluster.cap\" = [\"100\", \"unlimited\"]
";

const EXPERIMENT: &str = "
name = \"flow\"
[cluster]
operator_count = 2
[workload.random_flow]
payments_per_pair = 30
";

fn write(folder: &Path, sweep: &str) {
    fs::create_dir_all(folder.join("studies")).unwrap();
    fs::write(folder.join("studies/flow.toml"), EXPERIMENT).unwrap();
    fs::write(folder.join("studies/caps.toml"), sweep).unwrap();
}

#[tokio::test]
async fn a_sweep_ends_in_one_table_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(here, SWEEP);
    let one = clearing_in(here, ["sweep", "studies/caps.toml", "--out", "s", "--index", "1"]).await;
    one.succeeded();
    assert_eq!(
        one.stdout,
        "caps: point 1 of 2, 2 seeds each; 0 found finished, 2 runs made\n\
         results in s; without --index the table is written\n"
    );
    assert!(here.join("s/points/1.json").exists() && !here.join("s/sweep.csv").exists());
    let all = clearing_in(here, ["sweep", "studies/caps.toml", "--out", "s", "--jobs", "1"]).await;
    all.succeeded();
    assert_eq!(
        all.stdout,
        "caps: 2 points, 2 seeds each; 1 found finished, 2 runs made\ntable in s/sweep.parquet\n"
    );
    let table = fs::read_to_string(here.join("s/sweep.csv")).unwrap();
    assert!(
        table.starts_with("point,run_id,seed,scenario,algorithm,cluster.cap,payments,"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 1 + 4);
    // Others may read what a sweep writes, as they may read any new file of its owner.
    fs::write(here.join("s/new"), "").unwrap();
    let mode = |name: &str| fs::metadata(here.join("s").join(name)).unwrap().permissions().mode();
    for name in ["config.toml", "points/1.json", "sweep.csv", "summary.csv", "sweep.parquet"] {
        assert_eq!(mode(name), mode("new"), "{name}");
    }
    let parquet = fs::read(here.join("s/sweep.parquet")).unwrap();
    assert_eq!((&parquet[..4], parquet.ends_with(b"PAR1")), (&b"PAR1"[..], true));
    assert!(
        fs::read_to_string(here.join("s/summary.csv")).unwrap().contains(",unlimited,gross_fen,2,")
    );
    // What a sweep writes of itself is a sweep.
    let again = clearing_in(here, ["sweep", "s/config.toml", "--out", "t"]).await;
    again.succeeded();
    assert_eq!(fs::read_to_string(here.join("t/sweep.csv")).unwrap(), table);
}

#[tokio::test]
async fn what_cannot_be_swept_is_exit_2_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(here, SWEEP);
    clearing_in(here, ["sweep", "studies/caps.toml"]).await.succeeded();
    assert!(here.join("clearing-data/sweeps/caps/sweep.parquet").exists());
    write(here, &SWEEP.replace("100", "200"));
    let changed = clearing_in(here, ["sweep", "studies/caps.toml"]).await;
    assert_eq!(changed.code, Some(2), "{changed:?}");
    assert_eq!(
        changed.stderr,
        "clearing: studies/caps.toml: clearing-data/sweeps/caps holds the points of another sweep, or of this one \
         before it was changed; --force starts anew\n"
    );
    clearing_in(here, ["sweep", "studies/caps.toml", "--force"]).await.succeeded();
    write(here, &SWEEP.replace("cluster.cap", "cluster.cup"));
    let unknown = clearing_in(here, ["sweep", "studies/caps.toml"]).await;
    assert_eq!(
        (unknown.code, unknown.stderr.as_str()),
        (
            Some(2),
            "clearing: studies/caps.toml: point 0: unknown key cluster.cup; did you mean cluster.cap?\n"
        )
    );
}
